// Octets as words of bits, 64 at a time, with the widest vectors of the machine.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voxlock {

// Bit i of a word tells of octet i of 64.
//   unprintables  no printable ASCII
//   specials      no ASCII letter, digit, '-' or '.'
struct Window {
  static constexpr size_t kSize = 64;

  // Of count windows, a word of each kind for each of them.
  using Load = void (*)(const char* p, size_t count, uint64_t* unprintables, uint64_t* specials);
  static void load(const char* p, size_t count, uint64_t* unprintables, uint64_t* specials);
  // Of the last len octets of a text of text_len, 1 <= len <= kSize; what the window has behind
  // them is taken for spaces.
  static void load_tail(const char* end, size_t len, size_t text_len, uint64_t& unprintables,
                        uint64_t& specials);

  // load by each kind of vectors that this machine has, for the test that compares them.
  static constexpr size_t kMaxKinds = 3;
  static size_t list_kinds(Load (&out)[kMaxKinds]);
};

}  // namespace voxlock
