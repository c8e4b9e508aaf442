#include "base/block.h"

#include <random>
#include <string>

#include "base/text.h"
#include "base/window.h"
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
uint64_t mask_of(std::string_view octets, Predicate predicate) {
  uint64_t out = 0;
  for (size_t i = 0; i < octets.size(); ++i) out |= uint64_t{predicate(octets[i])} << i;
  return out;
}

template <typename B>
void check(std::string_view octets) {
  const test::Guarded input(octets);
  const B block = B::load(input.text().data());
  CHECK(block.specials() == mask_of(octets, is_special));
  CHECK(block.unprintables() == mask_of(octets, is_unprintable));
  CHECK(block.high_bits() == mask_of(octets, is_high));
  CHECK(block.digits() == mask_of(octets, text::is_digit));
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

TEST_CASE("windows answer as blocks do, with each kind of vectors") {
  Window::Load kinds[Window::kMaxKinds];
  const size_t count = Window::list_kinds(kinds);
  std::mt19937 random(7);
  for (size_t round = 0; round < 2048; ++round) {
    std::string octets(2 * Window::kSize, ' ');
    for (char& c : octets) c = static_cast<char>(random());
    octets[round % octets.size()] = static_cast<char>(round / 8);
    const test::Guarded input{std::string_view(octets)};
    for (size_t i = 0; i < count; ++i) {
      uint64_t unprintables[2], specials[2];
      kinds[i](input.text().data(), 2, unprintables, specials);
      for (size_t k = 0; k < 2; ++k) {
        const std::string_view text = input.text().substr(k * Window::kSize, Window::kSize);
        CHECK(unprintables[k] == mask_of(text, is_unprintable));
        CHECK(specials[k] == mask_of(text, is_special));
      }
    }
  }
}

TEST_CASE("a window that is not full ends in spaces") {
  for (const size_t before : {size_t{0}, size_t{1}, Window::kSize}) {
    for (size_t len = 1; len <= Window::kSize; ++len) {
      const std::string text = std::string(before, 'x') + std::string(len, '\r');
      const test::Guarded input{std::string_view(text)};
      uint64_t unprintables = 0, specials = 0;
      const char* const end = input.text().data() + text.size();
      Window::load_tail(end, len, text.size(), unprintables, specials);
      CHECK(unprintables == ~uint64_t{0} >> (Window::kSize - len));
      CHECK(specials == ~uint64_t{0});
    }
  }
  uint64_t unprintables = 0, specials = 0;
  const std::string_view text = "a-1";
  Window::load_tail(text.data() + text.size(), 3, 3, unprintables, specials);
  CHECK(unprintables == 0);
  CHECK(specials == ~uint64_t{7});
}

TEST_CASE("a block compares with bits put in first") {
  std::string octets(Block::kSize, 'A');
  octets[3] = 'b';
  const std::string lower(Block::kSize, 'a');
  const std::string spaces(Block::kSize, ' ');
  const auto places = [&]<typename B>(B) {
    return B::load(octets.data()).places_of(B::load(lower.data()), B::load(spaces.data()));
  };
  CHECK(places(Block::load(octets.data())) == (((1U << Block::kSize) - 1) ^ 8));
  CHECK(places(PlainBlock::load(octets.data())) == (((1U << PlainBlock::kSize) - 1) ^ 8));
}
