// Base64 (RFC 4648, section 4). Strict, and without tables or branches that depend on the data, so
// that keys may pass through.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::base64 {

// Characters that n bytes become, padding included.
constexpr size_t encoded_size(size_t n) {
  return (n + 2) / 3 * 4;
}
// The most bytes that n characters can hold.
constexpr size_t decoded_capacity(size_t n) {
  return n / 4 * 3;
}

namespace detail {

// 0xff where low <= value <= high, else 0; all three below 256.
constexpr uint32_t in_range(uint32_t value, uint32_t low, uint32_t high) {
  return ~(((value - low) | (high - value)) >> 8) & 0xff;
}

constexpr char digit(uint32_t six_bits) {
  const uint32_t character = (in_range(six_bits, 0, 25) & (six_bits + 'A')) |
                             (in_range(six_bits, 26, 51) & (six_bits - 26 + 'a')) |
                             (in_range(six_bits, 52, 61) & (six_bits - 52 + '0')) |
                             (in_range(six_bits, 62, 62) & '+') |
                             (in_range(six_bits, 63, 63) & '/');
  return static_cast<char>(character & 0x7f);
}

// The six bits of a character; bit 8 is set where it is not of the alphabet.
constexpr uint32_t value(char c) {
  const uint32_t x = static_cast<uint8_t>(c);
  const uint32_t upper = in_range(x, 'A', 'Z');
  const uint32_t lower = in_range(x, 'a', 'z');
  const uint32_t number = in_range(x, '0', '9');
  const uint32_t plus = in_range(x, '+', '+');
  const uint32_t slash = in_range(x, '/', '/');
  const uint32_t bits = (upper & (x - 'A')) | (lower & (x - 'a' + 26)) | (number & (x - '0' + 52)) |
                        (plus & 62) | (slash & 63);
  const uint32_t is_known = upper | lower | number | plus | slash;
  return (bits & 0x3f) | ((is_known ^ 0xff) & 0xff) << 8;
}

}  // namespace detail

// Writes data with padding and without line breaks.
inline void encode(ByteView data, bytes::Writer& out) {
  while (!data.empty()) {
    const size_t n = data.size() < 3 ? data.size() : 3;
    uint32_t group = uint32_t{data[0]} << 16;
    if (n > 1) group |= uint32_t{data[1]} << 8;
    if (n > 2) group |= data[2];
    out.put(detail::digit(group >> 18));
    out.put(detail::digit(group >> 12 & 63));
    out.put(n > 1 ? detail::digit(group >> 6 & 63) : '=');
    out.put(n > 2 ? detail::digit(group & 63) : '=');
    data = data.subspan(n);
  }
}

// Reads padded base64: no line breaks, no spaces, no missing padding, no bits beyond the data
// (RFC 4648, sections 3.1 to 3.5). Returns the bytes written. ERR_SYNTAX, or ERR_BUFFER_TOO_SMALL
// where out cannot hold them; out then holds zeros.
inline Result<size_t> decode(std::string_view text, MutableBytes out) {
  if (text.size() % 4 != 0) return Status::ERR_SYNTAX;
  size_t padding = 0;
  if (!text.empty() && text.back() == '=') padding = text[text.size() - 2] == '=' ? 2 : 1;
  const size_t size = decoded_capacity(text.size()) - padding;
  if (size > out.size()) return Status::ERR_BUFFER_TOO_SMALL;

  uint32_t wrong = 0;
  size_t written = 0;
  for (size_t i = 0; i < text.size(); i += 4) {
    const size_t digits = i + 4 == text.size() ? 4 - padding : 4;
    uint32_t group = 0;
    for (size_t k = 0; k < 4; ++k) {
      const uint32_t bits = k < digits ? detail::value(text[i + k]) : 0;
      wrong |= bits >> 8;
      group = group << 6 | (bits & 63);
    }
    for (size_t k = 0; k < 3; ++k) {
      const auto byte = static_cast<uint8_t>(group >> (16 - 8 * k));
      if (k + 1 < digits) {
        out[written++] = byte;
      } else {
        wrong |= byte;  // RFC 4648, section 3.5: pad bits are zero.
      }
    }
  }
  if (wrong != 0) {
    for (size_t i = 0; i < written; ++i) out[i] = 0;
    return Status::ERR_SYNTAX;
  }
  return written;
}

}  // namespace voxlock::base64
