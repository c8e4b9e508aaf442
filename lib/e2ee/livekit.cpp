#include "e2ee/livekit.h"

#include <algorithm>
#include <cstring>

namespace voxlock::e2ee {
namespace {

constexpr size_t kG711SilenceLen = 160;
constexpr uint8_t kPcmuSilence = 0xff;
constexpr uint8_t kPcmaSilence = 0xd5;
constexpr uint8_t kOpusSilence[] = {0xf8, 0xff, 0xfe};
constexpr size_t kOpusSilenceLen = sizeof kOpusSilence + 77;

bool is_all(ByteView bytes, uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(), [value](uint8_t byte) { return byte == value; });
}

}  // namespace

Result<LivekitFrame> parse_livekit_frame(ByteView frame, size_t clear_len) {
  if (frame.size() < clear_len + kLivekitOverhead) return Status::ERR_TRUNCATED;
  bytes::Reader in(frame);
  LivekitFrame out;
  out.clear = in.take(clear_len);
  out.sealed = in.take(frame.size() - clear_len - kLivekitOverhead);
  out.tag = in.take(kLivekitTagLen);
  const ByteView iv = in.take(kNonceLen);
  std::copy(iv.begin(), iv.end(), out.iv.begin());
  const uint8_t iv_len = in.u8();
  out.kid = in.u8();
  if (iv_len != kNonceLen) return Status::ERR_E2EE_FRAME;
  return out;
}

bool is_server_frame(ByteView frame, ByteView trailer) {
  return !trailer.empty() && frame.size() >= trailer.size() &&
         std::equal(trailer.begin(), trailer.end(), frame.last(trailer.size()).begin());
}

bool is_server_silence(ByteView payload, Silence codec) {
  switch (codec) {
    case Silence::kPcmu:
      return payload.size() == kG711SilenceLen && is_all(payload, kPcmuSilence);
    case Silence::kPcma:
      return payload.size() == kG711SilenceLen && is_all(payload, kPcmaSilence);
    case Silence::kOpus:
      return payload.size() == kOpusSilenceLen &&
             std::equal(std::begin(kOpusSilence), std::end(kOpusSilence), payload.begin()) &&
             is_all(payload.subspan(sizeof kOpusSilence), 0);
    case Silence::kNone:
      break;
  }
  return false;
}

}  // namespace voxlock::e2ee
