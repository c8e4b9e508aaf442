#include "base/block.h"

#include <random>
#include <string>

#include "base/text.h"
#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;

namespace {

bool is_special(char c) {
  return !text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '.';
}
bool is_unprintable(char c) {
  return static_cast<uint8_t>(c) < ' ' || static_cast<uint8_t>(c) > '~';
}
bool is_high(char c) {
  return static_cast<uint8_t>(c) > 0x7f;
}
bool is_dash(char c) {
  return c == '-';
}

template <typename Predicate>
uint32_t mask_of(std::string_view octets, Predicate predicate) {
  uint32_t out = 0;
  for (size_t i = 0; i < octets.size(); ++i) out |= uint32_t{predicate(octets[i])} << i;
  return out;
}

template <typename B>
void check(std::string_view octets) {
  const test::Guarded input(octets);
  const B block = B::load(input.text().data());
  CHECK(block.specials() == mask_of(octets, is_special));
  CHECK(block.unprintables() == mask_of(octets, is_unprintable));
  CHECK(block.high_bits() == mask_of(octets, is_high));
  CHECK(block.places_of('-') == mask_of(octets, is_dash));
}

}  // namespace

TEST_CASE("a block answers for each octet value at each place, with vectors and without") {
  for (size_t place = 0; place < Block::kSize; ++place) {
    for (int value = 0; value < 256; ++value) {
      std::string octets(Block::kSize, value % 2 == 0 ? 'a' : '\r');
      octets[place] = static_cast<char>(value);
      check<Block>(octets);
      if (place < PlainBlock::kSize)
        check<PlainBlock>(std::string_view(octets).substr(0, PlainBlock::kSize));
    }
  }
}

TEST_CASE("a window is the blocks it is made of") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::string octets(kWindowSize, ' ');
    for (char& c : octets) c = static_cast<char>(random());
    const test::Guarded input{std::string_view(octets)};
    const uint64_t window = unprintables_of_window(input.text().data());
    for (size_t i = 0; i < kWindowSize; ++i) CHECK((window >> i & 1) == is_unprintable(octets[i]));
  }
}
