// Two handles share nothing that changes: threads that each have their own, of one context or of
// several, are in nobody's way. The thread sanitizer is the judge; without it wrong results are.
#include <atomic>
#include <thread>

#include "support/host.h"

using namespace voxlock::test;

namespace {

constexpr int kThreads = 4;

std::string pem_of(const voxlock_identity* identity, int32_t part) {
  std::string out(8192, '\0');
  size_t len = out.size();
  if (voxlock_identity_pem(identity, part, reinterpret_cast<uint8_t*>(out.data()), &len) !=
      VOXLOCK_OK)
    len = 0;
  out.resize(len);
  return out;
}

bool make_leg(voxlock_context* ctx, uint8_t host, voxlock_leg** out) {
  voxlock_leg_config config;
  if (voxlock_leg_config_init(&config, sizeof config) != VOXLOCK_OK) return false;
  config.rtp_address = {{192, 0, 2, host}, 4000, 4, 0};
  return voxlock_leg_new(ctx, &config, out) == VOXLOCK_OK;
}

// A call of two legs, with packets both ways.
bool call(voxlock_leg* from, voxlock_leg* to) {
  std::vector<uint8_t> offer(4096), answer(4096);
  size_t offer_len = offer.size(), answer_len = answer.size();
  if (voxlock_leg_offer(from, 0, offer.data(), &offer_len, 1) != VOXLOCK_OK ||
      voxlock_leg_answer(to, offer.data(), offer_len, answer.data(), &answer_len, nullptr, 1) !=
          VOXLOCK_OK ||
      voxlock_leg_accept_answer(from, answer.data(), answer_len, nullptr, 1) != VOXLOCK_OK) {
    return false;
  }
  const std::vector<uint8_t> payload(60, 0x5a);
  std::vector<uint8_t> arena(8192);
  std::array<voxlock_media_event, 16> events{};
  size_t heard = 0;
  for (uint32_t i = 0; i < 50; ++i) {
    const uint64_t now = 1 + i * 20'000'000ull;
    for (voxlock_leg* sender : {from, to}) {
      voxlock_leg* receiver = sender == from ? to : from;
      size_t count = 0;
      if (voxlock_leg_send(sender, 111, payload.data(), payload.size(), i * 960, 0, now) !=
              VOXLOCK_OK ||
          voxlock_leg_poll(sender, events.data(), events.size(), &count, arena.data(), arena.size(),
                           now) != VOXLOCK_OK)
        return false;
      for (size_t k = 0; k < count; ++k) {
        if (events[k].type == VOXLOCK_EV_PAYLOAD) ++heard;
        if (events[k].type != VOXLOCK_EV_TRANSMIT || events[k].is_rtcp != 0) continue;
        voxlock_datagram datagram{};
        datagram.data = arena.data() + events[k].offset;
        datagram.len = events[k].len;
        datagram.source = {{192, 0, 2, static_cast<uint8_t>(sender == from ? 1 : 2)}, 4000, 4, 0};
        if (voxlock_leg_input(receiver, &datagram, 1, now) != VOXLOCK_OK) return false;
      }
    }
  }
  return heard > 90;
}

// A TLS handshake between two ends of one certificate.
bool handshake(voxlock_context* ctx, const voxlock_identity* identity) {
  const std::string certificate = pem_of(identity, VOXLOCK_IDENTITY_CERTIFICATE);
  const std::string key = pem_of(identity, VOXLOCK_IDENTITY_KEY);
  std::array<voxlock_tls*, 2> ends{};
  bool is_good = !certificate.empty() && !key.empty();
  for (int i = 0; i < 2 && is_good; ++i) {
    voxlock_tls_settings_config config;
    is_good = voxlock_tls_settings_config_init(&config, sizeof config) == VOXLOCK_OK;
    config.role = i == 0 ? VOXLOCK_TLS_CLIENT : VOXLOCK_TLS_SERVER;
    if (i == 0) {
      config.authorities = raw(certificate);
      config.authorities_len = certificate.size();
    } else {
      config.certificates = raw(certificate);
      config.certificates_len = certificate.size();
      config.key = raw(key);
      config.key_len = key.size();
    }
    voxlock_tls_settings* settings = nullptr;
    is_good =
        is_good && voxlock_tls_settings_new(ctx, &config, &settings) == VOXLOCK_OK &&
        voxlock_tls_new(ctx, settings, i == 0 ? "b.example" : nullptr, &ends[i]) == VOXLOCK_OK;
    voxlock_tls_settings_free(settings);
  }
  is_good = is_good && voxlock_tls_start(ends[0], 1) == VOXLOCK_OK;
  for (int round = 0; round < 20 && is_good; ++round) {
    for (int from = 0; from < 2; ++from) {
      std::vector<uint8_t> wire(8192);
      size_t len = wire.size(), consumed = 0;
      is_good = is_good && voxlock_tls_take(ends[from], wire.data(), &len) == VOXLOCK_OK;
      if (is_good && len != 0)
        is_good = voxlock_tls_feed(ends[1 - from], wire.data(), len, &consumed, 1) == VOXLOCK_OK;
    }
  }
  for (voxlock_tls* end : ends) {
    voxlock_tls_info info{};
    info.struct_size = sizeof info;
    is_good =
        is_good && voxlock_tls_get_info(end, &info) == VOXLOCK_OK && info.state == VOXLOCK_TLS_OPEN;
    voxlock_tls_free(end);
  }
  return is_good;
}

bool speak(voxlock_context* ctx) {
  voxlock_chain_config config;
  voxlock_stage stage;
  voxlock_chain* chain = nullptr;
  bool is_good = voxlock_chain_config_init(&config, sizeof config) == VOXLOCK_OK &&
                 voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_DENOISE) == VOXLOCK_OK;
  config.stages = &stage;
  config.stage_count = 1;
  is_good = is_good && voxlock_chain_new(ctx, &config, &chain) == VOXLOCK_OK;
  std::vector<int16_t> pcm(config.block_samples, 1000), out(2 * pcm.size());
  for (int i = 0; i < 20 && is_good; ++i) {
    size_t samples = out.size();
    is_good =
        voxlock_chain_process(chain, pcm.data(), pcm.size(), out.data(), &samples) == VOXLOCK_OK;
  }
  voxlock_chain_free(chain);
  return is_good;
}

bool make_identity(voxlock_context* ctx, voxlock_identity** out) {
  voxlock_identity_config config{};
  config.struct_size = sizeof config;
  config.common_name = config.dns_name = "b.example";
  config.not_after_s = 4'000'000'000;
  return voxlock_identity_new(ctx, &config, out) == VOXLOCK_OK;
}

// All that a host may do with a context that is its own.
bool work_alone() {
  voxlock_context_config config;
  voxlock_context* ctx = nullptr;
  if (voxlock_context_config_init(&config, sizeof config) != VOXLOCK_OK) return false;
  config.wall_time_ns = 1'800'000'000'000'000'000;
  if (voxlock_context_new(&config, &ctx) != VOXLOCK_OK) return false;
  voxlock_identity* identity = nullptr;
  voxlock_leg* from = nullptr;
  voxlock_leg* to = nullptr;
  const bool is_good = make_leg(ctx, 1, &from) && make_leg(ctx, 2, &to) && call(from, to) &&
                       speak(ctx) && make_identity(ctx, &identity) && handshake(ctx, identity);
  voxlock_leg_free(from);
  voxlock_context_free(ctx);
  voxlock_leg_free(to);
  voxlock_identity_free(identity);
  return is_good;
}

template <typename Work>
int run_all(Work work) {
  std::atomic<int> good{0};
  std::atomic<int> waiting{kThreads};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      // All at once, so that what is made on first use is made by all of them.
      --waiting;
      while (waiting != 0) {
      }
      if (work(i)) ++good;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return good;
}

}  // namespace

TEST_CASE("threads with contexts of their own are in nobody's way, from the first use on") {
  CHECK(run_all([](int) { return work_alone(); }) == kThreads);
}

TEST_CASE("handles of one context go through different threads, and the context goes first") {
  voxlock_context_config config;
  REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  std::array<voxlock_leg*, 2 * kThreads> legs{};
  for (size_t i = 0; i < legs.size(); ++i)
    REQUIRE(make_leg(ctx, static_cast<uint8_t>(1 + i % 2), &legs[i]));
  voxlock_context_free(ctx);
  CHECK(run_all([&](int i) {
          const auto at = static_cast<size_t>(2 * i);
          const bool is_good = call(legs[at], legs[at + 1]);
          voxlock_leg_free(legs[at]);
          voxlock_leg_free(legs[at + 1]);
          return is_good;
        }) == kThreads);
}
