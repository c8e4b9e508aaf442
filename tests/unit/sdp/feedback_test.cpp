// NACK, reduced-size RTCP and RED where keys come from SDES (RFC 4585, 5124, 5506, 2198).
#include "engines.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

const std::string kKey = crypto80();
const std::string kFeedback = "a=rtcp-fb:111 nack\r\na=rtcp-rsize\r\n";
const std::string kRed = "a=rtpmap:96 red/48000/2\r\na=fmtp:96 111/111\r\n";

std::string offer_with(const std::string& proto, const std::string& lines) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
         "m=audio 4000 " +
         proto + " 111 8 96\r\na=rtpmap:111 opus/48000/2\r\n" + lines;
}

LocalMedia media_with(bool has_all, SrtpPolicy policy = SrtpPolicy::kRequired) {
  LocalMedia out = local_media(policy);
  out.has_nack = has_all && policy != SrtpPolicy::kOff;
  out.has_rtcp_rsize = out.has_red = has_all;
  return out;
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

TEST_CASE(
    "RFC 4585 4.2, RFC 5124 3: an offer's feedback is taken up where profile and keys allow") {
  struct Row {
    const char* title;
    SrtpPolicy policy;
    bool has_all;
    const char* proto;
    std::string lines;
    bool has_nack, has_rsize, has_red;
  };
  const auto required = SrtpPolicy::kRequired, preferred = SrtpPolicy::kPreferred;
  const std::string all = kKey + kFeedback + kRed;
  const Row rows[] = {
      {"all of it", required, true, "RTP/SAVPF", all, true, true, true},
      {"in small letters", required, true, "rtp/savpf", all, true, true, true},
      {"nothing wanted here", required, false, "RTP/SAVPF", all, false, false, false},
      {"a profile without feedback", required, true, "RTP/SAVP", all, false, false, true},
      {"RFC 8643: keys in AVPF", preferred, true, "RTP/AVPF", all, true, true, true},
      {"no keys: nobody is sent again", preferred, true, "RTP/AVPF", kFeedback + kRed, false, true,
       true},
      {"plain by policy", SrtpPolicy::kOff, true, "RTP/AVPF", kFeedback + kRed, false, true, true},
      {"of every format", required, true, "RTP/SAVPF", kKey + "a=rtcp-fb:* nack\r\n", true, false,
       false},
      {"of another format", required, true, "RTP/SAVPF", kKey + "a=rtcp-fb:8 nack\r\n", false,
       false, false},
      {"of pictures", required, true, "RTP/SAVPF", kKey + "a=rtcp-fb:111 nack pli\r\n", false,
       false, false},
      {"RFC 3556: no RTCP at all", required, true, "RTP/SAVPF",
       "b=RS:0\r\nb=RR:0\r\n" + kKey + kFeedback, false, false, false},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    Engine engine(media_with(row.has_all, row.policy));
    REQUIRE(engine.take(offer_with(row.proto, row.lines)) == VerdictKind::kContinued);
    const Agreement& agreed = engine.agreement();
    CHECK(agreed.codec == CodecId::kOpus);
    CHECK(agreed.has_nack == row.has_nack);
    CHECK(agreed.has_rtcp_rsize == row.has_rsize);
    CHECK(agreed.red_type_send == (row.has_red ? 96 : kNoPayloadType));
    CHECK(agreed.red_type_recv == agreed.red_type_send);
    CHECK(has_line(engine.text, "a=rtcp-fb:111 nack") == row.has_nack);
    CHECK(has_line(engine.text, "a=rtcp-rsize") == row.has_rsize);
    CHECK(has_line(engine.text, "a=fmtp:96 111/111") == row.has_red);
    // RFC 3264, section 6: the protocol stays.
    CHECK(engine.text.find(std::string("m=audio 30000 ") + row.proto +
                           (row.has_red ? " 96 111" : " 111")) != std::string::npos);
    CHECK(engine.text.find("transport-cc") == std::string::npos);
  }
}

TEST_CASE("RFC 4585 4.1: an offer names the profile of the feedback that it offers") {
  struct Row {
    SrtpPolicy policy;
    bool has_nack, is_offered;
    const char* proto;
    bool has_line, has_rsize;
  };
  const Row rows[] = {
      {SrtpPolicy::kRequired, true, true, "RTP/SAVPF ", true, true},
      {SrtpPolicy::kPreferred, true, true, "RTP/AVPF ", true, true},
      {SrtpPolicy::kRequired, true, false, "RTP/SAVP ", false, false},
      {SrtpPolicy::kRequired, false, true, "RTP/SAVP ", false, false},
      {SrtpPolicy::kPreferred, false, true, "RTP/AVP ", false, false},
      {SrtpPolicy::kOff, false, true, "RTP/AVP ", false, false},
  };
  for (const Row& row : rows) {
    INFO(row.proto << row.has_nack << row.is_offered);
    LocalMedia local = media_with(true, row.policy);
    local.has_nack = row.has_nack;
    local.is_nack_offered = row.is_offered;
    Engine engine(local);
    const std::string offer = engine.offer();
    CHECK(offer.find(std::string("m=audio 30000 ") + row.proto) != std::string::npos);
    for (const char* line : {"a=rtcp-fb:111 nack", "a=rtcp-fb:8 nack", "a=rtcp-fb:0 nack"})
      CHECK(has_line(offer, line) == row.has_line);
    CHECK(has_line(offer, "a=rtcp-rsize") == row.has_rsize);
    CHECK(has_line(offer, "a=rtpmap:63 red/48000/2"));
  }
}

TEST_CASE("feedback is agreed where both sides want it, and lives on in later offers") {
  for (const bool offers : {true, false}) {
    for (const bool accepts : {true, false}) {
      INFO(offers << accepts);
      LocalMedia near = media_with(offers), far = media_with(accepts);
      // The one who answers never offers it first.
      far.is_nack_offered = false;
      Engine a(near, 1), b(far, 2);
      const std::string offer = a.offer();
      REQUIRE(b.take(offer) == VerdictKind::kContinued);
      REQUIRE(a.core.accept_answer(b.text)->kind == VerdictKind::kContinued);
      const bool is_agreed = offers && accepts;
      for (const Engine* engine : {&a, &b}) {
        CHECK(engine->agreement().has_nack == is_agreed);
        CHECK(engine->agreement().has_rtcp_rsize == is_agreed);
        CHECK((engine->agreement().red_type_send != kNoPayloadType) == is_agreed);
        CHECK((engine->agreement().red_type_recv != kNoPayloadType) == is_agreed);
      }
      // The other way round, and nothing has changed.
      const std::string again = b.offer();
      CHECK((again.find("RTP/SAVPF") != std::string::npos) == offers);
      REQUIRE(a.take(again) == VerdictKind::kContinued);
      REQUIRE(b.core.accept_answer(a.text)->kind == VerdictKind::kContinued);
      CHECK(b.agreement().has_nack == is_agreed);
      CHECK(a.agreement().has_nack == is_agreed);
    }
  }
}

TEST_CASE("RFC 4585 4.2: an answer adds no feedback to what was offered") {
  LocalMedia local = media_with(true);
  local.is_nack_offered = false;
  Engine engine(local);
  const std::string offer = engine.offer();
  REQUIRE(has_line(offer, "a=ptime:20"));
  Engine peer(media_with(true), 2);
  REQUIRE(peer.take(offer) == VerdictKind::kContinued);
  const size_t at = peer.text.find("RTP/SAVP ");
  REQUIRE(at != std::string::npos);
  const std::string answer =
      peer.text.substr(0, at) + "RTP/SAVPF " + peer.text.substr(at + 9) + kFeedback;
  REQUIRE(engine.core.accept_answer(answer)->kind == VerdictKind::kContinued);
  CHECK_FALSE(engine.agreement().has_nack);
  CHECK_FALSE(engine.agreement().has_rtcp_rsize);
}

TEST_CASE("RFC 3264 8: feedback that goes or comes is no new stream") {
  Engine engine(media_with(true));
  REQUIRE(engine.take(offer_with("RTP/SAVPF", kKey + kFeedback)) == VerdictKind::kContinued);
  REQUIRE(engine.take(offer_with("RTP/SAVPF", kKey)) == VerdictKind::kMoved);
  CHECK_FALSE(engine.agreement().has_nack);
  REQUIRE(engine.take(offer_with("RTP/SAVPF", kKey + kFeedback)) == VerdictKind::kMoved);
  CHECK(engine.agreement().has_nack);
  // No way around the keys.
  REQUIRE(engine.take(offer_with("RTP/AVPF", kFeedback)) == VerdictKind::kRefused);
  CHECK(engine.agreement().has_nack);
}
