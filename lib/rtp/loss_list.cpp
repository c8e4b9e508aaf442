#include "rtp/loss_list.h"

#include <algorithm>

namespace voxlock::rtp {

void LossList::on_packet(uint64_t index, uint64_t now_ns) {
  credit_ = std::min(credit_ + 1, kPacketsPerRequest * kMostAtOnce);
  if (!has_any_ || index > highest_) {
    const uint64_t first = has_any_ ? highest_ + 1 : index;
    const uint64_t begin = index - first > kMost ? index - kMost : first;
    for (uint64_t i = begin; i < index; ++i) add(i, now_ns);
    has_any_ = true;
    highest_ = index;
    return;
  }
  for (size_t i = 0; i < count_; ++i) {
    if (missing_[i].index == index) return recover(i, now_ns);
  }
}

// What was asked for twice may be the answer to either request: it says nothing about the time.
void LossList::recover(size_t at, uint64_t now_ns) {
  const Missing& missing = missing_[at];
  if (missing.requests != 0) ++stats_.recovered;
  if (missing.requests == 1) {
    const uint64_t answer = now_ns - missing.asked_ns;
    answer_ns_ = answer_ns_ == 0 ? answer : answer_ns_ - answer_ns_ / 8 + answer / 8;
  }
  remove(at);
}

void LossList::forget(uint64_t index) {
  for (size_t i = 0; i < count_; ++i) {
    if (missing_[i].index == index) return remove(i);
  }
}

void LossList::reset() {
  count_ = 0;
  has_any_ = false;
}

void LossList::add(uint64_t index, uint64_t now_ns) {
  if (count_ == kMost) {
    ++stats_.given_up;
    remove(0);
  }
  missing_[count_++] = {index, now_ns, after(now_ns, kPatienceNs), 0, 0};
}

void LossList::remove(size_t at) {
  std::move(missing_.begin() + static_cast<ptrdiff_t>(at) + 1,
            missing_.begin() + static_cast<ptrdiff_t>(count_),
            missing_.begin() + static_cast<ptrdiff_t>(at));
  --count_;
}

// True where the entry is gone.
bool LossList::give_up_at(size_t at, uint64_t now_ns) {
  if (now_ns < after(missing_[at].since_ns, kGiveUpNs)) return false;
  ++stats_.given_up;
  remove(at);
  return true;
}

size_t LossList::take_due(uint64_t retry_ns, uint64_t now_ns, std::span<uint16_t> out) {
  size_t taken = 0;
  for (size_t i = 0; i < count_;) {
    if (give_up_at(i, now_ns)) continue;
    Missing& missing = missing_[i++];
    if (missing.due_ns > now_ns || taken == out.size()) continue;
    const uint64_t end_ns = after(missing.since_ns, kGiveUpNs);
    const bool is_affordable = credit_ >= kPacketsPerRequest;
    const bool is_last = is_affordable && missing.requests + 1 == kMaxRequests;
    // Behind the last request it is only waited for.
    missing.due_ns = is_last ? end_ns : std::min(end_ns, after(now_ns, retry_ns));
    if (!is_affordable) continue;
    credit_ -= kPacketsPerRequest;
    ++missing.requests;
    missing.asked_ns = now_ns;
    ++stats_.requested;
    out[taken++] = static_cast<uint16_t>(missing.index);
  }
  return taken;
}

uint64_t LossList::next_deadline() const {
  uint64_t deadline = kNever;
  for (size_t i = 0; i < count_; ++i) deadline = std::min(deadline, missing_[i].due_ns);
  return deadline;
}

}  // namespace voxlock::rtp
