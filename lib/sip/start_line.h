// Request-Line and Status-Line (RFC 3261 7.1, 7.2).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/text_map.h"
#include "sip/method.h"
#include "sip/uri.h"

namespace voxlock::sip {

struct StartLine {
  bool is_request = false;
  Method method = Method::kOther;
  uint16_t status_code = 0;  // 100..699 for a response
  std::string_view method_text;
  std::string_view uri_text;  // also where uri could not be structured
  Uri uri;
  std::string_view reason;
};

// Fills out as far as line can be read. ERR_SIP_START_LINE, ERR_SIP_VERSION (505), ERR_SIP_SCHEME
// (416), ERR_SIP_URI, ERR_SIP_HOST, ERR_SIP_URI_TOO_LONG (414), ERR_SIP_STATUS_CODE.  The line lies
// in the text of map.
Result<void> parse_start_line(std::string_view line, const TextMap& map, StartLine& out);

}  // namespace voxlock::sip
