// A receiver that does not hear the beginning.
#include "support/catch.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::Pair;
using test::rtcp_packet;
using test::rtp_packet;

namespace {

// What the sender sealed from one extended sequence number to another, unheard.
void seal_unheard(Pair& pair, uint32_t from, uint32_t to) {
  for (uint32_t i = from; i < to; ++i) (void)pair.seal(rtp_packet(static_cast<uint16_t>(i)));
}

}  // namespace

TEST_CASE("RFC 3711 3.3.1: the first packets are lost and the sequence wraps among them") {
  for (const Suite& suite : suites()) {
    for (const char* mki : {"", "mki4"}) {
      for (const bool has_rtcp : {false, true}) {
        for (const uint32_t lost : {1u, 6u, 40u}) {
          INFO(suite.name << " " << mki << " rtcp first " << has_rtcp << ", lost " << lost);
          Pair pair(suite.id, mki);
          const uint32_t first = 65536 - (lost < 6 ? 1 : 5);
          seal_unheard(pair, first, first + lost);
          if (has_rtcp) {
            CHECK(pair.open_rtcp(pair.seal_rtcp(rtcp_packet())) == rtcp_packet());
          }
          for (uint32_t i = first + lost; i < first + lost + 200; ++i) {
            const auto plain = rtp_packet(static_cast<uint16_t>(i));
            const auto sealed = pair.seal(plain);
            CHECK(pair.open(sealed) == plain);
            CHECK(pair.status(sealed) == Status::ERR_SRTP_REPLAYED);
          }
          CHECK(*pair.in.roc(test::kSsrc) == 1);
          CHECK(pair.in.stats().ssrcs == 1);
          CHECK(pair.open_rtcp(pair.seal_rtcp(rtcp_packet())) == rtcp_packet());
        }
      }
    }
  }
}

TEST_CASE("RFC 3711 3.3.1: a receiver that joins within the second round goes on into the third") {
  Pair pair(SuiteId::kAesCm128HmacSha1_80, "");
  seal_unheard(pair, 0, 65536 + 40000);
  for (uint32_t i = 40000; i < 65536 + 100; ++i) {
    const auto plain = rtp_packet(static_cast<uint16_t>(i));
    REQUIRE(pair.open(pair.seal(plain)) == plain);
  }
  CHECK(*pair.in.roc(test::kSsrc) == 2);
}

TEST_CASE("RFC 3711 3.3.1: every beginning near 65535 with 1 to 40 packets lost is found") {
  for (const auto suite : {SuiteId::kAesCm128HmacSha1_80, SuiteId::kAeadAes128Gcm}) {
    for (uint32_t first = 65536 - 40; first < 65536; ++first) {
      for (uint32_t lost = 1; lost <= 40; ++lost) {
        INFO(find_suite(suite)->name << ", begins with " << first << ", lost " << lost);
        Pair pair(suite, "");
        seal_unheard(pair, first, first + lost);
        for (uint32_t i = first + lost; i < first + lost + 3; ++i) {
          const auto plain = rtp_packet(static_cast<uint16_t>(i));
          REQUIRE(pair.open(pair.seal(plain)) == plain);
        }
        REQUIRE(*pair.in.roc(test::kSsrc) == (first + lost + 2) >> 16);
      }
    }
  }
}

TEST_CASE("RFC 3711 3.3.1: one round late is found from every part of the round on") {
  for (uint32_t join = 0; join <= 65535; join += 65535 / 51) {
    INFO("joins at " << join);
    Pair pair(SuiteId::kAesCm128HmacSha1_80, "");
    REQUIRE(pair.out.set_roc(test::kSsrc, 1));
    for (uint32_t i = join; i < join + 10; ++i) {
      const auto plain = rtp_packet(static_cast<uint16_t>(i));
      REQUIRE(pair.open(pair.seal(plain)) == plain);
    }
    CHECK(*pair.in.roc(test::kSsrc) == 1 + ((join + 9) >> 16));
  }
}

TEST_CASE("RFC 3711 3.3: forged packets of unknown sources leave nothing, few are tried twice") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "");
    (void)pair.open(pair.seal(rtp_packet(100, 7)));
    (void)pair.open_rtcp(pair.seal_rtcp(rtcp_packet(8)));
    const uint64_t before = pair.in.state_hash();
    const uint64_t blocks = pair.context.allocator.live_blocks;
    for (uint32_t i = 0; i < 1000; ++i) {
      for (const uint32_t ssrc : {1000 + i, 8u}) {
        auto forged = pair.seal(rtp_packet(static_cast<uint16_t>(2 * i + (ssrc == 8 ? 1 : 0))));
        bytes::Writer(MutableBytes(forged).subspan(8)).u32(ssrc);
        CHECK(pair.status(forged) == Status::ERR_SRTP_AUTH);
      }
    }
    CHECK(pair.in.state_hash() == before);
    CHECK(pair.in.stats().ssrcs == 2);
    CHECK(pair.in.stats().auth_failed == 2000);
    CHECK(pair.context.allocator.live_blocks == blocks);
    // The flood has used up the second tries, and nothing else.
    CHECK(pair.status(pair.seal(rtp_packet(5, 77))) == Status::OK);
    CHECK(pair.status(pair.seal(rtp_packet(2000, 8))) == Status::OK);
    REQUIRE(pair.out.set_roc(78, 1));
    CHECK(pair.status(pair.seal(rtp_packet(5, 78))) == Status::ERR_SRTP_AUTH);
  }
}

TEST_CASE("a counter that was set is not doubted") {
  Pair pair(SuiteId::kAesCm128HmacSha1_80, "");
  REQUIRE(pair.in.set_roc(test::kSsrc, 3));
  REQUIRE(pair.out.set_roc(test::kSsrc, 1));
  CHECK(pair.status(pair.seal(rtp_packet(9))) == Status::ERR_SRTP_AUTH);
}
