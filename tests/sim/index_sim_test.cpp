// What a leg seals over a call with many rekeys, holds, moves, new clocks and fail-overs: a
// recorder beside it opens every datagram and notes its key, SSRC and index. None comes twice (RFC
// 3711, 9.1). VOXLOCK_LONG=1 runs through 66 rollovers.
#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>

#include "support/call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrame = 20 * kNsPerMs;

struct Sealed {
  uint32_t key;
  bool is_rtcp;
  uint32_t ssrc;
  uint64_t index;
  auto operator<=>(const Sealed&) const = default;
};

template <class T>
size_t repeats(std::vector<T> all) {
  std::sort(all.begin(), all.end());
  return static_cast<size_t>(all.end() - std::unique(all.begin(), all.end()));
}

uint32_t u32_at(ByteView from, size_t at) {
  return uint32_t{from[at]} << 24 | uint32_t{from[at + 1]} << 16 | uint32_t{from[at + 2]} << 8 |
         from[at + 3];
}

// Keeps its own count of rounds. That the packet opens with it proves the index.
class Recorder {
 public:
  explicit Recorder(TestContext& world) : world_(world) {}

  void use(uint32_t number, const leg::Key& key) {
    number_ = number;
    srtp::SessionConfig config;
    config.suite = key.suite;
    config.key_and_salt = key.key_and_salt.view();
    config.max_ssrcs = 64;
    session_.emplace(*srtp::Session::create(world_.context, config));
    sources_.clear();
  }
  void take(const Packet& packet) { packet.is_rtcp ? take_rtcp(packet) : take_rtp(packet); }

  [[nodiscard]] uint64_t rounds() const { return rounds_; }
  std::vector<Sealed> sealed;
  std::vector<uint64_t> beginnings;  // of the payloads, all of which are equal in plain

 private:
  void take_rtp(const Packet& packet) {
    const uint32_t ssrc = u32_at(packet.data, 8);
    const auto sequence = static_cast<uint16_t>(u32_at(packet.data, 0));
    const auto [last, is_first] = last_.try_emplace(ssrc, sequence);
    const auto step = static_cast<int16_t>(sequence - static_cast<uint16_t>(last->second));
    const uint64_t index = last->second + static_cast<uint64_t>(int64_t{step});
    const auto round = static_cast<uint32_t>(index >> 16);
    rounds_ += !is_first && round != last->second >> 16 ? 1 : 0;
    last->second = index;
    if (sources_.try_emplace(ssrc, true).second) REQUIRE(session_->set_roc(ssrc, round));
    REQUIRE(session_->open_rtp(packet.data, plain_));
    REQUIRE(session_->roc(ssrc).value() == round);
    sealed.push_back({number_, false, ssrc, index});
    beginnings.push_back(uint64_t{u32_at(packet.data, 12)} << 32 | u32_at(packet.data, 16));
  }
  void take_rtcp(const Packet& packet) {
    REQUIRE(session_->open_rtcp(packet.data, plain_));
    // RFC 3711 3.4: the index stands before the tag; RFC 7714 9.2: the tag stands before it.
    const bool is_aead = session_->suite().id == srtp::SuiteId::kAeadAes128Gcm;
    const size_t behind = is_aead ? 0 : session_->suite().rtcp_tag_len;
    const uint32_t index = u32_at(packet.data, packet.data.size() - behind - 4) & 0x7fffffff;
    sealed.push_back({number_, true, u32_at(packet.data, 4), index});
  }

  TestContext& world_;
  std::optional<srtp::Session> session_;
  std::map<uint32_t, bool> sources_;   // heard under this key
  std::map<uint32_t, uint64_t> last_;  // index of each source, over all keys
  std::array<uint8_t, leg::kMaxPacketLen> plain_{};
  uint32_t number_ = 0;
  uint64_t rounds_ = 0;
};

leg::Key fresh(srtp::SuiteId suite, uint32_t number) {
  leg::Key out = key(suite, 1);
  bytes::Writer(out.key_and_salt.resize(out.key_and_salt.view().size())).u32(number);
  return out;
}

struct Soak {
  TestContext world;
  HopPlan plan;
  Box<leg::Leg> leg = make_leg(world);
  Recorder recorder{world};
  std::mt19937 random{11};
  uint64_t now = kNsPerSecond;
  std::vector<srtp::SuiteId> suites;  // by number of the local key
  uint32_t local = 0, remote = 1'000'000'000, timestamp = 0, changes = 0, refused = 0, restores = 0;

  Soak() { apply(true); }
  void drain_all() {
    for (const Packet& packet : drain(*leg)) recorder.take(packet);
  }
  // What the leg had sealed before goes to the recorder with the key that sealed it.
  void apply(bool is_new_key) {
    drain_all();
    if (is_new_key) ++local;
    suites.resize(local + 1, plan.suite);
    leg::Agreement next = agree(plan, true);
    next.keys->local = fresh(plan.suite, local);
    next.keys->remote = fresh(plan.suite, remote);
    REQUIRE(leg->apply(std::move(next), now));
    ++changes;
    if (is_new_key) recorder.use(local, fresh(plan.suite, local));
  }
  // A host that sets a key of before by hand.
  void take_up_again() {
    if (local < 2) return;
    const uint32_t back = 1 + static_cast<uint32_t>(random()) % std::min(local - 1, 30u);
    leg::Agreement next = agree(plan, true);
    if (suites[local - back] != plan.suite) return;
    next.keys->local = fresh(plan.suite, local - back);
    next.keys->remote = fresh(plan.suite, remote);
    REQUIRE(leg->apply(std::move(next), now).error() == Status::ERR_SRTP_KEY_USED);
    ++refused;
  }
  // Another process goes on, while the former one does not know that it is dead: it seals what its
  // checkpoint allows, and then nothing.
  void fail_over() {
    constexpr leg::Leg::Allowance kAllowance{200, 64};
    drain_all();
    std::vector<uint8_t> state(64 * 1024);
    bytes::Writer writer(state);
    leg->save(writer, kAllowance);
    REQUIRE(writer.ok());
    REQUIRE(leg->note_stored(leg->note_saved(kAllowance)));
    const std::vector<uint8_t> payload(40, 0x55);
    uint64_t sent = 0;
    for (const bool may_send = plan.direction == leg::Direction::kSendRecv; may_send; ++sent) {
      std::vector<uint8_t> packet(rtp::kFixedHeaderLen + payload.size(), 0x55);
      const auto done = leg->send(packet, {0, false, timestamp += 160}, now += kFrame);
      leg->run_timers(now);
      drain_all();
      if (!done) {
        REQUIRE(done.error() == Status::ERR_LEG_CHECKPOINT);
        break;
      }
    }
    CHECK(sent == kAllowance.packets);
    Loader loader(writer.written());
    auto made = leg::Leg::load(world.context, world.random, loader, now);
    REQUIRE(made);
    REQUIRE(loader.is_at_end());
    leg = *std::move(made);
    REQUIRE(leg->note_stored(0));
    ++restores;
  }
  void disturb() {
    switch (random() % 9) {
      case 7:
        return fail_over();
      case 6:
        return take_up_again();
      case 0:
        ++remote;
        return apply(true);
      case 1:
        return apply(true);
      case 2:  // the peer's key alone: ours goes on
        ++remote;
        return apply(false);
      case 3:
        plan.direction = leg::Direction::kRecvOnly;
        apply(false);
        now += (1 + random() % 60) * kNsPerSecond;
        leg->run_timers(now);
        plan.direction = leg::Direction::kSendRecv;
        return apply(false);
      case 4:  // a transfer behind the peer
        plan.outer_host = static_cast<uint8_t>(2 + random() % 200);
        return apply(false);
      case 5:  // another clock, another source, under the same key
        plan.codec = plan.codec == leg::Codec::kL16 ? leg::Codec::kPcmu : leg::Codec::kL16;
        return apply(false);
      default:
        ++remote;
        plan.suite = plan.suite == srtp::SuiteId::kAeadAes128Gcm
                         ? srtp::SuiteId::kAesCm128HmacSha1_80
                         : srtp::SuiteId::kAeadAes128Gcm;
        return apply(true);
    }
  }
  void run(uint64_t rounds, uint32_t longest) {
    const std::vector<uint8_t> payload(40, 0x55);
    while (recorder.rounds() < rounds) {
      for (uint32_t k = 1 + random() % longest; k > 0; --k, now += kFrame, timestamp += 160) {
        send_payload(*leg, payload, {plan.payload_type_to_peer, false, timestamp}, now);
        leg->run_timers(now);
        drain_all();
      }
      disturb();
    }
  }
};

}  // namespace

TEST_CASE("RFC 3711 9.1: no key, SSRC and index are used twice, over rekeys and rollovers") {
  const bool is_long = std::getenv("VOXLOCK_LONG") != nullptr;
  Soak soak;
  // A new clock leaves the source: those that live long wrap.
  soak.run(is_long ? 66 : 2, is_long ? 60'000 : 30'000);
  for (uint32_t i = 0; i < 2000; ++i) {
    soak.disturb();
    const std::vector<uint8_t> payload(40, 0x55);
    send_payload(*soak.leg, payload, {0, false, soak.timestamp += 160}, soak.now += kFrame);
    soak.leg->run_timers(soak.now);
  }
  soak.leg->close(soak.now);
  soak.drain_all();
  CHECK(soak.changes > 1500);
  CHECK(soak.refused > 100);
  CHECK(soak.restores > 100);
  CHECK(std::any_of(soak.recorder.sealed.begin(), soak.recorder.sealed.end(),
                    [](const Sealed& one) { return one.is_rtcp && one.index > 5; }));
  CHECK(repeats(soak.recorder.sealed) == 0);
  // No keystream either: equal payloads are never sealed alike.
  CHECK(repeats(soak.recorder.beginnings) == 0);
}
