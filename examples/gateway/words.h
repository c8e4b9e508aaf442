// A fingerprint that two people can read to each other: proquints (arXiv:0901.4016), five letters
// for 16 bits, consonant and vowel in turn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace example {

// Six words are 96 bits: nobody makes a second certificate that reads the same.
constexpr size_t kWords = 6;

inline std::string fingerprint_words(std::span<const uint8_t, 32> fingerprint) {
  constexpr char kConsonants[] = "bdfghjklmnprstvz";
  constexpr char kVowels[] = "aiou";
  std::string out;
  for (size_t i = 0; i < kWords; ++i) {
    const unsigned bits = static_cast<unsigned>(fingerprint[2 * i] << 8 | fingerprint[2 * i + 1]);
    if (i != 0) out += '-';
    out += kConsonants[bits >> 12 & 15];
    out += kVowels[bits >> 10 & 3];
    out += kConsonants[bits >> 6 & 15];
    out += kVowels[bits >> 4 & 3];
    out += kConsonants[bits & 15];
  }
  return out;
}

inline std::string fingerprint_hex(std::span<const uint8_t, 32> fingerprint) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const uint8_t byte : fingerprint) {
    if (!out.empty()) out += ':';
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

}  // namespace example
