// The SRTP protection profiles that voxlock speaks, as rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace voxlock::srtp {

// Numbers are part of the C ABI and shared with sdp::CryptoSuite.
enum class SuiteId : uint8_t {
  kAesCm128HmacSha1_80 = 1,
  kAesCm128HmacSha1_32 = 2,
  kAes256CmHmacSha1_80 = 3,
  kAes256CmHmacSha1_32 = 4,
  kAeadAes128Gcm = 5,
  kAeadAes256Gcm = 6,
};

struct Suite {
  SuiteId id;
  std::string_view name;  // as registered with IANA for SDES
  size_t key_len;         // master key, bytes
  size_t salt_len;        // master salt, bytes
  size_t rtp_tag_len;
  size_t rtcp_tag_len;  // RFC 4568 6.2.2: SRTCP keeps 80 bits where SRTP has 32
  bool is_aead;

  [[nodiscard]] constexpr size_t key_and_salt_len() const { return key_len + salt_len; }
};

inline constexpr size_t kMaxKeyAndSaltLen = 46;

// All rows, in the order of their ids. There is no NULL cipher, and no AES-192: libsrtp before 2.8
// derives its keys wrongly.
std::span<const Suite> suites();
// nullptr for an unknown id or name.
const Suite* find_suite(SuiteId id);
const Suite* find_suite(std::string_view name);

}  // namespace voxlock::srtp
