#include "tls/dtls.h"

#include <algorithm>

namespace voxlock::tls {
namespace {

// Three full flights with long certificate chains.
constexpr size_t kOutputCapacity = 16 * 1024;
// More records than an honest flight puts into one datagram.
constexpr size_t kMaxRecords = 64;
// How often one hello may take the place of another. Each costs a signature.
constexpr uint32_t kMaxOtherHellos = 4;
// An alert in the clear may be forged. The handshake has this long to prove it wrong.
constexpr uint64_t kAlertGraceNs = 3 * kNsPerSecond;

constexpr uint8_t kFatal = 2;
constexpr uint8_t kHandshakeFailure = 40;  // RFC 5246, section 7.2
constexpr uint8_t kBadCertificate = 42;
constexpr uint8_t kUnsupportedCertificate = 43;

constexpr SrtpProfile kDefaultProfiles[] = {SrtpProfile::kAes128CmSha1_80};

// Master key and master salt of a profile (RFC 5764, section 4.1.2; RFC 7714, section 14.2).
struct ProfileSizes {
  size_t key;
  size_t salt;
};

constexpr ProfileSizes sizes_of(SrtpProfile profile) {
  switch (profile) {
    case SrtpProfile::kAeadAes128Gcm:
      return {16, 12};
    case SrtpProfile::kAeadAes256Gcm:
      return {32, 12};
    default:
      return {16, 14};
  }
}

Result<void> check(const DtlsConfig& config) {
  if (config.certificate.empty() || config.key.empty() || config.mtu < kMinMtu ||
      config.mtu > kMaxMtu || config.first_timeout_ns < kMinFirstTimeoutNs ||
      config.first_timeout_ns > kMaxFirstTimeoutNs ||
      config.max_timeout_ns < config.first_timeout_ns ||
      config.give_up_ns < config.first_timeout_ns) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  return {};
}

// RFC 5246, section 7.4: what the peer of each role sends before its keys.
bool is_message_for(Role role, uint8_t type) {
  constexpr uint8_t kOfServer[] = {2, 3, 4, 11, 12, 13, 14, 22};
  constexpr uint8_t kOfClient[] = {11, 15, 16};
  return role == Role::kClient ? std::ranges::find(kOfServer, type) != std::end(kOfServer)
                               : std::ranges::find(kOfClient, type) != std::end(kOfClient);
}

// A well-formed record of epoch 0 that belongs into a handshake. mbedTLS ends the handshake over
// some that are not.
bool is_clear_flight(Role role, const DtlsRecord& record) {
  if (record.type == kChangeCipherSpecRecord) return record.body.size() == 1 && record.body[0] == 1;
  if (record.type != kHandshakeRecord) return false;
  bytes::Reader reader(record.body);
  while (reader.left() != 0) {
    const auto fragment = read_fragment(reader);
    if (!fragment || !is_message_for(role, fragment->type)) return false;
  }
  return true;
}

}  // namespace

uint64_t Dtls::first_timeout(uint64_t rtt_ns) {
  return std::clamp(rtt_ns, kMinFirstTimeoutNs / 3 + 1, kNsPerSecond / 3) * 3;
}

Dtls::Dtls(Context& context, const DtlsConfig& config)
    : role_(config.role),
      is_address_proven_(config.is_address_proven),
      give_up_ns_(config.give_up_ns),
      max_timeout_ns_(config.max_timeout_ns),
      output_(context.memory(), kOutputCapacity),
      hello_(context.memory()),
      hello_record_(&context.memory()),
      expected_(&context.memory()) {
  expected_.reserve(kMaxFingerprints);
  if (role_ == Role::kServer) {
    hello_.reserve();
    hello_record_.resize(kRecordHeader + kHandshakeHeader + HelloAssembler::kMaxHello);
  }
}

Result<Box<Dtls>> Dtls::create(Context& context, const DtlsConfig& config) {
  VOXLOCK_TRY_VOID(check(config));
  DtlsEngineConfig wanted;
  wanted.role = config.role;
  wanted.certificate = config.certificate;
  wanted.key = config.key;
  wanted.profiles = config.profiles.empty() ? kDefaultProfiles : config.profiles;
  wanted.mtu = config.mtu;
  wanted.first_timeout_ns = config.first_timeout_ns;
  wanted.max_timeout_ns = config.max_timeout_ns;
  auto dtls = make_box<Dtls>(context.memory(), context, config);
  VOXLOCK_TRY_VOID(dtls->cookie_.make_secret(context.random()));
  VOXLOCK_TRY(DtlsEngine engine, DtlsEngine::create(context, wanted, dtls->output_));
  dtls->engine_.emplace(std::move(engine));
  return dtls;
}

Result<void> Dtls::set_first_timeout(uint64_t timeout_ns) {
  if (timeout_ns < kMinFirstTimeoutNs || timeout_ns > std::min(max_timeout_ns_, give_up_ns_))
    return Status::ERR_INVALID_ARGUMENT;
  if (is_started_ || !engine_) return Status::ERR_WRONG_STATE;
  engine_->set_first_timeout(timeout_ns);
  return {};
}

Result<void> Dtls::start(uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (state_ == DtlsState::kFailed) return failure_;
  if (is_started_ || !engine_) return {};
  is_started_ = true;
  give_up_at_ns_ = after(now, give_up_ns_);
  return follow(engine_->run(now), now);
}

Result<void> Dtls::receive(ByteView datagram, uint64_t now_ns) {
  VOXLOCK_TRY_VOID(start(now_ns));
  const uint64_t now = time_.now_ns();
  RecordReader reader(datagram);
  for (size_t i = 0; i < kMaxRecords && engine_; ++i) {
    const auto record = reader.next();
    if (!record) break;
    VOXLOCK_TRY_VOID(handle_record(*record, now));
  }
  if (!reader.is_at_end()) ++info_.records_dropped;
  return {};
}

Result<void> Dtls::advance(uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (state_ == DtlsState::kFailed) return failure_;
  if (!engine_ || !is_started_) return {};
  if (now >= give_up_at_ns_) {
    return fail(info_.doubt != Status::OK ? info_.doubt : Status::ERR_DTLS_TIMEOUT);
  }
  if (now < engine_->deadline_ns()) return {};
  return follow(engine_->run(now), now);
}

uint64_t Dtls::next_deadline() const {
  return engine_ ? std::min(engine_->deadline_ns(), give_up_at_ns_) : kNever;
}

Result<size_t> Dtls::take(MutableBytes out) {
  if (output_.next_size() > out.size()) return Status::ERR_BUFFER_TOO_SMALL;
  return output_.pop(out);
}

Result<void> Dtls::expect(std::span<const Fingerprint> fingerprints, uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (fingerprints.empty() || fingerprints.size() > kMaxFingerprints)
    return Status::ERR_INVALID_ARGUMENT;
  if (!engine_ || !expected_.empty()) return Status::ERR_WRONG_STATE;
  expected_.assign(fingerprints.begin(), fingerprints.end());
  return state_ == DtlsState::kUnverified ? open_gate(now) : Result<void>();
}

void Dtls::close(uint64_t now_ns) {
  const uint64_t now = time_.advance(now_ns);
  if (!engine_) return;
  if (state_ != DtlsState::kHandshake) engine_->send_close_notify(now);
  end(DtlsState::kClosed);
}

// Everything secret goes with the engine.
void Dtls::end(DtlsState state) {
  info_ = info();
  state_ = state;
  give_up_at_ns_ = kNever;
  engine_.reset();
  hello_.release();
}

Status Dtls::fail(Status status) {
  failure_ = status;
  end(DtlsState::kFailed);
  return status;
}

Status Dtls::refuse(Status status, uint8_t alert, uint64_t now_ns) {
  engine_->send_fatal_alert(alert, now_ns);
  return fail(status);
}

// What may reach the engine at all. The rest is dropped unseen, whoever sent it.
bool Dtls::admits(const DtlsRecord& record) const {
  // Epoch 1 is the first and, without renegotiation, the last one with keys.
  if (state_ != DtlsState::kHandshake) return record.epoch == 1;
  if (engine_->expects_hello()) return false;
  return record.epoch == 1 || (record.epoch == 0 && is_clear_flight(role_, record));
}

Result<void> Dtls::handle_record(const DtlsRecord& record, uint64_t now_ns) {
  if (state_ == DtlsState::kHandshake && is_client_hello(record)) {
    if (role_ == Role::kServer) return handle_hello(record, now_ns);
    info_.doubt = Status::ERR_DTLS_ROLE;
  }
  if (!admits(record)) {
    ++info_.records_dropped;
    note_alert(record, now_ns);
    return {};
  }
  return follow(engine_->receive(record, now_ns), now_ns);
}

// RFC 6347, section 4.1.2.7 lets us ignore what is not authentic. An alert in the clear is most
// likely true, and may be forged: the handshake goes on, but not for long.
void Dtls::note_alert(const DtlsRecord& record, uint64_t now_ns) {
  if (state_ != DtlsState::kHandshake || engine_->expects_hello() || record.epoch != 0 ||
      record.type != kAlertRecord || record.body.size() != 2 || record.body[0] != kFatal) {
    return;
  }
  info_.alert_received = record.body[1];
  info_.doubt = Status::ERR_TLS_ALERT;
  give_up_at_ns_ = std::min(give_up_at_ns_, after(now_ns, kAlertGraceNs));
}

Result<void> Dtls::handle_hello(const DtlsRecord& record, uint64_t now_ns) {
  bytes::Reader reader(record.body);
  while (reader.left() != 0) {
    const auto fragment = read_fragment(reader);
    if (!fragment || fragment->type != kClientHello) {
      ++info_.records_dropped;
      return {};
    }
    const bool is_whole = fragment->body.size() == fragment->length;
    const ByteView body = is_whole ? fragment->body : hello_.take(*fragment);
    if (body.empty()) continue;
    VOXLOCK_TRY_VOID(try_hello(record, fragment->message_seq, body, now_ns));
  }
  return {};
}

// Takes the body of a whole ClientHello, whichever way it came.
Result<void> Dtls::try_hello(const DtlsRecord& record, uint16_t message_seq, ByteView body,
                             uint64_t now_ns) {
  const auto hello = read_hello(body);
  if (!hello || body.size() > HelloAssembler::kMaxHello) {
    ++info_.records_dropped;
    return {};
  }
  const bool is_other = accepted_hello_ && !secure::equal(hello->random, *accepted_hello_);
  if (is_other && (engine_->has_peer_certificate() || other_hellos_ == kMaxOtherHellos)) {
    ++info_.records_dropped;
    return {};
  }
  if ((is_other || !accepted_hello_) && !is_address_proven_) {
    const auto is_valid = cookie_.is_valid(*hello);
    if (!is_valid) return fail(is_valid.error());
    if (!*is_valid) return ask_for_cookie(*hello, record.sequence);
  }
  if (is_other) {
    ++other_hellos_;
    VOXLOCK_TRY_VOID(begin_again(now_ns));
  }
  return feed_hello(record, message_seq, *hello, body, now_ns);
}

// The one answered before may be a late one of an association that is over: its client hears no
// answer. As long as no certificate has come nothing of the handshake is lost by beginning again.
Result<void> Dtls::begin_again(uint64_t now_ns) {
  accepted_hello_.reset();
  const auto restarted = engine_->restart();
  return restarted ? follow(engine_->run(now_ns), now_ns) : fail(restarted.error());
}

Result<void> Dtls::ask_for_cookie(const HelloView& hello, uint64_t sequence) {
  uint8_t raw[128];
  bytes::Writer writer(raw);
  if (const auto written = cookie_.write_request(hello, sequence, writer); !written)
    return fail(written.error());
  (void)output_.push(writer.written());
  return {};
}

// The hello in one record and one fragment, as mbedTLS wants it and as the Finished messages hash
// it (RFC 6347, section 4.2.6).
Result<void> Dtls::feed_hello(const DtlsRecord& record, uint16_t message_seq,
                              const HelloView& hello, ByteView body, uint64_t now_ns) {
  const auto length = static_cast<uint32_t>(body.size());
  bytes::Writer writer(hello_record_);
  writer.put(record.raw.first(kRecordHeader - 2));
  writer.u16(static_cast<uint16_t>(kHandshakeHeader + length));
  writer.u8(kClientHello);
  writer.u24(length);
  writer.u16(message_seq);
  writer.u24(0);
  writer.u24(length);
  writer.put(body);
  DtlsRecord whole = record;
  whole.raw = writer.written();
  whole.body = whole.raw.subspan(kRecordHeader);
  const bool is_first = engine_->expects_hello();
  const auto progress = engine_->receive(whole, now_ns);
  if (!is_first) return follow(progress, now_ns);
  // Nothing has proved itself yet. A hello that we cannot take leaves everything at its start, for
  // the true peer's may still come.
  if (!progress && progress.error() != Status::ERR_NO_MEMORY) {
    info_.doubt = progress.error();
    info_.alert_sent = engine_->alert_sent();
    return begin_again(now_ns);
  }
  if (!engine_->expects_hello()) std::ranges::copy(hello.random, accepted_hello_.emplace().begin());
  return follow(progress, now_ns);
}

Result<void> Dtls::follow(const Result<DtlsProgress>& progress, uint64_t now_ns) {
  if (!progress) return fail(progress.error());
  switch (*progress) {
    case DtlsProgress::kWaiting:
      return {};
    case DtlsProgress::kCertificate:
      VOXLOCK_TRY_VOID(judge_peer(now_ns));
      return follow(engine_->run(now_ns), now_ns);
    case DtlsProgress::kFinished:
      return finish(now_ns);
    case DtlsProgress::kClosed:
      close(now_ns);
      return {};
  }
  return {};
}

// As soon as the certificate is known, so that a stranger does not even get our Finished.
Result<void> Dtls::judge_peer(uint64_t now_ns) {
  if (engine_->is_peer_weak())
    return refuse(Status::ERR_TLS_CERT_WEAK, kUnsupportedCertificate, now_ns);
  // RFC 8122, section 6.2: bad_certificate.
  if (!expected_.empty() && !engine_->peer().match_any(expected_))
    return refuse(Status::ERR_DTLS_FINGERPRINT, kBadCertificate, now_ns);
  return {};
}

Result<void> Dtls::finish(uint64_t now_ns) {
  // RFC 5763, section 5: both ends show a certificate.
  if (!engine_->has_peer_certificate())
    return refuse(Status::ERR_TLS_CERT_MISSING, kHandshakeFailure, now_ns);
  if (role_ == Role::kClient && !engine_->has_proved_itself())
    return refuse(Status::ERR_DTLS_NOT_MUTUAL, kHandshakeFailure, now_ns);
  const auto profile = engine_->profile();
  if (!profile) return refuse(profile.error(), kHandshakeFailure, now_ns);
  info_.profile = *profile;
  info_.cipher = engine_->cipher();
  info_.doubt = Status::OK;
  info_.alert_received = 0;
  give_up_at_ns_ = kNever;
  hello_.release();
  state_ = DtlsState::kUnverified;
  return expected_.empty() ? Result<void>() : open_gate(now_ns);
}

// The one place that makes media_allowed() true.
Result<void> Dtls::open_gate(uint64_t now_ns) {
  if (!engine_->peer().match_any(expected_))
    return refuse(Status::ERR_DTLS_FINGERPRINT, kBadCertificate, now_ns);
  info_.is_peer_verified = true;
  state_ = DtlsState::kConnected;
  return {};
}

// RFC 5764, section 4.2: client_write_key | server_write_key | client_write_salt |
// server_write_salt.
Result<SrtpKeys> Dtls::export_keys() const {
  if (!media_allowed()) return Status::ERR_WRONG_STATE;
  const ProfileSizes sizes = sizes_of(*info_.profile);
  secure::Secret<2 * SrtpKeys::kMaxKeyAndSalt> material;
  const MutableBytes all = material.resize(2 * (sizes.key + sizes.salt));
  VOXLOCK_TRY_VOID(engine_->export_keying_material("EXTRACTOR-dtls_srtp", all));
  SrtpKeys keys;
  keys.profile = *info_.profile;
  const bool is_client = role_ == Role::kClient;
  for (const bool is_of_client : {true, false}) {
    const size_t index = is_of_client ? 0 : 1;
    auto& to = is_of_client == is_client ? keys.local : keys.remote;
    const MutableBytes out = to.resize(sizes.key + sizes.salt);
    std::ranges::copy(all.subspan(index * sizes.key, sizes.key), out.begin());
    std::ranges::copy(all.subspan(2 * sizes.key + index * sizes.salt, sizes.salt),
                      out.subspan(sizes.key).begin());
  }
  return keys;
}

DtlsInfo Dtls::info() const {
  DtlsInfo out = info_;
  out.datagrams_dropped = output_.dropped();
  if (!engine_) return out;
  if (engine_->has_peer_certificate()) {
    out.has_peer_certificate = true;
    std::ranges::copy(engine_->peer().sha256(), out.peer_sha256.begin());
  }
  if (engine_->alert_received() != 0) out.alert_received = engine_->alert_received();
  if (engine_->alert_sent() != 0) out.alert_sent = engine_->alert_sent();
  return out;
}

uint64_t Dtls::state_hash() const {
  const auto doubt = static_cast<uint64_t>(-static_cast<int64_t>(to_int(info_.doubt)));
  const uint64_t deadline = engine_ ? engine_->deadline_ns() : 0;
  uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const uint64_t word :
       {static_cast<uint64_t>(state_), uint64_t{is_started_}, uint64_t{accepted_hello_.has_value()},
        doubt, give_up_at_ns_, deadline, info_.records_dropped, uint64_t{output_.next_size()}}) {
    hash = (hash ^ word) * 0x100000001b3;
  }
  return hash;
}

}  // namespace voxlock::tls
