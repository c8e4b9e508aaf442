// Proves that running calls allocate nothing: neither through the host's allocator, nor operator
// new, nor the C library's heap that libopus and libspeexdsp could use behind our back.
#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <vector>

#include "audio/chain.h"
#include "audio/codec.h"
#include "signals.h"
#include "support/allocator.h"
#include "support/catch.h"

namespace {
std::atomic<uint64_t> news{0};
}  // namespace

// Not inlined: the compiler would take malloc and free for a mismatched pair.
__attribute__((noinline)) void* operator new(size_t size) {
  news.fetch_add(1, std::memory_order_relaxed);
  void* block = std::malloc(size != 0 ? size : 1);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
__attribute__((noinline)) void operator delete(void* block) noexcept {
  std::free(block);
}
__attribute__((noinline)) void operator delete(void* block, size_t /*size*/) noexcept {
  std::free(block);
}

using namespace voxlock;
using namespace voxlock::audio;

namespace {

struct Heap {
  uint64_t host;
  uint64_t news_so_far;
  size_t c_library;
  bool operator==(const Heap&) const = default;
};

Heap heap_of(const test::TestContext& ctx) {
  return {ctx.allocator.count, news.load(), static_cast<size_t>(mallinfo2().uordblks)};
}

int32_t pass(void* /*user*/, const int16_t* in, int16_t* out, size_t samples) {
  std::copy_n(in, samples, out);
  return 0;
}

std::vector<StageConfig> all_stages(uint32_t rate) {
  std::vector<StageConfig> stages(4);
  stages[0].kind = StageKind::kDenoise;
  stages[1].kind = StageKind::kHost;
  stages[1].host = {pass, nullptr, rate, rate / 1000 * 7, 0};
  stages[2].kind = StageKind::kGain;
  stages[3].kind = StageKind::kResample;
  stages[3].resample.out_rate = rate == 8000 ? 16000 : 8000;
  return stages;
}

}  // namespace

TEST_CASE("1000 frames through codec and chain allocate nothing, anywhere") {
  test::TestContext ctx;
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma, CodecId::kOpus, CodecId::kL16}) {
    const uint32_t rate = codec == CodecId::kOpus ? 16000 : 8000;
    CodecConfig config;
    config.codec = codec;
    config.sample_rate = rate;
    auto encoder = Encoder::create(ctx.memory, config);
    auto decoder = Decoder::create(ctx.memory, config);
    const auto stages = all_stages(rate);
    auto chain = Chain::create(ctx.memory, {rate, 0, stages});
    REQUIRE((encoder && decoder && chain));
    const test::Samples speech = test::speech_like(rate, 1.0);
    const size_t frame = rate / 50;
    std::vector<uint8_t> payload(kMaxOpusPayload);
    test::Samples pcm(frame), out(chain->output_samples(frame));
    bool is_ok = true;
    const Heap before = heap_of(ctx);
    for (size_t i = 0; i < 1000; ++i) {
      const auto len = encoder->encode(PcmView(speech).subspan(i % 50 * frame, frame), payload);
      const ByteView packet = ByteView(payload).first(len.value_or(0));
      is_ok = is_ok && (i % 10 == 9 ? decoder->conceal(pcm, packet) : decoder->decode(packet, pcm));
      is_ok = is_ok && chain->process(PcmView(pcm), out);
    }
    const Heap after = heap_of(ctx);
    INFO(codec_name(codec));
    CHECK(is_ok);
    CHECK((before == after));
  }
}

TEST_CASE("the heap counters see an allocation") {
  test::TestContext ctx;
  const Heap before = heap_of(ctx);
  const std::vector<int> block(1000);
  CHECK(news.load() > before.news_so_far);
  CHECK(static_cast<size_t>(mallinfo2().uordblks) > before.c_library);
}
