// Datagrams in, events out: what legs and bridges share.
#include <cstring>

#include "capi/leg_handle.h"

namespace voxlock::capi {

Result<void> check_room(const EventRoom& room) {
  const bool is_whole = room.count != nullptr && (room.events != nullptr || room.cap == 0) &&
                        (room.arena != nullptr || room.arena_cap == 0);
  if (!is_whole) return Status::ERR_INVALID_ARGUMENT;
  return {};
}

bool EventDrain::add(const voxlock_media_event& event) {
  if (*room_.count == room_.cap) return false;
  room_.events[(*room_.count)++] = event;
  return true;
}

bool EventDrain::take(leg::EventQueue& queue, uint32_t leg) {
  while (!queue.is_empty()) {
    if (*room_.count == room_.cap) return false;
    const ByteView bytes = queue.front_bytes();
    if (bytes.size() > room_.arena_cap - used_) {
      is_short_ = true;
      return false;
    }
    const leg::Event event = queue.front();
    voxlock_media_event out{};
    out.type = static_cast<uint32_t>(event.type);
    out.leg = leg;
    out.offset = used_;
    out.len = bytes.size();
    out.address = from_address(event.address);
    out.ssrc = event.ssrc;
    out.sequence = event.sequence;
    out.timestamp = event.timestamp;
    out.payload_type = event.payload_type;
    out.marker = event.marker ? 1 : 0;
    out.is_rtcp = event.is_rtcp ? 1 : 0;
    out.digit = static_cast<uint8_t>(event.digit);
    out.duration_ms = event.duration_ms;
    out.lost = event.lost;
    out.value = event.value;
    out.local = event.local;
    if (!bytes.empty()) std::memcpy(room_.arena + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    (void)add(out);
    queue.pop();
  }
  return true;
}

Result<void> check_datagrams(const voxlock_datagram* datagrams, size_t count, uint32_t max_leg) {
  if (datagrams == nullptr && count != 0) return Status::ERR_INVALID_ARGUMENT;
  for (size_t i = 0; i < count; ++i) {
    const voxlock_datagram& datagram = datagrams[i];
    if ((datagram.data == nullptr && datagram.len != 0) || datagram.leg > max_leg ||
        datagram.local > VOXLOCK_MAX_FURTHER_ADDRESSES || datagram.reserved != 0) {
      return Status::ERR_INVALID_ARGUMENT;
    }
  }
  return {};
}

}  // namespace voxlock::capi
