#include "base/result.h"

#include <memory>
#include <string>

#include "support/catch.h"

using namespace voxlock;

namespace {

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) return Status::ERR_LIMIT;
  return std::make_unique<int>(7);
}

Result<int> propagate(bool works) {
  VOXLOCK_TRY(const std::unique_ptr<int> box, make(works));
  return *box;
}

Result<void> propagate_void(bool works) {
  VOXLOCK_TRY_VOID(make(works));
  return {};
}

}  // namespace

TEST_CASE("a result holds a value or a status") {
  CHECK(*make(true).value() == 7);
  CHECK(make(true).error() == Status::OK);
  CHECK_FALSE(make(false));
  CHECK(make(false).error() == Status::ERR_LIMIT);
}

TEST_CASE("VOXLOCK_TRY hands errors on") {
  CHECK(propagate(true).value() == 7);
  CHECK(propagate(false).error() == Status::ERR_LIMIT);
  CHECK(propagate_void(true));
  CHECK(propagate_void(false).error() == Status::ERR_LIMIT);
}

TEST_CASE("a result copies and moves its value") {
  Result<std::string> a = std::string("a long text that lives on the heap, surely");
  const Result<std::string> b = a;
  const Result<std::string> c = std::move(a);
  CHECK(*b == *c);
  CHECK(Result<int>(Status::ERR_SYNTAX).value_or(3) == 3);
}
