#include "ua/digest_header.h"

#include "base/text.h"
#include "sip/auth.h"

namespace voxlock::ua {
namespace {

struct FieldRow {
  std::string_view name;
  std::string_view DigestFields::*field;
};
constexpr FieldRow kFields[] = {
    {"realm", &DigestFields::realm},   {"nonce", &DigestFields::nonce},
    {"opaque", &DigestFields::opaque}, {"algorithm", &DigestFields::algorithm},
    {"qop", &DigestFields::qop},       {"username", &DigestFields::username},
    {"uri", &DigestFields::uri},       {"response", &DigestFields::response},
    {"cnonce", &DigestFields::cnonce}, {"nc", &DigestFields::nc},
    {"stale", &DigestFields::stale},
};

}  // namespace

bool DigestFields::offers_qop(std::string_view token) const {
  std::string_view left = qop;
  while (!left.empty()) {
    if (text::equals_ignore_case(text::trim(text::cut(left, ',')), token)) return true;
  }
  return false;
}

bool DigestFields::is_realm(std::string_view text) const {
  size_t at = 0;
  for (size_t i = 0; i < realm.size(); ++i) {
    if (realm[i] == '\\' && i + 1 < realm.size()) ++i;
    if (at == text.size() || text[at++] != realm[i]) return false;
  }
  return at == text.size();
}

Result<DigestFields> parse_digest(std::string_view value) {
  VOXLOCK_TRY(const sip::Auth auth, sip::parse_auth(value));
  if (!auth.is_digest()) return Status::ERR_UNSUPPORTED;
  DigestFields out;
  for (const FieldRow& row : kFields) out.*row.field = auth.value(row.name);
  return out;
}

void put_quoted(bytes::Writer& out, std::string_view name, std::string_view text) {
  out.put(name);
  out.put('=');
  put_quoted_text(out, text);
}

void put_quoted_text(bytes::Writer& out, std::string_view text) {
  out.put('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.put('\\');
    out.put(c);
  }
  out.put('"');
}

}  // namespace voxlock::ua
