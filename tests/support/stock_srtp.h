// The system's own libsrtp2, as its makers and the distribution ship it: loaded beside the private
// copy that voxlock links, whose ciphers voxlock has replaced.
#pragma once

#include <dlfcn.h>
#include <srtp2/crypto_types.h>
#include <srtp2/srtp.h>

#include <cstdint>
#include <cstdio>

#include "srtp/suite.h"

namespace voxlock::test {

class StockSrtp {
 public:
  // Null, with the reason printed, where there is none. Stays loaded.
  static const StockSrtp* load() {
    static const StockSrtp stock;
    return stock.is_ready_ ? &stock : nullptr;
  }

  // A policy for every SSRC of a direction. libsrtp2 only reads the key, of the suite's length.
  static srtp_policy_t policy(const srtp::Suite& suite, const uint8_t* key, bool is_inbound) {
    srtp_policy_t out{};
    out.ssrc.type = is_inbound ? ssrc_any_inbound : ssrc_any_outbound;
    out.rtp = crypto_policy(suite, suite.rtp_tag_len);
    out.rtcp = crypto_policy(suite, suite.rtcp_tag_len);
    out.key = const_cast<uint8_t*>(key);
    out.window_size = 128;
    return out;
  }

  decltype(&srtp_create) create = nullptr;
  decltype(&srtp_dealloc) dealloc = nullptr;
  decltype(&srtp_add_stream) add_stream = nullptr;
  decltype(&srtp_set_stream_roc) set_stream_roc = nullptr;
  decltype(&srtp_protect_mki) protect = nullptr;
  decltype(&srtp_unprotect_mki) unprotect = nullptr;
  decltype(&srtp_protect_rtcp_mki) protect_rtcp = nullptr;
  decltype(&srtp_unprotect_rtcp_mki) unprotect_rtcp = nullptr;

 private:
  StockSrtp() {
    // Its own names come first for it, whatever the program or other libraries offer.
    library_ = dlopen("libsrtp2.so.1", RTLD_NOW | RTLD_LOCAL | kOwnNamesFirst);
    if (library_ == nullptr) {
      std::printf("no libsrtp2 to compare with: %s\n", dlerror());
      return;
    }
    decltype(&srtp_init) init = nullptr;
    is_ready_ = find(init, "srtp_init") && find(create, "srtp_create") &&
                find(dealloc, "srtp_dealloc") && find(add_stream, "srtp_add_stream") &&
                find(set_stream_roc, "srtp_set_stream_roc") && find(protect, "srtp_protect_mki") &&
                find(unprotect, "srtp_unprotect_mki") &&
                find(protect_rtcp, "srtp_protect_rtcp_mki") &&
                find(unprotect_rtcp, "srtp_unprotect_rtcp_mki") && init() == srtp_err_status_ok;
  }

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(RTLD_DEEPBIND)
  static constexpr int kOwnNamesFirst = 0;
#else
  static constexpr int kOwnNamesFirst = RTLD_DEEPBIND;
#endif

  template <typename Function>
  bool find(Function& function, const char* name) {
    function = reinterpret_cast<Function>(dlsym(library_, name));
    return function != nullptr;
  }

  static srtp_crypto_policy_t crypto_policy(const srtp::Suite& suite, size_t tag_len) {
    const bool is_128 = suite.key_len == 16;
    srtp_crypto_policy_t out{};
    if (suite.is_aead) {
      out.cipher_type = is_128 ? SRTP_AES_GCM_128 : SRTP_AES_GCM_256;
      out.auth_type = SRTP_NULL_AUTH;
    } else {
      out.cipher_type = is_128 ? SRTP_AES_ICM_128 : SRTP_AES_ICM_256;
      out.auth_type = SRTP_HMAC_SHA1;
      out.auth_key_len = 20;
    }
    out.cipher_key_len = static_cast<int>(suite.key_and_salt_len());
    out.auth_tag_len = static_cast<int>(tag_len);
    out.sec_serv = sec_serv_conf_and_auth;
    return out;
  }

  void* library_ = nullptr;
  bool is_ready_ = false;
};

}  // namespace voxlock::test
