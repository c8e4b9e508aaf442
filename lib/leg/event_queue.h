// What a leg has to tell its host, in order, with the bytes that belong to it. Memory is taken
// once; when it is full new events are counted as lost, old ones stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/bytes.h"
#include "leg/address.h"

namespace voxlock::leg {

enum class EventType : uint8_t {
  kTransmit = 1,
  kPayload,
  kDigit,
  kAddress,
  kBye,
  kTimeout,
  kSsrc,
  kOverflow,
  kProtection,
  kConnected,     // ICE: address and local of the path of media
  kDisconnected,  // ICE: the peer no longer agrees to be sent to
  kSecured,       // DTLS: the peer is who the description said; media may flow
  kFailed,        // DTLS: value is the status, 0 where the peer closed
  kFault          // SRTP: value is what srtp::Fault says about the source ssrc
};

struct Event {
  EventType type = EventType::kTransmit;
  bool is_rtcp = false;
  bool marker = false;
  uint8_t payload_type = 0;
  char digit = 0;
  Address address;
  uint32_t local = 0;  // WebRTC: which of the leg's own addresses
  uint32_t ssrc = 0;
  uint32_t timestamp = 0;
  uint32_t duration_ms = 0;
  uint32_t lost = 0;
  uint64_t sequence = 0;
  uint64_t value = 0;
};

class EventQueue {
 public:
  // Room for `bytes` of packets and one event for every 128 of them.
  EventQueue(std::pmr::memory_resource& memory, size_t bytes);

  // Room for the bytes of the next event, to be filled before push. Empty where there is none: the
  // event is lost and counted.
  [[nodiscard]] MutableBytes reserve(size_t len);
  // Appends an event with the first len bytes of the room reserved last (0: none). False and
  // counted where the table is full. Secret bytes are wiped when the event leaves.
  bool push(const Event& event, size_t len = 0, bool is_secret = false);

  [[nodiscard]] bool is_empty() const { return count_ == 0 && lost_ == 0; }
  // The oldest event and its bytes. Lost events are told first. Only where !is_empty().
  [[nodiscard]] Event front() const;
  [[nodiscard]] ByteView front_bytes() const;
  void pop();

 private:
  struct Record {
    Event event;
    size_t offset = 0;
    size_t len = 0;
    bool is_secret = false;
  };

  std::pmr::vector<uint8_t> bytes_;
  std::pmr::vector<Record> records_;
  size_t first_ = 0;  // oldest record
  size_t count_ = 0;
  size_t head_ = 0;  // where the next bytes go
  size_t tail_ = 0;  // where the oldest bytes are
  size_t used_ = 0;  // records that own bytes
  size_t reserved_at_ = 0;
  uint64_t lost_ = 0;
};

}  // namespace voxlock::leg
