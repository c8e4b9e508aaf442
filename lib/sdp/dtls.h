// What a description says about DTLS: a=setup (RFC 4145, RFC 8842), a=fingerprint, a=tls-id.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sdp/bundle.h"
#include "sdp/fingerprint.h"
#include "sdp/fixed.h"

namespace voxlock::sdp {

// The numbers are those of the C ABI.
enum class DtlsRole : uint8_t {
  kActive = 1,  // client: sends the ClientHello
  kPassive = 2  // server
};

enum class Setup : uint8_t { kNone, kActive, kPassive, kActpass, kHoldconn };

// More than that mean no better proof; any one that matches is enough.
inline constexpr size_t kMaxFingerprints = 8;
using Fingerprints = FixedList<Fingerprint, kMaxFingerprints>;

// RFC 8842, section 4: tls-id-value = 20*255(tls-id-char).
inline constexpr size_t kMinTlsId = 20;
inline constexpr size_t kMaxTlsId = 255;

// The value of a=setup; kNone where there is none. ERR_SDP_SETUP for any other word.
Result<Setup> read_setup(const TransportScope& scope);
// The strong fingerprints, in order. ERR_SDP_NO_FINGERPRINT where there is none, also where only
// weak or unknown hashes are given; ERR_SDP_FINGERPRINT where a strong one is broken.
Result<Fingerprints> read_fingerprints(const TransportScope& scope);
// The value of a=tls-id, empty where there is none. ERR_SDP_TLS_ID.
Result<std::string_view> read_tls_id(const TransportScope& scope);

// Whether both list the same, in any order.
bool is_same_set(const Fingerprints& a, const Fingerprints& b);

std::string_view setup_name(Setup setup);

}  // namespace voxlock::sdp
