// The elements of one packet's header, and where their bytes lie.
#pragma once

#include <array>

#include "leg/leg.h"

namespace voxlock::leg {

struct Leg::Elements {
  static constexpr size_t kMost = kExtensions + 4;

  [[nodiscard]] std::span<const rtp::ExtensionElement> view() const {
    return std::span(list).first(count);
  }
  void add(uint8_t id, ByteView data) {
    if (count < kMost) list[count++] = {id, data};
  }

  std::array<rtp::ExtensionElement, kMost> list;
  size_t count = 0;
  std::array<uint8_t, 1> level{};
  std::array<uint8_t, rtp::kAbsSendTimeLen> send_time{};
  std::array<uint8_t, rtp::kTransportSequenceLen> transport_sequence{};
};

}  // namespace voxlock::leg
