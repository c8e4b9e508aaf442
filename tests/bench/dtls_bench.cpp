// Whole DTLS-SRTP handshakes in memory, both ends: ours, each association with a context, keys and
// certificates of its own, against mbedTLS called bare with settings that were made once.
#include <deque>
#include <functional>

#include "bench/harness.h"
#include "crypto/drbg.h"
#include "tls/mbedtls_compat.h"
#include "unit/tls/dtls_peers.h"

using namespace voxlock;

namespace {

constexpr double kMostOfBare = 1.10;

void must(bool holds) {
  if (!holds) std::abort();
}

using Wire = std::deque<test::Datagram>;

// One end's settings, and a handshake made with them.
class BareEnd {
 public:
  BareEnd(test::TestContext& host, const crypto::Identity& identity, bool is_client)
      : is_client_(is_client) {
    mbedtls_ssl_config_init(&config_);
    mbedtls_x509_crt_init(&certificate_);
    mbedtls_pk_init(&key_);
    RandomSource* const random = &host.random;
    const ByteView certificate = identity.certificate_der(), key = identity.key_der();
    must(mbedtls_x509_crt_parse(&certificate_, certificate.data(), certificate.size()) == 0);
    must(parse_key(key, random) == 0);
    must(mbedtls_ssl_config_defaults(
             &config_, is_client ? MBEDTLS_SSL_IS_CLIENT : MBEDTLS_SSL_IS_SERVER,
             MBEDTLS_SSL_TRANSPORT_DATAGRAM, MBEDTLS_SSL_PRESET_DEFAULT) == 0);
    tls::compat::set_dtls12(&config_);
    mbedtls_ssl_conf_ciphersuites(&config_, tls::compat::kDtlsSuites);
    mbedtls_ssl_conf_authmode(&config_, MBEDTLS_SSL_VERIFY_OPTIONAL);
    mbedtls_ssl_conf_rng(&config_, crypto::random_for_mbedtls, random);
    mbedtls_ssl_conf_session_tickets(&config_, MBEDTLS_SSL_SESSION_TICKETS_DISABLED);
    if (!is_client) mbedtls_ssl_conf_dtls_cookies(&config_, nullptr, nullptr, nullptr);
    must(mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_) == 0);
    must(mbedtls_ssl_conf_dtls_srtp_protection_profiles(&config_, kProfiles) == 0);
  }
  ~BareEnd() {
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&certificate_);
    mbedtls_pk_free(&key_);
  }
  BareEnd(const BareEnd&) = delete;
  BareEnd& operator=(const BareEnd&) = delete;

  void begin(Wire& in, Wire& out) {
    in_ = &in;
    out_ = &out;
    mbedtls_ssl_init(&ssl_);
    must(mbedtls_ssl_setup(&ssl_, &config_) == 0);
    must(!is_client_ || mbedtls_ssl_set_hostname(&ssl_, nullptr) == 0);
    mbedtls_ssl_set_bio(&ssl_, this, on_send, on_receive, nullptr);
    mbedtls_ssl_set_timer_cb(&ssl_, this, on_set_timer, on_get_timer);
    mbedtls_ssl_set_mtu(&ssl_, 1200);
  }
  // False while it waits for the other end.
  bool go_on() {
    const int result = mbedtls_ssl_handshake(&ssl_);
    must(result == 0 || result == MBEDTLS_ERR_SSL_WANT_READ);
    return result == 0;
  }
  void end() { mbedtls_ssl_free(&ssl_); }

 private:
  static constexpr mbedtls_ssl_srtp_profile kProfiles[] = {MBEDTLS_TLS_SRTP_AES128_CM_HMAC_SHA1_80,
                                                           MBEDTLS_TLS_SRTP_UNSET};

  int parse_key(ByteView key, RandomSource* random) {
#if MBEDTLS_VERSION_NUMBER >= 0x03000000
    return mbedtls_pk_parse_key(&key_, key.data(), key.size(), nullptr, 0,
                                crypto::random_for_mbedtls, random);
#else
    (void)random;
    return mbedtls_pk_parse_key(&key_, key.data(), key.size(), nullptr, 0);
#endif
  }
  static int on_send(void* user, const unsigned char* data, size_t size) {
    static_cast<BareEnd*>(user)->out_->emplace_back(data, data + size);
    return static_cast<int>(size);
  }
  static int on_receive(void* user, unsigned char* out, size_t size) {
    Wire& in = *static_cast<BareEnd*>(user)->in_;
    if (in.empty() || in.front().size() > size) return MBEDTLS_ERR_SSL_WANT_READ;
    const test::Datagram one = std::move(in.front());
    in.pop_front();
    std::copy(one.begin(), one.end(), out);
    return static_cast<int>(one.size());
  }
  // Nothing is lost here, so that no timer runs out.
  static void on_set_timer(void* user, uint32_t /*intermediate_ms*/, uint32_t final_ms) {
    static_cast<BareEnd*>(user)->has_timer_ = final_ms != 0;
  }
  static int on_get_timer(void* user) {
    return static_cast<BareEnd*>(user)->has_timer_ ? 0 : -1;
  }

  bool is_client_;
  bool has_timer_ = false;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  mbedtls_x509_crt certificate_;
  mbedtls_pk_context key_;
  Wire* in_ = nullptr;
  Wire* out_ = nullptr;
};

void shake_bare(BareEnd& client, BareEnd& server) {
  Wire to_client, to_server;
  client.begin(to_client, to_server);
  server.begin(to_server, to_client);
  bool is_client_done = false, is_server_done = false;
  while (!is_client_done || !is_server_done) {
    if (!is_client_done) is_client_done = client.go_on();
    if (!is_server_done) is_server_done = server.go_on();
  }
  client.end();
  server.end();
}

void shake_ours(test::DtlsPair& pair) {
  pair.make();
  pair.know();
  pair.talk();
  must(pair.is_connected());
  must(pair.client->export_keys() && pair.server->export_keys());
}

template <typename Shake>
bench::Work repeat(Shake shake) {
  return [shake](size_t n) {
    while (n-- > 0) shake();
  };
}

}  // namespace

VOXLOCK_BENCH(dtls) {
  test::DtlsPair pair;
  BareEnd client(pair.host, pair.client_identity, true);
  BareEnd server(pair.host, pair.server_identity, false);
  const auto ns = bench::measure_ns(
      {repeat([&] { shake_ours(pair); }), repeat([&] { shake_bare(client, server); })}, 15, 60);
  table.add(
      {"dtls: handshake of both ends, against mbedTLS bare", ns[0] / ns[1], "ratio", kMostOfBare});
  table.add({"dtls: handshakes a second and core, both ends on it", 1e9 / ns[0], "handshakes", {}});
}
