#include "bridge/relay.h"

#include <algorithm>
#include <utility>

#include "base/secure.h"

namespace voxlock::bridge {
namespace {

constexpr auto kLevel = static_cast<size_t>(leg::Extension::kAudioLevel);

}  // namespace

Relay::Relay(leg::Leg& first, leg::Leg& second, const RelayConfig& config)
    : legs_{&first, &second}, config_(config) {
  refresh();
}

Status Relay::join() const {
  if (!legs_[0]->agreement() || !legs_[1]->agreement()) return Status::ERR_WRONG_STATE;
  const leg::Agreement& a = *legs_[0]->agreement();
  const leg::Agreement& b = *legs_[1]->agreement();
  const bool is_same = a.codec == b.codec && a.rtp_clock_hz == b.rtp_clock_hz &&
                       a.sample_rate == b.sample_rate && a.channels == b.channels;
  return is_same ? Status::OK : Status::ERR_RELAY_CODEC;
}

void Relay::refresh() {
  const std::array<uint32_t, 2> now{legs_[0]->revision(), legs_[1]->revision()};
  if (now == revisions_ && now != std::array<uint32_t, 2>{}) return;
  revisions_ = now;
  const Status status = join();
  is_protection_new_ = is_protection_new_ || status != status_;
  status_ = status;
  update_protection();
}

void Relay::update_protection() {
  Protection next;
  for (size_t i = 0; i < 2; ++i) {
    next.hops[i] = hop_of(*legs_[i]);
    // Frames that nobody sealed lie open in here between the two hops.
    next.is_opened[i] = status_ == Status::OK && !config_.is_sealed;
  }
  const bool is_secure = next.hops[0].is_protected && next.hops[1].is_protected;
  if (config_.is_sealed && status_ == Status::OK)
    next.hops[0].scope = next.hops[1].scope = Scope::kEndToEnd;
  if (is_secure) next.scope = config_.is_sealed ? Scope::kEndToEnd : Scope::kHopByHop;
  is_protection_new_ = is_protection_new_ || next != protection_;
  protection_ = next;
}

void Relay::input(const BridgeDatagram& datagram, uint64_t now_ns) {
  leg::Leg& from = *legs_[datagram.leg];
  leg::Leg& to = *legs_[1 - datagram.leg];
  const size_t room = std::min(datagram.datagram.data.size(), opened_.size());
  const leg::Received received =
      from.receive(datagram.datagram, MutableBytes(opened_).first(room), now_ns);
  if (received.kind != leg::Received::Kind::kNothing) {
    if (status_ == Status::OK) {
      const uint8_t level_in = config_.level_ids[datagram.leg] != 0
                                   ? config_.level_ids[datagram.leg]
                                   : from.agreement()->extensions_recv[kLevel];
      const uint8_t level_out = config_.level_ids[1 - datagram.leg] != 0
                                    ? config_.level_ids[1 - datagram.leg]
                                    : to.agreement()->extensions_send[kLevel];
      lanes_[datagram.leg].take(received,
                                {from, to, config_, level_in, level_out, MutableBytes(packet_)});
    } else {
      from.count_drop(leg::Drop::kNotReady);
    }
    // The header may be longer than the one that came.
    secure::wipe(MutableBytes(packet_).first(std::min(room + leg::kMaxHeaderLen, packet_.size())));
  }
  secure::wipe(MutableBytes(opened_).first(room));
}

void Relay::run_timers(uint64_t now_ns) {
  for (leg::Leg* leg : legs_) leg->run_timers(now_ns);
}

uint64_t Relay::next_deadline() const {
  return std::min(legs_[0]->next_deadline(), legs_[1]->next_deadline());
}

void Relay::close(uint64_t now_ns) {
  for (leg::Leg* leg : legs_) leg->close(now_ns);
}

bool Relay::take_protection_change() {
  return std::exchange(is_protection_new_, false);
}

bool Relay::is_clean() const {
  const auto is_zero = [](uint8_t byte) { return byte == 0; };
  return std::all_of(opened_.begin(), opened_.end(), is_zero) &&
         std::all_of(packet_.begin(), packet_.end(), is_zero);
}

}  // namespace voxlock::bridge
