#include "sdp/xr.h"

#include <string>

#include "engines.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

std::string description(const std::string& session_lines, const std::string& media_lines) {
  return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n" +
         session_lines + "m=audio 4000 RTP/AVP 0\r\n" + media_lines;
}

std::string offer_of(OfferAnswer& engine) {
  std::string text(4096, '\0');
  bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
  REQUIRE(engine.offer({}, writer));
  text.resize(writer.size());
  return text;
}

std::string answer_of(OfferAnswer& engine, const std::string& offer) {
  std::string text(4096, '\0');
  bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
  const auto verdict = engine.answer(offer, writer);
  REQUIRE(verdict);
  REQUIRE(verdict->kind != VerdictKind::kRefused);
  text.resize(writer.size());
  return text;
}

LocalMedia media_with(bool has_xr) {
  LocalMedia out = local_media();
  out.has_rtcp_xr = has_xr;
  return out;
}

}  // namespace

TEST_CASE("RFC 3611 5.1: what a=rtcp-xr asks for") {
  struct Row {
    const char* title;
    const char* session;
    const char* media;
    bool is_offered, has_metrics, has_rtt;
  };
  const Row rows[] = {
      {"none", "", "", false, false, false},
      {"metrics", "", "a=rtcp-xr:voip-metrics\r\n", true, true, false},
      {"both", "", "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n", true, true, true},
      {"of senders, with a size", "", "a=rtcp-xr:rcvr-rtt=sender:500\r\n", true, false, true},
      {"a size too small for an answer", "", "a=rtcp-xr:rcvr-rtt=all:15\r\n", true, false, false},
      {"another mode", "", "a=rtcp-xr:rcvr-rtt=some\r\n", true, false, false},
      {"without a mode", "", "a=rtcp-xr:rcvr-rtt\r\n", true, false, false},
      {"others among them", "",
       "a=rtcp-xr:pkt-loss-rle=40 stat-summary=loss,dup voip-metrics x=y\r\n", true, true, false},
      {"no format", "", "a=rtcp-xr:\r\n", true, false, false},
      {"a part of the word", "", "a=rtcp-xr:voip-metrics2\r\n", true, false, false},
      {"of the session", "a=rtcp-xr:voip-metrics\r\n", "", true, true, false},
      {"the section's counts", "a=rtcp-xr:voip-metrics\r\n", "a=rtcp-xr:rcvr-rtt=all\r\n", true,
       false, true},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const std::string text = description(row.session, row.media);
    Session session;
    REQUIRE(session.parse(text));
    const XrWishes wishes = read_xr(session, session.media()[0]);
    CHECK(wishes.is_offered == row.is_offered);
    CHECK(wishes.has_voip_metrics == row.has_metrics);
    CHECK(wishes.has_rtt == row.has_rtt);
  }
}

TEST_CASE("RFC 3611 5.2: extended reports are agreed where both sides want them") {
  const std::string line = "a=rtcp-xr:rcvr-rtt=all voip-metrics\r\n";
  for (const bool offers : {false, true}) {
    for (const bool answers : {false, true}) {
      INFO(offers << answers);
      CountingRandom random(1), other(2);
      auto a = *OfferAnswer::create(media_with(offers), random);
      auto b = *OfferAnswer::create(media_with(answers), other);
      const std::string offer = offer_of(a);
      const std::string answer = answer_of(b, offer);
      CHECK((offer.find(line) != std::string::npos) == offers);
      CHECK((answer.find(line) != std::string::npos) == (offers && answers));
      REQUIRE(a.accept_answer(answer));
      CHECK(a.agreement()->xr.has_voip_metrics == (offers && answers));
      CHECK(a.agreement()->xr.has_rtt == (offers && answers));
      CHECK(b.agreement()->xr.has_voip_metrics == (offers && answers));
    }
  }
}

TEST_CASE("RFC 3611 5.2: round trips take two, so an answer asks for them where the offer did") {
  CountingRandom random(1), other(2);
  auto a = *OfferAnswer::create(media_with(true), random);
  auto b = *OfferAnswer::create(media_with(true), other);
  std::string offer = offer_of(a);
  offer.replace(offer.find("rcvr-rtt=all "), 13, "");
  const std::string answer = answer_of(b, offer);
  CHECK(answer.find("a=rtcp-xr:voip-metrics\r\n") != std::string::npos);
  CHECK(!b.agreement()->xr.has_rtt);
  CHECK(b.agreement()->xr.has_voip_metrics);
}
