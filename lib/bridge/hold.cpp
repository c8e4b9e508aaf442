#include "bridge/hold.h"

#include <algorithm>

#include "base/secure.h"

namespace voxlock::bridge {

Hold::Hold(std::pmr::memory_resource& memory, uint64_t span_ns, RandomSource* random)
    : bytes_(&memory) {
  secure::Secret<16> key;
  const MutableBytes raw = key.resize(16);
  if (span_ns == 0 || random == nullptr || !random->fill(raw) || !cipher_.set_key(raw)) return;
  bytes_.resize(kMost * leg::kMaxPacketLen);
  span_ns_ = span_ns;
}

template <typename Function>
void Hold::for_each_view(leg::Received& received, Function function) {
  function(received.packet.payload);
  for (size_t i = 0; i < received.redundant.count; ++i) function(received.redundant.list[i].data);
}

void Hold::add_keystream(MutableBytes bytes, uint64_t number) {
  std::array<uint8_t, crypto::kernels::kBlockLen> counter{};
  bytes::Writer(counter).u64(number);
  cipher_.start(counter);
  cipher_.apply(bytes);
}

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
  for_each_view(own, [&](ByteView& view) {
    const size_t begin = writer.size();
    writer.put(view);
    view = writer.ok() ? ByteView(room(slot)).subspan(begin, view.size()) : ByteView();
  });
  if (!writer.ok()) return secure::wipe(room(slot)), false;
  add_keystream(room(slot).first(writer.size()), waited_);
  // Nothing else of the packet's buffer stays valid.
  own.packet.csrcs = own.packet.extension = {};
  own.packet.has_extension = false;
  size_t at = count_++;
  for (; at > 0 && waiting_[at - 1].received.index > received.index; --at)
    waiting_[at] = waiting_[at - 1];
  waiting_[at] = {own, slot, writer.size(), waited_++, after(now_ns, span_ns_)};
  return true;
}

uint64_t Hold::oldest() const {
  return count_ != 0 ? waiting_[0].received.index : UINT64_MAX;
}

bool Hold::is_ready(uint64_t now_ns) const {
  return count_ != 0 && (waiting_[0].received.index <= next_ || now_ns >= waiting_[0].until_ns);
}

leg::Received Hold::pop(MutableBytes opened) {
  const Waiting first = waiting_[0];
  const MutableBytes sealed = room(first.slot).first(first.len);
  std::copy(sealed.begin(), sealed.end(), opened.begin());
  add_keystream(opened.first(first.len), first.number);
  leg::Received out = first.received;
  for_each_view(out, [&](ByteView& view) {
    view = ByteView(opened).subspan(static_cast<size_t>(view.data() - sealed.data()), view.size());
  });
  secure::wipe(sealed);
  passed(out);
  std::move(waiting_.begin() + 1, waiting_.begin() + static_cast<ptrdiff_t>(count_),
            waiting_.begin());
  waiting_[--count_] = Waiting{};
  return out;
}

uint64_t Hold::next_deadline() const {
  return count_ != 0 ? waiting_[0].until_ns : kNever;
}

bool Hold::is_clean() const {
  return count_ == 0 &&
         std::all_of(bytes_.begin(), bytes_.end(), [](uint8_t byte) { return byte == 0; });
}

}  // namespace voxlock::bridge
