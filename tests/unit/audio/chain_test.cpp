#include "audio/chain.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <vector>

#include "signals.h"
#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::audio;
using test::Samples;

namespace {

StageConfig gain(int32_t cdb) {
  StageConfig stage;
  stage.kind = StageKind::kGain;
  stage.gain.gain_cdb = cdb;
  return stage;
}

StageConfig denoise(uint32_t attenuation_db = 15, uint32_t frame_ms = 10) {
  StageConfig stage;
  stage.kind = StageKind::kDenoise;
  stage.denoise = {attenuation_db, frame_ms};
  return stage;
}

StageConfig resample(uint32_t out_rate, uint32_t quality = 3) {
  StageConfig stage;
  stage.kind = StageKind::kResample;
  stage.resample = {out_rate, quality};
  return stage;
}

// Counts its calls, scribbles over its output and fails while told to; else it negates.
struct Vendor {
  size_t calls = 0;
  size_t wrong_size = 0;
  bool is_failing = false;

  static int32_t process(void* user, const int16_t* in, int16_t* out, size_t samples) {
    auto* self = static_cast<Vendor*>(user);
    ++self->calls;
    if (samples != 80) ++self->wrong_size;
    for (size_t i = 0; i < samples; ++i)
      out[i] = static_cast<int16_t>(self->is_failing ? 0x5555 : -in[i]);
    return self->is_failing ? -1 : 0;
  }
};

StageConfig host(Vendor& vendor, uint32_t rate = 8000, uint32_t frame = 80, uint32_t latency = 0) {
  StageConfig stage;
  stage.kind = StageKind::kHost;
  stage.host = {&Vendor::process, &vendor, rate, frame, latency};
  return stage;
}

Result<Chain> make(std::pmr::memory_resource& memory, uint32_t rate,
                   std::vector<StageConfig> stages, uint32_t block = 0) {
  return Chain::create(memory, {rate, block, stages});
}

// The whole signal in calls of so many samples.
Samples run(Chain& chain, const Samples& in, size_t call) {
  Samples out;
  for (size_t at = 0; at + call <= in.size(); at += call) {
    Samples part(chain.output_samples(call));
    REQUIRE(chain.process(PcmView(in).subspan(at, call), part).value_or(0) == part.size());
    out.insert(out.end(), part.begin(), part.end());
  }
  return out;
}

}  // namespace

TEST_CASE("a chain without stages and a gain of 0 dB change no bit") {
  test::TestContext ctx;
  const Samples in = test::noise(1600, 32767);
  for (const auto& stages :
       {std::vector<StageConfig>{}, std::vector<StageConfig>{gain(0), resample(8000)}}) {
    auto chain = make(ctx.memory, 8000, stages);
    REQUIRE(chain);
    CHECK(chain->latency_samples() == 0);
    CHECK(run(*chain, in, 160) == in);
    Samples pcm = in;
    REQUIRE(chain->process(pcm));
    CHECK(pcm == in);
  }
}

TEST_CASE("gain rounds, scales and saturates") {
  test::TestContext ctx;
  const auto apply = [&](int32_t cdb, int16_t value) {
    auto chain = make(ctx.memory, 8000, {gain(cdb)});
    Samples pcm(80, value);
    REQUIRE(chain->process(pcm));
    return int{pcm[79]};
  };
  CHECK(apply(2000, 100) == 1000);
  CHECK(apply(-2000, 1000) == 100);
  CHECK(apply(602, 1000) == 2000);
  CHECK(apply(-602, -1001) == -501);
  CHECK(apply(3000, 32767) == 32767);
  CHECK(apply(3000, -32768) == -32768);
  CHECK(apply(-6000, 32767) == 33);
}

TEST_CASE("each wrong chain setting has its own status and leaks nothing") {
  static Vendor vendor;
  StageConfig no_callback = host(vendor);
  no_callback.host.process = nullptr;
  StageConfig no_kind;
  no_kind.kind = StageKind{9};
  struct Row {
    const char* title;
    uint32_t rate;
    uint32_t block;
    std::vector<StageConfig> stages;
    Status status;
  };
  const Row rows[] = {
      {"rate", 44100, 0, {}, Status::ERR_AUDIO_RATE},
      {"block over 120 ms", 8000, 961, {}, Status::ERR_AUDIO_BLOCK},
      {"block that leaves a part of a sample",
       48000,
       100,
       {resample(8000)},
       Status::ERR_AUDIO_BLOCK},
      {"part of a sample between stages",
       48000,
       100,
       {resample(8000), resample(48000)},
       Status::ERR_AUDIO_BLOCK},
      {"17 stages", 8000, 0, std::vector<StageConfig>(17), Status::ERR_AUDIO_STAGE_COUNT},
      {"kind", 8000, 0, {gain(0), no_kind}, Status::ERR_AUDIO_STAGE_KIND},
      {"gain high", 8000, 0, {gain(3001)}, Status::ERR_AUDIO_GAIN},
      {"gain low", 8000, 0, {gain(-6001)}, Status::ERR_AUDIO_GAIN},
      {"attenuation 0", 8000, 0, {denoise(0)}, Status::ERR_AUDIO_ATTENUATION},
      {"attenuation high", 8000, 0, {denoise(46)}, Status::ERR_AUDIO_ATTENUATION},
      {"denoiser frame", 8000, 0, {denoise(15, 15)}, Status::ERR_AUDIO_STAGE_FRAME},
      {"resampler rate", 8000, 0, {resample(44100)}, Status::ERR_AUDIO_RESAMPLE_RATE},
      {"resampler quality", 8000, 0, {resample(16000, 11)}, Status::ERR_AUDIO_RESAMPLE_QUALITY},
      {"no callback", 8000, 0, {no_callback}, Status::ERR_AUDIO_PROCESSOR},
      {"processor's rate", 8000, 0, {host(vendor, 16000)}, Status::ERR_AUDIO_PROCESSOR_RATE},
      {"processor's rate behind a resampler",
       8000,
       0,
       {resample(16000), host(vendor)},
       Status::ERR_AUDIO_PROCESSOR_RATE},
      {"processor's frame 0", 8000, 0, {host(vendor, 8000, 0)}, Status::ERR_AUDIO_STAGE_FRAME},
      {"processor's frame", 8000, 0, {host(vendor, 8000, 961)}, Status::ERR_AUDIO_STAGE_FRAME},
      {"processor's latency",
       8000,
       0,
       {host(vendor, 8000, 80, 8001)},
       Status::ERR_AUDIO_PROCESSOR_LATENCY},
  };
  test::TestContext ctx;
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(make(ctx.memory, row.rate, row.stages, row.block).error() == row.status);
    CHECK(ctx.allocator.live_blocks == 0);
  }
}

TEST_CASE("a host processor works in frames of its own size") {
  test::TestContext ctx;
  const Samples in = test::noise(8000, 20000);
  // Blocks of 50 samples against frames of 80: gcd 10, so 70 samples wait.
  for (const auto& [block, latency] :
       {std::pair{80u, 0u}, {160u, 0u}, {50u, 70u}, {1u, 79u}, {120u, 40u}, {240u, 0u}}) {
    INFO("block " << block);
    Vendor vendor;
    auto chain = make(ctx.memory, 8000, {host(vendor)}, block);
    REQUIRE(chain);
    CHECK(chain->latency_samples() == latency);
    const Samples out = run(*chain, in, block);
    bool is_equal = true;
    for (size_t i = latency; i < out.size(); ++i) is_equal = is_equal && out[i] == -in[i - latency];
    CHECK(is_equal);
    CHECK(test::energy(PcmView(out).first(latency)) == 0);
    CHECK(vendor.wrong_size == 0);
    CHECK(vendor.calls == out.size() / 80);
    CHECK(chain->stage_stats(0).frames == vendor.calls);
  }
}

TEST_CASE("a failing host processor is bypassed bit for bit and counted") {
  test::TestContext ctx;
  const Samples in = test::noise(1600, 20000);
  for (const uint32_t block : {80u, 50u}) {
    Vendor vendor;
    vendor.is_failing = true;
    auto chain = make(ctx.memory, 8000, {host(vendor), gain(0)}, block);
    const Samples out = run(*chain, in, block);
    const size_t latency = chain->latency_samples();
    CHECK(std::equal(out.begin() + static_cast<std::ptrdiff_t>(latency), out.end(), in.begin()));
    CHECK(chain->stage_stats(0).bypassed_frames == 20);
    CHECK(chain->stage_stats(0).frames == 0);
    CHECK(chain->stage_stats(1).bypassed_frames == 0);
    vendor.is_failing = false;
    (void)run(*chain, in, block);
    CHECK(chain->stage_stats(0).frames == 20);
    CHECK(chain->stage_stats(0).samples == 3200);
  }
}

TEST_CASE("the denoiser raises the SNR of speech in noise and keeps its delay") {
  test::TestContext ctx;
  for (const uint32_t rate : {8000u, 16000u, 48000u}) {
    for (const uint32_t frame_ms : {10u, 20u}) {
      const Samples speech = test::speech_like(rate, 6.0);
      const Samples noisy = test::mix(speech, test::noise(speech.size(), 1200));
      auto chain = make(ctx.memory, rate, {denoise(15, frame_ms)}, rate / 50);
      REQUIRE(chain);
      const Samples cleaned = run(*chain, noisy, rate / 50);
      const size_t skip = rate * 2;  // the noise is learnt
      const size_t latency = chain->latency_samples();
      const size_t count = cleaned.size() - skip - latency;
      const auto reference = PcmView(speech).subspan(skip, count);
      const double before = test::snr_at(reference, PcmView(noisy).subspan(skip, count), 0);
      const double after =
          test::snr_at(reference, PcmView(cleaned).subspan(skip + latency, count), 0);
      INFO(rate << " Hz, " << frame_ms << " ms: " << before << " -> " << after);
      CHECK(latency == rate / 1000 * frame_ms);
      CHECK(after > before + 4.0);
      CHECK(test::best_match(PcmView(speech).subspan(skip, rate / 4),
                             PcmView(cleaned).subspan(skip, rate / 2), rate / 25)
                .lag <= latency + rate / 4000);
    }
  }
}

TEST_CASE("the denoiser takes away no more than it may and leaves clean speech alone") {
  test::TestContext ctx;
  const Samples hiss = test::noise(8000 * 4, 2000);
  const auto loss_db = [&](uint32_t attenuation_db) {
    auto chain = make(ctx.memory, 8000, {denoise(attenuation_db)});
    const Samples out = run(*chain, hiss, 160);
    return 10 * std::log10(test::energy(PcmView(hiss).last(8000)) /
                           test::energy(PcmView(out).last(8000)));
  };
  CHECK(loss_db(6) > 4);
  CHECK(loss_db(6) < 7);
  CHECK(loss_db(15) > 11);
  CHECK(loss_db(15) < 17);
  const Samples speech = test::speech_like(8000, 4.0);
  auto chain = make(ctx.memory, 8000, {denoise()});
  const Samples out = run(*chain, speech, 160);
  CHECK(test::snr_at(PcmView(speech).first(30000), out, chain->latency_samples()) > 15);
}

TEST_CASE("the resampler passes the band, stops what would alias, and declares its delay") {
  test::TestContext ctx;
  for (const uint32_t from : {8000u, 16000u, 48000u}) {
    for (const uint32_t to : {8000u, 16000u, 48000u}) {
      if (from == to) continue;
      INFO(from << " -> " << to);
      auto chain = make(ctx.memory, from, {resample(to, 5)});
      REQUIRE(chain);
      CHECK(chain->output_rate() == to);
      for (const double hz : {300.0, 1000.0, 3000.0}) {
        const Samples out = run(*chain, test::sine(from, hz, 10000, from), from / 50);
        REQUIRE(out.size() == to);
        CHECK(std::abs(test::tone_amplitude(PcmView(out).last(to / 2), to, hz) - 10000) < 300);
      }
      const double image = from < to ? from - 1000.0 : 1000.0;
      const double source = from < to ? 1000.0 : to - 1000.0;
      if (source < from / 2.0 && image < to / 2.0) {
        const Samples out = run(*chain, test::sine(from, source, 10000, from), from / 50);
        CHECK(test::tone_amplitude(PcmView(out).last(to / 2), to, image) < 30);  // 50 dB down
      }
      // The same curve sampled at both rates meets at the declared delay.
      auto fresh = make(ctx.memory, from, {resample(to, 5)});
      const Samples out = run(*fresh, test::chirp(from, 9000, from * 6 / 10), from / 50);
      const auto match =
          test::best_match(PcmView(test::chirp(to, 9000, to * 4 / 10)), out, to / 100);
      CHECK(match.snr_db > 20);
      const uint32_t latency = fresh->latency_samples();
      CHECK(std::max<size_t>(match.lag, latency) - std::min<size_t>(match.lag, latency) <= 1);
    }
  }
}

TEST_CASE("resamplers around a processor: rates, delays and counters add up") {
  test::TestContext ctx;
  Vendor vendor;
  auto chain = make(ctx.memory, 8000,
                    {resample(16000), host(vendor, 16000, 80, 48), resample(8000), gain(0)}, 160);
  REQUIRE(chain);
  CHECK(chain->output_rate() == 8000);
  Samples pcm = test::speech_like(8000, 0.4);
  const Samples in = pcm;
  REQUIRE(chain->process(pcm));
  for (int16_t& sample : pcm) sample = static_cast<int16_t>(-std::max<int>(sample, -32767));
  const size_t without = chain->latency_samples() - 24;  // the vendor only claims its 48 samples
  CHECK(test::snr_at(PcmView(in).first(3000), pcm, without) > 15);
  CHECK(chain->stage_stats(1).samples == in.size() * 2);
  CHECK(chain->stage_kind(1) == StageKind::kHost);
  uint32_t sum = 0;
  for (size_t i = 0; i < chain->stage_count(); ++i) {
    sum += chain->stage_stats(i).latency_samples * (i < 2 ? 1 : 2);
  }
  CHECK(chain->latency_samples() == (sum + 1) / 2);
}

TEST_CASE("process checks sizes and overlap before anything changes") {
  test::TestContext ctx;
  auto up = make(ctx.memory, 8000, {resample(16000)});
  auto down = make(ctx.memory, 16000, {resample(8000)});
  auto same = make(ctx.memory, 8000, {gain(600)});
  Samples pcm(960, 5);
  const PcmView in = PcmView(pcm).first(160);
  CHECK(up->process(Pcm(pcm)).error() == Status::ERR_WRONG_STATE);
  CHECK(same->process(Pcm(pcm).first(81)).error() == Status::ERR_AUDIO_FRAME_SIZE);
  CHECK(same->process(in, Pcm(pcm).subspan(200, 159)).error() == Status::ERR_BUFFER_TOO_SMALL);
  CHECK(same->process(in, Pcm(pcm).subspan(1)).error() == Status::ERR_AUDIO_OVERLAP);
  CHECK(same->process(PcmView(pcm).subspan(1, 160), Pcm(pcm)).error() == Status::ERR_AUDIO_OVERLAP);
  CHECK(up->process(in, pcm).error() == Status::ERR_AUDIO_OVERLAP);
  CHECK(up->process(in, Pcm(pcm).subspan(160, 319)).error() == Status::ERR_BUFFER_TOO_SMALL);
  CHECK(same->stage_stats(0).samples == 0);
  CHECK(pcm == Samples(960, 5));
  CHECK(up->process(in, Pcm(pcm).subspan(160)).value_or(0) == 320);
  CHECK(down->process(in, pcm).value_or(0) == 80);
  CHECK(same->process(PcmView(), Pcm()).value_or(1) == 0);
}

TEST_CASE("in place and out of place, in any multiple of the block, give the same audio") {
  test::TestContext ctx;
  const Samples in = test::mix(test::speech_like(16000, 1.0), test::noise(16000, 500));
  const std::vector<StageConfig> stages = {denoise(), resample(8000), gain(300)};
  auto one = make(ctx.memory, 16000, stages);
  auto other = make(ctx.memory, 16000, stages);
  const Samples expected = run(*one, in, 160);
  Samples pcm = in;
  REQUIRE(other->process(PcmView(pcm), Pcm(pcm)).value_or(0) == expected.size());
  pcm.resize(expected.size());
  CHECK(pcm == expected);
}

TEST_CASE("chains come back clean") {
  test::TestContext ctx;
  {
    static Vendor vendor;
    auto chain = make(ctx.memory, 8000, {denoise(15, 20), host(vendor), resample(48000)}, 120);
    (void)run(*chain, test::speech_like(8000, 0.5), 120);
    CHECK(ctx.allocator.live_blocks > 5);
  }
  CHECK(ctx.allocator.live_blocks == 0);
}
