#include "bridge/tap.h"

#include <algorithm>

#include "base/secure.h"
#include "bridge/bridge.h"

namespace voxlock::bridge {
namespace {

constexpr uint32_t kMaxSamplesPerMs = 48;
constexpr uint32_t kLeastFrameMs = 10;

}  // namespace

Tap::Tap(std::pmr::memory_resource& memory, uint32_t buffer_ms, std::string_view name)
    : samples_(memory, size_t{buffer_ms} * kMaxSamplesPerMs),
      frames_(memory, buffer_ms / kLeastFrameMs) {
  std::copy_n(name.begin(), std::min(name.size(), name_.size() - 1), name_.begin());
}

Tap::~Tap() {
  revoke();
}

std::array<audio::Pcm, 2> Tap::pieces(size_t at, size_t samples) const {
  const audio::Pcm all = samples_.span();
  const size_t begin = at % all.size();
  const size_t first = std::min(samples, all.size() - begin);
  return {all.subspan(begin, first), all.first(samples - first)};
}

void Tap::hear(audio::PcmView pcm, uint32_t sample_rate, uint64_t position) {
  if (pcm.size() > samples_.size()) {
    ++lost_;
    return;
  }
  while (used_frames_ == frames_.size() || samples_.size() - used_samples_ < pcm.size()) {
    drop();
    ++lost_;
  }
  frames_.span()[(first_frame_ + used_frames_) % frames_.size()] = {
      sample_rate, static_cast<uint32_t>(pcm.size()), position, 0};
  ++used_frames_;
  const auto room = pieces(first_sample_ + used_samples_, pcm.size());
  used_samples_ += pcm.size();
  std::copy_n(pcm.begin(), room[0].size(), room[0].begin());
  std::copy_n(pcm.begin() + static_cast<std::ptrdiff_t>(room[0].size()), room[1].size(),
              room[1].begin());
}

std::optional<Tap::Frame> Tap::front() const {
  if (used_frames_ == 0) return std::nullopt;
  Frame out = frames_.span()[first_frame_];
  out.lost = lost_;
  return out;
}

void Tap::take(audio::Pcm out) {
  for (const audio::Pcm piece : pieces(first_sample_, frames_.span()[first_frame_].samples)) {
    std::copy(piece.begin(), piece.end(), out.begin());
    out = out.subspan(piece.size());
  }
  drop();
}

void Tap::drop() {
  const size_t samples = frames_.span()[first_frame_].samples;
  for (const audio::Pcm piece : pieces(first_sample_, samples)) secure::wipe(piece);
  first_sample_ = (first_sample_ + samples) % samples_.size();
  used_samples_ -= samples;
  first_frame_ = (first_frame_ + 1) % frames_.size();
  --used_frames_;
}

void Tap::revoke() {
  if (bridge_ != nullptr) bridge_->detach(*this);
  while (used_frames_ != 0) drop();
}

}  // namespace voxlock::bridge
