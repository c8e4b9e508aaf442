#include "audio/fade.h"

#include <algorithm>
#include <cmath>

namespace voxlock::audio {

Fade::Fade(std::pmr::memory_resource& memory, uint32_t sample_rate)
    : samples_per_ms_(sample_rate / 1000), history_(memory, samples_per_ms_ * kHistoryMs) {}

// To and fro: backwards from the newest sample, forwards again from the oldest. The copy starts
// where the audio stopped and has no jump at its turns.
float Fade::next_copy() {
  const size_t size = history_.size();
  const size_t at = position_ < size ? size - 1 - position_ : position_ - size;
  position_ = position_ + 1 < 2 * size ? position_ + 1 : 0;
  return static_cast<float>(history_.data()[at]);
}

void Fade::fall(Pcm out, size_t length) {
  if (!is_gap_) {
    is_gap_ = true;
    position_ = 0;
    gain_ = 1;
  }
  const float step = 1.0f / static_cast<float>(length);
  size_t i = 0;
  for (; i < out.size() && gain_ > 0; ++i) {
    gain_ = std::max(gain_ - step, 0.0f);
    out[i] = static_cast<int16_t>(std::lrint(next_copy() * gain_));
  }
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(i), out.end(), int16_t{0});
}

void Fade::accept(Pcm pcm) {
  if (is_gap_) {
    is_gap_ = false;
    const size_t blend = std::min(pcm.size(), samples_per_ms_ * kBlendMs);
    for (size_t i = 0; i < blend; ++i) {
      const float share = static_cast<float>(i + 1) / static_cast<float>(blend + 1);
      const float copy = gain_ > 0 ? next_copy() * gain_ : 0.0f;
      pcm[i] = static_cast<int16_t>(
          std::lrint(static_cast<float>(pcm[i]) * share + copy * (1.0f - share)));
    }
  }
  remember(pcm);
}

void Fade::remember(PcmView pcm) {
  const auto history = history_.span();
  const size_t taken = std::min(pcm.size(), history.size());
  std::copy(history.begin() + static_cast<std::ptrdiff_t>(taken), history.end(), history.begin());
  std::copy_n(pcm.end() - static_cast<std::ptrdiff_t>(taken), taken,
              history.end() - static_cast<std::ptrdiff_t>(taken));
}

}  // namespace voxlock::audio
