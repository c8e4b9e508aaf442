#include "base/text.h"

#include "support/catch.h"

using namespace voxlock;

TEST_CASE("parse_decimal takes digits only and keeps its limit") {
  struct Row {
    const char* input;
    uint64_t max;
    Status status;
    uint64_t value;
  };
  const Row rows[] = {
      {"0", 0, Status::OK, 0},
      {"007", 10, Status::OK, 7},
      {"65535", 65535, Status::OK, 65535},
      {"65536", 65535, Status::ERR_LIMIT, 0},
      {"18446744073709551615", UINT64_MAX, Status::OK, UINT64_MAX},
      {"18446744073709551616", UINT64_MAX, Status::ERR_LIMIT, 0},
      {"99999999999999999999999999", UINT64_MAX, Status::ERR_LIMIT, 0},
      {"", 9, Status::ERR_SYNTAX, 0},
      {"+1", 9, Status::ERR_SYNTAX, 0},
      {"-1", 9, Status::ERR_SYNTAX, 0},
      {" 1", 9, Status::ERR_SYNTAX, 0},
      {"1x", 9, Status::ERR_SYNTAX, 0},
      {"0x1", 9, Status::ERR_SYNTAX, 0},
  };
  for (const Row& row : rows) {
    INFO(row.input);
    const auto result = text::parse_decimal(row.input, row.max);
    CHECK(result.error() == row.status);
    if (result) CHECK(*result == row.value);
  }
}

TEST_CASE("case is ignored for ASCII letters only") {
  CHECK(text::equals_ignore_case("Call-ID", "cALL-id"));
  CHECK_FALSE(text::equals_ignore_case("a", "ab"));
  CHECK_FALSE(text::equals_ignore_case("[", "{"));
  CHECK_FALSE(text::equals_ignore_case("@", "`"));
  CHECK_FALSE(text::equals_ignore_case("\xc4", "\xe4"));
}

TEST_CASE("cut takes what stands before a separator") {
  std::string_view s = "a;;b";
  CHECK(text::cut(s, ';') == "a");
  CHECK(text::cut(s, ';').empty());
  CHECK(text::cut(s, ';') == "b");
  CHECK(s.empty());
}

TEST_CASE("trim removes spaces and tabs at both ends") {
  CHECK(text::trim(" \t a b\t ") == "a b");
  CHECK(text::trim(" \t ").empty());
  CHECK(text::hex_value('f') == 15);
  CHECK(text::hex_value('G') == -1);
}
