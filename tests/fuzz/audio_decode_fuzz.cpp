// Payloads of every codec: the first byte picks codec and rate, the rest is cut into packets, each
// led by a length byte whose top bit says that a packet was lost before it.
#include <array>
#include <cstdlib>

#include "audio/codec.h"
#include "base/memory.h"

using namespace voxlock;
using namespace voxlock::audio;

namespace {

CodecConfig pick(uint8_t choice) {
  constexpr std::array<uint32_t, 4> kRates = {8000, 16000, 48000, 8000};
  CodecConfig config;
  config.codec = static_cast<CodecId>(1 + choice % 4);
  config.sample_rate = kRates[choice / 4 % 4];
  if (config.codec == CodecId::kPcmu || config.codec == CodecId::kPcma) config.sample_rate = 8000;
  return config;
}

void feed(Decoder& decoder, ByteView payload, bool is_after_loss) {
  static std::array<int16_t, kMaxPacketSamples> pcm;
  if (is_after_loss && !decoder.conceal(Pcm(pcm).first(decoder.last_samples()), payload))
    std::abort();
  const auto told = decoder.samples_in(payload);
  const auto samples = decoder.decode(payload, pcm);
  if (samples &&
      (!told || *told != *samples || *samples > max_packet_samples(decoder.config().sample_rate))) {
    std::abort();
  }
  if (!samples && samples.error() != Status::ERR_AUDIO_PAYLOAD) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Memory memory(nullptr);
  bytes::Reader reader(ByteView(data, size));
  auto decoder = Decoder::create(memory, pick(reader.u8()));
  if (!decoder) std::abort();
  while (reader.ok() && reader.left() > 0) {
    const uint8_t head = reader.u8();
    const size_t wanted = head & 0x7f;
    feed(*decoder, reader.take(wanted < reader.left() ? wanted : reader.left()),
         (head & 0x80) != 0);
  }
  return 0;
}
