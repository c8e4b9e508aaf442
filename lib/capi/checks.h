// Ranges of config fields that several structs share.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "voxlock/address.h"

namespace voxlock::capi {

inline bool is_flag(int32_t value) {
  return value == 0 || value == 1;
}
inline bool is_within(uint32_t value, uint32_t low, uint32_t high) {
  return value >= low && value <= high;
}
// 0: the encoder's own choice.
inline bool is_opus_bitrate(uint32_t value) {
  return value == 0 || is_within(value, 6000, 128000);
}
inline bool is_address(const voxlock_address& in) {
  return (in.family == 4 || in.family == 6) && in.port != 0 && in.reserved == 0;
}

// Copies ids until the first 0. False for an id above max or a number behind the end.
template <typename Id, size_t N>
bool read_list(const uint32_t* in, uint32_t max, std::array<Id, N>& out, size_t& count) {
  count = 0;
  while (count < N && in[count] != 0) {
    if (in[count] > max) return false;
    out[count] = static_cast<Id>(in[count]);
    ++count;
  }
  return count != 0 && std::all_of(in + count, in + N, [](uint32_t id) { return id == 0; });
}

}  // namespace voxlock::capi
