// What the handles of a bridge and of a relay have in common: two legs driven together.
#pragma once

#include <array>

#include "bridge/bridge.h"
#include "capi/guard.h"
#include "capi/leg_handle.h"
#include "voxlock/bridge.h"

namespace voxlock::capi {

// ERR_STRUCT_SIZE.
Status tell_protection(const bridge::Protection& in, voxlock_protection* out);

// Takes both legs for a joint that was made; is_opaque: their content is out of reach.
inline void attach(const std::array<voxlock_leg*, 2>& legs, bool is_opaque) {
  for (voxlock_leg* leg : legs) {
    leg->references.fetch_add(1, std::memory_order_relaxed);
    leg->is_attached = true;
    leg->is_opaque = is_opaque;
  }
}
inline void detach(const std::array<voxlock_leg*, 2>& legs) noexcept {
  for (voxlock_leg* leg : legs) {
    if (leg == nullptr) continue;  // in a child of fork
    leg->is_attached = leg->is_opaque = false;
    leg->bridge = nullptr;
    release_leg(leg);
  }
}

// Packets that waited for the keys of an answer.
template <typename Joint>
void take_early(Joint& joint, uint64_t now_ns) {
  for (uint32_t i = 0; i < 2; ++i) {
    while (const auto early = joint.leg(i).early().take(now_ns))
      joint.input({{early->data, early->source, early->local}, i}, now_ns);
  }
}

template <typename Joint>
Result<void> take_datagrams(Joint& joint, const voxlock_datagram* datagrams, size_t count,
                            uint64_t now_ns) {
  VOXLOCK_TRY_VOID(check_datagrams(datagrams, count, 1));
  joint.refresh();
  take_early(joint, now_ns);
  for (size_t i = 0; i < count; ++i) {
    const leg::Datagram datagram{
        {datagrams[i].data, datagrams[i].len}, to_address(datagrams[i].source), datagrams[i].local};
    joint.input({datagram, datagrams[i].leg}, now_ns);
  }
  return {};
}

template <typename Joint>
Result<void> take_events(Joint& joint, const EventRoom& room, uint64_t now_ns) {
  VOXLOCK_TRY_VOID(check_room(room));
  joint.refresh();
  take_early(joint, now_ns);
  joint.run_timers(now_ns);
  EventDrain drain(room);
  if (room.cap != 0 && joint.take_protection_change()) {
    voxlock_media_event event{};
    event.type = VOXLOCK_EV_PROTECTION;
    (void)drain.add(event);
  }
  for (uint32_t i = 0; i < 2; ++i) {
    if (!drain.take(joint.leg(i).queue(), i)) break;
  }
  if (drain.status() != Status::OK) return drain.status();
  return {};
}

}  // namespace voxlock::capi
