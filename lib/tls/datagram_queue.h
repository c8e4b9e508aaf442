// Datagrams in order, of a bounded size in all.
#pragma once

#include "tls/byte_queue.h"

namespace voxlock::tls {

class DatagramQueue {
 public:
  DatagramQueue(std::pmr::memory_resource& memory, size_t capacity) : bytes_(memory, capacity) {}

  // False, and only a counter changes, where there is no room: a datagram may get lost anyway.
  bool push(ByteView datagram) {
    if (datagram.size() > UINT16_MAX || bytes_.room() < sizeof(uint16_t) + datagram.size()) {
      ++dropped_;
      return false;
    }
    const uint8_t size[] = {static_cast<uint8_t>(datagram.size() >> 8),
                            static_cast<uint8_t>(datagram.size())};
    bytes_.push(size);
    bytes_.push(datagram);
    return true;
  }
  // Bytes of the next datagram, 0 where there is none.
  [[nodiscard]] size_t next_size() const {
    const ByteView size = bytes_.front(sizeof(uint16_t));
    return size.empty() ? 0 : size[0] * size_t{256} + size[1];
  }
  // Moves the next datagram to out, which must have room for it; its size, 0 for none.
  size_t pop(MutableBytes out) {
    const size_t size = next_size();
    if (size == 0) return 0;
    uint8_t head[sizeof(uint16_t)];
    bytes_.pop(head);
    return bytes_.pop(out.first(size));
  }
  [[nodiscard]] uint64_t dropped() const { return dropped_; }

 private:
  ByteQueue bytes_;
  uint64_t dropped_ = 0;
};

}  // namespace voxlock::tls
