#include "bridge/hold.h"

#include <algorithm>
#include <cstring>

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
  const ByteView payload = received.packet.payload;
  const size_t slot = free_slot();
  if (payload.size() > leg::kMaxPacketLen) return false;
  if (!payload.empty()) std::memcpy(room(slot).data(), payload.data(), payload.size());
  ++waited_;
  size_t at = count_++;
  for (; at > 0 && waiting_[at - 1].received.index > received.index; --at)
    waiting_[at] = waiting_[at - 1];
  Waiting& waiting = waiting_[at];
  waiting = {received, slot, after(now_ns, span_ns_)};
  // Nothing else of the packet's buffer stays valid.
  waiting.received.packet.payload = room(slot).first(payload.size());
  waiting.received.packet.csrcs = waiting.received.packet.extension = {};
  waiting.received.packet.has_extension = false;
  return true;
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
  const MutableBytes used =
      room(waiting_[0].slot).first(waiting_[0].received.packet.payload.size());
  secure::wipe(used);
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
