// The DTLS back end over mbedTLS 2.28 and 3.6: DTLS 1.2, profiles AES128_CM_SHA1_80 and _32.
#include <algorithm>

#include "base/beneath.h"
#include "base/secure.h"
#include "base/time.h"
#include "crypto/drbg.h"
#include "tls/credentials.h"
#include "tls/dtls_engine.h"
#include "tls/dtls_record.h"
#include "tls/mbedtls_compat.h"
#include "tls/ssl_status.h"
#include "tls/verify.h"

namespace voxlock::tls {
namespace {

// mbedTLS ends a handshake whose timeout has reached the maximum. Ours goes by the owner's time,
// so this maximum only has to be out of reach.
constexpr uint32_t kUnreachableMs = UINT32_MAX / 2;
constexpr size_t kRandoms = 64;
constexpr size_t kMasterSecret = 48;
// Records under keys are Finished, alerts, and data that nobody asked for.
constexpr size_t kMaxSealedRecord = 2048;
// A Finished message with room to spare.
constexpr size_t kMaxEarlyRecord = 256;

// Never called, for the check is always content.
int on_write_cookie(void*, unsigned char**, unsigned char*, const unsigned char*, size_t) {
  return MBEDTLS_ERR_SSL_INTERNAL_ERROR;
}
int on_check_cookie(void*, const unsigned char*, size_t, const unsigned char*, size_t) {
  return 0;
}

constexpr SrtpProfile kProfiles[] = {SrtpProfile::kAes128CmSha1_80, SrtpProfile::kAes128CmSha1_32};

}  // namespace

struct DtlsEngine::State {
  State(Context& context, const DtlsEngineConfig& config, DatagramQueue& queue)
      : memory(context.arena()),
        output(queue),
        role(config.role),
        mtu(config.mtu),
        first_timeout_ms(static_cast<uint32_t>(config.first_timeout_ns / kNsPerMs)),
        max_timeout_ns(config.max_timeout_ns),
        certificate(copy_with_nul(context.memory(), config.certificate)),
        key(copy_with_nul(context.memory(), config.key)) {
    mbedtls_ssl_config_init(&ssl_config);
    mbedtls_ssl_init(&ssl);
    for (size_t i = 0; i < config.profiles.size(); ++i)
      profiles[i] = static_cast<mbedtls_ssl_srtp_profile>(config.profiles[i]);
  }
  ~State() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&ssl_config);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  Result<void> configure(RandomSource& parent);
  Result<void> set_up();
  Result<DtlsProgress> drive();
  int step();
  Result<DtlsProgress> read_on();
  Status fail(int result);
  void set_timer(uint32_t intermediate_ms, uint32_t final_ms);
  [[nodiscard]] int timer() const;
  int judge(const mbedtls_x509_crt& certificate, int depth, uint32_t* flags);
  void note_sent(ByteView datagram);

  static int on_send(void* user, const unsigned char* data, size_t size);
  static int on_receive(void* user, unsigned char* out, size_t size);
  static void on_set_timer(void* user, uint32_t intermediate_ms, uint32_t final_ms);
  static int on_get_timer(void* user);
  static int on_certificate(void* user, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);
  static void on_keys(void* user, ByteView secret, const uint8_t* client_random,
                      const uint8_t* server_random, mbedtls_tls_prf_types prf);

  std::pmr::memory_resource* memory;  // for mbedTLS
  DatagramQueue& output;
  Role role;
  size_t mtu;
  uint32_t first_timeout_ms;
  uint64_t max_timeout_ns;
  std::pmr::vector<uint8_t> certificate;
  std::pmr::vector<uint8_t> key;
  std::array<mbedtls_ssl_srtp_profile, std::size(kProfiles) + 1> profiles{};

  crypto::Drbg random;
  Credentials credentials;
  mbedtls_ssl_config ssl_config;
  mbedtls_ssl_context ssl;
  compat::KeyHook key_hook{on_keys, this};

  // What is not authentic never reaches the state of mbedTLS.
  enum class Verdict : uint8_t { kAuthentic, kEarly, kForged };
  Verdict check_sealed(ByteView record);
  Result<DtlsProgress> take_sealed(ByteView record);
  Result<DtlsProgress> take_early();

  ByteView pending;  // borrowed for one receive()
  std::array<uint8_t, kMaxSealedRecord> scratch{};
  std::array<uint8_t, kMaxEarlyRecord> early{};
  size_t early_size = 0;
  uint64_t now_ns = 0;
  bool is_timer_set = false;
  uint32_t timer_ms = 0;
  uint64_t intermediate_at_ns = kNever;
  uint64_t final_at_ns = kNever;

  bool is_finished = false;
  bool has_new_certificate = false;
  bool is_peer_weak = false;
  bool has_proved_itself = false;
  uint8_t alert_received = 0;
  uint8_t alert_sent = 0;
  std::optional<CertificateDigests> peer;
  secure::Secret<kMasterSecret> master;
  std::array<uint8_t, kRandoms> randoms{};
  mbedtls_tls_prf_types prf = MBEDTLS_SSL_TLS_PRF_NONE;
};

Result<void> DtlsEngine::State::configure(RandomSource& parent) {
  VOXLOCK_TRY_VOID(random.seed_from(parent));
  VOXLOCK_TRY_VOID(credentials.parse_own(certificate, key, random));
  if (mbedtls_ssl_config_defaults(
          &ssl_config, role == Role::kClient ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
          MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  compat::set_dtls12(&ssl_config);
  mbedtls_ssl_conf_ciphersuites(&ssl_config, compat::kDtlsSuites);
  compat::set_signatures(&ssl_config);
  mbedtls_ssl_conf_cert_profile(&ssl_config, &certificate_profile());
  // The fingerprint decides, not a chain, a date or a usage: OPTIONAL asks for the certificate and
  // leaves the verdict to the owner, who insists on one.
  mbedtls_ssl_conf_authmode(&ssl_config, MBEDTLS_SSL_VERIFY_OPTIONAL);
  mbedtls_ssl_conf_verify(&ssl_config, on_certificate, this);
  mbedtls_ssl_conf_rng(&ssl_config, crypto::random_for_mbedtls,
                       static_cast<RandomSource*>(&random));
  mbedtls_ssl_conf_renegotiation(&ssl_config, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
  mbedtls_ssl_conf_handshake_timeout(&ssl_config, first_timeout_ms, kUnreachableMs);
  // Without keys the window would move by numbers that anybody can write, and a forged record with
  // a high one would shut the peer out. It is on once the handshake is over.
  mbedtls_ssl_conf_dtls_anti_replay(&ssl_config, MBEDTLS_SSL_ANTI_REPLAY_DISABLED);
  if (role == Role::kClient)
    mbedtls_ssl_conf_session_tickets(&ssl_config, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  // The owner does the cookie exchange. Without a check mbedTLS refuses any cookie.
  if (role == Role::kServer)
    mbedtls_ssl_conf_dtls_cookies(&ssl_config, on_write_cookie, on_check_cookie, nullptr);
  if (mbedtls_ssl_conf_own_cert(&ssl_config, &credentials.certificates, &credentials.key) != 0)
    return Status::ERR_NO_MEMORY;
  if (mbedtls_ssl_conf_dtls_srtp_protection_profiles(&ssl_config, profiles.data()) != 0)
    return Status::ERR_UNSUPPORTED;
  return set_up();
}

Result<void> DtlsEngine::State::set_up() {
  if (mbedtls_ssl_setup(&ssl, &ssl_config) != 0) return Status::ERR_NO_MEMORY;
  // No name to send or to check; mbedTLS wants to hear that.
  if (role == Role::kClient && mbedtls_ssl_set_hostname(&ssl, nullptr) != 0)
    return Status::ERR_NO_MEMORY;
  mbedtls_ssl_set_bio(&ssl, this, on_send, on_receive, nullptr);
  mbedtls_ssl_set_timer_cb(&ssl, this, on_set_timer, on_get_timer);
  mbedtls_ssl_set_mtu(&ssl, static_cast<uint16_t>(mtu));
  compat::set_key_hook(&ssl_config, &ssl, &key_hook);
  return {};
}

int DtlsEngine::State::on_send(void* user, const unsigned char* data, size_t size) {
  auto* self = static_cast<State*>(user);
  self->note_sent({data, size});
  // A datagram that found no room is lost, like any other may be; the timer mends it.
  (void)self->output.push({data, size});
  return static_cast<int>(size);
}

// What only the clear part of our own handshake shows.
void DtlsEngine::State::note_sent(ByteView datagram) {
  RecordReader reader(datagram);
  while (const auto record = reader.next()) {
    if (record->epoch != 0) return;
    if (record->type == kAlertRecord && record->body.size() == 2) alert_sent = record->body[1];
    if (record->type == kHandshakeRecord && record->body[0] == kCertificateVerify)
      has_proved_itself = true;
  }
}

int DtlsEngine::State::on_receive(void* user, unsigned char* out, size_t size) {
  auto* self = static_cast<State*>(user);
  const ByteView data = std::exchange(self->pending, {});
  if (data.empty() || data.size() > size) return MBEDTLS_ERR_SSL_WANT_READ;
  std::ranges::copy(data, out);
  return static_cast<int>(data.size());
}

void DtlsEngine::State::on_set_timer(void* user, uint32_t intermediate_ms, uint32_t final_ms) {
  static_cast<State*>(user)->set_timer(intermediate_ms, final_ms);
}

void DtlsEngine::State::set_timer(uint32_t intermediate_ms, uint32_t final_ms) {
  is_timer_set = final_ms != 0;
  timer_ms = final_ms;
  const uint64_t final_ns = std::min(final_ms * kNsPerMs, max_timeout_ns);
  intermediate_at_ns = is_timer_set ? after(now_ns, intermediate_ms * kNsPerMs) : kNever;
  final_at_ns = is_timer_set ? after(now_ns, final_ns) : kNever;
}

int DtlsEngine::State::on_get_timer(void* user) {
  return static_cast<State*>(user)->timer();
}

// As mbedtls_ssl_get_timer_t wants it: cancelled, none passed, the first passed, both passed.
int DtlsEngine::State::timer() const {
  if (!is_timer_set) return -1;
  if (now_ns >= final_at_ns) return 2;
  return now_ns >= intermediate_at_ns ? 1 : 0;
}

int DtlsEngine::State::on_certificate(void* user, mbedtls_x509_crt* certificate, int depth,
                                      uint32_t* flags) {
  return static_cast<State*>(user)->judge(*certificate, depth, flags);
}

int DtlsEngine::State::judge(const mbedtls_x509_crt& certificate_in, int depth, uint32_t* flags) {
  // RFC 8122, section 6.2: self-signed is as good as any other. The strength of the key still
  // counts, for it signs the handshake.
  const bool is_weak = (*flags & (MBEDTLS_X509_BADCERT_BAD_KEY | MBEDTLS_X509_BADCERT_BAD_PK)) != 0;
  *flags = 0;
  if (depth != 0) return 0;
  auto digests = CertificateDigests::of_der({certificate_in.raw.p, certificate_in.raw.len});
  if (!digests) return MBEDTLS_ERR_SSL_ALLOC_FAILED;
  peer = *digests;
  is_peer_weak = is_weak;
  has_new_certificate = true;
  return 0;
}

void DtlsEngine::State::on_keys(void* user, ByteView secret, const uint8_t* client_random,
                                const uint8_t* server_random, mbedtls_tls_prf_types prf_type) {
  auto* self = static_cast<State*>(user);
  if (!self->master.assign(secret)) return;
  std::copy_n(client_random, kRandoms / 2, self->randoms.begin());
  std::copy_n(server_random, kRandoms / 2, self->randoms.begin() + kRandoms / 2);
  self->prf = prf_type;
}

Status DtlsEngine::State::fail(int result) {
  if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE) alert_received = compat::received_alert(&ssl);
  return status_of_ssl(result);
}

// From the second retransmission on mbedTLS cuts flights to 508 bytes (RFC 6347, section 4.1.1.1),
// which it knows by a timeout above the least one. Our MTU is known to pass, and a peer may have
// kept fragments of the first cut: tell it that this is the least one, so that they stay as they
// were.
int DtlsEngine::State::step() {
  const bool is_due = timer() == 2;
  if (is_due) mbedtls_ssl_conf_handshake_timeout(&ssl_config, timer_ms, kUnreachableMs);
  const int result = mbedtls_ssl_handshake_step(&ssl);
  if (is_due) mbedtls_ssl_conf_handshake_timeout(&ssl_config, first_timeout_ms, kUnreachableMs);
  return result;
}

Result<DtlsProgress> DtlsEngine::State::drive() {
  if (is_finished) return read_on();
  while (!compat::is_done(&ssl)) {
    const int result = step();
    if (result == 0) {
      if (std::exchange(has_new_certificate, false)) return DtlsProgress::kCertificate;
      continue;
    }
    if (result != MBEDTLS_ERR_SSL_WANT_READ && result != MBEDTLS_ERR_SSL_WANT_WRITE)
      return fail(result);
    // A retransmission comes before the input; the timer runs anew after it.
    if (pending.empty()) return DtlsProgress::kWaiting;
  }
  is_finished = true;
  mbedtls_ssl_conf_dtls_anti_replay(&ssl_config, MBEDTLS_SSL_ANTI_REPLAY_ENABLED);
  return DtlsProgress::kFinished;
}

// After the handshake: a repeated flight of the peer makes mbedTLS repeat ours, alerts are told,
// and application data is not ours (RFC 5764, section 4).
Result<DtlsProgress> DtlsEngine::State::read_on() {
  while (true) {
    uint8_t data[512];
    const int result = mbedtls_ssl_read(&ssl, data, sizeof data);
    secure::wipe(data, sizeof data);
    if (result > 0) continue;
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) return DtlsProgress::kClosed;
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE || result == 0)
      return DtlsProgress::kWaiting;
    return fail(result);
  }
}

// mbedTLS ends a handshake that waits for Finished when a record fails its MAC, which anybody can
// bring about. Its own check shows which ones do, and changes nothing but the copy.
DtlsEngine::State::Verdict DtlsEngine::State::check_sealed(ByteView record) {
  if (record.size() > scratch.size()) return Verdict::kForged;
  std::ranges::copy(record, scratch.begin());
  const int result = mbedtls_ssl_check_record(&ssl, scratch.data(), record.size());
  secure::wipe(scratch.data(), record.size());
  if (result == 0) return Verdict::kAuthentic;
  return result == MBEDTLS_ERR_SSL_UNEXPECTED_RECORD && !is_finished ? Verdict::kEarly
                                                                     : Verdict::kForged;
}

Result<DtlsProgress> DtlsEngine::State::take_sealed(ByteView record) {
  const Verdict verdict = check_sealed(record);
  if (verdict == Verdict::kAuthentic) {
    pending = record;
    return drive();
  }
  // It came before the messages that make its keys. The latest one is kept, for a forged one must
  // not keep the place.
  if (verdict == Verdict::kEarly && record.size() <= early.size()) {
    std::ranges::copy(record, early.begin());
    early_size = record.size();
  }
  return drive();
}

// Looks whether the record kept has got its keys.
Result<DtlsProgress> DtlsEngine::State::take_early() {
  const ByteView record(early.data(), early_size);
  const Verdict verdict = check_sealed(record);
  if (verdict == Verdict::kEarly) return DtlsProgress::kWaiting;
  early_size = 0;
  if (verdict == Verdict::kForged) return DtlsProgress::kWaiting;
  pending = record;
  return drive();
}

DtlsEngine::DtlsEngine(Box<State> state) : state_(std::move(state)) {}
DtlsEngine::DtlsEngine(DtlsEngine&&) noexcept = default;
DtlsEngine::~DtlsEngine() = default;

Result<DtlsEngine> DtlsEngine::create(Context& context, const DtlsEngineConfig& config,
                                      DatagramQueue& output) {
  if (config.profiles.size() > std::size(kProfiles) ||
      !std::ranges::all_of(config.profiles, supports)) {
    return Status::ERR_UNSUPPORTED;
  }
  if (!compat::start_library()) return Status::ERR_ENTROPY;
  const beneath::Loan loan(context.arena());
  auto state = make_box<State>(context.memory(), context, config, output);
  VOXLOCK_TRY_VOID(state->configure(context.random()));
  return DtlsEngine(std::move(state));
}

bool DtlsEngine::supports(SrtpProfile profile) {
  return std::ranges::find(kProfiles, profile) != std::end(kProfiles);
}

void DtlsEngine::set_first_timeout(uint64_t timeout_ns) {
  state_->first_timeout_ms = static_cast<uint32_t>(timeout_ns / kNsPerMs);
  mbedtls_ssl_conf_handshake_timeout(&state_->ssl_config, state_->first_timeout_ms, kUnreachableMs);
}

Result<DtlsProgress> DtlsEngine::run(uint64_t now_ns) {
  const beneath::Loan loan(state_->memory);
  State& state = *state_;
  state.now_ns = now_ns;
  const auto progress = state.drive();
  if (!progress || *progress != DtlsProgress::kWaiting || state.early_size == 0) return progress;
  return state.take_early();
}

Result<DtlsProgress> DtlsEngine::receive(const DtlsRecord& record, uint64_t now_ns) {
  const beneath::Loan loan(state_->memory);
  State& state = *state_;
  state.now_ns = now_ns;
  if (record.epoch != 0) return state.take_sealed(record.raw);
  state.pending = record.raw;
  return run(now_ns);
}

uint64_t DtlsEngine::deadline_ns() const {
  return state_->final_at_ns;
}

bool DtlsEngine::expects_hello() const {
  return state_->role == Role::kServer && compat::expects_hello(&state_->ssl);
}

Result<void> DtlsEngine::restart() {
  const beneath::Loan loan(state_->memory);
  State& state = *state_;
  // A reset of mbedTLS's keeps some of what the last hello asked for.
  mbedtls_ssl_free(&state.ssl);
  mbedtls_ssl_init(&state.ssl);
  state.set_timer(0, 0);
  mbedtls_ssl_conf_dtls_anti_replay(&state.ssl_config, MBEDTLS_SSL_ANTI_REPLAY_DISABLED);
  state.is_finished = false;
  state.early_size = 0;
  state.has_new_certificate = false;
  state.peer.reset();
  state.master.wipe();
  return state.set_up();
}

bool DtlsEngine::has_peer_certificate() const {
  return state_->peer.has_value();
}
const CertificateDigests& DtlsEngine::peer() const {
  return *state_->peer;
}
bool DtlsEngine::is_peer_weak() const {
  return state_->is_peer_weak;
}
bool DtlsEngine::has_proved_itself() const {
  return state_->has_proved_itself;
}

Result<SrtpProfile> DtlsEngine::profile() const {
  const auto profile = static_cast<SrtpProfile>(compat::srtp_profile(&state_->ssl));
  if (!supports(profile)) return Status::ERR_DTLS_NO_SRTP;
  return profile;
}

std::string_view DtlsEngine::cipher() const {
  return iana_cipher_name(mbedtls_ssl_get_ciphersuite(&state_->ssl));
}

Result<void> DtlsEngine::export_keying_material(const char* label, MutableBytes out) const {
  const beneath::Loan loan(state_->memory);
  const State& state = *state_;
  if (state.master.empty()) return Status::ERR_WRONG_STATE;
  if (mbedtls_ssl_tls_prf(state.prf, state.master.view().data(), state.master.size(), label,
                          state.randoms.data(), state.randoms.size(), out.data(),
                          out.size()) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  return {};
}

void DtlsEngine::send_fatal_alert(uint8_t description, uint64_t now_ns) {
  const beneath::Loan loan(state_->memory);
  state_->now_ns = now_ns;
  // Where it cannot be sent the peer runs into its own timeout.
  (void)mbedtls_ssl_send_alert_message(&state_->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, description);
  state_->alert_sent = description;
}

void DtlsEngine::send_close_notify(uint64_t now_ns) {
  const beneath::Loan loan(state_->memory);
  state_->now_ns = now_ns;
  (void)mbedtls_ssl_close_notify(&state_->ssl);
}

uint8_t DtlsEngine::alert_received() const {
  return state_->alert_received;
}
uint8_t DtlsEngine::alert_sent() const {
  return state_->alert_sent;
}

}  // namespace voxlock::tls
