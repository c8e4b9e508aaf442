#include "audio/codec.h"

#include <array>
#include <vector>

#include "signals.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::audio;
using test::Samples;

namespace {

using Payload = std::vector<uint8_t>;

CodecConfig config_of(CodecId codec, uint32_t rate) {
  CodecConfig config;
  config.codec = codec;
  config.sample_rate = rate;
  return config;
}

std::vector<Payload> encode_all(Encoder& encoder, const Samples& pcm, size_t frame) {
  std::vector<Payload> packets;
  for (size_t at = 0; at + frame <= pcm.size(); at += frame) {
    Payload payload(encoder.max_payload(frame));
    const auto len = encoder.encode(PcmView(pcm).subspan(at, frame), payload);
    REQUIRE(len);
    payload.resize(*len);
    packets.push_back(std::move(payload));
  }
  return packets;
}

void append(Samples& all, PcmView part) {
  all.insert(all.end(), part.begin(), part.end());
}

Samples decode_all(Decoder& decoder, const std::vector<Payload>& packets) {
  Samples all, pcm(kMaxPacketSamples);
  for (const Payload& payload : packets) {
    const auto samples = decoder.decode(payload, pcm);
    REQUIRE(samples);
    append(all, PcmView(pcm).first(*samples));
  }
  return all;
}

}  // namespace

TEST_CASE("a codec's name, RTP clock and timestamp step are told apart from its PCM rate") {
  struct Row {
    CodecId codec;
    uint32_t rate;
    const char* name;
    uint32_t clock;
    uint64_t ticks_of_20_ms;
  };
  const Row rows[] = {
      {CodecId::kPcmu, 8000, "PCMU", 8000, 160},   {CodecId::kPcma, 8000, "PCMA", 8000, 160},
      {CodecId::kOpus, 8000, "opus", 48000, 960},  {CodecId::kOpus, 16000, "opus", 48000, 960},
      {CodecId::kOpus, 48000, "opus", 48000, 960}, {CodecId::kL16, 16000, "L16", 16000, 320},
  };
  for (const Row& row : rows) {
    INFO(row.name << " at " << row.rate);
    CHECK(std::string(codec_name(row.codec)) == row.name);
    CHECK(rtp_clock(row.codec, row.rate) == row.clock);
    CHECK(rtp_ticks(config_of(row.codec, row.rate), row.rate / 50) == row.ticks_of_20_ms);
  }
  CHECK(rtp_clock(CodecId{9}, 8000) == 0);
  CHECK(std::string(codec_name(CodecId{0})).empty());
}

TEST_CASE("each wrong codec setting has its own status") {
  struct Row {
    const char* title;
    CodecConfig config;
    Status status;
  };
  const auto opus = [](OpusSettings settings) {
    CodecConfig config = config_of(CodecId::kOpus, 16000);
    config.opus = settings;
    return config;
  };
  const Row rows[] = {
      {"no codec", config_of(CodecId{0}, 8000), Status::ERR_AUDIO_CODEC},
      {"unknown codec", config_of(CodecId{5}, 8000), Status::ERR_AUDIO_CODEC},
      {"wideband PCMU", config_of(CodecId::kPcmu, 16000), Status::ERR_AUDIO_RATE},
      {"CD rate", config_of(CodecId::kL16, 44100), Status::ERR_AUDIO_RATE},
      {"Opus at 12 kHz", config_of(CodecId::kOpus, 12000), Status::ERR_AUDIO_RATE},
      {"bit rate low", opus({.bitrate = 5999}), Status::ERR_AUDIO_CODEC_SETTING},
      {"bit rate high", opus({.bitrate = 128001}), Status::ERR_AUDIO_CODEC_SETTING},
      {"complexity", opus({.complexity = 11}), Status::ERR_AUDIO_CODEC_SETTING},
      {"loss", opus({.packet_loss_perc = 101}), Status::ERR_AUDIO_CODEC_SETTING},
  };
  test::TestContext ctx;
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(Encoder::create(ctx.memory, row.config).error() == row.status);
    CHECK(Decoder::create(ctx.memory, row.config).error() == row.status);
  }
  CHECK(ctx.allocator.count == 0);
}

TEST_CASE("RFC 6716 2.1.4: Opus carries speech at each rate in packets of each duration") {
  test::TestContext ctx;
  for (const uint32_t rate : {8000u, 16000u, 48000u}) {
    const Samples speech = test::speech_like(rate, 1.2);
    for (const size_t tenths_of_ms : {25, 50, 100, 200, 400, 600, 800, 1000, 1200}) {
      INFO(rate << " Hz, " << tenths_of_ms << " tenths of ms");
      auto encoder = Encoder::create(ctx.memory, config_of(CodecId::kOpus, rate));
      auto decoder = Decoder::create(ctx.memory, config_of(CodecId::kOpus, rate));
      REQUIRE(encoder);
      REQUIRE(decoder);
      // Short frames are CELT's, which spends more on its overhead.
      OpusSettings settings;
      settings.bitrate = tenths_of_ms < 100 ? 64000 : 24000;
      REQUIRE(encoder->set(settings));
      const size_t frame = rate * tenths_of_ms / 10000;
      const auto packets = encode_all(*encoder, speech, frame);
      CHECK(*decoder->samples_in(packets[3]) == frame);
      const Samples heard = decode_all(*decoder, packets);
      const auto match = test::best_match(PcmView(speech).first(rate / 2),
                                          PcmView(heard).first(rate / 2 + rate / 50), rate / 50);
      CHECK(match.snr_db > 7.0);
      // RFC 6716 2: look-ahead and filters cost 5 to 6.5 ms, up to 10 for the resampler inside
      // SILK.
      CHECK(match.lag <= rate / 100);
      CHECK(decoder->stats().packets == packets.size());
      CHECK(decoder->last_samples() == frame);
    }
  }
}

TEST_CASE("any codec packet of other lengths is refused before anything changes") {
  test::TestContext ctx;
  auto opus = Encoder::create(ctx.memory, config_of(CodecId::kOpus, 8000));
  auto pcmu = Encoder::create(ctx.memory, config_of(CodecId::kPcmu, 8000));
  const Samples pcm(961);
  Payload out(kMaxOpusPayload);
  for (const size_t samples : {0, 1, 21, 159, 200, 240, 961}) {
    CHECK(opus->encode(PcmView(pcm).first(samples), out).error() == Status::ERR_AUDIO_FRAME_SIZE);
  }
  CHECK(pcmu->encode({}, out).error() == Status::ERR_AUDIO_FRAME_SIZE);
  CHECK(pcmu->encode(pcm, out).error() == Status::ERR_AUDIO_FRAME_SIZE);
  CHECK(*pcmu->encode(PcmView(pcm).first(1), out) == 1);
  CHECK(opus->encode(PcmView(pcm).first(160), MutableBytes(out).first(1274)).error() ==
        Status::ERR_BUFFER_TOO_SMALL);
  CHECK(pcmu->encode(PcmView(pcm).first(160), MutableBytes(out).first(159)).error() ==
        Status::ERR_BUFFER_TOO_SMALL);
  CHECK(pcmu->set(OpusSettings{}).error() == Status::ERR_WRONG_STATE);
  CHECK(opus->set({.bitrate = 1}).error() == Status::ERR_AUDIO_CODEC_SETTING);
  CHECK(opus->config().opus.bitrate == 0);
}

TEST_CASE("a buffer too small leaves the decoder ready for the same packet") {
  test::TestContext ctx;
  const Samples speech = test::speech_like(16000, 0.5);
  auto encoder = Encoder::create(ctx.memory, config_of(CodecId::kOpus, 16000));
  auto one = Decoder::create(ctx.memory, config_of(CodecId::kOpus, 16000));
  auto other = Decoder::create(ctx.memory, config_of(CodecId::kOpus, 16000));
  const auto packets = encode_all(*encoder, speech, 320);
  Samples small(319), full(320);
  Samples heard;
  for (const Payload& payload : packets) {
    CHECK(one->decode(payload, small).error() == Status::ERR_BUFFER_TOO_SMALL);
    REQUIRE(one->decode(payload, full));
    append(heard, full);
  }
  CHECK(heard == decode_all(*other, packets));
}

TEST_CASE("RFC 6716 2.1.9: DTX is silence, not loss") {
  test::TestContext ctx;
  CodecConfig config = config_of(CodecId::kOpus, 16000);
  config.opus.has_dtx = true;
  auto encoder = Encoder::create(ctx.memory, config);
  auto decoder = Decoder::create(ctx.memory, config);
  Samples pcm = test::speech_like(16000, 1.0);
  pcm.resize(16000 * 3);  // two seconds of silence
  const auto packets = encode_all(*encoder, pcm, 320);
  size_t dtx = 0;
  for (const Payload& payload : packets) dtx += is_dtx(CodecId::kOpus, payload) ? 1 : 0;
  CHECK(dtx > 60);
  const Samples heard = decode_all(*decoder, packets);
  CHECK(heard.size() == pcm.size());
  CHECK(decoder->stats().silent_packets == dtx);
  CHECK(decoder->stats().concealed_frames == 0);
  const auto tail = PcmView(heard).last(16000);
  CHECK(test::energy(tail) / 16000 < 100);
}

TEST_CASE("an empty payload is silence as long as the packet before, without a click") {
  test::TestContext ctx;
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma, CodecId::kOpus, CodecId::kL16}) {
    INFO(codec_name(codec));
    auto encoder = Encoder::create(ctx.memory, config_of(codec, 8000));
    auto decoder = Decoder::create(ctx.memory, config_of(codec, 8000));
    Samples pcm(960);
    CHECK(*decoder->decode({}, pcm) == 160);
    CHECK(test::energy(PcmView(pcm).first(160)) == 0);
    Samples heard =
        decode_all(*decoder, encode_all(*encoder, test::sine(8000, 300, 8000, 2400), 80));
    const int step = test::largest_step(heard);
    CHECK(*decoder->decode({}, pcm) == 80);
    append(heard, PcmView(pcm).first(80));
    CHECK(test::largest_step(heard) <= step + step / 2);
    CHECK(test::energy(PcmView(heard).last(40)) == 0);
    CHECK(decoder->stats().silent_packets == 2);
  }
}

TEST_CASE("FEC of the next packet restores a lost frame better than concealment") {
  test::TestContext ctx;
  for (const uint32_t rate : {8000u, 16000u, 48000u}) {
    INFO(rate);
    const size_t frame = rate / 50;
    auto encoder = Encoder::create(ctx.memory, config_of(CodecId::kOpus, rate));
    const auto packets = encode_all(*encoder, test::speech_like(rate, 1.4), frame);
    auto whole = Decoder::create(ctx.memory, config_of(CodecId::kOpus, rate));
    const Samples expected = decode_all(*whole, packets);
    double error[2] = {0, 0};
    for (const bool has_fec : {false, true}) {
      auto decoder = Decoder::create(ctx.memory, config_of(CodecId::kOpus, rate));
      Samples pcm(frame);
      for (size_t i = 0; i < packets.size(); ++i) {
        const bool is_lost = i % 6 == 5 && i + 1 < packets.size();
        if (!is_lost) {
          REQUIRE(decoder->decode(packets[i], pcm));
          continue;
        }
        REQUIRE(decoder->conceal(pcm, has_fec ? ByteView(packets[i + 1]) : ByteView()));
        for (size_t s = 0; s < frame; ++s)
          error[has_fec] += std::pow(pcm[s] - expected[i * frame + s], 2);
      }
      CHECK(decoder->stats().concealed_frames == 11);
      CHECK((decoder->stats().fec_frames > 5) == has_fec);
    }
    // At least 3 dB closer to what would have been heard.
    CHECK(error[true] * 2 < error[false]);
  }
}

TEST_CASE("the loss hint at run time decides whether redundancy is sent") {
  test::TestContext ctx;
  auto encoder = Encoder::create(ctx.memory, config_of(CodecId::kOpus, 16000));
  const Samples speech = test::speech_like(16000, 1.0);
  const auto redundant = [&] {
    size_t count = 0;
    for (const Payload& payload : encode_all(*encoder, speech, 320))
      count += opus_has_fec(payload) ? 1 : 0;
    return count;
  };
  CHECK(redundant() > 10);
  REQUIRE(encoder->set({.packet_loss_perc = 0}));
  CHECK(redundant() <= 1);  // the first may repeat what came before
  REQUIRE(encoder->set({.has_fec = false}));
  CHECK(redundant() == 0);
  REQUIRE(encoder->set({}));
  CHECK(redundant() > 10);
}

TEST_CASE("RFC 6562: without VBR all packets have one size, that of the bits speech needs") {
  test::TestContext ctx;
  struct Row {
    uint32_t rate;
    uint32_t bitrate;
    size_t payload_len;  // of 20 ms
  };
  for (const Row& row :
       {Row{8000, 0, 70}, Row{16000, 0, 120}, Row{48000, 0, 120}, Row{16000, 24000, 60}}) {
    INFO(row.rate << " Hz, " << row.bitrate << " bit/s");
    CodecConfig config = config_of(CodecId::kOpus, row.rate);
    config.opus.has_vbr = false;
    config.opus.bitrate = row.bitrate;
    auto encoder = Encoder::create(ctx.memory, config);
    const auto speech = test::speech_like(row.rate, 1.0);
    for (const Payload& payload : encode_all(*encoder, speech, row.rate / 50))
      CHECK(payload.size() == row.payload_len);
  }
}

TEST_CASE("G.711 and L16 fade out in a gap and in again after it") {
  test::TestContext ctx;
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kPcma, CodecId::kL16}) {
    INFO(codec_name(codec));
    auto encoder = Encoder::create(ctx.memory, config_of(codec, 8000));
    auto decoder = Decoder::create(ctx.memory, config_of(codec, 8000));
    const auto packets = encode_all(*encoder, test::sine(8000, 437, 9000, 3200), 160);
    Samples heard, pcm(160);
    for (size_t i = 0; i < packets.size(); ++i) {
      const bool is_lost = i >= 8 && i < 13;
      REQUIRE((is_lost ? decoder->conceal(pcm) : decoder->decode(packets[i], pcm)));
      append(heard, pcm);
    }
    const auto frame = [&](size_t i) { return PcmView(heard).subspan(i * 160, 160); };
    CHECK(test::energy(frame(8)) > test::energy(frame(7)) * 0.5);
    CHECK(test::energy(frame(9)) < test::energy(frame(8)));
    CHECK(test::energy(frame(10)) < test::energy(frame(9)));
    CHECK(test::energy(frame(11)) == 0);
    CHECK(test::energy(frame(12)) == 0);
    CHECK(test::energy(frame(14)) > 0.9 * test::energy(frame(7)));
    // No step larger than the tone's own, with room for the quantisation.
    CHECK(test::largest_step(heard) <= test::largest_step(PcmView(heard).first(1280)) + 300);
    CHECK(decoder->stats().concealed_frames == 5);
  }
}

TEST_CASE("conceal takes every legal duration and no other") {
  test::TestContext ctx;
  auto opus = Decoder::create(ctx.memory, config_of(CodecId::kOpus, 8000));
  auto pcmu = Decoder::create(ctx.memory, config_of(CodecId::kPcmu, 8000));
  Samples pcm(980);
  for (size_t samples = 20; samples <= 960; samples += 20) {
    CHECK(opus->conceal(Pcm(pcm).first(samples)).value_or(0) == samples);
  }
  for (const size_t samples : {0, 1, 30, 980}) {
    CHECK(opus->conceal(Pcm(pcm).first(samples)).error() == Status::ERR_AUDIO_FRAME_SIZE);
  }
  CHECK(pcmu->conceal(Pcm(pcm).first(1)));
  CHECK(pcmu->conceal({}).error() == Status::ERR_AUDIO_FRAME_SIZE);
  CHECK(pcmu->conceal(pcm).error() == Status::ERR_AUDIO_FRAME_SIZE);
  const uint8_t garbage[] = {0xff, 0xff, 0xff};
  CHECK(opus->conceal(Pcm(pcm).first(160), garbage));
}

TEST_CASE("malformed payloads are refused and counted") {
  struct Row {
    const char* title;
    CodecId codec;
    Payload payload;
  };
  const Row rows[] = {
      {"L16 with half a sample", CodecId::kL16, Payload(3)},
      {"PCMU over 120 ms", CodecId::kPcmu, Payload(961)},
      {"RFC 6716 R3: code 1 of odd length", CodecId::kOpus, {0x01, 0x00}},
      {"RFC 6716 R4: code 2 too short", CodecId::kOpus, {0x02, 0x05, 0x00}},
      {"RFC 6716 R5: code 3 without frames", CodecId::kOpus, {0x03, 0x00}},
      {"RFC 6716 R5: more than 120 ms", CodecId::kOpus, {0x1b, 0x30, 0, 0}},
      {"RFC 6716 R6: padding past the end", CodecId::kOpus, {0x03, 0x41, 0x09}},
  };
  test::TestContext ctx;
  for (const Row& row : rows) {
    INFO(row.title);
    auto decoder = Decoder::create(ctx.memory, config_of(row.codec, 8000));
    Samples pcm(kMaxPacketSamples);
    CHECK(decoder->decode(row.payload, pcm).error() == Status::ERR_AUDIO_PAYLOAD);
    CHECK(decoder->stats().malformed_packets == 1);
    CHECK(decoder->stats().packets == 0);
  }
}

TEST_CASE("every prefix of valid packets ends at an unreadable page and crashes nothing") {
  test::TestContext ctx;
  for (const CodecId codec : {CodecId::kPcmu, CodecId::kOpus, CodecId::kL16}) {
    auto encoder = Encoder::create(ctx.memory, config_of(codec, 8000));
    auto decoder = Decoder::create(ctx.memory, config_of(codec, 8000));
    Samples pcm(kMaxPacketSamples), gap(160);
    for (const Payload& payload : encode_all(*encoder, test::speech_like(8000, 0.3), 480)) {
      for (size_t len = 0; len <= payload.size(); ++len) {
        const test::Guarded prefix(ByteView(payload).first(len));
        const auto samples = decoder->decode(prefix.bytes(), pcm);
        CHECK((samples || samples.error() == Status::ERR_AUDIO_PAYLOAD));
        CHECK(decoder->conceal(gap, prefix.bytes()));
      }
    }
  }
}

TEST_CASE("codec states live in the host's memory and come back clean") {
  test::TestContext ctx;
  {
    auto encoder = Encoder::create(ctx.memory, config_of(CodecId::kOpus, 48000));
    auto decoder = Decoder::create(ctx.memory, config_of(CodecId::kOpus, 48000));
    (void)decode_all(*decoder, encode_all(*encoder, test::speech_like(48000, 0.2), 960));
    CHECK(ctx.allocator.live_bytes > 30000);
  }
  CHECK(ctx.allocator.live_blocks == 0);
}

TEST_CASE("a decoder of G.711 changes its law, and no other decoder does") {
  test::TestContext ctx;
  constexpr CodecId kAll[] = {CodecId::kPcmu, CodecId::kPcma, CodecId::kOpus, CodecId::kL16};
  for (const CodecId from : kAll) {
    for (const CodecId to : kAll) {
      INFO(codec_name(from) << " to " << codec_name(to));
      auto decoder = Decoder::create(ctx.memory, {from, 8000, {}});
      REQUIRE(decoder);
      const auto changed = decoder->switch_law(to);
      CHECK(changed.has_value() == (is_g711(from) && is_g711(to)));
      CHECK(decoder->config().codec == (changed ? to : from));
    }
  }
}
