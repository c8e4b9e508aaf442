#include "voxlock/audio.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/stack.h"
#include "voxlock/voxlock.h"

namespace {

using Pcm = std::vector<int16_t>;

struct Freer {
  void operator()(voxlock_context* p) const { voxlock_context_free(p); }
  void operator()(voxlock_encoder* p) const { voxlock_encoder_free(p); }
  void operator()(voxlock_decoder* p) const { voxlock_decoder_free(p); }
  void operator()(voxlock_chain* p) const { voxlock_chain_free(p); }
};
template <typename T>
using Owner = std::unique_ptr<T, Freer>;

Owner<voxlock_context> make_context(const voxlock_allocator* allocator = nullptr) {
  voxlock_context_config config;
  REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.allocator = allocator;
  voxlock_context* ctx = nullptr;
  REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  return Owner<voxlock_context>(ctx);
}

voxlock_codec_config codec(uint32_t id, uint32_t rate) {
  voxlock_codec_config config;
  REQUIRE(voxlock_codec_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.codec = id;
  config.sample_rate = rate;
  return config;
}

voxlock_stage stage(uint32_t kind) {
  voxlock_stage out;
  REQUIRE(voxlock_stage_init(&out, sizeof out, kind) == VOXLOCK_OK);
  return out;
}

voxlock_chain_config chain_of(const std::vector<voxlock_stage>& stages) {
  voxlock_chain_config config;
  REQUIRE(voxlock_chain_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.stages = stages.data();
  config.stage_count = static_cast<uint32_t>(stages.size());
  return config;
}

int32_t halve(void* user, const int16_t* in, int16_t* out, size_t samples) {
  if (*static_cast<const bool*>(user)) return 1;
  for (size_t i = 0; i < samples; ++i) out[i] = static_cast<int16_t>(in[i] / 2);
  return 0;
}

std::vector<voxlock_stage> every_stage(bool& is_failing) {
  std::vector<voxlock_stage> stages = {stage(VOXLOCK_STAGE_DENOISE), stage(VOXLOCK_STAGE_GAIN),
                                       stage(VOXLOCK_STAGE_HOST), stage(VOXLOCK_STAGE_RESAMPLE)};
  stages[2].process = halve;
  stages[2].user = &is_failing;
  stages[2].sample_rate = 8000;
  stages[2].frame_samples = 120;
  return stages;
}

}  // namespace

TEST_CASE("audio ABI: a packet goes through encoder, decoder and chain at each codec") {
  const auto ctx = make_context();
  for (const auto& [id, rate] : {std::pair{VOXLOCK_CODEC_PCMU, 8000u},
                                 {VOXLOCK_CODEC_PCMA, 8000u},
                                 {VOXLOCK_CODEC_OPUS, 48000u},
                                 {VOXLOCK_CODEC_L16, 16000u}}) {
    const voxlock_codec_config config = codec(id, rate);
    voxlock_encoder* encoder = nullptr;
    voxlock_decoder* decoder = nullptr;
    REQUIRE(voxlock_encoder_new(ctx.get(), &config, &encoder) == VOXLOCK_OK);
    REQUIRE(voxlock_decoder_new(ctx.get(), &config, &decoder) == VOXLOCK_OK);
    const Owner<voxlock_encoder> own_encoder(encoder);
    const Owner<voxlock_decoder> own_decoder(decoder);
    const size_t frame = rate / 50;
    Pcm pcm(frame, 1000), heard(VOXLOCK_MAX_PACKET_SAMPLES);
    std::array<uint8_t, 2000> payload;
    size_t len = payload.size();
    REQUIRE(voxlock_encoder_encode(encoder, pcm.data(), frame, payload.data(), &len) == VOXLOCK_OK);
    size_t samples = heard.size();
    REQUIRE(voxlock_decoder_decode(decoder, payload.data(), len, heard.data(), &samples) ==
            VOXLOCK_OK);
    CHECK(samples == frame);
    CHECK(voxlock_decoder_conceal(decoder, payload.data(), len, heard.data(), frame) == VOXLOCK_OK);
    CHECK(voxlock_decoder_conceal(decoder, nullptr, 0, heard.data(), frame) == VOXLOCK_OK);
    samples = heard.size();
    CHECK(voxlock_decoder_decode(decoder, nullptr, 0, heard.data(), &samples) == VOXLOCK_OK);
    CHECK(samples == frame);
    voxlock_decoder_stats stats{};
    stats.struct_size = sizeof stats;
    REQUIRE(voxlock_decoder_get_stats(decoder, &stats) == VOXLOCK_OK);
    CHECK(stats.packets == 2);
    CHECK(stats.silent_packets == 1);
    CHECK(stats.concealed_frames == 2);
    CHECK(stats.last_samples == frame);
  }
  CHECK(voxlock_codec_rtp_clock(VOXLOCK_CODEC_OPUS, 8000) == 48000);
  CHECK(voxlock_codec_rtp_clock(VOXLOCK_CODEC_L16, 16000) == 16000);
  CHECK(voxlock_codec_rtp_clock(99, 8000) == 0);
}

TEST_CASE("audio ABI: too small a buffer is told the size, and nothing is lost") {
  const auto ctx = make_context();
  voxlock_encoder* encoder = nullptr;
  voxlock_decoder* decoder = nullptr;
  voxlock_chain* chain = nullptr;
  REQUIRE(voxlock_encoder_new(ctx.get(), nullptr, &encoder) == VOXLOCK_OK);
  REQUIRE(voxlock_decoder_new(ctx.get(), nullptr, &decoder) == VOXLOCK_OK);
  REQUIRE(voxlock_chain_new(ctx.get(), nullptr, &chain) == VOXLOCK_OK);
  const Owner<voxlock_encoder> own_encoder(encoder);
  const Owner<voxlock_decoder> own_decoder(decoder);
  const Owner<voxlock_chain> own_chain(chain);
  Pcm pcm(160, 99), out(160);
  std::array<uint8_t, 160> payload;
  size_t size = 0;
  CHECK(voxlock_encoder_encode(encoder, pcm.data(), 160, nullptr, &size) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(size == 160);
  CHECK(voxlock_encoder_encode(encoder, pcm.data(), 160, payload.data(), &size) == VOXLOCK_OK);
  size = 159;
  CHECK(voxlock_decoder_decode(decoder, payload.data(), 160, out.data(), &size) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(size == 160);
  CHECK(voxlock_decoder_decode(decoder, payload.data(), 160, out.data(), &size) == VOXLOCK_OK);
  size = 1;
  CHECK(voxlock_chain_process(chain, pcm.data(), 160, out.data(), &size) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(size == 160);
  CHECK(voxlock_chain_process(chain, pcm.data(), 160, out.data(), &size) == VOXLOCK_OK);
  CHECK(out == pcm);
  CHECK(voxlock_chain_process(chain, pcm.data(), 159, out.data(), &size) ==
        VOXLOCK_ERR_AUDIO_FRAME_SIZE);
  CHECK(voxlock_chain_process(chain, pcm.data(), 80, pcm.data() + 1, &size) ==
        VOXLOCK_ERR_AUDIO_OVERLAP);
}

TEST_CASE("audio ABI: NULL is refused everywhere and freeing it is allowed") {
  const auto ctx = make_context();
  voxlock_encoder* encoder = nullptr;
  voxlock_decoder* decoder = nullptr;
  voxlock_chain* chain = nullptr;
  REQUIRE(voxlock_encoder_new(ctx.get(), nullptr, &encoder) == VOXLOCK_OK);
  REQUIRE(voxlock_decoder_new(ctx.get(), nullptr, &decoder) == VOXLOCK_OK);
  REQUIRE(voxlock_chain_new(ctx.get(), nullptr, &chain) == VOXLOCK_OK);
  const Owner<voxlock_encoder> own_encoder(encoder);
  const Owner<voxlock_decoder> own_decoder(decoder);
  const Owner<voxlock_chain> own_chain(chain);
  int16_t pcm[160] = {};
  uint8_t payload[160] = {};
  size_t n = 160;
  auto* stale_encoder = reinterpret_cast<voxlock_encoder*>(pcm);
  auto* stale_decoder = reinterpret_cast<voxlock_decoder*>(pcm);
  auto* stale_chain = reinterpret_cast<voxlock_chain*>(pcm);
  voxlock_decoder_stats decoder_stats{};
  voxlock_stage_stats stage_stats{};
  const int32_t results[] = {
      voxlock_codec_config_init(nullptr, 40),
      voxlock_stage_init(nullptr, 40, 1),
      voxlock_chain_config_init(nullptr, 40),
      voxlock_encoder_new(nullptr, nullptr, &stale_encoder),
      voxlock_encoder_new(ctx.get(), nullptr, nullptr),
      voxlock_decoder_new(nullptr, nullptr, &stale_decoder),
      voxlock_decoder_new(ctx.get(), nullptr, nullptr),
      voxlock_chain_new(nullptr, nullptr, &stale_chain),
      voxlock_chain_new(ctx.get(), nullptr, nullptr),
      voxlock_encoder_encode(nullptr, pcm, 160, payload, &n),
      voxlock_encoder_encode(encoder, nullptr, 160, payload, &n),
      voxlock_encoder_encode(encoder, pcm, 160, payload, nullptr),
      voxlock_encoder_configure(nullptr, nullptr),
      voxlock_encoder_configure(encoder, nullptr),
      voxlock_decoder_decode(nullptr, payload, 160, pcm, &n),
      voxlock_decoder_decode(decoder, nullptr, 160, pcm, &n),
      voxlock_decoder_decode(decoder, payload, 160, pcm, nullptr),
      voxlock_decoder_conceal(nullptr, nullptr, 0, pcm, 160),
      voxlock_decoder_conceal(decoder, nullptr, 1, pcm, 160),
      voxlock_decoder_conceal(decoder, nullptr, 0, nullptr, 160),
      voxlock_decoder_get_stats(nullptr, &decoder_stats),
      voxlock_decoder_get_stats(decoder, nullptr),
      voxlock_chain_process(nullptr, pcm, 160, pcm, &n),
      voxlock_chain_process(chain, nullptr, 160, pcm, &n),
      voxlock_chain_process(chain, pcm, 160, pcm, nullptr),
      voxlock_chain_stage_stats(nullptr, 0, &stage_stats),
      voxlock_chain_stage_stats(chain, 0, nullptr),
  };
  for (size_t i = 0; i < std::size(results); ++i) {
    INFO("row " << i);
    CHECK(results[i] == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
  CHECK((stale_encoder == nullptr && stale_decoder == nullptr && stale_chain == nullptr));
  CHECK(voxlock_decoder_get_stats(decoder, &decoder_stats) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_chain_latency(nullptr, nullptr) == 0);
  CHECK(voxlock_audio_level(nullptr, 5) == 127);
  voxlock_audio_wipe(nullptr, 5);
  voxlock_encoder_free(nullptr);
  voxlock_decoder_free(nullptr);
  voxlock_chain_free(nullptr);
}

TEST_CASE("audio ABI: every wrong config has its status") {
  const auto ctx = make_context();
  struct Row {
    const char* title;
    std::function<void(voxlock_codec_config&)> change;
    int32_t status;
  };
  const Row rows[] = {
      {"size 0", [](auto& c) { c.struct_size = 0; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"size huge", [](auto& c) { c.struct_size = UINT32_MAX; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"codec", [](auto& c) { c.codec = 0; }, VOXLOCK_ERR_AUDIO_CODEC},
      {"rate", [](auto& c) { c.sample_rate = 11025; }, VOXLOCK_ERR_AUDIO_RATE},
      {"bit rate", [](auto& c) { c.opus_bitrate = 1; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
      {"complexity", [](auto& c) { c.opus_complexity = 11; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
      {"loss", [](auto& c) { c.opus_packet_loss_perc = 101; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
      {"fec", [](auto& c) { c.opus_fec = 2; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
      {"dtx", [](auto& c) { c.opus_dtx = 2; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
      {"vbr", [](auto& c) { c.opus_vbr = 2; }, VOXLOCK_ERR_AUDIO_CODEC_SETTING},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_codec_config config = codec(VOXLOCK_CODEC_OPUS, 16000);
    row.change(config);
    voxlock_encoder* encoder = nullptr;
    voxlock_decoder* decoder = nullptr;
    CHECK(voxlock_encoder_new(ctx.get(), &config, &encoder) == row.status);
    CHECK(voxlock_decoder_new(ctx.get(), &config, &decoder) == row.status);
    CHECK((encoder == nullptr && decoder == nullptr));
  }
}

TEST_CASE("audio ABI: an encoder is reconfigured only as itself") {
  const auto ctx = make_context();
  const voxlock_codec_config opus = codec(VOXLOCK_CODEC_OPUS, 16000);
  voxlock_encoder* encoder = nullptr;
  REQUIRE(voxlock_encoder_new(ctx.get(), &opus, &encoder) == VOXLOCK_OK);
  const Owner<voxlock_encoder> own(encoder);
  voxlock_codec_config change = opus;
  change.opus_packet_loss_perc = 30;
  CHECK(voxlock_encoder_configure(encoder, &change) == VOXLOCK_OK);
  change.opus_complexity = 99;
  CHECK(voxlock_encoder_configure(encoder, &change) == VOXLOCK_ERR_AUDIO_CODEC_SETTING);
  change = codec(VOXLOCK_CODEC_OPUS, 8000);
  CHECK(voxlock_encoder_configure(encoder, &change) == VOXLOCK_ERR_WRONG_STATE);
  change = codec(VOXLOCK_CODEC_PCMU, 8000);
  CHECK(voxlock_encoder_configure(encoder, &change) == VOXLOCK_ERR_WRONG_STATE);
}

TEST_CASE("audio ABI: a chain takes an array of stages and tells each one's counters") {
  const auto ctx = make_context();
  bool is_failing = false;
  const auto stages = every_stage(is_failing);
  const voxlock_chain_config config = chain_of(stages);
  voxlock_chain* chain = nullptr;
  REQUIRE(voxlock_chain_new(ctx.get(), &config, &chain) == VOXLOCK_OK);
  const Owner<voxlock_chain> own(chain);
  Pcm pcm(240, 500), out(1440);
  size_t samples = out.size();
  REQUIRE(voxlock_chain_process(chain, pcm.data(), pcm.size(), out.data(), &samples) == VOXLOCK_OK);
  CHECK(samples == 1440);
  is_failing = true;
  REQUIRE(voxlock_chain_process(chain, pcm.data(), pcm.size(), out.data(), &samples) == VOXLOCK_OK);
  uint32_t rate = 0;
  CHECK(voxlock_chain_latency(chain, &rate) > 6 * 80);
  CHECK(rate == 48000);
  voxlock_stage_stats stats{};
  stats.struct_size = sizeof stats;
  uint32_t count = 0;
  for (; voxlock_chain_stage_stats(chain, count, &stats) == VOXLOCK_OK; ++count) {
    CHECK(stats.kind == stages[count].kind);
    CHECK(stats.samples == 480);
    CHECK(stats.bypassed_frames == (stats.kind == VOXLOCK_STAGE_HOST ? 2 : 0));
  }
  CHECK(count == 4);
  CHECK(voxlock_chain_stage_stats(chain, 4, &stats) == VOXLOCK_ERR_NOT_FOUND);
}

TEST_CASE("audio ABI: wrong chain configs") {
  const auto ctx = make_context();
  bool is_failing = false;
  struct Row {
    const char* title;
    std::function<void(voxlock_chain_config&, voxlock_stage&)> change;
    int32_t status;
  };
  const Row rows[] = {
      {"size", [](auto& c, auto&) { c.struct_size = 2; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"stage size", [](auto&, auto& s) { s.struct_size = 0; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"stage size of the second", [](auto&, auto& s) { (&s)[1].struct_size = 8; },
       VOXLOCK_ERR_STRUCT_SIZE},
      {"odd stage size", [](auto&, auto& s) { s.struct_size = 6; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"no array", [](auto& c, auto&) { c.stages = nullptr; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"count", [](auto& c, auto&) { c.stage_count = UINT32_MAX; }, VOXLOCK_ERR_AUDIO_STAGE_COUNT},
      {"rate", [](auto& c, auto&) { c.sample_rate = 0; }, VOXLOCK_ERR_AUDIO_RATE},
      {"block", [](auto& c, auto&) { c.block_samples = UINT32_MAX; }, VOXLOCK_ERR_AUDIO_BLOCK},
      {"kind", [](auto&, auto& s) { s.kind = 0; }, VOXLOCK_ERR_AUDIO_STAGE_KIND},
      {"attenuation", [](auto&, auto& s) { s.attenuation_db = UINT32_MAX; },
       VOXLOCK_ERR_AUDIO_ATTENUATION},
      {"frame", [](auto&, auto& s) { s.frame_ms = 30; }, VOXLOCK_ERR_AUDIO_STAGE_FRAME},
      {"gain", [](auto&, auto& s) { (&s)[1].gain_cdb = INT32_MIN; }, VOXLOCK_ERR_AUDIO_GAIN},
      {"callback", [](auto&, auto& s) { (&s)[2].process = nullptr; }, VOXLOCK_ERR_AUDIO_PROCESSOR},
      {"callback's rate", [](auto&, auto& s) { (&s)[2].sample_rate = 0; },
       VOXLOCK_ERR_AUDIO_PROCESSOR_RATE},
      {"latency", [](auto&, auto& s) { (&s)[2].latency_samples = 9000; },
       VOXLOCK_ERR_AUDIO_PROCESSOR_LATENCY},
      {"out rate", [](auto&, auto& s) { (&s)[3].out_rate = 0; }, VOXLOCK_ERR_AUDIO_RESAMPLE_RATE},
      {"quality", [](auto&, auto& s) { (&s)[3].quality = 11; }, VOXLOCK_ERR_AUDIO_RESAMPLE_QUALITY},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    auto stages = every_stage(is_failing);
    voxlock_chain_config config = chain_of(stages);
    row.change(config, stages[0]);
    voxlock_chain* chain = nullptr;
    CHECK(voxlock_chain_new(ctx.get(), &config, &chain) == row.status);
    CHECK(chain == nullptr);
  }
}

TEST_CASE("audio ABI: stages of an older and of a newer host are read by their own size") {
  struct Newer {
    voxlock_stage known;
    uint64_t added;
  };
  const auto ctx = make_context();
  Newer newer[2] = {{stage(VOXLOCK_STAGE_GAIN), 0}, {stage(VOXLOCK_STAGE_GAIN), 0}};
  for (Newer& entry : newer) {
    entry.known.struct_size = sizeof(Newer);
    entry.known.gain_cdb = 602;
  }
  // An older host knows the first fields only.
  struct alignas(8) Older {
    uint32_t struct_size, kind;
    int32_t gain_cdb;
    uint32_t attenuation_db;
  };
  const Older older[2] = {{sizeof(Older), VOXLOCK_STAGE_GAIN, 602, 15},
                          {sizeof(Older), VOXLOCK_STAGE_DENOISE, 0, 15}};
  const std::pair<const void*, uint32_t> arrays[] = {{newer, 2}, {older, 2}};
  for (const auto& [array, count] : arrays) {
    voxlock_chain_config config = chain_of({});
    config.stages = static_cast<const voxlock_stage*>(array);
    config.stage_count = count;
    voxlock_chain* chain = nullptr;
    REQUIRE(voxlock_chain_new(ctx.get(), &config, &chain) == VOXLOCK_OK);
    voxlock_chain_free(chain);
  }
  newer[1].added = 1;
  voxlock_chain_config config = chain_of({});
  config.stages = &newer[0].known;
  config.stage_count = 2;
  voxlock_chain* chain = nullptr;
  CHECK(voxlock_chain_new(ctx.get(), &config, &chain) == VOXLOCK_ERR_STRUCT_SIZE);
}

TEST_CASE("audio ABI: every allocation may fail, once and for good; what comes back is clean") {
  bool is_failing = false;
  const auto stages = every_stage(is_failing);
  const voxlock_chain_config chain_config = chain_of(stages);
  const voxlock_codec_config codec_config = codec(VOXLOCK_CODEC_OPUS, 48000);
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      voxlock::test::TestAllocator allocator;
      auto ctx = make_context(allocator.raw());
      allocator.fail_after(n, for_good);
      voxlock_encoder* encoder = nullptr;
      voxlock_decoder* decoder = nullptr;
      voxlock_chain* chain = nullptr;
      int32_t status = voxlock_encoder_new(ctx.get(), &codec_config, &encoder);
      if (status == VOXLOCK_OK) status = voxlock_decoder_new(ctx.get(), &codec_config, &decoder);
      if (status == VOXLOCK_OK) status = voxlock_chain_new(ctx.get(), &chain_config, &chain);
      is_done = !allocator.has_failed;
      CHECK(status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_NO_MEMORY));
      // Any order: the context first.
      ctx.reset();
      voxlock_chain_free(chain);
      voxlock_decoder_free(decoder);
      voxlock_encoder_free(encoder);
      CHECK(allocator.live_blocks == 0);
    }
  }
}

TEST_CASE("audio ABI: level, wipe, features and layouts") {
  Pcm pcm(160, 3277);
  CHECK(voxlock_audio_level(pcm.data(), pcm.size()) == 20);
  voxlock_audio_wipe(pcm.data(), pcm.size());
  CHECK(voxlock_audio_level(pcm.data(), pcm.size()) == 127);
  CHECK(std::all_of(pcm.begin(), pcm.end(), [](int16_t s) { return s == 0; }));
  for (const char* name :
       {"codec.pcmu", "codec.pcma", "codec.opus", "codec.l16", "audio.denoise", "audio.resample"}) {
    CHECK(voxlock_has(name) == 1);
  }
  CHECK(voxlock_sizeof("voxlock_codec_config") == sizeof(voxlock_codec_config));
  CHECK(voxlock_sizeof("voxlock_stage") == sizeof(voxlock_stage));
  CHECK(voxlock_sizeof("voxlock_chain_config") == sizeof(voxlock_chain_config));
  CHECK(voxlock_sizeof("voxlock_stage_stats") == sizeof(voxlock_stage_stats));
  CHECK(voxlock_sizeof("voxlock_decoder_stats") == sizeof(voxlock_decoder_stats));
  CHECK(voxlock_offsetof("voxlock_stage", "user") == offsetof(voxlock_stage, user));
}

TEST_CASE("audio ABI: no call leaves audio on the dead stack") {
  const auto ctx = make_context();
  const voxlock_codec_config config = codec(VOXLOCK_CODEC_OPUS, 8000);
  voxlock_encoder* encoder = nullptr;
  REQUIRE(voxlock_encoder_new(ctx.get(), &config, &encoder) == VOXLOCK_OK);
  const Owner<voxlock_encoder> encoder_owner(encoder);
  voxlock_decoder* decoder = nullptr;
  REQUIRE(voxlock_decoder_new(ctx.get(), &config, &decoder) == VOXLOCK_OK);
  const Owner<voxlock_decoder> decoder_owner(decoder);
  const std::vector<voxlock_stage> stages = {stage(VOXLOCK_STAGE_DENOISE),
                                             stage(VOXLOCK_STAGE_RESAMPLE)};
  const voxlock_chain_config chain_config = chain_of(stages);
  voxlock_chain* chain = nullptr;
  REQUIRE(voxlock_chain_new(ctx.get(), &chain_config, &chain) == VOXLOCK_OK);
  const Owner<voxlock_chain> chain_owner(chain);

  Pcm pcm(160), out(960);
  for (size_t i = 0; i < pcm.size(); ++i) pcm[i] = static_cast<int16_t>(i * 4001 % 9000);
  std::vector<uint8_t> payload(1275);
  const uint8_t malformed[] = {0xff, 0};
  size_t len = 0, samples = 0;
  struct Case {
    const char* title;
    int32_t status;
    std::function<int32_t()> call;
  };
  const Case cases[] = {
      {"encode", VOXLOCK_OK,
       [&] {
         len = payload.size();
         return voxlock_encoder_encode(encoder, pcm.data(), 160, payload.data(), &len);
       }},
      {"encode what is no frame", VOXLOCK_ERR_AUDIO_FRAME_SIZE,
       [&] {
         size_t room = 1275;
         std::array<uint8_t, 1275> other;
         return voxlock_encoder_encode(encoder, pcm.data(), 159, other.data(), &room);
       }},
      {"decode", VOXLOCK_OK,
       [&] {
         samples = out.size();
         return voxlock_decoder_decode(decoder, payload.data(), len, out.data(), &samples);
       }},
      {"decode what is malformed", VOXLOCK_ERR_AUDIO_PAYLOAD,
       [&] {
         samples = out.size();
         return voxlock_decoder_decode(decoder, malformed, 2, out.data(), &samples);
       }},
      {"conceal", VOXLOCK_OK,
       [&] { return voxlock_decoder_conceal(decoder, nullptr, 0, out.data(), 160); }},
      {"conceal by the next", VOXLOCK_OK,
       [&] { return voxlock_decoder_conceal(decoder, payload.data(), len, out.data(), 160); }},
      {"chain", VOXLOCK_OK,
       [&] {
         samples = out.size();
         return voxlock_chain_process(chain, pcm.data(), 160, out.data(), &samples);
       }},
  };
  voxlock::test::PaintedStack stack;
  for (int round = 0; round < 3; ++round) {
    for (const Case& c : cases) {
      INFO(c.title);
      int32_t status = -1;
      stack.run([&] { status = c.call(); });
      CHECK(status == c.status);
      CHECK_FALSE(stack.has_traces());
    }
  }
}
