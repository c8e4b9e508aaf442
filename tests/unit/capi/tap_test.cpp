#include "voxlock/tap.h"

#include <algorithm>
#include <string>

#include "audio/g711.h"
#include "support/c_legs.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

constexpr uint64_t kFrameNs = 20'000'000;

int32_t count_frames(void* user, const int16_t* in, int16_t* out, size_t samples) {
  ++*static_cast<int*>(user);
  std::copy_n(in, samples, out);
  return 0;
}

// phone - trunk | bridge | room - listener, PCMU throughout and without a denoiser.
struct Call {
  explicit Call(const voxlock_stage* stage = nullptr)
      : phone(leg(host, 1, VOXLOCK_CODEC_PCMU)),
        trunk(leg(host, 2, VOXLOCK_CODEC_PCMU)),
        room(leg(host, 3, VOXLOCK_CODEC_PCMU)),
        listener(leg(host, 4, VOXLOCK_CODEC_PCMU)) {
    voxlock_bridge_config config;
    REQUIRE(voxlock_bridge_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.denoise_db[VOXLOCK_FORWARD] = 0;
    config.stages[VOXLOCK_FORWARD] = stage;
    config.stage_count[VOXLOCK_FORWARD] = stage != nullptr ? 1 : 0;
    REQUIRE(voxlock_bridge_new(host.ctx, trunk, room, &config, &bridge) == VOXLOCK_OK);
    agree(phone, trunk);
    agree(room, listener);
    (void)takes_change();
  }
  ~Call() {
    voxlock_bridge_free(bridge);
    for (voxlock_leg* one : {phone, trunk, room, listener}) voxlock_leg_free(one);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // One packet of a tone that only this one has, as it sounds behind the codec.
  std::vector<int16_t> speak(uint8_t code, uint32_t pause = 0) {
    const std::vector<uint8_t> payload(160, code);
    now += kFrameNs;
    timestamp += 160 + pause;
    REQUIRE(voxlock_leg_send(phone, 0, payload.data(), payload.size(), timestamp, 0, now) ==
            VOXLOCK_OK);
    voxlock_media_event events[8];
    uint8_t arena[4096];
    size_t count = 0;
    REQUIRE(voxlock_leg_poll(phone, events, 8, &count, arena, sizeof arena, now) == VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i) {
      if (events[i].type != VOXLOCK_EV_TRANSMIT) continue;
      const voxlock_datagram datagram{arena + events[i].offset, events[i].len, {}, 0, 0, 0};
      REQUIRE(voxlock_bridge_input(bridge, &datagram, 1, now) == VOXLOCK_OK);
    }
    (void)takes_change();
    std::vector<int16_t> pcm(160);
    audio::ulaw_decode(payload.data(), pcm.data(), pcm.size());
    return pcm;
  }
  // Whether poll tells a change of protection; what goes to the room goes with it.
  bool takes_change() {
    voxlock_media_event events[32];
    std::vector<uint8_t> arena(65536);
    size_t count = 0;
    REQUIRE(voxlock_bridge_poll(bridge, events, 32, &count, arena.data(), arena.size(), now) ==
            VOXLOCK_OK);
    for (size_t i = 0; i < count; ++i)
      sent += events[i].type == VOXLOCK_EV_TRANSMIT && events[i].is_rtcp == 0 ? 1 : 0;
    return std::count_if(events, events + count, [](const voxlock_media_event& event) {
             return event.type == VOXLOCK_EV_PROTECTION;
           }) == 1;
  }
  [[nodiscard]] voxlock_protection protection() const {
    voxlock_protection out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_bridge_protection(bridge, &out) == VOXLOCK_OK);
    return out;
  }
  [[nodiscard]] std::string taps(size_t direction = VOXLOCK_FORWARD) const {
    const voxlock_protection told = protection();
    return std::to_string(told.tap_count[direction]) + ":" + told.taps[direction];
  }
  [[nodiscard]] voxlock_bridge_stats stats() const {
    voxlock_bridge_stats out{};
    out.struct_size = sizeof out;
    REQUIRE(voxlock_bridge_get_stats(bridge, &out) == VOXLOCK_OK);
    return out;
  }
  voxlock_tap* tap(const char* name, voxlock_leg* of, uint32_t buffer_ms = 240) {
    voxlock_tap_config config;
    REQUIRE(voxlock_tap_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.name = name;
    config.buffer_ms = buffer_ms;
    voxlock_tap* out = nullptr;
    REQUIRE(voxlock_tap_new(host.ctx, of, &config, &out) == VOXLOCK_OK);
    return out;
  }

  Host host;
  voxlock_leg *phone, *trunk, *room, *listener;
  voxlock_bridge* bridge = nullptr;
  uint64_t now = 1'000'000'000;
  uint32_t timestamp = 0;
  size_t sent = 0;
};

struct Heard {
  int32_t status = 0;
  std::vector<int16_t> pcm;
  voxlock_tap_frame frame{};
};

Heard read(voxlock_tap* tap) {
  Heard out;
  out.pcm.resize(VOXLOCK_MAX_PACKET_SAMPLES);
  size_t samples = out.pcm.size();
  out.frame.struct_size = sizeof out.frame;
  out.status = voxlock_tap_read(tap, out.pcm.data(), &samples, &out.frame);
  out.pcm.resize(out.status == VOXLOCK_OK ? samples : 0);
  return out;
}

voxlock_stage host_stage(int* calls) {
  voxlock_stage out;
  REQUIRE(voxlock_stage_init(&out, sizeof out, VOXLOCK_STAGE_HOST) == VOXLOCK_OK);
  out.process = count_frames;
  out.user = calls;
  out.sample_rate = 8000;
  out.frame_samples = 160;
  return out;
}

}  // namespace

TEST_CASE("a tap hears what a peer says, and tells where it belongs") {
  CHECK(voxlock_has("taps") == 1);
  Call call;
  (void)call.speak(1);
  voxlock_tap* tap = call.tap(nullptr, call.trunk);
  CHECK(read(tap).pcm.empty());
  const auto first = call.speak(2);
  const auto second = call.speak(3, 800);
  Heard heard = read(tap);
  CHECK(heard.status == VOXLOCK_OK);
  CHECK(heard.pcm == first);
  CHECK(heard.frame.sample_rate == 8000);
  CHECK(heard.frame.position == 160);
  heard = read(tap);
  CHECK(heard.pcm == second);
  CHECK(heard.frame.position == 160 + 160 + 800);
  CHECK(heard.frame.lost == 0);
  CHECK(read(tap).pcm.empty());
  CHECK(call.stats().tapped[VOXLOCK_FORWARD] == 2);
  CHECK(call.stats().tapped[VOXLOCK_BACKWARD] == 0);
  voxlock_tap_free(tap);
}

TEST_CASE("a tap of the other leg hears nothing of this one") {
  Call call;
  voxlock_tap* tap = call.tap("agent", call.room);
  (void)call.speak(2);
  CHECK(read(tap).pcm.empty());
  CHECK(call.taps(VOXLOCK_FORWARD) == "0:");
  CHECK(call.taps(VOXLOCK_BACKWARD) == "1:agent");
  voxlock_tap_free(tap);
}

TEST_CASE("taps are counted and named in the protection, and each change of them is an event") {
  Call call;
  CHECK(call.taps() == "0:");
  CHECK_FALSE(call.takes_change());
  voxlock_tap* agent = call.tap("agent", call.trunk);
  CHECK(call.takes_change());
  CHECK(call.taps() == "1:agent");
  voxlock_tap* recorder = call.tap("recorder", call.trunk);
  CHECK(call.takes_change());
  CHECK(call.taps() == "2:agent,recorder");
  REQUIRE(voxlock_tap_revoke(agent) == VOXLOCK_OK);
  CHECK(call.takes_change());
  CHECK_FALSE(call.takes_change());
  CHECK(call.taps() == "1:recorder");
  // One for another between two polls is a change as well.
  voxlock_tap_free(recorder);
  recorder = call.tap("recorder", call.trunk);
  CHECK(call.takes_change());
  CHECK(call.taps() == "1:recorder");
  voxlock_tap_free(recorder);
  CHECK(call.takes_change());
  CHECK(call.taps() == "0:");
  voxlock_tap_free(agent);
  CHECK_FALSE(call.takes_change());
}

TEST_CASE("a revoked tap gives nothing more, not even what waited, and the call goes on") {
  Call call;
  voxlock_tap* tap = call.tap("agent", call.trunk);
  voxlock_tap* other = call.tap("other", call.trunk);
  call.host.allocator.tracks_blocks = true;
  const auto pcm = call.speak(2);
  REQUIRE(voxlock_tap_revoke(tap) == VOXLOCK_OK);
  CHECK(read(tap).status == VOXLOCK_ERR_TAP_REVOKED);
  const size_t sent = call.sent;
  (void)call.speak(3);
  CHECK(call.sent == sent + 1);
  CHECK(read(tap).status == VOXLOCK_ERR_TAP_REVOKED);
  CHECK(voxlock_tap_revoke(tap) == VOXLOCK_OK);
  CHECK(read(other).pcm == pcm);
  voxlock_tap_free(tap);
  voxlock_tap_free(other);
}

TEST_CASE("what a tap gave or lost is nowhere in the library any more") {
  Call call;
  call.host.allocator.tracks_blocks = true;
  voxlock_tap* tap = call.tap("agent", call.trunk, 120);
  const auto blocks_with = [&](const std::vector<int16_t>& pcm) {
    return call.host.allocator.count_blocks_with(
        {reinterpret_cast<const uint8_t*>(pcm.data()), pcm.size() * 2});
  };
  const auto first = call.speak(2);
  const auto second = call.speak(3);
  CHECK(blocks_with(first) == 1);
  (void)read(tap);
  CHECK(blocks_with(first) == 0);
  CHECK(blocks_with(second) == 1);
  for (uint8_t code = 10; code < 30; ++code) (void)call.speak(code);
  CHECK(blocks_with(second) == 0);
  const auto last = call.speak(40);
  CHECK(blocks_with(last) == 1);
  REQUIRE(voxlock_tap_revoke(tap) == VOXLOCK_OK);
  CHECK(blocks_with(last) == 0);
  voxlock_tap_free(tap);
}

TEST_CASE("a host that does not read loses the oldest frames, and is told how many") {
  Call call;
  voxlock_tap* tap = call.tap("agent", call.trunk, 120);
  std::vector<std::vector<int16_t>> spoken;
  for (uint8_t code = 0; code < 100; ++code) spoken.push_back(call.speak(code));
  const uint64_t allocations = call.host.allocator.count;
  Heard heard = read(tap);
  REQUIRE(heard.frame.lost != 0);
  for (size_t at = heard.frame.lost; at < spoken.size(); ++at) {
    CHECK(heard.pcm == spoken[at]);
    CHECK(heard.frame.position == 160 * at);
    heard = read(tap);
  }
  CHECK(heard.pcm.empty());
  CHECK(call.host.allocator.count == allocations);
  voxlock_tap_free(tap);
}

TEST_CASE("revoking the taps of a bridge takes the audio from its host processors too") {
  int calls = 0;
  const voxlock_stage stage = host_stage(&calls);
  Call call(&stage);
  CHECK(call.taps() == "1:host");
  voxlock_tap* tap = call.tap("agent", call.trunk);
  CHECK(call.taps() == "2:agent,host");
  CHECK(call.takes_change());
  (void)call.speak(2);
  REQUIRE(calls == 1);
  REQUIRE(voxlock_bridge_revoke_taps(call.bridge) == VOXLOCK_OK);
  CHECK(call.takes_change());
  CHECK(call.taps() == "0:");
  const size_t sent = call.sent;
  (void)call.speak(3);
  CHECK(calls == 1);
  CHECK(call.sent == sent + 1);
  CHECK(call.stats().bypassed[VOXLOCK_FORWARD] == 1);
  CHECK(read(tap).status == VOXLOCK_ERR_TAP_REVOKED);
  // Nor by a new one, nor after the lanes were made anew.
  voxlock_tap* second = nullptr;
  CHECK(voxlock_tap_new(call.host.ctx, call.trunk, nullptr, &second) == VOXLOCK_ERR_TAP_REVOKED);
  agree(call.room, call.listener);
  (void)call.speak(4);
  CHECK(calls == 1);
  voxlock_tap_free(tap);
}

TEST_CASE("a relay has no tap, nor has a leg in no bridge") {
  Call call;
  voxlock_tap* tap = reinterpret_cast<voxlock_tap*>(&call);
  CHECK(voxlock_tap_new(call.host.ctx, call.phone, nullptr, &tap) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(tap == nullptr);
  voxlock_relay* relay = nullptr;
  REQUIRE(voxlock_relay_new(call.host.ctx, call.phone, call.listener, nullptr, &relay) ==
          VOXLOCK_OK);
  CHECK(voxlock_tap_new(call.host.ctx, call.phone, nullptr, &tap) == VOXLOCK_ERR_OPAQUE);
  CHECK(voxlock_tap_new(call.host.ctx, call.listener, nullptr, &tap) == VOXLOCK_ERR_OPAQUE);
  voxlock_relay_free(relay);
}

TEST_CASE("bad arguments of a tap are refused, and change nothing") {
  struct Row {
    const char* title;
    uint32_t buffer_ms;
    const char* name;
  };
  const Row kRows[] = {
      {"too short", 119, "a"},   {"too long", 2001, "a"},
      {"no name", 240, ""},      {"a comma", 240, "a,b"},
      {"a control", 240, "a\n"}, {"a name of 24", 240, "abcdefghijklmnopqrstuvwx"}};
  Call call;
  voxlock_tap* tap = nullptr;
  for (const Row& row : kRows) {
    INFO(row.title);
    voxlock_tap_config config;
    REQUIRE(voxlock_tap_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.buffer_ms = row.buffer_ms;
    config.name = row.name;
    CHECK(voxlock_tap_new(call.host.ctx, call.trunk, &config, &tap) ==
          VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK(call.taps() == "0:");
  std::vector<voxlock_tap*> taps;
  for (size_t i = 0; i < VOXLOCK_MAX_TAPS; ++i)
    taps.push_back(call.tap("abcdefghijklmnopqrstuvw", call.trunk));
  CHECK(voxlock_tap_new(call.host.ctx, call.trunk, nullptr, &tap) == VOXLOCK_ERR_LIMIT);
  CHECK(std::string(call.protection().taps[0]).size() == 4 * 23 + 3);
  (void)call.speak(2);
  int16_t pcm[160];
  size_t samples = 159;
  voxlock_tap_frame frame{};
  CHECK(voxlock_tap_read(taps[0], pcm, &samples, &frame) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(samples == 160);
  CHECK(voxlock_tap_read(taps[0], pcm, &samples, &frame) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_tap_read(taps[0], pcm, &samples, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(read(taps[0]).pcm.size() == 160);
  for (voxlock_tap* one : taps) voxlock_tap_free(one);
}

TEST_CASE("tap, bridge and context are freed in any order, also where memory runs out") {
  Call call;
  voxlock_tap* tap = call.tap("agent", call.trunk);
  (void)call.speak(2);
  voxlock_bridge_free(call.bridge);
  CHECK(read(tap).status == VOXLOCK_ERR_TAP_REVOKED);
  CHECK(voxlock_tap_revoke(tap) == VOXLOCK_OK);
  REQUIRE(voxlock_bridge_new(call.host.ctx, call.trunk, call.room, nullptr, &call.bridge) ==
          VOXLOCK_OK);
  voxlock_tap* second = nullptr;
  int32_t status = VOXLOCK_ERR_NO_MEMORY;
  for (uint64_t n = 0; status == VOXLOCK_ERR_NO_MEMORY; ++n) {
    call.host.allocator.fail_after(n, false);
    status = voxlock_tap_new(call.host.ctx, call.trunk, nullptr, &second);
    CHECK((status == VOXLOCK_OK) == (second != nullptr));
    REQUIRE(n < 10);
  }
  CHECK(status == VOXLOCK_OK);
  CHECK(call.taps() == "1:tap");
  voxlock_tap_free(tap);
  voxlock_tap_free(second);
}
