#include "bridge/histogram.h"

#include <algorithm>
#include <random>
#include <vector>

#include "support/catch.h"

using voxlock::bridge::Histogram;

TEST_CASE("a quantile is the true value or at most a sixteenth above it, and grows with its part") {
  std::mt19937_64 random(7);
  for (const unsigned bits : {3u, 8u, 20u, 35u}) {
    INFO(bits << " bits");
    Histogram histogram;
    std::vector<uint64_t> values(5000);
    for (uint64_t& value : values)
      histogram.add(value = random() >> (64 - bits) >> (random() % bits));
    std::sort(values.begin(), values.end());
    uint64_t former = 0;
    for (uint32_t per_mille = 1; per_mille <= 1000; ++per_mille) {
      const uint64_t truth = values[(values.size() * per_mille + 999) / 1000 - 1];
      const uint64_t told = histogram.quantile(per_mille);
      REQUIRE(told >= truth);
      REQUIRE(told <= truth + truth / 16);
      REQUIRE(told >= former);
      former = told;
    }
    CHECK(histogram.quantile(1000) == values.back());
    CHECK(histogram.max() == values.back());
    CHECK(histogram.count() == values.size());
  }
}

TEST_CASE("a histogram without values and one beyond its range tell what they can") {
  Histogram histogram;
  CHECK(histogram.quantile(500) == 0);
  histogram.add(0);
  CHECK(histogram.quantile(500) == 0);
  histogram.add(UINT64_MAX);
  CHECK(histogram.quantile(1000) == UINT64_MAX);
}
