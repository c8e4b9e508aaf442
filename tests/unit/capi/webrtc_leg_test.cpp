// A WebRTC leg by the C ABI against a full, controlling peer.
#include "support/webrtc_call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

audio::CodecConfig opus() {
  audio::CodecConfig out;
  out.codec = audio::CodecId::kOpus;
  out.sample_rate = 48000;
  return out;
}
audio::CodecConfig pcmu() {
  audio::CodecConfig out;
  out.codec = audio::CodecId::kPcmu;
  out.sample_rate = 8000;
  return out;
}

std::vector<uint8_t> encode(audio::Encoder& encoder, const std::vector<int16_t>& pcm) {
  std::vector<uint8_t> out(2048);
  std::vector<int16_t> copy = pcm;
  const auto len = encoder.encode(copy, out);
  REQUIRE(len);
  out.resize(*len);
  return out;
}
void decode(audio::Decoder& decoder, const std::vector<uint8_t>& payload,
            std::vector<int16_t>& out) {
  std::vector<int16_t> pcm(audio::kMaxPacketSamples);
  const auto samples = decoder.decode(payload, pcm);
  REQUIRE(samples);
  out.insert(out.end(), pcm.begin(), pcm.begin() + static_cast<std::ptrdiff_t>(*samples));
}

// One second of tones both ways; what each side heard.
void talk(WebrtcCall& call) {
  auto phone_encoder = *audio::Encoder::create(call.world.memory, pcmu());
  auto phone_decoder = *audio::Decoder::create(call.world.memory, pcmu());
  auto room_encoder = *audio::Encoder::create(call.world.memory, opus());
  auto room_decoder = *audio::Decoder::create(call.world.memory, opus());
  call.peer.heard.clear();
  call.phone_heard.clear();
  for (size_t i = 0; i < 50; ++i) {
    call.phone_says(encode(phone_encoder, sine(440, 8000, 160, i * 160)));
    call.peer.send(encode(room_encoder, sine(1000, 48000, 960, i * 960)),
                   call.peer.agreement().payload_type_send, static_cast<uint32_t>(i * 960));
    call.run_for(kFrameNs);
  }
  std::vector<int16_t> at_peer, at_phone;
  CHECK(call.peer.heard.size() >= 48);
  CHECK(call.phone_heard.size() >= 48);
  for (const auto& packet : call.peer.heard) decode(room_decoder, packet.payload, at_peer);
  for (const auto& payload : call.phone_heard) decode(phone_decoder, payload, at_phone);
  // The first packets of a codec fade in.
  at_peer.erase(at_peer.begin(), at_peer.begin() + 4800);
  at_phone.erase(at_phone.begin(), at_phone.begin() + 800);
  CHECK(share_of(440, 48000, at_peer) > 0.95);
  CHECK(share_of(1000, 8000, at_phone) > 0.95);
}

}  // namespace

TEST_CASE(
    "RFC 8827: media flows both ways through a bridge, whoever offers and whoever is client") {
  for (const bool peer_offers : {true, false}) {
    for (const bool is_client : {true, false}) {
      for (const bool is_aggressive : {true, false}) {
        INFO("peer offers " << peer_offers << " peer is client " << is_client << " aggressive "
                            << is_aggressive);
        CallPlan plan;
        plan.is_bridged = true;
        plan.peer.is_dtls_client = is_client;
        plan.peer.is_aggressive = is_aggressive;
        // Where the peer offers, the role is ours to choose.
        plan.change_room = [&](voxlock_leg_config& config) { config.dtls_client = !is_client; };
        WebrtcCall call(plan);
        peer_offers ? call.peer_offers() : call.room_offers();
        CHECK(call.media().is_connected == 0);
        CHECK(call.protection().scope == VOXLOCK_SCOPE_NONE);
        REQUIRE(call.connect());
        CHECK((call.peer.webrtc().role == sdp::DtlsRole::kActive) == is_client);
        CHECK(call.count(VOXLOCK_EV_CONNECTED) == 1);
        CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
        CHECK(call.count(VOXLOCK_EV_FAILED) == 0);
        const voxlock_protection told = call.protection();
        CHECK(told.scope == VOXLOCK_SCOPE_HOP_BY_HOP);
        CHECK((told.key_exchange[0] == VOXLOCK_KEYS_SDES && told.peer_verified[0] == 0));
        CHECK((told.key_exchange[1] == VOXLOCK_KEYS_DTLS && told.peer_verified[1] == 1));
        talk(call);
        const voxlock_leg_media_info info = call.media();
        const auto digest = must(tls::Fingerprint::of_der(crypto::HashId::kSha256,
                                                          call.peer.identity().certificate_der()));
        CHECK(std::memcmp(info.remote_fingerprint, digest.digest().data(), 32) == 0);
        CHECK(std::memcmp(told.peer_fingerprint[1], digest.digest().data(), 32) == 0);
        CHECK(std::memcmp(info.local_fingerprint, call.peer.webrtc().fingerprints[0].digest.data(),
                          32) == 0);
      }
    }
  }
}

namespace {

bool is_kind(const PeerDatagram& datagram, rtp::DatagramKind kind) {
  return rtp::classify(datagram.data) == kind;
}

// The leg alone: payloads both ways, now.
bool carries_media(WebrtcCall& call) {
  static uint32_t timestamp = 0;
  call.peer.heard.clear();
  call.payloads.clear();
  for (int i = 0; i < 3; ++i) {
    (void)call.send({1, 2, 3}, timestamp += 960);
    call.peer.send({4, 5, 6}, call.peer.agreement().payload_type_send, timestamp);
    call.run_for(kFrameNs);
  }
  const std::vector<std::vector<uint8_t>> expected(3, {4, 5, 6});
  return call.peer.heard.size() == 3 && call.payloads == expected;
}

}  // namespace

TEST_CASE("RFC 8122 6.2: a peer with another certificate gets no keys and no media") {
  for (const bool peer_offers : {true, false}) {
    for (const bool is_client : {true, false}) {
      INFO("peer offers " << peer_offers << " peer is client " << is_client);
      CallPlan plan;
      plan.peer.has_wrong_certificate = true;
      plan.peer.is_dtls_client = is_client;
      plan.change_room = [&](voxlock_leg_config& config) { config.dtls_client = !is_client; };
      WebrtcCall call(plan);
      size_t media = 0;
      call.filter = [&](PeerDatagram& datagram, bool to_peer) {
        if (to_peer) {
          media += is_kind(datagram, rtp::DatagramKind::kRtp) ||
                           is_kind(datagram, rtp::DatagramKind::kRtcp)
                       ? 1
                       : 0;
        }
        return false;
      };
      peer_offers ? call.peer_offers() : call.room_offers();
      CHECK_FALSE(call.connect());
      const voxlock_media_event* failed = call.last(VOXLOCK_EV_FAILED);
      REQUIRE(failed != nullptr);
      CHECK(failed->value == -VOXLOCK_ERR_DTLS_FINGERPRINT);
      CHECK(call.count(VOXLOCK_EV_FAILED) == 1);
      CHECK(call.count(VOXLOCK_EV_SECURED) == 0);
      CHECK(call.media().is_secure == 0);
      CHECK(call.media().suite_send == 0);
      CHECK_FALSE(call.room->leg->association()->export_keys());
      CHECK_FALSE(call.peer.dtls->export_keys());
      CHECK(call.send({1}, 0) == VOXLOCK_ERR_LEG_HELD);
      call.run_for(60 * kNsPerSecond);
      CHECK(media == 0);
    }
  }
}

TEST_CASE("a description that was changed on its way: the peer refuses us, and we have no keys") {
  for (const bool is_client : {true, false}) {
    CallPlan plan;
    plan.peer.is_dtls_client = is_client;
    plan.change_room = [&](voxlock_leg_config& config) { config.dtls_client = !is_client; };
    WebrtcCall call(plan);
    std::string answer = call.answer(call.peer.offer());
    const size_t at = answer.find("a=fingerprint:sha-256 ") + 22;
    answer[at] = answer[at] == 'A' ? 'B' : 'A';
    call.peer.accept(answer, call.now);
    CHECK_FALSE(call.connect(60 * kNsPerSecond));
    REQUIRE(call.last(VOXLOCK_EV_FAILED) != nullptr);
    CHECK(call.last(VOXLOCK_EV_FAILED)->value == -VOXLOCK_ERR_TLS_ALERT);
    CHECK(call.media().is_secure == 0);
    CHECK_FALSE(call.peer.is_connected());
  }
}

TEST_CASE(
    "RFC 8445 12.2: datagrams from an address without an authenticated check change nothing") {
  CallPlan plan;
  WebrtcCall call(plan);
  const Address stranger = ip_address("203.0.113.66", 666);
  struct Sent {
    std::vector<uint8_t> data;
    uint64_t at_ns;
  };
  std::vector<Sent> seen;  // what the true peer sent
  call.filter = [&](PeerDatagram& datagram, bool to_peer) {
    if (!to_peer) seen.push_back({datagram.data, call.now});
    return false;
  };
  size_t attacks = 0;
  const auto attack = [&] {
    call.run_for(0);
    const uint64_t before = call.state_hash();
    const size_t events = call.events.size();
    for (const Address& local : {ip_address("192.0.2.1", 5000), ip_address("2001:db8::1", 5000)}) {
      for (const Sent& sent : seen) {
        // A check that is caught and arrives elsewhere first is what RFC 8445 cannot tell apart.
        if (sent.at_ns + call.delay_ns > call.now) continue;
        ++attacks;
        std::vector<uint8_t> changed = sent.data;
        changed[changed.size() / 2] ^= 1;
        CHECK(call.give(sent.data, stranger, local) == VOXLOCK_OK);
        CHECK(call.give(changed, stranger, local) == VOXLOCK_OK);
        // Changed DTLS of the peer's own address is the handshake's affair.
        const bool is_dtls = rtp::classify(changed) == rtp::DatagramKind::kDtls;
        if (!is_dtls) CHECK(call.give(changed, call.peer.plan.address, local) == VOXLOCK_OK);
      }
      for (const std::vector<uint8_t>& junk : std::vector<std::vector<uint8_t>>{
               {}, {22, 0xfe, 0xfd, 0, 0}, {0x80, 111, 0, 1}, {0, 1, 0, 0}}) {
        CHECK(call.give(junk, stranger, local) == VOXLOCK_OK);
      }
    }
    CHECK(call.state_hash() == before);
    CHECK(call.events.size() == events);
  };
  call.peer_offers();
  for (int i = 0; i < 12; ++i) {
    attack();
    call.run_for(5 * kNsPerMs);
  }
  REQUIRE(call.connect());
  REQUIRE(carries_media(call));
  attack();
  CHECK(attacks > 50);
  CHECK(carries_media(call));
  CHECK(call.stats().dropped[VOXLOCK_DROP_AUTH] > 0);
}

TEST_CASE("RFC 5763 6.6: a hello from an address without an authenticated check is not answered") {
  WebrtcCall call;
  const Address stranger = ip_address("203.0.113.66", 666);
  size_t answers = 0;
  std::vector<uint8_t> hello;
  call.filter = [&](PeerDatagram& datagram, bool to_peer) {
    answers += to_peer && datagram.to == stranger ? 1 : 0;
    // The true hello waits, its copy comes first from elsewhere.
    if (to_peer || datagram.data[0] != 22 || !hello.empty()) return false;
    hello = datagram.data;
    return true;
  };
  call.peer_offers();
  while (hello.empty()) call.run_for(kNsPerMs);
  const uint64_t before = call.state_hash();
  CHECK(call.give(hello, stranger, ip_address("192.0.2.1", 5000)) == VOXLOCK_OK);
  call.run_for(kNsPerMs);
  CHECK(call.state_hash() == before);
  CHECK(answers == 0);
  CHECK(call.stats().dropped[VOXLOCK_DROP_AUTH] == 1);
  REQUIRE(call.connect());
  CHECK(carries_media(call));
}

TEST_CASE("RFC 7675 5.1: without consent nothing is sent, and a check brings media back") {
  WebrtcCall call;
  call.room_offers();
  REQUIRE(call.connect());
  REQUIRE(carries_media(call));
  call.peer.is_checking = false;
  call.run_for(29 * kNsPerSecond);
  CHECK(carries_media(call));
  CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 0);
  call.run_for(5 * kNsPerSecond);
  CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 1);
  CHECK(call.media().is_connected == 0);
  CHECK(call.media().remote_rtp.family == 0);
  CHECK(call.send({1}, 5) == VOXLOCK_ERR_LEG_HELD);
  const size_t before = call.to_peer;
  call.run_for(60 * kNsPerSecond);
  CHECK(call.to_peer == before);
  // What the peer sends is heard all the same: it is authentic.
  call.payloads.clear();
  call.peer.send({9}, call.peer.agreement().payload_type_send, 99999);
  call.run_for(kFrameNs);
  CHECK(call.payloads.size() == 1);
  call.peer.is_checking = true;
  call.run_for(kNsPerSecond);
  CHECK(call.count(VOXLOCK_EV_CONNECTED) == 2);
  CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
  CHECK(carries_media(call));
}

TEST_CASE("a peer that moves is followed by its checks, and media goes on") {
  WebrtcCall call;
  call.peer_offers();
  REQUIRE(call.connect());
  REQUIRE(carries_media(call));
  // A new mapping of a NAT: nothing is nominated again.
  call.peer.plan.address = ip_address("198.51.100.7", 41000);
  call.run_for(9 * kNsPerSecond);
  CHECK(carries_media(call));
  CHECK(call.media().remote_rtp.port == 41000);
  // Another network, nominated: at once.
  const PeerDatagram first = call.peer.check(*call.peer.path, false);
  call.peer.plan.address = ip_address("203.0.113.5", 42000);
  call.peer.out.push_back(call.peer.check(*call.peer.path, false));
  call.run_for(20 * kNsPerMs);
  call.peer.out.push_back(call.peer.check(*call.peer.path, true));
  call.run_for(20 * kNsPerMs);
  CHECK(call.media().remote_rtp.port == 42000);
  CHECK(carries_media(call));
  CHECK(call.count(VOXLOCK_EV_CONNECTED) == 3);
  CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
  CHECK(call.peer.misdirected == 0);
}

TEST_CASE("RFC 7675 5.1: how long consent lasts is the host's to say, a second at least") {
  CallPlan plan;
  plan.change_room = [](voxlock_leg_config& config) { config.consent_ms = 4000; };
  WebrtcCall call(plan);
  call.room_offers();
  REQUIRE(call.connect());
  call.peer.is_checking = false;
  call.run_for(3 * kNsPerSecond);
  CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 0);
  call.run_for(2 * kNsPerSecond);
  CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 1);
}

TEST_CASE("RFC 8445 9: media goes on through an ICE restart, whoever asks for it") {
  for (const bool peer_asks : {true, false}) {
    INFO("peer asks " << peer_asks);
    WebrtcCall call;
    call.peer_offers();
    REQUIRE(call.connect());
    const std::string before(call.peer.webrtc().remote.ufrag.view());
    peer_asks ? call.peer_offers({.ice_restart = true})
              : call.room_offers(VOXLOCK_OFFER_ICE_RESTART);
    if (peer_asks) CHECK(call.verdict.changes == (VOXLOCK_CHANGED_ICE | VOXLOCK_CHANGED_ADDRESS));
    CHECK(call.peer.webrtc().remote.ufrag.view() != before);
    CHECK(carries_media(call));
    call.run_for(kNsPerSecond);
    CHECK(call.count(VOXLOCK_EV_CONNECTED) == 2);
    CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
    CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 0);
    CHECK(carries_media(call));
    call.run_for(60 * kNsPerSecond);
    CHECK(carries_media(call));
    CHECK(call.count(VOXLOCK_EV_DISCONNECTED) == 0);
  }
}

TEST_CASE("RFC 8842 5: a new tls-id brings a new handshake with keys of its own") {
  for (const bool peer_asks : {true, false}) {
    INFO("peer asks " << peer_asks);
    WebrtcCall call;
    call.peer_offers();
    REQUIRE(call.connect());
    REQUIRE(carries_media(call));
    const auto before = must(call.room->leg->association()->export_keys());
    peer_asks ? call.peer_offers({.rekey = true}) : call.room_offers(VOXLOCK_OFFER_REKEY);
    if (peer_asks) CHECK(call.verdict.changes == (VOXLOCK_CHANGED_DTLS | VOXLOCK_CHANGED_MEDIA));
    CHECK(call.media().is_secure == 1);
    REQUIRE(call.connect());
    call.run_for(kNsPerSecond);
    CHECK(call.count(VOXLOCK_EV_SECURED) == 2);
    CHECK(call.count(VOXLOCK_EV_FAILED) == 0);
    const auto after = must(call.room->leg->association()->export_keys());
    CHECK_FALSE(before.local.is_same(after.local));
    CHECK(carries_media(call));
  }
}

TEST_CASE("RFC 8842 5: a failed second handshake ends media, and a third one brings it back") {
  WebrtcCall call;
  call.peer_offers();
  REQUIRE(call.connect());
  call.filter = [](PeerDatagram& datagram, bool) {
    return datagram.data[0] >= 20 && datagram.data[0] < 64;
  };
  call.peer_offers({.rekey = true});
  call.run_for(40 * kNsPerSecond);
  REQUIRE(call.last(VOXLOCK_EV_FAILED) != nullptr);
  CHECK(call.last(VOXLOCK_EV_FAILED)->value == -VOXLOCK_ERR_DTLS_TIMEOUT);
  CHECK(call.media().is_secure == 0);
  CHECK(call.send({1}, 0) == VOXLOCK_ERR_LEG_HELD);
  call.filter = nullptr;
  call.peer_offers({.rekey = true});
  REQUIRE(call.connect());
  CHECK(carries_media(call));
}

TEST_CASE("several own addresses: the peer's family decides, and media leaves from there") {
  struct Row {
    const char* ip;
    uint32_t local;
  };
  for (const Row& row : {Row{"198.51.100.7", 0}, Row{"2001:db8:7::7", 1}}) {
    CallPlan plan;
    plan.peer.address = ip_address(row.ip, 40000);
    WebrtcCall call(plan);
    call.peer_offers();
    REQUIRE(call.connect());
    REQUIRE(call.last(VOXLOCK_EV_CONNECTED) != nullptr);
    CHECK(call.last(VOXLOCK_EV_CONNECTED)->local == row.local);
    CHECK(carries_media(call));
    call.run_for(20 * kNsPerSecond);
    CHECK(call.peer.rtcp_in > 1);
    CHECK(call.peer.misdirected == 0);
    CHECK(call.peer.unopened == 0);
  }
}

TEST_CASE("RFC 8445 7.3.1.1, RFC 8489 14: role conflict, and attributes behind the integrity") {
  WebrtcCall call;
  call.peer_offers();
  REQUIRE(call.connect());
  call.run_for(0);
  const uint64_t before = call.state_hash();
  using ice::stun::Attribute;
  const auto request = [&](Attribute role, bool has_more, uint8_t id) {
    const uint8_t transaction[ice::stun::kTransactionIdLen] = {id};
    std::vector<uint8_t> raw(512);
    ice::stun::Builder out(raw, ice::stun::Class::kRequest, ice::stun::kBinding, transaction);
    const auto& agreed = call.peer.webrtc();
    out.put(Attribute::kUsername, as_bytes(std::string(agreed.remote.ufrag.view()) + ":" +
                                           std::string(agreed.local.ufrag.view())));
    out.put_u64(role, 1);
    crypto::Hmac key(crypto::HashId::kSha1, agreed.remote.password.view());
    must(out.put_integrity(key));
    // Not covered by the tag, so it must mean nothing.
    if (has_more) out.put_flag(Attribute::kUseCandidate);
    out.put_fingerprint();
    raw.resize(out.size());
    return raw;
  };
  std::optional<uint16_t> error;
  call.filter = [&](PeerDatagram& datagram, bool to_peer) {
    if (to_peer && is_kind(datagram, rtp::DatagramKind::kStun))
      error = must(ice::stun::Message::parse(datagram.data)).error_code().value_or(0);
    return false;
  };
  CHECK(call.give(request(Attribute::kIceControlled, false, 1), call.peer.plan.address,
                  *call.peer.path) == VOXLOCK_OK);
  call.run_for(0);
  CHECK(error == 487);
  CHECK(call.state_hash() == before);
  const Address other = ip_address("203.0.113.9", 9);
  CHECK(call.give(request(Attribute::kIceControlling, true, 2), other, *call.peer.path) ==
        VOXLOCK_OK);
  call.run_for(0);
  CHECK(error == 0);
  CHECK(call.count(VOXLOCK_EV_CONNECTED) == 1);
  CHECK(call.media().remote_rtp.port == call.peer.plan.address.port);
}

TEST_CASE("RFC 8839 5.1: mDNS and TCP candidates are passed over, two lite ends refused") {
  WebrtcCall call;
  std::string offer = call.peer.offer();
  const size_t at = offer.find("a=candidate:");
  offer.insert(at,
               "a=candidate:9 1 udp 2113937151 8d5b3e3c-1b21-4b0c-9b55-3f2a1c7d0e11.local 50000 "
               "typ host generation 0\r\n"
               "a=candidate:8 1 tcp 1518280447 198.51.100.7 9 typ host tcptype active\r\n");
  std::string lite = offer;
  lite.insert(lite.find("t=0 0\r\n") + 7, "a=ice-lite\r\n");
  CHECK(call.answer(lite).empty());
  CHECK(call.verdict.kind == VOXLOCK_REFUSED);
  CHECK(call.verdict.reason == VOXLOCK_ERR_SDP_ICE_LITE);
  CHECK(call.verdict.sip_status == 488);
  const std::string answer = call.answer(offer);
  CHECK(call.verdict.kind == VOXLOCK_CONTINUED);
  CHECK(answer.find("a=ice-lite\r\n") != std::string::npos);
  CHECK(answer.find("a=end-of-candidates\r\n") != std::string::npos);
  CHECK(answer.find("192.0.2.1 5000 typ host") != std::string::npos);
  CHECK(answer.find(" 5000 typ host") != answer.rfind(" 5000 typ host"));
  call.peer.accept(answer, call.now);
  REQUIRE(call.connect());
  CHECK(carries_media(call));
}

TEST_CASE("no memory is taken for packets, checks and reports of a running WebRTC leg") {
  CallPlan plan;
  plan.is_bridged = true;
  WebrtcCall call(plan);
  call.peer_offers();
  REQUIRE(call.connect());
  talk(call);
  const uint64_t before = call.host.allocator.count;
  talk(call);
  call.run_for(20 * kNsPerSecond);
  CHECK(call.peer.rtcp_in > 1);
  CHECK(call.host.allocator.count == before);
}

TEST_CASE("an identity of the host is shown on every leg, one of the leg's own on it alone") {
  Host host;
  voxlock_identity_config wanted{};
  wanted.struct_size = sizeof wanted;
  wanted.not_after_s = 4'000'000'000;
  voxlock_identity* identity = nullptr;
  REQUIRE(voxlock_identity_new(host.ctx, &wanted, &identity) == VOXLOCK_OK);
  const auto print = [](const voxlock_identity* given) {
    CallPlan plan;
    plan.change_room = [&](voxlock_leg_config& config) { config.identity = given; };
    WebrtcCall call(plan);
    std::string line = call.make_offer();
    line.erase(0, line.find("a=fingerprint:"));
    line.erase(line.find('\r'));
    return line;
  };
  CHECK(print(nullptr) != print(nullptr));
  CHECK(print(identity) == print(identity));
  CallPlan plan;
  plan.change_room = [&](voxlock_leg_config& config) { config.identity = identity; };
  WebrtcCall call(plan);
  voxlock_identity_free(identity);
  call.peer_offers();
  REQUIRE(call.connect());
}

TEST_CASE("every allocation of a WebRTC answer may fail: nothing changed, and it works again") {
  for (const bool for_good : {false, true}) {
    bool has_failed = true;
    for (uint64_t n = 0; has_failed; ++n) {
      WebrtcCall call;
      has_failed = false;
      for (const bool is_first : {true, false}) {
        const std::string offer = call.peer.offer({.rekey = !is_first, .ice_restart = !is_first});
        std::string answer(8192, '\0');
        size_t len = 0;
        const auto step = [&] {
          len = answer.size();
          call.verdict.struct_size = sizeof call.verdict;
          return voxlock_leg_answer(call.room, raw(offer), offer.size(),
                                    reinterpret_cast<uint8_t*>(answer.data()), &len, &call.verdict,
                                    call.now);
        };
        const uint64_t before = call.state_hash();
        const uint32_t generation = call.media().generation;
        call.host.allocator.fail_after(n, for_good);
        const int32_t status = step();
        call.host.allocator.never_fail();
        if (status != VOXLOCK_OK) {
          has_failed = true;
          CHECK(status == VOXLOCK_ERR_NO_MEMORY);
          CHECK(call.state_hash() == before);
          CHECK(call.media().generation == generation);
          REQUIRE(step() == VOXLOCK_OK);
        }
        call.peer.accept(answer.substr(0, len), call.now);
        REQUIRE(call.connect());
        CHECK(carries_media(call));
      }
    }
  }
}

TEST_CASE("every allocation where a handshake ends may fail, and the next call tries again") {
  bool has_failed = true;
  for (uint64_t n = 0; has_failed; ++n) {
    INFO("allocation " << n);
    WebrtcCall call;
    call.peer_offers();
    while (!call.peer.is_connected()) {
      call.is_memory_short = true;
      call.host.allocator.fail_after(n, false);
      call.run_for(kNsPerMs);
    }
    REQUIRE(call.connect());
    has_failed = call.host.allocator.has_failed;
    call.host.allocator.never_fail();
    CHECK(call.count(VOXLOCK_EV_SECURED) == 1);
    CHECK(carries_media(call));
  }
}

TEST_CASE("RFC 8829 5.2.1, RFC 5576 4.1: a description names the stream and the source it is of") {
  WebrtcCall call;
  const std::string answer = call.answer(call.peer.offer());
  const std::string source = "\r\na=ssrc:" + std::to_string(call.media().ssrc_send) + " cname:";
  CHECK(answer.find(source) != std::string::npos);
  CHECK(answer.find("\r\na=msid:voxlock audio\r\n") != std::string::npos);
  call.peer.accept(answer, call.now);
  REQUIRE(call.connect());
  REQUIRE(carries_media(call));
  CHECK(call.peer.heard.back().ssrc == call.media().ssrc_send);
  // Another clock takes no other source, for the peer may hear only the one that was named.
  const uint32_t before = call.media().ssrc_send;
  std::string offer = call.peer.offer();
  const size_t section = offer.find("m=audio");
  const size_t formats = offer.find("SAVPF", section) + 5;
  offer.replace(formats, offer.find("\r\n", formats) - formats, " 0");
  const std::string second = call.answer(offer);
  CHECK(call.media().rtp_clock_hz == 8000);
  CHECK(call.media().ssrc_send == before);
  CHECK(second.find(source) != std::string::npos);
}

TEST_CASE("a CNAME that SDP has no word for names no source") {
  CallPlan plan;
  plan.change_room = [](voxlock_leg_config& config) { config.cname = "two words"; };
  WebrtcCall call(plan);
  CHECK(call.make_offer().find("a=ssrc:") == std::string::npos);
}
