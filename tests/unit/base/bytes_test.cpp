#include "base/bytes.h"

#include <vector>

#include "support/catch.h"

using namespace voxlock;

TEST_CASE("a reader gives network-order numbers") {
  const uint8_t raw[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  bytes::Reader reader(raw);
  CHECK(reader.u8() == 0x01);
  CHECK(reader.u16() == 0x0203);
  CHECK(reader.u24() == 0x040506);
  CHECK(reader.u32() == 0x0708090a);
  CHECK(reader.u64() == 0x0b0c0d0e0f101112);
  CHECK(reader.ok());
  CHECK(reader.left() == 0);
}

TEST_CASE("a read past the end gives zero, moves nothing and stays failed") {
  const uint8_t raw[] = {1, 2, 3};
  bytes::Reader reader(raw);
  CHECK(reader.u32() == 0);
  CHECK_FALSE(reader.ok());
  CHECK(reader.u8() == 0);
  CHECK(reader.take(SIZE_MAX).empty());
  CHECK(reader.position() == 0);
}

TEST_CASE("a writer writes what a reader reads") {
  uint8_t raw[18];
  bytes::Writer writer(raw);
  writer.u8(0x01);
  writer.u16(0x0203);
  writer.u24(0x040506);
  writer.u32(0x0708090a);
  writer.u64(0x0b0c0d0e0f101112);
  REQUIRE(writer.ok());
  REQUIRE(writer.size() == sizeof raw);
  for (size_t i = 0; i < sizeof raw; ++i) CHECK(raw[i] == i + 1);
}

TEST_CASE("a writer that is too small counts on and touches nothing outside") {
  std::vector<uint8_t> raw(6, 0xee);
  bytes::Writer writer(MutableBytes(raw).first(3));
  writer.u16(0x0102);
  writer.u32(0x03040506);
  writer.put("tail");
  CHECK_FALSE(writer.ok());
  CHECK(writer.size() == 10);
  CHECK(writer.written().empty());
  CHECK(raw == std::vector<uint8_t>{1, 2, 0xee, 0xee, 0xee, 0xee});
}

TEST_CASE("a writer writes decimals of every length") {
  struct Row {
    uint64_t value;
    const char* text;
  };
  for (const Row& row :
       {Row{0, "0"}, Row{9, "9"}, Row{10, "10"}, Row{UINT64_MAX, "18446744073709551615"}}) {
    uint8_t raw[20];
    bytes::Writer writer(raw);
    writer.decimal(row.value);
    CHECK(as_text(writer.written()) == row.text);
  }
}

TEST_CASE("patch_u16 changes written bytes only") {
  uint8_t raw[4] = {9, 9, 9, 9};
  bytes::Writer writer(raw);
  writer.u16(0);
  writer.patch_u16(1, 0xffff);
  CHECK(raw[1] == 0);
  writer.patch_u16(0, 0x0102);
  CHECK(raw[0] == 1);
  CHECK(raw[1] == 2);
  CHECK(raw[2] == 9);
}
