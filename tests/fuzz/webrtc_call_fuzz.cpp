// Two parties: bytes become what a network does to the datagrams between a WebRTC leg and its peer,
// and what the two do meanwhile. The first byte says who offers and who is who, each further one is
// a step. Whatever happens: a peer with another certificate gets no keys, nothing unauthentic comes
// through, a stranger's address changes nothing, and memory is bounded. A schedule that harmed no
// datagram ends in a connection; after any other a new offer brings one.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>

#include "leg/negotiation.h"
#include "support/webrtc_peer.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr size_t kMostInFlight = 64;
constexpr uint64_t kMostMemory = 2 << 20;
// Both ends give a handshake up after 30 s (DtlsConfig).
constexpr uint64_t kPatience = 25 * kNsPerSecond;

void require(bool holds) {
  if (!holds) std::abort();
}

crypto::Identity own_identity(TestContext& world) {
  crypto::IdentityRequest request;
  request.not_after_s = 4'000'000'000;
  return must(crypto::Identity::create(world.memory, request, world.random));
}

struct Flags {
  explicit Flags(uint8_t raw)
      : is_stranger((raw & 1) != 0),
        peer_offers((raw & 2) != 0),
        is_dtls_client((raw & 4) != 0),
        is_aggressive((raw & 8) != 0) {}
  bool is_stranger, peer_offers, is_dtls_client, is_aggressive;
};

PeerPlan peer_plan(const Flags& flags) {
  PeerPlan plan;
  plan.is_dtls_client = !flags.is_dtls_client;
  plan.is_aggressive = flags.is_aggressive;
  plan.has_wrong_certificate = flags.is_stranger;
  plan.mtu = 300;
  return plan;
}

class Call {
 public:
  explicit Call(const Flags& flags)
      : flags_(flags),
        identity_(own_identity(world_)),
        peer_(world_, peer_plan(flags)),
        leg_(make_leg()),
        negotiation_(must(leg::Negotiation::create(*leg_, world_.random))) {
    describe({});
  }

  void run(bytes::Reader& script) {
    while (script.ok() && script.left() != 0) {
      step(script.u8(), script);
      check();
    }
  }
  // The network does its best from here on.
  void end() {
    const bool must_connect = !is_harmed_ && now_ - began_ns_ < kPatience;
    calm(20 * kNsPerSecond);
    if (flags_.is_stranger) return check();
    if (must_connect) require(is_connected());
    describe({.rekey = true, .ice_restart = true});
    calm(60 * kNsPerSecond);
    require(is_connected());
    const size_t before = peer_.heard.size();
    for (int i = 0; i < 3; ++i) talk();
    calm(kNsPerSecond);
    require(peer_.heard.size() == before + 3);
    leg_->close(now_);
    check();
  }

 private:
  struct Sent {
    PeerDatagram datagram;
    bool is_to_peer = false;
  };

  Box<leg::Leg> make_leg() {
    leg::LegConfig config;
    config.key_exchange = leg::KeyExchange::kDtls;
    config.rtp_address = ours_;
    config.is_dtls_client = flags_.is_dtls_client;
    config.certificate = identity_.certificate_der();
    config.key = identity_.key_der();
    return must(leg::Leg::create(world_.context, world_.random, config));
  }
  [[nodiscard]] bool is_connected() const { return leg_->is_secure() && peer_.is_connected(); }

  // Offer and answer at once, as signalling is reliable. To a client a late flight of an older
  // association is as good as a forged one.
  void describe(sdp::OfferFlags flags) {
    is_harmed_ |= flags.rekey && std::ranges::any_of(in_flight_, [](const Sent& one) {
                    return rtp::classify(one.datagram.data) == rtp::DatagramKind::kDtls;
                  });
    std::array<uint8_t, 8192> room;
    bytes::Writer out(room);
    if (flags_.peer_offers) {
      const std::string offer = peer_.offer(flags);
      const auto verdict = must(negotiation_.answer(*leg_, offer, out, now_));
      require(verdict.kind != sdp::VerdictKind::kRefused);
      peer_.accept(std::string(as_text(out.written())), now_);
    } else {
      must(negotiation_.offer(*leg_, flags, out));
      const std::string answer = peer_.answer(std::string(as_text(out.written())), now_);
      const auto verdict = must(negotiation_.accept_answer(*leg_, answer, now_));
      require(verdict.kind != sdp::VerdictKind::kRefused);
    }
    began_ns_ = now_;
    collect();
  }

  void step(uint8_t op, bytes::Reader& script) {
    switch (op % 12) {
      case 0:
      case 1:
        return deliver(take_oldest());
      case 2:
        return void(take_oldest());
      case 3: {
        const Sent twice = take_oldest();
        deliver(twice);
        return deliver(twice);
      }
      case 4:
        if (!in_flight_.empty()) in_flight_.push_back(take_oldest());
        return;
      case 5:
        return harm(script);
      case 6:
        return from_stranger(take_oldest());
      case 7:
        return pass(uint64_t{op} * 4 * kNsPerMs);
      case 8:
        return talk();
      case 9:
        if (restarts_++ < 4) describe({.rekey = (op & 16) != 0, .ice_restart = (op & 32) != 0});
        return;
      case 10:
        return inject(script, op);
      default:
        return pass(20 * kNsPerMs);
    }
  }

  void harm(bytes::Reader& script) {
    Sent one = take_oldest();
    if (one.datagram.data.empty()) return;
    const size_t at = script.u16() % one.datagram.data.size();
    one.datagram.data[at] ^= static_cast<uint8_t>(script.u8() | 1);
    is_harmed_ = true;
    deliver(one);
  }
  // From where no check of the peer ever came. STUN may come from anywhere: it is left out.
  void from_stranger(Sent one) {
    if (one.is_to_peer || one.datagram.data.empty() ||
        rtp::classify(one.datagram.data) != rtp::DatagramKind::kDtls) {
      return deliver(one);
    }
    const Sent copy = one;
    one.datagram.from = stranger_;
    const uint64_t before = leg_->state_hash();
    deliver(one);
    require(leg_->state_hash() == before);
    deliver(copy);
  }
  void inject(bytes::Reader& script, uint8_t op) {
    const size_t len = std::min<size_t>(script.u8(), script.left());
    const ByteView raw = script.take(len);
    Sent one;
    one.is_to_peer = (op & 16) != 0;
    one.datagram.data.assign(raw.begin(), raw.end());
    one.datagram.from = one.is_to_peer ? ours_ : (op & 32) != 0 ? stranger_ : peer_.plan.address;
    one.datagram.to = one.is_to_peer ? peer_.plan.address : ours_;
    is_harmed_ = true;
    deliver(one);
  }

  Sent take_oldest() {
    if (in_flight_.empty()) return {};
    Sent out = std::move(in_flight_.front());
    in_flight_.pop_front();
    return out;
  }
  void deliver(const Sent& one) {
    if (one.datagram.data.empty()) return;
    if (one.is_to_peer) {
      peer_.receive(one.datagram, now_);
    } else {
      std::array<uint8_t, leg::kMaxPacketLen> plain;
      const auto got = leg_->receive({one.datagram.data, one.datagram.from, 0}, plain, now_);
      if (got.kind == leg::Received::Kind::kAudio) {
        require(!flags_.is_stranger && got.packet.payload.size() == 3);
        require(std::equal(kSpeech.begin(), kSpeech.end(), got.packet.payload.begin()));
      }
    }
    collect();
  }
  void pass(uint64_t span_ns) {
    now_ += span_ns;
    leg_->run_timers(now_);
    peer_.advance(now_);
    collect();
  }
  void talk() {
    std::array<uint8_t, rtp::kFixedHeaderLen + 3> packet{};
    std::copy(kSpeech.begin(), kSpeech.end(), packet.begin() + rtp::kFixedHeaderLen);
    const auto& agreed = *leg_->agreement();
    const bool is_sent =
        leg_->send(packet, {agreed.payload_type_send, false, timestamp_ += 960}, now_).has_value();
    require(!is_sent || leg_->is_secure());
    peer_.send({kSpeech.begin(), kSpeech.end()}, agreed.payload_type_recv, timestamp_);
    collect();
  }
  // What both have to send, as far as the network holds it.
  void collect() {
    while (!leg_->queue().is_empty()) {
      const leg::Event event = leg_->queue().front();
      const ByteView bytes = leg_->queue().front_bytes();
      if (event.type == leg::EventType::kTransmit)
        put({{{bytes.begin(), bytes.end()}, ours_, event.address}, true});
      leg_->queue().pop();
    }
    for (PeerDatagram& datagram : peer_.out) put({std::move(datagram), false});
    peer_.out.clear();
  }
  void put(Sent one) {
    // Nothing is ever sent to where nobody has shown that he is there.
    require(!one.is_to_peer || one.datagram.to != stranger_ ||
            rtp::classify(one.datagram.data) == rtp::DatagramKind::kStun);
    if (in_flight_.size() < kMostInFlight) in_flight_.push_back(std::move(one));
  }
  void calm(uint64_t span_ns) {
    for (const uint64_t end_ns = now_ + span_ns; now_ < end_ns;) {
      while (!in_flight_.empty()) deliver(take_oldest());
      check();
      const uint64_t next = std::min(leg_->next_deadline(), peer_.next_deadline());
      pass(std::clamp<uint64_t>(next > now_ ? next - now_ : 0, kNsPerMs, 500 * kNsPerMs));
    }
  }
  void check() {
    require(world_.allocator.live_bytes < kMostMemory);
    if (flags_.is_stranger) {
      require(!leg_->is_secure() && !leg_->association()->export_keys());
      require(leg_->stats().packets_out == 0);
    }
    const leg::Association& association = *leg_->association();
    require(association.media_allowed() == association.export_keys().has_value());
  }

  static constexpr std::array<uint8_t, 3> kSpeech{0xf8, 0xff, 0xfe};

  Flags flags_;
  TestContext world_;
  Address ours_ = ip_address("192.0.2.1", 5000);
  Address stranger_ = ip_address("203.0.113.66", 666);
  crypto::Identity identity_;
  WebrtcPeer peer_;
  Box<leg::Leg> leg_;
  leg::Negotiation negotiation_;
  std::deque<Sent> in_flight_;
  uint64_t now_ = kNsPerSecond;
  uint64_t began_ns_ = 0;
  uint32_t timestamp_ = 0;
  uint32_t restarts_ = 0;
  bool is_harmed_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // Long scripts say no more than short ones.
  bytes::Reader script(ByteView(data, std::min<size_t>(size, 400)));
  Call call(Flags(script.u8()));
  call.run(script);
  call.end();
  return 0;
}
