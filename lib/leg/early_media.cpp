#include "leg/early_media.h"

#include <cstring>

namespace voxlock::leg {

EarlyMedia::EarlyMedia(std::pmr::memory_resource& memory, uint64_t span_ns)
    : slots_(span_ns != 0 ? kPackets : 0, &memory), span_ns_(span_ns) {}

void EarlyMedia::begin() {
  forget();
  is_awaited_ = !slots_.empty();
}

void EarlyMedia::forget() {
  is_awaited_ = false;
  first_ = count_ = 0;
}

bool EarlyMedia::keep(ByteView data, const Address& source, uint32_t local, uint64_t now_ns) {
  if (!is_awaited_ || data.empty() || data.size() > kMaxLen) return false;
  if (count_ == slots_.size()) {
    first_ = (first_ + 1) % slots_.size();
    --count_;
  }
  Slot& slot = slots_[(first_ + count_) % slots_.size()];
  ++count_;
  std::memcpy(slot.bytes.data(), data.data(), data.size());
  slot.len = data.size();
  slot.source = source;
  slot.local = local;
  slot.came_ns = now_ns;
  return true;
}

std::optional<EarlyMedia::Packet> EarlyMedia::take(uint64_t now_ns) {
  while (is_ready()) {
    const Slot& slot = slots_[first_];
    first_ = (first_ + 1) % slots_.size();
    --count_;
    if (now_ns > after(slot.came_ns, span_ns_)) continue;
    return Packet{ByteView(slot.bytes).first(slot.len), slot.source, slot.local};
  }
  return std::nullopt;
}

}  // namespace voxlock::leg
