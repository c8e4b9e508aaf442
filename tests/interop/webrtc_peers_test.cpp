// pion and aiortc, WebRTC stacks that no one here wrote, against a WebRTC leg over loopback: SDP
// both ways round, ICE, DTLS in both roles, SRTP and SRTCP in both directions.
#include <memory>

#include "webrtc_host.h"

using namespace voxlock;
using test::PeerProcess;
using test::WebrtcHost;

namespace {

// More than any step needs on a loaded machine.
constexpr uint64_t kStepNs = 20'000'000'000;

struct Stack {
  const char* name;
  bool has_restart;   // can restart ICE, or follow a restart
  bool sends_tone;    // speaks 440 Hz and says how much it hears of our tone; else bytes
  bool has_feedback;  // NACK and transport-wide feedback for audio
};
#ifdef PEER_IS_PION
const Stack kStack{"pion", true, false, true};
std::vector<std::string> command_or_skips() {
  static const std::string program =
      test::build_go(PION_SOURCE, "./webrtc", PION_BUILD "/pion_webrtc_peer");
  if (!program.empty()) return {program};
  std::puts("skipped: go or the module of pion is not there");
  std::exit(77);
}
#else
const Stack kStack{"aiortc", false, true, false};
std::vector<std::string> command_or_skips() {
  const std::vector<std::string> command{"python3", "-B", AIORTC_PEER, AIORTC_BUILD};
  // It says how it ends where its input has ended at once.
  static const bool is_there = std::system("python3 -B '" AIORTC_PEER "' '" AIORTC_BUILD
                                           "' </dev/null >/dev/null 2>&1") == 0;
  if (is_there) return command;
  std::puts("skipped: aiortc is neither there nor to be had from PyPI");
  std::exit(77);
}
#endif

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// The first octet of every fingerprint turned into another one.
std::string with_wrong_fingerprint(std::string sdp) {
  const std::string begin = "a=fingerprint:";
  for (size_t at = sdp.find(begin); at != std::string::npos; at = sdp.find(begin, at + 1)) {
    const size_t digit = sdp.find(' ', at) + 1;
    sdp[digit] = sdp[digit] == '0' ? '1' : '0';
  }
  return sdp;
}

struct Plan {
  bool peer_offers = true;
  bool is_dtls_client = false;
  bool spoils_theirs = false;  // the fingerprint that we are told
  bool spoils_ours = false;    // the one that the peer is told
  bool has_feedback = false;   // all that a leg can do against losses, and tell in headers
  bool has_nack = true;        // of that
};

class Call {
 public:
  explicit Call(const Plan& its_plan = {})
      : plan(its_plan), host(its_plan.is_dtls_client, [&](voxlock_leg_config& config) {
          if (!its_plan.has_feedback) return;
          config.transport_cc = config.rtcp_rsize = config.red = 1;
          config.nack = its_plan.has_nack ? 1 : 0;
          config.extensions = VOXLOCK_EXTENSION_AUDIO_LEVEL | VOXLOCK_EXTENSION_MID |
                              VOXLOCK_EXTENSION_ABS_SEND_TIME;
        }) {
    replace_peer();
  }
  void replace_peer() { process_ = std::make_unique<PeerProcess>(command_or_skips()); }
  [[nodiscard]] PeerProcess& peer() const { return *process_; }

  template <typename Done>
  bool run_until(Done&& done, uint64_t within_ns = kStepNs) {
    const uint64_t end_ns = test::steady_ns() + within_ns;
    while (!done()) {
      if (test::steady_ns() > end_ns) return false;
      host.run_once(peer());
    }
    return true;
  }
  std::string wait_for(const std::string& word) {
    std::string out;
    INFO(word);
    REQUIRE(run_until([&] { return peer().take(word, out); }));
    return out;
  }
  void peer_offers(const std::string& verb = "offer") {
    peer().tell(verb);
    peer().tell("accept " + to_peer(host.answer(from_peer(wait_for("offer")))));
  }
  void host_offers(uint32_t flags = 0) {
    peer().tell("answer " + to_peer(host.offer(flags)));
    host.accept(from_peer(wait_for("answer")));
  }
  void begin() {
    if (plan.peer_offers) {
      peer_offers();
    } else {
      host_offers();
    }
  }
  void connect() {
    begin();
    REQUIRE(run_until([&] { return host.count(VOXLOCK_EV_SECURED) == 1; }));
    INFO(kStack.name);
    while (wait_for("state") != "connected") {
    }
  }
  // New packets of each side reach the other, whole.
  void exchange() {
    const uint64_t before = host.stats().packets_in;
    REQUIRE(run_until([&] { return host.stats().packets_in >= before + 25; }));
    std::string out;
    while (peer().take("heard", out)) {
    }
    if (kStack.sends_tone) {
      REQUIRE(run_until([&] { return test::share_at(440, host.heard) > 0.9; }));
      REQUIRE(run_until([&] { return peer().take("heard", out) && std::stod(out) > 0.9; }));
      return;
    }
    const std::vector<uint8_t> expected{0xf8, 0xff, 0xfe, 'p', 'i', 'o', 'n'};
    CHECK(host.payload == expected);
    const std::string payload = wait_for("heard");
    CHECK(std::any_of(host.said.begin(), host.said.end(), [&](const auto& said) {
      std::string hex;
      for (const uint8_t byte : said) {
        hex += "0123456789abcdef"[byte >> 4];
        hex += "0123456789abcdef"[byte & 15];
      }
      return hex == payload;
    }));
  }

  Plan plan;
  WebrtcHost host;

 private:
  [[nodiscard]] std::string to_peer(const std::string& sdp) const {
    return replaced(plan.spoils_ours ? with_wrong_fingerprint(sdp) : sdp, "\r\n", "|");
  }
  [[nodiscard]] std::string from_peer(const std::string& line) const {
    const std::string sdp = replaced(line, "|", "\r\n");
    return plan.spoils_theirs ? with_wrong_fingerprint(sdp) : sdp;
  }

  std::unique_ptr<PeerProcess> process_;
};

}  // namespace

TEST_CASE("media flows both ways, whoever offers and whoever is the DTLS client") {
  for (const bool peer_offers : {true, false}) {
    for (const bool is_client : {true, false}) {
      INFO(kStack.name << ": peer offers " << peer_offers << ", we are client " << is_client);
      Plan plan;
      plan.peer_offers = peer_offers;
      plan.is_dtls_client = is_client;
      Call call(plan);
      call.connect();
      call.exchange();
      // RFC 8445, section 6.1.1: against a lite agent a full one controls, whoever offered.
      CHECK(call.wait_for("role") == "controlling");
      CHECK(call.host.media().is_secure == 1);
      CHECK(call.host.media().key_exchange == VOXLOCK_KEYS_DTLS);
      CHECK(call.host.media().codec == VOXLOCK_CODEC_OPUS);
      CHECK(call.host.count(VOXLOCK_EV_FAILED) == 0);
      const voxlock_leg_stats stats = call.host.stats();
      CHECK(stats.dropped[VOXLOCK_DROP_AUTH] == 0);
      CHECK(stats.dropped[VOXLOCK_DROP_REPLAY] == 0);
    }
  }
}

TEST_CASE("reports are understood both ways, and tell the round trip") {
  Call call;
  call.connect();
  REQUIRE(call.run_until([&] {
    const voxlock_leg_stats stats = call.host.stats();
    return stats.rtcp_in > 0 && stats.rtcp_out > 0 && stats.rtt_us != UINT64_MAX &&
           call.peer().has_said("rtcp sr") && call.peer().has_said("rtcp rr");
  }));
  CHECK(call.host.stats().rtt_us < 2'000'000);
  CHECK(call.host.stats().dropped[VOXLOCK_DROP_MALFORMED] == 0);
}

TEST_CASE("RFC 8122 6.2: a certificate that our description does not name gets no keys") {
  for (const bool peer_offers : {true, false}) {
    for (const bool is_client : {true, false}) {
      INFO(kStack.name << ": peer offers " << peer_offers << ", we are client " << is_client);
      Plan plan;
      plan.peer_offers = peer_offers;
      plan.is_dtls_client = is_client;
      plan.spoils_theirs = true;
      Call call(plan);
      call.begin();
      REQUIRE(call.run_until([&] { return call.host.count(VOXLOCK_EV_FAILED) == 1; }));
      (void)call.run_until([] { return false; }, 300'000'000);
      CHECK(call.host.count(VOXLOCK_EV_SECURED) == 0);
      CHECK(call.host.media().is_secure == 0);
      CHECK(call.host.stats().packets_in == 0);
      CHECK(call.host.stats().packets_out == 0);
    }
  }
}

TEST_CASE("a peer that was told another fingerprint of ours takes no media") {
  for (const bool is_client : {true, false}) {
    INFO(kStack.name << ": we are client " << is_client);
    Plan plan;
    plan.is_dtls_client = is_client;
    plan.spoils_ours = true;
    Call call(plan);
    call.begin();
    REQUIRE(call.run_until([&] {
      return call.peer().has_said("state failed") || call.peer().has_said("state closed");
    }));
    CHECK(call.host.stats().packets_in == 0);
    std::string out;
    CHECK_FALSE(call.peer().take("heard", out));
  }
}

TEST_CASE("RFC 8285: the peer understands our headers, and which section they are of") {
  for (const bool peer_offers : {true, false}) {
    INFO(kStack.name << ": peer offers " << peer_offers);
    Plan plan;
    plan.peer_offers = peer_offers;
    plan.has_feedback = true;
    Call call(plan);
    call.connect();
    call.exchange();
    REQUIRE(call.run_until([&] { return call.peer().has_said("element mid 0"); }));
    // The other one has it for video alone.
    if (kStack.has_feedback)
      REQUIRE(call.run_until([&] { return call.peer().has_said("element time"); }));
  }
}

TEST_CASE("RFC 4585: lost packets are asked for and sent again, both ways") {
  if (!kStack.has_feedback) return;
  for (const bool peer_offers : {true, false}) {
    INFO(kStack.name << ": peer offers " << peer_offers);
    Plan plan;
    plan.peer_offers = peer_offers;
    plan.has_feedback = true;
    Call call(plan);
    call.connect();
    call.exchange();
    call.host.lost_every = 15;
    REQUIRE(call.run_until([&] {
      const voxlock_leg_stats stats = call.host.stats();
      return stats.recovered_in >= 5 && stats.resent_out >= 5 && call.peer().has_said("rtcp nack");
    }));
    CHECK(call.host.stats().dropped[VOXLOCK_DROP_MALFORMED] == 0);
  }
}

TEST_CASE("transport-wide feedback is understood both ways, and tells what was lost") {
  if (!kStack.has_feedback) return;
  Plan plan;
  plan.has_feedback = true;
  // What is sent again keeps its number, and would come before the loss was told.
  plan.has_nack = false;
  Call call(plan);
  call.connect();
  call.host.lost_every = 10;
  REQUIRE(call.run_until([&] {
    const voxlock_leg_stats stats = call.host.stats();
    return stats.feedback_in >= 10 && stats.feedback_out >= 10 && stats.transport_lost >= 3 &&
           call.peer().has_said("rtcp twcc");
  }));
  const voxlock_leg_stats stats = call.host.stats();
  CHECK(stats.transport_received > 5 * stats.transport_lost);
  CHECK(stats.dropped[VOXLOCK_DROP_MALFORMED] == 0);
}

TEST_CASE("RFC 8445 9: ICE restarts, whoever asks for it, and media goes on under the same keys") {
  if (!kStack.has_restart) return;
  for (const bool peer_asks : {true, false}) {
    INFO(kStack.name << ": peer asks " << peer_asks);
    Call call;
    call.connect();
    call.exchange();
    const size_t connected = call.host.count(VOXLOCK_EV_CONNECTED);
    if (peer_asks) {
      call.peer_offers("restart");
    } else {
      call.host_offers(VOXLOCK_OFFER_ICE_RESTART);
    }
    CHECK((call.host.verdict.changes & VOXLOCK_CHANGED_ICE) != 0);
    CHECK((call.host.verdict.changes & VOXLOCK_CHANGED_DTLS) == 0);
    REQUIRE(call.run_until([&] { return call.host.count(VOXLOCK_EV_CONNECTED) > connected; }));
    call.exchange();
    CHECK(call.host.count(VOXLOCK_EV_SECURED) == 1);
  }
}

TEST_CASE("RFC 8842 5: another peer behind the same call gets keys of its own") {
  Call call;
  call.connect();
  call.exchange();
  const voxlock_leg_media_info before = call.host.media();
  call.replace_peer();
  call.peer_offers();
  CHECK((call.host.verdict.changes & VOXLOCK_CHANGED_DTLS) != 0);
  CHECK((call.host.verdict.changes & VOXLOCK_CHANGED_ICE) != 0);
  REQUIRE(call.run_until([&] { return call.host.count(VOXLOCK_EV_SECURED) == 2; }));
  call.exchange();
  const voxlock_leg_media_info after = call.host.media();
  CHECK(std::memcmp(before.remote_fingerprint, after.remote_fingerprint, 32) != 0);
  CHECK(std::memcmp(before.local_fingerprint, after.local_fingerprint, 32) == 0);
}
