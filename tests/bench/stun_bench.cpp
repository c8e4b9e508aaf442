// Connectivity checks of a full agent, each verified and answered by ours, against the one thing
// that must be computed: HMAC-SHA1 over the request and over the response.
#include <array>
#include <cstdlib>
#include <vector>

#include "bench/harness.h"
#include "crypto/hmac_sha1.h"
#include "ice/agent.h"
#include "support/allocator.h"

using namespace voxlock;

namespace {

constexpr size_t kChecks = 4096;  // many more than the agent takes for repetitions
constexpr double kMostOfFloor = 3;

void must(bool holds) {
  if (!holds) std::abort();
}

struct World {
  World() {
    local.family = remote.family = 4;
    local.ip = {192, 0, 2, 1};
    remote.ip = {198, 51, 100, 7};
    local.port = remote.port = 5000;
    ice::AgentConfig config;
    config.local = std::span(&local, 1);
    auto made = ice::Agent::create(host.context, config, host.random);
    must(made.has_value());
    agent = *std::move(made);
    must(agent->set_remote("peer", "0123456789abcdef012345").has_value());
    for (size_t i = 0; i < kChecks; ++i) checks.push_back(make_check());
  }
  std::vector<uint8_t> make_check() {
    uint8_t id[ice::stun::kTransactionIdLen];
    must(host.random.fill(id).has_value());
    std::vector<uint8_t> raw(256);
    using ice::stun::Attribute;
    ice::stun::Builder out(raw, ice::stun::Class::kRequest, ice::stun::kBinding, id);
    const std::string name = std::string(agent->local_ufrag()) + ":peer";
    out.put(Attribute::kUsername, as_bytes(name));
    out.put_u32(Attribute::kPriority, 0x6e7f1eff);
    out.put_u64(Attribute::kIceControlling, 77);
    crypto::Hmac key(crypto::HashId::kSha1, as_bytes(agent->local_pwd()));
    must(out.put_integrity(key).has_value());
    out.put_fingerprint();
    raw.resize(out.size());
    return raw;
  }
  size_t check(size_t i) {
    const auto len = agent->receive(checks[i % kChecks], remote, 0, response, now += 1000);
    must(len && *len != 0);
    bench::keep(response);
    return *len;
  }

  test::TestContext host;
  Address local, remote;
  Box<ice::Agent> agent{nullptr, {nullptr}};
  std::vector<std::vector<uint8_t>> checks;
  std::array<uint8_t, ice::kMaxResponse> response{};
  uint64_t now = kNsPerSecond;
};

}  // namespace

VOXLOCK_BENCH(stun) {
  World world;
  const size_t response_len = world.check(0);
  // What is signed: all in front of MESSAGE-INTEGRITY and FINGERPRINT.
  constexpr size_t kBehind = 24 + 8;
  crypto::HmacSha1 hmac;
  hmac.set_key(as_bytes(world.agent->local_pwd()));
  std::array<uint8_t, crypto::HmacSha1::kTagLen> tag{};
  const auto sign = [&](ByteView data) {
    hmac.start();
    hmac.update(data.first(data.size() - kBehind));
    hmac.finish(tag);
    bench::keep(tag);
  };
  const auto ns = bench::measure_ns({
      [&, i = size_t{1}](size_t n) mutable {
        while (n-- > 0) (void)world.check(i++);
      },
      [&, i = size_t{1}](size_t n) mutable {
        while (n-- > 0) {
          sign(world.checks[i++ % kChecks]);
          sign(ByteView(world.response).first(response_len));
        }
      },
  });
  must(world.agent->stats().repeated == 0);
  table.add({"stun: a check verified and answered, against its two HMAC-SHA1", ns[0] / ns[1],
             "ratio", kMostOfFloor});
  table.add({"stun: checks a second and core", 1e9 / ns[0], "checks", {}});
  const uint64_t before = world.host.allocator.count;
  for (size_t i = 0; i < 1000; ++i) (void)world.check(i);
  table.add({"stun: allocations in 1000 checks",
             static_cast<double>(world.host.allocator.count - before), "count", 0});
}
