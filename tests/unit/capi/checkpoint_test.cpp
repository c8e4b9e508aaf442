// Calls that go on in another process: here in another context.
#include <memory>
#include <optional>

#include "support/c_end.h"

using namespace voxlock;
using test::Bytes;
using test::End;

namespace {

constexpr uint64_t kFrame = 20'000'000;
constexpr uint64_t kSecond = 1'000'000'000;

const std::array<uint8_t, VOXLOCK_CHECKPOINT_KEY> kKey{1, 2, 3};

voxlock_checkpoint_config config_of(uint64_t epoch = 7, uint32_t allowance = 100) {
  voxlock_checkpoint_config out;
  REQUIRE(voxlock_checkpoint_config_init(&out, sizeof out) == VOXLOCK_OK);
  out.key = kKey.data();
  out.key_len = kKey.size();
  out.epoch = epoch;
  out.allowance = allowance;
  return out;
}

struct Saved {
  Bytes blob;
  uint64_t number = 0;
};

Saved save(voxlock_leg* leg, uint64_t now, uint64_t epoch = 7, uint32_t allowance = 100) {
  const auto config = config_of(epoch, allowance);
  Saved out;
  size_t len = 0;
  REQUIRE(voxlock_leg_export(leg, &config, nullptr, &len, &out.number, now) ==
          VOXLOCK_ERR_BUFFER_TOO_SMALL);
  out.blob.resize(len);
  REQUIRE(voxlock_leg_export(leg, &config, out.blob.data(), &len, &out.number, now) == VOXLOCK_OK);
  REQUIRE(len == out.blob.size());
  return out;
}

int32_t load(voxlock_context* ctx, const Bytes& blob, voxlock_leg** out, uint64_t now,
             uint64_t epoch = 7) {
  const auto config = config_of(epoch);
  return voxlock_leg_import(ctx, &config, blob.data(), blob.size(), out, now);
}

uint16_t sequence_of(const Bytes& packet) {
  return static_cast<uint16_t>(packet[2] << 8 | packet[3]);
}
uint32_t timestamp_of(const Bytes& packet) {
  return bytes::Reader(ByteView(packet).subspan(4)).u32();
}

// A gateway's leg and its peer, agreed.
struct Call {
  test::Host host, other;
  uint64_t now = kSecond;
  std::optional<End> gateway;
  End peer;

  explicit Call(uint32_t suite = 0, int32_t nack = 0) : peer(host, 2, 0, suite, nack) {
    gateway.emplace(host, 1, 0, suite, nack);
    REQUIRE(gateway->accept(peer.answer(gateway->offer(), now), now) == VOXLOCK_OK);
  }
  // Whether each hears the other.
  void speak(int packets = 1) {
    for (int i = 0; i < packets; ++i) {
      now += kFrame;
      peer.hear(gateway->speak('g', now), *gateway, now);
      REQUIRE(peer.heard(now) == "g");
      gateway->hear(peer.speak('p', now), peer, now);
      REQUIRE(gateway->heard(now) == "p");
    }
  }
  // The process is gone, another goes on.
  void fail_over(const Bytes& blob) {
    gateway.reset();
    voxlock_leg* made = nullptr;
    REQUIRE(load(other.ctx, blob, &made, now) == VOXLOCK_OK);
    gateway.emplace(made, 1);
    const Bytes payload(160, 1);
    CHECK(voxlock_leg_send(made, 0, payload.data(), payload.size(), 0, 0, now) ==
          VOXLOCK_ERR_LEG_CHECKPOINT);
    const Saved next = save(made, now);
    CHECK(voxlock_leg_send(made, 0, payload.data(), payload.size(), 0, 0, now) ==
          VOXLOCK_ERR_LEG_CHECKPOINT);
    REQUIRE(voxlock_leg_stored(made, next.number) == VOXLOCK_OK);
    // The store is gone for good.
    REQUIRE(voxlock_leg_stored(made, 0) == VOXLOCK_OK);
  }
};

}  // namespace

TEST_CASE("RFC 4585: what was agreed about feedback goes on from a checkpoint") {
  for (const int32_t nack : {VOXLOCK_NACK_OFF, VOXLOCK_NACK_OFFER}) {
    INFO("nack " << nack);
    Call call(0, nack);
    call.speak(20);
    call.fail_over(save(call.gateway->leg, call.now).blob);
    call.speak(20);
    (void)call.peer.speak('x', call.now);
    call.speak();
    call.now += kFrame;
    (void)call.gateway->poll(call.now);
    CHECK(call.gateway->nacked() == (nack == VOXLOCK_NACK_OFF ? 0 : 1));
  }
}

TEST_CASE("a call goes on from its checkpoint, both ways, and its descriptions too") {
  for (uint32_t suite = 0; suite <= VOXLOCK_AEAD_AES_256_GCM; ++suite) {
    INFO("suite " << suite);
    Call call(suite);
    call.speak(50);
    // RTCP is under way as well.
    call.now += 10 * kSecond;
    (void)call.gateway->poll(call.now);
    const Bytes heard = call.peer.speak('p', call.now);
    call.gateway->hear(heard, call.peer, call.now);
    (void)call.gateway->heard(call.now);
    const Saved saved = save(call.gateway->leg, call.now);
    call.gateway->timestamp += 80'000;
    const Bytes last = call.gateway->speak('l', call.now += kFrame);
    call.peer.hear(last, *call.gateway, call.now);
    (void)call.peer.heard(call.now);
    call.fail_over(saved.blob);
    // What was heard before stays heard.
    call.gateway->hear(heard, call.peer, call.now);
    CHECK(call.gateway->heard(call.now).empty());
    CHECK(call.gateway->dropped(VOXLOCK_DROP_REPLAY) == 1);
    call.now += kFrame;
    call.gateway->timestamp = 77'000;  // the bridge of the new process counts anew
    const Bytes first = call.gateway->speak('f', call.now);
    CHECK(static_cast<uint16_t>(sequence_of(first) - sequence_of(last)) == 100);
    CHECK(first[1] >> 7 == 1);
    const uint32_t step = timestamp_of(first) - timestamp_of(last);
    CHECK(step <= 320);
    call.peer.hear(first, *call.gateway, call.now);
    CHECK(call.peer.heard(call.now) == "f");
    call.speak(200);
    // A re-INVITE of either side.
    REQUIRE(call.gateway->accept(call.peer.answer(call.gateway->offer(), call.now), call.now) ==
            VOXLOCK_OK);
    call.speak(5);
    REQUIRE(call.peer.accept(call.gateway->answer(call.peer.offer(VOXLOCK_OFFER_REKEY), call.now),
                             call.now) == VOXLOCK_OK);
    call.speak(5);
    voxlock_leg_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_leg_get_stats(call.peer.leg, &stats) == VOXLOCK_OK);
    CHECK(stats.dropped[VOXLOCK_DROP_AUTH] == 0);
    CHECK(stats.dropped[VOXLOCK_DROP_REPLAY] == 0);
  }
}

TEST_CASE("RTCP goes on behind what was sealed") {
  Call call;
  const auto reports = [&](uint64_t seconds) {
    int heard = 0;
    for (uint64_t i = 0; i < seconds * 50; ++i) {
      call.speak();
      std::array<voxlock_media_event, 16> events;
      Bytes arena(8192);
      size_t count = 0;
      (void)voxlock_leg_poll(call.gateway->leg, events.data(), events.size(), &count, arena.data(),
                             arena.size(), call.now += kFrame);
      for (size_t k = 0; k < count; ++k) {
        if (events[k].is_rtcp == 0) continue;
        ++heard;
        call.peer.hear(
            {arena.begin() + static_cast<std::ptrdiff_t>(events[k].offset),
             arena.begin() + static_cast<std::ptrdiff_t>(events[k].offset + events[k].len)},
            *call.gateway, call.now);
      }
    }
    return heard;
  };
  const auto told = [&] {
    voxlock_leg_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_leg_get_stats(call.peer.leg, &stats) == VOXLOCK_OK);
    return stats.rtcp_in;
  };
  const int before = reports(60);
  CHECK(before > 3);
  CHECK(told() == static_cast<uint64_t>(before));
  call.fail_over(save(call.gateway->leg, call.now).blob);
  const int after = reports(60);
  CHECK(after > 3);
  CHECK(told() == static_cast<uint64_t>(before + after));
}

TEST_CASE("a leg seals no more than its last stored checkpoint allows") {
  Call call;
  call.speak(10);
  const auto send = [&] {
    const Bytes payload(160, 1);
    const int32_t status = voxlock_leg_send(call.gateway->leg, 0, payload.data(), payload.size(),
                                            call.gateway->timestamp += 160, 0, call.now);
    (void)call.gateway->poll(call.now);
    return status;
  };
  const Saved first = save(call.gateway->leg, call.now, 7, 50);
  for (int i = 0; i < 50; ++i) REQUIRE(send() == VOXLOCK_OK);
  CHECK(send() == VOXLOCK_ERR_LEG_CHECKPOINT);
  // One that nobody has stored yet allows nothing.
  const Saved second = save(call.gateway->leg, call.now, 7, 50);
  CHECK(send() == VOXLOCK_ERR_LEG_CHECKPOINT);
  CHECK(voxlock_leg_stored(call.gateway->leg, first.number) == VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_leg_stored(nullptr, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_leg_stored(call.gateway->leg, second.number) == VOXLOCK_OK);
  for (int i = 0; i < 50; ++i) REQUIRE(send() == VOXLOCK_OK);
  CHECK(send() == VOXLOCK_ERR_LEG_CHECKPOINT);
  REQUIRE(voxlock_leg_stored(call.gateway->leg, 0) == VOXLOCK_OK);
  for (int i = 0; i < 200; ++i) REQUIRE(send() == VOXLOCK_OK);
}

TEST_CASE("RFC 3711 9.1: a smaller allowance holds from the export on, whoever finds it first") {
  Call call;
  call.speak(10);
  const Saved larger = save(call.gateway->leg, call.now, 7, 500);
  REQUIRE(voxlock_leg_stored(call.gateway->leg, larger.number) == VOXLOCK_OK);
  call.speak(20);
  // In the store already, but nobody has told the leg.
  const Saved smaller = save(call.gateway->leg, call.now, 7, 50);
  Bytes last;
  for (int i = 0; i < 50; ++i) last = call.gateway->speak('l', call.now += kFrame);
  call.peer.hear(last, *call.gateway, call.now);
  CHECK(call.peer.heard(call.now) == "l");
  const Bytes payload(160, 1);
  CHECK(voxlock_leg_send(call.gateway->leg, 0, payload.data(), payload.size(),
                         call.gateway->timestamp += 160, 0,
                         call.now) == VOXLOCK_ERR_LEG_CHECKPOINT);
  call.fail_over(smaller.blob);
  const Bytes first = call.gateway->speak('f', call.now += kFrame);
  CHECK(static_cast<uint16_t>(sequence_of(first) - sequence_of(last)) == 1);
  call.peer.hear(first, *call.gateway, call.now);
  CHECK(call.peer.heard(call.now) == "f");
}

TEST_CASE("a checkpoint that was changed, is old, of another kind or key, or used is refused") {
  Call call;
  call.speak(5);
  const Saved saved = save(call.gateway->leg, call.now);
  voxlock_leg* made = nullptr;
  const auto status = [&](const Bytes& blob, uint64_t epoch = 7) {
    const int32_t out = load(call.other.ctx, blob, &made, call.now, epoch);
    CHECK((made == nullptr) == (out != VOXLOCK_OK));
    return out;
  };
  for (size_t len = 0; len < saved.blob.size(); ++len) {
    const int32_t out =
        status({saved.blob.begin(), saved.blob.begin() + static_cast<std::ptrdiff_t>(len)});
    REQUIRE((out == VOXLOCK_ERR_CHECKPOINT_FORMAT || out == VOXLOCK_ERR_CHECKPOINT_AUTH));
  }
  for (size_t i = 0; i < saved.blob.size(); ++i) {
    Bytes changed = saved.blob;
    changed[i] ^= 0x10;
    REQUIRE(status(changed) ==
            (i < 8 ? VOXLOCK_ERR_CHECKPOINT_FORMAT : VOXLOCK_ERR_CHECKPOINT_AUTH));
  }
  Bytes longer = saved.blob;
  longer.push_back(0);
  CHECK(status(longer) == VOXLOCK_ERR_CHECKPOINT_AUTH);
  CHECK(status(saved.blob, 8) == VOXLOCK_ERR_CHECKPOINT_EPOCH);
  auto config = config_of();
  const std::array<uint8_t, VOXLOCK_CHECKPOINT_KEY> wrong{9};
  config.key = wrong.data();
  CHECK(voxlock_leg_import(call.other.ctx, &config, saved.blob.data(), saved.blob.size(), &made,
                           1) == VOXLOCK_ERR_CHECKPOINT_AUTH);
  CHECK(status(saved.blob) == VOXLOCK_OK);
  voxlock_leg* const first = made;
  CHECK(status(saved.blob) == VOXLOCK_ERR_CHECKPOINT_USED);
  // So is every other one of that leg; what the new one writes is another's.
  CHECK(status(save(call.gateway->leg, call.now).blob) == VOXLOCK_ERR_CHECKPOINT_USED);
  const Saved next = save(first, call.now);
  voxlock_leg_free(first);
  CHECK(status(next.blob) == VOXLOCK_OK);
  voxlock_leg_free(made);
}

TEST_CASE("what cannot be exported says so") {
  test::Host host;
  End leg(host, 1);
  auto config = config_of();
  Bytes room(16384);
  size_t len = room.size();
  uint64_t number = 0;
  const auto status = [&](voxlock_leg* of) {
    len = room.size();
    return voxlock_leg_export(of, &config, room.data(), &len, &number, 1);
  };
  CHECK(status(leg.leg) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(status(nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  End peer(host, 2);
  REQUIRE(leg.accept(peer.answer(leg.offer(), 1), 1) == VOXLOCK_OK);
  CHECK(status(leg.leg) == VOXLOCK_OK);
  for (const uint32_t allowance : {0u, 49u, 2001u}) {
    config = config_of(1, allowance);
    CHECK(status(leg.leg) == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  config = config_of();
  config.key_len = 31;
  CHECK(status(leg.leg) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config.key = nullptr;
  CHECK(status(leg.leg) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config = config_of();
  REQUIRE(voxlock_leg_close(leg.leg, 2) == VOXLOCK_OK);
  CHECK(status(leg.leg) == VOXLOCK_ERR_LEG_CLOSED);
  voxlock_leg_config webrtc;
  REQUIRE(voxlock_leg_config_init(&webrtc, sizeof webrtc) == VOXLOCK_OK);
  webrtc.rtp_address = {{192, 0, 2, 9}, 4000, 4, 0};
  webrtc.key_exchange = VOXLOCK_KEYS_DTLS;
  voxlock_leg* dtls = nullptr;
  REQUIRE(voxlock_leg_new(host.ctx, &webrtc, &dtls) == VOXLOCK_OK);
  CHECK(status(dtls) == VOXLOCK_ERR_UNSUPPORTED);
  voxlock_leg_free(dtls);
}

TEST_CASE("every allocation of an import fails in turn") {
  for (const bool for_good : {false, true}) {
    Call call;
    call.speak(5);
    const Saved saved = save(call.gateway->leg, call.now);
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      test::Host host;
      voxlock_leg* made = nullptr;
      host.allocator.fail_after(n, for_good);
      const int32_t status = load(host.ctx, saved.blob, &made, call.now);
      is_done = !host.allocator.has_failed;
      REQUIRE(status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_NO_MEMORY));
      host.allocator.never_fail();
      if (!is_done) REQUIRE(load(host.ctx, saved.blob, &made, call.now) == VOXLOCK_OK);
      voxlock_leg_free(made);
    }
  }
}

TEST_CASE("a checkpoint shows nothing of the keys") {
  Call call(VOXLOCK_AES_CM_128_HMAC_SHA1_80);
  call.speak(1);
  const Bytes first = save(call.gateway->leg, call.now).blob;
  const Bytes second = save(call.gateway->leg, call.now).blob;
  REQUIRE(first.size() == second.size());
  // Two of the same state have no byte string in common.
  size_t longest = 0, run = 0;
  for (size_t i = 24; i < first.size(); ++i) {
    run = first[i] == second[i] ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  CHECK(longest < 5);
}
