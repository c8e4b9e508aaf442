// How deep the libraries go, measured on a painted stack, against what stack_depth() claims. The
// first call of each resolves symbols, which takes stack of its own: it is not counted.
#include "support/stack.h"

#include <array>

#include "audio/chain.h"
#include "audio/codec.h"
#include "signals.h"
#include "support/allocator.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::audio;
using test::Samples;
using test::speech_like;
using test::TestContext;

namespace {

// What must be left between the deepest trace and the end of the burn: the frames between the one
// that burns and the one that called the library.
constexpr size_t kMargin = 2 * 1024;
constexpr std::array<uint32_t, 3> kRates = {8000, 16000, 48000};
constexpr std::array<size_t, 6> kUnits = {1, 4, 8, 16, 24, 48};  // of 2.5 ms

struct Opus {
  uint32_t rate;
  size_t samples;
  OpusSettings settings;
};

std::vector<Opus> every_opus(std::span<const uint32_t> complexities) {
  std::vector<Opus> out;
  for (const uint32_t rate : kRates) {
    for (const size_t units : kUnits) {
      for (const uint32_t bitrate : {8000u, 24000u, 96000u}) {
        for (const uint32_t complexity : complexities) {
          OpusSettings settings;
          settings.bitrate = bitrate;
          settings.complexity = complexity;
          out.push_back({rate, units * rate / 400, settings});
        }
      }
    }
  }
  return out;
}

CodecConfig config_of(const Opus& opus) {
  return {CodecId::kOpus, opus.rate, opus.settings};
}

std::vector<std::vector<uint8_t>> packets_of(TestContext& world, const Opus& opus, size_t count) {
  auto encoder = *Encoder::create(world.memory, config_of(opus));
  const Samples pcm = speech_like(opus.rate, 0.4);
  std::vector<std::vector<uint8_t>> out;
  for (size_t i = 0; i < count; ++i) {
    std::vector<uint8_t> packet(kMaxOpusPayload);
    const auto at = std::span(pcm).subspan(i * opus.samples % (pcm.size() - opus.samples));
    packet.resize(*encoder.encode(at.first(opus.samples), packet));
    out.push_back(std::move(packet));
  }
  return out;
}

}  // namespace

TEST_CASE("the Opus encoder stays within the stack it declares") {
  TestContext world;
  test::PaintedStack stack;
  for (const Opus& opus : every_opus(std::array{0u, 10u})) {
    INFO(opus.rate << " Hz, " << opus.samples << " samples, " << opus.settings.bitrate
                   << " bit/s, complexity " << opus.settings.complexity);
    auto encoder = *Encoder::create(world.memory, config_of(opus));
    const Samples pcm = speech_like(opus.rate, 0.4);
    std::vector<uint8_t> packet(kMaxOpusPayload);
    size_t deepest = 0;
    for (size_t i = 0; i < 4; ++i) {
      const auto at = std::span(pcm).subspan(i * opus.samples % (pcm.size() - opus.samples));
      stack.run([&] { (void)encoder.encode(at.first(opus.samples), packet); });
      if (i != 0) deepest = std::max(deepest, stack.depth());
    }
    CHECK(deepest + kMargin <= encoder.stack_depth(opus.samples));
  }
}

// The decoder runs at each of our rates whatever the peer's was, changes mode in the middle, and
// conceals.
TEST_CASE("the Opus decoder stays within the stack it declares") {
  TestContext world;
  test::PaintedStack stack;
  for (const uint32_t rate : kRates) {
    auto decoder = *Decoder::create(world.memory, {CodecId::kOpus, rate, {}});
    size_t calls = 0;
    for (const Opus& opus : every_opus(std::array{0u})) {
      INFO(rate << " Hz from " << opus.rate << " Hz, " << opus.samples << " samples, "
                << opus.settings.bitrate << " bit/s");
      for (const auto& packet : packets_of(world, opus, 3)) {
        Samples pcm(*decoder.samples_in(packet));
        const size_t declared = decoder.stack_depth(pcm.size());
        const auto check = [&](const std::function<void()>& work) {
          stack.run(work);
          if (++calls > 6) CHECK(stack.depth() + kMargin <= declared);
        };
        check([&] { (void)decoder.conceal(pcm); });
        check([&] { (void)decoder.conceal(pcm, packet); });
        check([&] { (void)decoder.decode(packet, pcm); });
      }
    }
  }
}

TEST_CASE("the stages of a chain stay within the stack they declare") {
  TestContext world;
  test::PaintedStack stack;
  for (const uint32_t rate : kRates) {
    for (const uint32_t out_rate : kRates) {
      std::array<StageConfig, 3> stages;
      stages[0].kind = StageKind::kDenoise;
      stages[2].kind = StageKind::kResample;
      stages[2].resample.out_rate = out_rate;
      ChainConfig config;
      config.sample_rate = rate;
      config.stages = stages;
      auto chain = *Chain::create(world.memory, config);
      Samples in = speech_like(rate, 0.02), out(chain.output_samples(in.size()));
      for (int i = 0; i < 3; ++i) {
        stack.run([&] { (void)chain.process(std::span<const int16_t>(in), out); });
        INFO(rate << " Hz to " << out_rate);
        if (i != 0) CHECK(stack.depth() + kMargin <= chain.stack_depth());
      }
    }
  }
}
