// The differences between mbedTLS 2.28 and 3.x in the SSL layer, and nothing else.
#pragma once

#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#include "base/bytes.h"
#include "crypto/mbedtls_compat.h"

#if MBEDTLS_VERSION_NUMBER >= 0x03000000 && defined(MBEDTLS_SSL_PROTO_TLS1_3)
#include <psa/crypto.h>
#endif

namespace voxlock::tls::compat {

// ECDHE with AEAD only (RFC 9325, section 4.2). A suite the library does not know must not stand
// here: a server of 2.28 fails where a client offers it.
#define VOXLOCK_TLS12_SUITES                                                                      \
  MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,                                            \
      MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,                                              \
      MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,                                      \
      MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, 0

inline constexpr int kDtlsSuites[] = {VOXLOCK_TLS12_SUITES};

// Takes the master secret of TLS 1.2 and the two randoms (32 bytes each) when they come to be.
struct KeyHook {
  void (*take)(void* user, ByteView secret, const uint8_t* client_random,
               const uint8_t* server_random, mbedtls_tls_prf_types prf) = nullptr;
  void* user = nullptr;
};

#if MBEDTLS_VERSION_NUMBER >= 0x03000000

inline void on_keys(void* hook, mbedtls_ssl_key_export_type type, const unsigned char* secret,
                    size_t secret_len, const unsigned char* client_random,
                    const unsigned char* server_random, mbedtls_tls_prf_types prf) {
  const auto* to = static_cast<KeyHook*>(hook);
  if (type == MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET)
    to->take(to->user, {secret, secret_len}, client_random, server_random, prf);
}
// Called after mbedtls_ssl_setup.
inline void set_key_hook(mbedtls_ssl_config* /*config*/, mbedtls_ssl_context* ssl, KeyHook* hook) {
  mbedtls_ssl_set_export_keys_cb(ssl, on_keys, hook);
}

#if defined(MBEDTLS_SSL_PROTO_TLS1_3)
inline constexpr bool kHasTls13 = true;
inline constexpr int kSuites[] = {0x1301, 0x1302,
                                  0x1303,  // AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305
                                  VOXLOCK_TLS12_SUITES};
// TLS 1.3 of mbedTLS 3 runs on PSA, whose state is one per process; it may be called again.
inline bool start_library() {
  return psa_crypto_init() == PSA_SUCCESS;
}
#else
inline constexpr bool kHasTls13 = false;
inline constexpr int kSuites[] = {VOXLOCK_TLS12_SUITES};
inline bool start_library() {
  return true;
}
#endif
inline void set_versions(mbedtls_ssl_config* config, bool from_13) {
  mbedtls_ssl_conf_min_tls_version(
      config, from_13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(
      config, kHasTls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2);
}
inline void set_dtls12(mbedtls_ssl_config* config) {
  mbedtls_ssl_conf_min_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
  mbedtls_ssl_conf_max_tls_version(config, MBEDTLS_SSL_VERSION_TLS1_2);
}
// PKCS #1 v1.5 stands before PSS: 3.6.6 offers PSS in TLS 1.2 too, but then refuses a server key
// exchange that is signed with it, and a server takes what its client prefers. TLS 1.3 never signs
// with PKCS #1 v1.5 (RFC 8446, section 4.2.3).
inline constexpr uint16_t kSignatures[] = {
    0x0403, 0x0503, 0x0603,          // ecdsa_secp256r1_sha256, secp384r1_sha384, secp521r1_sha512
    0x0401, 0x0501, 0x0601,          // rsa_pkcs1_sha256, 384, 512
    0x0804, 0x0805, 0x0806, 0x0000,  // rsa_pss_rsae_sha256, 384, 512; the end
};
inline void set_signatures(mbedtls_ssl_config* config) {
  mbedtls_ssl_conf_sig_algs(config, kSignatures);
}
inline bool is_done(const mbedtls_ssl_context* ssl) {
  return mbedtls_ssl_is_handshake_over(const_cast<mbedtls_ssl_context*>(ssl)) != 0;
}
inline constexpr int kBadVersion = MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION;
inline constexpr int kNoSharedCipher = MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE;
inline constexpr int kTicket = MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET;

#else

inline int on_keys(void* hook, const unsigned char* master, const unsigned char* /*key_block*/,
                   size_t /*mac_len*/, size_t /*key_len*/, size_t /*iv_len*/,
                   const unsigned char* client_random, const unsigned char* server_random,
                   mbedtls_tls_prf_types prf) {
  constexpr size_t kMasterSecret = 48;  // RFC 5246, section 8.1
  const auto* to = static_cast<KeyHook*>(hook);
  to->take(to->user, {master, kMasterSecret}, client_random, server_random, prf);
  return 0;
}
inline void set_key_hook(mbedtls_ssl_config* config, mbedtls_ssl_context* /*ssl*/, KeyHook* hook) {
  mbedtls_ssl_conf_export_keys_ext_cb(config, on_keys, hook);
}

inline constexpr bool kHasTls13 = false;
inline constexpr int kSuites[] = {VOXLOCK_TLS12_SUITES};
inline bool start_library() {
  return true;
}
inline void set_versions(mbedtls_ssl_config* config, bool /*from_13*/) {
  mbedtls_ssl_conf_min_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
  mbedtls_ssl_conf_max_version(config, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
}
// mbedTLS counts DTLS 1.2 as the TLS version it follows.
inline void set_dtls12(mbedtls_ssl_config* config) {
  set_versions(config, false);
}
// Without a list 2.28 takes SHA-1 in the key exchange (RFC 9155 forbids it).
inline constexpr int kSignatureHashes[] = {MBEDTLS_MD_SHA256, MBEDTLS_MD_SHA384, MBEDTLS_MD_SHA512,
                                           MBEDTLS_MD_NONE};
inline void set_signatures(mbedtls_ssl_config* config) {
  mbedtls_ssl_conf_sig_hashes(config, kSignatureHashes);
}
inline bool is_done(const mbedtls_ssl_context* ssl) {
  return ssl->state == MBEDTLS_SSL_HANDSHAKE_OVER;
}
inline constexpr int kBadVersion = MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION;
inline constexpr int kNoSharedCipher = MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN;
// Never returned by this version: no other error has this number.
inline constexpr int kTicket = 1;

#endif

#ifndef MBEDTLS_PRIVATE
#define MBEDTLS_PRIVATE(member) member
#endif
// The description of the fatal alert that was just read (RFC 5246, section 7.2); mbedTLS has no
// getter.
inline uint8_t received_alert(const mbedtls_ssl_context* ssl) {
  return ssl->MBEDTLS_PRIVATE(in_msg) != nullptr ? ssl->MBEDTLS_PRIVATE(in_msg)[1] : uint8_t{0};
}

// A server that has not read a ClientHello.
inline bool expects_hello(const mbedtls_ssl_context* ssl) {
  const int state = ssl->MBEDTLS_PRIVATE(state);
  return state == MBEDTLS_SSL_HELLO_REQUEST || state == MBEDTLS_SSL_CLIENT_HELLO;
}
// The profile of use_srtp (RFC 5764, section 4.1.1), MBEDTLS_TLS_SRTP_UNSET for none.
inline mbedtls_ssl_srtp_profile srtp_profile(const mbedtls_ssl_context* ssl) {
  mbedtls_dtls_srtp_info info;
  mbedtls_ssl_get_dtls_srtp_negotiation_result(ssl, &info);
  return info.MBEDTLS_PRIVATE(chosen_dtls_srtp_profile);
}

}  // namespace voxlock::tls::compat
