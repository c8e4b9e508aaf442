#include "rtp/loss_pattern.h"

#include <algorithm>

namespace voxlock::rtp {

void LossPattern::add(Fate fate) {
  if (fate != Fate::kReceived) {
    lost_ += fate == Fate::kLost ? 1 : 0;
    discarded_ += fate == Fate::kDiscarded ? 1 : 0;
    add_missing();
  }
  ++packets_;
}

void LossPattern::add_missing() {
  if (open_missing_ == 0 || packets_ != open_end_) ++runs_;
  if (open_missing_ != 0 && packets_ - open_end_ >= kGmin) close();
  if (open_missing_ == 0) open_begin_ = packets_;
  ++open_missing_;
  open_end_ = packets_ + 1;
}

void LossPattern::add_lost(uint64_t count) {
  if (count == 0) return;
  add(Fate::kLost);
  // The others follow it without a gap.
  lost_ += count - 1;
  open_missing_ += count - 1;
  packets_ += count - 1;
  open_end_ = packets_;
}

// One packet that is missing alone lies in a gap.
void LossPattern::close() {
  if (open_missing_ > 1) {
    ++bursts_;
    burst_packets_ += open_end_ - open_begin_;
    burst_missing_ += open_missing_;
    begins_with_burst_ = begins_with_burst_ || open_begin_ == 0;
  }
  open_missing_ = 0;
}

LossPattern::Sums LossPattern::sums() const {
  LossPattern done = *this;
  const bool ends_with_burst = open_missing_ > 1 && open_end_ == packets_;
  done.close();
  Sums out;
  out.packets = packets_;
  out.lost = lost_;
  out.discarded = discarded_;
  out.runs = runs_;
  out.bursts = done.bursts_;
  out.burst_packets = done.burst_packets_;
  out.burst_missing = done.burst_missing_;
  out.gap_packets = packets_ - done.burst_packets_;
  out.gap_missing = lost_ + discarded_ - done.burst_missing_;
  // A gap lies before, between and behind bursts, where anything is there at all.
  if (out.gap_packets != 0) {
    out.gaps = done.bursts_ + 1 - (done.begins_with_burst_ ? 1 : 0) - (ends_with_burst ? 1 : 0);
  }
  return out;
}

Fate LossRecord::fate_at(uint32_t age) const {
  if ((received_ >> age & 1) != 0) return Fate::kReceived;
  return (discarded_ >> age & 1) != 0 ? Fate::kDiscarded : Fate::kLost;
}

// The window moves on; what leaves it is decided.
void LossRecord::advance(uint64_t steps) {
  const auto leaving = static_cast<uint32_t>(
      std::min<uint64_t>(count_ + steps > kWindow ? count_ + steps - kWindow : 0, count_));
  for (uint32_t i = 0; i < leaving; ++i) pattern_.add(fate_at(count_ - 1 - i));
  const uint64_t kept = count_ - leaving + steps;
  if (kept > kWindow) pattern_.add_lost(kept - kWindow);
  count_ = static_cast<uint32_t>(std::min<uint64_t>(kept, kWindow));
  received_ = steps < kWindow ? received_ << steps : 0;
  discarded_ = steps < kWindow ? discarded_ << steps : 0;
  next_ += steps;
}

// advance(1), which is what nearly every packet does.
void LossRecord::move_on() {
  if (count_ < kWindow) {
    ++count_;
  } else if (received_ >> (kWindow - 1) != 0) {
    pattern_.add_received();
  } else {
    pattern_.add(fate_at(kWindow - 1));
  }
  received_ <<= 1;
  discarded_ <<= 1;
  ++next_;
}

void LossRecord::on_received(uint64_t index) {
  if (!has_any_) next_ = index;
  has_any_ = true;
  if (index >= next_) {
    if (index == next_) {
      move_on();
    } else {
      advance(index + 1 - next_);
    }
    received_ |= 1;
    return;
  }
  // One from before the first that came stands outside of what is counted.
  const uint64_t age = next_ - 1 - index;
  if (age < count_) received_ |= uint64_t{1} << age;
}

void LossRecord::on_discarded(uint64_t index) {
  if (index >= next_ || next_ - 1 - index >= count_) return;
  const uint64_t bit = uint64_t{1} << (next_ - 1 - index);
  discarded_ |= bit;
  received_ &= ~bit;
}

LossPattern::Sums LossRecord::sums() const {
  LossPattern all = pattern_;
  for (uint32_t age = count_; age > 0; --age) all.add(fate_at(age - 1));
  return all.sums();
}

}  // namespace voxlock::rtp
