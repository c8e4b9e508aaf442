#include "base/status.h"

#include <set>
#include <string>

#include "support/catch.h"

namespace {

struct Row {
  const char* name;
  int32_t number;
  const char* text;
};

constexpr Row kRows[] = {
#define ROW(name, number, text) {"VOXLOCK_" #name, number, text},
    VOXLOCK_STATUS_LIST(ROW)
#undef ROW
};

}  // namespace

TEST_CASE("every status has its own number, name and text") {
  std::set<int32_t> numbers;
  std::set<std::string> texts;
  for (const Row& row : kRows) {
    INFO(row.name);
    CHECK(numbers.insert(row.number).second);
    CHECK(texts.insert(row.text).second);
    CHECK(row.number <= 0);
    CHECK(std::string(voxlock_strerror(row.number)) == row.text);
    CHECK(std::string(voxlock_status_name(row.number)) == row.name);
    CHECK(std::string(row.text).back() != '.');
  }
}

TEST_CASE("an unknown status has a text") {
  for (const int32_t status : {1, INT32_MIN, INT32_MAX, -99}) {
    CHECK(std::string(voxlock_strerror(status)) == "unknown status");
    CHECK(std::string(voxlock_status_name(status)) == "VOXLOCK_UNKNOWN");
  }
}
