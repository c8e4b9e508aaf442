// 16-bit sequence numbers extended to 48-bit packet indexes, RFC 3711 section 3.3.1.
#pragma once

#include <cstdint>

namespace voxlock::rtp {

// i = 2^16 * ROC + SEQ. Guessing changes nothing; the caller commits once it trusts the packet.
class SequenceExtender {
 public:
  static constexpr uint64_t kIndexes = uint64_t{1} << 48;

  [[nodiscard]] bool has_any() const { return has_any_; }
  // Highest committed index. Where nothing was committed: the start ROC shifted by 16.
  [[nodiscard]] uint64_t highest() const { return highest_; }
  [[nodiscard]] uint32_t roc() const { return static_cast<uint32_t>(highest_ >> 16); }

  // The index nearest to the highest one. May give kIndexes or more, which means that the 48-bit
  // space is used up; never a negative ROC (the first packets of a stream may be out of order).
  [[nodiscard]] uint64_t guess(uint16_t sequence) const;
  // Takes an index that guess gave.
  void commit(uint64_t index);
  // For an archive (base/archive.h).
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self) {
    archive.number(self.highest_);
    archive.number(self.has_any_);
    archive.require(self.highest_ < kIndexes);
  }
  // Starts over at a rollover counter: the next packet is taken to have it.
  void restart(uint32_t roc);

 private:
  uint64_t highest_ = 0;
  bool has_any_ = false;
};

inline uint64_t SequenceExtender::guess(uint16_t sequence) const {
  const uint64_t roc = highest_ >> 16;
  if (!has_any_) return roc << 16 | sequence;
  const auto last = static_cast<uint16_t>(highest_);
  uint64_t guessed = roc;
  if (last < 0x8000) {
    if (sequence - last > 0x8000 && roc != 0) guessed = roc - 1;
  } else if (last - 0x8000 > sequence) {
    guessed = roc + 1;
  }
  return guessed << 16 | sequence;
}

inline void SequenceExtender::commit(uint64_t index) {
  if (!has_any_ || index > highest_) highest_ = index;
  has_any_ = true;
}

}  // namespace voxlock::rtp
