// Signal measures of the demo: alignment, levels, noise.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace example {

// Stationary noise of a running car: pink noise with a low hum. Deterministic; mean square 1.
std::vector<double> make_car_noise(size_t samples, uint32_t rate);

// Marks each 20 ms frame of clean speech as speech or pause: a frame is speech within 30 dB of the
// loudest, a pause below -45 dB; frames between are neither.
enum class Activity : uint8_t { kPause, kSpeech, kUnclear };
std::vector<Activity> find_activity(std::span<const int16_t> clean, uint32_t rate);

// How many samples received lags behind reference, 0..max_lag, by the peak of the
// cross-correlation.
struct Alignment {
  size_t lag;
  double correlation;  // normalised, -1..1, at the peak
};
Alignment align(std::span<const int16_t> reference, std::span<const int16_t> received,
                size_t max_lag);

// The same where the receiver stretches time to follow the network, as browsers do: each second of
// speech is aligned alone. Gives the median of their correlations; 0 without speech.
double align_pieces(std::span<const int16_t> reference, std::span<const int16_t> received,
                    uint32_t rate, size_t max_lag);

// Signal-to-noise ratio in dB of a recording that lags behind the clean speech it holds: mean power
// in speech frames less that in pauses, over that in pauses (clamped to 90 dB). Frames next to
// another kind are left out, since codecs and suppressors smear.
double snr_db(std::span<const int16_t> recording, size_t lag, std::span<const Activity> activity,
              uint32_t rate);

// Scale-invariant signal-to-distortion ratio in dB of a recording against the clean speech.
double si_sdr_db(std::span<const int16_t> clean, std::span<const int16_t> recording, size_t lag);

// Power spectrogram in dB below full scale: one row of kBins a 16 ms hop.
inline constexpr size_t kBins = 128;
std::vector<std::vector<float>> spectrogram_db(std::span<const int16_t> samples, uint32_t rate);

}  // namespace example
