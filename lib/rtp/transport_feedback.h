// Transport-wide feedback, draft-holmer-rmcat-transport-wide-cc-extensions-01: every packet of a
// transport has a number in a header extension, whichever source it is of, and the receiver tells
// which came and when.
//
//  |      base sequence number     |      packet status count      |
//  |                 reference time                | fb pkt. count |
//  |          packet chunk         |         packet chunk          |
//  :                              ...
//  |  recv delta   |  recv delta   |              ...
//
// as the FCI of a feedback message (RFC 4585, section 6.1) of format 15.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "rtp/feedback.h"

namespace voxlock::rtp {

inline constexpr uint8_t kTransportFeedback = 15;
inline constexpr std::string_view kTransportCcUri =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
inline constexpr size_t kTransportSequenceLen = 2;

// The reference time has 24 bits of 64 ms, a delta 8 or 16 bits of 250 us.
inline constexpr int64_t kReferenceUs = 64000;
inline constexpr int64_t kDeltaUs = 250;

struct TransportStatus {
  uint16_t sequence = 0;
  bool is_received = false;
  int64_t arrival_us = 0;  // where received: on the reporter's clock, modulo 2^24 times 64 ms
};

// Walks what a message tells.
class TransportFeedback {
 public:
  // ERR_TRUNCATED where chunks or deltas are missing, ERR_LIMIT above kMaxStatuses.
  static Result<TransportFeedback> parse(ByteView fci);
  // Far more than any sender of audio has on the way.
  static constexpr size_t kMaxStatuses = 1024;

  std::optional<TransportStatus> next();
  [[nodiscard]] uint8_t count() const { return count_; }

 private:
  TransportFeedback(ByteView chunks, ByteView deltas) : chunks_(chunks), deltas_(deltas) {}
  [[nodiscard]] uint8_t next_symbol();

  bytes::Reader chunks_;
  bytes::Reader deltas_;
  uint16_t sequence_ = 0;
  size_t left_ = 0;
  int64_t arrival_us_ = 0;
  uint8_t count_ = 0;
  // Of the chunk that is being read.
  uint16_t chunk_ = 0;
  size_t symbols_left_ = 0;
};

// Appends a message about numbers from base on; arrivals_us[i]: when base + i came, a negative
// number where it did not. Takes as many as fit into the range of the deltas, and kMaxWritten at
// most; returns how many. 0, and nothing written, where none of them came.
inline constexpr size_t kMaxWritten = 64;
struct TransportReport {
  uint32_t sender_ssrc = 0;
  uint32_t media_ssrc = 0;
  uint16_t base = 0;
  uint8_t count = 0;  // of the messages, modulo 256
};
size_t write_transport_feedback(const TransportReport& head, std::span<const int64_t> arrivals_us,
                                bytes::Writer& writer);

}  // namespace voxlock::rtp
