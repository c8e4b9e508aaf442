#include "bridge/hold.h"

#include <algorithm>

#include "base/secure.h"

namespace voxlock::bridge {

Hold::Hold(std::pmr::memory_resource& memory, uint64_t span_ns)
    : span_ns_(span_ns), bytes_(span_ns != 0 ? kMost * leg::kMaxPacketLen : 0, &memory) {}

size_t Hold::free_slot() const {
  for (size_t slot = 0; slot < kMost; ++slot) {
    const auto end = waiting_.begin() + static_cast<ptrdiff_t>(count_);
    if (std::none_of(waiting_.begin(), end, [&](const Waiting& w) { return w.slot == slot; }))
      return slot;
  }
  return kMost;
}

bool Hold::take(const leg::Received& received, bool is_open, uint64_t now_ns) {
  const bool is_ahead = received.index > next_ && (is_open || count_ != 0);
  if (!is_used() || !is_ahead || count_ == kMost) return false;
  // All of it came in one datagram, and fits.
  const size_t slot = free_slot();
  bytes::Writer writer(room(slot));
  leg::Received own = received;
  copy(own.packet.payload, writer, room(slot));
  for (size_t i = 0; i < own.redundant.count; ++i)
    copy(own.redundant.list[i].data, writer, room(slot));
  if (!writer.ok()) return secure::wipe(room(slot)), false;
  // Nothing else of the packet's buffer stays valid.
  own.packet.csrcs = own.packet.extension = {};
  own.packet.has_extension = false;
  ++waited_;
  size_t at = count_++;
  for (; at > 0 && waiting_[at - 1].received.index > received.index; --at)
    waiting_[at] = waiting_[at - 1];
  waiting_[at] = {own, slot, writer.size(), after(now_ns, span_ns_)};
  return true;
}

// The view is turned to a copy of what it shows.
void Hold::copy(ByteView& view, bytes::Writer& writer, MutableBytes room) {
  const size_t begin = writer.size();
  writer.put(view);
  view = writer.ok() ? ByteView(room).subspan(begin, view.size()) : ByteView();
}

std::optional<leg::Received> Hold::oldest() const {
  if (count_ == 0) return std::nullopt;
  return waiting_[0].received;
}

std::optional<leg::Received> Hold::ready(uint64_t now_ns) const {
  const bool is_ready =
      count_ != 0 && (waiting_[0].received.index <= next_ || now_ns >= waiting_[0].until_ns);
  return is_ready ? oldest() : std::nullopt;
}

void Hold::pop() {
  secure::wipe(room(waiting_[0].slot).first(waiting_[0].len));
  passed(waiting_[0].received);
  std::move(waiting_.begin() + 1, waiting_.begin() + static_cast<ptrdiff_t>(count_),
            waiting_.begin());
  waiting_[--count_] = Waiting{};
}

uint64_t Hold::next_deadline() const {
  return count_ != 0 ? waiting_[0].until_ns : kNever;
}

bool Hold::is_clean() const {
  return count_ == 0 &&
         std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace voxlock::bridge
