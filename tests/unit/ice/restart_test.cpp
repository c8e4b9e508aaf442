// ICE restart: RFC 8445, section 9.
#include "unit/ice/peer.h"

using namespace voxlock;
using namespace voxlock::ice;
using namespace voxlock::test;

namespace {

struct Restarted : Network {
  Restarted() {
    set_remote();
    CHECK(check(kHome, true) == 0);
    (void)event();
    old_plan = plan();
    REQUIRE(agent->restart("", "", host.random));
  }
  // A check with the credentials from before the restart.
  int check_old(const Address& from, bool nominate = false) {
    RequestPlan request = plan();
    request.username = old_plan.username;
    request.password = old_plan.password;
    request.use_candidate = nominate;
    return ask(request, from);
  }
  RequestPlan old_plan;
};

}  // namespace

TEST_CASE("RFC 8445 9: the old pair carries media until a new one is selected") {
  Restarted net;
  CHECK(net.old_plan.username.substr(0, 8) != net.agent->local_ufrag());
  CHECK(net.old_plan.password != net.agent->local_pwd());
  CHECK(net.agent->selected()->path.remote == kHome);
  CHECK(net.agent->has_consent());
  CHECK(net.check_old(kHome) == 0);
  // Both credentials at once, never mixed.
  RequestPlan mixed = net.plan();
  mixed.password = net.old_plan.password;
  CHECK(net.ask(mixed, kHome) == 401);
  net.peer_ufrag = "peer2";
  net.set_remote();
  CHECK(net.check(kOther) == 0);
  CHECK(net.agent->selected()->path.remote == kHome);
  CHECK(net.agent->is_authenticated(0, kHome));
  CHECK(net.agent->is_authenticated(0, kOther));
  CHECK(net.check(kOther, true) == 0);
  CHECK(net.event() == "selected 0 41000");
  // The old credentials have served.
  CHECK(net.check_old(kHome) == 401);
  CHECK_FALSE(net.agent->is_authenticated(0, kHome));
}

TEST_CASE("the same address in both generations is two pairs") {
  Restarted net;
  net.peer_ufrag = "peer2";
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.event() == "selected 0 40000");
  CHECK(net.check_old(kHome, true) == 401);
  CHECK(net.agent->has_consent());
}

TEST_CASE("old checks keep the old pair's consent, new ones do not") {
  Restarted net;
  net.peer_ufrag = "peer2";
  net.set_remote();
  for (int i = 0; i < 40; ++i) {
    net.wait_ms(1000);
    CHECK(net.check_old(kHome) == 0);
  }
  CHECK(net.agent->has_consent());
  for (int i = 0; i < 30; ++i) {
    net.wait_ms(1000);
    CHECK(net.check(kHome) == 0);
  }
  CHECK(net.event() == "lost");
  CHECK(net.check(kHome, true) == 0);
  CHECK(net.event() == "selected 0 40000");
}

TEST_CASE("a second restart before the first one served keeps the pair in use") {
  Restarted net;
  const RequestPlan middle = net.plan();
  REQUIRE(net.agent->restart("", "", net.host.random));
  CHECK(net.check_old(kHome) == 0);
  CHECK(net.ask(middle, kHome) == 401);
  CHECK(net.agent->selected()->path.remote == kHome);
  net.set_remote();
  CHECK(net.check(kOther, true) == 0);
  CHECK(net.event() == "selected 0 41000");
  CHECK(net.check_old(kHome) == 401);
}

TEST_CASE("a restart before anything was selected keeps one old generation") {
  Network net;
  net.set_remote();
  const RequestPlan first = net.plan();
  REQUIRE(net.agent->restart("", "", net.host.random));
  const RequestPlan second = net.plan();
  CHECK(net.ask(first, kHome) == 0);
  REQUIRE(net.agent->restart("", "", net.host.random));
  CHECK(net.ask(first, kHome) == 401);
  CHECK(net.ask(second, kHome) == 0);
  CHECK_FALSE(net.agent->is_authenticated(0, kOther));
}

TEST_CASE("RFC 8445 9: given credentials must differ from those in use") {
  Network net;
  const std::string ufrag(net.agent->local_ufrag());
  const uint64_t before = net.agent->state_hash();
  const std::string pwd(22, 'q');
  CHECK(net.agent->restart(ufrag, pwd, net.host.random).error() == Status::ERR_ICE_CREDENTIAL);
  CHECK(net.agent->restart("abc", pwd, net.host.random).error() == Status::ERR_ICE_CREDENTIAL);
  CHECK(net.agent->state_hash() == before);
  REQUIRE(net.agent->restart("fresh", pwd, net.host.random));
  CHECK(net.agent->local_ufrag() == "fresh");
  CHECK(net.agent->local_pwd() == pwd);
  CHECK(net.agent->restart(ufrag, pwd, net.host.random).error() == Status::ERR_ICE_CREDENTIAL);
}

TEST_CASE("a restart without memory or entropy changes nothing") {
  Network net;
  net.set_remote();
  CHECK(net.check(kHome, true) == 0);
  const uint64_t before = net.agent->state_hash();
  net.host.allocator.fail_after(0, true);
  CHECK_THROWS_AS(net.agent->restart("", "", net.host.random), std::bad_alloc);
  net.host.allocator.never_fail();
  crypto::Drbg unseeded;
  CHECK(net.agent->restart("", "", unseeded).error() == Status::ERR_ENTROPY);
  CHECK(net.agent->state_hash() == before);
  CHECK(net.check(kHome) == 0);
}
