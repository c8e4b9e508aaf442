#include "common/wav.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "common/files.h"

namespace example {
namespace {

uint32_t little(const std::string& raw, size_t at, size_t n) {
  uint32_t value = 0;
  for (size_t i = n; i > 0; --i) value = value << 8 | static_cast<uint8_t>(raw[at + i - 1]);
  return value;
}

void put_little(std::string& out, uint32_t value, size_t n) {
  for (size_t i = 0; i < n; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

bool has_tag(const std::string& raw, size_t at, const char* tag) {
  return std::memcmp(raw.data() + at, tag, 4) == 0;
}

}  // namespace

Wav read_wav(const std::string& path) {
  const std::string raw = read_file(path);
  if (raw.size() < 12 || !has_tag(raw, 0, "RIFF") || !has_tag(raw, 8, "WAVE")) {
    throw std::runtime_error(path + " is not a WAV file");
  }
  Wav wav;
  bool has_format = false;
  for (size_t at = 12; raw.size() - at >= 8;) {
    const size_t size = little(raw, at + 4, 4);
    const size_t body = at + 8;
    const size_t left = raw.size() - body;
    if (has_tag(raw, at, "fmt ") && size >= 16 && left >= 16) {
      if (little(raw, body, 2) != 1 || little(raw, body + 2, 2) != 1 ||
          little(raw, body + 14, 2) != 16) {
        throw std::runtime_error(path + " is not 16-bit mono PCM");
      }
      wav.rate = little(raw, body + 4, 4);
      has_format = true;
    }
    if (has_tag(raw, at, "data") && has_format) {
      const size_t count = std::min(size, left) / 2;
      wav.samples.reserve(count);
      for (size_t i = 0; i < count; ++i) {
        wav.samples.push_back(static_cast<int16_t>(little(raw, body + 2 * i, 2)));
      }
      return wav;
    }
    const size_t step = size + size % 2;
    if (step > left) break;
    at = body + step;
  }
  throw std::runtime_error(path + " holds no audio");
}

void write_wav(const std::string& path, const Wav& wav) {
  const auto bytes = static_cast<uint32_t>(wav.samples.size() * 2);
  std::string out = "RIFF";
  put_little(out, 36 + bytes, 4);
  out += "WAVEfmt ";
  put_little(out, 16, 4);
  put_little(out, 1, 2);
  put_little(out, 1, 2);
  put_little(out, wav.rate, 4);
  put_little(out, wav.rate * 2, 4);
  put_little(out, 2, 2);
  put_little(out, 16, 2);
  out += "data";
  put_little(out, bytes, 4);
  for (const int16_t sample : wav.samples) put_little(out, static_cast<uint16_t>(sample), 2);
  write_file(path, out);
}

}  // namespace example
