// What a peer's section means to us where keys come from DTLS: identity, role, ICE, BUNDLE, header
// extensions, feedback. Local policy decides; nothing the peer writes leads back to SDES or plain
// RTP.
#include <algorithm>

#include "base/text.h"
#include "sdp/offer_answer.h"

namespace voxlock::sdp {
namespace {

enum class Profile { kNone, kPlain, kSecure };

struct ProfileRow {
  std::string_view proto;
  Profile profile;
};
// RFC 8829, section 5.1.2: beside what RFC 8842 writes, older peers name SAVP alone and mean it.
constexpr ProfileRow kProfiles[] = {{"UDP/TLS/RTP/SAVPF", Profile::kSecure},
                                    {"UDP/TLS/RTP/SAVP", Profile::kSecure},
                                    {"TCP/DTLS/RTP/SAVPF", Profile::kSecure},
                                    {"TCP/DTLS/RTP/SAVP", Profile::kSecure},
                                    {"RTP/SAVPF", Profile::kSecure},
                                    {"RTP/SAVP", Profile::kSecure},
                                    {"RTP/AVPF", Profile::kPlain},
                                    {"RTP/AVP", Profile::kPlain}};

Profile profile_of(std::string_view proto) {
  for (const ProfileRow& row : kProfiles) {
    if (text::equals_ignore_case(row.proto, proto)) return row.profile;
  }
  return Profile::kNone;
}

// Before an answer is looked at in detail: what kind of security is it about?
Result<void> check_profile(const Media& media, const TransportScope& scope) {
  const Profile profile = profile_of(media.proto);
  if (profile == Profile::kNone) return Status::ERR_SDP_PROTOCOL;
  const bool has_keys_only =
      find_attribute(media.attributes, "crypto").has_value() && !scope.has("fingerprint");
  const bool is_weak = profile == Profile::kPlain || has_keys_only;
  return is_weak ? Result<void>(Status::ERR_SDP_DTLS_REQUIRED) : Result<void>();
}

bool has_new_identity(const WebrtcAgreement& before, const WebrtcAgreement& draft) {
  const bool has_new_id =
      !before.tls_id.empty() && !draft.tls_id.empty() && !(before.tls_id == draft.tls_id);
  return has_new_id || !is_same_set(before.fingerprints, draft.fingerprints);
}

}  // namespace

Result<void> OfferAnswer::evaluate_webrtc(const Session& session, Agreement& out) const {
  const Media& media = session.media()[out.media_index];
  const TransportScope scope(session, out.media_index);
  VOXLOCK_TRY_VOID(check_profile(media, scope));
  WebrtcAgreement& draft = out.webrtc.emplace();
  VOXLOCK_TRY(draft.fingerprints, read_fingerprints(scope));
  VOXLOCK_TRY(const std::string_view tls_id, read_tls_id(scope));
  (void)draft.tls_id.assign(tls_id);
  VOXLOCK_TRY(const Setup setup, read_setup(scope));
  VOXLOCK_TRY(draft.role, choose_role(setup, draft));
  VOXLOCK_TRY_VOID(evaluate_ice(session, out.media_index, draft));
  // RFC 8834, section 4.5: one port, or none.
  if (!scope.has("rtcp-mux")) return Status::ERR_SDP_RTCP_MUX;
  VOXLOCK_TRY_VOID(evaluate_bundle(session, media, draft));
  out.is_secure = true;
  return {};
}

// RFC 8842, section 5.3 and 5.4. An association that goes on keeps its roles.
Result<DtlsRole> OfferAnswer::choose_role(Setup setup, const WebrtcAgreement& draft) const {
  // RFC 4145, section 4: the default of an offer is active, that of an answer passive.
  if (setup == Setup::kNone) setup = pending_ ? Setup::kPassive : Setup::kActive;
  if (setup == Setup::kActive) return DtlsRole::kPassive;
  if (setup == Setup::kPassive) return DtlsRole::kActive;
  if (setup == Setup::kHoldconn || pending_) return Status::ERR_SDP_SETUP;
  const bool goes_on = former() != nullptr && !has_new_identity(*former(), draft);
  return goes_on ? former()->role : local_.webrtc.preferred_role;
}

Result<void> OfferAnswer::evaluate_ice(const Session& session, size_t index,
                                       WebrtcAgreement& out) const {
  const TransportScope scope(session, index);
  VOXLOCK_TRY(auto credentials, read_credentials(scope));
  const WebrtcAgreement* before = former();
  const bool is_needed = local_.webrtc.is_ice_required || (before != nullptr && before->has_ice);
  if (!credentials) return is_needed ? Result<void>(Status::ERR_SDP_ICE) : Result<void>();
  if (before != nullptr && before->has_ice) {
    // RFC 8839, section 4.4.1.1.1: a restart renews both.
    const bool has_same_ufrag = before->remote.ufrag == credentials->ufrag;
    const bool has_same_password =
        secure::equal(before->remote.password.view(), credentials->password.view());
    if (has_same_ufrag != has_same_password) return Status::ERR_SDP_ICE;
  }
  out.has_ice = true;
  out.remote = std::move(*credentials);
  out.is_remote_lite = is_ice_lite(session);
  out.is_remote_trickling = has_ice_option(scope, "trickle");
  out.candidates = read_candidates(scope);
  out.has_end_of_candidates = scope.has("end-of-candidates");
  return {};
}

// Of an answer: the section is ours by its place, and must not be called anything else.
Result<void> OfferAnswer::evaluate_bundle(const Session& session, const Media& media,
                                          WebrtcAgreement& out) const {
  const std::string_view mid = mid_of(media);
  auto group = bundle_of(session, mid);
  if (pending_) {
    const std::string_view ours =
        former() != nullptr ? former()->mid.view() : local_.webrtc.mid.view();
    if (!mid.empty() && mid != ours) return Status::ERR_SDP_MISMATCH;
    // RFC 9143, section 7.3.2: the answer's group names nothing that the offer's did not.
    while (group && !group->empty()) {
      const std::string_view word = next_word(*group);
      if (!word.empty() && word != ours) return Status::ERR_SDP_MISMATCH;
    }
    (void)out.mid.assign(ours);
  } else {
    (void)out.mid.assign(mid);
  }
  out.is_bundled = group.has_value();
  return {};
}

Result<void> OfferAnswer::finish_webrtc(const Session& session, const Media& media,
                                        Agreement& out) const {
  if (is_rtcp_range(out.payload_type_send)) return Status::ERR_SDP_RTCP_MUX;
  if (is_rtcp_range(out.event_type_send)) {
    out.event_type_send = out.event_type_recv = kNoPayloadType;
    out.event_clock_hz = 0;
  }
  out.has_rtcp_mux = true;
  out.remote_rtcp = out.remote_rtp;
  WebrtcAgreement& draft = *out.webrtc;
  const LocalWebrtc& local = local_.webrtc;
  draft.has_transport_cc =
      local.has_transport_cc && has_feedback(media, out.payload_type_send, "transport-cc");
  draft.is_extmap_mixed = has_flag(session, media, "extmap-allow-mixed");
  draft.extensions = read_extensions(session, media, local.extensions);
  for (size_t i = 0; pending_ && i < kHeaderExtensions; ++i) {
    // RFC 8285, section 6: an answer keeps the ids of the offer.
    if (draft.extensions[i].id != extension_ids_[i]) draft.extensions[i] = {};
  }
  draft.stream = read_stream(media);
  return {};
}

// Six bits of chance in each character, all of them ice-chars and tls-id-chars.
Result<void> OfferAnswer::make_text(size_t len, MutableBytes out) const {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  VOXLOCK_TRY_VOID(random_->fill(out.first(len)));
  for (uint8_t& byte : out.first(len)) byte = static_cast<uint8_t>(kAlphabet[byte & 63]);
  return {};
}

// RFC 8445, section 5.3: at least 24 bits for the ufrag and 128 for the password.
Result<void> OfferAnswer::make_credentials(LocalTransport& out) const {
  constexpr size_t kUfragLen = 8, kPasswordLen = 24;
  uint8_t ufrag[kUfragLen];
  VOXLOCK_TRY_VOID(make_text(kUfragLen, ufrag));
  VOXLOCK_TRY_VOID(make_text(kPasswordLen, out.password.resize(kPasswordLen)));
  (void)out.ufrag.assign(as_text(ufrag));
  return {};
}

// RFC 8842, section 4: at least 120 bits.
Result<void> OfferAnswer::make_tls_id(LocalTransport& out) const {
  constexpr size_t kTlsIdLen = 32;
  uint8_t text[kTlsIdLen];
  VOXLOCK_TRY_VOID(make_text(kTlsIdLen, text));
  (void)out.tls_id.assign(as_text(text));
  return {};
}

Result<void> OfferAnswer::start_webrtc() {
  LocalWebrtc& local = local_.webrtc;
  if (local.ufrag.empty()) {
    VOXLOCK_TRY_VOID(make_credentials(transport_));
  } else {
    transport_.ufrag = local.ufrag;
    (void)transport_.password.assign(as_bytes(local.password.view()));
    secure::wipe(&local.password, sizeof local.password);
  }
  if (local.mid.empty()) (void)local.mid.assign("0");
  return make_tls_id(transport_);
}

// What the peer renewed is renewed on our side as well (RFC 8839, section 4.4.3.1; RFC 8842,
// section 5.3).
Result<void> OfferAnswer::make_answer_transport(WebrtcAgreement& draft) const {
  VOXLOCK_TRY_VOID(draft.local.copy_from(current_transport()));
  const WebrtcAgreement* before = former();
  if (before == nullptr) return {};
  if (is_ice_restart(*before, draft)) VOXLOCK_TRY_VOID(make_credentials(draft.local));
  if (is_new_association(*before, draft)) VOXLOCK_TRY_VOID(make_tls_id(draft.local));
  return {};
}

Result<void> OfferAnswer::make_offered_transport(OfferFlags flags, LocalTransport& out) const {
  VOXLOCK_TRY_VOID(out.copy_from(current_transport()));
  if (flags.ice_restart) VOXLOCK_TRY_VOID(make_credentials(out));
  if (flags.rekey) VOXLOCK_TRY_VOID(make_tls_id(out));
  return {};
}

// An id keeps its meaning for the life of a session (RFC 8285, section 6): what the peer calls an
// extension is what our later offers call it, and an id that it uses for something else is not ours
// any more.
void OfferAnswer::remember_extensions(const Session& session, const Media& media) {
  TakenIds taken = taken_ids(session, media);
  taken.set(0);
  taken.set(15);  // reserved in one-byte headers (RFC 8285, section 4.2)
  const AgreedExtensions known = read_extensions(session, media, ExtensionSet().set());
  std::bitset<kHeaderExtensions> moving;
  for (size_t i = 0; i < kHeaderExtensions; ++i) {
    if (known[i].id != 0) {
      extension_ids_[i] = known[i].id;
      continue;
    }
    moving.set(i, taken.test(extension_ids_[i]));
    if (!moving.test(i)) taken.set(extension_ids_[i]);
  }
  size_t next = 1;
  for (size_t i = 0; i < kHeaderExtensions; ++i) {
    if (!moving.test(i)) continue;
    while (next < taken.size() && taken.test(next)) ++next;
    // 0 only where the peer uses all of them.
    extension_ids_[i] = next < taken.size() ? static_cast<uint8_t>(next++) : uint8_t{0};
  }
}

Result<void> OfferAnswer::set_candidates(const HostAddress& rtp,
                                         const LocalCandidates& candidates) {
  if (!is_dtls() || pending_) return Status::ERR_WRONG_STATE;
  const bool is_good = (rtp.family == 4 || rtp.family == 6) && rtp.port != 0 &&
                       std::all_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& candidate) { return is_valid(candidate); });
  if (!is_good) return Status::ERR_INVALID_ARGUMENT;
  local_.rtp = rtp;
  local_.webrtc.candidates = candidates;
  return {};
}

void OfferAnswer::compare_webrtc(const Agreement& draft, Verdict& out) const {
  const WebrtcAgreement& before = *former();
  const WebrtcAgreement& after = *draft.webrtc;
  out.is_new_association = is_new_association(before, after);
  out.is_restarted = out.is_restarted || out.is_new_association;
  out.is_ice_restart = is_ice_restart(before, after);
  const bool is_packed_anew = before.extensions != after.extensions ||
                              before.has_transport_cc != after.has_transport_cc ||
                              !(before.mid == after.mid);
  out.is_moved = out.is_moved || out.is_ice_restart || is_packed_anew;
}

}  // namespace voxlock::sdp
