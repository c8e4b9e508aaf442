#include "demo/signal.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <random>

namespace example {
namespace {

constexpr double kMinPower = 1e-9;
constexpr double kMaxSnrDb = 90.0;

size_t frame_len(uint32_t rate) {
  return rate / 50;
}

double mean_power(std::span<const int16_t> samples) {
  double sum = 0;
  for (const int16_t s : samples) sum += static_cast<double>(s) * s;
  return samples.empty() ? 0 : sum / static_cast<double>(samples.size());
}

void fft(std::vector<std::complex<double>>& a) {
  const size_t n = a.size();
  for (size_t i = 1, j = 0; i < n; ++i) {
    size_t bit = n >> 1;
    for (; (j & bit) != 0; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) std::swap(a[i], a[j]);
  }
  for (size_t len = 2; len <= n; len <<= 1) {
    const std::complex<double> step =
        std::polar(1.0, -2 * std::numbers::pi / static_cast<double>(len));
    for (size_t i = 0; i < n; i += len) {
      std::complex<double> w = 1;
      for (size_t k = 0; k < len / 2; ++k, w *= step) {
        const std::complex<double> even = a[i + k];
        const std::complex<double> odd = a[i + k + len / 2] * w;
        a[i + k] = even + odd;
        a[i + k + len / 2] = even - odd;
      }
    }
  }
}

}  // namespace

std::vector<double> make_car_noise(size_t samples, uint32_t rate) {
  std::mt19937 engine(20260101);
  std::normal_distribution<double> white(0, 1);
  std::vector<double> out(samples);
  // Three leaky integrators of different speed add up to about -3 dB an octave.
  double slow = 0;
  double middle = 0;
  double fast = 0;
  double power = 0;
  for (size_t i = 0; i < samples; ++i) {
    const double w = white(engine);
    slow = 0.9977 * slow + 0.0990 * w;
    middle = 0.9630 * middle + 0.2965 * w;
    fast = 0.5700 * fast + 1.0527 * w;
    const double hum = 2.0 * std::sin(2 * std::numbers::pi * 93.0 * static_cast<double>(i) / rate);
    out[i] = slow + middle + fast + 0.1848 * w + hum;
    power += out[i] * out[i];
  }
  const double scale = samples != 0 ? 1 / std::sqrt(power / static_cast<double>(samples)) : 0;
  for (double& x : out) x *= scale;
  return out;
}

std::vector<Activity> find_activity(std::span<const int16_t> clean, uint32_t rate) {
  const size_t len = frame_len(rate);
  std::vector<double> power;
  for (size_t at = 0; at + len <= clean.size(); at += len)
    power.push_back(mean_power(clean.subspan(at, len)));
  const double loudest = power.empty() ? 0 : *std::max_element(power.begin(), power.end());
  std::vector<Activity> out;
  for (const double p : power) {
    const double db = 10 * std::log10((p + kMinPower) / (loudest + kMinPower));
    out.push_back(db > -30 ? Activity::kSpeech : db < -45 ? Activity::kPause : Activity::kUnclear);
  }
  return out;
}

Alignment align(std::span<const int16_t> reference, std::span<const int16_t> received,
                size_t max_lag) {
  // All lags at once by the correlation theorem; zeros behind keep the ends from wrapping around.
  size_t size = 1;
  while (size < reference.size() + received.size()) size <<= 1;
  std::vector<std::complex<double>> a(size);
  std::vector<std::complex<double>> b(size);
  std::copy(reference.begin(), reference.end(), a.begin());
  std::copy(received.begin(), received.end(), b.begin());
  fft(a);
  fft(b);
  // The inverse transform of x is the conjugate of the transform of conj(x), over its size.
  for (size_t i = 0; i < size; ++i) a[i] *= std::conj(b[i]);
  fft(a);
  std::vector<double> power(received.size() + 1, 0);
  for (size_t i = 0; i < received.size(); ++i)
    power[i + 1] = power[i] + static_cast<double>(received[i]) * received[i];

  Alignment best{0, -1};
  const double reference_power = mean_power(reference) * static_cast<double>(reference.size());
  for (size_t lag = 0; lag <= max_lag && lag < received.size(); ++lag) {
    const double heard = power[std::min(received.size(), lag + reference.size())] - power[lag];
    // Silence below one step of 16 bits: what is left is the rounding of the transform.
    if (heard < static_cast<double>(reference.size())) continue;
    const double dot = a[lag].real() / static_cast<double>(size);
    const double correlation = dot / std::sqrt(heard * reference_power + kMinPower);
    if (correlation > best.correlation) best = {lag, correlation};
  }
  return best;
}

double align_pieces(std::span<const int16_t> reference, std::span<const int16_t> received,
                    uint32_t rate, size_t max_lag) {
  // A pause says nothing about what was heard.
  const double least_power = mean_power(reference) / 4;
  std::vector<double> correlations;
  for (size_t at = 0; at + rate <= std::min(reference.size(), received.size()); at += rate) {
    const auto piece = reference.subspan(at, rate);
    if (mean_power(piece) < least_power) continue;
    const size_t len = std::min<size_t>(rate + max_lag, received.size() - at);
    correlations.push_back(align(piece, received.subspan(at, len), max_lag).correlation);
  }
  if (correlations.empty()) return 0;
  const auto middle = correlations.begin() + static_cast<std::ptrdiff_t>(correlations.size() / 2);
  std::nth_element(correlations.begin(), middle, correlations.end());
  return *middle;
}

double snr_db(std::span<const int16_t> recording, size_t lag, std::span<const Activity> activity,
              uint32_t rate) {
  const size_t len = frame_len(rate);
  double power[2] = {0, 0};
  size_t count[2] = {0, 0};
  for (size_t i = 1; i + 1 < activity.size(); ++i) {
    const Activity kind = activity[i];
    if (kind == Activity::kUnclear || activity[i - 1] != kind || activity[i + 1] != kind) continue;
    const size_t at = lag + i * len;
    if (at + len > recording.size()) break;
    const auto slot = static_cast<size_t>(kind);
    power[slot] += mean_power(recording.subspan(at, len));
    ++count[slot];
  }
  if (count[0] == 0 || count[1] == 0) return 0;
  const double noise = power[0] / static_cast<double>(count[0]);
  const double speech = std::max(power[1] / static_cast<double>(count[1]) - noise, kMinPower);
  return std::min(kMaxSnrDb, 10 * std::log10(speech / std::max(noise, kMinPower)));
}

double si_sdr_db(std::span<const int16_t> clean, std::span<const int16_t> recording, size_t lag) {
  if (lag >= recording.size()) return -kMaxSnrDb;
  const auto shifted = recording.subspan(lag);
  const size_t n = std::min(clean.size(), shifted.size());
  double dot = 0;
  double clean_power = kMinPower;
  for (size_t i = 0; i < n; ++i) {
    dot += static_cast<double>(clean[i]) * shifted[i];
    clean_power += static_cast<double>(clean[i]) * clean[i];
  }
  const double gain = dot / clean_power;
  double error = kMinPower;
  for (size_t i = 0; i < n; ++i) {
    const double e = shifted[i] - gain * clean[i];
    error += e * e;
  }
  return 10 * std::log10(std::max(gain * gain * clean_power, kMinPower) / error);
}

std::vector<std::vector<float>> spectrogram_db(std::span<const int16_t> samples, uint32_t rate) {
  const size_t hop = rate * 16 / 1000;
  constexpr size_t kWindow = 2 * kBins;
  std::vector<std::vector<float>> rows;
  std::vector<std::complex<double>> window(kWindow);
  for (size_t at = 0; at + kWindow <= samples.size(); at += hop) {
    for (size_t i = 0; i < kWindow; ++i) {
      const double hann =
          0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / kWindow);
      window[i] = samples[at + i] / 32768.0 * hann;
    }
    fft(window);
    std::vector<float> row(kBins);
    for (size_t k = 0; k < kBins; ++k) {
      row[k] =
          static_cast<float>(10 * std::log10(std::norm(window[k]) / (kBins * kBins / 4.0) + 1e-12));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace example
