// A full, controlling agent reduced to the requests it sends, and an agent under test.
#pragma once

#include <string>
#include <vector>

#include "ice/agent.h"
#include "support/allocator.h"
#include "support/catch.h"

namespace voxlock::test {

inline constexpr uint64_t kStartNs = 1'000'000'000'000;

inline Address address_of(std::string_view ip, uint16_t port) {
  Address out = *parse_ip(ip);
  out.port = port;
  return out;
}

// What a request holds; the defaults are a right one.
struct RequestPlan {
  std::string username;
  std::string password;
  std::vector<uint8_t> transaction_id;
  uint32_t priority = 0x6e7f1eff;
  bool has_priority = true;
  bool use_candidate = false;
  bool controlled = false;
  bool has_integrity = true;
  bool has_fingerprint = true;
  std::vector<uint16_t> unknown;
  ice::stun::Class message_class = ice::stun::Class::kRequest;
  uint16_t method = ice::stun::kBinding;
};

inline std::vector<uint8_t> build(const RequestPlan& plan) {
  using ice::stun::Attribute;
  uint8_t buffer[2048];
  ice::stun::Builder out(buffer, plan.message_class, plan.method, plan.transaction_id);
  if (!plan.username.empty()) out.put(Attribute::kUsername, as_bytes(plan.username));
  if (plan.has_priority) out.put_u32(Attribute::kPriority, plan.priority);
  out.put_u64(plan.controlled ? Attribute::kIceControlled : Attribute::kIceControlling, 77);
  if (plan.use_candidate) out.put_flag(Attribute::kUseCandidate);
  for (const uint16_t type : plan.unknown) out.put(static_cast<Attribute>(type), as_bytes("xyz"));
  // Of the kind that may be ignored (NETWORK-COST).
  out.put_u32(static_cast<Attribute>(0xc057), 10);
  if (plan.has_integrity) {
    crypto::Hmac key(crypto::HashId::kSha1, as_bytes(plan.password));
    REQUIRE(out.put_integrity(key));
  }
  if (plan.has_fingerprint) out.put_fingerprint();
  REQUIRE(out.ok());
  return {buffer, buffer + out.size()};
}

class Network {
 public:
  explicit Network(ice::AgentConfig config = {}) {
    if (config.local.empty()) config.local = locals;
    auto made = ice::Agent::create(host.context, config, host.random);
    REQUIRE(made);
    agent = std::move(*made);
  }

  // A right request with a transaction id of its own.
  RequestPlan plan() {
    RequestPlan out;
    out.username = std::string(agent->local_ufrag()) + ":" + peer_ufrag;
    out.password = agent->local_pwd();
    out.transaction_id.assign(12, 0x5a);
    for (size_t i = 0; i < 4; ++i) out.transaction_id[i] = static_cast<uint8_t>(next_id >> 8 * i);
    ++next_id;
    return out;
  }
  std::vector<uint8_t> send(const std::vector<uint8_t>& datagram, const Address& from,
                            uint32_t local = 0) {
    uint8_t response[ice::kMaxResponse];
    const auto len = agent->receive(datagram, from, local, response, now_ns);
    REQUIRE(len);
    return {response, response + *len};
  }
  // The error code of the response: 0 for success, -1 for none.
  int ask(const RequestPlan& request, const Address& from, uint32_t local = 0) {
    const auto response = send(build(request), from, local);
    if (response.empty()) return -1;
    const auto message = ice::stun::Message::parse(response);
    REQUIRE(message);
    CHECK(message->has_fingerprint());
    CHECK(as_text(message->transaction_id()) == as_text(request.transaction_id));
    if (message->message_class() == ice::stun::Class::kSuccess) return 0;
    REQUIRE(message->error_code());
    return *message->error_code();
  }
  int check(const Address& from, bool nominate = false, uint32_t local = 0) {
    RequestPlan request = plan();
    request.use_candidate = nominate;
    return ask(request, from, local);
  }
  void set_remote() { REQUIRE(agent->set_remote(peer_ufrag, peer_pwd)); }
  void wait_ms(uint64_t ms) {
    now_ns += ms * kNsPerMs;
    agent->advance(now_ns);
  }
  // The next event in words.
  std::string event() {
    const ice::Event event = agent->poll();
    const std::string names[] = {"none", "selected", "lost", "restored"};
    std::string out = names[static_cast<size_t>(event.type)];
    if (event.type == ice::EventType::kSelected)
      out += " " + std::to_string(event.local) + " " + std::to_string(event.remote.port);
    return out;
  }

  TestContext host;
  std::array<Address, 2> locals{address_of("192.0.2.1", 5000), address_of("2001:db8::1", 5000)};
  std::string peer_ufrag = "peer";
  std::string peer_pwd = "0123456789012345678901";
  uint32_t next_id = 1;
  uint64_t now_ns = kStartNs;
  Box<ice::Agent> agent{nullptr, {nullptr}};
};

inline const Address kHome = address_of("198.51.100.7", 40000);
inline const Address kOther = address_of("203.0.113.9", 41000);

}  // namespace voxlock::test
