#include "ua/uac.h"

#include <algorithm>

#include "sip/writer.h"
#include "ua/call.h"
#include "ua/connection.h"
#include "ua/session_timer.h"

namespace voxlock::ua {
namespace {

constexpr uint8_t kMaxAuthAttempts = 3;
constexpr size_t kMaxForks = 16;

Result<Dialog> make_dialog(Core& core, const Invite& request) {
  const auto target = sip::parse_uri(request.to);
  if (!target || !target->is_sip() || !target->headers.empty()) return Status::ERR_UA_URI;
  Dialog dialog(core.memory);
  VOXLOCK_TRY(const Token tag, make_token(core));
  VOXLOCK_TRY(const Token call_id, make_token(core));
  VOXLOCK_TRY(const uint32_t first_cseq, core.random.u32());
  dialog.local_tag = tag.view();
  dialog.call_id = call_id.view();
  dialog.target = request.to;
  dialog.remote.append("<").append(request.to).append(">");
  for (const char c : request.display_name) {
    if (static_cast<uint8_t>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f)
      return Status::ERR_INVALID_ARGUMENT;
  }
  if (!request.display_name.empty())
    dialog.local.append("\"").append(request.display_name).append("\" ");
  if (request.from.empty()) {
    dialog.local.append("<sip:").append(core.user).append("@").append(core.host).append(">");
  } else {
    const auto from = sip::parse_uri(request.from);
    if (!from || !from->headers.empty()) return Status::ERR_UA_URI;
    dialog.local.append("<").append(request.from).append(">");
  }
  if (!request.route.empty()) {
    const auto route = sip::parse_uri(request.route);
    if (!route || !route->is_sip()) return Status::ERR_UA_URI;
    Text text(&core.memory);
    text.append("<").append(request.route).append(route->has_lr() ? ">" : ";lr>");
    dialog.routes.push_back(std::move(text));
  }
  // RFC 3261 8.1.1.5: below 2^31 with room to count.
  dialog.local_cseq = first_cseq & 0xffff;
  return dialog;
}

Result<Connection*> choose_connection(Core& core, const Invite& request) {
  if (request.connection == 0) {
    return connect_to(core, request.route.empty() ? request.to : request.route,
                      {request.transport});
  }
  Connection* given = core.connections.find(request.connection);
  if (given == nullptr || !given->is_open || given->is_broken) return Status::ERR_UA_NO_CONNECTION;
  return given;
}

// RFC 3261 26.2.2: nothing of a sips request travels in the clear.
Result<void> check_sips(const Invite& request, const Connection& connection) {
  const auto uri = sip::parse_uri(request.to);
  if (uri && uri->scheme == sip::Scheme::kSips && connection.transport != Transport::kTls) {
    return Status::ERR_UA_TRANSPORT;
  }
  return {};
}

// The first ACK may have failed for want of memory: a retransmitted 2xx is the next chance.
void send_again_ack(Core& core, Call& call, const Transaction& t) {
  if (!call.ack.empty() && call.ack_cseq == t.cseq) {
    transmit(core, t.connection, call.ack);
  } else if (t.id == call.invite && call.exchange == Exchange::kIdle) {
    (void)send_ack(core, call, t, {});
  }
}

// Whether a 2xx comes from a branch that has had its BYE. Each BYE is a transaction: a peer that
// never ends to answer gets a bounded number of them.
bool is_known_fork(const Core& core, Transaction& t, const sip::Message& response) {
  const uint64_t fork = core.hash.of({response.to().tag()});
  const bool is_known =
      std::find(t.fork_tags.begin(), t.fork_tags.end(), fork) != t.fork_tags.end();
  if (is_known || t.fork_tags.size() == kMaxForks) return true;
  t.fork_tags.push_back(fork);
  return false;
}

// A 2xx that no call wants: another branch of a fork, or after the call was given up. It is
// acknowledged and its dialog ended (RFC 3261 13.2.2.4).
void ack_and_bye(Core& core, Transaction& t, const Incoming& in, AuthState* auth) {
  if (is_known_fork(core, t, in.message)) return;
  sip::Message request;
  if (!request.parse(ByteView(t.request), sip::Transport::kStream)) return;
  Dialog dialog(core.memory);
  dialog.call_id = in.message.call_id();
  dialog.local_tag = in.message.from().tag();
  dialog.remote_tag = in.message.to().tag();
  dialog.local.append("<").append(in.message.from().uri.text).append(">");
  dialog.remote.append("<").append(in.message.to().uri.text).append(">");
  dialog.target = request.start_line().uri_text;
  take_routes(dialog, in.message, true);
  take_target(dialog, in.message);
  const auto ack_branch = make_token(core);
  const auto bye_branch = make_token(core);
  if (!ack_branch || !bye_branch) return;
  Outgoing out;
  out.method = sip::Method::kAck;
  out.branch = ack_branch->view();
  out.cseq = t.cseq;
  out.invite = &request;
  const auto ack = write_request(core, dialog, in.connection, out);
  if (ack) transmit(core, in.connection.id, *ack);
  out.method = sip::Method::kBye;
  out.branch = bye_branch->view();
  out.cseq = t.cseq + 1;
  out.invite = nullptr;
  out.auth = auth;
  const auto bye = write_request(core, dialog, in.connection, out);
  if (bye) {
    start_client(
        core,
        {sip::Method::kBye, Purpose::kForkBye, bye_branch->view(), out.cseq, 0, in.connection.id},
        *bye);
  }
}

bool is_challenge(uint16_t code) {
  return code == 401 || code == 407;
}

// Sends a refused request once more with what was missing: credentials, or a longer session
// (RFC 4028 7.4). False where that makes no sense.
bool try_again(Core& core, Transaction& t, const Incoming& in, AuthState& auth, Call* call) {
  sip::Message request;
  if (t.auth_attempts >= kMaxAuthAttempts) return false;
  if (!request.parse(ByteView(t.request), sip::Transport::kStream)) return false;
  uint32_t min_se_s = 0;
  if (is_challenge(in.message.status_code())) {
    const AuthRules rules{core.credentials, in.connection.peer_host, core.config.algorithms};
    if (!take_challenges(auth, rules, in.message, request)) return false;
  } else {
    min_se_s = wanted_session_s(in.message);
    if (min_se_s == 0 || !request.has(sip::HeaderId::kSessionExpires)) return false;
  }
  const auto branch = make_token(core);
  if (!branch) return false;
  // Other requests of the dialog may have gone out since.
  const uint32_t cseq = std::max(t.cseq, call != nullptr ? call->dialog.local_cseq : 0) + 1;
  const auto bytes =
      write_again(core, {request, in.connection, branch->view(), cseq, auth, min_se_s});
  if (!bytes) return false;
  Transaction* next = start_client(
      core, {request.method(), t.purpose, branch->view(), cseq, t.call, t.connection}, *bytes);
  if (next == nullptr) return false;
  next->auth_attempts = static_cast<uint8_t>(t.auth_attempts + 1);
  if (call == nullptr) return true;
  if (min_se_s != 0) call->min_se_s = min_se_s;
  call->dialog.local_cseq = cseq;
  if (t.id == call->invite) {
    call->invite = next->id;
    call->invite_cseq = next->cseq;
  }
  return true;
}

// RFC 3261 22.2, RFC 4028 7.4.
bool can_try_again(uint16_t code) {
  return is_challenge(code) || code == 422;
}

void push_call(Core& core, EventType type, const Call& call, const Incoming& in) {
  Event event;
  event.type = type;
  event.call = call.id;
  push_message(core, event, in, sdp_of(in.message));
}

// RFC 3261 13.2.2.4: the first 2xx makes the dialog.
void take_answer(Core& core, Call& call, Transaction& t, const Incoming& in) {
  Dialog& dialog = call.dialog;
  take_routes(dialog, in.message, true);
  take_target(dialog, in.message);
  dialog.remote_tag = in.message.to().tag();
  call.state = CallState::kConnected;
  call.connection = in.connection.id;
  core.timers.cancel(call.timeout);
  if (call.wants_cancel) {
    (void)send_ack(core, call, t, {});
    return end_call(core, call, Cause::kCancelled, 487);
  }
  if (call.offers_late && sdp_of(in.message).empty()) {
    (void)send_ack(core, call, t, {});
    return end_call(core, call, Cause::kProtocol, in.message.status_code());
  }
  start_session(core, call, granted_session(in.message));
  push_call(core, EventType::kAnswered, call, in);
  call.exchange = call.offers_late ? Exchange::kLocalAnswer : Exchange::kIdle;
  if (!call.offers_late) (void)send_ack(core, call, t, {});
}

void on_invite_success(Core& core, Transaction& t, const Incoming& in) {
  Call* call = core.calls.find(t.call);
  if (call == nullptr) return ack_and_bye(core, t, in, nullptr);
  if (call->state == CallState::kCalling) return take_answer(core, *call, t, in);
  if (in.message.to().tag() == std::string_view(call->dialog.remote_tag))
    return send_again_ack(core, *call, t);
  ack_and_bye(core, t, in, &call->auth);
}

void on_invite_failure(Core& core, Transaction& t, const Incoming& in) {
  Call* call = core.calls.find(t.call);
  if (call == nullptr || call->state != CallState::kCalling) return;
  const uint16_t code = in.message.status_code();
  if (can_try_again(code) && !call->wants_cancel && try_again(core, t, in, call->auth, call))
    return;
  Cause cause = is_challenge(code) ? Cause::kChallenged : Cause::kRejected;
  if (call->wants_cancel) cause = Cause::kCancelled;
  tell_ended(core, *call, cause, code, &in);
  remove_call(core, *call);
}

void on_invite_response(Core& core, Transaction& t, const Incoming& in) {
  const uint16_t code = in.message.status_code();
  if (code >= 300) return on_invite_failure(core, t, in);
  if (code >= 200) return on_invite_success(core, t, in);
  Call* call = core.calls.find(t.call);
  if (call == nullptr || call->state != CallState::kCalling) return;
  call->has_provisional = true;
  if (call->wants_cancel) {
    if (!call->has_cancelled) (void)cancel_invite(core, *call);
  } else if (code > 100) {
    push_call(core, EventType::kProgress, *call, in);
  }
}

void on_reinvite_success(Core& core, Call& call, Transaction& t, const Incoming& in) {
  if (call.exchange != Exchange::kLocalInvite || t.id != call.invite)
    return send_again_ack(core, call, t);
  take_target(call.dialog, in.message);
  call.exchange = Exchange::kIdle;
  if (call.offers_late && sdp_of(in.message).empty()) {
    (void)send_ack(core, call, t, {});
    return end_call(core, call, Cause::kProtocol, in.message.status_code());
  }
  start_session(core, call, granted_session(in.message));
  push_call(core, EventType::kUpdated, call, in);
  if (call.offers_late) {
    call.exchange = Exchange::kLocalAnswer;
  } else {
    (void)send_ack(core, call, t, {});
  }
}

void on_reinvite_failure(Core& core, Call& call, Transaction& t, const Incoming& in) {
  const uint16_t code = in.message.status_code();
  if (call.exchange != Exchange::kLocalInvite || t.id != call.invite) return;
  if (can_try_again(code) && try_again(core, t, in, call.auth, &call)) return;
  call.exchange = Exchange::kIdle;
  // RFC 3261 12.2.1.2: the peer has forgotten the dialog, or can not be reached.
  if (code == 481 || code == 408) return end_call(core, call, Cause::kLost, code);
  push_call(core, EventType::kRefused, call, in);
  if (code == 491) start_back_off(core, call);
}

void on_reinvite_response(Core& core, Transaction& t, const Incoming& in) {
  const uint16_t code = in.message.status_code();
  Call* call = core.calls.find(t.call);
  if (code < 200) return;
  if (call == nullptr) {
    if (code < 300) ack_and_bye(core, t, in, nullptr);
  } else if (call->state == CallState::kEnding) {
    if (code < 300) (void)send_ack(core, *call, t, {});
  } else if (code < 300) {
    on_reinvite_success(core, *call, t, in);
  } else {
    on_reinvite_failure(core, *call, t, in);
  }
}

void on_bye_response(Core& core, Transaction& t, const Incoming& in) {
  Call* call = core.calls.find(t.call);
  if (call == nullptr || in.message.status_code() < 200) return;
  if (is_challenge(in.message.status_code()) && try_again(core, t, in, call->auth, call)) return;
  remove_call(core, *call);
}

// RFC 3261 12.2.1.2: the peer has forgotten the dialog, or can not be reached; anything else but a
// success says that it takes no digits this way.
void on_digit_response(Core& core, Transaction& t, const Incoming& in) {
  const uint16_t code = in.message.status_code();
  Call* call = core.calls.find(t.call);
  if (code < 300 || call == nullptr || call->state == CallState::kEnding) return;
  if (is_challenge(code) && try_again(core, t, in, call->auth, call)) return;
  if (code == 481 || code == 408) return end_call(core, *call, Cause::kLost, code);
  push_call(core, EventType::kDigitRefused, *call, in);
}

// RFC 3261 8.1.3.1.
uint32_t status_of(Cause cause) {
  return cause == Cause::kTimeout ? 408 : 503;
}

// A request within a dialog that had no response.
void on_unanswered(Core& core, Call& call, EventType type, Cause cause) {
  if (cause == Cause::kTimeout) return end_call(core, call, Cause::kLost, status_of(cause));
  Event event;
  event.type = type;
  event.call = call.id;
  event.status = status_of(cause);
  event.cause = cause;
  core.output.push(event, {});
}

void on_options_response(Core& core, Transaction& t, const Incoming& in) {
  const uint16_t code = in.message.status_code();
  if (code < 200) return;
  AuthState auth(core.memory);
  if (is_challenge(code) && try_again(core, t, in, auth, nullptr)) return;
  Event event;
  event.type = EventType::kResult;
  event.call = t.call;
  push_message(core, event, in, sdp_of(in.message));
}

}  // namespace

Result<uint64_t> start_invite(Core& core, const Invite& request) {
  VOXLOCK_TRY_VOID(check_headers(request.headers));
  if (core.calls.is_full() || core.transactions.is_full()) return Status::ERR_LIMIT;
  VOXLOCK_TRY(Dialog dialog, make_dialog(core, request));
  VOXLOCK_TRY(const Token branch, make_token(core));
  VOXLOCK_TRY(Connection* const connection, choose_connection(core, request));
  const ConnectionGuard guard(core, *connection);
  VOXLOCK_TRY_VOID(check_sips(request, *connection));
  Outgoing out;
  out.branch = branch.view();
  out.cseq = dialog.local_cseq;
  out.sdp = request.sdp;
  out.headers = request.headers;
  out.session_s = core.config.session_expires_s;
  VOXLOCK_TRY(const ByteView bytes, write_request(core, dialog, *connection, out));
  const uint32_t cseq = dialog.local_cseq;
  Call* call = add_call(core, std::move(dialog));
  Transaction* t = nullptr;
  try {
    t = start_client(
        core,
        {sip::Method::kInvite, Purpose::kInvite, branch.view(), cseq, call->id, connection->id},
        bytes);
  } catch (...) {
    remove_call(core, *call);
    throw;
  }
  call->is_caller = true;
  call->is_secure = connection->transport == Transport::kTls;
  call->connection = connection->id;
  call->invite = t->id;
  call->invite_cseq = t->cseq;
  call->offers_late = request.sdp.empty();
  return call->id;
}

Result<uint64_t> start_options(Core& core, const Invite& request) {
  VOXLOCK_TRY_VOID(check_headers(request.headers));
  if (core.transactions.is_full()) return Status::ERR_LIMIT;
  VOXLOCK_TRY(const Dialog dialog, make_dialog(core, request));
  VOXLOCK_TRY(const Token branch, make_token(core));
  VOXLOCK_TRY(Connection* const connection, choose_connection(core, request));
  const ConnectionGuard guard(core, *connection);
  VOXLOCK_TRY_VOID(check_sips(request, *connection));
  Outgoing out;
  out.method = sip::Method::kOptions;
  out.branch = branch.view();
  out.cseq = dialog.local_cseq;
  out.headers = request.headers;
  VOXLOCK_TRY(const ByteView bytes, write_request(core, dialog, *connection, out));
  const uint64_t id = core.next_request_id;
  start_client(
      core, {sip::Method::kOptions, Purpose::kOptions, branch.view(), out.cseq, id, connection->id},
      bytes);
  ++core.next_request_id;
  return id;
}

Result<void> start_reinvite(Core& core, Call& call, ByteView sdp) {
  if (call.state != CallState::kConnected) return Status::ERR_WRONG_STATE;
  if (call.exchange != Exchange::kIdle) return Status::ERR_UA_PENDING;
  VOXLOCK_TRY(const Transaction* const t,
              send_request(core, call, {sip::Method::kInvite, Purpose::kReinvite, sdp, {}}));
  core.timers.cancel(call.retry);
  call.exchange = Exchange::kLocalInvite;
  call.invite = t->id;
  call.invite_cseq = t->cseq;
  call.offers_late = sdp.empty();
  return {};
}

Result<void> start_digit(Core& core, Call& call, DigitForm form, const Digit& digit) {
  if (call.state != CallState::kConnected) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY(const DigitBody body, write_digit(form, digit));
  return send_request(core, call,
                      {sip::Method::kInfo, Purpose::kInfo, body.view(), {}, type_of(form)})
      .error();
}

Result<void> cancel_invite(Core& core, Call& call) {
  Transaction* invite = core.transactions.find(call.invite);
  if (invite == nullptr) return Status::ERR_WRONG_STATE;
  if (!call.has_provisional) {
    call.wants_cancel = true;
    return {};
  }
  sip::Message request;
  VOXLOCK_TRY_VOID(request.parse(ByteView(invite->request), sip::Transport::kStream));
  VOXLOCK_TRY(const ByteView bytes, write_cancel(core, request));
  const std::string_view branch = request.via().branch().substr(sip::kMagicCookie.size());
  if (start_client(core,
                   {sip::Method::kCancel, Purpose::kCancel, branch, invite->cseq, call.id,
                    invite->connection},
                   bytes) == nullptr) {
    return Status::ERR_LIMIT;
  }
  call.wants_cancel = call.has_cancelled = true;
  limit_wait(core, *invite, after(core.now_ns, 64 * core.config.timers.t1_ns));
  return {};
}

Result<void> answer_in_ack(Core& core, Call& call, ByteView sdp) {
  const Transaction* invite = core.transactions.find(call.invite);
  if (invite == nullptr) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY_VOID(send_ack(core, call, *invite, sdp));
  call.exchange = Exchange::kIdle;
  call.offers_late = false;
  return {};
}

void on_response_message(Core& core, const Incoming& in) {
  Transaction* t = find_client(core, in.message);
  if (t == nullptr) {
    ++core.counters.unmatched;
    return;
  }
  const uint16_t code = in.message.status_code();
  const Input input = code < 200   ? Input::kProvisional
                      : code < 300 ? Input::kSuccess
                                   : Input::kFailure;
  transaction_input(core, *t, input, in);
}

void on_response(Core& core, Transaction& t, const Incoming& in) {
  switch (t.purpose) {
    case Purpose::kInvite:
      return on_invite_response(core, t, in);
    case Purpose::kReinvite:
      return on_reinvite_response(core, t, in);
    case Purpose::kBye:
      return on_bye_response(core, t, in);
    case Purpose::kOptions:
      return on_options_response(core, t, in);
    case Purpose::kInfo:
      return on_digit_response(core, t, in);
    default:
      return;
  }
}

void on_no_response(Core& core, Transaction& t, Cause cause) {
  const uint32_t status = status_of(cause);
  if (t.purpose == Purpose::kOptions) {
    Event event;
    event.type = EventType::kResult;
    event.call = t.call;
    event.status = status;
    event.cause = cause;
    core.output.push(event, {});
    return;
  }
  Call* call = core.calls.find(t.call);
  if (call == nullptr || t.purpose == Purpose::kCancel) return;
  if (t.purpose == Purpose::kInfo && call->state != CallState::kEnding)
    return on_unanswered(core, *call, EventType::kDigitRefused, cause);
  if (t.purpose == Purpose::kBye) return remove_call(core, *call);
  if (t.purpose == Purpose::kInvite && call->state == CallState::kCalling) {
    tell_ended(core, *call, call->wants_cancel ? Cause::kCancelled : cause, status, nullptr);
    return remove_call(core, *call);
  }
  if (t.purpose != Purpose::kReinvite || call->exchange != Exchange::kLocalInvite ||
      t.id != call->invite)
    return;
  call->exchange = Exchange::kIdle;
  on_unanswered(core, *call, EventType::kRefused, cause);
}

}  // namespace voxlock::ua
