// What a session seals, counted by a receiver of its own: no index of a source comes twice, over 66
// rollovers and whatever the caller asks for between them. VOXLOCK_LONG=1 seals every number.
#include <algorithm>
#include <cstdlib>
#include <random>

#include "support/catch.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::Pair;
using test::rtcp_packet;
using test::rtp_packet;

namespace {

constexpr uint64_t kRollovers = 66;
constexpr uint32_t kSources[] = {test::kSsrc, 77};

struct Soak {
  Pair pair;
  std::mt19937 random{5};
  std::vector<uint64_t> indexes[2];
  uint64_t newest[2] = {};
  uint64_t refused = 0, asked_again = 0;

  explicit Soak(SuiteId suite) : pair(suite, "") {}

  // The receiver authenticates the counter that the sender used, so its own is that one.
  void seal(size_t which, uint64_t index) {
    const auto plain = rtp_packet(static_cast<uint16_t>(index), kSources[which]);
    const auto len = pair.out.seal_rtp(plain, pair.room);
    if (!len) {
      ++refused;
      REQUIRE(len.error() != Status::ERR_SRTP_AUTH);
      return;
    }
    const std::vector<uint8_t> sealed(pair.room.begin(),
                                      pair.room.begin() + static_cast<std::ptrdiff_t>(*len));
    REQUIRE(pair.open(sealed) == plain);
    newest[which] = std::max(newest[which], index);
    REQUIRE(*pair.in.roc(kSources[which]) == newest[which] >> 16);
    indexes[which].push_back(index);
  }

  // Numbers again, numbers long gone, another counter in mid-stream.
  void ask_again(size_t which, uint64_t index) {
    ++asked_again;
    for (const uint64_t back : {uint64_t{0}, uint64_t{1}, uint64_t{random() % 4000}}) {
      if (back <= index) seal(which, index - back);
    }
    CHECK(pair.out.set_roc(kSources[which], static_cast<uint32_t>(random())).error() ==
          Status::ERR_WRONG_STATE);
  }
  void seal_rtcp(size_t which) {
    const auto sealed = pair.seal_rtcp(rtcp_packet(kSources[which]));
    REQUIRE(pair.open_rtcp(sealed) == rtcp_packet(kSources[which]));
  }
  void run(uint64_t stride) {
    for (uint64_t index = 0; index >> 16 <= kRollovers;) {
      const uint64_t to_wrap = 0x10000 - (index & 0xffff);
      const bool is_near = to_wrap < 300 || to_wrap > 0x10000 - 300;
      for (const size_t which : {0u, 1u}) {
        seal(which, index);
        if (random() % 64 == 0) ask_again(which, index);
        if (random() % 50 == 0) seal_rtcp(which);
      }
      index += is_near || stride == 1 ? 1 : std::min(1 + random() % stride, to_wrap - 200);
    }
  }
};

}  // namespace

TEST_CASE("RFC 3711 9.1: over 66 rollovers no index of a source is sealed twice") {
  for (const auto suite : {SuiteId::kAesCm128HmacSha1_80, SuiteId::kAeadAes128Gcm}) {
    INFO(find_suite(suite)->name);
    Soak soak(suite);
    soak.run(std::getenv("VOXLOCK_LONG") != nullptr ? 1 : 2000);
    CHECK(soak.asked_again > 100);
    CHECK(soak.refused > soak.asked_again);
    for (auto& all : soak.indexes) {
      std::sort(all.begin(), all.end());
      CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
      CHECK(all.back() >> 16 == kRollovers);
    }
  }
}
