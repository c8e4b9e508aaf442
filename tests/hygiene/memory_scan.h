// Looks for secrets in the memory of another process.
#pragma once

#include <sys/types.h>

#include <array>
#include <bitset>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

namespace voxlock::test {

// What must not be found, cut into pieces of 16 bytes: a copy of a part counts as well.
class Needles {
 public:
  static constexpr size_t kLen = 16;

  // Takes the pieces of a secret that are no pattern. kind: what a report calls it.
  void add(const std::string& kind, std::span<const uint8_t> secret);
  void add(const std::string& kind, const std::string& secret);
  // The same of one piece, pattern or not.
  void add_whole(const std::string& kind, std::span<const uint8_t> piece);
  // The kind of the needle that starts at p, with kLen bytes readable; nullptr for none.
  [[nodiscard]] const std::string* find(const uint8_t* p) const;
  [[nodiscard]] size_t size() const { return pieces_.size(); }

 private:
  struct Piece {
    std::array<uint8_t, kLen> bytes;
    std::string kind;
  };
  static uint64_t head_of(const uint8_t* p);
  void put(const std::string& kind, const uint8_t* bytes);

  std::unordered_multimap<uint64_t, Piece> pieces_;
  std::bitset<1 << 16> heads_;
};

struct Hit {
  std::string kind;
  std::string where;  // name of the mapping
  uintptr_t address;
  bool is_left_out;  // of core dumps, and zero in a child of fork
};

// Every needle in the private writable memory of a process that holds still.
std::vector<Hit> scan(pid_t process, const Needles& needles);
// Kinds of the needles in a file.
std::vector<std::string> scan_file(const std::string& path, const Needles& needles);

}  // namespace voxlock::test
