// Telephone events, RFC 4733.
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//  |     event     |E|R| volume    |          duration             |
//  +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::rtp {

inline constexpr size_t kEventLen = 4;

struct TelephoneEvent {
  uint8_t code = 0;
  bool is_end = false;
  uint8_t volume = 0;     // 0..63, power in -dBm0
  uint16_t duration = 0;  // from the packet's timestamp on, in units of its clock
};

// ERR_TRUNCATED for less than 4 bytes; bytes behind them are ignored (padding of some senders).
Result<TelephoneEvent> parse_event(ByteView payload);
void write_event(const TelephoneEvent& event, bytes::Writer& writer);

// '0'..'9', '*', '#', 'A'..'D'; 0 for an event that is no DTMF digit.
char digit_of(uint8_t code);
// The code of a digit (either case of A..D), nothing for any other character.
std::optional<uint8_t> code_of(char digit);

// What the detector reports.
struct DigitEvent {
  enum class Kind : uint8_t { kBegin, kEnd };
  Kind kind = Kind::kBegin;
  uint8_t code = 0;
  uint8_t volume = 0;
  uint32_t timestamp = 0;    // where the event began
  uint32_t duration = 0;     // so far, in clock units, over all segments
  bool is_end_seen = false;  // for kEnd: a packet with the E bit came; false: it was lost
};

// At most an end of the former event, a begin and an end of the present one.
class DigitEvents {
 public:
  void add(const DigitEvent& event) { events_[size_++] = event; }
  [[nodiscard]] std::span<const DigitEvent> view() const { return std::span(events_).first(size_); }

 private:
  std::array<DigitEvent, 3> events_;
  size_t size_ = 0;
};

// RFC 4733 section 2.5: an event is known by its timestamp and code; the marker bit may be lost,
// end packets repeat, any packet may be missing or late.
class EventDetector {
 public:
  // No packet for so long means that the end was lost. RFC 4733 section 2.5.2.2 asks receivers for
  // a time-out of their own; senders update every 50 ms, so that three in a row are lost here.
  static constexpr uint64_t kTimeoutNs = 200'000'000;

  DigitEvents on_packet(const TelephoneEvent& event, uint32_t timestamp, uint64_t now_ns);
  // Ends an event whose packets stopped.
  DigitEvents on_time(uint64_t now_ns);
  // When on_time has something to do; UINT64_MAX for never.
  [[nodiscard]] uint64_t next_deadline() const {
    return is_active_ ? last_ns_ + kTimeoutNs : UINT64_MAX;
  }
  [[nodiscard]] bool is_active() const { return is_active_; }

 private:
  [[nodiscard]] bool is_same_event(const TelephoneEvent& event, uint32_t timestamp) const;
  [[nodiscard]] DigitEvent present(DigitEvent::Kind kind, bool is_end_seen) const;

  bool has_any_ = false;
  bool is_active_ = false;
  uint8_t code_ = 0;
  uint8_t volume_ = 0;
  uint32_t begin_ = 0;     // timestamp of the first segment
  uint32_t segment_ = 0;   // timestamp of the present segment
  uint16_t duration_ = 0;  // of the present segment
  uint64_t last_ns_ = 0;
};

// Passes events on to a stream with another clock: durations are scaled, a long event is cut into
// segments of at most 0xFFFF units (RFC 4733 section 2.5.1.3).
class EventTranslator {
 public:
  // Rates in Hz, 1 or more.
  EventTranslator(uint32_t in_rate, uint32_t out_rate) : in_rate_(in_rate), out_rate_(out_rate) {}

  struct Translated {
    TelephoneEvent event;
    uint32_t timestamp = 0;
    bool is_first = false;  // the first packet of the event: set the marker
  };
  // out_now: timestamp of the outgoing stream at this moment; an event that is new takes it as its
  // beginning, later packets of the event keep theirs.
  Translated translate(const TelephoneEvent& event, uint32_t timestamp, uint32_t out_now);

 private:
  uint32_t in_rate_;
  uint32_t out_rate_;
  bool has_any_ = false;
  bool is_ended_ = false;
  uint8_t code_ = 0;
  uint32_t in_begin_ = 0;
  uint32_t in_segment_ = 0;
  uint32_t out_begin_ = 0;
};

// A duration in another clock, rounded to nearest.
constexpr uint64_t scale_duration(uint64_t duration, uint32_t in_rate, uint32_t out_rate) {
  return (duration * out_rate + in_rate / 2) / in_rate;
}

}  // namespace voxlock::rtp
