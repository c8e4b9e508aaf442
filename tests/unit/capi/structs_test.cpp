#include "capi/structs.h"

#include <cstring>
#include <string_view>

#include "support/catch.h"

namespace {

struct Sample {
  uint32_t struct_size;
  int32_t level;
  uint64_t big;
};

struct LongerSample {
  Sample known;
  uint64_t added;
};

}  // namespace

VOXLOCK_LAYOUT(Sample, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(level), VOXLOCK_FIELD(big))

using namespace voxlock;

namespace {
constexpr Sample kDefaults{0, 5, 6};
}

TEST_CASE("a shorter struct keeps the defaults of its missing tail") {
  const Sample given{8, 50, 60};
  const auto read = capi::read_struct(&given, kDefaults);
  REQUIRE(read);
  CHECK(read->level == 50);
  CHECK(read->big == 6);
  CHECK(read->struct_size == sizeof(Sample));
}

TEST_CASE("a field cut in the middle counts as missing") {
  const Sample given{12, 50, 60};
  CHECK(capi::read_struct(&given, kDefaults)->big == 6);
  const Sample tiny{5, 50, 60};
  CHECK(capi::read_struct(&tiny, kDefaults)->level == 5);
}

TEST_CASE("a longer struct is accepted while its tail is zero") {
  LongerSample given{{sizeof(LongerSample), 50, 60}, 0};
  CHECK(capi::read_struct(&given.known, kDefaults)->big == 60);
  given.added = 1;
  CHECK(capi::read_struct(&given.known, kDefaults).error() == Status::ERR_STRUCT_SIZE);
}

TEST_CASE("sizes out of reason are refused") {
  for (const uint32_t size : {0u, 3u, 65537u, UINT32_MAX}) {
    Sample given{size, 0, 0};
    CHECK(capi::read_struct(&given, kDefaults).error() == Status::ERR_STRUCT_SIZE);
    CHECK(capi::write_struct(&given, kDefaults) == Status::ERR_STRUCT_SIZE);
  }
}

TEST_CASE("a result fills whole fields and zeros the rest") {
  LongerSample out;
  std::memset(&out, 0xee, sizeof out);
  out.known.struct_size = sizeof out;
  CHECK(capi::write_struct(&out.known, kDefaults) == Status::OK);
  CHECK(out.known.struct_size == sizeof out);
  CHECK(out.known.big == 6);
  CHECK(out.added == 0);
  Sample shorter{12, 1, 0x77};
  CHECK(capi::write_struct(&shorter, kDefaults) == Status::OK);
  CHECK(shorter.level == 5);
  CHECK((shorter.big >> 32) != 6);
}

TEST_CASE("a layout table tells name, size and the place of each field") {
  const capi::StructLayout& layout = capi::LayoutOf<Sample>::kLayout;
  CHECK(std::string_view(layout.name) == "Sample");
  CHECK(layout.size == sizeof(Sample));
  REQUIRE(layout.fields.size() == 3);
  CHECK(std::string_view(layout.fields[2].name) == "big");
  CHECK(layout.fields[2].offset == offsetof(Sample, big));
}
