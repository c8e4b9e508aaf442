#include "sip/start_line.h"

#include <cstring>

#include "base/text.h"
#include "sip/elements.h"
#include "sip/limits.h"

namespace voxlock::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

bool is_version(std::string_view text) {
  // Nearly every peer writes it in capitals.
  return text.size() == kVersion.size() &&
         (std::memcmp(text.data(), kVersion.data(), kVersion.size()) == 0 ||
          text::equals_ignore_case(text, kVersion));
}

// "SIP/" 1*DIGIT "." 1*DIGIT: another version of SIP rather than another protocol.
bool is_any_version(std::string_view text) {
  if (!text::equals_ignore_case(text.substr(0, 4), "SIP/")) return false;
  text.remove_prefix(4);
  const std::string_view major = text::cut(text, '.');
  return grammar::all(major, grammar::kDigit) && grammar::all(text, grammar::kDigit);
}

// Status-Line = SIP-Version SP Status-Code SP Reason-Phrase
Result<void> parse_status_line(std::string_view line, StartLine& out) {
  const std::string_view version = text::cut(line, ' ');
  if (!is_version(version))
    return is_any_version(version) ? Status::ERR_SIP_VERSION : Status::ERR_SIP_START_LINE;
  if (line.size() < 4 || line[3] != ' ') {
    return grammar::all(line.substr(0, line.find(' ')), grammar::kDigit)
               ? Status::ERR_SIP_STATUS_CODE
               : Status::ERR_SIP_START_LINE;
  }
  const auto code = text::parse_decimal(line.substr(0, 3), 699);
  if (!code || *code < 100) return Status::ERR_SIP_STATUS_CODE;
  out.status_code = static_cast<uint16_t>(*code);
  out.reason = line.substr(4);
  return {};
}

Result<void> parse_request_uri(std::string_view text, const TextMap& map, Uri& out) {
  if (text.size() > kMaxRequestUriLen) return Status::ERR_SIP_URI_TOO_LONG;
  grammar::LineCursor cursor(text, map);
  VOXLOCK_TRY_VOID(grammar::take_uri(cursor, false, out));
  // RFC 3261 19.1.1: no headers in a Request-URI.
  if (!cursor.at_end() || !out.headers.empty()) return Status::ERR_SIP_URI;
  return out.scheme == Scheme::kOther ? Result<void>(Status::ERR_SIP_SCHEME) : Result<void>();
}

// Request-Line = Method SP Request-URI SP SIP-Version
Result<void> parse_request_line(std::string_view line, const TextMap& map, StartLine& out) {
  grammar::LineCursor cursor(line, map);
  const std::string_view method = cursor.run(grammar::kToken);
  if (method.empty() || cursor.at_end() || !cursor.take(' ')) return Status::ERR_SIP_START_LINE;
  line = cursor.rest();
  const size_t space = line.rfind(' ');
  if (space == std::string_view::npos) return Status::ERR_SIP_START_LINE;
  const std::string_view version = line.substr(space + 1);
  out.is_request = true;
  out.method_text = method;
  out.method = method_of(method);
  out.uri_text = line.substr(0, space);
  if (!is_version(version))
    return is_any_version(version) ? Status::ERR_SIP_VERSION : Status::ERR_SIP_START_LINE;
  return parse_request_uri(out.uri_text, map, out.uri);
}

}  // namespace

Result<void> parse_start_line(std::string_view line, const TextMap& map, StartLine& out) {
  const bool is_status = line.size() > 4 && text::equals_ignore_case(line.substr(0, 4), "SIP/");
  return is_status ? parse_status_line(line, out) : parse_request_line(line, map, out);
}

}  // namespace voxlock::sip
