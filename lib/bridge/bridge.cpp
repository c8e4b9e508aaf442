#include "bridge/bridge.h"

#include <algorithm>
#include <utility>

namespace voxlock::bridge {

Bridge::Bridge(std::pmr::memory_resource& memory, leg::Leg& first, leg::Leg& second,
               const BridgeConfig& config)
    : memory_(memory),
      legs_{&first, &second},
      stages_{std::pmr::vector<audio::StageConfig>(config.stages[0].begin(), config.stages[0].end(),
                                                   &memory),
              std::pmr::vector<audio::StageConfig>(config.stages[1].begin(), config.stages[1].end(),
                                                   &memory)},
      conceal_max_ms_(config.conceal_max_ms),
      cryptors_(config.cryptors),
      holds_{Hold(memory, config.repair_ms[0] * kNsPerMs, config.random),
             Hold(memory, config.repair_ms[1] * kNsPerMs, config.random)} {
  for (auto& stages : stages_) {
    for (audio::StageConfig& stage : stages) stage.host.is_revoked = &is_revoked_;
  }
  refresh();
}

Bridge::~Bridge() {
  revoke_taps();
}

Result<void> Bridge::check_stages(std::pmr::memory_resource& memory, const BridgeConfig& config) {
  for (const auto& stages : config.stages) {
    Status status = Status::OK;
    for (const uint32_t rate : {48000u, 16000u, 8000u}) {
      audio::ChainConfig chain;
      chain.sample_rate = rate;
      chain.stages = stages;
      const auto made = audio::Chain::create(memory, chain);
      status = made ? Status::OK : made.error();
      if (made || status == Status::ERR_NO_MEMORY) break;
    }
    if (status != Status::OK) return status;
  }
  return {};
}

Result<Lane> Bridge::make_lane(size_t direction) const {
  const leg::Leg& from = *legs_[direction];
  const leg::Leg& to = *legs_[1 - direction];
  if (!from.agreement() || !to.agreement()) return Status::ERR_WRONG_STATE;
  const e2ee::FrameCryptor* const sealer = cryptors_[1 - direction];
  const size_t overhead = sealer != nullptr ? sealer->max_overhead() : 0;
  VOXLOCK_TRY(Lane lane, Lane::create(memory_, {*from.agreement(), *to.agreement(), to.config(),
                                                stages_[direction], conceal_max_ms_, overhead}));
  if (lanes_[direction]) lane.go_on_from(*lanes_[direction]);
  return lane;
}

Bridge::Format Bridge::format_of(const leg::Leg& leg) {
  if (!leg.agreement()) return {};
  const leg::Agreement& agreed = *leg.agreement();
  return {agreed.codec,
          agreed.sample_rate,
          agreed.rtp_clock_hz,
          agreed.ptime_ms,
          agreed.event_clock_recv_hz,
          agreed.event_clock_send_hz,
          agreed.payload_type_send,
          agreed.event_type_send,
          agreed.max_opus_bitrate,
          agreed.max_playback_hz,
          agreed.wants_opus_fec,
          agreed.wants_opus_dtx,
          agreed.wants_opus_cbr};
}

void Bridge::remake_lanes(const std::array<Format, 2>& formats) {
  std::array<Result<Lane>, 2> made{make_lane(0), make_lane(1)};
  const bool is_agreed = legs_[0]->agreement() && legs_[1]->agreement();
  for (size_t i = 0; i < 2; ++i) {
    lanes_[i].reset();
    if (made[i]) lanes_[i].emplace(*std::move(made[i]));
    lane_status_[i] = !is_agreed || made[i] ? Status::OK : made[i].error();
  }
  formats_ = formats;
}

void Bridge::refresh() {
  const std::array<uint32_t, 2> now{legs_[0]->revision(), legs_[1]->revision()};
  if (now == revisions_ && now != std::array<uint32_t, 2>{}) return;
  const std::array<Format, 2> formats{format_of(*legs_[0]), format_of(*legs_[1])};
  if (formats != formats_) {
    for (const uint32_t leg : {0u, 1u}) {
      // What was meant for the former lanes goes through them.
      const Airlock::Visit visit(airlock_, lifetimes_[leg]);
      release_before(UINT64_MAX, leg);
    }
    remake_lanes(formats);
  }
  revisions_ = now;
  tell_terminals();
  update_protection();
}

// What the peers' metrics say about this end (RFC 3611 4.7): nothing waits here but in the
// chains, and what stands behind a lost packet that may still come.
void Bridge::tell_terminals() {
  uint64_t delay_ns = 0;
  for (const auto& lane : lanes_) delay_ns += lane ? lane->chain().latency_ns() : 0;
  for (size_t i = 0; i < 2; ++i) {
    leg::Terminal terminal;
    if (lanes_[i]) {
      const bool is_opus = legs_[i]->agreement()->codec == leg::Codec::kOpus;
      terminal.concealment = conceal_max_ms_ == 0 ? rtp::Concealment::kDisabled
                             : is_opus            ? rtp::Concealment::kEnhanced
                                                  : rtp::Concealment::kStandard;
      terminal.jitter_buffer = rtp::JitterBuffer::kFixed;
      terminal.buffer_maximum_ms = terminal.buffer_absolute_ms =
          static_cast<uint16_t>(holds_[i].span_ns() / kNsPerMs);
      terminal.delay_ms = static_cast<uint16_t>((delay_ns + kNsPerMs - 1) / kNsPerMs);
    }
    legs_[i]->set_terminal(terminal);
  }
}

void Bridge::update_protection() {
  Protection next;
  for (size_t i = 0; i < 2; ++i) {
    next.hops[i] = hop_of(*legs_[i]);
    if (cryptors_[i] != nullptr && legs_[i]->agreement()) {
      // Nothing leaves unsealed: without a key nothing leaves at all.
      next.hops[i].scope = Scope::kEndToEnd;
      next.is_participant = true;
    }
    next.is_opened[i] = lanes_[i].has_value();
    tell_taps(i, next);
    if (!lanes_[i]) continue;
    write_stages(lanes_[i]->chain(), cryptors_[i] != nullptr, cryptors_[1 - i] != nullptr,
                 next.stages[i]);
  }
  const bool is_secure = next.hops[0].is_protected && next.hops[1].is_protected;
  next.scope = is_secure ? Scope::kHopByHop : Scope::kNone;
  is_protection_new_ = is_protection_new_ || next != protection_;
  protection_ = next;
}

// Host processors hear from the start, whether their lane stands yet or not.
void Bridge::tell_taps(size_t direction, Protection& out) const {
  const auto add = [&](std::string_view name) {
    ++out.tap_count[direction];
    append_name(name, out.taps[direction]);
  };
  for (const Tap* tap : taps_[direction]) {
    if (tap != nullptr) add(tap->name());
  }
  for (const audio::StageConfig& stage : stages_[direction]) {
    if (stage.kind == audio::StageKind::kHost && !is_revoked_) add("host");
  }
}

Result<void> Bridge::attach(Tap& tap, size_t direction) {
  if (is_revoked_) return Status::ERR_TAP_REVOKED;
  auto& taps = taps_[direction];
  const auto room = std::find(taps.begin(), taps.end(), nullptr);
  if (room == taps.end()) return Status::ERR_LIMIT;
  *room = &tap;
  tap.bridge_ = this;
  update_protection();
  is_protection_new_ = true;
  return {};
}

void Bridge::detach(Tap& tap) {
  for (auto& taps : taps_) std::replace(taps.begin(), taps.end(), &tap, static_cast<Tap*>(nullptr));
  tap.bridge_ = nullptr;
  update_protection();
  is_protection_new_ = true;
}

void Bridge::revoke_taps() {
  is_revoked_ = true;
  for (auto& taps : taps_) {
    for (Tap* tap : taps) {
      if (tap != nullptr) tap->revoke();
    }
  }
  update_protection();
}

void Bridge::input(const BridgeDatagram& datagram, uint64_t now_ns) {
  scale_.observe(now_ns);
  leg::Leg& from = *legs_[datagram.leg];
  Airlock::Visit visit(airlock_, lifetimes_[datagram.leg]);
  const MutableBytes plain = airlock_.datagram(datagram.datagram.data.size());
  pass_on(from.receive(datagram.datagram, plain, now_ns), datagram.leg, visit);
}

void Bridge::put(const leg::Frame& frame, uint32_t leg, uint64_t now_ns) {
  scale_.observe(now_ns);
  Airlock::Visit visit(airlock_, lifetimes_[leg]);
  const MutableBytes plain = airlock_.datagram(rtp::kFixedHeaderLen + frame.payload.size());
  pass_on(legs_[leg]->receive_frame(frame, plain, now_ns), leg, visit);
}

void Bridge::pass_on(leg::Received received, uint32_t leg, Airlock::Visit& visit) {
  if (received.kind == leg::Received::Kind::kNothing) return;
  visit.opened();
  const bool is_open = legs_[leg]->losses().is_open_before(received.index);
  if (received.is_new_source) {
    release_before(UINT64_MAX, leg);
  } else if (holds_[leg].take(received, is_open, legs_[leg]->now_ns())) {
    return;
  } else {
    release_before(received.index, leg);
  }
  holds_[leg].passed(received);
  hand_on(received, leg);
  release_due(leg);
}

void Bridge::release_before(uint64_t index, uint32_t leg) {
  while (holds_[leg].oldest() < index) release(leg);
}

void Bridge::release_due(uint32_t leg) {
  while (holds_[leg].is_ready(legs_[leg]->now_ns())) release(leg);
}

void Bridge::release(uint32_t leg) {
  leg::Received received = holds_[leg].pop(airlock_.waited());
  hand_on(received, leg);
}

void Bridge::hand_on(leg::Received& received, uint32_t leg) {
  leg::Leg& from = *legs_[leg];
  auto& lane = lanes_[leg];
  if (!lane) return from.count_drop(leg::Drop::kNotReady);
  lane->take(received, airlock_,
             {from, *legs_[1 - leg], cryptors_[leg], cryptors_[1 - leg], taps_[leg]});
}

void Bridge::run_timers(uint64_t now_ns) {
  scale_.observe(now_ns);
  for (leg::Leg* leg : legs_) leg->run_timers(now_ns);
  for (const uint32_t leg : {0u, 1u}) {
    if (!holds_[leg].is_ready(legs_[leg]->now_ns())) continue;
    Airlock::Visit visit(airlock_, lifetimes_[leg]);
    visit.opened();
    release_due(leg);
  }
}

uint64_t Bridge::next_deadline() const {
  return std::min({legs_[0]->next_deadline(), legs_[1]->next_deadline(), holds_[0].next_deadline(),
                   holds_[1].next_deadline()});
}

void Bridge::close(uint64_t now_ns) {
  for (leg::Leg* leg : legs_) leg->close(now_ns);
}

std::optional<uint32_t> Bridge::next_leg() const {
  for (uint32_t i = 0; i < 2; ++i) {
    if (!legs_[i]->queue().is_empty()) return i;
  }
  return std::nullopt;
}

bool Bridge::take_protection_change() {
  return std::exchange(is_protection_new_, false);
}

}  // namespace voxlock::bridge
