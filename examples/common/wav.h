// 16-bit mono WAV files.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace example {

struct Wav {
  uint32_t rate = 8000;          // samples a second
  std::vector<int16_t> samples;  // mono
};

// Reads a mono 16-bit PCM file. Throws std::runtime_error with a message for a person.
Wav read_wav(const std::string& path);

// Writes a mono 16-bit PCM file. Throws std::runtime_error with a message for a person.
void write_wav(const std::string& path, const Wav& wav);

}  // namespace example
