// Offer and answer (RFC 3264) for one audio stream: the one place where role, keys, payload types,
// address and direction of a session are decided. It holds no transport.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/archive.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/result.h"
#include "sdp/codec.h"
#include "sdp/host_address.h"
#include "sdp/sdes.h"
#include "sdp/session.h"
#include "sdp/webrtc.h"
#include "sdp/xr.h"

namespace voxlock::sdp {

// Where the SRTP keys come from. The numbers are those of the C ABI.
enum class KeyExchange : uint32_t {
  kSdes = 0,  // a=crypto lines, RFC 4568
  kDtls = 1   // a DTLS handshake, RFC 5764; the policy must be kRequired
};

enum class SrtpPolicy : uint32_t {
  kRequired = 0,   // SRTP or nothing
  kPreferred = 1,  // SRTP where the peer can, else plain RTP (RFC 8643)
  kOff = 2,        // plain RTP only
};

inline constexpr size_t kMaxLocalCodecs = 8;
inline constexpr size_t kMaxLocalSuites = 8;

// What we can and want; fixed for the life of a session.
struct LocalMedia {
  SrtpPolicy policy = SrtpPolicy::kRequired;
  std::array<CryptoSuite, kMaxLocalSuites> suites{};  // preferred first, kNone ends the list
  std::array<CodecId, kMaxLocalCodecs> codecs{};      // preferred first, kNone ends the list
  uint32_t ptime_ms = 20;                             // 10..60, a multiple of 10
  bool has_telephone_event = true;
  bool has_rtcp_mux = true;
  bool has_rtcp_xr = false;  // extended reports, RFC 3611
  // With SDES a description that offers NACK names RTP/SAVPF or RTP/AVPF (RFC 4585, section 4.1),
  // which peers that know RTP/SAVP and RTP/AVP alone refuse.
  bool has_nack = false;        // generic NACK, RFC 4585; never over plain RTP
  bool is_nack_offered = true;  // false: agreed only where the peer offers it
  bool has_rtcp_rsize = false;  // RFC 5506; with SDES where the profile is one with feedback
  bool has_red = false;         // RFC 2198 around Opus
  HostAddress rtp;
  HostAddress rtcp;  // family 0: RTP port + 1, RFC 3605
  bool has_opus_fec = true;
  bool has_opus_dtx = false;
  KeyExchange key_exchange = KeyExchange::kSdes;
  LocalWebrtc webrtc;  // of kDtls
};

// What was agreed. Move-only: it holds keys.
struct Agreement {
  size_t media_index = 0;   // of the audio section
  uint32_t remote_tag = 0;  // of the peer's a=crypto line
  bool is_secure = false;
  CryptoSuite suite = CryptoSuite::kNone;
  KeyParameter local_key;   // what we seal with
  KeyParameter remote_key;  // what the peer seals with
  CodecId codec = CodecId::kNone;
  uint32_t clock_hz = 0;
  uint32_t channels = 1;
  uint8_t payload_type_send = kNoPayloadType;  // what the peer wants to get
  uint8_t payload_type_recv = kNoPayloadType;
  uint8_t twin_type_recv = kNoPayloadType;   // the other law of G.711, where the answer has it too
  uint8_t event_type_send = kNoPayloadType;  // telephone-event; kNoPayloadType: not agreed
  uint8_t event_type_recv = kNoPayloadType;
  uint32_t event_clock_hz = 0;
  HostAddress remote_rtp;  // family 0: the peer gave a host name, only following helps
  HostAddress remote_rtcp;
  bool has_rtcp_mux = false;
  XrWishes xr;                   // of the peer; all false where we do not take part
  RtcpBandwidth rtcp_bandwidth;  // as the peer states it, and we after it
  bool has_nack = false;
  bool has_rtcp_rsize = false;
  uint8_t red_type_send = kNoPayloadType;  // kNoPayloadType: not agreed
  uint8_t red_type_recv = kNoPayloadType;
  Direction direction = Direction::kSendRecv;
  uint32_t ptime_ms = 20;         // of what we send
  bool is_remote_hold = false;    // the peer does not want to receive
  bool wants_opus_fec = false;    // the peer's useinbandfec
  bool wants_opus_dtx = false;    // the peer's usedtx
  bool wants_opus_cbr = false;    // the peer's cbr
  uint32_t max_opus_bitrate = 0;  // the peer's maxaveragebitrate, 0: not stated
  uint32_t max_playback_hz = 0;   // the peer's maxplaybackrate, 0: not stated
  // With DTLS: is_secure, no suite and no keys, which the handshake brings. With ICE remote_rtp
  // stays empty, since checks find the peer.
  std::optional<WebrtcAgreement> webrtc;
};

// The numbers are those of the C ABI.
enum class VerdictKind : int32_t {
  kContinued = 1,
  kRekeyed = 2,
  kRestarted = 3,
  kMoved = 4,
  kRefused = 5
};

// What a step did to the running media. kind is the heaviest of the flags.
struct Verdict {
  VerdictKind kind = VerdictKind::kContinued;
  bool is_restarted = false;  // codec, suite, DTLS association or secure or plain changed
  bool is_rekeyed = false;    // a key of either side changed
  bool is_moved = false;      // address, direction, payload types, ptime or Opus wishes changed
  bool is_new_association = false;  // a new DTLS handshake is due, RFC 8842; is_restarted as well
  bool is_ice_restart = false;      // credentials of either side are new; is_moved as well
  Status reason = Status::OK;       // REFUSED: why
  uint32_t sip_status = 0;          // REFUSED: for example 488
  uint32_t warn_code = 0;           // RFC 3261, section 20.43
  const char* warning = "";         // text for the Warning header, static
};

// RFC 3261, section 21.4 and 20.43: what to send for a reason.
Verdict refuse(Status reason);

struct OfferFlags {
  bool hold = false;   // we do not want to receive
  bool rekey = false;  // make a new key of our own; DTLS: ask for a new association by tls-id
  bool ice_restart = false;
};

// One step of offer/answer, worked out and not taken yet. Used once.
struct Step {
  Verdict verdict;
  std::optional<Agreement> draft;  // nothing where it is refused
  Session session;                 // of the peer; views of its text
  bool is_own_offer = false;       // the answer to our offer, else our answer
  bool is_fork = false;            // a further answer to it
  uint64_t version = 0;            // of our answer
  uint64_t content = 0;
};

class OfferAnswer {
 public:
  // random must live as long as the object. ERR_INVALID_ARGUMENT for no codec, no address, a ptime
  // out of range, no suite where the policy wants one, or an unknown or repeated list entry;
  // ERR_ENTROPY.
  static Result<OfferAnswer> create(const LocalMedia& local, RandomSource& random);

  // Answers an offer and commits, or refuses and stays as it was. ERR_BUFFER_TOO_SMALL (out tells
  // the size), ERR_WRONG_STATE (our own offer is out: glare), ERR_ENTROPY.
  Result<Verdict> answer(std::string_view offer, bytes::Writer& out);
  // The same in two steps, for a caller that has to make something of the agreement before it
  // counts: prepare changes nothing, commit cannot fail. Between the two the text of the peer must
  // stay.
  Result<void> prepare_answer(std::string_view offer, bytes::Writer& out, Step& step) const;
  Verdict commit(Step& step);

  // Writes an offer; nothing changes until the answer. Errors as for answer().
  Result<void> offer(OfferFlags flags, bytes::Writer& out);
  // Takes the answer to our offer. A refusal withdraws the offer. ERR_WRONG_STATE without an offer.
  Result<Verdict> accept_answer(std::string_view answer);
  // Its first step; commit of a refusal withdraws the offer.
  Result<void> prepare_accept(std::string_view answer, Step& step) const;
  // Takes another answer to the offer of ours that was answered last, in which other codecs, keys
  // and addresses may stand: of another branch of a forked call (RFC 3261, section 13.2.2.4). A
  // refusal leaves everything as it was. Errors as for accept_answer; ERR_WRONG_STATE as well with
  // DTLS, where each branch needs an offer of its own, and once a later offer of either side was
  // made.
  Result<void> prepare_fork(std::string_view answer, Step& step) const;
  // What was agreed and how it was described, keys included (checkpoint.cpp); an offer that is out
  // is not in it. ERR_UNSUPPORTED with DTLS.
  Result<void> save(bytes::Writer& writer) const;
  // Into an object made of the same LocalMedia that has done nothing yet. ERR_SYNTAX; the object
  // is of no use then.
  Result<void> load(Loader& loader);
  // Withdraws our offer.
  void rollback() { pending_.reset(); }
  // DTLS: the default address and the candidates that later descriptions of ours name.
  // ERR_INVALID_ARGUMENT, ERR_WRONG_STATE without DTLS or while our own offer is out.
  Result<void> set_candidates(const HostAddress& rtp, const LocalCandidates& candidates);

  // DTLS: the source that later descriptions name, where the first one named one.
  void set_ssrc(uint32_t ssrc) {
    if (local_.webrtc.ssrc != 0) local_.webrtc.ssrc = ssrc;
  }

  [[nodiscard]] bool is_dtls() const { return local_.key_exchange == KeyExchange::kDtls; }
  [[nodiscard]] bool has_pending_offer() const { return pending_.has_value(); }
  // nullptr before the first agreement.
  [[nodiscard]] const Agreement* agreement() const { return agreement_ ? &*agreement_ : nullptr; }

 private:
  // A media section as it stood last, so that later descriptions keep its place (RFC 3264, section
  // 8).
  struct Section {
    std::array<char, 16> type{};
    std::array<char, 32> proto{};
    std::array<char, 16> format{};
    std::array<char, kMaxMid + 1> mid{};
  };
  struct Sections {
    std::array<Section, kMaxMedia> list{};
    size_t count = 0;
  };
  struct Pending {
    std::array<KeyParameter, kMaxLocalSuites> keys;  // one for each offered suite, tag = index + 1
    std::array<CryptoSuite, kMaxLocalSuites> suites{};
    size_t suite_count = 0;
    size_t media_index = 0;
    bool hold = false;
    bool has_nack = false;
    bool has_rtcp_rsize = false;
    uint64_t version = 0;
    LocalTransport transport;  // of DTLS
  };
  using PayloadTypes = std::array<uint8_t, kCodecRows>;

  // What a description of ours says beside the codecs, in an answer as in an offer.
  struct WebrtcText {
    const LocalTransport* transport = nullptr;
    Setup setup = Setup::kActpass;
    std::string_view mid;
    bool is_bundled = false;
    bool has_ice = true;
    bool has_tls_id = true;
    bool is_mux_only = false;
    bool is_extmap_mixed = true;
    AgreedExtensions extensions;
    uint8_t feedback_type = kNoPayloadType;
    bool has_transport_cc = false;
  };

  OfferAnswer(const LocalMedia& local, RandomSource& random, uint64_t session_id);

  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& self);

  [[nodiscard]] bool was_secure() const { return agreement_ && agreement_->is_secure; }
  [[nodiscard]] size_t wanted_index() const { return agreement_ ? agreement_->media_index : 0; }
  Result<void> make_key(CryptoSuite suite, KeyParameter& out) const;

  Result<void> make_offered_keys(bool rekey, Pending& pending);
  Result<Agreement> judge_answer(std::string_view answer, const Pending& pending,
                                 Session& session) const;
  [[nodiscard]] uint8_t twin_in_answer(const Media& media, CodecId codec) const;
  Result<void> judge(std::string_view answer, const Pending& pending, Step& step) const;

  // negotiate.cpp
  Result<Agreement> choose(const Session& offer) const;
  Result<Agreement> evaluate(const Session& session, size_t index) const;
  Result<void> evaluate_security(const Media& media, Agreement& out, uint32_t& tag) const;
  [[nodiscard]] size_t rank_of(CryptoSuite suite) const;
  Result<void> evaluate_formats(const Media& media, Agreement& out) const;
  [[nodiscard]] size_t rank_of(CodecId codec) const;
  void choose_event(const KnownFormats& formats, Agreement& out) const;
  void evaluate_feedback(const Session& session, const Media& media, Agreement& out) const;
  void choose_red(const Media& media, Agreement& out) const;
  Result<void> evaluate_address(const Session& session, const Media& media, Agreement& out) const;
  static Result<void> take_answer_key(const Pending& pending, Agreement& out);
  [[nodiscard]] Direction direction_for(const Session& session, const Media& media,
                                        bool hold) const;
  [[nodiscard]] bool is_own_key(const KeyParameter& key) const;

  // negotiate_webrtc.cpp
  Result<void> evaluate_webrtc(const Session& session, Agreement& out) const;
  Result<void> evaluate_ice(const Session& session, size_t index, WebrtcAgreement& out) const;
  Result<void> evaluate_bundle(const Session& session, const Media& media,
                               WebrtcAgreement& out) const;
  Result<DtlsRole> choose_role(Setup setup, const WebrtcAgreement& draft) const;
  Result<void> finish_webrtc(const Session& session, const Media& media, Agreement& out) const;
  [[nodiscard]] const WebrtcAgreement* former() const {
    return agreement_ && agreement_->webrtc ? &*agreement_->webrtc : nullptr;
  }
  [[nodiscard]] const LocalTransport& current_transport() const {
    return former() != nullptr ? former()->local : transport_;
  }
  Result<void> make_text(size_t len, MutableBytes out) const;
  Result<void> make_credentials(LocalTransport& out) const;
  Result<void> make_tls_id(LocalTransport& out) const;
  Result<void> start_webrtc();
  Result<void> make_answer_transport(WebrtcAgreement& draft) const;
  Result<void> make_offered_transport(OfferFlags flags, LocalTransport& out) const;
  void remember_extensions(const Session& session, const Media& media);
  void compare_webrtc(const Agreement& draft, Verdict& out) const;

  // describe_webrtc.cpp
  [[nodiscard]] WebrtcText answer_text(const Agreement& draft) const;
  [[nodiscard]] WebrtcText offer_text(const Pending& pending) const;
  void write_webrtc_session(bytes::Writer& out, const WebrtcText& text) const;
  void write_webrtc_media(bytes::Writer& out, const WebrtcText& text) const;
  void write_webrtc_transport(bytes::Writer& out, const WebrtcText& text) const;
  void write_webrtc_stream(bytes::Writer& out) const;

  // describe.cpp
  void write_head(bytes::Writer& out, uint64_t version) const;
  void write_refused(bytes::Writer& out, const Media& media) const;
  void write_transport(bytes::Writer& out, bool has_mux) const;
  void write_format(bytes::Writer& out, const CodecRow& row, uint8_t payload_type) const;
  void write_red(bytes::Writer& out, uint8_t red_type, uint8_t payload_type) const;
  void write_offered_feedback(bytes::Writer& out, const Pending& pending) const;
  void write_answered_formats(bytes::Writer& out, std::string_view proto,
                              const Agreement& draft) const;
  void write_answer(bytes::Writer& out, const Session& offer, const Agreement& draft,
                    uint64_t version) const;
  void write_offer(bytes::Writer& out, const Pending& pending) const;
  void write_offered_audio(bytes::Writer& out, const Pending& pending) const;
  [[nodiscard]] std::string_view offered_proto() const;
  void choose_offered_feedback(Pending& pending) const;
  [[nodiscard]] bool is_offered(const CodecRow& row) const;
  [[nodiscard]] bool offers_opus() const;
  [[nodiscard]] uint8_t type_of(CodecId codec) const;

  [[nodiscard]] Verdict compare(const Agreement& draft) const;
  void remember_section(size_t index, const Media& media);
  void remember_payload_types(const Media& media);

  LocalMedia local_;
  RandomSource* random_;
  uint64_t session_id_;
  uint64_t version_ = 0;  // of the last description of ours
  uint64_t content_ = 0;  // its fingerprint without the o= line
  bool is_holding_ = false;
  std::optional<Agreement> agreement_;
  std::optional<Pending> pending_;
  std::optional<Pending> answered_;  // the last offer of ours, while others may answer it
  Sections sections_;
  PayloadTypes payload_types_;              // ours, for each codec row
  LocalTransport transport_;                // of DTLS before the first agreement
  ExtensionIds extension_ids_{1, 2, 3, 4};  // ours, by HeaderExtension
};

}  // namespace voxlock::sdp
