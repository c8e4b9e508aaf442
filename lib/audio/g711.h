// G.711 (ITU-T G.711, bit-exact with G.191's reference) and L16: one octet or two for a sample.
// The kernels are straight arithmetic without tables or branches, so that compilers vectorise them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace voxlock::audio {

// count samples each way; the buffers do not overlap.
void ulaw_encode(const int16_t* pcm, uint8_t* out, size_t count);
void ulaw_decode(const uint8_t* in, int16_t* pcm, size_t count);
void alaw_encode(const int16_t* pcm, uint8_t* out, size_t count);
void alaw_decode(const uint8_t* in, int16_t* pcm, size_t count);
// RFC 3551 4.5.11: two's complement, most significant octet first; out and in hold 2 * count
// octets.
void l16_encode(const int16_t* pcm, uint8_t* out, size_t count);
void l16_decode(const uint8_t* in, int16_t* pcm, size_t count);

}  // namespace voxlock::audio
