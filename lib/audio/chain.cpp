#include "audio/chain.h"

#include <algorithm>
#include <functional>

namespace voxlock::audio {
namespace {

// A multiple of every rate, so that delays at different rates add up exactly.
constexpr uint32_t kTickRate = 48000;

// True where the buffers share a sample.
bool overlaps(PcmView a, PcmView b) {
  const std::less<const int16_t*> before;
  return before(a.data(), b.data() + b.size()) && before(b.data(), a.data() + a.size());
}

}  // namespace

Chain::Chain(std::pmr::memory_resource& memory, const ChainConfig& config)
    : stages_(&memory),
      input_rate_(config.sample_rate),
      output_rate_(config.sample_rate),
      block_(config.block_samples != 0 ? config.block_samples : config.sample_rate / 100),
      piece_(block_ * std::max(config.sample_rate / 50 / block_, 1u)),
      stack_depth_(secure::kShallowStack) {}

Result<Chain> Chain::create(std::pmr::memory_resource& memory, const ChainConfig& config) {
  if (!is_rate(config.sample_rate)) return Status::ERR_AUDIO_RATE;
  if (config.block_samples > max_packet_samples(config.sample_rate)) return Status::ERR_AUDIO_BLOCK;
  if (config.stages.size() > kMaxStages) return Status::ERR_AUDIO_STAGE_COUNT;
  Chain chain(memory, config);
  VOXLOCK_TRY_VOID(chain.add_all(memory, config.stages));
  return chain;
}

Result<void> Chain::add_all(std::pmr::memory_resource& memory,
                            std::span<const StageConfig> configs) {
  stages_.reserve(configs.size());
  size_t widest = piece_;
  uint32_t ticks = 0;
  for (const StageConfig& config : configs) {
    const uint64_t scaled = uint64_t{block_} * output_rate_;
    if (scaled % input_rate_ != 0) return Status::ERR_AUDIO_BLOCK;
    const Stage::Input input{output_rate_, static_cast<uint32_t>(scaled / input_rate_)};
    VOXLOCK_TRY(Stage stage, Stage::create(memory, config, input));
    output_rate_ = stage.output_rate();
    changes_rate_ = changes_rate_ || stage.changes_rate();
    stack_depth_ = std::max(stack_depth_, stage.stack_depth());
    widest = std::max(widest, output_samples(piece_));
    ticks += stage.stats().latency_samples * (kTickRate / output_rate_);
    stages_.push_back(std::move(stage));
  }
  if (uint64_t{block_} * output_rate_ % input_rate_ != 0) return Status::ERR_AUDIO_BLOCK;
  const uint32_t ticks_per_sample = kTickRate / output_rate_;
  latency_ = (ticks + ticks_per_sample - 1) / ticks_per_sample;
  if (!changes_rate_) return {};
  for (Array<int16_t>& work : work_) work = Array<int16_t>(memory, widest);
  return {};
}

size_t Chain::output_samples(size_t in_samples) const {
  return static_cast<size_t>(uint64_t{in_samples} * output_rate_ / input_rate_);
}

Result<void> Chain::process(Pcm pcm) {
  if (output_rate_ != input_rate_) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY_VOID(process(pcm, pcm));
  return {};
}

Result<size_t> Chain::process(PcmView in, Pcm out) {
  if (in.size() % block_ != 0) return Status::ERR_AUDIO_FRAME_SIZE;
  const size_t needed = output_samples(in.size());
  if (out.size() < needed) return Status::ERR_BUFFER_TOO_SMALL;
  out = out.first(needed);
  const bool is_in_place = in.data() == out.data() && output_rate_ <= input_rate_;
  if (!is_in_place && overlaps(in, out)) return Status::ERR_AUDIO_OVERLAP;
  while (!in.empty()) {
    const PcmView piece = in.first(std::min<size_t>(in.size(), piece_));
    const size_t written = output_samples(piece.size());
    changes_rate_ ? run_through_work(piece, out.first(written))
                  : run_in_place(piece, out.first(written));
    in = in.subspan(piece.size());
    out = out.subspan(written);
  }
  for (const Array<int16_t>& work : work_) secure::wipe(work.span());
  return needed;
}

void Chain::run_in_place(PcmView in, Pcm out) {
  if (in.data() != out.data()) std::copy(in.begin(), in.end(), out.begin());
  for (Stage& stage : stages_) stage.process(out);
}

void Chain::run_through_work(PcmView in, Pcm out) {
  Pcm now = work_[0].span().first(in.size());
  Pcm free = work_[1].span();
  std::copy(in.begin(), in.end(), now.begin());
  uint32_t rate = input_rate_;
  for (Stage& stage : stages_) {
    if (!stage.changes_rate()) {
      stage.process(now);
      continue;
    }
    const auto samples = static_cast<size_t>(uint64_t{now.size()} * stage.output_rate() / rate);
    stage.resample(now, free.first(samples));
    free = std::exchange(now, free.first(samples)).data() == work_[0].data() ? work_[0].span()
                                                                             : work_[1].span();
    rate = stage.output_rate();
  }
  std::copy(now.begin(), now.end(), out.begin());
}

}  // namespace voxlock::audio
