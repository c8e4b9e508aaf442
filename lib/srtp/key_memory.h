// Which master keys were sealed with, so that none is taken up again: its SRTCP indexes and those
// of other sources would begin anew (RFC 3711, section 9.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::srtp {

// Keeps 64 bits of a hash of each key, never the key. The last kKeys are known: a key comes back by
// mistake of a host that sets keys itself, never by chance.
class KeyMemory {
 public:
  static constexpr size_t kKeys = 32;

  // The suite does not count: those of one key length make the same keystream. ERR_NO_MEMORY.
  static Result<uint64_t> print(ByteView key_and_salt);

  [[nodiscard]] bool has(uint64_t print) const {
    for (size_t i = 0; i < count_ && i < kKeys; ++i) {
      if (prints_[i] == print) return true;
    }
    return false;
  }
  void add(uint64_t print) {
    if (!has(print)) prints_[count_++ % kKeys] = print;
  }

  // For an archive (base/archive.h).
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self) {
    archive.array(self.prints_);
    archive.number(self.count_);
  }

 private:
  std::array<uint64_t, kKeys> prints_{};
  size_t count_ = 0;
};

}  // namespace voxlock::srtp
