// A digit in the body of an INFO, as trunks send it. Neither form has an RFC:
// application/dtmf-relay is what Cisco's gateways began with, application/dtmf is the key alone.
//
//   Signal= 5        application/dtmf-relay        5        application/dtmf
//   Duration= 160
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/secure.h"
#include "sip/message.h"

namespace voxlock::ua {

// The numbers are those of the C ABI.
enum class DigitForm : uint32_t { kRelay = 1, kPlain = 2 };

struct Digit {
  char key = 0;              // 0..9 * # A..D, 'F' for flash
  uint32_t duration_ms = 0;  // 0: not told
};

inline constexpr std::string_view kRelayType = "application/dtmf-relay";
inline constexpr std::string_view kPlainType = "application/dtmf";
// Longest duration in either direction; the RTP form ends at 0xFFFF units of 8 kHz, 8 s.
inline constexpr uint32_t kMaxDigitMs = 60'000;
// Longest body of an INFO that is looked into: a digit takes 30 bytes, and a multipart around it
// may add what it likes.
inline constexpr size_t kMaxInfoBody = 1024;

// ERR_SYNTAX. Keys may also be told by their number in RFC 4733 (10 is *, 16 is a flash).
Result<Digit> parse_digit(DigitForm form, std::string_view body);
// The digit of an INFO, alone or within a multipart body. ERR_SIP_MEDIA_TYPE where there is none,
// ERR_SYNTAX, ERR_SIP_MULTIPART.
Result<Digit> digit_of(const sip::Message& info);

// Writes a body; a flash has no form that all trunks read. ERR_INVALID_ARGUMENT.
using DigitBody = secure::Secret<40>;
Result<DigitBody> write_digit(DigitForm form, const Digit& digit);
std::string_view type_of(DigitForm form);

}  // namespace voxlock::ua
