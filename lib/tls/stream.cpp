#include "tls/stream.h"

#include <algorithm>
#include <string>

#include "base/beneath.h"
#include "crypto/hash.h"
#include "tls/mbedtls_compat.h"
#include "tls/name.h"
#include "tls/ssl_status.h"
#include "tls/verify.h"

namespace voxlock::tls {
namespace {

// A full record with its header, and the beginning of the next.
constexpr size_t kInputCapacity = 18 * 1024;
constexpr size_t kMaxPlaintext = 16 * 1024;
// Header, explicit nonce, tag, and content type of TLS 1.3, generously.
constexpr size_t kRecordOverhead = 64;
// Room that write() leaves for alerts.
constexpr size_t kAlertReserve = 256;
constexpr size_t kOutputCapacity = 36 * 1024;

int auth_mode(const Settings& settings) {
  if (settings.role == Role::kClient || settings.client_auth == ClientAuth::kRequired)
    return MBEDTLS_SSL_VERIFY_REQUIRED;
  return settings.client_auth == ClientAuth::kOptional ? MBEDTLS_SSL_VERIFY_OPTIONAL
                                                       : MBEDTLS_SSL_VERIFY_NONE;
}

constexpr uint8_t kAlertRecord = 21;

}  // namespace

Result<Box<Stream>> Stream::create(Context& context, std::shared_ptr<const Settings> settings,
                                   std::string_view expected_host) {
  if (settings->role == Role::kClient) {
    if (expected_host.empty()) return Status::ERR_TLS_NO_EXPECTED_NAME;
    if (!is_host(expected_host)) return Status::ERR_INVALID_ARGUMENT;
  }
  auto stream = make_box<Stream>(context.memory(), context, std::move(settings));
  VOXLOCK_TRY_VOID(stream->configure(expected_host));
  return stream;
}

Stream::Stream(Context& context, std::shared_ptr<const Settings> settings)
    : context_(context),
      settings_(std::move(settings)),
      input_(context.memory(), kInputCapacity),
      output_(context.memory(), kOutputCapacity),
      expected_host_(&context.memory()) {
  mbedtls_ssl_config_init(&config_);
  mbedtls_ssl_init(&ssl_);
}

Stream::~Stream() {
  mbedtls_ssl_free(&ssl_);
  mbedtls_ssl_config_free(&config_);
}

Result<void> Stream::configure(std::string_view expected_host) {
  const beneath::Loan loan(context_.arena());
  const bool is_client = settings_->role == Role::kClient;
  VOXLOCK_TRY_VOID(random_.seed_from(context_.random()));
  VOXLOCK_TRY_VOID(credentials_.parse(*settings_, random_));
  if (is_client) expected_host_ = expected_host;
  if (mbedtls_ssl_config_defaults(&config_,
                                  is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
                                  MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  compat::set_versions(&config_, settings_->requires_tls13);
  mbedtls_ssl_conf_ciphersuites(&config_, compat::kSuites);
  compat::set_signatures(&config_);
  mbedtls_ssl_conf_cert_profile(&config_, &certificate_profile());
  mbedtls_ssl_conf_authmode(&config_, auth_mode(*settings_));
  mbedtls_ssl_conf_rng(&config_, crypto::random_for_mbedtls, static_cast<RandomSource*>(&random_));
  mbedtls_ssl_conf_verify(&config_, on_certificate, this);
  mbedtls_ssl_conf_renegotiation(&config_, MBEDTLS_SSL_RENEGOTIATION_DISABLED);
  if (is_client) mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
  if (settings_->verifies_peer())
    mbedtls_ssl_conf_ca_chain(&config_, &credentials_.authorities, nullptr);
  if (!settings_->certificates.empty() &&
      mbedtls_ssl_conf_own_cert(&config_, &credentials_.certificates, &credentials_.key) != 0) {
    return Status::ERR_NO_MEMORY;
  }
  // mbedTLS keeps the list and does not change it.
  if (settings_->alpn[0] != nullptr &&
      mbedtls_ssl_conf_alpn_protocols(&config_, const_cast<const char**>(settings_->alpn.data())) !=
          0) {
    return Status::ERR_INVALID_ARGUMENT;
  }
  if (mbedtls_ssl_setup(&ssl_, &config_) != 0) return Status::ERR_NO_MEMORY;
  // RFC 6066, section 3: no literal addresses and no trailing dot in server_name. The name itself
  // is checked by judge(), so NULL only means that none is sent.
  if (is_client) {
    std::pmr::string sent(expected_host_, &context_.memory());
    if (sent.ends_with('.')) sent.pop_back();
    if (mbedtls_ssl_set_hostname(&ssl_, is_ip_literal(sent) ? nullptr : sent.c_str()) != 0)
      return Status::ERR_NO_MEMORY;
  }
  mbedtls_ssl_set_bio(&ssl_, this, on_send, on_receive, nullptr);
  return {};
}

int Stream::on_send(void* user, const unsigned char* data, size_t size) {
  auto* self = static_cast<Stream*>(user);
  // Only an alert that is not encrypted shows what it says.
  if (size == 7 && data[0] == kAlertRecord) self->alert_sent_ = data[6];
  // mbedTLS counts what it kept back as sent by the next write, which would lose that plaintext.
  // write() leaves room for every answer an honest peer can cause; whoever causes more without
  // taking is cut off.
  if (self->state_ != State::kHandshake && size > self->output_.room())
    return MBEDTLS_ERR_SSL_BUFFER_TOO_SMALL;
  const size_t n = self->output_.push({data, size});
  return n != 0 ? static_cast<int>(n) : MBEDTLS_ERR_SSL_WANT_WRITE;
}

int Stream::on_receive(void* user, unsigned char* out, size_t size) {
  auto* self = static_cast<Stream*>(user);
  const size_t n = self->input_.pop({out, size});
  if (n != 0) return static_cast<int>(n);
  return self->has_ended_ ? 0 : MBEDTLS_ERR_SSL_WANT_READ;
}

Status Stream::fail_with(Status status) {
  state_ = State::kFailed;
  failure_ = status;
  return status;
}

Status Stream::fail(int mbedtls_result) {
  if (mbedtls_result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE)
    alert_received_ = compat::received_alert(&ssl_);
  return fail_with(classify(mbedtls_result));
}

Status Stream::classify(int mbedtls_result) const {
  if (certificate_status_ != Status::OK) return certificate_status_;
  // mbedTLS looks at the key usages after judge(); without a verdict every bit is set.
  constexpr uint32_t kUsage = MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
  const uint32_t verdict = mbedtls_ssl_get_verify_result(&ssl_);
  if (has_peer_certificate_ && verdict != UINT32_MAX && (verdict & kUsage) != 0)
    return Status::ERR_TLS_CERT_USAGE;
  const uint8_t alert = alert_received_ != 0 ? alert_received_ : alert_sent_;
  if (alert == MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL) return Status::ERR_TLS_ALPN;
  if (alert == MBEDTLS_SSL_ALERT_MSG_PROTOCOL_VERSION) return Status::ERR_TLS_VERSION;
  return status_of_ssl(mbedtls_result);
}

Result<void> Stream::start(uint64_t now_ns) {
  return advance(now_ns);
}

Result<void> Stream::advance(uint64_t now_ns) {
  if (state_ == State::kFailed) return failure_;
  if (state_ != State::kHandshake) return {};
  const beneath::Loan loan(context_.arena());
  wall_s_ = context_.wall_ns(now_ns) / 1'000'000'000;
  const int result = mbedtls_ssl_handshake(&ssl_);
  if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return {};
  if (result != 0) return fail(result);
  return finish_handshake();
}

Result<void> Stream::finish_handshake() {
  if (settings_->requires_alpn && mbedtls_ssl_get_alpn_protocol(&ssl_) == nullptr) {
    (void)mbedtls_ssl_send_alert_message(&ssl_, MBEDTLS_SSL_ALERT_LEVEL_FATAL,
                                         MBEDTLS_SSL_ALERT_MSG_NO_APPLICATION_PROTOCOL);
    return fail_with(Status::ERR_TLS_ALPN);
  }
  is_peer_verified_ = has_peer_certificate_;
  state_ = State::kOpen;
  return {};
}

Result<size_t> Stream::feed(ByteView ciphertext, uint64_t now_ns) {
  if (state_ == State::kFailed) return failure_;
  if (state_ == State::kClosed || has_ended_) return Status::ERR_TLS_CLOSED;
  const size_t n = input_.push(ciphertext);
  VOXLOCK_TRY_VOID(advance(now_ns));
  return n;
}

Result<void> Stream::end_input(uint64_t now_ns) {
  has_ended_ = true;
  if (state_ == State::kHandshake) return advance(now_ns);
  if (state_ == State::kFailed) return failure_;
  return {};
}

size_t Stream::take(MutableBytes out) {
  return output_.pop(out);
}

Result<size_t> Stream::write(ByteView plaintext) {
  const beneath::Loan loan(context_.arena());
  if (state_ == State::kFailed) return failure_;
  if (state_ == State::kHandshake) return Status::ERR_WRONG_STATE;
  if (state_ != State::kOpen) return Status::ERR_TLS_CLOSED;
  size_t written = 0;
  while (written < plaintext.size() && output_.room() > kAlertReserve + kRecordOverhead) {
    const size_t room = output_.room() - kAlertReserve - kRecordOverhead;
    const size_t n = std::min({plaintext.size() - written, kMaxPlaintext, room});
    const int result = mbedtls_ssl_write(&ssl_, plaintext.data() + written, n);
    if (result <= 0) return fail(result);
    written += static_cast<size_t>(result);
  }
  return written;
}

Result<size_t> Stream::read(MutableBytes out) {
  const beneath::Loan loan(context_.arena());
  if (state_ == State::kFailed) return failure_;
  if (state_ == State::kClosed) return Status::ERR_TLS_CLOSED;
  if (state_ == State::kHandshake || out.empty()) return size_t{0};
  int result = 0;
  do {
    result = mbedtls_ssl_read(&ssl_, out.data(), out.size());
  } while (result == compat::kTicket && compat::kHasTls13);
  if (result > 0) return static_cast<size_t>(result);
  if (result == MBEDTLS_ERR_SSL_WANT_READ || result == MBEDTLS_ERR_SSL_WANT_WRITE) return size_t{0};
  if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
    (void)close();
    state_ = State::kClosed;
    return Status::ERR_TLS_CLOSED;
  }
  return fail(result == 0 ? MBEDTLS_ERR_SSL_CONN_EOF : result);
}

Result<void> Stream::close() {
  const beneath::Loan loan(context_.arena());
  if (state_ == State::kFailed) return failure_;
  if (state_ == State::kHandshake) return Status::ERR_WRONG_STATE;
  if (state_ != State::kOpen) return {};
  const int result = mbedtls_ssl_close_notify(&ssl_);
  if (result != 0) return fail(result);
  state_ = State::kClosing;
  return {};
}

Info Stream::info() const {
  Info info;
  if (compat::is_done(&ssl_) && state_ != State::kHandshake) {
    const std::string_view version = mbedtls_ssl_get_version(&ssl_);
    info.version = version == "TLSv1.3" ? "TLS 1.3" : "TLS 1.2";
    info.cipher = iana_cipher_name(mbedtls_ssl_get_ciphersuite(&ssl_));
    if (const char* alpn = mbedtls_ssl_get_alpn_protocol(&ssl_)) info.alpn = alpn;
  }
  info.is_peer_verified = is_peer_verified_;
  info.has_peer_certificate = has_peer_certificate_;
  info.peer_sha256 = peer_sha256_;
  info.peer_subject = peer_subject_.data();
  info.alert_received = alert_received_;
  info.alert_sent = alert_sent_;
  return info;
}

int Stream::on_certificate(void* user, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
  return static_cast<Stream*>(user)->judge(certificate, depth, flags);
}

// Called once for each certificate of the chain, the leaf last.
int Stream::judge(mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
  const ByteView extensions(certificate->v3_ext.p, certificate->v3_ext.len);
  Status status = judge_flags(flags);
  if (status == Status::OK) {
    status = check_dates(*certificate, wall_s_, settings_->allows_unknown_time, flags);
  }
  if (depth == 0) {
    note_peer(*certificate);
    const bool is_client = settings_->role == Role::kClient;
    if (is_client && status == Status::OK) status = check_names(extensions, expected_host_);
    if (is_client && status == Status::ERR_TLS_CERT_NAME && has_nul_subject(*certificate))
      status = Status::ERR_TLS_CERT_NUL;
    if (status == Status::ERR_TLS_CERT_NAME || status == Status::ERR_TLS_CERT_NUL)
      *flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  }
  if (certificate_status_ == Status::OK) certificate_status_ = status;
  // VERIFY_OPTIONAL would let a bad certificate pass: only a missing one may.
  const bool is_fatal = depth == 0 && certificate_status_ != Status::OK &&
                        settings_->client_auth == ClientAuth::kOptional;
  return is_fatal ? MBEDTLS_ERR_X509_FATAL_ERROR : 0;
}

void Stream::note_peer(const mbedtls_x509_crt& certificate) {
  has_peer_certificate_ = true;
  if (const auto digest =
          crypto::hash(crypto::HashId::kSha256, {certificate.raw.p, certificate.raw.len})) {
    std::copy_n(digest->view().begin(), peer_sha256_.size(), peer_sha256_.begin());
  }
  if (mbedtls_x509_dn_gets(peer_subject_.data(), peer_subject_.size(), &certificate.subject) < 0)
    peer_subject_[0] = '\0';
}

}  // namespace voxlock::tls
