// Synthetic signals and measurements for the audio tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace voxlock::test {

using Samples = std::vector<int16_t>;

inline int16_t to_sample(double value) {
  return static_cast<int16_t>(std::lround(std::clamp(value, -32768.0, 32767.0)));
}

inline Samples sine(uint32_t rate, double hz, double amplitude, size_t count) {
  Samples out(count);
  for (size_t i = 0; i < count; ++i) {
    out[i] =
        to_sample(amplitude * std::sin(2 * std::numbers::pi * hz * static_cast<double>(i) / rate));
  }
  return out;
}

// From 200 Hz up, 1500 Hz higher each second; the same curve whatever the rate.
inline Samples chirp(uint32_t rate, double amplitude, size_t count) {
  Samples out(count);
  for (size_t i = 0; i < count; ++i) {
    const double t = static_cast<double>(i) / rate;
    out[i] = to_sample(amplitude * std::sin(2 * std::numbers::pi * (200 * t + 750 * t * t)));
  }
  return out;
}

// Harmonics of a gliding voice under two formants, in syllables with pauses; nothing above 3.4 kHz.
inline Samples speech_like(uint32_t rate, double seconds, double amplitude = 6000) {
  Samples out(static_cast<size_t>(seconds * rate));
  double phase = 0;
  for (size_t i = 0; i < out.size(); ++i) {
    const double t = static_cast<double>(i) / rate;
    const double pitch = 130 + 25 * std::sin(2 * std::numbers::pi * 0.7 * t);
    phase += 2 * std::numbers::pi * pitch / rate;
    const double formant = 600 + 250 * std::sin(2 * std::numbers::pi * 1.3 * t);
    double value = 0;
    for (int h = 1; h * pitch < 3400; ++h) {
      const double low = (h * pitch - formant) / 200;
      const double high = (h * pitch - 1800) / 350;
      value += (std::exp(-low * low) + 0.3 * std::exp(-high * high) + 0.02) * std::sin(h * phase);
    }
    const double syllable = std::max(0.0, std::sin(2 * std::numbers::pi * 2.5 * t));
    const bool is_pause = std::fmod(t, 2.0) > 1.5;
    out[i] = to_sample(is_pause ? 0.0 : amplitude * syllable * value / 2);
  }
  return out;
}

// White noise, the same for the same seed.
inline Samples noise(size_t count, double amplitude, uint32_t seed = 1) {
  Samples out(count);
  for (int16_t& sample : out) {
    seed = seed * 1664525 + 1013904223;
    sample = to_sample(amplitude * (static_cast<double>(seed >> 8) / (1 << 23) - 1));
  }
  return out;
}

inline Samples mix(const Samples& a, const Samples& b) {
  Samples out(std::min(a.size(), b.size()));
  for (size_t i = 0; i < out.size(); ++i)
    out[i] = to_sample(double{static_cast<double>(a[i])} + b[i]);
  return out;
}

inline double energy(std::span<const int16_t> pcm) {
  double sum = 0;
  for (const int16_t sample : pcm) sum += static_cast<double>(sample) * sample;
  return sum;
}

// SNR in dB of test[lag + i] against reference[i], scale-invariant (a codec may turn the volume).
inline double snr_at(std::span<const int16_t> reference, std::span<const int16_t> test,
                     size_t lag) {
  const size_t count = std::min(reference.size(), test.size() - lag);
  double cross = 0, own = 0, all = 0;
  for (size_t i = 0; i < count; ++i) {
    const double r = reference[i], t = test[lag + i];
    cross += r * t;
    own += r * r;
    all += t * t;
  }
  const double wanted = own > 0 ? cross * cross / own : 0;
  return 10 * std::log10((wanted + 1e-9) / (all - wanted + 1e-9));
}

struct Match {
  size_t lag;
  double snr_db;
};

// The delay below max_lag at which test matches reference best.
inline Match best_match(std::span<const int16_t> reference, std::span<const int16_t> test,
                        size_t max_lag) {
  Match best{0, -1e9};
  for (size_t lag = 0; lag < max_lag && lag < test.size(); ++lag) {
    const double snr = snr_at(reference, test, lag);
    if (snr > best.snr_db) best = {lag, snr};
  }
  return best;
}

// Amplitude of one frequency in a frame (Goertzel).
inline double tone_amplitude(std::span<const int16_t> pcm, uint32_t rate, double hz) {
  double re = 0, im = 0;
  for (size_t i = 0; i < pcm.size(); ++i) {
    const double angle = 2 * std::numbers::pi * hz * static_cast<double>(i) / rate;
    re += pcm[i] * std::cos(angle);
    im += pcm[i] * std::sin(angle);
  }
  return 2 * std::hypot(re, im) / static_cast<double>(pcm.size());
}

// The largest step between neighbours: a click stands out.
inline int largest_step(std::span<const int16_t> pcm) {
  int largest = 0;
  for (size_t i = 1; i < pcm.size(); ++i)
    largest = std::max(largest, std::abs(pcm[i] - pcm[i - 1]));
  return largest;
}

}  // namespace voxlock::test
