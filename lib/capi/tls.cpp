#include "voxlock/tls.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "base/text.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/identity.h"
#include "capi/structs.h"
#include "tls/stream.h"

VOXLOCK_LAYOUT(voxlock_identity_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(is_ca),
               VOXLOCK_FIELD(common_name), VOXLOCK_FIELD(dns_name), VOXLOCK_FIELD(ip),
               VOXLOCK_FIELD(ip_len), VOXLOCK_FIELD(sip_uri), VOXLOCK_FIELD(not_before_s),
               VOXLOCK_FIELD(not_after_s), VOXLOCK_FIELD(issuer))
VOXLOCK_LAYOUT(voxlock_tls_settings_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(role),
               VOXLOCK_FIELD(client_auth), VOXLOCK_FIELD(requires_tls13),
               VOXLOCK_FIELD(requires_alpn), VOXLOCK_FIELD(allows_unknown_time),
               VOXLOCK_FIELD(certificates), VOXLOCK_FIELD(certificates_len), VOXLOCK_FIELD(key),
               VOXLOCK_FIELD(key_len), VOXLOCK_FIELD(authorities), VOXLOCK_FIELD(authorities_len),
               VOXLOCK_FIELD(alpn))
VOXLOCK_LAYOUT(voxlock_tls_info, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(state),
               VOXLOCK_FIELD(failure), VOXLOCK_FIELD(is_peer_verified),
               VOXLOCK_FIELD(alert_received), VOXLOCK_FIELD(alert_sent), VOXLOCK_FIELD(version),
               VOXLOCK_FIELD(cipher), VOXLOCK_FIELD(alpn), VOXLOCK_FIELD(peer_subject),
               VOXLOCK_FIELD(peer_sha256))

using namespace voxlock;

struct voxlock_tls_settings : capi::Handle {
  voxlock_tls_settings(voxlock_context* ctx, std::shared_ptr<const tls::Settings> made)
      : Handle(ctx), settings(std::move(made)) {}
  std::shared_ptr<const tls::Settings> settings;
};

struct voxlock_tls : capi::Handle {
  voxlock_tls(voxlock_context* ctx, Box<tls::Stream> made) : Handle(ctx), stream(std::move(made)) {}
  Box<tls::Stream> stream;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_identity_config>::kLayout,
                                     LayoutOf<voxlock_tls_settings_config>::kLayout,
                                     LayoutOf<voxlock_tls_info>::kLayout};

voxlock_tls_settings_config settings_defaults() {
  voxlock_tls_settings_config config{};
  config.role = VOXLOCK_TLS_CLIENT;
  return config;
}

Result<void> make_identity(voxlock_context* ctx, const voxlock_identity_config* in,
                           voxlock_identity** out) {
  VOXLOCK_TRY(const voxlock_identity_config config, read_struct(in, voxlock_identity_config{}));
  VOXLOCK_TRY(const ByteView ip, input(config.ip, config.ip_len));
  if (config.is_ca > 1 || (!ip.empty() && ip.size() != 4 && ip.size() != 16))
    return Status::ERR_INVALID_ARGUMENT;
  std::array<crypto::SubjectName, 3> names{};
  size_t count = 0;
  if (config.dns_name != nullptr)
    names[count++] = {crypto::NameKind::kDns, as_bytes(config.dns_name)};
  if (config.sip_uri != nullptr)
    names[count++] = {crypto::NameKind::kUri, as_bytes(config.sip_uri)};
  if (!ip.empty()) names[count++] = {crypto::NameKind::kIp, ip};
  crypto::IdentityRequest request;
  if (config.common_name != nullptr) request.common_name = config.common_name;
  request.names = std::span(names).first(count);
  request.not_before_s = config.not_before_s;
  request.not_after_s = config.not_after_s;
  request.is_ca = config.is_ca != 0;
  request.issuer = config.issuer != nullptr ? &config.issuer->identity : nullptr;
  const beneath::Loan loan(ctx->context.arena());
  VOXLOCK_TRY(crypto::Identity made, crypto::Identity::create(ctx->memory, request, ctx->random));
  *out = make_handle<voxlock_identity>(ctx, std::move(made)).release();
  return {};
}

Result<void> make_settings(voxlock_context* ctx, const voxlock_tls_settings_config* in,
                           voxlock_tls_settings** out) {
  VOXLOCK_TRY(const voxlock_tls_settings_config config, read_struct(in, settings_defaults()));
  if ((config.role != VOXLOCK_TLS_CLIENT && config.role != VOXLOCK_TLS_SERVER) ||
      config.client_auth < 0 || config.client_auth > VOXLOCK_TLS_CLIENT_AUTH_REQUIRED ||
      config.requires_tls13 > 1 || config.requires_alpn > 1 || config.allows_unknown_time > 1) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  tls::SettingsRequest request;
  request.role = config.role == VOXLOCK_TLS_SERVER ? tls::Role::kServer : tls::Role::kClient;
  request.client_auth = static_cast<tls::ClientAuth>(config.client_auth);
  request.requires_tls13 = config.requires_tls13 != 0;
  request.requires_alpn = config.requires_alpn != 0;
  request.allows_unknown_time = config.allows_unknown_time != 0;
  VOXLOCK_TRY(request.certificates, input(config.certificates, config.certificates_len));
  VOXLOCK_TRY(request.key, input(config.key, config.key_len));
  VOXLOCK_TRY(request.authorities, input(config.authorities, config.authorities_len));
  std::array<std::string_view, tls::kMaxAlpn> alpn;
  size_t count = 0;
  std::string_view left = config.alpn != nullptr ? config.alpn : "";
  while (!left.empty()) {
    if (count == alpn.size()) return Status::ERR_INVALID_ARGUMENT;
    alpn[count++] = text::trim(text::cut(left, ','));
  }
  request.alpn = std::span(alpn).first(count);
  VOXLOCK_TRY(auto made, tls::Settings::create(ctx->context, request));
  *out = make_handle<voxlock_tls_settings>(ctx, std::move(made)).release();
  return {};
}

template <size_t N>
void copy_text(char (&out)[N], std::string_view text) {
  // A text not known yet has no data, which memcpy would not take.
  text.copy(out, N - 1);
}

Status tell(const tls::Stream& stream, voxlock_tls_info* out) {
  const tls::Info info = stream.info();
  voxlock_tls_info value{};
  value.state = static_cast<int32_t>(stream.state());
  value.failure = to_int(stream.failure());
  value.is_peer_verified = info.is_peer_verified ? 1 : 0;
  value.alert_received = info.alert_received;
  value.alert_sent = info.alert_sent;
  copy_text(value.version, info.version);
  copy_text(value.cipher, info.cipher);
  copy_text(value.alpn, info.alpn);
  copy_text(value.peer_subject, info.peer_subject);
  std::memcpy(value.peer_sha256, info.peer_sha256.data(), info.peer_sha256.size());
  return write_struct(out, value);
}

// Hands a count to the host, or the error and 0.
Result<void> tell_count(const Result<size_t>& result, size_t* out) {
  *out = result ? *result : 0;
  return result ? Result<void>() : Result<void>(result.error());
}

}  // namespace

LayoutTable tls_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_identity_new(voxlock_context* ctx, const voxlock_identity_config* config,
                             voxlock_identity** out) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_identity(ctx, config, out);
  });
}

void voxlock_identity_free(voxlock_identity* identity) {
  capi::free_handle(identity);
}

int32_t voxlock_identity_pem(const voxlock_identity* identity, int32_t part, uint8_t* out,
                             size_t* len) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (identity == nullptr ||
        (part != VOXLOCK_IDENTITY_CERTIFICATE && part != VOXLOCK_IDENTITY_KEY)) {
      return Status::ERR_INVALID_ARGUMENT;
    }
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(out, len));
    bytes::Writer writer(buffer);
    if (part == VOXLOCK_IDENTITY_KEY) {
      identity->identity.write_key_pem(writer);
    } else {
      identity->identity.write_certificate_pem(writer);
    }
    return capi::finish_output(writer, len);
  });
}

int32_t voxlock_tls_settings_config_init(voxlock_tls_settings_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::settings_defaults()); });
}

int32_t voxlock_tls_settings_new(voxlock_context* ctx, const voxlock_tls_settings_config* config,
                                 voxlock_tls_settings** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || config == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_settings(ctx, config, out);
  });
}

void voxlock_tls_settings_free(voxlock_tls_settings* settings) {
  capi::free_handle(settings);
}

int32_t voxlock_tls_new(voxlock_context* ctx, const voxlock_tls_settings* settings,
                        const char* expected_host, voxlock_tls** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    // Settings live in the memory of their own context, which the connection keeps alive.
    if (ctx == nullptr || settings == nullptr || &*settings->context != &ctx->context)
      return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(auto made, tls::Stream::create(ctx->context, settings->settings,
                                               expected_host != nullptr ? expected_host : ""));
    *out = capi::make_handle<voxlock_tls>(ctx, std::move(made)).release();
    return {};
  });
}

void voxlock_tls_free(voxlock_tls* tls) {
  capi::free_handle(tls);
}

int32_t voxlock_tls_start(voxlock_tls* tls, uint64_t now_ns) {
  if (tls == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return tls->stream->start(now_ns); });
}

int32_t voxlock_tls_feed(voxlock_tls* tls, const uint8_t* data, size_t len, size_t* consumed,
                         uint64_t now_ns) {
  return capi::guard([&]() -> Result<void> {
    if (tls == nullptr || consumed == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView view, capi::input(data, len));
    return capi::tell_count(tls->stream->feed(view, now_ns), consumed);
  });
}

int32_t voxlock_tls_end_input(voxlock_tls* tls, uint64_t now_ns) {
  if (tls == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return tls->stream->end_input(now_ns); });
}

int32_t voxlock_tls_take(voxlock_tls* tls, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (tls == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(out, len));
    *len = tls->stream->take(buffer);
    return {};
  });
}

int32_t voxlock_tls_write(voxlock_tls* tls, const uint8_t* data, size_t len, size_t* accepted) {
  return capi::guard([&]() -> Result<void> {
    if (tls == nullptr || accepted == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView view, capi::input(data, len));
    return capi::tell_count(tls->stream->write(view), accepted);
  });
}

int32_t voxlock_tls_read(voxlock_tls* tls, uint8_t* out, size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (tls == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes buffer, capi::output(out, len));
    return capi::tell_count(tls->stream->read(buffer), len);
  });
}

int32_t voxlock_tls_close(voxlock_tls* tls) {
  if (tls == nullptr) return VOXLOCK_ERR_INVALID_ARGUMENT;
  return capi::guard([&] { return tls->stream->close(); });
}

int32_t voxlock_tls_get_info(const voxlock_tls* tls, voxlock_tls_info* info) {
  return capi::guard([&]() -> Status {
    if (tls == nullptr || info == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::tell(*tls->stream, info);
  });
}

}  // extern "C"
