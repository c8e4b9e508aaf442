// Candidates (RFC 8839, section 5.1): lines of the SDP attribute and priorities.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/address.h"
#include "base/result.h"

namespace voxlock::ice {

enum class CandidateType : uint8_t { kHost, kServerReflexive, kPeerReflexive, kRelayed };

// A UDP candidate of the RTP component.
struct Candidate {
  CandidateType type = CandidateType::kHost;
  uint32_t priority = 0;
  Address address;
};

// RFC 8445 section 5.1.2.1 for component 1; local_preference tells candidates of one type apart.
constexpr uint32_t candidate_priority(CandidateType type, uint16_t local_preference) {
  // Section 5.1.2.2: host 126, peer reflexive 110, server reflexive 100, relayed 0.
  constexpr uint32_t kPreferences[] = {126, 100, 110, 0};
  return kPreferences[static_cast<uint32_t>(type)] << 24 | uint32_t{local_preference} << 8 | 255;
}

// RFC 8445 section 6.1.2.3; controlling: the priority of the controlling agent's candidate.
constexpr uint64_t pair_priority(uint32_t controlling, uint32_t controlled) {
  const uint64_t low = controlling < controlled ? controlling : controlled;
  const uint64_t high = controlling < controlled ? controlled : controlling;
  return (low << 32) + 2 * high + (controlling > controlled ? 1 : 0);
}

// What a line of the peer means for an agent that sends no checks.
struct ParsedCandidate {
  bool is_usable = false;  // false: TCP, mDNS or host name, RTCP component, unknown type
  Candidate candidate;     // where it is usable
};

// Reads "candidate:..." with or without "a=" before it; extensions are skipped.
// ERR_ICE_CANDIDATE where the line is malformed.
Result<ParsedCandidate> parse_candidate(std::string_view line);

// Writes "candidate:<foundation> 1 udp <priority> <address> <port> typ host".
void write_host_candidate(bytes::Writer& out, uint32_t foundation, const Candidate& candidate);

}  // namespace voxlock::ice
