#include "leg/early_packets.h"

#include <cstring>

namespace voxlock::leg {

void EarlyPackets::reserve() {
  if (limits_.span_ns == 0) return;
  bytes_.resize(limits_.count * limits_.max_len);
  slots_.resize(limits_.count);
}

void EarlyPackets::begin() {
  forget();
  is_awaited_ = !slots_.empty();
}

void EarlyPackets::forget() {
  is_awaited_ = false;
  first_ = count_ = 0;
}

bool EarlyPackets::keep(ByteView data, const Address& source, uint32_t local, uint64_t now_ns) {
  if (!is_awaited_ || data.empty() || data.size() > limits_.max_len) return false;
  if (count_ == slots_.size()) {
    first_ = (first_ + 1) % slots_.size();
    --count_;
  }
  const size_t index = (first_ + count_) % slots_.size();
  ++count_;
  std::memcpy(bytes_.data() + index * limits_.max_len, data.data(), data.size());
  slots_[index] = {data.size(), source, local, now_ns};
  return true;
}

std::optional<EarlyPackets::Packet> EarlyPackets::take(uint64_t now_ns) {
  while (is_ready()) {
    const size_t index = first_;
    const Slot& slot = slots_[index];
    first_ = (first_ + 1) % slots_.size();
    --count_;
    if (now_ns > after(slot.came_ns, limits_.span_ns)) continue;
    return Packet{ByteView(bytes_).subspan(index * limits_.max_len, slot.len), slot.source,
                  slot.local};
  }
  return std::nullopt;
}

}  // namespace voxlock::leg
