#include "sip/utf8.h"

#include <cstdint>

#include "base/block.h"

namespace voxlock::sip {
namespace {

uint32_t high_bits_of_four(const char* p) {
  uint32_t all = 0;
  for (int i = 0; i < 4; ++i) all |= Block::load(p + i * Block::kSize).high_bits();
  return all;
}

// Length of the sequence at the start of text, 0 where it is not well-formed.
size_t sequence_len(std::string_view text) {
  const auto at = [text](size_t i) { return static_cast<uint8_t>(i < text.size() ? text[i] : 0); };
  const auto is_tail = [&at](size_t i) { return (at(i) & 0xc0) == 0x80; };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first < 0xc2) return 0;
  if (first < 0xe0) return is_tail(1) ? 2 : 0;
  if (first < 0xf0) {
    const bool is_overlong = first == 0xe0 && at(1) < 0xa0;
    const bool is_surrogate = first == 0xed && at(1) > 0x9f;
    return is_tail(1) && is_tail(2) && !is_overlong && !is_surrogate ? 3 : 0;
  }
  if (first > 0xf4) return 0;
  const bool is_overlong = first == 0xf0 && at(1) < 0x90;
  const bool is_above = first == 0xf4 && at(1) > 0x8f;
  return is_tail(1) && is_tail(2) && is_tail(3) && !is_overlong && !is_above ? 4 : 0;
}

}  // namespace

size_t find_bad_utf8(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 4 * Block::kSize && high_bits_of_four(text.data() + at) == 0) {
      at += 4 * Block::kSize;
      continue;
    }
    if (text.size() - at >= Block::kSize && Block::load(text.data() + at).high_bits() == 0) {
      at += Block::kSize;
      continue;
    }
    const size_t len = sequence_len(text.substr(at));
    if (len == 0) return at;
    at += len;
  }
  return at;
}

}  // namespace voxlock::sip
