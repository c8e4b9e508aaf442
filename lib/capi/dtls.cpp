#include "voxlock/dtls.h"

#include <algorithm>
#include <array>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/identity.h"
#include "capi/structs.h"
#include "tls/dtls.h"
#include "voxlock/srtp.h"

VOXLOCK_LAYOUT(voxlock_dtls_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(role),
               VOXLOCK_FIELD(identity), VOXLOCK_FIELD(certificates),
               VOXLOCK_FIELD(certificates_len), VOXLOCK_FIELD(key), VOXLOCK_FIELD(key_len),
               VOXLOCK_FIELD(peer_fingerprints), VOXLOCK_FIELD(suites), VOXLOCK_FIELD(suite_count),
               VOXLOCK_FIELD(mtu), VOXLOCK_FIELD(is_address_proven),
               VOXLOCK_FIELD(first_timeout_ns), VOXLOCK_FIELD(max_timeout_ns),
               VOXLOCK_FIELD(give_up_ns))
VOXLOCK_LAYOUT(voxlock_dtls_info, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(state),
               VOXLOCK_FIELD(failure), VOXLOCK_FIELD(doubt), VOXLOCK_FIELD(media_allowed),
               VOXLOCK_FIELD(is_peer_verified), VOXLOCK_FIELD(suite), VOXLOCK_FIELD(alert_received),
               VOXLOCK_FIELD(alert_sent), VOXLOCK_FIELD(cipher), VOXLOCK_FIELD(peer_sha256),
               VOXLOCK_FIELD(records_dropped), VOXLOCK_FIELD(datagrams_dropped))
VOXLOCK_LAYOUT(voxlock_dtls_keys, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(suite),
               VOXLOCK_FIELD(key_len), VOXLOCK_FIELD(reserved), VOXLOCK_FIELD(key),
               VOXLOCK_FIELD(peer_key))

using namespace voxlock;

struct voxlock_dtls : capi::Handle {
  voxlock_dtls(voxlock_context* ctx, Box<tls::Dtls> made) : Handle(ctx), dtls(std::move(made)) {}
  Box<tls::Dtls> dtls;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_dtls_config>::kLayout,
                                     LayoutOf<voxlock_dtls_info>::kLayout,
                                     LayoutOf<voxlock_dtls_keys>::kLayout};

struct SuiteRow {
  int32_t suite;
  tls::SrtpProfile profile;
};

constexpr SuiteRow kSuites[] = {
    {VOXLOCK_AES_CM_128_HMAC_SHA1_80, tls::SrtpProfile::kAes128CmSha1_80},
    {VOXLOCK_AES_CM_128_HMAC_SHA1_32, tls::SrtpProfile::kAes128CmSha1_32},
    {VOXLOCK_AEAD_AES_128_GCM, tls::SrtpProfile::kAeadAes128Gcm},
    {VOXLOCK_AEAD_AES_256_GCM, tls::SrtpProfile::kAeadAes256Gcm},
};

int32_t suite_of(tls::SrtpProfile profile) {
  return std::ranges::find(kSuites, profile, &SuiteRow::profile)->suite;
}

voxlock_dtls_config config_defaults() {
  const tls::DtlsConfig defaults;
  voxlock_dtls_config config{};
  config.role = VOXLOCK_TLS_SERVER;
  config.mtu = static_cast<uint32_t>(defaults.mtu);
  config.first_timeout_ns = defaults.first_timeout_ns;
  config.max_timeout_ns = defaults.max_timeout_ns;
  config.give_up_ns = defaults.give_up_ns;
  return config;
}

Result<void> expect(std::pmr::memory_resource& memory, tls::Dtls& dtls, std::string_view text,
                    uint64_t now_ns) {
  std::pmr::vector<tls::Fingerprint> list(&memory);
  while (!text.empty()) {
    if (list.size() == tls::kMaxFingerprints) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const auto fingerprint, tls::Fingerprint::parse(text::cut(text, ',')));
    list.push_back(fingerprint);
  }
  return dtls.expect(list, now_ns);
}

Result<void> make_dtls(voxlock_context* ctx, const voxlock_dtls_config* in, voxlock_dtls** out) {
  VOXLOCK_TRY(const voxlock_dtls_config config, read_struct(in, config_defaults()));
  if ((config.role != VOXLOCK_TLS_CLIENT && config.role != VOXLOCK_TLS_SERVER) ||
      config.is_address_proven > 1 || config.suite_count > std::size(kSuites) ||
      (config.suites == nullptr && config.suite_count != 0)) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  tls::DtlsConfig wanted;
  wanted.role = config.role == VOXLOCK_TLS_SERVER ? tls::Role::kServer : tls::Role::kClient;
  VOXLOCK_TRY(wanted.certificate, input(config.certificates, config.certificates_len));
  VOXLOCK_TRY(wanted.key, input(config.key, config.key_len));
  if (config.identity != nullptr) {
    if (!wanted.certificate.empty() || !wanted.key.empty()) return Status::ERR_INVALID_ARGUMENT;
    wanted.certificate = config.identity->identity.certificate_der();
    wanted.key = config.identity->identity.key_der();
  }
  std::array<tls::SrtpProfile, std::size(kSuites)> profiles;
  for (size_t i = 0; i < config.suite_count; ++i) {
    const auto* row = std::ranges::find(kSuites, config.suites[i], &SuiteRow::suite);
    if (row == std::end(kSuites)) return Status::ERR_UNSUPPORTED;
    profiles[i] = row->profile;
  }
  wanted.profiles = std::span(profiles).first(config.suite_count);
  wanted.mtu = config.mtu;
  wanted.is_address_proven = config.is_address_proven != 0;
  wanted.first_timeout_ns = config.first_timeout_ns;
  wanted.max_timeout_ns = config.max_timeout_ns;
  wanted.give_up_ns = config.give_up_ns;
  VOXLOCK_TRY(auto made, tls::Dtls::create(ctx->context, wanted));
  if (config.peer_fingerprints != nullptr)
    VOXLOCK_TRY_VOID(expect(ctx->memory, *made, config.peer_fingerprints, 0));
  *out = make_handle<voxlock_dtls>(ctx, std::move(made)).release();
  return {};
}

Status tell(const tls::Dtls& dtls, voxlock_dtls_info* out) {
  const tls::DtlsInfo info = dtls.info();
  voxlock_dtls_info value{};
  value.state = static_cast<int32_t>(dtls.state());
  value.failure = to_int(dtls.failure());
  value.doubt = to_int(info.doubt);
  value.media_allowed = dtls.media_allowed() ? 1 : 0;
  value.is_peer_verified = info.is_peer_verified ? 1 : 0;
  value.suite = info.profile ? suite_of(*info.profile) : 0;
  value.alert_received = info.alert_received;
  value.alert_sent = info.alert_sent;
  info.cipher.copy(value.cipher, sizeof value.cipher - 1);
  std::ranges::copy(info.peer_sha256, value.peer_sha256);
  value.records_dropped = info.records_dropped;
  value.datagrams_dropped = info.datagrams_dropped;
  return write_struct(out, value);
}

Result<void> export_keys(const tls::Dtls& dtls, voxlock_dtls_keys* out) {
  VOXLOCK_TRY(const tls::SrtpKeys keys, dtls.export_keys());
  voxlock_dtls_keys value{};
  value.suite = suite_of(keys.profile);
  value.key_len = static_cast<uint32_t>(keys.local.size());
  std::ranges::copy(keys.local.view(), value.key);
  std::ranges::copy(keys.remote.view(), value.peer_key);
  const Status status = write_struct(out, value);
  secure::wipe(&value, sizeof value);
  if (status != Status::OK) return status;
  return {};
}

Result<crypto::HashId> hash_of(int32_t number) {
  switch (number) {
    case VOXLOCK_FINGERPRINT_SHA256:
      return crypto::HashId::kSha256;
    case VOXLOCK_FINGERPRINT_SHA384:
      return crypto::HashId::kSha384;
    case VOXLOCK_FINGERPRINT_SHA512:
      return crypto::HashId::kSha512;
    default:
      return Status::ERR_INVALID_ARGUMENT;
  }
}

}  // namespace

LayoutTable dtls_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_fingerprint(voxlock_context* ctx, const uint8_t* certificate,
                            size_t certificate_len, int32_t hash, char* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView view, capi::input(certificate, certificate_len));
    VOXLOCK_TRY(const crypto::HashId id, capi::hash_of(hash));
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(reinterpret_cast<uint8_t*>(out), len));
    VOXLOCK_TRY(const auto fingerprint, tls::Fingerprint::of(ctx->memory, id, view));
    bytes::Writer writer(buffer);
    fingerprint.write(writer);
    return capi::finish_output(writer, len);
  });
}

int32_t voxlock_dtls_config_init(voxlock_dtls_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::config_defaults()); });
}

int32_t voxlock_dtls_new(voxlock_context* ctx, const voxlock_dtls_config* config,
                         voxlock_dtls** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_dtls(ctx, config, out);
  });
}

void voxlock_dtls_free(voxlock_dtls* dtls) {
  capi::free_handle(dtls);
}

int32_t voxlock_dtls_expect(voxlock_dtls* dtls, const char* fingerprints, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (dtls == nullptr || fingerprints == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::expect(dtls->context->memory(), *dtls->dtls, fingerprints, now_ns);
  });
}

int32_t voxlock_dtls_start(voxlock_dtls* dtls, uint64_t now_ns) {
  if (dtls == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return dtls->dtls->start(now_ns); });
}

int32_t voxlock_dtls_receive(voxlock_dtls* dtls, const uint8_t* data, size_t len, uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (dtls == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView view, capi::input(data, len));
    return dtls->dtls->receive(view, now_ns);
  });
}

int32_t voxlock_dtls_take(voxlock_dtls* dtls, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (dtls == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(out, len));
    *len = dtls->dtls->next_size();
    VOXLOCK_TRY_VOID(dtls->dtls->take(buffer));
    return {};
  });
}

uint64_t voxlock_dtls_next_deadline(const voxlock_dtls* dtls) {
  return dtls != nullptr ? dtls->dtls->next_deadline() : kNever;
}

int32_t voxlock_dtls_advance(voxlock_dtls* dtls, uint64_t now_ns) {
  if (dtls == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return dtls->dtls->advance(now_ns); });
}

int32_t voxlock_dtls_close(voxlock_dtls* dtls, uint64_t now_ns) {
  return capi::guard([&]() -> Status {
    if (dtls == nullptr) return Status::ERR_INVALID_ARGUMENT;
    dtls->dtls->close(now_ns);
    return Status::OK;
  });
}

int32_t voxlock_dtls_get_info(const voxlock_dtls* dtls, voxlock_dtls_info* info) {
  return capi::guard([&]() -> Status {
    if (dtls == nullptr || info == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::tell(*dtls->dtls, info);
  });
}

int32_t voxlock_dtls_export_keys(const voxlock_dtls* dtls, voxlock_dtls_keys* keys) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (dtls == nullptr || keys == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::export_keys(*dtls->dtls, keys);
  });
}

}  // extern "C"
