// Bytes as a host's program: numbers, texts, configs and times, mostly sane, some not.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "voxlock/voxlock.h"

namespace voxlock::test {

inline void require(bool holds) {
  if (!holds) std::abort();
}

class Script {
 public:
  explicit Script(ByteView bytes) : reader_(bytes) {}

  [[nodiscard]] bool is_over() const { return reader_.left() == 0; }
  uint8_t u8() { return is_over() ? uint8_t{0} : reader_.u8(); }
  uint32_t below(uint32_t end) { return u8() % end; }
  bool one_in(uint32_t n) { return below(n) == n - 1; }
  uint32_t u32() {
    uint32_t out = 0;
    for (int i = 0; i < 4; ++i) out = out << 8 | u8();
    return out;
  }
  // A number that somebody may take for legal.
  uint32_t number() {
    constexpr uint32_t kNumbers[] = {
        0,     1,    2,     3,     4,     8,         10,         20,          60,         64,
        96,    101,  111,   127,   128,   255,       256,        1000,        4096,       8000,
        16000, 8192, 48000, 65535, 65536, 1'000'000, 0x7fffffff, 0x80000000u, 0xffffffffu};
    const uint32_t pick = below(static_cast<uint32_t>(std::size(kNumbers)) + 1);
    return pick < std::size(kNumbers) ? kNumbers[pick] : u32();
  }
  std::vector<uint8_t> bytes(size_t most) {
    const size_t wished = one_in(8) ? u8() * 4u : below(24);
    const size_t len = std::min<size_t>({wished, most, reader_.left()});
    const ByteView view = reader_.take(len);
    return {view.begin(), view.end()};
  }
  // Time as a host may tell it: on, now and then back, or to the end of all time.
  uint64_t now() {
    switch (below(16)) {
      case 0:
        return 0;
      case 1:
        return now_ - std::min<uint64_t>(now_, 1'000'000'000);
      case 2:
        return now_ += one_in(8) ? 60'000'000'000 : 500'000'000;
      case 3:
        return one_in(16) ? UINT64_MAX : now_;
      default:
        return now_ += below(4) * 10'000'000;
    }
  }

 private:
  bytes::Reader reader_;
  uint64_t now_ = 1;
};

// A config of a size that the host states, which need not be that of this version.
template <typename T>
struct Stated {
  T value;
  std::array<uint8_t, 32> tail{};

  // init: the function that fills it. numbers: fields that get another value now and then.
  template <typename Init, typename... Fields>
  Stated(Script& script, Init init, Fields... fields) {
    require(init(&value, sizeof value) == VOXLOCK_OK);
    if (script.one_in(3)) (change(script, value.*fields), ...);
    if (!script.one_in(12)) return;
    constexpr size_t kSizes[] = {0,    3, 4, 5, 8, 12, sizeof(T) - 1, sizeof(T) - 4, sizeof(T) + 8,
                                 70000};
    value.struct_size = static_cast<uint32_t>(kSizes[script.below(std::size(kSizes))]);
    if (value.struct_size > sizeof *this) value.struct_size = UINT32_MAX;
    if (script.one_in(2)) tail[script.below(tail.size())] = 1;
  }

 private:
  template <typename Field>
  static void change(Script& script, Field& field) {
    if (script.one_in(4)) field = static_cast<Field>(script.number());
  }
};

// A status of the list, never a positive one.
inline int32_t known(int32_t status) {
  require(status <= 0 && std::strcmp(voxlock_status_name(status), "") != 0);
  return status;
}

}  // namespace voxlock::test
