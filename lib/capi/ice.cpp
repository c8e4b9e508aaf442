#include "voxlock/ice.h"

#include <array>
#include <string_view>

#include "capi/address.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "ice/agent.h"

VOXLOCK_LAYOUT(voxlock_ice_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(local_count),
               VOXLOCK_FIELD(local), VOXLOCK_FIELD(ufrag), VOXLOCK_FIELD(pwd),
               VOXLOCK_FIELD(consent_ms), VOXLOCK_FIELD(max_errors_per_s))
VOXLOCK_LAYOUT(voxlock_ice_event, VOXLOCK_FIELD(type), VOXLOCK_FIELD(local), VOXLOCK_FIELD(remote),
               VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_ice_info, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(is_selected),
               VOXLOCK_FIELD(selected_local), VOXLOCK_FIELD(selected_remote),
               VOXLOCK_FIELD(has_consent), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(checks),
               VOXLOCK_FIELD(repeated), VOXLOCK_FIELD(role_conflicts),
               VOXLOCK_FIELD(unknown_required), VOXLOCK_FIELD(errors_sent),
               VOXLOCK_FIELD(errors_withheld), VOXLOCK_FIELD(not_stun), VOXLOCK_FIELD(not_request),
               VOXLOCK_FIELD(bad_request), VOXLOCK_FIELD(bad_username),
               VOXLOCK_FIELD(bad_integrity), VOXLOCK_FIELD(replayed))

using namespace voxlock;

struct voxlock_ice : capi::Handle {
  explicit voxlock_ice(voxlock_context* ctx) : Handle(ctx), agent(nullptr, {&ctx->memory}) {}

  crypto::Drbg random;  // for restarts
  Box<ice::Agent> agent;
};

namespace voxlock::capi {
namespace {

static_assert(VOXLOCK_ICE_MAX_LOCAL == ice::kMaxLocal &&
              VOXLOCK_ICE_MAX_RESPONSE == ice::kMaxResponse);

constexpr uint32_t kLeastConsentMs = 1000;

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_ice_config>::kLayout,
                                     LayoutOf<voxlock_ice_event>::kLayout,
                                     LayoutOf<voxlock_ice_info>::kLayout};

voxlock_ice_config ice_defaults() {
  const ice::AgentConfig inner;
  voxlock_ice_config config{};
  config.consent_ms = static_cast<uint32_t>(inner.consent_ns / kNsPerMs);
  config.max_errors_per_s = inner.max_errors_per_s;
  return config;
}

std::string_view view_of(const char* text) {
  return text != nullptr ? text : std::string_view();
}

// Empty texts would ask for random credentials; NULL does that here.
Result<void> check_given(const char* ufrag) {
  if (ufrag != nullptr && *ufrag == '\0') return Status::ERR_ICE_CREDENTIAL;
  return {};
}

Result<void> make_ice(voxlock_context* ctx, const voxlock_ice_config* in, voxlock_ice** out) {
  VOXLOCK_TRY(const voxlock_ice_config config, read_struct(in, ice_defaults()));
  if (config.local_count > VOXLOCK_ICE_MAX_LOCAL || config.consent_ms < kLeastConsentMs ||
      (config.ufrag == nullptr) != (config.pwd == nullptr)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  VOXLOCK_TRY_VOID(check_given(config.ufrag));
  std::array<Address, ice::kMaxLocal> local;
  for (size_t i = 0; i < config.local_count; ++i) local[i] = to_address(config.local[i]);
  ice::AgentConfig inner;
  inner.local = std::span(local).first(config.local_count);
  inner.ufrag = view_of(config.ufrag);
  inner.pwd = view_of(config.pwd);
  inner.consent_ns = config.consent_ms * kNsPerMs;
  inner.max_errors_per_s = config.max_errors_per_s;
  auto handle = make_handle<voxlock_ice>(ctx);
  VOXLOCK_TRY_VOID(seed_from(*ctx, handle->random));
  VOXLOCK_TRY(handle->agent, ice::Agent::create(ctx->context, inner, handle->random));
  *out = handle.release();
  return {};
}

Status tell(const ice::Agent& agent, voxlock_ice_info* out) {
  const ice::AgentStats& stats = agent.stats();
  voxlock_ice_info value{};
  if (const ice::Pair* selected = agent.selected()) {
    value.is_selected = 1;
    value.selected_local = selected->path.local;
    value.selected_remote = from_address(selected->path.remote);
  }
  value.has_consent = agent.has_consent() ? 1 : 0;
  value.checks = stats.checks;
  value.repeated = stats.repeated;
  value.role_conflicts = stats.role_conflicts;
  value.unknown_required = stats.unknown_required;
  value.errors_sent = stats.errors_sent;
  value.errors_withheld = stats.errors_withheld;
  value.not_stun = stats.not_stun;
  value.not_request = stats.not_request;
  value.bad_request = stats.bad_request;
  value.bad_username = stats.bad_username;
  value.bad_integrity = stats.bad_integrity;
  value.replayed = stats.replayed;
  return write_struct(out, value);
}

Result<void> write_local(const ice::Agent& agent, int32_t part, bytes::Writer& out) {
  switch (part) {
    case VOXLOCK_ICE_UFRAG:
      out.put(agent.local_ufrag());
      return {};
    case VOXLOCK_ICE_PWD:
      out.put(agent.local_pwd());
      return {};
    case VOXLOCK_ICE_CANDIDATES:
      agent.write_candidates(out);
      return {};
    default:
      return Status::ERR_INVALID_ARGUMENT;
  }
}

}  // namespace

LayoutTable ice_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_ice_config_init(voxlock_ice_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::ice_defaults()); });
}

int32_t voxlock_ice_new(voxlock_context* ctx, const voxlock_ice_config* config, voxlock_ice** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_ice(ctx, config, out);
  });
}

void voxlock_ice_free(voxlock_ice* ice) {
  capi::free_handle(ice);
}

int32_t voxlock_ice_receive(voxlock_ice* ice, const uint8_t* data, size_t len,
                            const voxlock_address* from, uint32_t local, uint8_t* response,
                            size_t* response_len, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr || from == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView view, capi::input(data, len));
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(response, response_len));
    const auto sent = ice->agent->receive(view, capi::to_address(*from), local, buffer, now_ns);
    if (sent.error() == Status::ERR_BUFFER_TOO_SMALL) *response_len = ice::kMaxResponse;
    if (!sent) return sent.error();
    *response_len = *sent;
    return {};
  });
}

int32_t voxlock_ice_poll(voxlock_ice* ice, voxlock_ice_event* events, size_t cap, size_t* count,
                         uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr || count == nullptr || (events == nullptr && cap != 0))
      return Status::ERR_INVALID_ARGUMENT;
    ice->agent->advance(now_ns);
    *count = 0;
    while (*count < cap) {
      const ice::Event event = ice->agent->poll();
      if (event.type == ice::EventType::kNone) break;
      voxlock_ice_event& out = events[(*count)++];
      out = {};
      out.type = static_cast<uint32_t>(event.type);
      out.local = event.local;
      out.remote = capi::from_address(event.remote);
    }
    return {};
  });
}

uint64_t voxlock_ice_next_deadline(const voxlock_ice* ice) {
  return ice != nullptr ? ice->agent->next_deadline() : kNever;
}

int32_t voxlock_ice_get_local(const voxlock_ice* ice, int32_t part, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(out, len));
    bytes::Writer writer(buffer);
    VOXLOCK_TRY_VOID(capi::write_local(*ice->agent, part, writer));
    return capi::finish_output(writer, len);
  });
}

int32_t voxlock_ice_set_remote(voxlock_ice* ice, const char* ufrag, const char* pwd) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr || ufrag == nullptr || pwd == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return ice->agent->set_remote(ufrag, pwd);
  });
}

int32_t voxlock_ice_add_candidate(voxlock_ice* ice, const uint8_t* line, size_t len) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr || line == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const auto kept = ice->agent->add_remote_candidate(as_text({line, len}));
    return kept ? Result<void>() : Result<void>(kept.error());
  });
}

int32_t voxlock_ice_restart(voxlock_ice* ice, const char* ufrag, const char* pwd) {
  return capi::guard([&]() -> Result<void> {
    if (ice == nullptr || (ufrag == nullptr) != (pwd == nullptr))
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY_VOID(capi::check_given(ufrag));
    return ice->agent->restart(capi::view_of(ufrag), capi::view_of(pwd), ice->random);
  });
}

int32_t voxlock_ice_is_authenticated(const voxlock_ice* ice, uint32_t local,
                                     const voxlock_address* remote) {
  if (ice == nullptr || remote == nullptr) return 0;
  return ice->agent->is_authenticated(local, capi::to_address(*remote)) ? 1 : 0;
}

int32_t voxlock_ice_get_info(const voxlock_ice* ice, voxlock_ice_info* info) {
  return capi::guard([&]() -> Status {
    if (ice == nullptr || info == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::tell(*ice->agent, info);
  });
}

}  // extern "C"
