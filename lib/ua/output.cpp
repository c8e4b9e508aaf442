#include "ua/output.h"

#include <cstring>

#include "base/secure.h"

namespace voxlock::ua {

OutputQueue::OutputQueue(std::pmr::memory_resource& memory, uint32_t events, uint32_t bytes)
    : events_(events, &memory), bytes_(bytes, &memory) {}

bool OutputQueue::push(Event event, ByteView data) {
  if (!has_room(1, data.size())) return false;
  if (data.size() > bytes_.size() - tail_) {
    std::memmove(bytes_.data(), bytes_.data() + head_, tail_ - head_);
    secure::wipe(bytes_.data() + (tail_ - head_), head_);
    tail_ -= head_;
    head_ = 0;
  }
  if (!data.empty()) std::memcpy(bytes_.data() + tail_, data.data(), data.size());
  tail_ += data.size();
  event.data = {0, static_cast<uint32_t>(data.size())};
  events_[(first_ + count_) % events_.size()] = event;
  ++count_;
  return true;
}

OutputQueue::Taken OutputQueue::take(std::span<Event> out, MutableBytes arena) {
  Taken taken;
  while (count_ != 0 && taken.events < out.size()) {
    Event event = events_[first_];
    const size_t len = event.data.len;
    if (len > arena.size() - taken.bytes) break;
    // Messages carry keys (SDES), so that a copy does not stay behind.
    if (len != 0) std::memcpy(arena.data() + taken.bytes, bytes_.data() + head_, len);
    secure::wipe(bytes_.data() + head_, len);
    for (Range* range : {&event.data, &event.sdp, &event.reason, &event.warning}) {
      range->offset += static_cast<uint32_t>(taken.bytes);
    }
    out[taken.events++] = event;
    events_[first_] = {};  // it may be a digit of a PIN
    taken.bytes += len;
    head_ += len;
    first_ = (first_ + 1) % events_.size();
    --count_;
  }
  if (count_ == 0) head_ = tail_ = 0;
  return taken;
}

}  // namespace voxlock::ua
