// Payloads of UDP datagrams out of a classic pcap file (Ethernet, Linux cooked or raw IPv4), for
// vectors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace voxlock::test {

struct PcapDatagram {
  uint64_t time_ns = 0;
  std::vector<uint8_t> payload;
};

class PcapReader {
 public:
  explicit PcapReader(std::string_view file) : file_(file) {
    if (number(0, 4) == 0xd4c3b2a1) is_little_ = false;
    const uint64_t magic = number(0, 4);
    if (magic != 0xa1b2c3d4 && magic != 0xa1b23c4d) throw std::runtime_error("pcap: unknown magic");
    unit_ns_ = magic == 0xa1b23c4d ? 1 : 1000;
    link_ = number(20, 4);
  }

  std::vector<PcapDatagram> udp() {
    std::vector<PcapDatagram> out;
    for (size_t at = 24; at + 16 <= file_.size();) {
      const size_t len = number(at + 8, 4);
      const uint64_t time_ns = number(at, 4) * 1'000'000'000 + number(at + 4, 4) * unit_ns_;
      add(file_.substr(at + 16, len), time_ns, out);
      at += 16 + len;
    }
    return out;
  }

 private:
  [[nodiscard]] uint64_t number(size_t at, size_t len) const {
    if (at + len > file_.size()) throw std::runtime_error("pcap: truncated");
    uint64_t value = 0;
    for (size_t i = 0; i < len; ++i) {
      const size_t shift = 8 * (is_little_ ? i : len - 1 - i);
      value |= uint64_t{static_cast<uint8_t>(file_[at + i])} << shift;
    }
    return value;
  }
  void add(std::string_view frame, uint64_t time_ns, std::vector<PcapDatagram>& out) const {
    // Link types of tcpdump.org: 1 Ethernet, 113 Linux cooked, 101 raw.
    const size_t ip = link_ == 1 ? 14 : link_ == 113 ? 16 : 0;
    const auto byte = [&](size_t i) {
      return i < frame.size() ? static_cast<uint8_t>(frame[i]) : 0u;
    };
    if (byte(ip) >> 4 != 4 || byte(ip + 9) != 17) return;
    const size_t udp = ip + 4 * (byte(ip) & 15u);
    const size_t len = byte(udp + 4) << 8 | byte(udp + 5);
    if (len < 8 || udp + len > frame.size()) return;
    const std::string_view payload = frame.substr(udp + 8, len - 8);
    out.push_back({time_ns, {payload.begin(), payload.end()}});
  }

  std::string_view file_;
  bool is_little_ = true;
  uint64_t unit_ns_ = 1000;
  uint64_t link_ = 0;
};

}  // namespace voxlock::test
