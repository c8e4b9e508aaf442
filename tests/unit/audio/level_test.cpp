#include "audio/level.h"

#include "signals.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::audio;

TEST_CASE("RFC 6464 3: the level is in -dBov") {
  struct Row {
    const char* title;
    test::Samples pcm;
    int level;
  };
  const Row rows[] = {
      {"nothing", {}, 127},
      {"silence", test::Samples(160), 127},
      {"full scale square", test::Samples(160, -32768), 0},
      {"full scale sine is 3 dB below", test::sine(8000, 1000, 32767, 800), 3},
      {"a tenth", test::Samples(160, 3277), 20},
      {"one step", test::Samples(160, 1), 90},
      {"one step in 5760",
       [] {
         test::Samples pcm(5760);
         pcm[9] = 1;
         return pcm;
       }(),
       127},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(int{level_minus_dbov(row.pcm)} == row.level);
  }
}

TEST_CASE("a buffer is wiped on every way out of its scope") {
  test::Samples pcm(100, 7);
  { const WipeOnExit wipe(pcm); }
  CHECK(test::energy(pcm) == 0);
}
