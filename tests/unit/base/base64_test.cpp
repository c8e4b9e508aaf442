#include "base/base64.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;

namespace {

std::string encode(ByteView data) {
  std::string out(base64::encoded_size(data.size()), '\0');
  bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(out.data()), out.size()));
  base64::encode(data, writer);
  REQUIRE(writer.ok());
  REQUIRE(writer.size() == out.size());
  return out;
}

}  // namespace

TEST_CASE("RFC 4648 10: the test vectors in both directions") {
  struct Row {
    const char* plain;
    const char* text;
  };
  const Row rows[] = {{"", ""},
                      {"f", "Zg=="},
                      {"fo", "Zm8="},
                      {"foo", "Zm9v"},
                      {"foob", "Zm9vYg=="},
                      {"fooba", "Zm9vYmE="},
                      {"foobar", "Zm9vYmFy"}};
  for (const Row& row : rows) {
    INFO(row.plain);
    CHECK(encode(as_bytes(row.plain)) == row.text);
    uint8_t out[16];
    const test::Guarded input{std::string_view(row.text)};
    const auto size = base64::decode(input.text(), out);
    REQUIRE(size);
    CHECK(as_text(ByteView(out).first(*size)) == row.plain);
  }
}

TEST_CASE("RFC 4648 4: every byte value comes back from every position") {
  std::vector<uint8_t> data;
  for (size_t i = 0; i < 3 * 256; ++i) data.push_back(static_cast<uint8_t>(i % 256 + i / 256 * 85));
  for (const size_t drop : {0, 1, 2}) {
    const ByteView part = ByteView(data).subspan(drop);
    std::vector<uint8_t> out(part.size());
    const auto size = base64::decode(encode(part), out);
    REQUIRE(size);
    CHECK(*size == part.size());
    CHECK(std::equal(part.begin(), part.end(), out.begin()));
  }
}

TEST_CASE("RFC 4648 3: what is not strict base64 is refused and leaves nothing behind") {
  const std::string_view rows[] = {"Z",        "Zg",       "Zg=",
                                   "Zm9vY",    "====",     "Z===",
                                   "Zg==Zg==", "Zm9v====", "Zm 9v===",
                                   "Zh==",     "Zm9=",     "Zm-v",
                                   "Zm_v",     "Zm\n9vA=", "Zg==\n\n\n\n",
                                   "=g==",     "Z=g=",     "Zm=v",
                                   "\x80m9v",  "Zm9\xff",  std::string_view("Zm9\0", 4),
                                   "Zm9@",     "Zm9[",     "Zm9`",
                                   "Zm9{",     "Zm9:",     "Zm9.",
                                   "Zm9,"};
  for (const std::string_view row : rows) {
    INFO(std::string(row));
    uint8_t out[16];
    std::fill(std::begin(out), std::end(out), uint8_t{0});
    CHECK(base64::decode(row, out).error() == Status::ERR_SYNTAX);
    for (const uint8_t byte : out) CHECK(byte == 0);
  }
}

TEST_CASE("every single character but the 64 of the alphabet is refused") {
  size_t accepted = 0;
  for (int c = 0; c < 256; ++c) {
    const std::string text{'A', static_cast<char>(c), 'A', 'A'};
    uint8_t out[3];
    accepted += base64::decode(text, out).has_value() ? 1 : 0;
  }
  CHECK(accepted == 64);
}

TEST_CASE("a small buffer is told and not touched") {
  uint8_t out[2] = {7, 7};
  CHECK(base64::decode("Zm9v", out).error() == Status::ERR_BUFFER_TOO_SMALL);
  CHECK(out[0] == 7);
  CHECK(base64::decode("Zm8=", out).has_value());
}
