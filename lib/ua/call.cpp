#include "ua/call.h"

#include <algorithm>

#include "base/secure.h"
#include "ua/connection.h"
#include "ua/session_timer.h"

namespace voxlock::ua {
namespace {

constexpr size_t kMaxRoutes = 32;

uint64_t dialog_hash(const Core& core, std::string_view call_id, std::string_view local_tag) {
  return core.hash.of({"dialog", call_id, local_tag});
}

bool same_text(std::string_view a, std::string_view b) {
  return secure::equal(as_bytes(a), as_bytes(b));
}

// 14.1: in units of 10 ms, 2.1 to 4 s for the owner of the Call-ID, else 0 to 2 s.
uint64_t glare_delay_ns(Core& core, bool is_owner) {
  const uint32_t random = core.random.u32().value_or(0);
  const uint64_t steps = is_owner ? 210 + random % 191 : random % 201;
  return steps * 10 * kMillisecond;
}

void resend_success(Core& core, Call& call) {
  const Transaction* invite = core.transactions.find(call.invite);
  if (call.exchange != Exchange::kRemoteAck || invite == nullptr) return;
  transmit(core, invite->connection, invite->response);
  call.interval_ns = std::min(2 * call.interval_ns, core.config.timers.t2_ns);
  core.timers.set(call.retransmit, after(core.now_ns, call.interval_ns));
}

void push_plain(Core& core, EventType type, const Call& call, Cause cause, uint32_t status) {
  Event event;
  event.type = type;
  event.call = call.id;
  event.connection = call.connection;
  event.cause = cause;
  event.status = status;
  core.output.push(event, {});
}

}  // namespace

Result<Call*> find_call(Core& core, uint64_t id) {
  Call* call = core.calls.find(id);
  if (call == nullptr || call->state == CallState::kEnding) return Status::ERR_UA_NO_CALL;
  return call;
}

Call* find_dialog(Core& core, const sip::Message& request) {
  const std::string_view local_tag = request.to().tag();
  const uint64_t hash = dialog_hash(core, request.call_id(), local_tag);
  const uint64_t id = core.call_index.find(hash, [&](uint64_t candidate) {
    const Call* call = core.calls.find(candidate);
    // Before the 2xx to our INVITE there is no dialog, and no remote tag that could match.
    return call != nullptr && call->state != CallState::kCalling &&
           same_text(call->dialog.call_id, request.call_id()) &&
           same_text(call->dialog.local_tag, local_tag) &&
           same_text(call->dialog.remote_tag, request.from().tag());
  });
  return core.calls.find(id);
}

Call* add_call(Core& core, Dialog&& dialog) {
  Call* call = core.calls.create(core.memory);
  if (call == nullptr) return nullptr;
  call->dialog = std::move(dialog);
  call->dialog_hash = dialog_hash(core, call->dialog.call_id, call->dialog.local_tag);
  call->retransmit.kind = TimerKind::kCallRetransmit;
  call->timeout.kind = TimerKind::kCallTimeout;
  call->retry.kind = TimerKind::kCallRetry;
  call->expiry.kind = TimerKind::kCallSession;
  for (Timer* timer : {&call->retransmit, &call->timeout, &call->retry, &call->expiry})
    timer->owner = call->id;
  core.call_index.insert(call->dialog_hash, call->id);
  return call;
}

void remove_call(Core& core, Call& call) {
  for (Timer* timer : {&call.retransmit, &call.timeout, &call.retry, &call.expiry})
    core.timers.cancel(*timer);
  core.call_index.erase(call.dialog_hash, call.id);
  core.calls.destroy(call.id);
}

Result<Connection*> connection_of(Core& core, const Call& call) {
  if (Connection* own = core.connections.find(call.connection)) return own;
  std::string_view hop = call.dialog.target;
  if (!call.dialog.routes.empty()) {
    const auto route = sip::parse_address(std::string_view(call.dialog.routes.front()));
    if (route) hop = route->uri.text;
  }
  return connect_to(core, hop, {Transport::kTcp, call.is_secure});
}

bool may_carry(const Call& call, const Connection& connection) {
  return !call.is_secure || connection.transport == Transport::kTls;
}

Result<Transaction*> send_request(Core& core, Call& call, const DialogRequest& request) {
  VOXLOCK_TRY(Connection* const connection, connection_of(core, call));
  const ConnectionGuard guard(core, *connection);
  VOXLOCK_TRY(const Token branch, make_token(core));
  Outgoing out;
  out.method = request.method;
  out.branch = branch.view();
  out.cseq = call.dialog.local_cseq + 1;
  out.sdp = request.sdp;
  out.headers = request.headers;
  out.type = request.type;
  out.auth = &call.auth;
  out.session_s = call.session.interval_s;
  out.refresher = call.session.is_ours ? "uac" : "uas";
  out.min_se_s = call.min_se_s;
  VOXLOCK_TRY(const ByteView bytes, write_request(core, call.dialog, *connection, out));
  Transaction* t = start_client(
      core, {request.method, request.purpose, branch.view(), out.cseq, call.id, connection->id},
      bytes);
  if (t == nullptr) return Status::ERR_LIMIT;
  call.connection = connection->id;
  call.dialog.local_cseq = out.cseq;
  return t;
}

Result<void> send_ack(Core& core, Call& call, const Transaction& invite, ByteView sdp) {
  const Connection* connection = core.connections.find(invite.connection);
  if (connection == nullptr) return Status::ERR_UA_NO_CONNECTION;
  sip::Message request;
  VOXLOCK_TRY_VOID(request.parse(ByteView(invite.request), sip::Transport::kStream));
  VOXLOCK_TRY(const Token branch, make_token(core));
  Outgoing out;
  out.method = sip::Method::kAck;
  out.branch = branch.view();
  out.cseq = invite.cseq;
  out.sdp = sdp;
  out.invite = &request;
  VOXLOCK_TRY(const ByteView bytes, write_request(core, call.dialog, *connection, out));
  call.ack.assign(bytes.begin(), bytes.end());
  call.ack_cseq = invite.cseq;
  transmit(core, connection->id, call.ack);
  return {};
}

void tell_ended(Core& core, Call& call, Cause cause, uint32_t status, const Incoming* in) {
  if (call.state == CallState::kEnding) return;
  call.state = CallState::kEnding;
  for (Timer* timer : {&call.retry, &call.expiry}) core.timers.cancel(*timer);
  if (in == nullptr) return push_plain(core, EventType::kEnded, call, cause, status);
  Event event;
  event.type = EventType::kEnded;
  event.call = call.id;
  event.cause = cause;
  event.status = status;
  push_message(core, event, *in, sdp_of(in->message));
}

void end_call(Core& core, Call& call, Cause cause, uint32_t status) {
  tell_ended(core, call, cause, status, nullptr);
  // RFC 3261 15: the callee's BYE waits for the ACK, or for the end of waiting for it.
  if (call.exchange == Exchange::kRemoteAck && !call.is_caller && call.timeout.is_set()) {
    call.wants_bye = true;
    return;
  }
  for (Timer* timer : {&call.retransmit, &call.timeout}) core.timers.cancel(*timer);
  call.exchange = Exchange::kIdle;
  try {
    if (send_request(core, call, {sip::Method::kBye, Purpose::kBye, {}, {}})) return;
  } catch (const std::bad_alloc&) {
    // Without memory for a BYE the peer has to find out by itself.
  }
  remove_call(core, call);
}

void await_ack(Core& core, Call& call) {
  call.exchange = Exchange::kRemoteAck;
  call.interval_ns = core.config.timers.t1_ns;
  core.timers.set(call.retransmit, after(core.now_ns, call.interval_ns));
  core.timers.set(call.timeout, after(core.now_ns, 64 * core.config.timers.t1_ns));
}

void call_timer(Core& core, Call& call, TimerKind kind) {
  if (call.has_failed) {
    call.has_failed = false;
    return end_call(core, call, Cause::kTransport, 503);
  }
  switch (kind) {
    case TimerKind::kCallRetransmit:
      return resend_success(core, call);
    case TimerKind::kCallRetry:
      return push_plain(core, EventType::kRetry, call, Cause::kNone, 491);
    case TimerKind::kCallSession:
      return session_timer_due(core, call);
    default:
      return end_call(core, call, Cause::kNoAck, 408);
  }
}

void call_connection_closed(Core& core, Call& call) {
  call.connection = 0;
  const bool is_standing = call.state == CallState::kConnected;
  if (core.config.calls_survive_connection || !is_standing) return;
  call.has_failed = true;
  core.timers.cancel(call.timeout);
  core.timers.set(call.retry, core.now_ns);
}

void start_back_off(Core& core, Call& call) {
  core.timers.set(call.retry, after(core.now_ns, glare_delay_ns(core, call.is_caller)));
}

void take_routes(Dialog& dialog, const sip::Message& message, bool is_reversed) {
  dialog.routes.clear();
  auto cursor = message.values(sip::HeaderId::kRecordRoute);
  while (const auto value = cursor.next()) {
    if (dialog.routes.size() == kMaxRoutes) break;
    Text route(dialog.target.get_allocator());
    // Folds inside would break the lines we write.
    for (const char c : *value) {
      if (c != '\r') route.push_back(c == '\n' ? ' ' : c);
    }
    dialog.routes.push_back(std::move(route));
  }
  if (is_reversed) std::reverse(dialog.routes.begin(), dialog.routes.end());
}

void take_target(Dialog& dialog, const sip::Message& message) {
  if (message.has_contact() && !message.contact().is_star)
    dialog.target = message.contact().uri.text;
}

}  // namespace voxlock::ua
