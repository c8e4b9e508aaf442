// The WebRTC part of a negotiation (RFC 8829, RFC 9429): what we bring to it, and what was agreed.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/secure.h"
#include "sdp/bundle.h"
#include "sdp/codec.h"
#include "sdp/dtls.h"
#include "sdp/extmap.h"
#include "sdp/fixed.h"
#include "sdp/ice.h"
#include "sdp/stream.h"

namespace voxlock::sdp {

inline constexpr size_t kMaxLocalCandidates = 16;
// Of our own: RFC 8839 allows more, nobody needs it.
inline constexpr size_t kMaxLocalUfrag = 32;
inline constexpr size_t kMaxLocalPassword = 64;
inline constexpr size_t kMaxLocalTlsId = 64;

using LocalCandidates = FixedList<Candidate, kMaxLocalCandidates>;

// Our side of the transport. Move-only: the password authenticates checks.
struct LocalTransport {
  FixedText<kMaxLocalUfrag> ufrag;
  secure::Secret<kMaxLocalPassword> password;
  FixedText<kMaxLocalTlsId> tls_id;

  // A second copy, which a plain assignment does not make.
  Result<void> copy_from(const LocalTransport& other) {
    if (!password.assign(other.password.view())) return Status::ERR_INTERNAL;
    ufrag = other.ufrag;
    tls_id = other.tls_id;
    return {};
  }
};

// What we can and want beside sdp::LocalMedia, where keys come from DTLS.
struct LocalWebrtc {
  Fingerprint fingerprint;                       // of our certificate; required
  DtlsRole preferred_role = DtlsRole::kPassive;  // where the peer offers actpass
  bool is_ice_required = true;  // false: a peer without ICE is taken, at the address of its c= line
  bool is_ice_lite = true;
  // The first credentials, 4..32 and 22..64 ice-chars; both empty: made here. After a restart they
  // are always made here: Agreement::webrtc tells them.
  FixedText<kMaxLocalUfrag> ufrag;
  FixedText<kMaxLocalPassword> password;
  LocalCandidates candidates;
  bool has_end_of_candidates = true;  // no more will be trickled
  FixedText<kMaxMid> mid;             // of our first offer; empty: "0"
  FixedText<kMaxMsid> stream_id;      // a=msid; empty: none
  FixedText<kMaxMsid> track_id;
  uint32_t ssrc = 0;           // a=ssrc with the cname; 0: none
  FixedText<kMaxCname> cname;  // required where ssrc is there
  ExtensionSet extensions;     // offered and accepted
  bool has_transport_cc = false;
  uint32_t max_opus_bitrate = 0;  // maxaveragebitrate we ask for, 6000..510000; 0: not stated
};

// Reads lines of candidates, as the ICE agent gives them: "candidate:..." with or without "a=".
// ERR_SYNTAX for one that is broken, ERR_LIMIT for more than kMaxLocalCandidates.
Result<LocalCandidates> parse_candidate_lines(std::string_view lines);

// ERR_INVALID_ARGUMENT for anything that cannot be written, or is out of range.
Result<void> check(const LocalWebrtc& local);

// What was agreed. Move-only: it holds the passwords.
struct WebrtcAgreement {
  bool has_ice = false;
  LocalTransport local;  // our credentials; these count for checks from now on
  IceCredentials remote;
  bool is_remote_lite = false;
  bool is_remote_trickling = false;  // more candidates may follow (RFC 8840)
  Candidates candidates;             // of the peer
  bool has_end_of_candidates = false;
  DtlsRole role = DtlsRole::kPassive;  // ours
  Fingerprints fingerprints;           // of the peer; one must match its certificate
  FixedText<kMaxTlsId> tls_id;         // of the peer; empty: none
  FixedText<kMaxMid> mid;              // of the audio section; empty: none
  bool is_bundled = false;
  AgreedExtensions extensions;   // by HeaderExtension
  bool is_extmap_mixed = false;  // one-byte and two-byte headers may be mixed (RFC 8285, section 6)
  bool has_transport_cc = false;
  RemoteStream stream;
};

// RFC 8839, section 4.4.1.1.1: an ICE restart changes both texts.
bool is_ice_restart(const WebrtcAgreement& before, const WebrtcAgreement& after);
// RFC 8842, section 3.2: fingerprints, roles or tls-id changed.
bool is_new_association(const WebrtcAgreement& before, const WebrtcAgreement& after);

}  // namespace voxlock::sdp
