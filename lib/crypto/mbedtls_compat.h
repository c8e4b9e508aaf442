// The differences between mbedTLS 2.28 and 3.x that crypto and tls meet, and nothing else.
#pragma once

#include <mbedtls/bignum.h>
#include <mbedtls/pk.h>
#include <mbedtls/version.h>
#include <mbedtls/x509_crt.h>

#include "base/random.h"

namespace voxlock::crypto {

// The signature mbedTLS wants of a random source; user is a RandomSource*.
inline int random_for_mbedtls(void* user, unsigned char* out, size_t size) {
  return static_cast<RandomSource*>(user)->fill({out, size}) ? 0 : -1;
}

namespace compat {

#if MBEDTLS_VERSION_NUMBER >= 0x03000000
inline int pk_parse_key(mbedtls_pk_context* pk, ByteView key, RandomSource& random) {
  return mbedtls_pk_parse_key(pk, key.data(), key.size(), nullptr, 0, random_for_mbedtls, &random);
}
inline int pk_check_pair(const mbedtls_pk_context* pub, const mbedtls_pk_context* key,
                         RandomSource& random) {
  return mbedtls_pk_check_pair(pub, key, random_for_mbedtls, &random);
}
inline int pk_sign(mbedtls_pk_context* key, ByteView sha256, MutableBytes out, size_t* len,
                   RandomSource& random) {
  return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, sha256.data(), sha256.size(), out.data(),
                         out.size(), len, random_for_mbedtls, &random);
}
inline int set_serial(mbedtls_x509write_cert* cert, MutableBytes serial) {
  return mbedtls_x509write_crt_set_serial_raw(cert, serial.data(), serial.size());
}
#else
inline int pk_parse_key(mbedtls_pk_context* pk, ByteView key, RandomSource& /*random*/) {
  return mbedtls_pk_parse_key(pk, key.data(), key.size(), nullptr, 0);
}
inline int pk_check_pair(const mbedtls_pk_context* pub, const mbedtls_pk_context* key,
                         RandomSource& /*random*/) {
  return mbedtls_pk_check_pair(pub, key);
}
// out holds the longest signature of the key.
inline int pk_sign(mbedtls_pk_context* key, ByteView sha256, MutableBytes out, size_t* len,
                   RandomSource& random) {
  return mbedtls_pk_sign(key, MBEDTLS_MD_SHA256, sha256.data(), sha256.size(), out.data(), len,
                         random_for_mbedtls, &random);
}
inline int set_serial(mbedtls_x509write_cert* cert, MutableBytes serial) {
  mbedtls_mpi number;
  mbedtls_mpi_init(&number);
  int result = mbedtls_mpi_read_binary(&number, serial.data(), serial.size());
  if (result == 0) result = mbedtls_x509write_crt_set_serial(cert, &number);
  mbedtls_mpi_free(&number);
  return result;
}
#endif

}  // namespace compat
}  // namespace voxlock::crypto
