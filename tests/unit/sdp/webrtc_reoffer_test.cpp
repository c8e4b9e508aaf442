// Two WebRTC engines, and what later offers do to a running session.
#include <string>

#include "engines.h"
#include "support/webrtc_offers.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

bool has(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

std::string password_of(const LocalTransport& transport) {
  return std::string(as_text(transport.password.view()));
}

const WebrtcAgreement& webrtc(const Engine& engine) {
  REQUIRE(engine.agreement().webrtc);
  return *engine.agreement().webrtc;
}

LocalMedia far_media() {
  LocalMedia out = webrtc_media();
  out.rtp = *parse_address("203.0.113.9");
  out.rtp.port = 40000;
  out.webrtc.is_ice_lite = false;
  out.webrtc.ufrag = {};
  out.webrtc.password = {};
  out.webrtc.fingerprint = *parse_fingerprint("sha-256 " + kPrint256);
  return out;
}

void check_mirror(const Engine& near, const Engine& far) {
  const WebrtcAgreement &a = webrtc(near), &b = webrtc(far);
  CHECK(a.role != b.role);
  CHECK(a.local.ufrag.view() == b.remote.ufrag.view());
  CHECK(b.local.ufrag.view() == a.remote.ufrag.view());
  CHECK(password_of(a.local) == as_text(b.remote.password.view()));
  CHECK(password_of(b.local) == as_text(a.remote.password.view()));
  CHECK(a.local.tls_id.view() == b.tls_id.view());
  CHECK(b.local.tls_id.view() == a.tls_id.view());
  CHECK(a.mid == b.mid);
  CHECK(a.is_bundled == b.is_bundled);
  CHECK(a.extensions == b.extensions);
  CHECK(near.agreement().red_type_send == far.agreement().red_type_recv);
  CHECK(near.agreement().red_type_recv == far.agreement().red_type_send);
  CHECK(near.agreement().has_nack == far.agreement().has_nack);
  CHECK(a.has_transport_cc == b.has_transport_cc);
  CHECK(near.agreement().has_rtcp_rsize == far.agreement().has_rtcp_rsize);
  CHECK(near.agreement().payload_type_send == far.agreement().payload_type_recv);
  CHECK(near.agreement().event_type_send == far.agreement().event_type_recv);
  CHECK(near.agreement().has_rtcp_mux);
}

struct Verdicts {
  Verdict answered, accepted;
};
Verdicts exchange(Engine& a, Engine& b, OfferFlags flags = {}) {
  const auto answered = b.answer(a.offer(flags));
  REQUIRE(answered);
  REQUIRE(answered->kind != VerdictKind::kRefused);
  const auto accepted = a.core.accept_answer(b.text);
  REQUIRE(accepted);
  REQUIRE(accepted->kind != VerdictKind::kRefused);
  check_mirror(a, b);
  return {*answered, *accepted};
}

// An answer to our offer, from nothing but lines.
std::string plain_answer(const std::string& setup = "active") {
  return replaced(plain_offer(transport_lines(setup)), "a1", "0");
}

}  // namespace

TEST_CASE("RFC 8829 5.2: our offer, and both sides agree on the same") {
  Engine a(webrtc_media(), 1), b(far_media(), 2);
  const std::string offer = a.offer();
  for (const char* line :
       {"a=group:BUNDLE 0", "a=setup:actpass", "a=mid:0", "a=rtcp-mux", "a=rtcp-mux-only",
        "a=rtcp-rsize", "a=rtcp-fb:111 nack", "a=extmap-allow-mixed", "a=ice-lite",
        "a=rtpmap:63 red/48000/2", "m=audio 30000 UDP/TLS/RTP/SAVPF 63 111 8 0 101 110",
        "a=extmap:2 urn:ietf:params:rtp-hdrext:sdes:mid"}) {
    INFO(line);
    CHECK(has(offer, line));
  }
  CHECK(offer.find("a=crypto") == std::string::npos);
  a.core.rollback();
  const Verdicts first = exchange(a, b);
  CHECK(first.accepted.kind == VerdictKind::kContinued);
  CHECK_FALSE(first.accepted.is_new_association);
  CHECK(webrtc(a).role == DtlsRole::kActive);
  CHECK(webrtc(b).is_remote_lite);
  CHECK(webrtc(a).candidates[0].port == 30000);
  CHECK(webrtc(a).extensions[3].id == 4);
  CHECK(a.agreement().red_type_send == 63);
  CHECK(webrtc(b).stream.track_id.view() == "call");
}

TEST_CASE("roles stay, credentials stay, whoever offers") {
  Engine a(webrtc_media(), 1), b(far_media(), 2);
  (void)exchange(a, b);
  const std::string password = password_of(webrtc(b).local);
  for (int i = 0; i < 4; ++i) {
    const Verdicts again = i % 2 == 0 ? exchange(b, a) : exchange(a, b);
    CHECK(again.answered.kind == VerdictKind::kContinued);
    CHECK(again.accepted.kind == VerdictKind::kContinued);
    CHECK(webrtc(a).role == DtlsRole::kActive);
    CHECK(password_of(webrtc(b).local) == password);
    CHECK(webrtc(a).local.ufrag.view() == "OURS");
  }
}

TEST_CASE("RFC 8839 4.4: an ICE restart renews both sides, and nothing else") {
  Engine a(webrtc_media(), 1), b(far_media(), 2);
  (void)exchange(a, b);
  const std::string before_a = password_of(webrtc(a).local),
                    before_b = password_of(webrtc(b).local);
  OfferFlags restart;
  restart.ice_restart = true;
  const Verdicts verdicts = exchange(a, b, restart);
  for (const Verdict& verdict : {verdicts.answered, verdicts.accepted}) {
    CHECK(verdict.kind == VerdictKind::kMoved);
    CHECK(verdict.is_ice_restart);
    CHECK_FALSE(verdict.is_new_association);
    CHECK_FALSE(verdict.is_restarted);
  }
  CHECK(password_of(webrtc(a).local) != before_a);
  CHECK(password_of(webrtc(b).local) != before_b);
  CHECK(webrtc(a).role == DtlsRole::kActive);
  // Withdrawn, it never happened.
  const std::string running = password_of(webrtc(a).local);
  const std::string offer = a.offer(restart);
  CHECK(offer.find(running) == std::string::npos);
  a.core.rollback();
  CHECK(a.offer().find(running) != std::string::npos);
  a.core.rollback();
  CHECK(exchange(b, a).answered.kind == VerdictKind::kContinued);
  CHECK(password_of(webrtc(a).local) == running);
}

TEST_CASE("RFC 8842 5: tls-id asks for a new association") {
  Engine a(webrtc_media(), 1), b(far_media(), 2);
  (void)exchange(a, b);
  const std::string before_a(webrtc(a).local.tls_id.view()),
      before_b(webrtc(b).local.tls_id.view());
  const Verdicts verdicts = exchange(a, b, {false, true});
  for (const Verdict& verdict : {verdicts.answered, verdicts.accepted}) {
    CHECK(verdict.kind == VerdictKind::kRestarted);
    CHECK(verdict.is_new_association);
    CHECK_FALSE(verdict.is_ice_restart);
  }
  CHECK(webrtc(a).local.tls_id.view() != before_a);
  CHECK(webrtc(b).local.tls_id.view() != before_b);
}

TEST_CASE("what later offers of a peer change") {
  const std::string id_1 = "a=tls-id:" + std::string(20, '1') + "\r\n";
  const std::string id_2 = "a=tls-id:" + std::string(20, '2') + "\r\n";
  const std::string start = plain_offer(transport_lines() + id_1);
  const std::string pwd_2 = replaced(kPassword, "OtSK", "XXXX");
  struct Row {
    const char* title;
    std::string offer;
    VerdictKind kind;
    bool is_new_association, is_ice_restart;
    DtlsRole role;
  };
  const DtlsRole active = DtlsRole::kActive, passive = DtlsRole::kPassive;
  const VerdictKind continued = VerdictKind::kContinued, moved = VerdictKind::kMoved,
                    restarted = VerdictKind::kRestarted;
  const std::string two_prints =
      replaced(start, "a=setup", "a=fingerprint:sha-256 " + kOtherPrint256 + "\r\na=setup");
  const Row rows[] = {
      {"nothing", start, continued, false, false, passive},
      {"another tls-id", replaced(start, id_1, id_2), restarted, true, false, passive},
      {"another fingerprint", replaced(start, kPrint256, kOtherPrint256), restarted, true, false,
       passive},
      {"one fingerprint more", two_prints, restarted, true, false, passive},
      {"the other role", replaced(start, "actpass", "passive"), restarted, true, false, active},
      {"the same role by name", replaced(start, "actpass", "active"), continued, false, false,
       passive},
      {"no tls-id any more", replaced(start, id_1, ""), continued, false, false, passive},
      {"both credentials", replaced(replaced(start, kUfrag, "EFGH"), kPassword, pwd_2), moved,
       false, true, passive},
      {"both and the fingerprint",
       replaced(replaced(replaced(start, kUfrag, "EFGH"), kPassword, pwd_2), kPrint256,
                kOtherPrint256),
       restarted, true, true, passive},
      {"direction", start + "a=sendonly\r\n", moved, false, false, passive},
      {"more candidates", start + "a=candidate:1 1 udp 1 192.0.2.1 1 typ host\r\n", continued,
       false, false, passive},
      {"0.0.0.0 is no hold", replaced(start, "0.0.0.0", "192.0.2.1"), continued, false, false,
       passive},
      {"another codec", replaced(start, " 111 0\r\n", " 0\r\n"), restarted, false, false, passive},
      {"another mid", replaced(start, "a1", "b2"), moved, false, false, passive},
      {"reduced-size RTCP", start + "a=rtcp-rsize\r\n", moved, false, false, passive},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(webrtc_media());
    REQUIRE(engine.take(start) == VerdictKind::kContinued);
    const std::string ufrag(webrtc(engine).local.ufrag.view()), text = engine.text;
    const std::string tls_id(webrtc(engine).local.tls_id.view());
    const auto verdict = engine.answer(row.offer);
    REQUIRE(verdict);
    CHECK(verdict->kind == row.kind);
    CHECK(verdict->is_new_association == row.is_new_association);
    CHECK(verdict->is_ice_restart == row.is_ice_restart);
    CHECK(webrtc(engine).role == row.role);
    CHECK((webrtc(engine).local.ufrag.view() != ufrag) == row.is_ice_restart);
    CHECK((webrtc(engine).local.tls_id.view() != tls_id) == row.is_new_association);
    CHECK(has(engine.text, "a=tls-id:" + std::string(webrtc(engine).local.tls_id.view())) ==
          !webrtc(engine).tls_id.empty());
  }
  // Only half of the credentials renewed.
  Engine engine(webrtc_media());
  REQUIRE(engine.take(start) == VerdictKind::kContinued);
  CHECK(engine.refusal(replaced(start, kUfrag, "EFGH")) == Status::ERR_SDP_ICE);
  CHECK(engine.refusal(replaced(start, kPassword, pwd_2)) == Status::ERR_SDP_ICE);
  CHECK(webrtc(engine).remote.ufrag.view() == kUfrag);
}

TEST_CASE("a new association may turn roles, an old one may not") {
  LocalMedia local = webrtc_media();
  local.webrtc.preferred_role = DtlsRole::kPassive;
  Engine engine(local);
  const std::string passive = plain_offer(transport_lines("passive"));
  const std::string actpass = plain_offer();
  REQUIRE(engine.take(passive) == VerdictKind::kContinued);
  CHECK(engine.take(actpass) == VerdictKind::kContinued);
  CHECK(webrtc(engine).role == DtlsRole::kActive);
  CHECK(engine.take(replaced(actpass, kPrint256, kOtherPrint256)) == VerdictKind::kRestarted);
  CHECK(webrtc(engine).role == DtlsRole::kPassive);
  // RFC 8842, section 5: another tls-id is one as well.
  const auto with_id = [](const std::string& setup, char id) {
    return plain_offer(transport_lines(setup) + "a=tls-id:" + std::string(20, id) + "\r\n");
  };
  Engine other(local);
  REQUIRE(other.take(with_id("passive", '1')) == VerdictKind::kContinued);
  CHECK(other.take(with_id("actpass", '1')) == VerdictKind::kContinued);
  CHECK(webrtc(other).role == DtlsRole::kActive);
  CHECK(other.take(with_id("actpass", '2')) == VerdictKind::kRestarted);
  CHECK(webrtc(other).role == DtlsRole::kPassive);
}

TEST_CASE("answers that do not fit our WebRTC offer") {
  const std::string good = plain_answer();
  struct Row {
    const char* title;
    std::string answer;
    Status reason;  // OK: taken
    DtlsRole role = DtlsRole::kPassive;
  };
  const Row rows[] = {
      {"active", good, Status::OK},
      {"passive", plain_answer("passive"), Status::OK, DtlsRole::kActive},
      {"no mid and no group",
       replaced(replaced(good, "a=mid:0\r\n", ""), "a=group:BUNDLE 0\r\n", ""), Status::OK},
      {"no setup", replaced(good, "a=setup:active\r\n", ""), Status::OK, DtlsRole::kActive},
      {"actpass", plain_answer("actpass"), Status::ERR_SDP_SETUP},
      {"holdconn", plain_answer("holdconn"), Status::ERR_SDP_SETUP},
      {"another mid", replaced(replaced(good, "a=mid:0", "a=mid:1"), "BUNDLE 0", "BUNDLE 1"),
       Status::ERR_SDP_MISMATCH},
      {"a strange member of the group", replaced(good, "BUNDLE 0", "BUNDLE 0 1"),
       Status::ERR_SDP_MISMATCH},
      {"refused", replaced(good, "m=audio 9", "m=audio 0"), Status::ERR_SDP_REJECTED},
      {"refused as bundle-only",
       replaced(replaced(good, "m=audio 9", "m=audio 0"), "a=mid:0", "a=bundle-only\r\na=mid:0"),
       Status::ERR_SDP_REJECTED},
      {"two sections", good + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", Status::ERR_SDP_MISMATCH},
      {"no fingerprint", replaced(good, "a=fingerprint", "a=x"), Status::ERR_SDP_NO_FINGERPRINT},
      {"SDES",
       replaced(replaced(good, "a=fingerprint:sha-256 " + kPrint256 + "\r\n", crypto80()),
                "UDP/TLS/RTP/SAVPF", "RTP/SAVP"),
       Status::ERR_SDP_DTLS_REQUIRED},
      {"plain RTP", replaced(good, "UDP/TLS/RTP/SAVPF", "RTP/AVP"), Status::ERR_SDP_DTLS_REQUIRED},
      {"no rtcp-mux", replaced(good, "a=rtcp-mux\r\n", ""), Status::ERR_SDP_RTCP_MUX},
      {"no ICE", replaced(good, "a=ice-", "a=x-"), Status::ERR_SDP_ICE},
      {"no codec", replaced(good, " 111 0\r\n", " 9\r\n"), Status::ERR_SDP_NO_CODEC},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(webrtc_media());
    (void)engine.offer();
    const auto verdict = engine.core.accept_answer(row.answer);
    REQUIRE(verdict);
    CHECK(verdict->reason == row.reason);
    CHECK((engine.core.agreement() != nullptr) == (row.reason == Status::OK));
    CHECK_FALSE(engine.core.has_pending_offer());
    if (row.reason != Status::OK) continue;
    CHECK(webrtc(engine).mid.view() == "0");
    CHECK(webrtc(engine).role == row.role);
  }
}

TEST_CASE("RFC 8285 6: an id keeps its meaning, and an answer keeps ours") {
  Engine engine(webrtc_media());
  const std::string level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
  // The peer has the audio level at 2 and something else at 3 and 4.
  REQUIRE(engine.take(plain_offer(transport_lines() + "a=extmap:2 " + level +
                                  "\r\na=extmap:3 urn:x\r\na=extmap:4 urn:y\r\n")) ==
          VerdictKind::kContinued);
  CHECK(webrtc(engine).extensions[0].id == 2);
  const std::string offer = engine.offer();
  CHECK(has(offer, "a=extmap:2 " + level));
  CHECK(has(offer, "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid"));
  CHECK(has(offer, "a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"));
  CHECK(has(offer,
            "a=extmap:6 "
            "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"));
  CHECK(has(offer, "a=group:BUNDLE a1"));
  const std::string answer =
      plain_offer(transport_lines("active") + "a=extmap:2/sendonly " + level +
                  "\r\na=extmap:9 urn:ietf:params:rtp-hdrext:sdes:mid\r\n");
  REQUIRE(engine.core.accept_answer(answer)->kind != VerdictKind::kRefused);
  CHECK(webrtc(engine).extensions[0] == AgreedExtension{2, Direction::kRecvOnly});
  CHECK(webrtc(engine).extensions[1].id == 0);
}

TEST_CASE("sections that were refused keep their place and mid in our offers") {
  Engine engine(webrtc_media());
  REQUIRE(engine.take(safari_offer()) == VerdictKind::kContinued);
  const std::string offer = engine.offer();
  CHECK(has(offer, "m=video 0 UDP/TLS/RTP/SAVPF 96"));
  CHECK(has(offer, "a=mid:video"));
  CHECK(has(offer, "a=group:BUNDLE audio"));
  CHECK(has(offer, "a=mid:audio"));
  const std::string answer = replaced(safari_offer(), "actpass", "active");
  const auto verdict = engine.core.accept_answer(
      replaced(replaced(answer, "BUNDLE video audio", "BUNDLE audio"), "m=video 9", "m=video 0"));
  REQUIRE(verdict);
  CHECK(verdict->reason == Status::OK);
  CHECK(verdict->kind == VerdictKind::kContinued);
}

TEST_CASE("hold in WebRTC is a direction") {
  Engine a(webrtc_media(), 1), b(far_media(), 2);
  (void)exchange(a, b);
  CHECK(exchange(a, b, {true, false}).answered.kind == VerdictKind::kMoved);
  CHECK(b.agreement().direction == Direction::kRecvOnly);
  CHECK(exchange(a, b).answered.kind == VerdictKind::kMoved);
  CHECK(b.agreement().direction == Direction::kSendRecv);
}

TEST_CASE("candidates of later descriptions") {
  Engine engine(webrtc_media());
  REQUIRE(engine.take(plain_offer()) == VerdictKind::kContinued);
  HostAddress address = *parse_address("192.0.2.200");
  LocalCandidates candidates;
  candidates.push(*parse_candidate("7 1 udp 5 192.0.2.200 6000 typ host"));
  CHECK(engine.core.set_candidates(address, candidates).error() == Status::ERR_INVALID_ARGUMENT);
  address.port = 6000;
  LocalCandidates broken;
  broken.push({});
  CHECK(engine.core.set_candidates(address, broken).error() == Status::ERR_INVALID_ARGUMENT);
  REQUIRE(engine.core.set_candidates(address, candidates));
  const std::string offer = engine.offer();
  CHECK(has(offer, "a=candidate:7 1 udp 5 192.0.2.200 6000 typ host"));
  CHECK(offer.find("m=audio 6000 ") != std::string::npos);
  CHECK(engine.core.set_candidates(address, candidates).error() == Status::ERR_WRONG_STATE);
  Engine sdes;
  CHECK(sdes.core.set_candidates(address, candidates).error() == Status::ERR_WRONG_STATE);
}

TEST_CASE("a failing random source changes nothing in a WebRTC session") {
  Engine engine(webrtc_media());
  const std::string start = plain_offer();
  REQUIRE(engine.take(start) == VerdictKind::kContinued);
  const std::string before = engine.text;
  engine.random->is_failing = true;
  const std::string pwd_2 = replaced(kPassword, "OtSK", "XXXX");
  CHECK(engine.answer(replaced(replaced(start, kUfrag, "EFGH"), kPassword, pwd_2)).error() ==
        Status::ERR_ENTROPY);
  uint8_t buffer[4096];
  bytes::Writer out(buffer);
  OfferFlags restart;
  restart.ice_restart = true;
  CHECK(engine.core.offer(restart, out).error() == Status::ERR_ENTROPY);
  CHECK_FALSE(engine.core.has_pending_offer());
  CHECK(engine.take(start) == VerdictKind::kContinued);
  CHECK(engine.text == before);
}
