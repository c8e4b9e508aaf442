// What authenticated checks mean: pairs, nomination, consent, restart.
#include <algorithm>

#include "ice/agent.h"

namespace voxlock::ice {

void Agent::advance(uint64_t now_ns) {
  time_.advance(now_ns);
  if (!has_consent_ || time_.now_ns() < next_deadline()) return;
  has_consent_ = false;
  push(EventType::kConsentLost);
}

uint64_t Agent::next_deadline() const {
  return has_consent_ ? after(selected_->last_check_ns, consent_ns_) : kNever;
}

void Agent::commit(const Check& check) {
  const uint64_t peer_tag = mix(kHashStart, check.peer_ufrag);
  log_.add(check.message.transaction_id(), check.path);
  Pair& pair = pairs_.touch(check.generation.serial, check.path, selected_);
  if (pair.last_check_ns != 0 && time_.now_ns() >= after(pair.last_check_ns, consent_ns_)) {
    // So long ago that it is a new pair, with nothing nominated.
    pair.was_plain = false;
    pair.is_nominated = false;
    pair.first_check_ns = pair.rtt_ns = 0;
  }
  if (pair.first_check_ns == 0) pair.first_check_ns = time_.now_ns();
  pair.last_check_ns = time_.now_ns();
  pair.peer_priority = check.message.priority().value_or(0);
  pair.peer_tag = peer_tag;
  const bool has_flag = check.message.has_use_candidate();
  // RFC 8445 section 8.1.1: what was answered, the peer nominates once it has the answer. A lite
  // agent, which asks nothing itself, learns no more about the round trip.
  if (has_flag && pair.was_plain && !pair.is_nominated)
    pair.rtt_ns = std::max<uint64_t>(time_.now_ns() - pair.first_check_ns, 1);
  (has_flag ? pair.is_nominated : pair.was_plain) = true;
  // RFC 8445 section 7.3: checks may come before the peer's description. They are answered, and
  // mean nothing until it tells which peer's they were.
  if (check.generation.has_remote()) consider(pair, has_flag);
}

void Agent::consider(Pair& pair, bool has_flag) {
  if (&pair == selected_) {
    if (has_consent_) return;
    has_consent_ = true;
    push(EventType::kConsentRestored);
  } else if (has_flag ? wins(pair) : has_moved(pair)) {
    select(pair);
  }
}

// Whether a pair that is nominated now replaces the selected one.
bool Agent::wins(const Pair& pair) const {
  if (selected_ == nullptr || !has_consent_ || pair.generation != selected_->generation)
    return true;
  // RFC 8445 section 8.1.1: the flag on a pair that was checked without it first is the peer's
  // decision. On the very first check it is the aggressive nomination of RFC 5245, section 8.1.1.2,
  // where all pairs have it and the highest priority counts.
  return pair.was_plain || is_silent(*selected_) || priority_of(pair) >= priority_of(*selected_);
}

// Whether the selected pair goes on under another address of the peer: a NAT gave it a new mapping.
// Full agents do not nominate again then, since on their side nothing changed.
bool Agent::has_moved(const Pair& pair) const {
  return selected_ != nullptr && pair.generation == selected_->generation &&
         pair.path.local == selected_->path.local &&
         pair.peer_priority == selected_->peer_priority && is_silent(*selected_);
}

bool Agent::is_silent(const Pair& pair) const {
  return time_.now_ns() >= after(pair.last_check_ns, kSilentNs);
}

uint64_t Agent::priority_of(const Pair& pair) const {
  const auto known = std::find_if(
      remote_.begin(), remote_.begin() + static_cast<ptrdiff_t>(remote_count_),
      [&](const Candidate& candidate) { return candidate.address == pair.path.remote; });
  const bool is_known = known != remote_.begin() + static_cast<ptrdiff_t>(remote_count_);
  return pair_priority(is_known ? known->priority : pair.peer_priority,
                       local_[pair.path.local].priority);
}

void Agent::select(Pair& pair) {
  selected_ = &pair;
  has_consent_ = true;
  push(EventType::kSelected);
  if (previous_ != nullptr && pair.generation == current_->serial) {
    // RFC 8445 section 9: with a pair of the new credentials the old ones have served.
    pairs_.drop_generation(previous_->serial);
    previous_.reset();
  }
}

void Agent::unselect() {
  selected_ = nullptr;
  if (has_consent_) push(EventType::kConsentLost);
  has_consent_ = false;
}

Result<void> Agent::set_remote(std::string_view ufrag, std::string_view pwd) {
  if (!is_ufrag(ufrag) || !is_pwd(pwd)) return Status::ERR_ICE_CREDENTIAL;
  auto& remote = current_->remote_ufrag;
  if (as_text(remote.view()) == ufrag) return {};
  if (current_->has_remote()) {
    if (selected_ != nullptr && selected_->generation == current_->serial) unselect();
    pairs_.drop_generation(current_->serial);
  }
  (void)remote.assign(as_bytes(ufrag));
  remote_count_ = 0;
  adopt_early_pairs();
  return {};
}

// Counts the checks that came before the peer was known, and forgets those of other peers (a forked
// offer has several answers).
void Agent::adopt_early_pairs() {
  const uint64_t peer_tag = mix(kHashStart, current_->remote_ufrag.view());
  Pair* best = nullptr;
  for (Pair& pair : pairs_.all()) {
    if (pair.generation != current_->serial) continue;
    if (pair.peer_tag != peer_tag) {
      PairTable::drop(pair);
      continue;
    }
    const bool is_live = time_.now_ns() < after(pair.last_check_ns, consent_ns_);
    if (pair.is_nominated && is_live &&
        (best == nullptr || priority_of(pair) > priority_of(*best))) {
      best = &pair;
    }
  }
  if (best != nullptr) consider(*best, true);
}

Result<void> Agent::restart(std::string_view ufrag, std::string_view pwd, RandomSource& random) {
  VOXLOCK_TRY(auto made, make_generation(ufrag, pwd, random));
  // Media goes on over the pair that carries it; a restart that selected nothing leaves no trace.
  const bool is_previous_in_use =
      previous_ != nullptr && selected_ != nullptr && selected_->generation == previous_->serial;
  if (is_previous_in_use) {
    pairs_.drop_generation(current_->serial);
  } else {
    if (previous_ != nullptr) pairs_.drop_generation(previous_->serial);
    previous_ = std::move(current_);
  }
  current_ = std::move(made);
  return {};
}

const Pair* Agent::selected() const {
  return selected_;
}

bool Agent::has_live_pair(const Generation* generation, const Path& path) const {
  const Pair* pair = generation != nullptr ? pairs_.find(generation->serial, path) : nullptr;
  return pair != nullptr && time_.now_ns() < after(pair->last_check_ns, consent_ns_);
}

bool Agent::is_authenticated(uint32_t local, const Address& remote) const {
  for (const Generation* generation : {current_.get(), previous_.get()}) {
    const bool is_known = generation != nullptr && generation->has_remote();
    if (is_known && has_live_pair(generation, {local, remote})) return true;
  }
  return false;
}

bool Agent::was_checked(uint32_t local, const Address& remote) const {
  return has_live_pair(current_.get(), {local, remote}) ||
         has_live_pair(previous_.get(), {local, remote});
}

Event Agent::poll() {
  if (event_count_ == 0) return {};
  const Event out = events_[0];
  events_[0] = events_[1];
  --event_count_;
  return out;
}

// A selection outdates everything before it, a change of consent the one before.
void Agent::push(EventType type) {
  if (type == EventType::kSelected) event_count_ = 0;
  if (event_count_ != 0 && events_[event_count_ - 1].type != EventType::kSelected) --event_count_;
  Event& event = events_[event_count_++];
  event = {};
  event.type = type;
  if (selected_ == nullptr) return;
  event.local = selected_->path.local;
  event.remote = selected_->path.remote;
}

}  // namespace voxlock::ice
