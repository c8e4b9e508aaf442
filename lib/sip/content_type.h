// Content-Type (RFC 3261 20.15).
#pragma once

#include <string_view>

#include "base/result.h"
#include "sip/params.h"

namespace voxlock::sip {

//   application/sdp;charset=utf-8
struct ContentType {
  std::string_view type;
  std::string_view subtype;
  Params params;

  // Compares with "type/subtype", case ignored.
  [[nodiscard]] bool is(std::string_view media_type) const;
};

// ERR_SIP_CONTENT_TYPE, ERR_SIP_PARAM.
Result<ContentType> parse_content_type(std::string_view text);

}  // namespace voxlock::sip
