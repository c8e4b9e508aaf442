// a=candidate, one transport address of an ICE agent (RFC 8839, section 5.1).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sdp/fixed.h"

namespace voxlock::sdp {

// The numbers are those of the C ABI.
enum class CandidateTransport : uint8_t { kUdp = 1, kTcp = 2 };
enum class CandidateType : uint8_t {
  kHost = 1,
  kServerReflexive = 2,
  kPeerReflexive = 3,
  kRelayed = 4
};

// RFC 8839, section 5.1: foundation = 1*32ice-char, component-id = 1..256.
inline constexpr size_t kMaxFoundation = 32;
inline constexpr uint32_t kMaxComponent = 256;
// An IPv6 address has 39 characters, an mDNS name of a browser 42.
inline constexpr size_t kMaxCandidateAddress = 64;

struct Candidate {
  FixedText<kMaxFoundation> foundation;
  uint32_t component = 1;
  CandidateTransport transport = CandidateTransport::kUdp;
  CandidateType type = CandidateType::kHost;
  uint32_t priority = 0;
  FixedText<kMaxCandidateAddress> address;  // numeric, or a name such as "<uuid>.local"
  uint16_t port = 0;
  FixedText<kMaxCandidateAddress> related_address;  // raddr; empty for none
  uint16_t related_port = 0;

  bool operator==(const Candidate&) const = default;
};

// Reads the value of a=candidate; extension attributes are skipped. ERR_SYNTAX; ERR_UNSUPPORTED for
// a transport or type that is not known, which an agent passes over.
Result<Candidate> parse_candidate(std::string_view value);
// Writes the value. The candidate must be valid.
void write_candidate(bytes::Writer& out, const Candidate& candidate);
// Whether it can be written: texts of the grammar, numbers in range.
bool is_valid(const Candidate& candidate);

// ALPHA / DIGIT / "+" / "/" (RFC 8839, section 5.1), and with is_lenient what agents in the field
// use beside it.
bool is_ice_text(std::string_view text, bool is_lenient);

}  // namespace voxlock::sdp
