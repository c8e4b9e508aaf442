// b=RS and b=RR, RFC 3556: how many bits per second RTCP may take, of those who send media and of
// those who only receive.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace voxlock::sdp {

struct RtcpBandwidth {
  std::optional<uint32_t> senders;    // bit/s; nothing: not stated
  std::optional<uint32_t> receivers;  // bit/s

  friend bool operator==(const RtcpBandwidth&, const RtcpBandwidth&) = default;

  // RFC 3556, section 3: nobody sends any.
  [[nodiscard]] bool is_off() const { return senders == 0u && receivers == 0u; }
};

// Takes "RS:800" and "RR:0", the first of each; other types, and what is no number of 32 bits, say
// nothing here.
void read_bandwidth(std::string_view value, RtcpBandwidth& out);

// The lines of what is stated.
void write_bandwidth(bytes::Writer& out, const RtcpBandwidth& bandwidth);

}  // namespace voxlock::sdp
