// Which sources a leg has left, and which one may be next.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace voxlock::leg {

// Stragglers of sources that were left must not switch back. The last few are kept: a peer behind a
// transfer has two or three.
class SourceMemory {
 public:
  static constexpr size_t kLeft = 4;

  void leave(uint32_t ssrc) {
    if (has_left(ssrc)) return;
    left_[count_++ % kLeft] = ssrc;
  }
  [[nodiscard]] bool has_left(uint32_t ssrc) const {
    for (size_t i = 0; i < count_ && i < kLeft; ++i) {
      if (left_[i] == ssrc) return true;
    }
    return false;
  }

  // For an archive (base/archive.h).
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self) {
    archive.array(self.left_);
    archive.number(self.count_);
  }

  [[nodiscard]] uint64_t hash() const {
    uint64_t out = count_;
    for (const uint32_t ssrc : left_) out = out * 31 + ssrc;
    return out * 31 + (has_candidate_ ? uint64_t{candidate_} << 16 | next_ : 0);
  }

  // RFC 3550 A.1: without authentication a source is one after two packets in a row. Tells whether
  // this is the second.
  bool confirms(uint32_t ssrc, uint16_t sequence) {
    const bool is_second = has_candidate_ && candidate_ == ssrc && sequence == next_;
    has_candidate_ = !is_second;
    candidate_ = ssrc;
    next_ = static_cast<uint16_t>(sequence + 1);
    return is_second;
  }

 private:
  std::array<uint32_t, kLeft> left_{};
  size_t count_ = 0;
  bool has_candidate_ = false;
  uint32_t candidate_ = 0;
  uint16_t next_ = 0;
};

}  // namespace voxlock::leg
