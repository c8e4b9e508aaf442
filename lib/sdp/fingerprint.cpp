#include "sdp/fingerprint.h"

#include "base/text.h"
#include "sdp/session.h"

namespace voxlock::sdp {
namespace {

struct HashRow {
  FingerprintHash hash;
  std::string_view name;
  size_t len;
};
constexpr HashRow kHashes[] = {{FingerprintHash::kSha256, "sha-256", 32},
                               {FingerprintHash::kSha384, "sha-384", 48},
                               {FingerprintHash::kSha512, "sha-512", 64}};

const HashRow* row_of(FingerprintHash hash) {
  for (const HashRow& row : kHashes) {
    if (row.hash == hash) return &row;
  }
  return nullptr;
}

const HashRow* row_of(std::string_view name) {
  for (const HashRow& row : kHashes) {
    if (text::equals_ignore_case(row.name, name)) return &row;
  }
  return nullptr;
}

}  // namespace

size_t digest_len(FingerprintHash hash) {
  const HashRow* row = row_of(hash);
  return row != nullptr ? row->len : 0;
}

ByteView Fingerprint::view() const {
  return ByteView(digest).first(digest_len(hash));
}

Result<Fingerprint> parse_fingerprint(std::string_view value) {
  const std::string_view name = next_word(value);
  if (name.empty()) return Status::ERR_SDP_FINGERPRINT;
  const HashRow* row = row_of(name);
  if (row == nullptr) return Status::ERR_UNSUPPORTED;
  const std::string_view hex = next_word(value);
  if (hex.size() != row->len * 3 - 1 || !text::trim(value).empty())
    return Status::ERR_SDP_FINGERPRINT;
  Fingerprint out;
  out.hash = row->hash;
  for (size_t i = 0; i < row->len; ++i) {
    const int high = text::hex_value(hex[i * 3]), low = text::hex_value(hex[i * 3 + 1]);
    const bool is_separated = i + 1 == row->len || hex[i * 3 + 2] == ':';
    if (high < 0 || low < 0 || !is_separated) return Status::ERR_SDP_FINGERPRINT;
    out.digest[i] = static_cast<uint8_t>(high * 16 + low);
  }
  return out;
}

void write_fingerprint(bytes::Writer& out, const Fingerprint& fingerprint) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const HashRow* row = row_of(fingerprint.hash);
  if (row == nullptr) return;
  out.put(row->name);
  char separator = ' ';
  for (const uint8_t byte : fingerprint.view()) {
    out.put(separator);
    out.put(kDigits[byte >> 4]);
    out.put(kDigits[byte & 15]);
    separator = ':';
  }
}

}  // namespace voxlock::sdp
