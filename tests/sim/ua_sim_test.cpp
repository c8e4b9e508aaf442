// Two user agents and their hosts: thousands of calls in random order of commands, delays, lost
// connections and dead networks, on a virtual clock. VOXLOCK_SIM_SEED repeats a run.
#include <cstdlib>
#include <set>

#include "unit/ua/network.h"

using namespace voxlock;
using namespace voxlock::test;
using ua::EventType;

namespace {

constexpr std::string_view kSdp =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
constexpr size_t kSteps = 6000;
constexpr uint64_t kBytesPerObject = 8192;  // a transaction keeps its request and its response

uint32_t seed() {
  const char* text = std::getenv("VOXLOCK_SIM_SEED");
  return text == nullptr ? 1 : static_cast<uint32_t>(std::strtoul(text, nullptr, 10));
}

ua::Config config() {
  ua::Config out;
  out.limits.connections = 8;
  out.limits.calls = 24;
  out.limits.transactions = 64;
  out.limits.message_len = 4096;
  out.limits.output_len = 8 * 4096;
  return out;
}

// A host that knows which calls live, and says so where an event or a status contradicts that.
struct Host {
  Host(Phone& its_phone, std::string its_peer)
      : phone(its_phone),
        peer(std::move(its_peer)),
        base_bytes(phone.context.allocator.live_bytes) {}

  void take_events(Network& net) {
    while (!phone.events.empty()) {
      const Seen seen = phone.events.front();
      phone.events.pop_front();
      const EventType type = seen.event.type;
      if (type == EventType::kClose) {
        net.close(phone, seen.event.connection);
      } else if (type != EventType::kResult) {
        take_call_event(type, seen.event.call);
      }
    }
    phone.sent.clear();
  }
  void take_call_event(EventType type, uint64_t call) {
    INFO(phone.name << " event " << static_cast<int>(type) << " call " << call);
    if (type == EventType::kIncoming) {
      REQUIRE_FALSE(live.contains(call));
      REQUIRE_FALSE(ended.contains(call));
      live.insert(call);
      ++calls;
      return;
    }
    // One ENDED for each call, and nothing after it.
    REQUIRE(live.contains(call));
    if (type != EventType::kEnded) return;
    live.erase(call);
    ended.insert(call);
  }
  void start(Network& net, bool with_offer) {
    ua::Invite invite;
    invite.to = peer;
    if (with_offer) invite.sdp = as_bytes(kSdp);
    const auto id = phone.endpoint->invite(invite, net.now);
    if (!id) {
      REQUIRE((id.error() == Status::ERR_LIMIT || id.error() == Status::ERR_UA_DRAIN));
      return;
    }
    REQUIRE_FALSE(live.contains(*id));
    REQUIRE_FALSE(ended.contains(*id));
    live.insert(*id);
    ++calls;
  }
  // A command on a call that lives may come at the wrong time, but the call is known.
  void command(Network& net, uint32_t what, uint32_t which) {
    if (live.empty()) return;
    const uint64_t call =
        *std::next(live.begin(), static_cast<std::ptrdiff_t>(which % live.size()));
    Result<void> result;
    switch (what) {
      case 0:
        result = phone.endpoint->ring(call, 180, {}, net.now);
        break;
      case 1:
      case 2:
      case 3:
        result = phone.endpoint->answer(call, as_bytes(kSdp), net.now);
        break;
      case 4:
        result = phone.endpoint->reject(call, {488, {}, 304, "no", 0}, net.now);
        break;
      case 5:
        result = phone.endpoint->offer(call, as_bytes(kSdp), net.now);
        break;
      case 6:
        result = phone.endpoint->offer(call, {}, net.now);
        break;
      default:
        result = phone.endpoint->hangup(call, net.now);
        break;
    }
    INFO(phone.name << " command " << what << " call " << call);
    if (!result) REQUIRE(result.error() != Status::ERR_UA_NO_CALL);
    if (!result) REQUIRE(result.error() != Status::ERR_INTERNAL);
  }
  void check_memory() const {
    const ua::Limits limits = config().limits;
    const uint64_t most = base_bytes +
                          limits.connections * (2 * limits.message_len + kBytesPerObject) +
                          (limits.calls + limits.transactions) * kBytesPerObject;
    REQUIRE(phone.context.allocator.live_bytes <= most);
  }

  Phone& phone;
  std::string peer;
  uint64_t base_bytes;
  std::set<uint64_t> live, ended;
  size_t calls = 0;
};

struct World {
  explicit World(uint32_t seed)
      : net(seed),
        random(seed),
        a(net.add("a.example", config()), "sip:b@b.example;transport=tcp"),
        b(net.add("b.example", config()), "sip:a@a.example;transport=tcp") {}

  void step() {
    Host& host = random() % 2 == 0 ? a : b;
    const uint32_t dice = random() % 100;
    if (dice < 35) {
      host.start(net, random() % 4 != 0);
    } else if (dice < 95) {
      host.command(net, random() % 10, random());
    } else if (dice < 98) {
      net.close_one(random());
    } else {
      net.drops_transmits = random() % 4 == 0;
    }
    // Mostly so short that messages cross, at times so long that timers run out.
    net.run(random() % 50 == 0 ? random() % 40 * ua::kSecond : random() % 400 * ua::kMillisecond);
    check();
  }
  void check() {
    for (Host* host : {&a, &b}) {
      host->take_events(net);
      host->check_memory();
    }
  }
  void end_all() {
    net.drops_transmits = false;
    for (int round = 0; round < 40 && !(a.live.empty() && b.live.empty()); ++round) {
      for (Host* host : {&a, &b}) {
        for (uint32_t i = 0; i < config().limits.calls; ++i) {
          host->command(net, 9, i);
          net.drain();
          check();
        }
      }
      net.run(20 * ua::kSecond);
      check();
    }
    net.run(300 * ua::kSecond);
    check();
    for (int i = 0; i < 16; ++i) net.close_one(0);
    check();
  }

  Network net;
  std::mt19937 random;
  Host a, b;
};

}  // namespace

TEST_CASE("random calls of two user agents: each ends once, and nothing is kept") {
  const uint32_t its_seed = seed();
  INFO("VOXLOCK_SIM_SEED=" << its_seed);
  World world(its_seed);
  for (size_t i = 0; i < kSteps; ++i) {
    INFO("step " << i);
    world.step();
  }
  world.end_all();
  CHECK(world.a.calls + world.b.calls > 1000);
  for (const Host* host : {&world.a, &world.b}) {
    INFO(host->phone.name << ", " << host->calls << " calls");
    CHECK(host->live.empty());
    CHECK(host->ended.size() == host->calls);
    CHECK(host->phone.endpoint->stats().calls == 0);
    CHECK(host->phone.endpoint->stats().transactions == 0);
    CHECK(host->phone.endpoint->stats().connections == 0);
    CHECK(host->phone.endpoint->next_deadline() == ua::kNever);
    CHECK(host->phone.context.allocator.live_bytes == host->base_bytes);
  }
}
