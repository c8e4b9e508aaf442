#include "srtp/types.h"

#include <srtp2/auth.h>
#include <srtp2/cipher.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>

#include "base/beneath.h"
#include "base/secure.h"
#include "crypto/aes_ctr.h"
#include "crypto/hmac_sha1.h"
#include "srtp/type_vectors.h"

namespace voxlock::srtp::library {
namespace {

// RFC 3711 section 4.1.1: a key gives at most 2^16 blocks to a packet.
constexpr size_t kMaxKeystream = size_t{1} << 20;
constexpr size_t kCmSaltLen = 14;

// What libsrtp2 knows of an object and our state, in one piece of memory.
template <typename Base, typename State>
struct Piece {
  Base base{};
  State state;
};

template <typename Base, typename State>
srtp_err_status_t allocate(Base** out) {
  using Whole = Piece<Base, State>;
  void* const memory = beneath::allocate(sizeof(Whole), alignof(Whole));
  if (memory == nullptr) return srtp_err_status_alloc_fail;
  auto* const whole = std::construct_at(static_cast<Whole*>(memory));
  whole->base.state = &whole->state;
  *out = &whole->base;
  return srtp_err_status_ok;
}

template <typename Base, typename State>
srtp_err_status_t release(Base* base) {
  using Whole = Piece<Base, State>;
  auto* const whole = reinterpret_cast<Whole*>(base);
  std::destroy_at(whole);
  beneath::release(whole);
  return srtp_err_status_ok;
}

// RFC 3711 section 4.1.1: AES-CM, the salt with two zero bytes behind it.
struct Cm {
  crypto::AesCtr aes;
  std::array<uint64_t, 2> salt{};
};

Cm& cm_of(void* state) {
  return *static_cast<Cm*>(state);
}
crypto::HmacSha1& hmac_of(void* state) {
  return *static_cast<crypto::HmacSha1*>(state);
}

template <size_t kKeyLen>
srtp_err_status_t init_cm(void* state, const uint8_t* key) {
  Cm& cm = cm_of(state);
  cm.salt = {};
  std::memcpy(cm.salt.data(), key + kKeyLen, kCmSaltLen);
  return cm.aes.set_key({key, kKeyLen}) ? srtp_err_status_ok : srtp_err_status_bad_param;
}

srtp_err_status_t set_cm_iv(void* state, uint8_t* iv, srtp_cipher_direction_t /*direction*/) {
  Cm& cm = cm_of(state);
  std::array<uint64_t, 2> counter;
  std::memcpy(counter.data(), iv, sizeof counter);
  counter[0] ^= cm.salt[0];
  counter[1] ^= cm.salt[1];
  cm.aes.start(std::span<const uint8_t, sizeof counter>(
      reinterpret_cast<const uint8_t*>(counter.data()), sizeof counter));
  return srtp_err_status_ok;
}

srtp_err_status_t crypt_cm(void* state, uint8_t* data, unsigned int* len) {
  if (*len > kMaxKeystream) return srtp_err_status_terminus;
  cm_of(state).aes.apply({data, *len});
  return srtp_err_status_ok;
}

const srtp_cipher_type_t& type_of(srtp_cipher_type_id_t id);

template <srtp_cipher_type_id_t kId, int kKeyAndSaltLen>
srtp_err_status_t allocate_cm(srtp_cipher_t** out, int key_len, int /*tag_len*/) {
  if (key_len != kKeyAndSaltLen) return srtp_err_status_bad_param;
  const srtp_err_status_t status = allocate<srtp_cipher_t, Cm>(out);
  if (status != srtp_err_status_ok) return status;
  (*out)->type = &type_of(kId);
  (*out)->key_len = key_len;
  (*out)->algorithm = static_cast<int>(kId);
  return srtp_err_status_ok;
}

const srtp_auth_type_t& hmac_type();

srtp_err_status_t allocate_hmac(srtp_auth_t** out, int key_len, int tag_len) {
  if (key_len < 0 || tag_len < 0 || tag_len > static_cast<int>(crypto::HmacSha1::kTagLen))
    return srtp_err_status_bad_param;
  const srtp_err_status_t status = allocate<srtp_auth_t, crypto::HmacSha1>(out);
  if (status != srtp_err_status_ok) return status;
  (*out)->type = &hmac_type();
  (*out)->out_len = tag_len;
  (*out)->key_len = key_len;
  return srtp_err_status_ok;
}

srtp_err_status_t init_hmac(void* state, const uint8_t* key, int key_len) {
  hmac_of(state).set_key({key, static_cast<size_t>(key_len)});
  return srtp_err_status_ok;
}

srtp_err_status_t start_hmac(void* state) {
  hmac_of(state).start();
  return srtp_err_status_ok;
}

srtp_err_status_t update_hmac(void* state, const uint8_t* data, int len) {
  hmac_of(state).update({data, static_cast<size_t>(len)});
  return srtp_err_status_ok;
}

srtp_err_status_t finish_hmac(void* state, const uint8_t* data, int len, int tag_len,
                              uint8_t* tag) {
  hmac_of(state).update({data, static_cast<size_t>(len)});
  hmac_of(state).finish({tag, static_cast<size_t>(tag_len)});
  return srtp_err_status_ok;
}

template <size_t kKeyLen, srtp_cipher_type_id_t kId>
constexpr srtp_cipher_type_t cm_type(const char* description, const srtp_cipher_test_case_t& test) {
  return {allocate_cm<kId, kKeyLen + kCmSaltLen>,
          release<srtp_cipher_t, Cm>,
          init_cm<kKeyLen>,
          nullptr,
          crypt_cm,
          crypt_cm,
          set_cm_iv,
          nullptr,
          description,
          &test,
          kId};
}

const srtp_cipher_type_t kCipherTypes[] = {
    cm_type<16, SRTP_AES_ICM_128>("AES-128 counter mode", vectors::kCm128),
    cm_type<32, SRTP_AES_ICM_256>("AES-256 counter mode", vectors::kCm256),
};

const srtp_auth_type_t kHmacType = {allocate_hmac, release<srtp_auth_t, crypto::HmacSha1>,
                                    init_hmac,     finish_hmac,
                                    update_hmac,   start_hmac,
                                    "HMAC-SHA1",   &vectors::kHmac,
                                    SRTP_HMAC_SHA1};

const srtp_cipher_type_t& type_of(srtp_cipher_type_id_t id) {
  return *std::find_if(std::begin(kCipherTypes), std::end(kCipherTypes),
                       [id](const srtp_cipher_type_t& type) { return type.id == id; });
}

const srtp_auth_type_t& hmac_type() {
  return kHmacType;
}

}  // namespace

bool replace_types() {
  for (const srtp_cipher_type_t& type : kCipherTypes) {
    if (srtp_replace_cipher_type(&type, type.id) != srtp_err_status_ok) return false;
  }
  return srtp_replace_auth_type(&kHmacType, kHmacType.id) == srtp_err_status_ok;
}

bool test_types() {
  return std::all_of(std::begin(kCipherTypes), std::end(kCipherTypes),
                     [](const srtp_cipher_type_t& type) {
                       return srtp_cipher_type_self_test(&type) == srtp_err_status_ok;
                     }) &&
         srtp_auth_type_self_test(&kHmacType) == srtp_err_status_ok;
}

}  // namespace voxlock::srtp::library
