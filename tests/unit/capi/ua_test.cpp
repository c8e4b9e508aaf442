#include "voxlock/ua.h"

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/stack.h"
#include "voxlock/checkpoint.h"

using voxlock::test::TestAllocator;

namespace {

constexpr char kSdp[] =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";
const auto* kSdpBytes = reinterpret_cast<const uint8_t*>(kSdp);
constexpr size_t kSdpLen = sizeof kSdp - 1;

struct Side {
  voxlock_ua* ua = nullptr;
  uint64_t connection = 0;
  uint64_t call = 0;
  std::map<uint32_t, int> seen;
  std::string digits, bodies;                    // of INFO
  voxlock::test::PaintedStack* stack = nullptr;  // what it takes in runs on this one
  bool has_traces = false;
};

voxlock_ua_config config_for(const char* host) {
  voxlock_ua_config config;
  REQUIRE(voxlock_ua_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.host = host;
  config.host_len = std::strlen(host);
  config.max_connections = config.max_calls = 2;
  config.max_transactions = 8;
  config.max_message = 4096;
  config.max_output = 32768;
  return config;
}

// Moves what one side has to say to the other. True where there was anything.
bool pump(Side& from, Side& to, uint64_t now) {
  voxlock_ua_event events[4];
  std::vector<uint8_t> arena(16384);
  size_t count = 0;
  size_t len = arena.size();
  REQUIRE(voxlock_ua_poll(from.ua, events, 4, &count, arena.data(), &len, now) == VOXLOCK_OK);
  for (size_t i = 0; i < count; ++i) {
    const voxlock_ua_event& event = events[i];
    ++from.seen[event.type];
    if (event.type == VOXLOCK_UA_EV_CONNECT) {
      from.connection = event.connection;
      if (voxlock_ua_accept(to.ua, VOXLOCK_UA_TCP, "192.0.2.1", 9, 4000, &to.connection, now) !=
          VOXLOCK_OK)
        continue;
      (void)voxlock_ua_connected(from.ua, event.connection, now);
    } else if (event.type == VOXLOCK_UA_EV_TRANSMIT) {
      size_t taken = 0;
      const auto feed = [&] {
        (void)voxlock_ua_input(to.ua, to.connection, arena.data() + event.data_offset,
                               event.data_len, &taken, now);
      };
      if (to.stack == nullptr) {
        feed();
      } else {
        to.stack->run(feed);
        to.has_traces = to.has_traces || to.stack->has_traces();
      }
    } else if (event.type == VOXLOCK_UA_EV_INCOMING) {
      from.call = event.call;
    } else if (event.type == VOXLOCK_UA_EV_DIGIT) {
      from.digits.push_back(static_cast<char>(event.digit));
      from.bodies.append(reinterpret_cast<const char*>(arena.data()) + event.sdp_offset,
                         event.sdp_len);
    }
  }
  return count != 0;
}

void settle(Side& a, Side& b, uint64_t now) {
  bool is_busy = true;
  while (is_busy) {
    is_busy = pump(a, b, now);
    is_busy = pump(b, a, now) || is_busy;
  }
}

int32_t start(Side& side) {
  voxlock_ua_invite_config invite;
  REQUIRE(voxlock_ua_invite_config_init(&invite, sizeof invite) == VOXLOCK_OK);
  invite.to = "sip:bob@b.example;transport=tcp";
  invite.to_len = std::strlen(invite.to);
  invite.sdp = kSdpBytes;
  invite.sdp_len = kSdpLen;
  return voxlock_ua_invite(side.ua, &invite, &side.call, 0);
}

// A call, a re-INVITE and a BYE; every status but the three of a lack of memory fails the test.
void whole_call(Side& a, Side& b) {
  if (start(a) != VOXLOCK_OK) return;
  settle(a, b, 0);
  (void)voxlock_ua_ring(b.ua, b.call, 180, nullptr, 0, 0);
  settle(a, b, 0);
  static const char kHeaders[] = "X-Room: blue\r\n";
  (void)voxlock_ua_answer_headers(b.ua, b.call, kSdpBytes, kSdpLen, kHeaders, sizeof kHeaders - 1,
                                  0);
  settle(a, b, 0);
  (void)voxlock_ua_offer(b.ua, b.call, kSdpBytes, kSdpLen, 0);
  settle(a, b, 0);
  (void)voxlock_ua_answer(a.ua, a.call, kSdpBytes, kSdpLen, 0);
  settle(a, b, 0);
  (void)voxlock_ua_send_digit(a.ua, a.call, '5', 160, VOXLOCK_UA_DTMF_RELAY, 0);
  settle(a, b, 0);
  (void)voxlock_ua_send_digit(b.ua, b.call, '#', 0, VOXLOCK_UA_DTMF_PLAIN, 0);
  settle(a, b, 0);
  (void)voxlock_ua_hangup(a.ua, a.call, 0);
  settle(a, b, 0);
}

}  // namespace

TEST_CASE("a call runs through the C functions") {
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
  Side a, b;
  voxlock::test::PaintedStack stack;
  b.stack = &stack;
  const auto config_a = config_for("a.example");
  const auto config_b = config_for("b.example");
  REQUIRE(voxlock_ua_new(ctx, &config_a, &a.ua) == VOXLOCK_OK);
  REQUIRE(voxlock_ua_new(ctx, &config_b, &b.ua) == VOXLOCK_OK);
  voxlock_context_free(ctx);
  whole_call(a, b);
  CHECK_FALSE(b.has_traces);  // of the digit
  CHECK(a.seen[VOXLOCK_UA_EV_PROGRESS] == 1);
  CHECK(a.seen[VOXLOCK_UA_EV_ANSWERED] == 1);
  CHECK(a.seen[VOXLOCK_UA_EV_OFFER] == 1);
  CHECK(b.seen[VOXLOCK_UA_EV_UPDATED] == 1);
  CHECK(a.seen[VOXLOCK_UA_EV_ENDED] == 1);
  CHECK(b.seen[VOXLOCK_UA_EV_ENDED] == 1);
  CHECK(a.digits == "#");
  CHECK(a.bodies == "#");
  CHECK(b.digits == "5");
  CHECK(b.bodies == "Signal=5\r\nDuration=160\r\n");
  voxlock_ua_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_ua_get_stats(b.ua, &stats) == VOXLOCK_OK);
  CHECK(stats.calls == 0);
  CHECK(stats.requests_in == 4);  // INVITE, ACK, INFO, BYE
  CHECK(voxlock_ua_hangup(a.ua, a.call, 0) == VOXLOCK_ERR_UA_NO_CALL);
  voxlock_ua_free(a.ua);
  voxlock_ua_free(b.ua);
  voxlock_ua_free(nullptr);
}

TEST_CASE("an event that does not fit stays, with its size told") {
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
  Side a;
  const auto config = config_for("a.example");
  REQUIRE(voxlock_ua_new(ctx, &config, &a.ua) == VOXLOCK_OK);
  REQUIRE(start(a) == VOXLOCK_OK);
  voxlock_ua_event event;
  size_t count = 9;
  size_t len = 0;
  CHECK(voxlock_ua_poll(a.ua, &event, 1, &count, nullptr, &len, 0) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(count == 0);
  CHECK(len == 9);
  uint8_t arena[9];
  REQUIRE(voxlock_ua_poll(a.ua, &event, 1, &count, arena, &len, 0) == VOXLOCK_OK);
  CHECK(count == 1);
  CHECK(event.type == VOXLOCK_UA_EV_CONNECT);
  CHECK(std::string(reinterpret_cast<char*>(arena), len) == "b.example");
  CHECK(voxlock_ua_connected(a.ua, event.connection, 0) == VOXLOCK_OK);
  CHECK(voxlock_ua_connected(a.ua, event.connection, 0) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_ua_answer(a.ua, a.call, kSdpBytes, kSdpLen, 0) == VOXLOCK_ERR_WRONG_STATE);
  voxlock_ua_free(a.ua);
  voxlock_context_free(ctx);
}

TEST_CASE("bad arguments of the user agent have their own statuses") {
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
  voxlock_ua* ua = nullptr;
  auto config = config_for("a.example");
  CHECK(voxlock_ua_new(nullptr, &config, &ua) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_new(ctx, &config, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_new(ctx, nullptr, &ua) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config.struct_size = 2;
  CHECK(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_ERR_STRUCT_SIZE);
  config = config_for("a.example");
  config.max_output = 4096;
  CHECK(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config = config_for("a.example");
  config.session_expires_s = 89;
  CHECK(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_ERR_INVALID_ARGUMENT);
  // A host built before these fields were there gets their defaults.
  config.struct_size = offsetof(voxlock_ua_config, session_expires_s);
  REQUIRE(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_OK);
  voxlock_ua_free(ua);
  ua = nullptr;
  config = config_for("bad host");
  CHECK(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(ua == nullptr);
  uint64_t id = 0;
  size_t n = 0;
  CHECK(voxlock_ua_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_accept(nullptr, 1, nullptr, 0, 0, &id, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_connected(nullptr, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_closed(nullptr, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_input(nullptr, 1, nullptr, 0, &n, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_poll(nullptr, nullptr, 0, &n, nullptr, &n, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_next_deadline(nullptr) == UINT64_MAX);
  CHECK(voxlock_ua_invite(nullptr, nullptr, &id, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_options(nullptr, nullptr, &id, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_ring(nullptr, 1, 180, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_answer(nullptr, 1, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_answer_headers(nullptr, 1, kSdpBytes, kSdpLen, nullptr, 0, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_reject(nullptr, 1, nullptr, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_offer(nullptr, 1, nullptr, 0, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_send_digit(nullptr, 1, '5', 0, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_hangup(nullptr, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_set_credentials(nullptr, "", "", "", "") == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_set_account(nullptr, "", "") == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_get_stats(nullptr, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config = config_for("a.example");
  REQUIRE(voxlock_ua_new(ctx, &config, &ua) == VOXLOCK_OK);
  CHECK(voxlock_ua_accept(ua, 9, nullptr, 0, 0, &id, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_ua_input(ua, 5, nullptr, 0, &n, 0) == VOXLOCK_ERR_UA_NO_CONNECTION);
  CHECK(voxlock_ua_set_account(ua, "a", "b") == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_ua_set_credentials(ua, "", "", "a", "b") == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_ua_free(ua);
  voxlock_context_free(ctx);
}

TEST_CASE("every allocation of a call may fail") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      TestAllocator allocator;
      voxlock_context_config context_config;
      REQUIRE(voxlock_context_config_init(&context_config, sizeof context_config) == VOXLOCK_OK);
      context_config.allocator = allocator.raw();
      voxlock_context* ctx = nullptr;
      REQUIRE(voxlock_context_new(&context_config, &ctx) == VOXLOCK_OK);
      allocator.fail_after(n, for_good);
      Side a, b;
      const auto config_a = config_for("a.example");
      const auto config_b = config_for("b.example");
      if (voxlock_ua_new(ctx, &config_a, &a.ua) == VOXLOCK_OK &&
          voxlock_ua_new(ctx, &config_b, &b.ua) == VOXLOCK_OK) {
        whole_call(a, b);
        is_done = !allocator.has_failed;
        // Afterwards the same endpoints hold no more than their limits and run out their timers.
        allocator.never_fail();
        for (uint64_t now = 0; now < 200000000000u; now += 5000000000u) {
          (void)voxlock_ua_hangup(a.ua, a.call, now);
          (void)voxlock_ua_hangup(b.ua, b.call, now);
          settle(a, b, now);
        }
        for (const Side* side : {&a, &b}) {
          voxlock_ua_stats stats{};
          stats.struct_size = sizeof stats;
          REQUIRE(voxlock_ua_get_stats(side->ua, &stats) == VOXLOCK_OK);
          INFO("allocation " << n);
          CHECK(stats.calls == 0);
          CHECK(stats.transactions == 0);
        }
      }
      voxlock_ua_free(a.ua);
      voxlock_ua_free(b.ua);
      voxlock_context_free(ctx);
      CHECK(allocator.live_blocks == 0);
    }
  }
}

TEST_CASE("RFC 3261 12: a call's dialog goes on in another user agent, in both directions") {
  const std::array<uint8_t, VOXLOCK_CHECKPOINT_KEY> key{4, 5, 6};
  for (const bool is_caller : {true, false}) {
    INFO("the caller's side fails over " << is_caller);
    voxlock_context* ctx = nullptr;
    REQUIRE(voxlock_context_new(nullptr, &ctx) == VOXLOCK_OK);
    Side a, b, next;
    const auto config_a = config_for("a.example");
    const auto config_b = config_for("b.example");
    REQUIRE(voxlock_ua_new(ctx, &config_a, &a.ua) == VOXLOCK_OK);
    REQUIRE(voxlock_ua_new(ctx, &config_b, &b.ua) == VOXLOCK_OK);
    REQUIRE(voxlock_ua_new(ctx, is_caller ? &config_a : &config_b, &next.ua) == VOXLOCK_OK);
    REQUIRE(start(a) == VOXLOCK_OK);
    settle(a, b, 0);
    Side& former = is_caller ? a : b;
    Side& peer = is_caller ? b : a;
    voxlock_checkpoint_config config;
    REQUIRE(voxlock_checkpoint_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.key = key.data();
    config.key_len = key.size();
    config.epoch = 3;
    std::vector<uint8_t> blob(4096);
    size_t len = blob.size();
    CHECK(voxlock_ua_export(former.ua, former.call, &config, blob.data(), &len) ==
          VOXLOCK_ERR_WRONG_STATE);
    REQUIRE(voxlock_ua_answer(b.ua, b.call, kSdpBytes, kSdpLen, 0) == VOXLOCK_OK);
    settle(a, b, 0);
    CHECK(voxlock_ua_export(former.ua, 999, &config, blob.data(), &len) == VOXLOCK_ERR_UA_NO_CALL);
    CHECK(voxlock_ua_export(former.ua, former.call, &config, nullptr, &(len = 0)) ==
          VOXLOCK_ERR_BUFFER_TOO_SMALL);
    REQUIRE(voxlock_ua_export(former.ua, former.call, &config, blob.data(), &len) == VOXLOCK_OK);
    uint64_t call = 0;
    config.epoch = 4;
    CHECK(voxlock_ua_import(next.ua, &config, blob.data(), len, &call, 0) ==
          VOXLOCK_ERR_CHECKPOINT_EPOCH);
    config.epoch = 3;
    CHECK(voxlock_ua_import(former.ua, &config, blob.data(), len, &call, 0) ==
          VOXLOCK_ERR_WRONG_STATE);
    voxlock_leg* leg = nullptr;
    CHECK(voxlock_leg_import(ctx, &config, blob.data(), len, &leg, 0) ==
          VOXLOCK_ERR_CHECKPOINT_FORMAT);
    blob[len / 2] ^= 1;
    CHECK(voxlock_ua_import(next.ua, &config, blob.data(), len, &call, 0) ==
          VOXLOCK_ERR_CHECKPOINT_AUTH);
    blob[len / 2] ^= 1;
    REQUIRE(voxlock_ua_import(next.ua, &config, blob.data(), len, &next.call, 0) == VOXLOCK_OK);
    CHECK(voxlock_ua_import(next.ua, &config, blob.data(), len, &call, 0) ==
          VOXLOCK_ERR_CHECKPOINT_USED);
    // The former process dies: the peer loses its connection, and asks on a new one.
    REQUIRE(voxlock_ua_closed(peer.ua, peer.connection, 0) == VOXLOCK_OK);
    REQUIRE(voxlock_ua_offer(peer.ua, peer.call, kSdpBytes, kSdpLen, 0) == VOXLOCK_OK);
    settle(peer, next, 0);
    CHECK(next.seen[VOXLOCK_UA_EV_OFFER] == 1);
    REQUIRE(voxlock_ua_answer(next.ua, next.call, kSdpBytes, kSdpLen, 0) == VOXLOCK_OK);
    settle(peer, next, 0);
    CHECK(peer.seen[VOXLOCK_UA_EV_UPDATED] == 1);
    REQUIRE(voxlock_ua_hangup(next.ua, next.call, 0) == VOXLOCK_OK);
    settle(next, peer, 0);
    CHECK(peer.seen[VOXLOCK_UA_EV_ENDED] == 1);
    CHECK(next.seen[VOXLOCK_UA_EV_ENDED] == 1);
    for (Side* side : {&a, &b, &next}) voxlock_ua_free(side->ua);
    voxlock_context_free(ctx);
  }
}
