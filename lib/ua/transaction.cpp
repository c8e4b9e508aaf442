#include "ua/transaction.h"

#include <algorithm>
#include <charconv>

#include "ua/connection.h"
#include "ua/uac.h"
#include "ua/uas.h"

namespace voxlock::ua {
namespace {

// The parts of a key, each ended by NUL: no part holds one, so that keys can not run together.
struct Key {
  std::array<std::string_view, 5> parts;
  std::array<char, 12> number;
};

uint64_t hash_key(const Core& core, const Key& key) {
  return core.hash.of({key.parts[0], key.parts[1], key.parts[2], key.parts[3], key.parts[4]});
}

void store_key(Text& out, const Key& key) {
  for (const std::string_view part : key.parts) {
    out.append(part);
    out.push_back('\0');
  }
}

bool equals(std::string_view stored, const Key& key) {
  for (const std::string_view part : key.parts) {
    if (stored.size() <= part.size() || !stored.starts_with(part) || stored[part.size()] != '\0')
      return false;
    stored.remove_prefix(part.size() + 1);
  }
  return stored.empty();
}

Key client_key(std::string_view branch, std::string_view method) {
  return {{"client", branch, method, {}, {}}, {}};
}

std::string_view write_number(Key& key, uint32_t number) {
  const auto end =
      std::to_chars(key.number.data(), key.number.data() + key.number.size(), number).ptr;
  return {key.number.data(), static_cast<size_t>(end - key.number.data())};
}

// RFC 3261 17.2.3: branch, sent-by and method; without the cookie what RFC 2543 had to go by.
void server_key(Key& key, const sip::Message& request, std::string_view method) {
  const sip::Via& via = request.via();
  if (via.has_unique_branch()) {
    key.parts = {"server", via.branch(), via.host, write_number(key, via.port), method};
  } else {
    key.parts = {request.call_id(), request.from().tag(), via.host,
                 write_number(key, request.cseq().number), method};
  }
}

Transaction* find(Core& core, const Key& key) {
  const uint64_t id = core.transaction_index.find(hash_key(core, key), [&](uint64_t candidate) {
    const Transaction* transaction = core.transactions.find(candidate);
    return transaction != nullptr && equals(transaction->key, key);
  });
  return core.transactions.find(id);
}

uint64_t merge_hash(const Core& core, const sip::Message& request) {
  Key key;
  return core.hash.of({request.call_id(), request.from().tag(),
                       write_number(key, request.cseq().number), request.method_text()}) |
         1;
}

// Makes a transaction with its texts; on std::bad_alloc there is none.
Transaction* add(Core& core, const Key& key, ByteView request) {
  Transaction* transaction = core.transactions.create(core.memory);
  if (transaction == nullptr) return nullptr;
  try {
    store_key(transaction->key, key);
    transaction->request.assign(request.begin(), request.end());
  } catch (...) {
    core.transactions.destroy(transaction->id);
    throw;
  }
  transaction->key_hash = hash_key(core, key);
  transaction->timeout.kind = TimerKind::kTransactionTimeout;
  transaction->retransmit.kind = TimerKind::kTransactionRetransmit;
  transaction->timeout.owner = transaction->retransmit.owner = transaction->id;
  core.transaction_index.insert(transaction->key_hash, transaction->id);
  return transaction;
}

// Timers D, I, J, K, L and M: how long a state lingers to absorb retransmissions.
uint64_t linger_ns(const Core& core, const Transaction& t) {
  const Timers& timers = core.config.timers;
  if (t.state == State::kAccepted) return 64 * timers.t1_ns;  // L, M
  if (t.is_reliable) return 0;
  switch (t.machine) {
    case Machine::kInviteClient:
      return std::max(64 * timers.t1_ns, 32 * kSecond);  // D
    case Machine::kClient:
      return timers.t4_ns;  // K
    case Machine::kInviteServer:
      return timers.t4_ns;  // I
    case Machine::kServer:
      return 64 * timers.t1_ns;  // J
  }
  return 0;
}

// Timer A doubles without end, E and G up to T2, and E is T2 once a provisional response came.
void next_retransmit(Core& core, Transaction& t) {
  const uint64_t t2_ns = core.config.timers.t2_ns;
  t.interval_ns *= 2;
  if (t.machine != Machine::kInviteClient) t.interval_ns = std::min(t.interval_ns, t2_ns);
  if (t.machine == Machine::kClient && t.state == State::kProceeding) t.interval_ns = t2_ns;
  core.timers.set(t.retransmit, after(core.now_ns, t.interval_ns));
}

void start_timers(Core& core, Transaction& t) {
  t.interval_ns = core.config.timers.t1_ns;
  if (!t.is_reliable) core.timers.set(t.retransmit, after(core.now_ns, t.interval_ns));
  core.timers.set(t.timeout, after(core.now_ns, 64 * core.config.timers.t1_ns));
}

void send_failure_ack(Core& core, const Transaction& t, const sip::Message& response) {
  sip::Message request;
  if (!request.parse(ByteView(t.request), sip::Transport::kStream)) return;
  const auto ack = write_failure_ack(core, request, response);
  if (ack) transmit(core, t.connection, *ack);
}

void act_on_wire(Core& core, Transaction& t, uint16_t actions, const Incoming* in) {
  if ((actions & (kSend | kResend)) != 0) {
    const bool is_server = t.machine == Machine::kInviteServer || t.machine == Machine::kServer;
    const Buffer& last = is_server ? t.response : t.request;
    if (!last.empty()) transmit(core, t.connection, last);
  }
  if ((actions & kSendAck) != 0 && in != nullptr) send_failure_ack(core, t, in->message);
}

void act_on_timers(Core& core, Transaction& t, uint16_t actions) {
  if ((actions & kStopRetransmit) != 0) core.timers.cancel(t.retransmit);
  if ((actions & kStopTimeout) != 0) core.timers.cancel(t.timeout);
  if ((actions & kNextRetransmit) != 0) next_retransmit(core, t);
  if ((actions & kStartTimeout) != 0) start_timers(core, t);
  if ((actions & kStartLinger) != 0) {
    core.timers.cancel(t.retransmit);
    const uint64_t delay_ns = linger_ns(core, t);
    if (delay_ns == 0) t.state = State::kTerminated;
    if (delay_ns != 0) core.timers.set(t.timeout, after(core.now_ns, delay_ns));
  }
}

void tell_user(Core& core, uint64_t id, uint16_t actions, const Incoming* in) {
  Transaction* t = core.transactions.find(id);
  const bool is_server = t->machine == Machine::kInviteServer || t->machine == Machine::kServer;
  if ((actions & kPass) != 0 && in != nullptr && !is_server) on_response(core, *t, *in);
  if ((actions & kTellTimeout) != 0) on_no_response(core, *t, Cause::kTimeout);
  if ((actions & kTellTransport) != 0) {
    if (is_server) {
      on_server_failed(core, *t);
    } else {
      on_no_response(core, *t, Cause::kTransport);
    }
  }
}

// One row of the table. The transaction may be gone afterwards.
void step(Core& core, Transaction& t, Input input, const Incoming* in) {
  const Transition* row = find_transition(t.machine, t.state, input);
  if (row == nullptr) return;
  const uint64_t id = t.id;
  t.state = row->to;
  act_on_wire(core, t, row->actions, in);
  act_on_timers(core, t, row->actions);
  // The user still finds the transaction, for it may send the request once more.
  tell_user(core, id, row->actions, in);
  const Transaction* after_user = core.transactions.find(id);
  if (after_user != nullptr && after_user->state == State::kTerminated) end_transaction(core, id);
}

Input response_input(uint16_t code) {
  if (code < 200) return Input::kProvisional;
  return code < 300 ? Input::kSuccess : Input::kFailure;
}

}  // namespace

bool transmit(Core& core, uint64_t connection, ByteView data) {
  const Connection* to = core.connections.find(connection);
  if (to == nullptr || !to->is_open) return false;
  Event event;
  event.type = EventType::kTransmit;
  event.connection = connection;
  event.transport = to->transport;
  return core.output.push(event, data);
}

Transaction* start_client(Core& core, const ClientStart& start, ByteView request) {
  const Key key = client_key(start.branch, sip::method_text(start.method));
  Transaction* t = add(core, key, request);
  if (t == nullptr) return nullptr;
  t->machine = start.method == sip::Method::kInvite ? Machine::kInviteClient : Machine::kClient;
  t->purpose = start.purpose;
  t->call = start.call;
  t->cseq = start.cseq;
  t->connection = start.connection;
  announce(core, start.connection);
  t->is_waiting = !transmit(core, start.connection, t->request);
  start_timers(core, *t);
  return t;
}

Transaction* start_server(Core& core, const Incoming& in) {
  const bool is_invite = in.message.method() == sip::Method::kInvite;
  Key key;
  server_key(key, in.message, in.message.method_text());
  Transaction* t = add(core, key, is_invite ? in.raw : ByteView());
  if (t == nullptr) return nullptr;
  t->machine = is_invite ? Machine::kInviteServer : Machine::kServer;
  t->state = is_invite ? State::kProceeding : State::kTrying;
  t->connection = in.connection.id;
  t->cseq = in.message.cseq().number;
  if (in.message.to().tag().empty()) {
    t->merge_hash = merge_hash(core, in.message);
    core.merge_index.insert(t->merge_hash, t->id);
  }
  return t;
}

void respond(Core& core, Transaction& t, uint16_t code, ByteView response) {
  t.response.assign(response.begin(), response.end());
  step(core, t, response_input(code), nullptr);
}

Transaction* find_client(Core& core, const sip::Message& response) {
  std::string_view branch = response.via().branch();
  if (!branch.starts_with(sip::kMagicCookie)) return nullptr;
  branch.remove_prefix(sip::kMagicCookie.size());
  return find(core, client_key(branch, response.cseq().method_text));
}

Transaction* find_server(Core& core, const sip::Message& request, std::string_view method) {
  Key key;
  server_key(key, request, method);
  return find(core, key);
}

bool is_merged(Core& core, const sip::Message& request) {
  return core.merge_index.find(merge_hash(core, request), [](uint64_t) { return true; }) != 0;
}

bool is_looped(Core& core, const sip::Message& request) {
  auto cursor = request.values(sip::HeaderId::kVia);
  while (const auto value = cursor.next()) {
    const auto via = sip::parse_via(*value);
    if (!via || !via->branch().starts_with(sip::kMagicCookie)) continue;
    const std::string_view branch = via->branch().substr(sip::kMagicCookie.size());
    if (find(core, client_key(branch, request.method_text())) != nullptr) return true;
  }
  return false;
}

void transaction_input(Core& core, Transaction& t, Input input, const Incoming& in) {
  step(core, t, input, &in);
}

void transaction_timer(Core& core, Transaction& t, TimerKind kind) {
  if (t.has_failed) return step(core, t, Input::kTransportError, nullptr);
  if (kind == TimerKind::kTransactionRetransmit)
    return step(core, t, Input::kRetransmitTimer, nullptr);
  const bool lingers = find_transition(t.machine, t.state, Input::kLingerTimer) != nullptr;
  step(core, t, lingers ? Input::kLingerTimer : Input::kTimeoutTimer, nullptr);
}

void transaction_opened(Core& core, Transaction& t) {
  if (t.is_waiting) t.is_waiting = !transmit(core, t.connection, t.request);
}

void transaction_closed(Core& core, Transaction& t) {
  if (find_transition(t.machine, t.state, Input::kTransportError) == nullptr) return;
  t.has_failed = true;
  core.timers.cancel(t.retransmit);
  core.timers.set(t.timeout, core.now_ns);
}

void limit_wait(Core& core, Transaction& t, uint64_t deadline_ns) {
  if (t.state == State::kTrying || t.state == State::kProceeding)
    core.timers.set(t.timeout, deadline_ns);
}

void end_transaction(Core& core, uint64_t id) {
  Transaction* t = core.transactions.find(id);
  if (t == nullptr) return;
  core.timers.cancel(t->timeout);
  core.timers.cancel(t->retransmit);
  core.transaction_index.erase(t->key_hash, id);
  if (t->merge_hash != 0) core.merge_index.erase(t->merge_hash, id);
  core.transactions.destroy(id);
}

}  // namespace voxlock::ua
