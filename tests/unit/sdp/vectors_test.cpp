// Descriptions of others: the RFCs' examples, and files that broke other parsers.
#include <string>

#include "base/text.h"
#include "engines.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

std::string folder_file(const std::string& folder, const std::string& name) {
  return read_vector("sdp/" + folder + "/" + name);
}

bool has_word(std::string_view list, std::string_view word) {
  for (std::string_view next = next_word(list); !next.empty(); next = next_word(list)) {
    if (next == word) return true;
  }
  return false;
}

// RFC 3264, section 6: what any answer owes to its offer.
void check_legal(const std::string& offer_text, const std::string& answer_text) {
  Session offer, answer;
  REQUIRE(offer.parse(offer_text));
  REQUIRE(answer.parse(answer_text));
  REQUIRE(answer.media().size() == offer.media().size());
  size_t accepted = 0;
  for (size_t i = 0; i < offer.media().size(); ++i) {
    CHECK(answer.media()[i].type == offer.media()[i].type);
    CHECK(answer.media()[i].proto == offer.media()[i].proto);
    accepted += answer.media()[i].port != 0;
    if (offer.media()[i].port == 0) CHECK(answer.media()[i].port == 0);
    std::string_view formats = answer.media()[i].formats;
    for (std::string_view format = next_word(formats); !format.empty();
         format = next_word(formats)) {
      CHECK(has_word(offer.media()[i].formats, format));
    }
  }
  CHECK(accepted == 1);
}

}  // namespace

TEST_CASE("RFC examples: every offer is answered legally or refused for a reason") {
  if (!has_vectors("sdp/rfc-examples")) return;
  size_t answered = 0, refused = 0;
  for (const std::string& name : list_vectors("sdp/rfc-examples")) {
    INFO(name);
    const std::string text = folder_file("rfc-examples", name);
    Engine engine(local_media(SrtpPolicy::kPreferred));
    const auto verdict = engine.answer(text);
    REQUIRE(verdict);
    if (verdict->kind == VerdictKind::kRefused) {
      ++refused;
      CHECK((verdict->sip_status == 488 || verdict->sip_status == 400));
      if (name.find("rfc8839") == 0 && text.find('$') != std::string::npos)
        CHECK(verdict->sip_status == 400);
      continue;
    }
    ++answered;
    check_legal(text, engine.text);
    // Our own offer after it has the same sections again.
    Session offer, former;
    const std::string own = engine.offer();
    REQUIRE(offer.parse(own));
    REQUIRE(former.parse(text));
    CHECK(offer.media().size() == former.media().size());
  }
  CHECK(answered > 30);
  CHECK(refused > 5);
}

TEST_CASE("RFC 4568 4.5, 7.1.5: its examples agree on SRTP") {
  if (!has_vectors("sdp/rfc-examples")) return;
  for (const std::string& name : list_vectors("sdp/rfc-examples")) {
    if (name.find("rfc4568") != 0) continue;
    INFO(name);
    auto local = local_media();
    local.suites = {CryptoSuite::kAesCm128HmacSha1_80, CryptoSuite::kAesCm128HmacSha1_32};
    Engine engine(local);
    const std::string text = folder_file("rfc-examples", name);
    const auto verdict = engine.answer(text);
    REQUIRE(verdict);
    if (verdict->kind == VerdictKind::kRefused) {
      CHECK(verdict->reason != Status::ERR_SDP_CRYPTO);
      continue;
    }
    CHECK(engine.agreement().is_secure);
    CHECK(engine.agreement().remote_key.lifetime == 1u << 20);
    check_legal(text, engine.text);
  }
}

TEST_CASE("descriptions of others never break the parser or a rule") {
  for (const char* folder : {"pjsip-seeds", "sdp-transform", "webrtc-fuzz", "rfc-examples"}) {
    const std::string path = std::string("sdp/") + folder;
    if (!has_vectors(path)) continue;
    for (const std::string& name : list_vectors(path)) {
      const std::string text = folder_file(folder, name);
      INFO(folder << "/" << name);
      const Guarded input{std::string_view(text)};
      for (const SrtpPolicy policy :
           {SrtpPolicy::kRequired, SrtpPolicy::kPreferred, SrtpPolicy::kOff}) {
        Engine engine(local_media(policy));
        const auto verdict = engine.answer(input.text());
        REQUIRE(verdict);
        if (verdict->kind == VerdictKind::kRefused) continue;
        if (policy == SrtpPolicy::kRequired) CHECK(engine.agreement().is_secure);
        check_legal(text, engine.text);
      }
    }
  }
}
