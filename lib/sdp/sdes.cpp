#include "sdp/sdes.h"

#include <bit>
#include <span>

#include "base/base64.h"
#include "base/text.h"
#include "sdp/session.h"

namespace voxlock::sdp {
namespace {

constexpr CryptoSuiteInfo kSuites[] = {
    {CryptoSuite::kAesCm128HmacSha1_80, "AES_CM_128_HMAC_SHA1_80", 16, 14},
    {CryptoSuite::kAesCm128HmacSha1_32, "AES_CM_128_HMAC_SHA1_32", 16, 14},
    {CryptoSuite::kAes256CmHmacSha1_80, "AES_256_CM_HMAC_SHA1_80", 32, 14},
    {CryptoSuite::kAes256CmHmacSha1_32, "AES_256_CM_HMAC_SHA1_32", 32, 14},
    {CryptoSuite::kAeadAes128Gcm, "AEAD_AES_128_GCM", 16, 12},
    {CryptoSuite::kAeadAes256Gcm, "AEAD_AES_256_GCM", 32, 12},
};

constexpr std::string_view kInline = "inline:";
// Of 2^1024.
constexpr size_t kMaxMkiDigits = 309;

Result<uint64_t> parse_lifetime(std::string_view text) {
  if (text.starts_with("2^")) {
    const auto exponent = text::parse_decimal(text.substr(2), 48);
    if (!exponent) return Status::ERR_SDP_KEY;
    return uint64_t{1} << *exponent;
  }
  const auto value = text::parse_decimal(text, kMaxLifetime);
  if (!value || *value == 0) return Status::ERR_SDP_KEY;
  return *value;
}

// number = number * factor + more, big-endian. False where that does not fit.
bool multiply_add(std::span<uint8_t> number, uint32_t factor, uint32_t more) {
  uint64_t carry = more;
  for (size_t i = number.size(); i > 0; --i) {
    carry += uint64_t{number[i - 1]} * factor;
    number[i - 1] = static_cast<uint8_t>(carry);
    carry >>= 8;
  }
  return carry == 0;
}

// The MKI's decimal value as a big-endian number of the stated length. Nine digits at a time: the
// work is the product of both lengths, and a description may hold many.
Result<void> parse_mki(std::string_view text, KeyParameter& key) {
  const std::string_view value = text::cut(text, ':');
  const auto len = text::parse_decimal(text, kMaxMki);
  if (!len || *len == 0 || value.empty() || value.size() > kMaxMkiDigits)
    return Status::ERR_SDP_KEY;
  key.mki_len = *len;
  constexpr size_t kDigits = 9;
  for (size_t at = 0; at < value.size(); at += kDigits) {
    const std::string_view digits = value.substr(at, kDigits);
    const auto more = text::parse_decimal(digits, 999'999'999);
    if (!more) return Status::ERR_SDP_KEY;
    uint32_t factor = 1;
    for (size_t i = 0; i < digits.size(); ++i) factor *= 10;
    if (!multiply_add(std::span(key.mki).first(key.mki_len), factor, static_cast<uint32_t>(*more)))
      return Status::ERR_SDP_KEY;
  }
  return {};
}

// len 0: any length that fits.
Result<void> parse_key_and_salt(std::string_view encoded, size_t len, KeyParameter& key) {
  std::array<char, base64::encoded_size(kMaxKeyAndSalt)> padded{};
  std::array<uint8_t, 48> raw{};
  if (encoded.empty()) return Status::ERR_SDP_KEY;
  if (encoded.size() > padded.size()) return len == 0 ? Result<void>() : Status::ERR_SDP_KEY;
  size_t n = encoded.copy(padded.data(), padded.size());
  while (n % 4 != 0) padded[n++] = '=';
  const auto decoded = base64::decode({padded.data(), n}, raw);
  const bool is_right =
      decoded && (len == 0 || *decoded == len) &&
      (*decoded > kMaxKeyAndSalt || key.key_and_salt.assign(ByteView(raw).first(*decoded)));
  secure::wipe(raw.data(), raw.size());
  secure::wipe(padded.data(), padded.size());
  return is_right ? Result<void>() : Status::ERR_SDP_KEY;
}

Result<void> parse_inline(std::string_view text, const CryptoSuiteInfo* suite, KeyParameter& key) {
  const std::string_view encoded = text::cut(text, '|');
  VOXLOCK_TRY_VOID(
      parse_key_and_salt(encoded, suite != nullptr ? suite->key_len + suite->salt_len : 0, key));
  // Lifetime and MKI are both optional, and told apart by the colon.
  while (!text.empty()) {
    const std::string_view part = text::cut(text, '|');
    if (part.find(':') != std::string_view::npos) {
      if (key.mki_len != 0) return Status::ERR_SDP_KEY;
      VOXLOCK_TRY_VOID(parse_mki(part, key));
    } else {
      if (key.lifetime != 0 || key.mki_len != 0) return Status::ERR_SDP_KEY;
      VOXLOCK_TRY(key.lifetime, parse_lifetime(part));
    }
  }
  return {};
}

Result<void> parse_keys(std::string_view text, Crypto& crypto) {
  const CryptoSuiteInfo* suite = find_suite(crypto.suite_name);
  if (suite != nullptr) crypto.suite = suite->id;
  while (!text.empty()) {
    const std::string_view part = text::cut(text, ';');
    const bool is_inline = part.size() >= kInline.size() &&
                           text::equals_ignore_case(part.substr(0, kInline.size()), kInline);
    if (!is_inline) return Status::ERR_SDP_CRYPTO;
    if (crypto.key_count == kMaxKeys) return Status::ERR_SDP_KEY_COUNT;
    VOXLOCK_TRY_VOID(
        parse_inline(part.substr(kInline.size()), suite, crypto.keys[crypto.key_count]));
    ++crypto.key_count;
  }
  return crypto.key_count != 0 ? Result<void>() : Status::ERR_SDP_CRYPTO;
}

Result<void> parse_session_parameter(std::string_view word, SessionParameters& out) {
  std::string_view value = word;
  const std::string_view name = text::cut(value, '=');
  if (name == "UNENCRYPTED_SRTP") {
    out.is_srtp_unencrypted = true;
  } else if (name == "UNENCRYPTED_SRTCP") {
    out.is_srtcp_unencrypted = true;
  } else if (name == "UNAUTHENTICATED_SRTP") {
    out.is_srtp_unauthenticated = true;
  } else if (name == "KDR") {
    // RFC 4568, section 6.3.1: 0..24.
    const auto exponent = text::parse_decimal(value, 24);
    if (!exponent) return Status::ERR_SDP_CRYPTO;
    out.kdr_exponent = static_cast<uint32_t>(*exponent);
  } else if (name == "FEC_ORDER") {
    if (value != "FEC_SRTP" && value != "SRTP_FEC") return Status::ERR_SDP_CRYPTO;
    out.fec_order = value;
  } else if (name == "FEC_KEY") {
    if (value.empty()) return Status::ERR_SDP_CRYPTO;
    out.fec_key = value;
  } else if (name == "WSH") {
    // RFC 4568, section 6.3.6: at least 64.
    const auto hint = text::parse_decimal(value, 65535);
    if (!hint || *hint < 64) return Status::ERR_SDP_CRYPTO;
    out.window_size_hint = static_cast<uint32_t>(*hint);
  } else if (!name.starts_with('-')) {
    out.has_unknown_mandatory = true;
  }
  return {};
}

// RFC 4568, section 9.2: 2^n where it is one, which is how everyone writes it.
void write_lifetime(bytes::Writer& out, uint64_t lifetime) {
  out.put('|');
  if (!std::has_single_bit(lifetime)) return out.decimal(lifetime);
  out.put("2^");
  out.decimal(static_cast<uint64_t>(std::countr_zero(lifetime)));
}

// The MKI as a decimal number, by long division: up to 1024 bits have up to 309 digits.
void write_mki(bytes::Writer& out, const KeyParameter& key) {
  std::array<uint8_t, kMaxMki> number = key.mki;
  std::array<char, kMaxMkiDigits> digits;
  size_t first = digits.size();
  bool is_zero = false;
  while (!is_zero || first == digits.size()) {
    uint32_t rest = 0;
    is_zero = true;
    for (size_t i = 0; i < key.mki_len; ++i) {
      rest = rest << 8 | number[i];
      number[i] = static_cast<uint8_t>(rest / 10);
      rest %= 10;
      is_zero = is_zero && number[i] == 0;
    }
    digits[--first] = static_cast<char>('0' + rest);
  }
  out.put('|');
  out.put(std::string_view(digits.data() + first, digits.size() - first));
  out.put(':');
  out.decimal(key.mki_len);
}

}  // namespace

std::span<const CryptoSuiteInfo> crypto_suites() {
  return kSuites;
}

const CryptoSuiteInfo* find_suite(CryptoSuite id) {
  for (const CryptoSuiteInfo& row : kSuites) {
    if (row.id == id) return &row;
  }
  return nullptr;
}

const CryptoSuiteInfo* find_suite(std::string_view name) {
  // RFC 4568, section 9.2: suite names are compared without regard to case by ABNF's rules.
  for (const CryptoSuiteInfo& row : kSuites) {
    if (text::equals_ignore_case(row.name, name)) return &row;
  }
  return nullptr;
}

Status Crypto::usability() const {
  if (suite == CryptoSuite::kNone) return Status::ERR_SDP_SUITE;
  const bool is_weaker = session.is_srtp_unencrypted || session.is_srtcp_unencrypted ||
                         session.is_srtp_unauthenticated;
  if (is_weaker || session.kdr_exponent != 0 || session.has_unknown_mandatory)
    return Status::ERR_SDP_SESSION_PARAMETER;
  return key_count == 1 ? Status::OK : Status::ERR_SDP_KEY_COUNT;
}

Result<Crypto> parse_crypto(std::string_view value) {
  Crypto out;
  const auto tag = text::parse_decimal(next_word(value), kMaxTag);
  if (!tag) return Status::ERR_SDP_CRYPTO;
  out.tag = static_cast<uint32_t>(*tag);
  out.suite_name = next_word(value);
  if (out.suite_name.empty()) return Status::ERR_SDP_CRYPTO;
  VOXLOCK_TRY_VOID(parse_keys(next_word(value), out));
  for (std::string_view word = next_word(value); !word.empty(); word = next_word(value)) {
    VOXLOCK_TRY_VOID(parse_session_parameter(word, out.session));
  }
  return out;
}

void write_crypto(bytes::Writer& out, uint32_t tag, CryptoSuite suite, const KeyParameter& key) {
  const CryptoSuiteInfo* info = find_suite(suite);
  if (info == nullptr) return;
  out.decimal(tag);
  out.put(' ');
  out.put(info->name);
  out.put(" inline:");
  base64::encode(key.key_and_salt.view(), out);
  if (key.lifetime != 0) write_lifetime(out, key.lifetime);
  if (key.mki_len != 0) write_mki(out, key);
}

}  // namespace voxlock::sdp
