// a=crypto, the security descriptions of RFC 4568: keys of SRTP inside the SDP.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "base/secure.h"

namespace voxlock::sdp {

// The numbers are those of the C ABI and of srtp::SuiteId.
enum class CryptoSuite : uint32_t {
  kNone = 0,
  kAesCm128HmacSha1_80 = 1,  // RFC 4568
  kAesCm128HmacSha1_32 = 2,
  kAes256CmHmacSha1_80 = 3,  // RFC 6188
  kAes256CmHmacSha1_32 = 4,
  kAeadAes128Gcm = 5,  // RFC 7714
  kAeadAes256Gcm = 6,
};

struct CryptoSuiteInfo {
  CryptoSuite id;
  std::string_view name;  // as registered with IANA
  size_t key_len;         // bytes
  size_t salt_len;        // bytes
};

// Every suite, and the row of one; nullptr for one that is not ours.
std::span<const CryptoSuiteInfo> crypto_suites();
const CryptoSuiteInfo* find_suite(CryptoSuite id);
const CryptoSuiteInfo* find_suite(std::string_view name);

inline constexpr size_t kMaxKeyAndSalt = 46;
// More keys in a line than that are refused; only lines with one key are ever used.
inline constexpr size_t kMaxKeys = 4;
// RFC 4568, section 6.1: an MKI has 1..128 bytes.
inline constexpr size_t kMaxMki = 128;
// RFC 4568, section 9.2: tag = 1*9DIGIT.
inline constexpr uint64_t kMaxTag = 999'999'999;
// RFC 3711, section 9.2: no master key protects more SRTP packets.
inline constexpr uint64_t kMaxLifetime = uint64_t{1} << 48;

// inline:<key||salt>|lifetime|MKI:length
struct KeyParameter {
  secure::Secret<kMaxKeyAndSalt> key_and_salt;
  uint64_t lifetime = 0;  // packets, 0: not stated
  std::array<uint8_t, kMaxMki> mki{};
  size_t mki_len = 0;  // 0: none

  [[nodiscard]] ByteView mki_view() const { return ByteView(mki).first(mki_len); }
  // A second copy of a key, which a plain assignment does not make.
  Result<void> copy_from(const KeyParameter& other) {
    if (!key_and_salt.assign(other.key_and_salt.view())) return Status::ERR_SDP_KEY;
    lifetime = other.lifetime;
    mki = other.mki;
    mki_len = other.mki_len;
    return {};
  }
};

// Session parameters, RFC 4568, section 6.3.
struct SessionParameters {
  bool is_srtp_unencrypted = false;
  bool is_srtcp_unencrypted = false;
  bool is_srtp_unauthenticated = false;
  uint32_t kdr_exponent = 0;           // key derivation rate 2^n, 0: never
  std::string_view fec_order;          // "FEC_SRTP" or "SRTP_FEC", empty: not stated
  std::string_view fec_key;            // the key parameters, not taken apart
  uint32_t window_size_hint = 0;       // WSH, 64 or more, 0: not stated
  bool has_unknown_mandatory = false;  // one that is not known and does not begin with '-'
};

// A parsed line. Text views point into the line.
struct Crypto {
  uint32_t tag = 0;  // 1..999,999,999 or 0
  std::string_view suite_name;
  CryptoSuite suite = CryptoSuite::kNone;  // kNone: not one of ours
  size_t key_count = 0;                    // inline keys in the line
  std::array<KeyParameter, kMaxKeys> keys;
  SessionParameters session;

  // Why the line cannot be used as it stands: OK, ERR_SDP_SUITE, ERR_SDP_KEY_COUNT or
  // ERR_SDP_SESSION_PARAMETER (unknown, a key derivation rate, or it would weaken the protection).
  // FEC and window hints do no harm where no FEC is agreed.
  [[nodiscard]] Status usability() const;
};

// Reads the value of a=crypto. ERR_SDP_CRYPTO for a broken line, ERR_SDP_KEY for a key that is not
// base64 of the suite's length or a lifetime or MKI out of range. Missing base64 padding is
// accepted, since some peers leave it out. Keys of suites that are not ours are kept where they
// fit.
Result<Crypto> parse_crypto(std::string_view value);

// Writes "<tag> <suite> inline:<key>", and behind it the lifetime and the MKI where the key has one
// (a leg's own keys have none: it has one key at a time). The suite must be one of ours.
void write_crypto(bytes::Writer& out, uint32_t tag, CryptoSuite suite, const KeyParameter& key);

}  // namespace voxlock::sdp
