#include "srtp/library.h"

#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <array>
#include <climits>

#include "base/beneath.h"
#include "srtp/replay.h"
#include "srtp/types.h"

namespace voxlock::srtp::library {
namespace {

Status status_of(srtp_err_status_t status) {
  switch (status) {
    case srtp_err_status_auth_fail:
      return Status::ERR_SRTP_AUTH;
    case srtp_err_status_replay_fail:
      return Status::ERR_SRTP_REPLAYED;
    case srtp_err_status_replay_old:
    case srtp_err_status_pkt_idx_old:
      return Status::ERR_SRTP_TOO_OLD;
    case srtp_err_status_key_expired:
      return Status::ERR_SRTP_KEY_EXPIRED;
    case srtp_err_status_alloc_fail:
      return Status::ERR_NO_MEMORY;
    case srtp_err_status_parse_err:
    case srtp_err_status_bad_param:
      return Status::ERR_TRUNCATED;
    default:
      return Status::ERR_INTERNAL;
  }
}

srtp_crypto_policy_t crypto_policy(const Suite& suite, size_t tag_len, bool is_plain) {
  srtp_crypto_policy_t policy{};
  policy.cipher_type = suite.key_len == 16 ? SRTP_AES_ICM_128 : SRTP_AES_ICM_256;
  policy.auth_type = SRTP_HMAC_SHA1;
  policy.auth_key_len = 20;
  policy.cipher_key_len = static_cast<int>(suite.key_and_salt_len());
  policy.auth_tag_len = static_cast<int>(tag_len);
  policy.sec_serv = is_plain ? sec_serv_auth : sec_serv_conf_and_auth;
  return policy;
}

srtp_policy_t lib_policy(const Policy& policy) {
  srtp_policy_t out{};
  out.ssrc.type = policy.is_inbound ? ssrc_any_inbound : ssrc_any_outbound;
  out.rtp = crypto_policy(policy.suite, policy.suite.rtp_tag_len, false);
  out.rtcp = crypto_policy(policy.suite, policy.suite.rtcp_tag_len, policy.is_rtcp_plain);
  // libsrtp2 only reads the key.
  out.key = const_cast<uint8_t*>(policy.key_and_salt.data());
  out.window_size = policy.replay_window;
  return out;
}

constexpr auto kLastSuite = static_cast<size_t>(SuiteId::kAes256CmHmacSha1_32);

// More than anything takes.
constexpr size_t kAmple = 64 * 1024;

// What libsrtp2 allocates to make a session and a source of a suite, with the largest window.
struct Needs {
  size_t session = kAmple;
  size_t source = kAmple;
};

Needs measure(const Suite& suite) {
  constexpr std::array<uint8_t, 64> kKey{};
  srtp_policy_t lib = lib_policy({suite, kKey, true, kMaxReplayWindow, false});
  srtp_t session = nullptr;
  Needs out;
  {
    const auto reserve = beneath::Reserve::take(kAmple, nullptr);
    if (!reserve || srtp_create(&session, &lib) != srtp_err_status_ok) return out;
    out.session = reserve->used();
  }
  lib.ssrc.type = ssrc_specific;
  lib.ssrc.value = 1;
  if (const auto reserve = beneath::Reserve::take(kAmple, nullptr)) {
    if (srtp_add_stream(session, &lib) == srtp_err_status_ok) out.source = reserve->used();
  }
  (void)srtp_dealloc(session);
  return out;
}

struct Library {
  bool is_good = false;
  std::array<Needs, kLastSuite + 1> needs{};  // by the number of the suite

  // The ciphers of a copy that others use as well stay as they are.
  Library()
      : is_good(srtp_init() == srtp_err_status_ok &&
                (VOXLOCK_SRTP_PRIVATE == 0 || replace_types())) {
    if (!is_good) return;
    for (const Suite& suite : suites()) {
      if (!suite.is_aead) needs[static_cast<size_t>(suite.id)] = measure(suite);
    }
  }
};

// Once per process and copy of the library: a static local is initialised by one thread only. There
// is no way back; srtp_shutdown would pull the ground from under other sessions.
const Library& the_library() {
  static const Library made;
  return made;
}

Result<beneath::Reserve> reserve_source(const NewSource& source) {
  return beneath::Reserve::take(the_library().needs[static_cast<size_t>(source.suite->id)].source,
                                source.memory);
}

}  // namespace

Result<srtp_ctx_t_*> create(const Policy& policy) {
  const Library& library = the_library();
  if (!library.is_good || policy.suite.is_aead) return Status::ERR_UNSUPPORTED;
  VOXLOCK_TRY(const beneath::Reserve reserve,
              beneath::Reserve::take(library.needs[static_cast<size_t>(policy.suite.id)].session,
                                     policy.memory));
  const srtp_policy_t lib = lib_policy(policy);
  srtp_t session = nullptr;
  const srtp_err_status_t status = srtp_create(&session, &lib);
  if (status == srtp_err_status_alloc_fail) return Status::ERR_NO_MEMORY;
  if (status != srtp_err_status_ok) return Status::ERR_UNSUPPORTED;
  return session;
}

void destroy(srtp_ctx_t_* session) noexcept {
  (void)srtp_dealloc(session);
}

Result<size_t> unprotect(srtp_ctx_t_* session, MutableBytes packet, NewSource source) {
  if (source.suite != nullptr) {
    VOXLOCK_TRY(const beneath::Reserve reserve, reserve_source(source));
    return unprotect(session, packet);
  }
  if (packet.size() > INT_MAX) return Status::ERR_LIMIT;
  int len = static_cast<int>(packet.size());
  const srtp_err_status_t status = srtp_unprotect_rtcp(session, packet.data(), &len);
  if (status != srtp_err_status_ok) return status_of(status);
  return static_cast<size_t>(len);
}

Result<size_t> protect(srtp_ctx_t_* session, MutableBytes out, size_t len, NewSource source) {
  if (source.suite != nullptr) {
    VOXLOCK_TRY(const beneath::Reserve reserve, reserve_source(source));
    return protect(session, out, len);
  }
  if (len > INT_MAX) return Status::ERR_LIMIT;
  int sealed_len = static_cast<int>(len);
  const srtp_err_status_t status = srtp_protect_rtcp(session, out.data(), &sealed_len);
  if (status == srtp_err_status_auth_fail) return Status::ERR_INTERNAL;
  if (status != srtp_err_status_ok) return status_of(status);
  return static_cast<size_t>(sealed_len);
}

Result<void> add_source(srtp_ctx_t_* session, const Policy& policy, uint32_t ssrc) {
  srtp_policy_t lib = lib_policy(policy);
  lib.ssrc.type = ssrc_specific;
  lib.ssrc.value = ssrc;
  VOXLOCK_TRY(const beneath::Reserve reserve, reserve_source({&policy.suite, policy.memory}));
  const srtp_err_status_t status = srtp_add_stream(session, &lib);
  if (status != srtp_err_status_ok) return status_of(status);
  return {};
}

}  // namespace voxlock::srtp::library

// libsrtp2's allocator, in the place of its own in a private copy of it. Weak, so that where a
// host's build has brought libsrtp2's already there is no quarrel: then those are used.
#if VOXLOCK_SRTP_PRIVATE
extern "C" {
void* srtp_crypto_alloc(size_t size);
void srtp_crypto_free(void* piece);
// What libsrtp2 keeps in the same object file; all of it or none can be replaced.
struct VoxlockDebugModule {
  int is_on;
  const char* name;
};
extern VoxlockDebugModule srtp_mod_alloc;

[[gnu::weak]] void* srtp_crypto_alloc(size_t size) {
  return size != 0 ? voxlock::beneath::allocate(size, alignof(std::max_align_t)) : nullptr;
}
[[gnu::weak]] void srtp_crypto_free(void* piece) {
  voxlock::beneath::release(piece);
}
[[gnu::weak]] VoxlockDebugModule srtp_mod_alloc = {0, "alloc"};
}
#endif
