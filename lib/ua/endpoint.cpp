#include "ua/endpoint.h"

#include <algorithm>

#include "base/beneath.h"
#include "base/secure.h"
#include "base/text.h"

#include "ua/call.h"
#include "ua/connection.h"
#include "ua/core.h"
#include "ua/session_timer.h"
#include "ua/uac.h"
#include "ua/uas.h"

namespace voxlock::ua {
namespace {

bool is_text(std::string_view s, std::string_view also) {
  return !s.empty() && s.size() <= 255 && std::all_of(s.begin(), s.end(), [&](char c) {
    return text::is_alpha(c) || text::is_digit(c) || also.find(c) != std::string_view::npos;
  });
}

bool is_plain(std::string_view s) {
  return s.size() <= 255 && std::none_of(s.begin(), s.end(), [](char c) {
           return static_cast<uint8_t>(c) < 0x20 || c == 0x7f;
         });
}

Result<void> check_config(const Config& c) {
  const Limits& l = c.limits;
  const bool are_limits_good = l.connections >= 1 && l.connections <= 65536 && l.calls >= 1 &&
                               l.calls <= 65536 && l.transactions >= 4 &&
                               l.transactions <= 262144 && l.message_len >= 2048 &&
                               l.message_len <= 65535 && l.output_len >= 4 * l.message_len &&
                               l.output_len <= 64 * 1024 * 1024;
  const bool are_texts_good = is_text(c.host, "-.[]:") && is_text(c.user, "-_.!~*'()&=+$,%") &&
                              is_plain(c.product) && is_plain(c.realm);
  const bool are_timers_good = c.timers.t1_ns >= kMillisecond && c.timers.t1_ns <= 60 * kSecond &&
                               c.timers.t2_ns >= c.timers.t1_ns &&
                               c.timers.t2_ns <= 600 * kSecond && c.timers.t4_ns <= 600 * kSecond;
  const bool are_algorithms_good =
      c.algorithms != 0 && (c.algorithms & ~(kAllowMd5 | kAllowSha256)) == 0;
  const bool is_session_good = c.min_se_s >= kMinSessionS && c.min_se_s <= 86'400 &&
                               c.session_expires_s <= 86'400 &&
                               (c.session_expires_s == 0 || c.session_expires_s >= c.min_se_s);
  if (!is_session_good || !are_limits_good || !are_texts_good || !are_timers_good ||
      !are_algorithms_good) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  return {};
}

void wake(Core& core, const Timer& timer) {
  if (timer.kind == TimerKind::kTransactionTimeout ||
      timer.kind == TimerKind::kTransactionRetransmit) {
    if (Transaction* t = core.transactions.find(timer.owner))
      transaction_timer(core, *t, timer.kind);
  } else if (Call* call = core.calls.find(timer.owner)) {
    call_timer(core, *call, timer.kind);
  }
}

// Does all that is due while the output has room for it.
void run(Core& core) {
  send_waiting(core);
  while (has_room(core)) {
    const Timer* timer = core.timers.take_due(core.now_ns);
    if (timer == nullptr) break;
    wake(core, *timer);
  }
  read_connections(core);
}

// A call into the endpoint leaves no message of its own in the scratch memory: descriptions carry
// keys.
class Tidy {
 public:
  explicit Tidy(Core& core) : core_(core) {}
  ~Tidy() {
    secure::wipe(core_.scratch.data(), core_.scratch_used);
    core_.scratch_used = 0;
  }
  Tidy(const Tidy&) = delete;
  Tidy& operator=(const Tidy&) = delete;

 private:
  Core& core_;
};

// Every command may put out as much as a message may.
Result<void> begin(Core& core, uint64_t now_ns) {
  set_now(core, now_ns);
  if (!has_room(core)) return Status::ERR_UA_DRAIN;
  return {};
}

}  // namespace

Result<Box<Endpoint>> Endpoint::create(Context& context, const Config& config) {
  VOXLOCK_TRY_VOID(check_config(config));
  auto core = make_box<Core>(context.memory(), context, config);
  const beneath::Loan loan(context.arena());
  VOXLOCK_TRY_VOID(core->random.seed_from(context.random()));
  VOXLOCK_TRY_VOID(core->hash.seed(core->random));
  VOXLOCK_TRY_VOID(core->authenticator.seed(core->random));
  return make_box<Endpoint>(context.memory(), std::move(core));
}

Endpoint::Endpoint(Box<Core> core) : core_(std::move(core)) {}
Endpoint::~Endpoint() = default;

Result<uint64_t> Endpoint::accept(Transport transport, std::string_view peer_host,
                                  uint16_t peer_port, uint64_t now_ns) {
  if (!peer_host.empty() && !is_text(peer_host, "-.:[]%")) return Status::ERR_INVALID_ARGUMENT;
  set_now(*core_, now_ns);
  VOXLOCK_TRY(const Connection* const made,
              add_connection(*core_, transport, peer_host, peer_port, false));
  return made->id;
}

Result<void> Endpoint::connected(uint64_t connection, uint64_t now_ns) {
  const Tidy tidy(*core_);
  set_now(*core_, now_ns);
  Connection* found = core_->connections.find(connection);
  if (found == nullptr) return Status::ERR_UA_NO_CONNECTION;
  if (found->is_open) return Status::ERR_WRONG_STATE;
  connection_opened(*core_, *found);
  run(*core_);
  return {};
}

Result<void> Endpoint::closed(uint64_t connection, uint64_t now_ns) {
  const Tidy tidy(*core_);
  set_now(*core_, now_ns);
  if (core_->connections.find(connection) == nullptr) return Status::ERR_UA_NO_CONNECTION;
  connection_closed(*core_, connection);
  run(*core_);
  return {};
}

Result<size_t> Endpoint::input(uint64_t connection, ByteView data, uint64_t now_ns) {
  const Tidy tidy(*core_);
  set_now(*core_, now_ns);
  size_t taken = 0;
  while (true) {
    Connection* found = core_->connections.find(connection);
    if (found == nullptr || !found->is_open) return Status::ERR_UA_NO_CONNECTION;
    if (found->is_broken) return data.size();  // what follows a lost boundary has no meaning
    const size_t fed = found->framer.feed(data.subspan(taken));
    taken += fed;
    const bool has_read_all = read_connection(*core_, *found);
    if (!has_read_all || taken == data.size() || fed == 0) return taken;
  }
}

Result<Polled> Endpoint::poll(std::span<Event> events, MutableBytes arena, uint64_t now_ns) {
  const Tidy tidy(*core_);
  set_now(*core_, now_ns);
  Polled out;
  while (out.events < events.size()) {
    run(*core_);
    if (core_->output.is_empty()) break;
    const auto taken = core_->output.take(events.subspan(out.events), arena.subspan(out.arena_len));
    // Ranges are relative to the whole arena.
    for (Event& event : events.subspan(out.events, taken.events)) {
      for (Range* range : {&event.data, &event.sdp, &event.reason, &event.warning}) {
        range->offset += static_cast<uint32_t>(out.arena_len);
      }
    }
    out.events += taken.events;
    out.arena_len += taken.bytes;
    if (taken.events == 0) break;
  }
  if (out.events == 0 && !events.empty() && !core_->output.is_empty())
    return Status::ERR_BUFFER_TOO_SMALL;
  return out;
}

size_t Endpoint::needed_arena() const {
  return core_->output.first_len();
}

uint64_t Endpoint::next_deadline() const {
  // While the output is full nothing can be done, however late it is: the host's poll comes first,
  // and does what is due.
  return has_room(*core_) ? core_->timers.next_deadline() : kNever;
}

void Endpoint::advance(uint64_t now_ns) {
  const Tidy tidy(*core_);
  set_now(*core_, now_ns);
  run(*core_);
}

Result<uint64_t> Endpoint::invite(const Invite& request, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  return start_invite(*core_, request);
}

Result<void> Endpoint::ring(uint64_t id, uint32_t status, ByteView sdp, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  if (status < 101 || status > 199) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  Reply reply;
  reply.code = static_cast<uint16_t>(status);
  reply.sdp = sdp;
  return send_provisional(*core_, *call, reply);
}

Result<void> Endpoint::answer(uint64_t id, ByteView sdp, uint64_t now_ns) {
  return answer(id, sdp, {}, now_ns);
}

Result<void> Endpoint::answer(uint64_t id, ByteView sdp, std::string_view headers,
                              uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  if (sdp.empty()) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY_VOID(check_headers(headers));
  if (call->exchange != Exchange::kLocalAnswer) return send_success(*core_, *call, sdp, headers);
  if (!headers.empty()) return Status::ERR_WRONG_STATE;
  return answer_in_ack(*core_, *call, sdp);
}

Result<void> Endpoint::reject(uint64_t id, const Refusal& refusal, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  const bool is_warn_good =
      refusal.warn_code == 0 || (refusal.warn_code >= 300 && refusal.warn_code <= 399);
  if (refusal.status < 300 || refusal.status > 699 || !is_warn_good || !is_plain(refusal.reason) ||
      !is_plain(refusal.warning)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  Reply reply;
  reply.code = static_cast<uint16_t>(refusal.status);
  reply.reason = refusal.reason;
  reply.warn_code = refusal.warn_code;
  reply.warning = refusal.warning;
  reply.retry_after_s = refusal.retry_after_s;
  const bool is_first = call->state == CallState::kIncoming;
  VOXLOCK_TRY_VOID(send_refusal(*core_, *call, reply));
  if (is_first) {
    tell_ended(*core_, *call, Cause::kLocal, refusal.status, nullptr);
    remove_call(*core_, *call);
  }
  return {};
}

Result<void> Endpoint::offer(uint64_t id, ByteView sdp, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  return start_reinvite(*core_, *call, sdp);
}

Result<void> Endpoint::hangup(uint64_t id, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  if (call->state == CallState::kIncoming) return reject(id, {603, {}, 0, {}, 0}, now_ns);
  if (call->state == CallState::kCalling) {
    return call->wants_cancel ? Result<void>() : cancel_invite(*core_, *call);
  }
  if (call->exchange == Exchange::kRemoteInvite) {
    Reply reply;
    reply.code = 487;
    VOXLOCK_TRY_VOID(send_refusal(*core_, *call, reply));
  }
  if (call->exchange == Exchange::kLocalAnswer) {
    if (const Transaction* t = core_->transactions.find(call->invite))
      (void)send_ack(*core_, *call, *t, {});
  }
  end_call(*core_, *call, Cause::kLocal, 0);
  return {};
}

Result<void> Endpoint::send_digit(uint64_t id, DigitForm form, const Digit& digit,
                                  uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  VOXLOCK_TRY(Call* const call, find_call(*core_, id));
  return start_digit(*core_, *call, form, digit);
}

Result<uint64_t> Endpoint::options(const Invite& request, uint64_t now_ns) {
  const Tidy tidy(*core_);
  VOXLOCK_TRY_VOID(begin(*core_, now_ns));
  return start_options(*core_, request);
}

Result<void> Endpoint::set_credentials(const Credentials& credentials) {
  return core_->credentials.set(credentials);
}

Result<void> Endpoint::set_account(std::string_view user, std::string_view password) {
  if (!core_->authenticator.is_on()) return Status::ERR_WRONG_STATE;
  return core_->authenticator.set_account(user, password);
}

Stats Endpoint::stats() const {
  Stats out = core_->counters;
  out.connections = core_->connections.size();
  out.calls = core_->calls.size();
  out.transactions = core_->transactions.size();
  return out;
}

}  // namespace voxlock::ua
