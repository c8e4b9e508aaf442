#include "audio/g711.h"

#include <algorithm>
#include <bit>
#include <cstring>

// Both laws are small floating-point formats: three bits of exponent, four of mantissa. So the
// segment search of the recommendation is a conversion to float, whose exponent and upper mantissa
// bits are the code, and decoding is the way back. Both are exact: all numbers are below 2^24.

namespace voxlock::audio {
namespace {

// Bits 19 and up of a float: exponent (bias 127) and the four upper mantissa bits.
constexpr int32_t kMantissaShift = 19;
constexpr int32_t exponent_code(int32_t exponent) {
  return (127 + exponent) * 16;
}
// Half of the lowest mantissa step that a code keeps: decoders answer the middle of the interval.
constexpr int32_t kHalfStep = 1 << (kMantissaShift - 1);

constexpr int32_t float_code(int32_t value) {
  return std::bit_cast<int32_t>(static_cast<float>(value)) >> kMantissaShift;
}

// G.711 table 2: 14-bit magnitude plus 33, so that all segments begin at a power of two from 32 on.
constexpr uint8_t ulaw_code(int16_t sample) {
  const int32_t sign = sample >> 15;  // 0 or -1
  const int32_t magnitude = std::min(((sample ^ sign) >> 2) + 33, 0x1fff);
  const int32_t code = float_code(magnitude) - exponent_code(5);
  return static_cast<uint8_t>((code ^ 0xff) ^ (sign & 0x80));
}

constexpr int16_t ulaw_sample(uint8_t code) {
  const int32_t inverted = code ^ 0xff;
  const int32_t bits =
      ((inverted & 0x7f) << kMantissaShift) + (exponent_code(7) << kMantissaShift) + kHalfStep;
  const int32_t magnitude = static_cast<int32_t>(std::bit_cast<float>(bits)) - 132;
  const int32_t sign = -(inverted >> 7);
  return static_cast<int16_t>((magnitude ^ sign) - sign);
}

// G.711 table 1: 12-bit magnitude; the lowest segment is linear, even bits are inverted.
constexpr uint8_t alaw_code(int16_t sample) {
  const int32_t sign = sample >> 15;
  const int32_t magnitude = (sample ^ sign) >> 4;
  // The lowest segment has no leading one: lend it one and take it back from the code.
  const int32_t lent = ((magnitude - 16) >> 31) & 16;
  const int32_t code = float_code(magnitude + lent) - exponent_code(3) - lent;
  return static_cast<uint8_t>((code ^ 0xd5) ^ (sign & 0x80));
}

constexpr int16_t alaw_sample(uint8_t code) {
  const auto plain = static_cast<uint8_t>(code ^ 0x55);
  const auto lent = static_cast<uint8_t>((plain & 0x70) == 0 ? 16 : 0);
  const auto exponent_and_mantissa = static_cast<uint8_t>((plain & 0x7f) + lent);
  const int32_t bits =
      (exponent_and_mantissa << kMantissaShift) + (exponent_code(7) << kMantissaShift) + kHalfStep;
  const auto upper = static_cast<int16_t>(static_cast<int32_t>(std::bit_cast<float>(bits)));
  const auto magnitude = static_cast<int16_t>(upper - lent * 16);
  const auto sign = static_cast<int16_t>((plain >> 7) - 1);
  return static_cast<int16_t>((magnitude ^ sign) - sign);
}

constexpr uint16_t swap_octets(uint16_t value) {
  return static_cast<uint16_t>(value << 8 | value >> 8);
}
constexpr uint16_t network_order(uint16_t value) {
  return std::endian::native == std::endian::little ? swap_octets(value) : value;
}

}  // namespace

void ulaw_encode(const int16_t* pcm, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = ulaw_code(pcm[i]);
}

void ulaw_decode(const uint8_t* in, int16_t* pcm, size_t count) {
  for (size_t i = 0; i < count; ++i) pcm[i] = ulaw_sample(in[i]);
}

void alaw_encode(const int16_t* pcm, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) out[i] = alaw_code(pcm[i]);
}

void alaw_decode(const uint8_t* in, int16_t* pcm, size_t count) {
  for (size_t i = 0; i < count; ++i) pcm[i] = alaw_sample(in[i]);
}

void l16_encode(const int16_t* pcm, uint8_t* out, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const uint16_t value = network_order(static_cast<uint16_t>(pcm[i]));
    std::memcpy(out + 2 * i, &value, sizeof value);
  }
}

void l16_decode(const uint8_t* in, int16_t* pcm, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint16_t value;
    std::memcpy(&value, in + 2 * i, sizeof value);
    pcm[i] = static_cast<int16_t>(network_order(value));
  }
}

}  // namespace voxlock::audio
