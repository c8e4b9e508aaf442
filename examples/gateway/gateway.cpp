#include "gateway/gateway.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "common/names.h"

namespace example {
namespace {

constexpr uint64_t kHangupTimeoutNs = 3'000'000'000;

// RFC 3261, section 20.43: code, agent, quoted text.
struct Warning {
  uint32_t code = 0;
  std::string text;
};
Warning parse_warning(std::string_view value) {
  Warning out;
  for (size_t i = 0; i < 3 && i < value.size() && value[i] >= '0' && value[i] <= '9'; ++i) {
    out.code = out.code * 10 + static_cast<uint32_t>(value[i] - '0');
  }
  const size_t open = value.find('"');
  const size_t close = value.rfind('"');
  if (open != std::string_view::npos && close > open)
    out.text = value.substr(open + 1, close - open - 1);
  if (out.code < 300 || out.code > 399) out.code = 0;
  return out;
}

// What a caller is told of a room that could not be reached. A redirection or a challenge of the
// room means nothing to the trunk's peer.
uint32_t status_for_trunk(const voxlock_ua_event& event) {
  if (event.cause == VOXLOCK_UA_CAUSE_TIMEOUT) return 504;
  if (event.cause == VOXLOCK_UA_CAUSE_TRANSPORT) return 503;
  if (event.cause != VOXLOCK_UA_CAUSE_REJECTED) return 502;
  return event.status >= 400 ? event.status : 480;
}

}  // namespace

Gateway::Gateway(EventLoop& loop, voxlock_context* ctx, GatewayConfig config)
    : loop_(loop),
      ctx_(ctx),
      config_(std::move(config)),
      host_(loop, ctx, config_.sip, [this](const SipEvent& event) { on_event(event); }),
      is_terminal_(isatty(STDOUT_FILENO) != 0) {}

nlohmann::json Gateway::run() {
  loop_.set_reload([this] { host_.reload(); });
  loop_.run([this] { return before_wait(); }, [this] { hang_up_all(); });
  if (is_terminal_) std::printf("\r\033[K");
  for (Session& session : sessions_) {
    if (session.ended.empty()) session.ended = "not confirmed";
    if (session.begun_ns != 0) {
      summary_.add(*session.media, session.security, now_ns() - session.begun_ns, session.ended);
    } else {
      summary_.add_unanswered(session.ended);
    }
  }
  return summary_.report(latency_);
}

void Gateway::on_event(const SipEvent& event) {
  if (event.event.type == VOXLOCK_UA_EV_INCOMING) {
    on_incoming(event);
    return;
  }
  const auto found = sides_.find(event.event.call);
  if (found == sides_.end()) return;
  const Side side = found->second;
  side.session->keep_ns = next_beat_ns_ = 0;
  switch (event.event.type) {
    case VOXLOCK_UA_EV_PROGRESS:
      on_progress(side, event);
      break;
    case VOXLOCK_UA_EV_ANSWERED:
      on_answered(side, event);
      break;
    case VOXLOCK_UA_EV_CONFIRMED:
      on_confirmed(side, event);
      break;
    case VOXLOCK_UA_EV_OFFER:
      on_offer(side, event);
      break;
    case VOXLOCK_UA_EV_OFFER_GONE:
      side.session->media->rollback(side.leg);
      pass_on_holds(*side.session);
      break;
    case VOXLOCK_UA_EV_UPDATED:
      on_updated(side, event);
      break;
    case VOXLOCK_UA_EV_REFUSED:
      on_refused(side, event);
      break;
    case VOXLOCK_UA_EV_REFRESH:
      // RFC 4028: the same offer once more; where one is under way, that refreshes as well.
      (void)offer(*side.session, side.leg, side.session->passing[side.leg].is_told);
      break;
    case VOXLOCK_UA_EV_RETRY:
      side.session->passing[side.leg].backs_off = false;
      pass_on_holds(*side.session);
      break;
    case VOXLOCK_UA_EV_DIGIT:
      on_digit(side, event);
      break;
    case VOXLOCK_UA_EV_ENDED:
      on_ended(side, event);
      break;
    default:
      break;
  }
}

void Gateway::on_incoming(const SipEvent& event) {
  const uint64_t trunk = event.event.call;
  if (is_ending_ || (config_.max_calls != 0 && started_calls_ >= config_.max_calls)) {
    reject(trunk, 503, 0, "");
    return;
  }
  Session session;
  session.signalling = {host_.signalling(event.event.connection),
                        room_ ? room_->signalling() : host_.signalling(0)};
  try {
    session.media =
        std::make_unique<Call>(loop_, ctx_, config_.media, session.signalling, latency_);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "gateway: call refused: %s\n", error.what());
    reject(trunk, 500, 0, "");
    return;
  }
  note_connection(session, kTrunk, event);
  // Without an offer in the INVITE ours goes into the 200.
  const SdpStep step =
      event.sdp.empty() ? session.media->offer(kTrunk) : session.media->answer(kTrunk, event.sdp);
  if (step.is_refused()) {
    reject(trunk, step.verdict);
    return;
  }
  session.trunk_sdp = step.sdp;
  if (!room_ && !call_room(session, trunk)) return;
  session.number = ++started_calls_;
  session.ids[kTrunk] = trunk;
  sessions_.push_back(std::move(session));
  Session& placed = sessions_.back();
  sides_[trunk] = {&placed, kTrunk};
  if (!room_) {
    sides_[placed.ids[kRoom]] = {&placed, kRoom};
    return;
  }
  (void)voxlock_ua_ring(host_.ua(), trunk, 180, nullptr, 0, now_ns());
  room_->join(placed.number);
}

bool Gateway::call_room(Session& session, uint64_t trunk) {
  int32_t status = VOXLOCK_OK;
  session.ids[kRoom] = host_.invite(config_.forward, session.media->offer(kRoom).sdp, status);
  if (session.ids[kRoom] != 0) return true;
  std::fprintf(stderr, "gateway: cannot call %s: %s\n", config_.forward.c_str(),
               voxlock_strerror(status));
  reject(trunk, 503, 0, "");
  return false;
}

void Gateway::on_progress(const Side& side, const SipEvent& event) {
  if (side.leg != kRoom || event.event.status <= 100 || event.event.status > 183) return;
  (void)voxlock_ua_ring(host_.ua(), side.session->ids[kTrunk], 180, nullptr, 0, now_ns());
}

void Gateway::on_answered(const Side& side, const SipEvent& event) {
  Session& session = *side.session;
  if (side.leg != kRoom || session.ids[kTrunk] == 0) return;
  note_connection(session, kRoom, event);
  const SdpStep step = session.media->accept(kRoom, event.sdp);
  if (step.is_refused()) {
    reject(session.ids[kTrunk], step.verdict);
    (void)voxlock_ua_hangup(host_.ua(), session.ids[kRoom], now_ns());
    return;
  }
  answer_trunk(session);
}

void Gateway::answer_trunk(Session& session) {
  const int32_t rc = voxlock_ua_answer(host_.ua(), session.ids[kTrunk],
                                       reinterpret_cast<const uint8_t*>(session.trunk_sdp.data()),
                                       session.trunk_sdp.size(), now_ns());
  if (rc != VOXLOCK_OK) {
    hang_up(session);
    return;
  }
  session.begun_ns = now_ns();
  session.media->begin();
  summary_.begin();
}

// What came by another connection than before is worth what that one is.
void Gateway::note_connection(Session& session, size_t leg, const SipEvent& event) {
  session.security[leg] = host_.security(event.event.connection);
  session.signalling[leg] = host_.signalling(event.event.connection);
  session.media->set_signalling(leg, session.signalling[leg], session.security[leg].peer);
}

void Gateway::on_confirmed(const Side& side, const SipEvent& event) {
  if (!event.sdp.empty()) note_connection(*side.session, side.leg, event);
  if (!event.sdp.empty() && side.session->media->accept(side.leg, event.sdp).is_refused()) {
    hang_up(*side.session);
    return;
  }
  pass_on_holds(*side.session);
}

void Gateway::on_offer(const Side& side, const SipEvent& event) {
  Session& session = *side.session;
  note_connection(session, side.leg, event);
  // The answer says by itself what this side was told last.
  const uint32_t flags = session.passing[side.leg].is_told ? VOXLOCK_OFFER_HOLD : 0;
  const SdpStep step = event.sdp.empty() ? session.media->offer(side.leg, flags)
                                         : session.media->answer(side.leg, event.sdp);
  if (step.is_refused()) {
    reject(event.event.call, step.verdict);
    return;
  }
  (void)voxlock_ua_answer(host_.ua(), event.event.call,
                          reinterpret_cast<const uint8_t*>(step.sdp.data()), step.sdp.size(),
                          now_ns());
}

// The answer to an offer of ours. One that does not do leaves the media as it was, and the call
// too.
void Gateway::on_updated(const Side& side, const SipEvent& event) {
  side.session->passing[side.leg].is_under_way = false;
  if (!event.sdp.empty()) note_connection(*side.session, side.leg, event);
  if (event.sdp.empty() || side.session->media->accept(side.leg, event.sdp).is_refused())
    side.session->media->rollback(side.leg);
  pass_on_holds(*side.session);
}

// A digit by INFO (RFC 6086) goes on as one to a SIP call; those in the media pass the bridge.
void Gateway::on_digit(const Side& side, const SipEvent& event) {
  const char digit = static_cast<char>(event.event.digit);
  const uint64_t other = side.session->ids[1 - side.leg];
  if (!side.session->media->note_digit(side.leg, digit) || other == 0) return;
  (void)voxlock_ua_send_digit(host_.ua(), other, event.event.digit, event.event.duration_ms,
                              VOXLOCK_UA_DTMF_RELAY, now_ns());
}

// Whoever refuses a hold goes on as before: the call does not end for it.
void Gateway::on_refused(const Side& side, const SipEvent& event) {
  Passing& passing = side.session->passing[side.leg];
  side.session->media->rollback(side.leg);
  if (passing.is_under_way && event.event.status == 491) {
    // RFC 3261, section 14.1: both asked at once; the user agent tells when to ask again.
    passing.is_told = !passing.is_told;
    passing.backs_off = true;
  }
  passing.is_under_way = false;
  pass_on_holds(*side.session);
}

// What one peer wants of the call the other one is told, once the first one's exchange is over.
void Gateway::pass_on_holds(Session& session) {
  session.is_due = false;
  if (session.begun_ns == 0 || !session.ended.empty()) return;
  pass_on_hold(session, kTrunk);
  if (!room_) pass_on_hold(session, kRoom);
  const bool is_held =
      session.media->is_held_by_peer(kTrunk) || session.media->is_held_by_peer(kRoom);
  if (is_held != (session.held_ns != UINT64_MAX)) session.held_ns = is_held ? now_ns() : UINT64_MAX;
}

void Gateway::pass_on_hold(Session& session, size_t leg) {
  Passing& passing = session.passing[leg];
  const bool is_held = session.media->is_held_by_peer(leg == kTrunk ? kRoom : kTrunk);
  if (is_held == passing.is_told || passing.is_under_way || passing.backs_off) return;
  if (offer(session, leg, is_held)) {
    passing.is_told = is_held;
    passing.is_under_way = true;
  }
}

// False where an exchange is under way; its end leads to another try.
bool Gateway::offer(Session& session, size_t leg, bool is_held) {
  const SdpStep step = session.media->offer(leg, is_held ? VOXLOCK_OFFER_HOLD : 0);
  if (step.is_refused()) return false;
  const int32_t rc = voxlock_ua_offer(host_.ua(), session.ids[leg],
                                      reinterpret_cast<const uint8_t*>(step.sdp.data()),
                                      step.sdp.size(), now_ns());
  if (rc == VOXLOCK_OK) return true;
  session.media->rollback(leg);
  session.is_due = session.is_due || rc == VOXLOCK_ERR_UA_DRAIN;
  return false;
}

void Gateway::on_ended(const Side& side, const SipEvent& event) {
  Session& session = *side.session;
  session.ids[side.leg] = 0;
  sides_.erase(event.event.call);
  if (session.ended.empty()) {
    session.ended = cause_name(event.event.cause);
    session.media->close();
  }
  end_other(session, side.leg == kTrunk ? kRoom : kTrunk, event);
  if (session.ids[kTrunk] == 0 && session.ids[kRoom] == 0) finish(session);
}

void Gateway::end_other(Session& session, size_t leg, const SipEvent& event) {
  if (session.ids[leg] == 0) return;
  if (leg == kTrunk && session.begun_ns == 0) {
    const Warning warning = parse_warning(event.warning);
    reject(session.ids[kTrunk], status_for_trunk(event.event), warning.code, warning.text);
  } else {
    (void)voxlock_ua_hangup(host_.ua(), session.ids[leg], now_ns());
  }
}

void Gateway::finish(Session& session) {
  ++ended_calls_;
  if (room_) room_->leave(session.number);
  if (keeper_ != nullptr) keeper_->remove(session.number);
  if (session.begun_ns != 0) {
    summary_.add(*session.media, session.security, now_ns() - session.begun_ns, session.ended);
  } else {
    summary_.add_unanswered(session.ended);
  }
  std::erase_if(sessions_, [&](const Session& s) { return &s == &session; });
  if (config_.max_calls != 0 && ended_calls_ >= config_.max_calls) is_ending_ = true;
}

void Gateway::reject(uint64_t call, uint32_t status, uint32_t warn_code,
                     const std::string& warning) {
  auto refusal = make_config(voxlock_ua_refusal_init);
  refusal.status = status;
  refusal.warn_code = warn_code;
  refusal.warning = warning.data();
  refusal.warning_len = warning.size();
  (void)voxlock_ua_reject(host_.ua(), call, &refusal, now_ns());
}

void Gateway::reject(uint64_t call, const voxlock_verdict& verdict) {
  reject(call, static_cast<uint32_t>(verdict.sip_status), static_cast<uint32_t>(verdict.warn_code),
         verdict.warning);
}

void Gateway::hang_up(Session& session) {
  for (const uint64_t id : session.ids) {
    if (id != 0) (void)voxlock_ua_hangup(host_.ua(), id, now_ns());
  }
}

void Gateway::hang_up_all() {
  is_ending_ = true;
  give_up_ns_ = now_ns() + kHangupTimeoutNs;
  for (Session& session : sessions_) hang_up(session);
}

Gateway::Session* Gateway::find(uint64_t number) {
  for (Session& session : sessions_) {
    if (session.number == number && session.ended.empty()) return &session;
  }
  return nullptr;
}

SdpStep Gateway::room_offer(uint64_t call, uint32_t flags) {
  Session* const session = find(call);
  if (session == nullptr) return SdpStep::refused();
  session->media->rollback(kRoom);
  return session->media->offer(kRoom, flags);
}

SdpStep Gateway::room_accept(uint64_t call, std::string_view answer) {
  Session* const session = find(call);
  return session != nullptr ? session->media->accept(kRoom, answer) : SdpStep::refused();
}

SdpStep Gateway::room_answer(uint64_t call, std::string_view offer) {
  Session* const session = find(call);
  return session != nullptr ? session->media->answer(kRoom, offer) : SdpStep::refused();
}

const Call* Gateway::room_media(uint64_t call) const {
  for (const Session& session : sessions_) {
    if (session.number == call && session.ended.empty()) return session.media.get();
  }
  return nullptr;
}

void Gateway::room_joined(uint64_t call, const SecurityInfo& security) {
  Session* const session = find(call);
  if (session == nullptr) return;
  session->security[kRoom] = security;
  session->media->set_signalling(kRoom, session->signalling[kRoom], security.peer);
  if (session->begun_ns == 0) answer_trunk(*session);
}

void Gateway::room_left(uint64_t call, uint32_t sip_status, const std::string& why) {
  Session* const session = find(call);
  if (session == nullptr) return;
  session->ended = why;
  session->media->close();
  if (session->begun_ns == 0) {
    reject(session->ids[kTrunk], sip_status, 0, "");
  } else {
    hang_up(*session);
  }
}

void Gateway::tell_room(Session& session) {
  for (const voxlock_media_event& event : session.media->take_transport_events()) {
    if (session.ended.empty()) room_->on_media(session.number, event);
  }
}

uint64_t Gateway::hold_end_ns(const Session& session) const {
  if (session.held_ns == UINT64_MAX || !session.ended.empty()) return UINT64_MAX;
  return session.held_ns + config_.max_hold_ns;
}

uint64_t Gateway::before_wait() {
  host_.advance();
  for (Session& session : sessions_) {
    session.media->advance();
    if (room_) tell_room(session);
    if (session.is_due) pass_on_holds(session);
    const bool is_held_too_long = now_ns() >= hold_end_ns(session);
    if (!session.ended.empty() || !(session.media->has_timed_out() || is_held_too_long)) continue;
    session.ended = is_held_too_long ? "held too long" : "silence";
    hang_up(session);
  }
  keep_all();
  if (room_) room_->advance();
  host_.advance();
  show_progress();
  const bool is_done = is_ending_ && sessions_.empty();
  if (is_done) give_up_ns_ = std::min(give_up_ns_, now_ns() + kHangupTimeoutNs);
  const bool is_quiet = host_.is_quiet() && (!room_ || room_->is_quiet());
  if ((is_done && is_quiet) || now_ns() >= give_up_ns_) loop_.stop();
  uint64_t deadline = std::min(
      {host_.next_deadline(), give_up_ns_, sessions_.empty() ? UINT64_MAX : next_progress_ns_});
  for (const Session& session : sessions_)
    deadline = std::min({deadline, session.media->next_deadline(), hold_end_ns(session)});
  if (room_) deadline = std::min(deadline, room_->next_deadline());
  if (keeper_ != nullptr) deadline = std::min(deadline, next_beat_ns_);
  return deadline;
}

std::string Gateway::progress_line() const {
  uint64_t packets[2] = {0, 0};
  uint64_t lost = 0;
  uint64_t plaintext_ns = 0;
  uint64_t since = UINT64_MAX;
  size_t live = 0;
  for (const Session& session : sessions_) {
    if (session.begun_ns == 0) continue;
    ++live;
    since = std::min(since, session.begun_ns);
    const auto stats = session.media->stats();
    for (const size_t direction : {VOXLOCK_FORWARD, VOXLOCK_BACKWARD}) {
      packets[direction] += stats.packets_out[direction];
      lost += stats.lost[direction];
    }
    const uint64_t p50 = stats.plaintext_p50_ns[VOXLOCK_FORWARD];
    if (p50 != UINT64_MAX) plaintext_ns = std::max(plaintext_ns, p50);
  }
  if (live == 0) return "connecting to the room";
  char line[160];
  std::snprintf(
      line, sizeof line,
      "%zu live, %.0f s, %llu packets to the room, %llu back, %llu lost, plaintext %.0f us", live,
      static_cast<double>(now_ns() - since) / 1e9,
      static_cast<unsigned long long>(packets[VOXLOCK_FORWARD]),
      static_cast<unsigned long long>(packets[VOXLOCK_BACKWARD]),
      static_cast<unsigned long long>(lost), static_cast<double>(plaintext_ns) / 1000);
  return line;
}

// On a terminal one line that changes, elsewhere a line a second.
void Gateway::show_progress() {
  const uint64_t now = now_ns();
  if (sessions_.empty() || now < next_progress_ns_) return;
  next_progress_ns_ = now + (is_terminal_ ? 250'000'000 : 1'000'000'000);
  std::printf(is_terminal_ ? "\r\033[K%s" : "%s\n", progress_line().c_str());
  std::fflush(stdout);
}

}  // namespace example
