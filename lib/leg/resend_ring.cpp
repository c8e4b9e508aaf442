#include "leg/resend_ring.h"

#include <algorithm>
#include <cstring>

namespace voxlock::leg {

ResendRing::ResendRing(std::pmr::memory_resource& memory, bool is_used)
    : bytes_(is_used ? kBytes : 0, &memory), kept_(is_used ? kPackets : 0, &memory) {}

void ResendRing::keep(uint16_t sequence, ByteView sealed) {
  if (kept_.empty() || sealed.empty() || sealed.size() > kBytes / 2) return;
  // No packet is cut: one that does not fit before the end starts at 0.
  const size_t at = position_ % kBytes;
  if (sealed.size() > kBytes - at) position_ += kBytes - at;
  std::memcpy(bytes_.data() + position_ % kBytes, sealed.data(), sealed.size());
  kept_[sequence % kPackets] = {position_, 0, static_cast<uint32_t>(sealed.size()), 0, sequence};
  position_ += sealed.size();
  credit_ = std::min(credit_ + sealed.size() / 2, kMostAtOnce);
}

ByteView ResendRing::take(uint16_t sequence, uint64_t now_ns) {
  if (kept_.empty()) return {};
  Kept& kept = kept_[sequence % kPackets];
  const bool is_there =
      kept.len != 0 && kept.sequence == sequence && position_ - kept.begin <= kBytes;
  if (!is_there || kept.resent == kMostPerPacket || kept.len > credit_) return {};
  if (kept.resent != 0 && now_ns < after(kept.sent_ns, kLeastGapNs)) return {};
  credit_ -= kept.len;
  ++kept.resent;
  kept.sent_ns = now_ns;
  return ByteView(bytes_).subspan(kept.begin % kBytes, kept.len);
}

void ResendRing::clear() {
  std::fill(kept_.begin(), kept_.end(), Kept{});
}

}  // namespace voxlock::leg
