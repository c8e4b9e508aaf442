#include "leg/association.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace voxlock::leg {
namespace {

constexpr size_t kMaxLine = 256;
// A post-quantum hello in fragments and once more; a datagram of an Ethernet frame. Whoever has not
// got an answer by then begins anew.
constexpr EarlyPackets::Limits kEarlyHellos{4, 1472, 30 * kNsPerSecond};
constexpr std::string_view kCandidate = "candidate:";

struct ProfileRow {
  tls::SrtpProfile profile;
  srtp::SuiteId suite;
};
// What is wanted most stands first; those the DTLS library cannot do are left out.
constexpr ProfileRow kProfiles[] = {
    {tls::SrtpProfile::kAeadAes256Gcm, srtp::SuiteId::kAeadAes256Gcm},
    {tls::SrtpProfile::kAeadAes128Gcm, srtp::SuiteId::kAeadAes128Gcm},
    {tls::SrtpProfile::kAes128CmSha1_80, srtp::SuiteId::kAesCm128HmacSha1_80},
};

srtp::SuiteId suite_of(tls::SrtpProfile profile) {
  for (const ProfileRow& row : kProfiles) {
    if (row.profile == profile) return row.suite;
  }
  return srtp::SuiteId::kAesCm128HmacSha1_32;
}

sdp::FingerprintHash hash_of(crypto::HashId id) {
  if (id == crypto::HashId::kSha384) return sdp::FingerprintHash::kSha384;
  return id == crypto::HashId::kSha512 ? sdp::FingerprintHash::kSha512
                                       : sdp::FingerprintHash::kSha256;
}

// Both modules write and read the text of RFC 8122, and only that.
Result<tls::Fingerprint> to_tls(const sdp::Fingerprint& in) {
  std::array<uint8_t, kMaxLine> text;
  bytes::Writer writer(text);
  sdp::write_fingerprint(writer, in);
  return tls::Fingerprint::parse(as_text(ByteView(text).first(writer.size())));
}

Result<sdp::LocalCandidates> read_candidates(const ice::Agent& agent) {
  std::array<uint8_t, ice::kMaxLocal * kMaxLine> text;
  bytes::Writer writer(text);
  agent.write_candidates(writer);
  if (!writer.ok()) return Status::ERR_INTERNAL;
  std::string_view rest = as_text(ByteView(text).first(writer.size()));
  sdp::LocalCandidates out;
  while (!rest.empty()) {
    std::string_view line = text::cut(rest, '\n');
    line = line.substr(kCandidate.size(), line.size() - kCandidate.size() - 1);
    VOXLOCK_TRY(const sdp::Candidate candidate, sdp::parse_candidate(line));
    if (!out.push(candidate)) return Status::ERR_LIMIT;
  }
  return out;
}

std::string_view text_of(const secure::Secret<sdp::kMaxIceText>& secret) {
  return as_text(secret.view());
}

}  // namespace

Association::Association(const Context& context, RandomSource& random, const LegConfig& config,
                         Box<ice::Agent> agent, const tls::Fingerprint& fingerprint)
    : context_(context, random),
      random_(random),
      certificate_(config.certificate),
      key_(config.key),
      is_dtls_client_(config.is_dtls_client),
      agent_(std::move(agent)),
      fingerprint_(fingerprint),
      early_(context_.memory(), kEarlyHellos) {}

Result<Box<Association>> Association::create(const Context& context, RandomSource& random,
                                             const LegConfig& config) {
  static_assert(kMaxLocalAddresses == ice::kMaxLocal);
  std::array<Address, kMaxLocalAddresses> local{config.rtp_address};
  size_t count = 1;
  for (const Address& address : config.further_addresses) {
    if (address.family == 0) break;
    local[count++] = address;
  }
  ice::AgentConfig wanted;
  wanted.consent_ns = config.consent_ns;
  wanted.local = std::span<const Address>(local).first(count);
  VOXLOCK_TRY(Box<ice::Agent> agent, ice::Agent::create(context, wanted, random));
  VOXLOCK_TRY(const tls::Fingerprint fingerprint,
              tls::Fingerprint::of(context.memory(), crypto::HashId::kSha256, config.certificate));
  return make_box<Association>(context.memory(), context, random, config, std::move(agent),
                               fingerprint);
}

Result<sdp::LocalWebrtc> Association::describe() const {
  sdp::LocalWebrtc out;
  out.fingerprint.hash = hash_of(fingerprint_.hash());
  const ByteView digest = fingerprint_.digest();
  std::copy(digest.begin(), digest.end(), out.fingerprint.digest.begin());
  out.preferred_role = is_dtls_client_ ? sdp::DtlsRole::kActive : sdp::DtlsRole::kPassive;
  if (!out.ufrag.assign(agent_->local_ufrag()) || !out.password.assign(agent_->local_pwd()))
    return Status::ERR_INTERNAL;
  VOXLOCK_TRY(out.candidates, read_candidates(*agent_));
  return out;
}

Result<Box<tls::Dtls>> Association::make_dtls(const sdp::WebrtcAgreement& next, uint64_t now_ns) {
  std::array<tls::SrtpProfile, std::size(kProfiles)> profiles{};
  size_t count = 0;
  for (const ProfileRow& row : kProfiles) {
    if (tls::DtlsEngine::supports(row.profile)) profiles[count++] = row.profile;
  }
  tls::DtlsConfig config;
  config.role = next.role == sdp::DtlsRole::kActive ? tls::Role::kClient : tls::Role::kServer;
  config.certificate = certificate_;
  config.key = key_;
  config.profiles = std::span<const tls::SrtpProfile>(profiles).first(count);
  config.is_address_proven = true;
  VOXLOCK_TRY(Box<tls::Dtls> dtls, tls::Dtls::create(context_, config));
  std::pmr::vector<tls::Fingerprint> expected(&context_.memory());
  expected.reserve(next.fingerprints.size());
  for (const sdp::Fingerprint& fingerprint : next.fingerprints) {
    VOXLOCK_TRY(const tls::Fingerprint one, to_tls(fingerprint));
    expected.push_back(one);
  }
  VOXLOCK_TRY_VOID(dtls->expect(expected, now_ns));
  return dtls;
}

Result<Association::Draft> Association::prepare(const sdp::WebrtcAgreement& next,
                                                bool is_new_association, uint64_t now_ns) {
  Draft draft;
  if (!dtls_ || is_new_association) {
    VOXLOCK_TRY(draft.dtls, make_dtls(next, now_ns));
  }
  const std::string_view ufrag = next.local.ufrag.view();
  if (ufrag != agent_->local_ufrag()) {
    VOXLOCK_TRY_VOID(agent_->restart(ufrag, as_text(next.local.password.view()), random_));
  }
  return draft;
}

void Association::commit(Draft draft, const sdp::WebrtcAgreement& next, EventQueue& queue,
                         uint64_t now_ns) {
  // All of it was read by sdp, with the same grammar.
  (void)agent_->set_remote(next.remote.ufrag.view(), text_of(next.remote.password));
  for (const sdp::Candidate& candidate : next.candidates) {
    std::array<uint8_t, kMaxLine> line;
    bytes::Writer writer(line);
    writer.put(kCandidate);
    sdp::write_candidate(writer, candidate);
    if (writer.ok())
      (void)agent_->add_remote_candidate(as_text(ByteView(line).first(writer.size())));
  }
  if (draft.dtls) {
    if (dtls_) dtls_->close(now_ns);
    flush(queue);
    dtls_ = std::move(draft.dtls);
    ++serial_;
    is_over_ = false;
  }
  tell_ice(queue, now_ns);
  begin(queue, now_ns);
  take_early(queue, now_ns);
}

// A hello before the answer (RFC 5763, section 5) would come again after 1 s only (RFC 6347,
// section 4.2.4.1). Nothing is made of it before the answer tells the role and the fingerprint.
bool Association::keep_hello(ByteView datagram, const Address& from, uint32_t local,
                             uint64_t now_ns) {
  if (!early_.is_awaited() || !agent_->was_checked(local, from)) return false;
  const auto record = tls::RecordReader(datagram).next();
  return record && tls::is_client_hello(*record) && early_.keep(datagram, from, local, now_ns);
}

// The first whole hello is enough, the rest are copies. Those of whom the answer does not name, or
// where it makes us the client, are dropped.
void Association::take_early(EventQueue& queue, uint64_t now_ns) {
  early_.release();
  const bool is_server = dtls_ && dtls_->role() == tls::Role::kServer;
  while (const auto early = early_.take(now_ns)) {
    if (!is_server || dtls_->has_hello()) continue;
    (void)take_dtls(early->data, early->source, early->local, queue, now_ns);
  }
}

// A client speaks first, as soon as there is somebody to speak to. The time to give up counts from
// there for both.
void Association::begin(EventQueue& queue, uint64_t now_ns) {
  if (!dtls_ || path() == nullptr) return;
  // RFC 6347, section 4.2.4.1: 1 s where nothing is known of the round trip. Refused once begun.
  if (const uint64_t rtt_ns = agent_->rtt_ns())
    (void)dtls_->set_first_timeout(tls::Dtls::first_timeout(rtt_ns));
  (void)dtls_->start(now_ns);
  flush(queue);
  tell_dtls(queue);
}

void Association::flush(EventQueue& queue) {
  const ice::Pair* pair = agent_->selected();
  const ice::Path& path = pair != nullptr ? pair->path : dtls_path_;
  if (!dtls_ || !path.remote.is_set()) return;
  while (const size_t size = dtls_->next_size()) {
    const MutableBytes room = queue.reserve(size);
    if (room.empty()) return;  // the datagram waits in its own queue
    const auto len = dtls_->take(room);
    Event event;
    event.address = path.remote;
    event.local = path.local;
    if (!len || !queue.push(event, *len)) return;
  }
}

void Association::tell_ice(EventQueue& queue, uint64_t now_ns) {
  for (;;) {
    const ice::Event told = agent_->poll();
    if (told.type == ice::EventType::kNone) return;
    Event event;
    event.type = told.type == ice::EventType::kConsentLost ? EventType::kDisconnected
                                                           : EventType::kConnected;
    event.address = told.remote;
    event.local = told.local;
    (void)queue.push(event);
    begin(queue, now_ns);
  }
}

void Association::tell_dtls(EventQueue& queue) {
  if (!dtls_ || is_over_) return;
  const tls::DtlsState state = dtls_->state();
  if (state != tls::DtlsState::kFailed && state != tls::DtlsState::kClosed) return;
  is_over_ = true;
  Event event;
  event.type = EventType::kFailed;
  event.value = static_cast<uint64_t>(-static_cast<int64_t>(to_int(dtls_->failure())));
  (void)queue.push(event);
}

Association::Taken Association::take_stun(ByteView datagram, const Address& from, uint32_t local,
                                          EventQueue& queue, uint64_t now_ns) {
  std::array<uint8_t, ice::kMaxResponse> response;
  const auto len = agent_->receive(datagram, from, local, response, now_ns);
  if (!len) return Taken::kDropped;
  if (*len != 0) {
    const MutableBytes room = queue.reserve(*len);
    if (!room.empty()) {
      std::copy_n(response.begin(), *len, room.begin());
      Event event;
      event.address = from;
      event.local = local;
      (void)queue.push(event, *len);
    }
  }
  tell_ice(queue, now_ns);
  return Taken::kYes;
}

Association::Taken Association::take_dtls(ByteView datagram, const Address& from, uint32_t local,
                                          EventQueue& queue, uint64_t now_ns) {
  // RFC 8445, section 12.2, and RFC 5763, section 6.6: nobody is answered who has not shown that
  // he knows our password.
  const bool is_kept = keep_hello(datagram, from, local, now_ns);
  if (!dtls_) return is_kept ? Taken::kYes : Taken::kDropped;
  if (!agent_->is_authenticated(local, from)) return Taken::kUnauthenticated;
  dtls_path_ = {local, from};
  (void)dtls_->receive(datagram, now_ns);
  flush(queue);
  tell_dtls(queue);
  return Taken::kYes;
}

void Association::advance(EventQueue& queue, uint64_t now_ns) {
  agent_->advance(now_ns);
  tell_ice(queue, now_ns);
  if (!dtls_) return;
  (void)dtls_->advance(now_ns);
  flush(queue);
  tell_dtls(queue);
}

void Association::close(EventQueue& queue, uint64_t now_ns) {
  if (!dtls_) return;
  is_over_ = true;
  dtls_->close(now_ns);
  flush(queue);
}

uint64_t Association::next_deadline() const {
  const uint64_t ice = agent_->next_deadline();
  return dtls_ ? std::min(ice, dtls_->next_deadline()) : ice;
}

Result<Keys> Association::export_keys() const {
  if (!dtls_) return Status::ERR_WRONG_STATE;
  VOXLOCK_TRY(const tls::SrtpKeys exported, dtls_->export_keys());
  Keys out;
  out.local.suite = out.remote.suite = suite_of(exported.profile);
  if (!out.local.key_and_salt.assign(exported.local.view()) ||
      !out.remote.key_and_salt.assign(exported.remote.view())) {
    return Status::ERR_INTERNAL;
  }
  return out;
}

}  // namespace voxlock::leg
