#include "rtp/rtcp_schedule.h"

#include <algorithm>

namespace voxlock::rtp {
namespace {

// 6.2: sizes count with the headers below, here of IPv4 and UDP.
constexpr size_t kHeaders = 28;
// 6.3.5: who was not heard for so many intervals is gone.
constexpr uint64_t kSilentIntervals = 5;
// The middle of the random window, where random is not asked for.
constexpr uint32_t kMiddle = 0x80000000u;

// Random times and the deterministic one differ by the factor of A.7.
uint64_t deterministic(const RtcpIntervalInput& input) {
  return rtcp_interval_ns(input, kMiddle) * 121'828 / 100'000;
}

}  // namespace

const RtcpSchedule::Peer* RtcpSchedule::find(uint32_t ssrc) const {
  const auto* const end = peers_.data() + peer_count_;
  const auto* const found =
      std::find_if(peers_.data(), end, [&](const Peer& peer) { return peer.ssrc == ssrc; });
  return found != end ? found : nullptr;
}

uint32_t RtcpSchedule::members(const Media& media) const {
  const bool has_more = media.peer_sent && find(media.peer_ssrc) == nullptr;
  return 1 + static_cast<uint32_t>(peer_count_) + (has_more ? 1 : 0);
}

RtcpIntervalInput RtcpSchedule::input(const Media& media) const {
  RtcpIntervalInput out;
  out.members = members(media);
  out.senders = (media.we_sent ? 1u : 0u) + (media.peer_sent ? 1u : 0u);
  out.we_sent = media.we_sent;
  out.is_initial = is_initial_;
  out.average_size = average_size();
  out.bandwidth = bandwidth_;
  return out;
}

void RtcpSchedule::begin(uint64_t now_ns, uint32_t random) {
  const RtcpIntervalInput first = input({});
  interval_ns_ = deterministic(first);
  last_ns_ = now_ns;
  next_ns_ = after(now_ns, rtcp_interval_ns(first, random));
  members_before_ = first.members;
}

bool RtcpSchedule::expire(const Media& media, uint64_t now_ns, uint64_t random) {
  drop_silent(now_ns);
  const RtcpIntervalInput now = input(media);
  interval_ns_ = deterministic(now);
  members_before_ = now.members;
  next_ns_ = after(last_ns_, rtcp_interval_ns(now, static_cast<uint32_t>(random >> 32)));
  if (next_ns_ > now_ns) return false;
  last_ns_ = now_ns;
  is_initial_ = false;
  next_ns_ = after(now_ns, rtcp_interval_ns(input(media), static_cast<uint32_t>(random)));
  return true;
}

void RtcpSchedule::count_size(size_t len) {
  // avg = size / 16 + avg * 15 / 16, with 16 times the average kept.
  const auto size = static_cast<uint32_t>(std::min<size_t>(len + kHeaders, UINT16_MAX));
  average_q4_ += size - (average_q4_ >> 4);
}

void RtcpSchedule::on_sent(size_t len) {
  count_size(len);
}

void RtcpSchedule::on_received(uint32_t ssrc, size_t len, uint64_t now_ns) {
  count_size(len);
  if (const Peer* known = find(ssrc)) {
    peers_[static_cast<size_t>(known - peers_.data())].heard_ns = now_ns;
  } else if (peer_count_ < kMaxPeers) {
    peers_[peer_count_++] = {ssrc, now_ns};
  }
}

void RtcpSchedule::drop_silent(uint64_t now_ns) {
  const uint64_t patience_ns = kSilentIntervals * interval_ns_;
  auto* const end = peers_.data() + peer_count_;
  auto* const kept = std::remove_if(peers_.data(), end, [&](const Peer& peer) {
    return now_ns > after(peer.heard_ns, patience_ns);
  });
  peer_count_ = static_cast<size_t>(kept - peers_.data());
}

void RtcpSchedule::on_bye(uint32_t ssrc, uint64_t now_ns) {
  const Peer* leaving = find(ssrc);
  if (leaving == nullptr || next_ns_ == kNever) return;
  peers_[static_cast<size_t>(leaving - peers_.data())] = peers_[--peer_count_];
  const uint64_t left = 1 + peer_count_;
  if (left >= members_before_ || now_ns < last_ns_) return;
  const uint64_t ahead_ns = next_ns_ > now_ns ? next_ns_ - now_ns : 0;
  next_ns_ = now_ns + ahead_ns / members_before_ * left;
  last_ns_ = now_ns - (now_ns - last_ns_) / members_before_ * left;
  members_before_ = static_cast<uint32_t>(left);
}

}  // namespace voxlock::rtp
