// What a peer may try that wishes us ill.
#include "peer.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

TEST_CASE("RFC 3261 13.2.2.4: success upon success to a call that is gone costs a bounded lot") {
  Bench bench;
  const auto call = bench.bob.endpoint->invite(invite_on(bench.connection), bench.net.now);
  REQUIRE(call);
  bench.net.drain();
  const std::string ok =
      reply_to(bench.bob.sent.back(), "200 OK", "Contact: <sip:x@x.example>\r\n");
  bench.ask(ok);
  bench.bob.expect(EventType::kAnswered);
  REQUIRE(bench.bob.endpoint->hangup(*call, bench.net.now));
  bench.net.drain();
  const std::string bye = bench.bob.sent.back();
  REQUIRE(bye.starts_with("BYE "));
  bench.ask(reply_to(bye, "200 OK"));
  REQUIRE(bench.bob.endpoint->stats().calls == 0);
  for (int i = 0; i < 100; ++i) {
    bench.ask(with(ok, "tag=far", "tag=more" + std::to_string(i)));
    bench.ask(ok);
  }
  // The INVITE's own, which waits for such successes, and a BYE for each of the first forks.
  CHECK(bench.bob.endpoint->stats().transactions == 1 + 16);
}
