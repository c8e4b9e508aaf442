#include "audio/g711.h"

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::audio;

namespace {

std::vector<int16_t> read_words(const std::string& name) {
  const std::string raw = test::read_vector("codec/g711-stl/" + name);
  std::vector<int16_t> out(raw.size() / 2);
  for (size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<int16_t>(static_cast<uint8_t>(raw[2 * i]) |
                                  static_cast<uint8_t>(raw[2 * i + 1]) << 8);
  }
  return out;
}

struct Law {
  const char* title;
  void (*encode)(const int16_t*, uint8_t*, size_t);
  void (*decode)(const uint8_t*, int16_t*, size_t);
  const char* table;
  const char* codes;
  const char* decoded;
};

constexpr Law kLaws[] = {
    {"mu-law", ulaw_encode, ulaw_decode, "ulaw_dec.s16le", "sweep-r.u", "sweep-r.reu"},
    {"A-law", alaw_encode, alaw_decode, "alaw_dec.s16le", "sweep-r.a", "sweep-r.rea"},
};

std::vector<uint8_t> all_codes() {
  std::vector<uint8_t> codes(256);
  for (size_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<uint8_t>(i);
  return codes;
}

}  // namespace

TEST_CASE("G.191: both laws are bit-exact with the reference, encoder sweep and decoder table") {
  if (!test::has_vectors("codec/g711-stl")) return;
  const auto source = read_words("sweep.src");
  for (const Law& law : kLaws) {
    INFO(law.title);
    std::vector<int16_t> table(256);
    law.decode(all_codes().data(), table.data(), 256);
    CHECK(table == read_words(law.table));

    const auto expected = read_words(law.codes);
    std::vector<uint8_t> codes(source.size());
    law.encode(source.data(), codes.data(), source.size());
    size_t differing = 0;
    for (size_t i = 0; i < codes.size(); ++i)
      differing += codes[i] != static_cast<uint8_t>(expected[i]) ? 1 : 0;
    CHECK(differing == 0);

    std::vector<int16_t> decoded(codes.size());
    law.decode(codes.data(), decoded.data(), codes.size());
    CHECK(decoded == read_words(law.decoded));
  }
}

TEST_CASE("ITU-T G.711: every decoded value encodes to its own code and quantises monotonically") {
  for (const Law& law : kLaws) {
    INFO(law.title);
    const auto codes = all_codes();
    std::vector<int16_t> values(256);
    law.decode(codes.data(), values.data(), 256);
    std::vector<uint8_t> again(256);
    law.encode(values.data(), again.data(), 256);
    for (size_t i = 0; i < 256; ++i) {
      // mu-law has two codes for zero.
      const bool is_zero = values[i] == 0;
      CHECK((is_zero || again[i] == codes[i]));
    }
    int16_t before = -32768;
    for (int value = -32768; value <= 32767; ++value) {
      const auto sample = static_cast<int16_t>(value);
      uint8_t code;
      int16_t decoded;
      law.encode(&sample, &code, 1);
      law.decode(&code, &decoded, 1);
      if (value > -32768 && decoded < before) FAIL("not monotonic at " << value);
      before = decoded;
    }
  }
}

TEST_CASE("RFC 3551 4.5.11: L16 is in network order") {
  const std::array<int16_t, 3> pcm = {0x0102, -2, -32768};
  const std::array<uint8_t, 6> expected = {0x01, 0x02, 0xff, 0xfe, 0x80, 0x00};
  std::array<uint8_t, 6> wire{};
  l16_encode(pcm.data(), wire.data(), pcm.size());
  CHECK(wire == expected);
  std::array<int16_t, 3> back{};
  l16_decode(wire.data(), back.data(), back.size());
  CHECK(back == pcm);
}
