#include "sdp/offer_answer.h"

#include <algorithm>
#include <bitset>

#include "base/text.h"

namespace voxlock::sdp {
namespace {

struct RefusalRow {
  Status reason;
  uint32_t sip_status;
  uint32_t warn_code;
  const char* warning;
};

// RFC 3261, section 20.43: 300 network protocol, 301 address format, 302 transport protocol, 304
// media type, 305 media format, 306 attribute not understood, 399 anything else.
constexpr RefusalRow kRefusals[] = {
    {Status::ERR_SDP_NO_AUDIO, 488, 304, "No audio stream offered"},
    {Status::ERR_SDP_NO_CODEC, 488, 305, "No common audio codec"},
    {Status::ERR_SDP_PROTOCOL, 488, 302, "Media transport protocol not supported"},
    {Status::ERR_SDP_SRTP_REQUIRED, 488, 302, "SRTP is required"},
    {Status::ERR_SDP_SRTP_OFF, 488, 302, "SRTP is not available"},
    {Status::ERR_SDP_DOWNGRADE, 488, 302, "A secure session cannot become plain"},
    {Status::ERR_SDP_SUITE, 488, 306, "No common SRTP suite"},
    {Status::ERR_SDP_CRYPTO, 488, 306, "Malformed crypto attribute"},
    {Status::ERR_SDP_KEY, 488, 306, "Unusable SRTP key"},
    {Status::ERR_SDP_KEY_COUNT, 488, 306, "Several SRTP keys in one line"},
    {Status::ERR_SDP_SESSION_PARAMETER, 488, 306, "SRTP session parameter refused"},
    {Status::ERR_SDP_OWN_KEY, 488, 399, "Our own SRTP key was sent back"},
    {Status::ERR_SDP_CONNECTION, 488, 301, "No usable connection address"},
    {Status::ERR_SDP_ADDRESS_FORMAT, 488, 301, "Incompatible network address formats"},
    {Status::ERR_SDP_NETWORK, 488, 300, "Incompatible network protocol"},
    {Status::ERR_SDP_REJECTED, 488, 304, "Audio was refused by the peer"},
    {Status::ERR_SDP_MISMATCH, 488, 399, "The answer does not fit the offer"},
    {Status::ERR_SDP_DTLS_REQUIRED, 488, 302, "DTLS-SRTP is required"},
    {Status::ERR_SDP_NO_FINGERPRINT, 488, 306, "No certificate fingerprint of SHA-256 or better"},
    {Status::ERR_SDP_FINGERPRINT, 488, 306, "Malformed fingerprint attribute"},
    {Status::ERR_SDP_SETUP, 488, 306, "Unusable setup attribute"},
    {Status::ERR_SDP_TLS_ID, 488, 306, "Malformed tls-id attribute"},
    {Status::ERR_SDP_ICE, 488, 306, "ICE credentials missing or malformed"},
    {Status::ERR_SDP_ICE_LITE, 488, 399, "Both ends are ICE-lite"},
    {Status::ERR_SDP_RTCP_MUX, 488, 306, "RTP and RTCP must share one port"},
    {Status::ERR_SDP_MID, 488, 306, "Malformed or repeated mid attribute"},
    {Status::ERR_LIMIT, 488, 399, "Session description too large"},
};

// FNV-1a, to notice whether a description changed.
uint64_t fingerprint(ByteView data) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const uint8_t byte : data) hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

// What follows the o= line, which alone holds the version.
ByteView without_origin(ByteView description) {
  const std::string_view text = as_text(description);
  return description.subspan(std::min(text.find("\r\ns="), text.size()));
}

template <size_t N>
void store(std::array<char, N>& to, std::string_view from) {
  to.fill('\0');
  from.copy(to.data(), N - 1);
}

// Entries behind the first "none" do not count. False for an unknown or repeated entry.
template <typename T, size_t N, typename IsKnown>
bool normalize(std::array<T, N>& list, IsKnown is_known) {
  const auto end = std::find(list.begin(), list.end(), T{});
  std::fill(end, list.end(), T{});
  for (auto at = list.begin(); at != end; ++at) {
    if (!is_known(*at) || std::find(list.begin(), at, *at) != at) return false;
  }
  return true;
}

bool is_codec(CodecId id) {
  const auto rows = codec_rows();
  return id != CodecId::kRed &&
         std::any_of(rows.begin(), rows.end(), [&](const CodecRow& row) { return row.id == id; });
}

bool is_valid(const LocalMedia& local) {
  const bool has_suite = local.suites[0] != CryptoSuite::kNone;
  const bool has_rtp = (local.rtp.family == 4 || local.rtp.family == 6) && local.rtp.port != 0;
  const bool has_rtcp = (local.rtcp.family == 4 || local.rtcp.family == 6) && local.rtcp.port != 0;
  const bool has_keys = local.key_exchange == KeyExchange::kDtls
                            ? local.policy == SrtpPolicy::kRequired
                            : local.policy == SrtpPolicy::kOff || has_suite;
  return local.codecs[0] != CodecId::kNone && has_rtp && (has_rtcp || local.rtcp.family == 0) &&
         local.ptime_ms >= 10 && local.ptime_ms <= 60 && local.ptime_ms % 10 == 0 && has_keys &&
         local.policy <= SrtpPolicy::kOff && local.key_exchange <= KeyExchange::kDtls;
}

bool is_same(const KeyParameter& a, const KeyParameter& b) {
  return secure::equal(a.key_and_salt.view(), b.key_and_salt.view()) &&
         secure::equal(a.mki_view(), b.mki_view());
}

// How the same codec is put into packets.
bool is_packed_anew(const Agreement& a, const Agreement& b) {
  return a.payload_type_send != b.payload_type_send || a.payload_type_recv != b.payload_type_recv ||
         a.twin_type_recv != b.twin_type_recv || a.event_type_send != b.event_type_send ||
         a.event_type_recv != b.event_type_recv || a.event_clock_hz != b.event_clock_hz ||
         a.ptime_ms != b.ptime_ms || a.red_type_send != b.red_type_send ||
         a.red_type_recv != b.red_type_recv || a.rtcp_bandwidth != b.rtcp_bandwidth ||
         a.has_nack != b.has_nack || a.has_rtcp_rsize != b.has_rtcp_rsize ||
         a.wants_opus_fec != b.wants_opus_fec || a.wants_opus_dtx != b.wants_opus_dtx ||
         a.wants_opus_cbr != b.wants_opus_cbr || a.max_opus_bitrate != b.max_opus_bitrate ||
         a.max_playback_hz != b.max_playback_hz;
}

}  // namespace

Verdict refuse(Status reason) {
  Verdict out;
  out.kind = VerdictKind::kRefused;
  out.reason = reason;
  for (const RefusalRow& row : kRefusals) {
    if (row.reason != reason) continue;
    out.sip_status = row.sip_status;
    out.warn_code = row.warn_code;
    out.warning = row.warning;
    return out;
  }
  // A description that does not parse is a bad request (RFC 3261, section 21.4.1).
  out.sip_status = 400;
  out.warn_code = 399;
  out.warning = "Malformed session description";
  return out;
}

OfferAnswer::OfferAnswer(const LocalMedia& local, RandomSource& random, uint64_t session_id)
    : local_(local), random_(&random), session_id_(session_id) {
  for (size_t i = 0; i < kCodecRows; ++i) payload_types_[i] = codec_rows()[i].preferred_type;
}

Result<OfferAnswer> OfferAnswer::create(const LocalMedia& local, RandomSource& random) {
  LocalMedia media = local;
  const bool is_good =
      is_valid(local) && normalize(media.codecs, is_codec) &&
      normalize(media.suites, [](CryptoSuite id) { return find_suite(id) != nullptr; });
  if (!is_good) return Status::ERR_INVALID_ARGUMENT;
  if (media.key_exchange == KeyExchange::kDtls) VOXLOCK_TRY_VOID(check(media.webrtc));
  uint8_t raw[8];
  VOXLOCK_TRY_VOID(random.fill(raw));
  // 62 bits: a positive number also for peers that read it as a signed one.
  OfferAnswer out(media, random, bytes::Reader(raw).u64() >> 2);
  if (out.is_dtls()) VOXLOCK_TRY_VOID(out.start_webrtc());
  return out;
}

Result<void> OfferAnswer::make_key(CryptoSuite suite, KeyParameter& out) const {
  const CryptoSuiteInfo* info = find_suite(suite);
  if (info == nullptr) return Status::ERR_SDP_SUITE;
  return random_->fill(out.key_and_salt.resize(info->key_len + info->salt_len));
}

Result<Verdict> OfferAnswer::answer(std::string_view offer, bytes::Writer& out) {
  Step step;
  VOXLOCK_TRY_VOID(prepare_answer(offer, out, step));
  return commit(step);
}

Result<void> OfferAnswer::prepare_answer(std::string_view offer, bytes::Writer& out,
                                         Step& step) const {
  if (pending_) return Status::ERR_WRONG_STATE;
  if (const auto parsed = step.session.parse(offer); !parsed)
    return step.verdict = refuse(parsed.error()), Result<void>();
  Result<Agreement> draft = choose(step.session);
  if (!draft) return step.verdict = refuse(draft.error()), Result<void>();
  if (draft->webrtc) {
    VOXLOCK_TRY_VOID(make_answer_transport(*draft->webrtc));
  } else if (draft->is_secure) {
    // Our key lives as long as the peer's: a rekey is one for both directions.
    const bool keeps_key = agreement_ && agreement_->is_secure &&
                           agreement_->suite == draft->suite &&
                           is_same(agreement_->remote_key, draft->remote_key);
    VOXLOCK_TRY_VOID(keeps_key ? draft->local_key.copy_from(agreement_->local_key)
                               : make_key(draft->suite, draft->local_key));
  }
  const bytes::Writer start = out;
  step.version = version_ + 1;
  write_answer(out, step.session, *draft, step.version);
  if (!out.ok()) return Status::ERR_BUFFER_TOO_SMALL;
  step.content = fingerprint(without_origin(out.written().subspan(start.size())));
  if (step.content == content_ && version_ != 0) {
    out = start;
    step.version = version_;
    write_answer(out, step.session, *draft, step.version);
  }
  step.verdict = compare(*draft);
  step.draft.emplace(*std::move(draft));
  return {};
}

Verdict OfferAnswer::commit(Step& step) {
  if (step.is_own_offer && !step.is_fork) {
    if (step.draft) {
      is_holding_ = pending_->hold;
      answered_.reset();
      if (!is_dtls()) answered_ = std::move(pending_);
    }
    pending_.reset();
  }
  if (!step.draft) return step.verdict;
  if (!step.is_own_offer) answered_.reset();
  const auto media = step.session.media();
  const size_t index = step.draft->media_index;
  if (step.is_own_offer) {
    // The other sections stay as they were offered, whatever the answer calls them.
    remember_section(index, media[index]);
    sections_.count = std::max(sections_.count, index + 1);
  } else {
    version_ = step.version;
    content_ = step.content;
    sections_.count = media.size();
    for (size_t i = 0; i < sections_.count; ++i) remember_section(i, media[i]);
    remember_payload_types(media[index]);
    if (is_dtls()) remember_extensions(step.session, media[index]);
  }
  agreement_ = std::move(*step.draft);
  return step.verdict;
}

Result<void> OfferAnswer::offer(OfferFlags flags, bytes::Writer& out) {
  if (pending_) return Status::ERR_WRONG_STATE;
  Pending pending;
  pending.media_index = wanted_index();
  pending.hold = flags.hold;
  pending.version = version_ + 1;
  choose_offered_feedback(pending);
  if (is_dtls()) {
    VOXLOCK_TRY_VOID(make_offered_transport(flags, pending.transport));
  } else if (local_.policy != SrtpPolicy::kOff) {
    VOXLOCK_TRY_VOID(make_offered_keys(flags.rekey, pending));
  }
  const bytes::Writer start = out;
  write_offer(out, pending);
  if (!out.ok()) return Status::ERR_BUFFER_TOO_SMALL;
  const uint64_t content = fingerprint(without_origin(out.written().subspan(start.size())));
  if (content == content_ && version_ != 0) {
    out = start;
    pending.version = version_;
    write_offer(out, pending);
  }
  answered_.reset();
  // The version was used up even where the peer refuses (RFC 3264, section 8).
  version_ = pending.version;
  content_ = content;
  pending_ = std::move(pending);
  return {};
}

// A running secure session goes on with its suite and, unless a rekey is wanted, its key; a new one
// offers all suites, each with a key of its own (RFC 4568, section 7.1.1).
Result<void> OfferAnswer::make_offered_keys(bool rekey, Pending& pending) {
  if (was_secure()) {
    pending.suites[0] = agreement_->suite;
    pending.suite_count = 1;
    return rekey ? make_key(agreement_->suite, pending.keys[0])
                 : pending.keys[0].copy_from(agreement_->local_key);
  }
  for (const CryptoSuite suite : local_.suites) {
    if (suite == CryptoSuite::kNone) break;
    pending.suites[pending.suite_count] = suite;
    VOXLOCK_TRY_VOID(make_key(suite, pending.keys[pending.suite_count]));
    ++pending.suite_count;
  }
  return {};
}

Result<Verdict> OfferAnswer::accept_answer(std::string_view answer) {
  Step step;
  VOXLOCK_TRY_VOID(prepare_accept(answer, step));
  return commit(step);
}

Result<void> OfferAnswer::prepare_accept(std::string_view answer, Step& step) const {
  if (!pending_) return Status::ERR_WRONG_STATE;
  return judge(answer, *pending_, step);
}

Result<void> OfferAnswer::prepare_fork(std::string_view answer, Step& step) const {
  if (!answered_) return Status::ERR_WRONG_STATE;
  step.is_fork = true;
  return judge(answer, *answered_, step);
}

Result<void> OfferAnswer::judge(std::string_view answer, const Pending& pending, Step& step) const {
  step.is_own_offer = true;
  Result<Agreement> draft = judge_answer(answer, pending, step.session);
  if (!draft) return step.verdict = refuse(draft.error()), Result<void>();
  step.verdict = compare(*draft);
  step.draft.emplace(*std::move(draft));
  return {};
}

// RFC 3264, section 6.1: of the formats in an answer the peer may send any, at any time. Of the two
// laws of G.711 that is taken at its word, in the number that we offered.
uint8_t OfferAnswer::twin_in_answer(const Media& media, CodecId codec) const {
  if (codec != CodecId::kPcmu && codec != CodecId::kPcma) return kNoPayloadType;
  const CodecId twin = codec == CodecId::kPcmu ? CodecId::kPcma : CodecId::kPcmu;
  if (rank_of(twin) == kMaxLocalCodecs) return kNoPayloadType;
  for (const KnownFormat& format : known_formats(media)) {
    if (format.row->id == twin) return type_of(twin);
  }
  return kNoPayloadType;
}

Result<Agreement> OfferAnswer::judge_answer(std::string_view answer, const Pending& pending,
                                            Session& session) const {
  VOXLOCK_TRY_VOID(session.parse(answer));
  // RFC 3264, section 6: as many sections as were offered, in the same order.
  const size_t index = pending.media_index;
  if (session.media().size() != std::max(sections_.count, index + 1))
    return Status::ERR_SDP_MISMATCH;
  if (session.media()[index].port == 0) return Status::ERR_SDP_REJECTED;
  if (is_dtls()) VOXLOCK_TRY_VOID(check_mids(session));
  VOXLOCK_TRY(Agreement draft, evaluate(session, index));
  draft.direction = direction_for(session, session.media()[index], pending.hold);
  if (draft.webrtc) {
    VOXLOCK_TRY_VOID(draft.webrtc->local.copy_from(pending.transport));
  } else if (draft.is_secure) {
    VOXLOCK_TRY_VOID(take_answer_key(pending, draft));
  }
  draft.has_nack = draft.has_nack && pending.has_nack;
  draft.has_rtcp_rsize = draft.has_rtcp_rsize && pending.has_rtcp_rsize;
  draft.twin_type_recv = twin_in_answer(session.media()[index], draft.codec);
  // The peer's numbers are for what we send; ours were in the offer (RFC 3264, section 5.1).
  for (size_t i = 0; i < kCodecRows; ++i) {
    const CodecRow& row = codec_rows()[i];
    if (row.id == draft.codec && row.clock_hz == draft.clock_hz)
      draft.payload_type_recv = payload_types_[i];
    if (row.id == CodecId::kNone && row.clock_hz == draft.event_clock_hz &&
        draft.event_type_send != kNoPayloadType) {
      draft.event_type_recv = payload_types_[i];
    }
    if (row.id == CodecId::kRed && draft.red_type_send != kNoPayloadType)
      draft.red_type_recv = payload_types_[i];
  }
  return draft;
}

Verdict OfferAnswer::compare(const Agreement& draft) const {
  Verdict out;
  if (agreement_) {
    const Agreement& old = *agreement_;
    out.is_restarted = old.codec != draft.codec || old.clock_hz != draft.clock_hz ||
                       old.suite != draft.suite || old.is_secure != draft.is_secure ||
                       old.media_index != draft.media_index;
    out.is_rekeyed =
        draft.is_secure && old.is_secure &&
        (!is_same(old.local_key, draft.local_key) || !is_same(old.remote_key, draft.remote_key));
    out.is_moved = old.remote_rtp != draft.remote_rtp || old.remote_rtcp != draft.remote_rtcp ||
                   old.direction != draft.direction || old.has_rtcp_mux != draft.has_rtcp_mux ||
                   old.is_remote_hold != draft.is_remote_hold || is_packed_anew(old, draft);
    if (old.webrtc && draft.webrtc) compare_webrtc(draft, out);
  }
  out.kind = out.is_restarted ? VerdictKind::kRestarted
             : out.is_rekeyed ? VerdictKind::kRekeyed
             : out.is_moved   ? VerdictKind::kMoved
                              : VerdictKind::kContinued;
  return out;
}

void OfferAnswer::remember_section(size_t index, const Media& media) {
  std::string_view formats = media.formats;
  Section& section = sections_.list[index];
  store(section.type, media.type);
  store(section.proto, media.proto);
  store(section.format, next_word(formats));
  // An answer to our offer may leave the mid out.
  const std::string_view mid = mid_of(media);
  if (!mid.empty()) store(section.mid, mid);
}

// A payload type keeps its meaning for the life of a session (RFC 3264, section 8.3.2): what the
// peer's offer calls a format is what our later offers call it, and a number that the peer uses for
// something else is not ours any more.
void OfferAnswer::remember_payload_types(const Media& media) {
  std::bitset<128> taken;
  std::string_view formats = media.formats;
  for (size_t i = 0; i < kMaxFormats; ++i) {
    if (const auto number = parse_payload_type(next_word(formats))) taken.set(*number);
  }
  const KnownFormats known = known_formats(media);
  for (const KnownFormat& format : known) {
    payload_types_[static_cast<size_t>(format.row - codec_rows().data())] = format.payload_type;
  }
  // What the peer did not name keeps its number where that is still free.
  std::bitset<128> moving;
  for (size_t i = 0; i < kCodecRows; ++i) {
    if (known.has(codec_rows()[i])) continue;
    moving.set(i, taken.test(payload_types_[i]));
    if (!moving.test(i)) taken.set(payload_types_[i]);
  }
  uint8_t next = 127;
  for (size_t i = 0; i < kCodecRows; ++i) {
    if (!moving.test(i)) continue;
    // Downwards from the dynamic ones; 0 is left only where the peer uses all 128.
    while (next > 0 && taken.test(next)) --next;
    taken.set(next);
    payload_types_[i] = next;
  }
}

}  // namespace voxlock::sdp
