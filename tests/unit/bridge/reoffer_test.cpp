// Re-offers as real SDP while a bridge carries the call.
#include <string>

#include "support/negotiated.h"

using namespace voxlock;
using namespace voxlock::test;
using sdp::VerdictKind;

namespace {

struct Call {
  TestContext world;
  End phone{world, 2, {leg::Codec::kPcmu, leg::Codec::kPcma}};
  End trunk{world, 1, {leg::Codec::kPcmu, leg::Codec::kPcma}};
  End room{world, 3, {leg::Codec::kPcmu}};
  End listener{world, 4, {leg::Codec::kPcmu}};
  std::optional<bridge::Bridge> bridge;
  uint64_t now = kNsPerSecond;
  uint32_t ticks = 0;

  Call() {
    REQUIRE(step(phone, trunk, phone.offer()).kind == VerdictKind::kContinued);
    REQUIRE(step(room, listener, room.offer()).kind == VerdictKind::kContinued);
    bridge.emplace(world.memory, *trunk.leg, *room.leg, bridge::BridgeConfig{});
  }
  // The verdict of the answering side.
  sdp::Verdict step(End& offerer, End& answerer, const std::string& offer) {
    std::string answer;
    const sdp::Verdict verdict = answerer.answer(offer, answer, now);
    if (verdict.kind == VerdictKind::kRefused) {
      offerer.negotiation.rollback(*offerer.leg);
      return verdict;
    }
    const auto accepted = offerer.negotiation.accept_answer(*offerer.leg, answer, now);
    REQUIRE(accepted);
    REQUIRE(accepted->kind != VerdictKind::kRefused);
    return verdict;
  }
  // Whether a packet of the phone, or of who takes its place, comes out at the listener.
  bool is_heard() { return is_heard(phone); }
  bool is_heard(End& who) {
    now += 20 * kNsPerMs;
    const auto& agreed = *who.leg->agreement();
    std::vector<uint8_t> packet(rtp::kFixedHeaderLen + 160, 0xd5);
    if (!who.leg->send(packet, {agreed.payload_type_send, false, ticks += 160}, now)) return false;
    bridge->refresh();
    for (const Packet& sent : drain(*who.leg))
      bridge->input({{sent.data, who.leg->config().rtp_address}, 0}, now);
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    bool is_heard = false;
    for (const Packet& sent : drain(*room.leg)) {
      const auto got = listener.leg->receive({sent.data, address(3, 4000)}, plain, now);
      is_heard = got.kind == leg::Received::Kind::kAudio;
      if (!is_heard) continue;
      breaks += heard && got.packet.sequence != static_cast<uint16_t>(*heard + 1) ? 1 : 0;
      heard = got.packet.sequence;
    }
    return is_heard;
  }
  // Whether a packet to the phone, or to who takes its place, opens there.
  bool reaches(End& who) {
    std::vector<uint8_t> packet(rtp::kFixedHeaderLen + 160, 0xd5);
    if (!trunk.leg->send(packet, {0, false, ticks}, now += 20 * kNsPerMs)) return false;
    std::array<uint8_t, leg::kMaxPacketLen> plain;
    bool is_heard = false;
    for (const Packet& sent : drain(*trunk.leg)) {
      if (sent.is_rtcp || sent.to != who.leg->config().rtp_address) continue;
      is_heard = who.leg->receive({sent.data, address(1, 4000)}, plain, now).kind ==
                 leg::Received::Kind::kAudio;
    }
    return is_heard;
  }
  // A description of another end, in the dialog of the phone.
  [[nodiscard]] static std::string in_place_of(const std::string& phones, std::string others) {
    const auto origin = [](const std::string& sdp) {
      const size_t at = sdp.find("o=");
      return std::pair(at, sdp.find("\r\n", at) - at);
    };
    const auto [from, from_len] = origin(phones);
    const auto [to, to_len] = origin(others);
    return others.replace(to, to_len, phones, from, from_len);
  }

  std::optional<uint16_t> heard;  // the listener's last sequence number
  size_t breaks = 0;              // of them
};

}  // namespace

TEST_CASE("RFC 3264 8: re-offers change what they name and leave the call running") {
  Call call;
  REQUIRE(call.is_heard());
  const bridge::Lane* lane = &*call.bridge->lane(0);
  CHECK(call.step(call.phone, call.trunk, call.phone.offer()).kind == VerdictKind::kContinued);
  CHECK(call.is_heard());
  CHECK(call.step(call.phone, call.trunk, call.phone.offer({false, true})).kind ==
        VerdictKind::kRekeyed);
  CHECK(call.is_heard());
  CHECK(call.trunk.leg->stats().rekeys == 1);
  CHECK(call.step(call.phone, call.trunk,
                  replaced(call.phone.offer(), "m=audio 4000", "m=audio 5000"))
            .kind == VerdictKind::kMoved);
  CHECK(call.trunk.leg->agreement()->remote_rtp.port == 5000);
  CHECK(call.is_heard());
  CHECK(call.step(call.trunk, call.phone, call.trunk.offer({true, false})).kind ==
        VerdictKind::kMoved);
  CHECK(call.trunk.leg->agreement()->direction == leg::Direction::kSendOnly);
  CHECK(!call.is_heard());
  CHECK(call.step(call.trunk, call.phone, call.trunk.offer()).kind == VerdictKind::kMoved);
  CHECK(call.is_heard());
  CHECK(&*call.bridge->lane(0) == lane);
  CHECK(call.bridge->lane(0)->stats().packets_in == 5);
}

TEST_CASE(
    "RFC 3264 8.4: held, transferred to another end and back, a call goes on by its verdicts") {
  Call call;
  End other(call.world, 9, {leg::Codec::kPcmu});
  for (int i = 0; i < 3; ++i) REQUIRE(call.is_heard());
  REQUIRE(call.reaches(call.phone));
  // The phone holds, and goes on.
  CHECK(call.step(call.phone, call.trunk, call.phone.offer({true, false})).kind ==
        VerdictKind::kMoved);
  CHECK(call.trunk.leg->agreement()->direction == leg::Direction::kRecvOnly);
  CHECK(!call.reaches(call.phone));
  // It is another end that resumes: other keys, address, source and numbers.
  const std::string phones = call.phone.offer();
  call.phone.negotiation.rollback(*call.phone.leg);
  const std::string others = Call::in_place_of(phones, other.offer());
  CHECK(call.step(other, call.trunk, others).kind == VerdictKind::kRekeyed);
  CHECK(call.trunk.leg->agreement()->direction == leg::Direction::kSendRecv);
  CHECK(call.trunk.leg->agreement()->remote_rtp == address(9, 4000));
  CHECK(call.reaches(other));
  for (int i = 0; i < 5; ++i) CHECK(call.is_heard(other));
  CHECK(call.trunk.leg->ssrc_recv() == other.leg->ssrc_send());
  // And back to the phone, long after its key was dropped: its source goes on where it was.
  call.now += 60 * kNsPerSecond;
  call.trunk.leg->run_timers(call.now);
  CHECK(call.step(call.phone, call.trunk, call.phone.offer()).kind == VerdictKind::kRekeyed);
  CHECK(call.reaches(call.phone));
  for (int i = 0; i < 5; ++i) CHECK(call.is_heard());
  CHECK(!call.is_heard(other));
  CHECK(call.trunk.leg->ssrc_recv() == call.phone.leg->ssrc_send());
  CHECK(call.trunk.leg->remote_rtp() == address(2, 4000));
  CHECK(call.breaks == 0);
}

TEST_CASE("RFC 3264 8.3.2: another codec restarts the lane, a refused offer changes nothing") {
  Call call;
  REQUIRE(call.is_heard());
  const uint64_t state = call.trunk.leg->state_hash();
  for (const auto& [from, to] :
       {std::pair{"a=crypto", "a=nothing"}, {"m=audio", "m=video"}, {"v=0", "v=1"}}) {
    INFO(to);
    const sdp::Verdict verdict =
        call.step(call.phone, call.trunk, replaced(call.phone.offer(), from, to));
    CHECK(verdict.kind == VerdictKind::kRefused);
    CHECK(verdict.sip_status >= 400);
    CHECK(call.trunk.leg->state_hash() == state);
    CHECK(call.trunk.leg->generation() == 1);
  }
  CHECK(call.is_heard());
  std::string offer = call.phone.offer();
  call.phone.negotiation.rollback(*call.phone.leg);
  // Only A-law is left.
  const size_t line = offer.find("m=audio");
  const size_t end = offer.find("\r\n", line);
  offer.replace(line, end - line, replaced(offer.substr(line, end - line), " 0 8", " 8"));
  std::string answer;
  CHECK(call.trunk.answer(offer, answer, call.now).kind == VerdictKind::kRestarted);
  CHECK(call.trunk.leg->agreement()->codec == leg::Codec::kPcma);
  call.bridge->refresh();
  REQUIRE(call.bridge->lane(0));
  CHECK(call.bridge->lane(0)->is_transcoding());
}
