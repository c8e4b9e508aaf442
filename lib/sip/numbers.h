// Header fields that are one number: Max-Forwards, Expires, Min-Expires; and q values.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/text.h"
#include "sip/grammar.h"

namespace voxlock::sip {

// RFC 3261 20.22: 0..255. ERR_SIP_NUMBER.
inline Result<uint8_t> parse_max_forwards(std::string_view text) {
  const auto number = text::parse_decimal(text, UINT8_MAX);
  if (!number) return Status::ERR_SIP_NUMBER;
  return static_cast<uint8_t>(*number);
}

// RFC 3261 20.19: seconds, 0..2^32-1. ERR_SIP_NUMBER.
inline Result<uint32_t> parse_delta_seconds(std::string_view text) {
  const auto number = text::parse_decimal(text, UINT32_MAX);
  if (!number) return Status::ERR_SIP_NUMBER;
  return static_cast<uint32_t>(*number);
}

// qvalue = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
inline bool is_qvalue(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return false;
  if (text.size() > 1 && text[1] != '.') return false;
  for (const char c : text.substr(text.size() > 1 ? 2 : 1)) {
    if (!text::is_digit(c) || (text[0] == '1' && c != '0')) return false;
  }
  return true;
}

}  // namespace voxlock::sip
