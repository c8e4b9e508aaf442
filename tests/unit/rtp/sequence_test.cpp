#include "rtp/sequence.h"

#include "support/catch.h"

using voxlock::rtp::SequenceExtender;

TEST_CASE("RFC 3711 3.3.1: the index nearest to the highest one is guessed") {
  struct Row {
    const char* title;
    uint64_t highest;
    uint16_t sequence;
    uint64_t index;
  };
  const Row rows[] = {
      {"next", 10, 11, 11},
      {"late", 10, 9, 9},
      {"wrap", 65535, 0, 65536},
      {"wrap with a gap", 65000, 300, 65836},
      {"late over the wrap", 65536, 65535, 65535},
      {"never a negative ROC", 5, 65530, 65530},
      {"half way up stays", 0x10000, 0x8000, 0x18000},
      {"over half way is the past", 0x10000, 0x8001, 0x8001},
      {"half way down stays", 0x18000, 0, 0x10000},
      {"over half way down is the future", 0x18001, 0, 0x20000},
      {"the last index is followed by none", 0xffffffffffff, 0, 0x1000000000000},
      {"ROC of 32 bits", 0xfffeffffffff, 1, 0xffff00000001},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    SequenceExtender extender;
    extender.commit(row.highest);
    CHECK(extender.guess(row.sequence) == row.index);
    CHECK(extender.highest() == row.highest);
  }
}

TEST_CASE("guessing changes nothing, committing an old index keeps the highest") {
  SequenceExtender extender;
  CHECK(!extender.has_any());
  CHECK(extender.guess(40000) == 40000);
  CHECK(!extender.has_any());
  extender.commit(40000);
  extender.commit(39999);
  CHECK(extender.highest() == 40000);
  extender.restart(7);
  CHECK(!extender.has_any());
  CHECK(extender.roc() == 7);
  CHECK(extender.guess(65535) == (uint64_t{7} << 16 | 65535));
}

TEST_CASE("a long run with loss and reorder follows the true index") {
  SequenceExtender extender;
  uint32_t random = 1;
  for (uint64_t index = 100; index < 400000; ++index) {
    random = random * 1664525 + 1013904223;
    if (random >> 30 == 0) continue;
    const uint64_t true_index = index - (random >> 24) % 60;
    const uint64_t guessed = extender.guess(static_cast<uint16_t>(true_index));
    REQUIRE(guessed == true_index);
    extender.commit(guessed);
  }
}
