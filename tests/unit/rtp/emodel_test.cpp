#include "rtp/emodel.h"

#include <cmath>

#include "support/catch.h"

using namespace voxlock::rtp;

namespace {

bool is_near(double value, double expected, double tolerance) {
  return std::abs(value - expected) <= tolerance;
}

Rating with_delay(double one_way_ms, double telr_db = 65) {
  EmodelInput in;
  in.t_ms = in.ta_ms = one_way_ms;
  in.tr_ms = 2 * one_way_ms;
  in.telr_db = telr_db;
  return rate(in);
}

}  // namespace

TEST_CASE("G.107 7.7: the default values give R = 93.2") {
  const Rating rating = rate({});
  CHECK(is_near(rating.r, 93.2, 0.05));
  CHECK(is_near(rating.ro, 94.77, 0.005));
  CHECK(is_near(rating.is, 1.41, 0.005));
  CHECK(is_near(rating.id, 0.15, 0.005));
  CHECK(rating.ie_eff == 0);
  CHECK(is_near(mos_of(rating.r), 4.41, 0.005));
}

TEST_CASE("G.107 annex B, table B.1: scores and shares of users for a rating") {
  struct Row {
    double r, mos, gob, pow;
  };
  const Row rows[] = {
      {90, 4.34, 97, 0},  {80, 4.03, 89, 1},  {70, 3.60, 73, 6},
      {60, 3.10, 50, 17}, {50, 2.58, 27, 38},
  };
  for (const Row& row : rows) {
    INFO(row.r);
    // The table is rounded upwards in one place: 4.024 stands there as 4.03.
    CHECK(is_near(mos_of(row.r), row.mos, 0.0065));
    CHECK(is_near(good_or_better(row.r), row.gob, 0.5));
    CHECK(is_near(poor_or_worse(row.r), row.pow, 0.5));
  }
}

TEST_CASE("G.107 annex B: the score stays within 1 and 4.5 and never falls with R") {
  CHECK(mos_of(-20) == 1);
  CHECK(mos_of(0) == 1);
  CHECK(mos_of(100) == 4.5);
  CHECK(mos_of(130) == 4.5);
  for (double r = -5; r < 105; r += 0.25) CHECK(mos_of(r + 0.25) >= mos_of(r));
}

TEST_CASE(
    "G.113 appendix I: impairment of G.729A with voice activity detection under random loss") {
  // Table I.2 of the edition 02/2001, whose planning values Ie and Bpl of table I.4 stand for.
  struct Row {
    double loss_percent, impairment;
  };
  const Row rows[] = {{0, 11}, {0.5, 13}, {1, 15}, {1.5, 17}, {2, 19},
                      {3, 23}, {4, 26},   {8, 36}, {16, 49}};
  const auto codec = impairment_of(RatedCodec::kG729a);
  REQUIRE(codec);
  for (const Row& row : rows) {
    INFO(row.loss_percent);
    EmodelInput in;
    in.ie = codec->ie;
    in.bpl = codec->bpl;
    in.ppl = row.loss_percent;
    CHECK(is_near(rate(in).ie_eff, row.impairment, 0.6));
  }
}

TEST_CASE("G.113 appendix I, table I.4: values that are there, and none where there is none") {
  CHECK(impairment_of(RatedCodec::kG711)->ie == 0);
  CHECK(impairment_of(RatedCodec::kG711)->bpl == 4.3);
  CHECK(impairment_of(RatedCodec::kG711Plc)->ie == 0);
  CHECK(impairment_of(RatedCodec::kG711Plc)->bpl == 25.1);
  CHECK(impairment_of(RatedCodec::kG729a)->bpl == 19.0);
  CHECK(!impairment_of(RatedCodec::kUnknown));
}

TEST_CASE("G.107 7.4: delay costs little below 150 ms and much above") {
  // The two straight lines that are drawn through the model's curve for an echo loss of 65 dB:
  // 0.024 a millisecond, and 0.11 more above 177.3 ms.
  for (const double ms : {50.0, 100.0, 150.0, 200.0, 250.0, 300.0, 350.0}) {
    INFO(ms);
    const double lines = 0.024 * ms + (ms > 177.3 ? 0.11 * (ms - 177.3) : 0);
    CHECK(is_near(with_delay(ms).id, lines, 1.6));
  }
  CHECK(with_delay(99).id < 3);
  double before = 100;
  for (double ms = 1; ms < 600; ms += 1) {
    const double now = with_delay(ms).r;
    CHECK(now <= before);
    before = now;
  }
}

TEST_CASE("G.107 7.4.1: what the talker hears of himself") {
  CHECK(with_delay(50, 30).r < with_delay(50, 45).r);
  CHECK(with_delay(50, 45).r < with_delay(50, 65).r);
  EmodelInput in;
  in.t_ms = 0.9;
  CHECK(rate(in).id == rate({}).id);
  // A strong sidetone hides the echo, a weak one adds to it.
  in.t_ms = in.ta_ms = 100;
  in.telr_db = 40;
  EmodelInput weak = in;
  weak.stmr_db = 25;
  CHECK(rate(weak).id > rate(in).id);
  EmodelInput strong = in;
  strong.stmr_db = 9;
  const double audible = rate(strong).id;
  strong.stmr_db = 8.999999;
  CHECK(rate(strong).id < audible - 0.01);
}

TEST_CASE("G.107 7.5: loss in bursts costs more than the same random loss") {
  EmodelInput in;
  in.bpl = 25.1;
  in.ppl = 5;
  const double random = rate(in).ie_eff;
  CHECK(is_near(random, 95 * 5 / 30.1, 0.01));
  in.burst_r = 2;
  CHECK(is_near(rate(in).ie_eff, 95 * 5 / 27.6, 0.01));
  CHECK(rate(in).ie_eff > random);
}

TEST_CASE("G.107 7.3 and 7.6: loudness, quantization, room noise and advantage count") {
  EmodelInput in;
  in.qdu = 4;
  CHECK(rate(in).is > rate({}).is);
  in = {};
  in.slr_db = -5;
  CHECK(rate(in).is > rate({}).is + 10);
  in = {};
  in.ps_dba = in.pr_dba = 65;
  CHECK(rate(in).r < rate({}).r - 10);
  in = {};
  in.advantage = 10;
  CHECK(is_near(rate(in).r, rate({}).r + 10, 1e-9));
}
