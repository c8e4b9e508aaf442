// A bridged call (PCMU under AES_CM_128_HMAC_SHA1_80, Opus under AEAD_AES_256_GCM, denoiser
// forward) against the sum of its bare kernels, called one after another in the same buffers: SRTP,
// G.711, speexdsp, libopus with the same settings. SRTP is that of the system's libsrtp2 in one
// row, and in another our own transform, which takes a tenth of that. The peer that seals the input
// is measured and taken off.
#include <malloc.h>
#include <opus/opus.h>
#include <speex/speex_preprocess.h>

#include <array>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "audio/g711.h"
#include "bench/harness.h"
#include "bridge/bridge.h"
#include "srtp/aead.h"
#include "srtp/counter_mode.h"
#include "support/allocator.h"
#include "support/stock_srtp.h"

using namespace voxlock;

namespace {

constexpr size_t kSamples = 160;  // 20 ms at 8 kHz
constexpr size_t kFrames = 50;
constexpr uint32_t kSsrc = 7;

void must(bool holds) {
  if (!holds) std::abort();
}

leg::Key key_of(srtp::SuiteId suite, uint8_t seed) {
  leg::Key out;
  out.suite = suite;
  for (uint8_t& byte : out.key_and_salt.resize(srtp::find_suite(suite)->key_and_salt_len()))
    byte = seed++;
  return out;
}

// SRTP of one key without what a Session does around it: the system's libsrtp2 where stock is
// given, else our transform.
struct Srtp {
  Srtp(const leg::Key& key, bool is_inbound, const test::StockSrtp* stock_srtp = nullptr)
      : stock(stock_srtp) {
    const srtp::Suite& suite = *srtp::find_suite(key.suite);
    if (stock != nullptr) {
      const srtp_policy_t policy =
          test::StockSrtp::policy(suite, key.key_and_salt.view().data(), is_inbound);
      must(stock->create(&raw, &policy) == srtp_err_status_ok);
      return;
    }
    if (suite.is_aead) {
      aead.emplace(suite, key.key_and_salt.view());
      return;
    }
    tag_len = suite.rtp_tag_len;
    counter_mode.emplace(suite, key.key_and_salt.view());
  }
  ~Srtp() {
    if (stock != nullptr) (void)stock->dealloc(raw);
  }
  Srtp(const Srtp&) = delete;
  Srtp& operator=(const Srtp&) = delete;

  // Both write to out and give the length.
  size_t seal(ByteView packet, MutableBytes out) {
    if (aead) return aead->seal_rtp(packet, rtp::kFixedHeaderLen, kSsrc, index++, out);
    if (counter_mode) {
      counter_mode->seal(packet, tag_len, rtp::kFixedHeaderLen, kSsrc, index++, out);
      return packet.size() + tag_len;
    }
    std::memcpy(out.data(), packet.data(), packet.size());
    int len = static_cast<int>(packet.size());
    must(stock->protect(raw, out.data(), &len, 0, 0) == srtp_err_status_ok);
    return static_cast<size_t>(len);
  }
  size_t open(ByteView packet, MutableBytes out) {
    if (aead) {
      const size_t len = aead->open_rtp(packet, rtp::kFixedHeaderLen, kSsrc, index++, out);
      must(len != 0);
      return len;
    }
    if (counter_mode) {
      const size_t len = packet.size() - tag_len;
      must(counter_mode->open(packet.first(len), packet.last(tag_len), rtp::kFixedHeaderLen, kSsrc,
                              index++, out));
      return len;
    }
    std::memcpy(out.data(), packet.data(), packet.size());
    int len = static_cast<int>(packet.size());
    must(stock->unprotect(raw, out.data(), &len, 0) == srtp_err_status_ok);
    return static_cast<size_t>(len);
  }

  const test::StockSrtp* stock;
  srtp_ctx_t_* raw = nullptr;
  std::optional<srtp::Aead> aead;
  std::optional<srtp::CounterMode> counter_mode;
  size_t tag_len = 0;
  // Counts with the sequence numbers of Source and Bare, which begin with 1.
  uint64_t index = 1;
};

// One hop: its codec and the keys of both ends.
struct Hop {
  leg::Codec codec;
  srtp::SuiteId suite;
  uint8_t seed_in;
  uint8_t seed_out;
  [[nodiscard]] leg::Key in() const { return key_of(suite, seed_in); }
  [[nodiscard]] leg::Key out() const { return key_of(suite, seed_out); }
};
constexpr Hop kTrunk{leg::Codec::kPcmu, srtp::SuiteId::kAesCm128HmacSha1_80, 1, 2};
constexpr Hop kRoom{leg::Codec::kOpus, srtp::SuiteId::kAeadAes256Gcm, 3, 4};

leg::Agreement agreement(const Hop& hop) {
  leg::Agreement out;
  out.codec = hop.codec;
  out.rtp_clock_hz = out.sample_rate = hop.codec == leg::Codec::kOpus ? 48000 : 8000;
  out.wants_opus_fec = true;
  out.keys.emplace(leg::Keys{hop.out(), hop.in()});
  out.remote_rtp.family = out.remote_rtcp.family = 4;
  out.remote_rtp.port = out.remote_rtcp.port = 4000;
  out.is_rtcp_mux = true;
  return out;
}

Box<leg::Leg> make_leg(test::TestContext& world, const Hop& hop) {
  auto made = leg::Leg::create(world.context, world.random, {});
  must(made && (*made)->apply(agreement(hop), 1));
  return *std::move(made);
}

struct Call {
  test::TestContext& world;
  Box<leg::Leg> trunk = make_leg(world, kTrunk);
  Box<leg::Leg> room = make_leg(world, kRoom);
  audio::StageConfig denoise = denoiser();
  bridge::Bridge bridge{world.memory, *trunk, *room, config(denoise)};

  static audio::StageConfig denoiser() {
    audio::StageConfig out;
    out.kind = audio::StageKind::kDenoise;
    return out;
  }
  static bridge::BridgeConfig config(const audio::StageConfig& stage) {
    bridge::BridgeConfig out;
    out.stages[0] = std::span(&stage, 1);
    return out;
  }
};

OpusEncoder* make_encoder() {
  int error = 0;
  OpusEncoder* out = opus_encoder_create(8000, 1, OPUS_APPLICATION_VOIP, &error);
  must(out != nullptr);
  const audio::OpusSettings settings;
  (void)opus_encoder_ctl(out, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
  (void)opus_encoder_ctl(out, OPUS_SET_BITRATE(audio::speech_bitrate(8000)));
  (void)opus_encoder_ctl(out, OPUS_SET_COMPLEXITY(static_cast<opus_int32>(settings.complexity)));
  (void)opus_encoder_ctl(out, OPUS_SET_INBAND_FEC(1));
  (void)opus_encoder_ctl(
      out, OPUS_SET_PACKET_LOSS_PERC(static_cast<opus_int32>(settings.packet_loss_perc)));
  (void)opus_encoder_ctl(out, OPUS_SET_VBR(settings.has_vbr ? 1 : 0));
  return out;
}

using Payloads = std::vector<std::vector<uint8_t>>;

// A second of a wavering tone in noise, in the codec of the hop.
Payloads speech(leg::Codec codec) {
  OpusEncoder* encoder = make_encoder();
  Payloads out;
  uint32_t noise = 1;
  for (size_t i = 0; i < kFrames; ++i) {
    std::array<int16_t, kSamples> pcm;
    for (size_t k = 0; k < kSamples; ++k) {
      const double t = static_cast<double>(i * kSamples + k) / 8000;
      noise = noise * 1664525 + 1013904223;
      pcm[k] =
          static_cast<int16_t>(6000 * std::sin(2000 * t) * (1 + std::sin(20 * t)) + (noise >> 22));
    }
    std::vector<uint8_t> payload(codec == leg::Codec::kOpus ? 1275 : kSamples);
    if (codec == leg::Codec::kOpus) {
      payload.resize(
          static_cast<size_t>(opus_encode(encoder, pcm.data(), kSamples, payload.data(), 1275)));
    } else {
      audio::ulaw_encode(pcm.data(), payload.data(), kSamples);
    }
    out.push_back(payload);
  }
  opus_encoder_destroy(encoder);
  return out;
}

// The peer: a packet of the second of speech after another, sealed.
struct Source {
  Source(const Hop& hop)
      : session(hop.in(), false),
        payloads(speech(hop.codec)),
        step(hop.codec == leg::Codec::kOpus ? 960 : 160) {}
  ByteView next() {
    const auto& payload = payloads[count % kFrames];
    rtp::PacketFields fields;
    fields.sequence = static_cast<uint16_t>(++count);
    fields.timestamp = static_cast<uint32_t>(count * step);
    fields.ssrc = kSsrc;
    bytes::Writer writer(packet);
    must(rtp::write_header(fields, writer).has_value());
    writer.put(payload);
    return ByteView(sealed).first(session.seal(ByteView(packet).first(writer.size()), sealed));
  }
  Srtp session;
  Payloads payloads;
  uint64_t step;
  uint64_t count = 0;
  std::array<uint8_t, 2048> packet{};
  std::array<uint8_t, 2048> sealed{};
};

// What the host takes out.
void drain(leg::Leg& leg) {
  std::array<uint8_t, 2048> room;
  while (!leg.queue().is_empty()) {
    const ByteView bytes = leg.queue().front_bytes();
    std::copy(bytes.begin(), bytes.end(), room.begin());
    bench::keep(room);
    leg.queue().pop();
  }
}

// The kernels of one direction.
struct Bare {
  explicit Bare(bool forward, const test::StockSrtp* stock = nullptr)
      : is_forward(forward),
        in(forward ? kTrunk.in() : kRoom.in(), true, stock),
        out(forward ? kRoom.out() : kTrunk.out(), false, stock) {
    int error = 0;
    decoder = opus_decoder_create(8000, 1, &error);
    denoise = speex_preprocess_state_init(80, 8000);
    spx_int32_t on = 1, db = -15, off = 0;
    (void)speex_preprocess_ctl(denoise, SPEEX_PREPROCESS_SET_DENOISE, &on);
    (void)speex_preprocess_ctl(denoise, SPEEX_PREPROCESS_SET_NOISE_SUPPRESS, &db);
    (void)speex_preprocess_ctl(denoise, SPEEX_PREPROCESS_SET_AGC, &off);
  }
  ~Bare() {
    opus_encoder_destroy(encoder);
    opus_decoder_destroy(decoder);
    speex_preprocess_state_destroy(denoise);
  }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;

  void run(ByteView packet) {
    std::array<uint8_t, 2048> opened, plain, sealed;
    const size_t size = in.open(packet, opened) - rtp::kFixedHeaderLen;
    const uint8_t* payload = opened.data() + rtp::kFixedHeaderLen;
    std::array<int16_t, kSamples> pcm;
    uint8_t* room = plain.data() + rtp::kFixedHeaderLen;
    size_t made = kSamples;
    if (is_forward) {
      audio::ulaw_decode(payload, pcm.data(), size);
      (void)speex_preprocess_run(denoise, pcm.data());
      (void)speex_preprocess_run(denoise, pcm.data() + 80);
      made = static_cast<size_t>(opus_encode(encoder, pcm.data(), kSamples, room, 1275));
    } else {
      must(opus_decode(decoder, payload, static_cast<opus_int32>(size), pcm.data(), kSamples, 0) ==
           int{kSamples});
      audio::ulaw_encode(pcm.data(), room, kSamples);
    }
    rtp::PacketFields fields;
    fields.sequence = ++sequence;
    fields.ssrc = kSsrc;
    bytes::Writer writer(plain);
    must(rtp::write_header(fields, writer).has_value());
    (void)out.seal(ByteView(plain).first(rtp::kFixedHeaderLen + made), sealed);
    bench::keep(sealed);
  }

  bool is_forward;
  Srtp in;
  Srtp out;
  OpusEncoder* encoder = make_encoder();
  OpusDecoder* decoder = nullptr;
  SpeexPreprocessState* denoise = nullptr;
  uint16_t sequence = 0;
};

// One direction of the bridge, driven as a host does.
struct Ours {
  Ours(test::TestContext& world, bool forward)
      : call{world}, direction(forward ? 0 : 1), to(forward ? *call.room : *call.trunk) {}
  void run(ByteView packet) {
    call.bridge.refresh();
    call.bridge.input({{packet, call.bridge.leg(direction).remote_rtp()}, direction},
                      now += 20 * kNsPerMs);
    drain(to);
  }
  Call call;
  uint32_t direction;
  leg::Leg& to;
  uint64_t now = kNsPerSecond;
};

// What a packet leaves in the airlock and on the stack, which its visit clears: buffers of that
// size, so much stack, and the vector registers.
class Clearing {
 public:
  Clearing(test::TestContext& world, const bridge::Lane& lane, bool forward)
      : depth_(std::max(lane.chain().stack_depth(), codec_depth(world, forward))) {}
  void run() {
    const bridge::Airlock::Visit visit(airlock_, lifetimes_);
    bench::keep(airlock_.datagram(rtp::kFixedHeaderLen + kSamples + 16));
    bench::keep(airlock_.packet(leg::kMaxHeaderLen + kSamples + 16));
    bench::keep(airlock_.decoded(kSamples));
    airlock_.stack(depth_);
  }

 private:
  static size_t codec_depth(test::TestContext& world, bool forward) {
    audio::CodecConfig config;
    config.codec = audio::CodecId::kOpus;
    if (forward) return audio::Encoder::create(world.memory, config)->stack_depth(kSamples);
    return audio::Decoder::create(world.memory, config)->stack_depth(kSamples);
  }

  bridge::Airlock airlock_;
  bridge::Histogram lifetimes_;
  size_t depth_;
};

// How long plaintext lived, by the cycles that passed in a time: on an idle core p50 is below 60 us
// and p99.9 below 1 ms.
void add_lifetimes(bench::Table& table, const std::string& name, const bridge::Histogram& lifetimes,
                   double us_per_cycle) {
  const auto us = [&](uint32_t per_mille) {
    return static_cast<double>(lifetimes.quantile(per_mille)) * us_per_cycle;
  };
  table.add({name + "_plaintext_p50_of_60_us", us(500) / 60, "ratio", 1});
  table.add({name + "_plaintext_p999_of_1_ms", us(999) / 1000, "ratio", 1});
}

// Adds the rows of one direction; gives nanoseconds of a packet through the bridge.
double measure(bench::Table& table, bool forward) {
  const std::string name = forward ? "bridge_forward" : "bridge_backward";
  test::TestContext world;
  const Hop& hop = forward ? kTrunk : kRoom;
  Source alone(hop), for_ours(hop), for_bare(hop), for_stock(hop);
  // On the heap, where a host of the C ABI has it.
  const auto made = std::make_unique<Ours>(world, forward);
  Ours& ours = *made;
  Bare bare(forward);
  const test::StockSrtp* const stock_srtp = test::StockSrtp::load();
  std::optional<Bare> stock;
  if (stock_srtp != nullptr) stock.emplace(forward, stock_srtp);
  // Long slices: behind each change of candidates caches and predictors have to warm up again, and
  // more of them for more code.
  std::vector<bench::Work> works = {
      [&](size_t n) {
        while (n-- > 0) bench::keep(alone.next());
      },
      [&](size_t n) {
        while (n-- > 0) ours.run(for_ours.next());
      },
      [&](size_t n) {
        while (n-- > 0) bare.run(for_bare.next());
      },
  };
  if (stock) {
    works.push_back([&](size_t n) {
      while (n-- > 0) stock->run(for_stock.next());
    });
  }
  Clearing clearing(world, *ours.call.bridge.lane(ours.direction), forward);
  works.push_back([&](size_t n) {
    while (n-- > 0) clearing.run();
  });
  const auto began = std::chrono::steady_clock::now();
  const uint64_t first_cycle = read_cycles();
  const bench::Rounds rounds = bench::measure_rounds(works, 21, 40);
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - began;
  if (kHasCycles)
    add_lifetimes(table, name, ours.call.bridge.lifetimes(ours.direction),
                  took.count() / static_cast<double>(read_cycles() - first_cycle));
  const double bridge_ns = rounds.median([](const auto& ns) { return ns[1] - ns[0]; });
  const auto ratio_to = [&](size_t peer) {
    return rounds.median([peer](const auto& ns) { return (ns[1] - ns[0]) / (ns[peer] - ns[0]); });
  };
  must(ours.call.bridge.lane(ours.direction)->stats().packets_out + 2 >= for_ours.count);
  table.add({name + "_vs_own_kernels", ratio_to(2), "ratio", {}});
  if (stock) table.add({name + "_vs_kernels", ratio_to(3), "ratio", 1.10});
  table.add({name + "_packet", bridge_ns, "ns", {}});
  const double clearing_share =
      rounds.median([](const auto& ns) { return ns.back() / (ns[1] - ns[0]); });
  table.add({name + "_clearing_vs_packet", clearing_share, "ratio", {}});
  const uint64_t before = world.allocator.count;
  const size_t heap = mallinfo2().uordblks;
  for (int i = 0; i < 1000; ++i) ours.run(for_ours.next());
  const auto growth = static_cast<double>(mallinfo2().uordblks - heap);
  const auto allocations = static_cast<double>(world.allocator.count - before);
  table.add({name + "_allocations_1000_packets", allocations, "count", 0});
  table.add({name + "_heap_growth_1000_packets", growth, "bytes", 0});
  return bridge_ns;
}

}  // namespace

// Against the plain overwriting of as much, which a compiler may not leave out either.
VOXLOCK_BENCH(burn) {
  constexpr size_t kBurnt = 64 * 1024;
  std::vector<uint8_t> room(kBurnt);
  const bench::Rounds rounds = bench::measure_rounds({
      [](size_t n) {
        while (n-- > 0) secure::burn_stack(kBurnt);
      },
      [&](size_t n) {
        while (n-- > 0) secure::wipe(room.data(), room.size());
      },
      [](size_t n) {
        while (n-- > 0) secure::burn_stack(0);
      },
  });
  table.add({"burn_64k_stack_and_registers_vs_wipe",
             rounds.median([](const auto& ns) { return ns[0] / ns[1]; }),
             "ratio",
             {}});
  table.add({"burn_64k_stack_and_registers",
             rounds.median([](const auto& ns) { return ns[0]; }),
             "ns",
             {}});
  table.add({"burn_registers", rounds.median([](const auto& ns) { return ns[2]; }), "ns", {}});
}

VOXLOCK_BENCH(bridge) {
  const double both_ns = measure(table, true) + measure(table, false);
  table.add({"bridge_calls_per_core", 1e9 / (50 * both_ns), "calls", {}});
  test::TestContext world;
  const size_t heap = mallinfo2().uordblks;
  const Call call{world};
  table.add(
      {"bridge_call_own_memory", static_cast<double>(world.allocator.live_bytes), "bytes", {}});
  table.add({"bridge_call_heap", static_cast<double>(mallinfo2().uordblks - heap), "bytes", {}});
}
