// Prepares the demo's audio: joins recordings of speech and adds generated noise at a stated SNR.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <stdexcept>

#include "common/options.h"
#include "common/wav.h"
#include "demo/signal.h"

namespace example {
namespace {

constexpr OptionSpec kOptions[] = {
    {"speech", "A.WAV,B.WAV", nullptr,
     "recordings of speech, 16-bit mono 8 kHz, joined in this order"},
    {"clean", "FILE", nullptr, "where the joined speech goes"},
    {"noisy", "FILE", nullptr, "where speech plus noise goes"},
    {"snr", "DB", "10", "speech power in speech frames over noise power"},
    {"seconds", "N", "12", "length of the result"},
};

Wav join(const std::string& list, size_t seconds) {
  Wav out;
  // A second of quiet first, so that a suppressor can learn the noise.
  out.samples.assign(out.rate, 0);
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const Wav part = read_wav(name);
    if (part.rate != out.rate) throw std::runtime_error(name + " is not sampled at 8000 Hz");
    out.samples.insert(out.samples.end(), part.samples.begin(), part.samples.end());
    // Pauses of half a second are where the noise floor is measured.
    out.samples.insert(out.samples.end(), out.rate / 2, 0);
  }
  if (out.samples.size() <= out.rate * 2) throw std::runtime_error("no speech given, see --help");
  out.samples.resize(seconds * out.rate, 0);
  return out;
}

double speech_power(const Wav& wav) {
  const auto activity = find_activity(wav.samples, wav.rate);
  const size_t len = wav.rate / 50;
  double sum = 0;
  double count = 0;
  for (size_t i = 0; i < activity.size(); ++i) {
    if (activity[i] != Activity::kSpeech) continue;
    for (size_t k = 0; k < len; ++k) sum += std::pow(wav.samples[i * len + k], 2);
    count += static_cast<double>(len);
  }
  return count != 0 ? sum / count : 0;
}

int mix(int argc, char** argv) {
  const Options options(argc, argv, "mixes speech and noise", kOptions);
  Wav wav = join(options.get("speech"), static_cast<size_t>(options.number("seconds", 3, 600)));
  // Head room, so that speech and noise do not clip together.
  for (int16_t& s : wav.samples) s = static_cast<int16_t>(s / 2);
  write_wav(options.get("clean"), wav);
  const double gain =
      std::sqrt(speech_power(wav) / std::pow(10, options.real("snr", -10, 60) / 10));
  const auto noise = make_car_noise(wav.samples.size(), wav.rate);
  for (size_t i = 0; i < noise.size(); ++i) {
    wav.samples[i] =
        static_cast<int16_t>(std::clamp(wav.samples[i] + gain * noise[i], -32768.0, 32767.0));
  }
  write_wav(options.get("noisy"), wav);
  return 0;
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  return example::run_main("demo_mix", example::mix, argc, argv);
}
