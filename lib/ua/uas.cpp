#include "ua/uas.h"

#include <algorithm>

#include "base/text.h"
#include "sip/response_code.h"
#include "ua/call.h"
#include "ua/connection.h"
#include "ua/digit.h"
#include "ua/session_timer.h"

namespace voxlock::ua {
namespace {

using sip::Method;

constexpr std::string_view kBodyTypes[] = {"application/sdp", "multipart/mixed",
                                           "multipart/alternative"};
constexpr std::string_view kInfoTypes[] = {kRelayType, kPlainType, "multipart/mixed",
                                           "multipart/alternative"};

// Answers without keeping a transaction.
void answer_stateless(Core& core, const Incoming& in, Reply reply) {
  const Token tag = stateless_tag(core, in.message);
  reply.to_tag = tag.view();
  const auto bytes = write_reply(core, in, reply);
  if (bytes) transmit(core, in.connection.id, *bytes);
}

// Answers a request at once. A transaction absorbs its retransmissions, and the ACK of an INVITE's
// failure; where the table is full the answer is 503 and stateless.
void answer(Core& core, const Incoming& in, Reply reply) {
  Transaction* t = start_server(core, in);
  if (t == nullptr) {
    if (reply.code != 503) ++core.counters.refused_by_limit;  // else it is counted already
    reply = {};
    reply.code = 503;
    reply.retry_after_s = core.config.retry_after_s;
    return answer_stateless(core, in, reply);
  }
  const Token tag = stateless_tag(core, in.message);
  reply.to_tag = tag.view();
  const auto bytes = write_reply(core, in, reply);
  const uint64_t id = t->id;
  try {
    if (bytes) return respond(core, *t, reply.code, *bytes);
  } catch (...) {
    end_transaction(core, id);
    throw;
  }
  end_transaction(core, id);
}

// The option tags of Require that are not known, as one list (RFC 3261 8.2.2.3).
std::string_view list_unknown(const sip::Message& message, Text& out) {
  auto cursor = message.values(sip::HeaderId::kRequire);
  while (const auto value = cursor.next()) {
    if (is_known_option(*value)) continue;
    if (!out.empty()) out.append(", ");
    out.append(*value);
  }
  return out;
}

void answer_code(Core& core, const Incoming& in, uint16_t code) {
  Reply reply;
  reply.code = code;
  if (code == 503) reply.retry_after_s = core.config.retry_after_s;
  Text unknown(&core.memory);
  if (code == 420) reply.unsupported = list_unknown(in.message, unknown);
  if (code == 422) reply.min_se_s = core.config.min_se_s;
  answer(core, in, reply);
}

// Answers someone who may be a stranger: where senders must prove who they are, one who did not is
// to hold no transaction, of which an INVITE's lives until its ACK (RFC 3261 26.3.2.4).
void answer_stranger(Core& core, const Incoming& in, Reply reply) {
  if (core.authenticator.is_on()) return answer_stateless(core, in, reply);
  answer(core, in, reply);
}

void answer_stranger(Core& core, const Incoming& in, uint16_t code) {
  Reply reply;
  reply.code = code;
  answer_stranger(core, in, reply);
}

// Accepts the request's sender, or answers. RFC 3261 22.1; ACK and CANCEL can not be challenged.
bool authenticate(Core& core, const Incoming& in) {
  const auto verdict = core.authenticator.check(in.message, core.now_ns);
  if (!verdict) {
    answer_code(core, in, 500);
    return false;
  }
  if (*verdict == AuthVerdict::kAccepted) return true;
  Reply reply;
  reply.code = *verdict == AuthVerdict::kRefused ? 403 : 401;
  reply.is_challenge = reply.code == 401;
  reply.is_stale = *verdict == AuthVerdict::kStale;
  ++(reply.is_challenge ? core.counters.challenges : core.counters.auth_failures);
  answer_stranger(core, in, reply);
  return false;
}

bool requires_unknown(const sip::Message& message) {
  auto cursor = message.values(sip::HeaderId::kRequire);
  while (const auto value = cursor.next()) {
    if (!is_known_option(*value)) return true;
  }
  return false;
}

// What RFC 3261 8.2.1 to 8.2.3 ask of every request; 0 where nothing is wrong.
uint16_t inspect(const sip::Message& message) {
  switch (message.method()) {
    case Method::kInvite:
    case Method::kBye:
    case Method::kOptions:
    case Method::kInfo:
      break;
    case Method::kOther:
      return 501;
    default:
      return 405;
  }
  if (message.request_uri().scheme == sip::Scheme::kOther) return 416;
  if (requires_unknown(message)) return 420;
  if (message.body().empty()) return 0;
  if (message.content_type().type.empty()) return 400;
  const bool is_info = message.method() == Method::kInfo;
  const std::span<const std::string_view> types =
      is_info ? std::span<const std::string_view>(kInfoTypes) : kBodyTypes;
  return sip::check_media_type(message, types) ? 0 : 415;
}

void on_options(Core& core, const Incoming& in) {
  answer_code(core, in, 200);
}

Dialog make_dialog(Core& core, const Incoming& in, std::string_view local_tag) {
  const sip::Message& m = in.message;
  Dialog dialog(core.memory);
  dialog.call_id = m.call_id();
  dialog.local_tag = local_tag;
  dialog.remote_tag = m.from().tag();
  dialog.local.append("<").append(m.to().uri.text).append(">");
  dialog.remote.append("<").append(m.from().uri.text).append(">");
  dialog.remote_cseq = m.cseq().number;
  dialog.has_remote_cseq = true;
  take_routes(dialog, m, false);
  take_target(dialog, m);
  return dialog;
}

Incoming stored(const sip::Message& message, const Transaction& t, const Connection& connection) {
  return {message, t.request, connection};
}

void send_trying(Core& core, Transaction& t, const Incoming& in) {
  Reply reply;
  reply.code = 100;
  const auto bytes = write_reply(core, in, reply);
  if (bytes) respond(core, t, 100, *bytes);
}

void push_offer(Core& core, EventType type, const Call& call, const Incoming& in) {
  Event event;
  event.type = type;
  event.call = call.id;
  // RFC 3261 13.2.1: an ACK brings an answer where the 2xx held the offer; no other one waits for
  // it.
  const bool is_answer = type == EventType::kConfirmed && call.offers_late;
  const bool is_offer = type == EventType::kIncoming || type == EventType::kOffer;
  push_message(core, event, in, is_answer || is_offer ? sdp_of(in.message) : std::string_view());
}

// RFC 3261 13.3.1: a new call.
void on_new_invite(Core& core, const Incoming& in, bool is_authenticated) {
  if (!in.message.has_contact() || in.message.contact().is_star) return answer_code(core, in, 400);
  const SessionVerdict session = judge_session(core, in.message);
  if (session.code != 0) return answer_code(core, in, session.code);
  if (core.calls.is_full() || core.transactions.is_full()) {
    ++core.counters.refused_by_limit;
    return answer_code(core, in, 503);
  }
  const auto tag = make_token(core);
  if (!tag) return answer_code(core, in, 500);
  Call* call = add_call(core, make_dialog(core, in, tag->view()));
  Transaction* t = nullptr;
  try {
    t = start_server(core, in);
    t->local_tag = tag->view();
    send_trying(core, *t, in);
  } catch (...) {
    if (t != nullptr) end_transaction(core, t->id);
    remove_call(core, *call);
    throw;
  }
  t->call = call->id;
  call->state = CallState::kIncoming;
  call->connection = in.connection.id;
  call->is_secure = in.connection.transport == Transport::kTls;
  call->invite = t->id;
  call->invite_cseq = t->cseq;
  call->offers_late = sdp_of(in.message).empty();
  call->is_authenticated = is_authenticated;
  call->next_session = session.timer;
  push_offer(core, EventType::kIncoming, *call, in);
}

// RFC 3261 14.2: at most one exchange at a time.
void on_reinvite(Core& core, Call& call, const Incoming& in) {
  Reply reply;
  if (call.state == CallState::kIncoming || call.exchange == Exchange::kRemoteInvite) {
    reply.code = 500;
    reply.retry_after_s = 1 + core.random.u32().value_or(0) % 10;
    return answer(core, in, reply);
  }
  if (call.exchange != Exchange::kIdle) return answer_code(core, in, 491);
  const SessionVerdict session = judge_session(core, in.message);
  if (session.code != 0) return answer_code(core, in, session.code);
  Transaction* t = start_server(core, in);
  if (t == nullptr) {
    ++core.counters.refused_by_limit;
    return answer_code(core, in, 503);
  }
  try {
    send_trying(core, *t, in);
  } catch (...) {
    end_transaction(core, t->id);
    throw;
  }
  t->call = call.id;
  call.exchange = Exchange::kRemoteInvite;
  call.connection = in.connection.id;
  call.invite = t->id;
  call.invite_cseq = t->cseq;
  call.offers_late = sdp_of(in.message).empty();
  call.next_session = session.timer;
  push_offer(core, EventType::kOffer, call, in);
}

// The INVITE that waits for the host ends without it.
void refuse_pending(Core& core, Call& call, uint16_t code) {
  Reply reply;
  reply.code = code;
  (void)send_refusal(core, call, reply);
}

// RFC 3261 15.1.2.
void on_bye(Core& core, Call& call, const Incoming& in) {
  answer_code(core, in, 200);
  if (call.state == CallState::kIncoming || call.exchange == Exchange::kRemoteInvite) {
    refuse_pending(core, call, 487);
  }
  tell_ended(core, call, Cause::kRemote, 0, &in);
  remove_call(core, call);
}

// RFC 6086 4.2.2, and the use of INFO before it, without a package. An INFO without a body is a
// sign of life. A response with a transaction of its own, for a digit that is told is not to come
// again.
void on_info(Core& core, const Call& call, const Incoming& in) {
  const size_t len = in.message.body().size();
  if (call.state == CallState::kEnding) return answer_code(core, in, 481);
  if (in.message.find("Info-Package")) return answer_code(core, in, 469);
  if (len == 0) return answer_code(core, in, 200);
  if (len > kMaxInfoBody) return answer_code(core, in, 413);
  const auto digit = digit_of(in.message);
  if (!digit) return answer_code(core, in, digit.error() == Status::ERR_SIP_MEDIA_TYPE ? 415 : 400);
  if (core.transactions.is_full()) {
    ++core.counters.refused_by_limit;
    return answer_code(core, in, 503);
  }
  answer_code(core, in, 200);
  Event event;
  event.type = EventType::kDigit;
  event.call = call.id;
  event.digit = static_cast<uint8_t>(digit->key);
  event.duration_ms = digit->duration_ms;
  push_message(core, event, in, in.message.body());
}

// RFC 3261 12.2.2.
void on_dialog_request(Core& core, Call& call, const Incoming& in) {
  if (!may_carry(call, in.connection)) return answer_code(core, in, 403);
  Dialog& dialog = call.dialog;
  const uint32_t cseq = in.message.cseq().number;
  if (dialog.has_remote_cseq && cseq <= dialog.remote_cseq) return answer_code(core, in, 500);
  if (call.is_authenticated && !authenticate(core, in)) return;
  dialog.remote_cseq = cseq;
  dialog.has_remote_cseq = true;
  if (const uint16_t code = inspect(in.message); code != 0) return answer_code(core, in, code);
  switch (in.message.method()) {
    case Method::kInvite:
      if (call.state == CallState::kEnding) return answer_code(core, in, 481);
      return on_reinvite(core, call, in);
    case Method::kBye:
      return on_bye(core, call, in);
    case Method::kInfo:
      return on_info(core, call, in);
    default:
      return on_options(core, in);
  }
}

void on_new_request(Core& core, const Incoming& in) {
  if (is_merged(core, in.message) || is_looped(core, in.message))
    return answer_stranger(core, in, 482);
  const bool is_on = core.authenticator.is_on();
  if (is_on && !authenticate(core, in)) return;
  if (const uint16_t code = inspect(in.message); code != 0) return answer_code(core, in, code);
  switch (in.message.method()) {
    case Method::kInvite:
      return on_new_invite(core, in, is_on);
    case Method::kBye:
    case Method::kInfo:
      return answer_code(core, in, 481);
    default:
      return on_options(core, in);
  }
}

// ACK of a 2xx, RFC 3261 13.3.1.4.
void on_success_ack(Core& core, const Incoming& in) {
  Call* call = find_dialog(core, in.message);
  if (call == nullptr || call->exchange != Exchange::kRemoteAck ||
      in.message.cseq().number != call->invite_cseq || !may_carry(*call, in.connection)) {
    if (call == nullptr) ++core.counters.unmatched;
    return;
  }
  core.timers.cancel(call->retransmit);
  core.timers.cancel(call->timeout);
  call->exchange = Exchange::kIdle;
  if (call->wants_bye) return end_call(core, *call, Cause::kLocal, 0);
  if (call->offers_late && sdp_of(in.message).empty())
    return end_call(core, *call, Cause::kProtocol, 0);
  push_offer(core, EventType::kConfirmed, *call, in);
}

void on_ack(Core& core, const Incoming& in) {
  Transaction* t = find_server(core, in.message, "INVITE");
  if (t != nullptr && t->state != State::kAccepted)
    return transaction_input(core, *t, Input::kAck, in);
  on_success_ack(core, in);
}

// RFC 3261 22.1: a CANCEL can not be challenged, so that it counts only from the hop that sent the
// request, which may have opened another connection.
bool is_same_hop(const Core& core, const Transaction& t, const Connection& connection) {
  if (t.connection == connection.id) return true;
  const Connection* own = core.connections.find(t.connection);
  return own != nullptr && own->transport == connection.transport && !own->peer_host.empty() &&
         own->peer_host == connection.peer_host;
}

// RFC 3261 9.2.
void on_cancel(Core& core, const Incoming& in) {
  Transaction* t = find_server(core, in.message, "INVITE");
  if (t == nullptr || !is_same_hop(core, *t, in.connection)) return answer_code(core, in, 481);
  answer_code(core, in, 200);
  Call* call = core.calls.find(t->call);
  if (call == nullptr || t->state != State::kProceeding || call->invite != t->id) return;
  const bool is_first = call->state == CallState::kIncoming;
  refuse_pending(core, *call, 487);
  if (is_first) {
    tell_ended(core, *call, Cause::kCancelled, 487, &in);
    return remove_call(core, *call);
  }
  push_offer(core, EventType::kOfferGone, *call, in);
}

Result<ByteView> write_for(Core& core, const Transaction& t, const Call& call, Reply reply) {
  const Connection* connection = core.connections.find(t.connection);
  if (connection == nullptr) return Status::ERR_UA_NO_CONNECTION;
  sip::Message request;
  VOXLOCK_TRY_VOID(request.parse(ByteView(t.request), sip::Transport::kStream));
  reply.to_tag = call.dialog.local_tag;
  return write_reply(core, stored(request, t, *connection), reply);
}

Result<Transaction*> pending_invite(Core& core, const Call& call) {
  const bool is_pending =
      call.state == CallState::kIncoming || call.exchange == Exchange::kRemoteInvite;
  Transaction* t = core.transactions.find(call.invite);
  if (!is_pending || t == nullptr || t->machine != Machine::kInviteServer)
    return Status::ERR_WRONG_STATE;
  return t;
}

}  // namespace

void on_request(Core& core, const Incoming& in) {
  const sip::Message& m = in.message;
  if (m.method() == Method::kAck) return on_ack(core, in);
  if (Transaction* t = find_server(core, m, m.method_text())) {
    return transaction_input(core, *t, Input::kRequest, in);
  }
  if (m.method() == Method::kCancel) return on_cancel(core, in);
  if (m.to().tag().empty()) return on_new_request(core, in);
  Call* call = find_dialog(core, m);
  if (call == nullptr) return answer_stranger(core, in, 481);
  on_dialog_request(core, *call, in);
}

void on_malformed(Core& core, const Incoming& in, Status why) {
  Reply reply;
  const uint16_t code = sip::response_code(why);
  reply.code = code != 0 ? code : 400;
  answer_stateless(core, in, reply);
}

void on_server_failed(Core& core, Transaction& t) {
  Call* call = core.calls.find(t.call);
  if (call == nullptr || call->invite != t.id) return;
  if (call->state == CallState::kIncoming) {
    tell_ended(core, *call, Cause::kTransport, 503, nullptr);
    return remove_call(core, *call);
  }
  if (call->exchange != Exchange::kRemoteInvite) return;
  call->exchange = Exchange::kIdle;
  Event event;
  event.type = EventType::kOfferGone;
  event.call = call->id;
  event.cause = Cause::kTransport;
  core.output.push(event, {});
}

Result<void> send_provisional(Core& core, Call& call, const Reply& reply) {
  VOXLOCK_TRY(Transaction* const t, pending_invite(core, call));
  VOXLOCK_TRY(const ByteView bytes, write_for(core, *t, call, reply));
  respond(core, *t, reply.code, bytes);
  return {};
}

Result<void> send_success(Core& core, Call& call, ByteView sdp, std::string_view headers) {
  VOXLOCK_TRY(Transaction* const t, pending_invite(core, call));
  Reply reply;
  reply.code = 200;
  reply.sdp = sdp;
  reply.headers = headers;
  reply.session = call.next_session;
  VOXLOCK_TRY(const ByteView bytes, write_for(core, *t, call, reply));
  // RFC 3261 12.2.2: the 2xx makes the re-INVITE's Contact the target. Made first, for it may
  // throw.
  Text target(call.dialog.target, &core.memory);
  sip::Message request;
  if (call.state == CallState::kConnected &&
      request.parse(ByteView(t->request), sip::Transport::kStream) && request.has_contact() &&
      !request.contact().is_star) {
    target = request.contact().uri.text;
  }
  respond(core, *t, 200, bytes);
  call.dialog.target.swap(target);
  call.state = CallState::kConnected;
  await_ack(core, call);
  start_session(core, call, call.next_session);
  return {};
}

Result<void> send_refusal(Core& core, Call& call, const Reply& reply) {
  VOXLOCK_TRY(Transaction* const t, pending_invite(core, call));
  VOXLOCK_TRY(const ByteView bytes, write_for(core, *t, call, reply));
  respond(core, *t, reply.code, bytes);
  call.exchange = Exchange::kIdle;
  return {};
}

}  // namespace voxlock::ua
