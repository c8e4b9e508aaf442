// The cipher suites of SFrame, RFC 9605 section 4.5.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "crypto/hash.h"
#include "e2ee/aead.h"

namespace voxlock::e2ee {

struct SframeSuite {
  uint16_t id;  // as registered with IANA
  std::string_view name;
  AeadKind kind;
  crypto::HashId hash;
  size_t cipher_key_len;
  size_t tag_len;

  // RFC 9605 4.5: Nk; the suites with an HMAC take a key of a digest's size for it.
  [[nodiscard]] size_t key_len() const {
    return cipher_key_len + (kind == AeadKind::kCtrHmac ? crypto::digest_size(hash) : 0);
  }
};

inline constexpr uint16_t kDefaultSframeSuite = 4;
inline constexpr size_t kMaxSframeKeyLen = 32 + 64;
inline constexpr size_t kMaxSframeTagLen = 16;

// All rows, in the order of their numbers.
std::span<const SframeSuite> sframe_suites();
// nullptr: no such suite.
const SframeSuite* find_sframe_suite(uint32_t id);

}  // namespace voxlock::e2ee
