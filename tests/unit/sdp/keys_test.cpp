// Our keys, over many sessions.
#include <set>
#include <string>
#include <vector>

#include "engines.h"

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

TEST_CASE("RFC 3711 9.1: every key of ours is fresh: of each session, line, side and rekey") {
  std::set<std::string> seen;
  size_t count = 0;
  const auto note = [&](const std::string& text) {
    for (size_t at = text.find("inline:"); at != std::string::npos; at = text.find("inline:", at)) {
      at += 7;
      seen.insert(text.substr(at, text.find_first_of("|\r", at) - at));
      ++count;
    }
  };
  CountingRandom shared(3);
  for (int round = 0; round < 20; ++round) {
    auto caller = *OfferAnswer::create(local_media(), shared);
    auto callee = *OfferAnswer::create(local_media(), shared);
    std::vector<uint8_t> room(8192);
    for (const bool rekey : {false, true, true}) {
      bytes::Writer offer(room);
      REQUIRE(caller.offer({false, rekey, false}, offer));
      const std::string offered(as_text(offer.written()));
      note(offered);
      bytes::Writer answer(room);
      REQUIRE(callee.answer(offered, answer));
      const std::string answered(as_text(answer.written()));
      note(answered);
      REQUIRE(caller.accept_answer(answered));
      CHECK_FALSE(secure::equal(caller.agreement()->local_key.key_and_salt.view(),
                                caller.agreement()->remote_key.key_and_salt.view()));
    }
  }
  CHECK(count >= 20 * 3 * 2);
  CHECK(seen.size() == count);
}
