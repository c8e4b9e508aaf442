// RTCP feedback messages, RFC 4585 section 6.1, and the generic NACK among them, section 6.2.1.
//
//  |V=2|P|   FMT   |       PT      |          length               |
//  |                  SSRC of packet sender                        |
//  |                  SSRC of media source                         |
//  :            feedback control information (FCI)                 :
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "rtp/rtcp.h"

namespace voxlock::rtp {

// Formats of kRtcpTransportFeedback.
inline constexpr uint8_t kGenericNack = 1;

struct FeedbackView {
  uint8_t format = 0;
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;  // whose packets it is about
  ByteView fci;
};
// ERR_INVALID_ARGUMENT where the packet is no feedback, ERR_TRUNCATED.
Result<FeedbackView> parse_feedback(const RtcpPacket& packet);

// The sequence numbers that a generic NACK asks for, in the order of its entries:
//
//  |            PID                |             BLP               |
//
// the number, and a bit for each of the 16 behind it, lowest first.
class NackReader {
 public:
  // Octets behind the last whole entry are passed over.
  explicit NackReader(ByteView fci) : reader_(fci) {}
  std::optional<uint16_t> next();

 private:
  bytes::Reader reader_;
  uint16_t at_ = 0;
  uint16_t mask_ = 0;
};

// As many as one message of ours names.
inline constexpr size_t kMaxNacked = 32;

// Appends a NACK for numbers in ascending order modulo 2^16. ERR_INVALID_ARGUMENT, and nothing
// written, for none or more than kMaxNacked.
Result<void> write_nack(uint32_t sender_ssrc, uint32_t media_ssrc,
                        std::span<const uint16_t> sequences, bytes::Writer& writer);

}  // namespace voxlock::rtp
