#include "voxlock/ua.h"

#include <algorithm>
#include <array>

#include "capi/guard.h"
#include "capi/structs.h"
#include "capi/ua_handle.h"

VOXLOCK_LAYOUT(voxlock_ua_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(survive),
               VOXLOCK_FIELD(host), VOXLOCK_FIELD(host_len), VOXLOCK_FIELD(user),
               VOXLOCK_FIELD(user_len), VOXLOCK_FIELD(product), VOXLOCK_FIELD(product_len),
               VOXLOCK_FIELD(realm), VOXLOCK_FIELD(realm_len), VOXLOCK_FIELD(port_tcp),
               VOXLOCK_FIELD(port_tls), VOXLOCK_FIELD(algorithms), VOXLOCK_FIELD(retry_after_s),
               VOXLOCK_FIELD(nonce_lifetime_ns), VOXLOCK_FIELD(t1_ns), VOXLOCK_FIELD(t2_ns),
               VOXLOCK_FIELD(t4_ns), VOXLOCK_FIELD(max_connections), VOXLOCK_FIELD(max_calls),
               VOXLOCK_FIELD(max_transactions), VOXLOCK_FIELD(max_message),
               VOXLOCK_FIELD(max_output), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(session_expires_s),
               VOXLOCK_FIELD(min_se_s))
VOXLOCK_LAYOUT(voxlock_ua_event, VOXLOCK_FIELD(type), VOXLOCK_FIELD(status), VOXLOCK_FIELD(call),
               VOXLOCK_FIELD(connection), VOXLOCK_FIELD(cause), VOXLOCK_FIELD(transport),
               VOXLOCK_FIELD(port), VOXLOCK_FIELD(retry_after_s), VOXLOCK_FIELD(data_offset),
               VOXLOCK_FIELD(data_len), VOXLOCK_FIELD(sdp_offset), VOXLOCK_FIELD(sdp_len),
               VOXLOCK_FIELD(reason_offset), VOXLOCK_FIELD(reason_len),
               VOXLOCK_FIELD(warning_offset), VOXLOCK_FIELD(warning_len), VOXLOCK_FIELD(digit),
               VOXLOCK_FIELD(duration_ms))
VOXLOCK_LAYOUT(voxlock_ua_invite_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(transport),
               VOXLOCK_FIELD(connection), VOXLOCK_FIELD(to), VOXLOCK_FIELD(to_len),
               VOXLOCK_FIELD(from), VOXLOCK_FIELD(from_len), VOXLOCK_FIELD(display_name),
               VOXLOCK_FIELD(display_name_len), VOXLOCK_FIELD(route), VOXLOCK_FIELD(route_len),
               VOXLOCK_FIELD(sdp), VOXLOCK_FIELD(sdp_len), VOXLOCK_FIELD(headers),
               VOXLOCK_FIELD(headers_len))
VOXLOCK_LAYOUT(voxlock_ua_refusal, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(status),
               VOXLOCK_FIELD(reason), VOXLOCK_FIELD(reason_len), VOXLOCK_FIELD(warning),
               VOXLOCK_FIELD(warning_len), VOXLOCK_FIELD(warn_code), VOXLOCK_FIELD(retry_after_s))
VOXLOCK_LAYOUT(voxlock_ua_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(connections),
               VOXLOCK_FIELD(calls), VOXLOCK_FIELD(transactions), VOXLOCK_FIELD(requests_in),
               VOXLOCK_FIELD(responses_in), VOXLOCK_FIELD(malformed), VOXLOCK_FIELD(unmatched),
               VOXLOCK_FIELD(refused_by_limit), VOXLOCK_FIELD(challenges),
               VOXLOCK_FIELD(auth_failures))

using namespace voxlock;

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_ua_config>::kLayout, LayoutOf<voxlock_ua_event>::kLayout,
    LayoutOf<voxlock_ua_invite_config>::kLayout, LayoutOf<voxlock_ua_refusal>::kLayout,
    LayoutOf<voxlock_ua_stats>::kLayout};

constexpr size_t kEventBatch = 64;

voxlock_ua_config config_defaults() {
  const ua::Config defaults;
  voxlock_ua_config out{};
  out.survive = 1;
  out.user = defaults.user.data();
  out.user_len = defaults.user.size();
  out.product = defaults.product.data();
  out.product_len = defaults.product.size();
  out.port_tcp = 5060;
  out.port_tls = 5061;
  out.algorithms = defaults.algorithms;
  out.retry_after_s = defaults.retry_after_s;
  out.nonce_lifetime_ns = defaults.nonce_lifetime_ns;
  out.t1_ns = defaults.timers.t1_ns;
  out.t2_ns = defaults.timers.t2_ns;
  out.t4_ns = defaults.timers.t4_ns;
  out.max_connections = defaults.limits.connections;
  out.max_calls = defaults.limits.calls;
  out.max_transactions = defaults.limits.transactions;
  out.max_message = defaults.limits.message_len;
  out.max_output = defaults.limits.output_len;
  out.session_expires_s = defaults.session_expires_s;
  out.min_se_s = defaults.min_se_s;
  return out;
}

voxlock_ua_invite_config invite_defaults() {
  voxlock_ua_invite_config out{};
  out.transport = VOXLOCK_UA_TLS;
  return out;
}

voxlock_ua_refusal refusal_defaults() {
  voxlock_ua_refusal out{};
  out.status = 603;
  return out;
}

Result<std::string_view> text_of(const char* data, size_t len) {
  if (data == nullptr && len != 0) return Status::ERR_INVALID_ARGUMENT;
  return std::string_view(data, len);
}

std::string_view c_text(const char* text) {
  return text != nullptr ? std::string_view(text) : std::string_view();
}

Result<ua::Transport> transport_of(uint32_t number) {
  if (number != VOXLOCK_UA_TCP && number != VOXLOCK_UA_TLS) return Status::ERR_INVALID_ARGUMENT;
  return static_cast<ua::Transport>(number);
}

Result<ua::DigitForm> form_of(uint32_t number) {
  if (number != VOXLOCK_UA_DTMF_RELAY && number != VOXLOCK_UA_DTMF_PLAIN)
    return Status::ERR_INVALID_ARGUMENT;
  return static_cast<ua::DigitForm>(number);
}

Result<ua::Config> read_config(const voxlock_ua_config* in) {
  VOXLOCK_TRY(const voxlock_ua_config c, read_struct(in, config_defaults()));
  const bool are_ports_good =
      c.port_tcp >= 1 && c.port_tcp <= 65535 && c.port_tls >= 1 && c.port_tls <= 65535;
  if (c.survive > 1 || c.reserved != 0 || !are_ports_good) return Status::ERR_INVALID_ARGUMENT;
  ua::Config out;
  VOXLOCK_TRY(out.host, text_of(c.host, c.host_len));
  VOXLOCK_TRY(out.user, text_of(c.user, c.user_len));
  VOXLOCK_TRY(out.product, text_of(c.product, c.product_len));
  VOXLOCK_TRY(out.realm, text_of(c.realm, c.realm_len));
  out.calls_survive_connection = c.survive != 0;
  out.port_tcp = static_cast<uint16_t>(c.port_tcp);
  out.port_tls = static_cast<uint16_t>(c.port_tls);
  out.algorithms = c.algorithms;
  out.retry_after_s = c.retry_after_s;
  out.session_expires_s = c.session_expires_s;
  out.min_se_s = c.min_se_s;
  out.nonce_lifetime_ns = c.nonce_lifetime_ns;
  out.timers = {c.t1_ns, c.t2_ns, c.t4_ns};
  out.limits = {c.max_connections, c.max_calls, c.max_transactions, c.max_message, c.max_output};
  return out;
}

Result<ua::Invite> read_invite(const voxlock_ua_invite_config* in) {
  VOXLOCK_TRY(const voxlock_ua_invite_config c, read_struct(in, invite_defaults()));
  ua::Invite out;
  VOXLOCK_TRY(out.transport, transport_of(c.transport));
  out.connection = c.connection;
  VOXLOCK_TRY(out.to, text_of(c.to, c.to_len));
  VOXLOCK_TRY(out.from, text_of(c.from, c.from_len));
  VOXLOCK_TRY(out.display_name, text_of(c.display_name, c.display_name_len));
  VOXLOCK_TRY(out.route, text_of(c.route, c.route_len));
  VOXLOCK_TRY(out.sdp, input(c.sdp, c.sdp_len));
  VOXLOCK_TRY(out.headers, text_of(c.headers, c.headers_len));
  return out;
}

Result<ua::Refusal> read_refusal(const voxlock_ua_refusal* in) {
  VOXLOCK_TRY(const voxlock_ua_refusal c, read_struct(in, refusal_defaults()));
  ua::Refusal out;
  out.status = c.status;
  out.warn_code = c.warn_code;
  out.retry_after_s = c.retry_after_s;
  VOXLOCK_TRY(out.reason, text_of(c.reason, c.reason_len));
  VOXLOCK_TRY(out.warning, text_of(c.warning, c.warning_len));
  return out;
}

voxlock_ua_event to_public(const ua::Event& event) {
  voxlock_ua_event out{};
  out.type = static_cast<uint32_t>(event.type);
  out.status = event.status;
  out.call = event.call;
  out.connection = event.connection;
  out.cause = static_cast<uint32_t>(event.cause);
  out.transport = static_cast<uint32_t>(event.transport);
  out.port = event.port;
  out.retry_after_s = event.retry_after_s;
  out.data_offset = event.data.offset;
  out.data_len = event.data.len;
  out.sdp_offset = event.sdp.offset;
  out.sdp_len = event.sdp.len;
  out.reason_offset = event.reason.offset;
  out.reason_len = event.reason.len;
  out.warning_offset = event.warning.offset;
  out.warning_len = event.warning.len;
  out.digit = event.digit;
  out.duration_ms = event.duration_ms;
  return out;
}

struct PollBuffers {
  std::span<voxlock_ua_event> events;
  MutableBytes arena;
  size_t* count;
  size_t* arena_len;
};

Result<void> poll(ua::Endpoint& endpoint, const PollBuffers& out, uint64_t now_ns) {
  size_t count = 0;
  size_t used = 0;
  while (count < out.events.size()) {
    std::array<ua::Event, kEventBatch> batch;
    const size_t want = std::min(kEventBatch, out.events.size() - count);
    const auto polled =
        endpoint.poll(std::span(batch).first(want), out.arena.subspan(used), now_ns);
    if (!polled && count == 0) {
      *out.arena_len = endpoint.needed_arena();
      *out.count = 0;
      return polled.error();
    }
    if (!polled || polled->events == 0) break;
    for (size_t i = 0; i < polled->events; ++i) {
      for (ua::Range* range :
           {&batch[i].data, &batch[i].sdp, &batch[i].reason, &batch[i].warning}) {
        range->offset += static_cast<uint32_t>(used);
      }
      out.events[count++] = to_public(batch[i]);
    }
    used += polled->arena_len;
    secure::wipe(std::span(batch).first(polled->events));  // digits
  }
  *out.count = count;
  *out.arena_len = used;
  return {};
}

// Stores an id that a command gave.
Result<void> store(const Result<uint64_t>& id, uint64_t* out) {
  if (!id) return id.error();
  *out = *id;
  return {};
}

}  // namespace

LayoutTable ua_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_ua_config_init(voxlock_ua_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::config_defaults()); });
}

int32_t voxlock_ua_invite_config_init(voxlock_ua_invite_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::invite_defaults()); });
}

int32_t voxlock_ua_refusal_init(voxlock_ua_refusal* refusal, size_t size) {
  return capi::guard([&] { return capi::init_struct(refusal, size, capi::refusal_defaults()); });
}

int32_t voxlock_ua_new(voxlock_context* ctx, const voxlock_ua_config* config, voxlock_ua** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::Config checked, capi::read_config(config));
    VOXLOCK_TRY(auto endpoint, ua::Endpoint::create(ctx->context, checked));
    auto handle = capi::make_handle<voxlock_ua>(ctx, std::move(endpoint));
    VOXLOCK_TRY_VOID(capi::seed_from(*ctx, handle->random));
    *out = handle.release();
    return {};
  });
}

void voxlock_ua_free(voxlock_ua* ua) {
  capi::free_handle(ua);
}

int32_t voxlock_ua_accept(voxlock_ua* ua, uint32_t transport, const char* peer, size_t peer_len,
                          uint32_t peer_port, uint64_t* connection, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr || connection == nullptr || peer_port > 65535)
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::Transport checked, capi::transport_of(transport));
    VOXLOCK_TRY(const std::string_view host, capi::text_of(peer, peer_len));
    return capi::store(
        ua->endpoint->accept(checked, host, static_cast<uint16_t>(peer_port), now_ns), connection);
  });
}

int32_t voxlock_ua_connected(voxlock_ua* ua, uint64_t connection, uint64_t now_ns) {
  if (ua == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return ua->endpoint->connected(connection, now_ns); });
}

int32_t voxlock_ua_closed(voxlock_ua* ua, uint64_t connection, uint64_t now_ns) {
  if (ua == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return ua->endpoint->closed(connection, now_ns); });
}

int32_t voxlock_ua_input(voxlock_ua* ua, uint64_t connection, const uint8_t* data, size_t len,
                         size_t* taken, uint64_t now_ns) {
  // Digits of a PIN come by INFO, and credentials are computed for a challenge.
  return capi::guard_secrets([&]() -> Result<void> {
    if (ua == nullptr || taken == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView bytes, capi::input(data, len));
    VOXLOCK_TRY(*taken, ua->endpoint->input(connection, bytes, now_ns));
    return {};
  });
}

int32_t voxlock_ua_poll(voxlock_ua* ua, voxlock_ua_event* events, size_t cap, size_t* count,
                        uint8_t* arena, size_t* arena_len, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr || count == nullptr || (events == nullptr && cap != 0))
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes room, capi::output(arena, arena_len));
    return capi::poll(*ua->endpoint, {{events, cap}, room, count, arena_len}, now_ns);
  });
}

uint64_t voxlock_ua_next_deadline(const voxlock_ua* ua) {
  return ua != nullptr ? ua->endpoint->next_deadline() : UINT64_MAX;
}

int32_t voxlock_ua_invite(voxlock_ua* ua, const voxlock_ua_invite_config* config, uint64_t* call,
                          uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr || call == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::Invite invite, capi::read_invite(config));
    return capi::store(ua->endpoint->invite(invite, now_ns), call);
  });
}

int32_t voxlock_ua_options(voxlock_ua* ua, const voxlock_ua_invite_config* config,
                           uint64_t* request, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr || request == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::Invite invite, capi::read_invite(config));
    return capi::store(ua->endpoint->options(invite, now_ns), request);
  });
}

int32_t voxlock_ua_ring(voxlock_ua* ua, uint64_t call, uint32_t status, const uint8_t* sdp,
                        size_t sdp_len, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView bytes, capi::input(sdp, sdp_len));
    return ua->endpoint->ring(call, status, bytes, now_ns);
  });
}

int32_t voxlock_ua_answer(voxlock_ua* ua, uint64_t call, const uint8_t* sdp, size_t sdp_len,
                          uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView bytes, capi::input(sdp, sdp_len));
    return ua->endpoint->answer(call, bytes, now_ns);
  });
}

int32_t voxlock_ua_answer_headers(voxlock_ua* ua, uint64_t call, const uint8_t* sdp, size_t sdp_len,
                                  const char* headers, size_t headers_len, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView bytes, capi::input(sdp, sdp_len));
    VOXLOCK_TRY(const std::string_view lines, capi::text_of(headers, headers_len));
    return ua->endpoint->answer(call, bytes, lines, now_ns);
  });
}

int32_t voxlock_ua_reject(voxlock_ua* ua, uint64_t call, const voxlock_ua_refusal* refusal,
                          uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::Refusal checked, capi::read_refusal(refusal));
    return ua->endpoint->reject(call, checked, now_ns);
  });
}

int32_t voxlock_ua_offer(voxlock_ua* ua, uint64_t call, const uint8_t* sdp, size_t sdp_len,
                         uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView bytes, capi::input(sdp, sdp_len));
    return ua->endpoint->offer(call, bytes, now_ns);
  });
}

int32_t voxlock_ua_hangup(voxlock_ua* ua, uint64_t call, uint64_t now_ns) {
  if (ua == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return ua->endpoint->hangup(call, now_ns); });
}

int32_t voxlock_ua_send_digit(voxlock_ua* ua, uint64_t call, uint32_t digit, uint32_t duration_ms,
                              uint32_t form, uint64_t now_ns) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (ua == nullptr || digit > 0x7f) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ua::DigitForm checked, capi::form_of(form));
    return ua->endpoint->send_digit(call, checked, {static_cast<char>(digit), duration_ms}, now_ns);
  });
}

int32_t voxlock_ua_set_credentials(voxlock_ua* ua, const char* realm, const char* peer,
                                   const char* user, const char* password) {
  if (ua == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard_secrets([&] {
    return ua->endpoint->set_credentials(
        {capi::c_text(realm), capi::c_text(peer), capi::c_text(user), capi::c_text(password)});
  });
}

int32_t voxlock_ua_set_account(voxlock_ua* ua, const char* user, const char* password) {
  if (ua == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard_secrets(
      [&] { return ua->endpoint->set_account(capi::c_text(user), capi::c_text(password)); });
}

int32_t voxlock_ua_get_stats(const voxlock_ua* ua, voxlock_ua_stats* stats) {
  return capi::guard([&]() -> Result<void> {
    if (ua == nullptr || stats == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const ua::Stats now = ua->endpoint->stats();
    voxlock_ua_stats out{};
    out.connections = now.connections;
    out.calls = now.calls;
    out.transactions = now.transactions;
    out.requests_in = now.requests_in;
    out.responses_in = now.responses_in;
    out.malformed = now.malformed;
    out.unmatched = now.unmatched;
    out.refused_by_limit = now.refused_by_limit;
    out.challenges = now.challenges;
    out.auth_failures = now.auth_failures;
    return capi::write_struct(stats, out);
  });
}

}  // extern "C"
