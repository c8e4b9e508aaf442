#include "tls/settings.h"

#include <algorithm>

#include "base/beneath.h"
#include "crypto/drbg.h"
#include "tls/credentials.h"
#include "tls/mbedtls_compat.h"

namespace voxlock::tls {
namespace {

// Far above any real list; keeps a host's mistake from being parsed.
constexpr size_t kMaxInput = 1024 * 1024;

Result<void> check(const SettingsRequest& request) {
  const bool is_server = request.role == Role::kServer;
  if (request.certificates.empty() != request.key.empty()) return Status::ERR_INVALID_ARGUMENT;
  if (is_server && request.certificates.empty()) return Status::ERR_INVALID_ARGUMENT;
  if (!is_server && request.client_auth != ClientAuth::kNone) return Status::ERR_INVALID_ARGUMENT;
  if (request.certificates.size() > kMaxInput || request.key.size() > kMaxInput ||
      request.authorities.size() > kMaxInput) {
    return Status::ERR_LIMIT;
  }
  if (request.alpn.size() > kMaxAlpn || (request.requires_alpn && request.alpn.empty()))
    return Status::ERR_INVALID_ARGUMENT;
  for (const std::string_view name : request.alpn) {
    if (name.empty() || name.size() > kMaxAlpnName || name.find('\0') != std::string_view::npos) {
      return Status::ERR_INVALID_ARGUMENT;
    }
  }
  if (request.requires_tls13 && !compat::kHasTls13) return Status::ERR_UNSUPPORTED;
  if (request.authorities.empty() && (!is_server || request.client_auth != ClientAuth::kNone))
    return Status::ERR_TLS_NO_CA;
  return {};
}

}  // namespace

bool has_tls13() {
  return compat::kHasTls13;
}

Settings::Settings(std::pmr::memory_resource& memory, const SettingsRequest& request)
    : role(request.role),
      client_auth(request.client_auth),
      requires_alpn(request.requires_alpn),
      requires_tls13(request.requires_tls13),
      allows_unknown_time(request.allows_unknown_time),
      certificates(copy_with_nul(memory, request.certificates)),
      key(copy_with_nul(memory, request.key)),
      authorities(copy_with_nul(memory, request.authorities)) {
  for (size_t i = 0; i < request.alpn.size(); ++i) {
    std::copy(request.alpn[i].begin(), request.alpn[i].end(), alpn_names[i].begin());
    alpn[i] = alpn_names[i].data();
  }
}

Result<std::shared_ptr<const Settings>> Settings::create(Context& context,
                                                         const SettingsRequest& request) {
  VOXLOCK_TRY_VOID(check(request));
  if (!compat::start_library()) return Status::ERR_ENTROPY;
  auto settings = std::allocate_shared<const Settings>(
      std::pmr::polymorphic_allocator<Settings>(&context.memory()), context.memory(), request);
  const beneath::Loan loan(context.arena());
  Credentials trial;
  VOXLOCK_TRY_VOID(trial.parse(*settings, context.random()));
  return settings;
}

}  // namespace voxlock::tls
