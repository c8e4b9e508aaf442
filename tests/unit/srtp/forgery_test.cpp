// Authenticate, then commit: 10^5 forged packets leave the state of a session as it was.
#include <random>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::Pair;
using test::rtcp_packet;
using test::rtp_packet;

namespace {

using Packet = std::vector<uint8_t>;

// One way to falsify a sealed packet.
enum class Trick {
  kFlipBit,
  kFlipTag,
  kTruncate,
  kExtend,
  kOtherSsrc,
  kOtherSequence,
  kNoise,
  kTricks
};

void put_u32(Packet& packet, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) packet[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

Packet forge(Packet packet, std::mt19937& random, bool is_rtcp) {
  const auto pick = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  switch (static_cast<Trick>(pick(static_cast<size_t>(Trick::kTricks)))) {
    case Trick::kFlipBit:
      packet[pick(packet.size())] ^= static_cast<uint8_t>(1u << pick(8));
      break;
    case Trick::kFlipTag:
      packet[packet.size() - 1 - pick(4)] ^= static_cast<uint8_t>(1 + pick(255));
      break;
    case Trick::kTruncate:
      packet.resize(pick(packet.size()));
      break;
    case Trick::kExtend:
      packet.resize(packet.size() + 1 + pick(20), static_cast<uint8_t>(random()));
      break;
    case Trick::kOtherSsrc:
      put_u32(packet, is_rtcp ? 4 : 8, static_cast<uint32_t>(random()));
      break;
    case Trick::kOtherSequence:
      // Another sequence number means another guess of the rollover counter.
      if (is_rtcp)
        packet[packet.size() - 14] ^= static_cast<uint8_t>(1 + pick(255));
      else
        packet[2 + pick(2)] ^= static_cast<uint8_t>(1 + pick(255));
      break;
    default:
      for (size_t i = is_rtcp ? 8 : 12; i < packet.size(); ++i)
        packet[i] = static_cast<uint8_t>(random());
      break;
  }
  return packet;
}

}  // namespace

TEST_CASE("RFC 3711 3.3: forged packets change nothing") {
  // Six suites, with and without MKI, RTP and RTCP: 24 * 4,200 packets are over 10^5.
  constexpr int kForged = 4200;
  std::mt19937 random(4711);
  for (const Suite& suite : suites()) {
    for (const char* mki : {"", "mki4"}) {
      INFO(suite.name << " " << mki);
      Pair pair(suite.id, mki);
      // A session in mid-life: ROC 1, holes in the windows, two sources.
      for (uint32_t i = 65400; i < 65536 + 100; ++i) {
        const auto sealed = pair.seal(rtp_packet(static_cast<uint16_t>(i)));
        if (i % 3 != 0) (void)pair.open(sealed);
      }
      (void)pair.open(pair.seal(rtp_packet(7, 99)));
      (void)pair.open_rtcp(pair.seal_rtcp(rtcp_packet()));
      const Packet next = pair.seal(rtp_packet(100));
      const Packet late = pair.seal(rtp_packet(65435 % 65536, 77));
      const Packet next_rtcp = pair.seal_rtcp(rtcp_packet());
      const uint64_t before = pair.in.state_hash();
      const uint32_t ssrcs = pair.in.stats().ssrcs;
      int opened = 0;
      for (int i = 0; i < kForged; ++i) {
        const Packet forged = forge(i % 2 == 0 ? next : late, random, false);
        const Packet forged_rtcp = forge(next_rtcp, random, true);
        opened += pair.status(forged) == Status::OK ? 1 : 0;
        opened += pair.rtcp_status(forged_rtcp) == Status::OK ? 1 : 0;
        if (pair.in.state_hash() != before) break;
      }
      CHECK(opened == 0);
      CHECK(pair.in.state_hash() == before);
      CHECK(pair.in.stats().ssrcs == ssrcs);
      // The honest packets still open, once.
      CHECK(pair.status(next) == Status::OK);
      CHECK(pair.status(next) == Status::ERR_SRTP_REPLAYED);
      CHECK(pair.status(late) == Status::OK);
      CHECK(pair.rtcp_status(next_rtcp) == Status::OK);
      CHECK(pair.in.state_hash() != before);
    }
  }
}
