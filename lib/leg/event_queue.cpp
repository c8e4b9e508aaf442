#include "leg/event_queue.h"

#include "base/secure.h"

namespace voxlock::leg {
namespace {

constexpr size_t kBytesPerRecord = 128;

}  // namespace

EventQueue::EventQueue(std::pmr::memory_resource& memory, size_t bytes)
    : bytes_(bytes, &memory), records_(bytes / kBytesPerRecord, &memory) {}

// The bytes form a ring in which no event is cut: one that does not fit before the end starts at 0.
MutableBytes EventQueue::reserve(size_t len) {
  if (count_ == records_.size()) {
    ++lost_;
    return {};
  }
  if (used_ == 0) head_ = tail_ = 0;
  const bool is_wrapped = used_ != 0 && head_ <= tail_;
  const size_t limit = is_wrapped ? tail_ : bytes_.size();
  if (len <= limit - head_) {
    reserved_at_ = head_;
  } else if (!is_wrapped && used_ != 0 && len <= tail_) {
    reserved_at_ = 0;
  } else {
    ++lost_;
    return {};
  }
  return MutableBytes(bytes_).subspan(reserved_at_, len);
}

bool EventQueue::push(const Event& event, size_t len, bool is_secret) {
  if (count_ == records_.size()) {
    ++lost_;
    return false;
  }
  records_[(first_ + count_) % records_.size()] = {event, len != 0 ? reserved_at_ : 0, len,
                                                   is_secret};
  ++count_;
  if (len != 0) {
    head_ = reserved_at_ + len;
    ++used_;
  }
  return true;
}

Event EventQueue::front() const {
  if (lost_ != 0) {
    Event event;
    event.type = EventType::kOverflow;
    event.value = lost_;
    return event;
  }
  return records_[first_].event;
}

ByteView EventQueue::front_bytes() const {
  if (lost_ != 0) return {};
  return ByteView(bytes_).subspan(records_[first_].offset, records_[first_].len);
}

void EventQueue::pop() {
  if (lost_ != 0) {
    lost_ = 0;
    return;
  }
  Record& record = records_[first_];
  if (record.is_secret) secure::wipe(bytes_.data() + record.offset, record.len);
  if (record.len != 0) {
    tail_ = record.offset + record.len;
    --used_;
  }
  // A digit is content too: nothing of an event stays behind.
  record = Record{};
  first_ = (first_ + 1) % records_.size();
  --count_;
}

}  // namespace voxlock::leg
