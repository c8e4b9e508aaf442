// Tells the protocols apart that share one transport address.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace voxlock::rtp {

enum class DatagramKind : uint8_t { kUnknown, kStun, kZrtp, kDtls, kTurnChannel, kRtp, kRtcp };

// RFC 5761 section 4: payload types 64..95 in the place of an RTP payload type mean RTCP.
constexpr bool is_rtcp_payload_type(uint8_t second_byte) {
  const uint8_t payload_type = second_byte & 0x7f;
  return payload_type >= 64 && payload_type <= 95;
}

// RFC 7983 section 7, by the first byte. The caller has checked nothing; the parser of the protocol
// still has to accept the datagram. RTP and RTCP may be secured or plain: they look the same.
constexpr DatagramKind classify(ByteView datagram) {
  if (datagram.size() < 2) return DatagramKind::kUnknown;
  const uint8_t first = datagram[0];
  if (first <= 3) return DatagramKind::kStun;
  if (first >= 16 && first <= 19) return DatagramKind::kZrtp;
  if (first >= 20 && first <= 63) return DatagramKind::kDtls;
  if (first >= 64 && first <= 79) return DatagramKind::kTurnChannel;
  if (first < 128 || first > 191) return DatagramKind::kUnknown;
  return is_rtcp_payload_type(datagram[1]) ? DatagramKind::kRtcp : DatagramKind::kRtp;
}

}  // namespace voxlock::rtp
