// CSeq (RFC 3261 20.16).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sip/method.h"

namespace voxlock::sip {

struct CSeq {
  uint32_t number = 0;  // below 2^31 (RFC 3261 8.1.1.5)
  Method method = Method::kOther;
  std::string_view method_text;
};

// ERR_SIP_CSEQ.
Result<CSeq> parse_cseq(std::string_view text);

}  // namespace voxlock::sip
