// A leg's handle, shared by its owner and its bridge, and what both ABI files need of it.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "capi/address.h"
#include "capi/handle.h"
#include "leg/leg.h"
#include "leg/negotiation.h"
#include "voxlock/leg.h"

struct voxlock_bridge;

struct voxlock_leg : voxlock::capi::Handle {
  explicit voxlock_leg(voxlock_context* ctx)
      : Handle(ctx), certificate(&ctx->memory), key(&ctx->memory) {}

  voxlock::crypto::Drbg random;
  // With DTLS, in DER.
  std::pmr::vector<uint8_t> certificate;
  std::pmr::vector<uint8_t> key;
  voxlock::Box<voxlock::leg::Leg> leg;
  std::optional<voxlock::leg::Negotiation> negotiation;
  std::atomic<uint32_t> references{1};
  uint64_t chain = 0;  // of its checkpoints; 0 before the first
  bool is_attached = false;
  bool is_opaque = false;            // attached to a relay
  voxlock_bridge* bridge = nullptr;  // that it is attached to
};

namespace voxlock::capi {

// Drops one reference; the last one wipes the leg.
void release_leg(voxlock_leg* leg) noexcept;

// Tells a verdict where the host has room for it. ERR_STRUCT_SIZE.
Result<void> tell_verdict(const sdp::Verdict& in, voxlock_verdict* out);
// The same without one, before anything changes.
Result<void> check_verdict(voxlock_verdict* out);

// Room for events and their bytes, as poll got it.
struct EventRoom {
  voxlock_media_event* events;
  size_t cap;
  size_t* count;
  uint8_t* arena;
  size_t arena_cap;
};
// ERR_INVALID_ARGUMENT where a needed pointer is NULL.
Result<void> check_room(const EventRoom& room);

// Moves events of a queue into the room, as many as fit. used: bytes of the arena.
class EventDrain {
 public:
  explicit EventDrain(const EventRoom& room) : room_(room) { *room_.count = 0; }
  // False where the room is full.
  bool take(leg::EventQueue& queue, uint32_t leg);
  bool add(const voxlock_media_event& event);
  [[nodiscard]] Status status() const {
    return is_short_ && *room_.count == 0 ? Status::ERR_BUFFER_TOO_SMALL : Status::OK;
  }

 private:
  EventRoom room_;
  size_t used_ = 0;
  bool is_short_ = false;
};

// ERR_INVALID_ARGUMENT for NULL data with a length, a leg above max_leg, or an own address that no
// leg can have.
Result<void> check_datagrams(const voxlock_datagram* datagrams, size_t count, uint32_t max_leg);

}  // namespace voxlock::capi
