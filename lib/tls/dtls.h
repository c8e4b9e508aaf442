// One DTLS-SRTP association (RFC 5763, RFC 5764), sans-I/O: datagrams and the host's time in,
// datagrams out, and the keys of SRTP behind one gate.
#pragma once

#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/memory.h"
#include "base/result.h"
#include "base/secure.h"
#include "base/time.h"
#include "tls/datagram_queue.h"
#include "tls/dtls_cookie.h"
#include "tls/dtls_engine.h"
#include "tls/dtls_record.h"
#include "tls/fingerprint.h"
#include "tls/hello_assembler.h"
#include "tls/settings.h"

namespace voxlock::tls {

enum class DtlsState : uint8_t {
  kHandshake = 1,
  kUnverified = 2,  // the handshake is over, but nobody has told the expected fingerprint yet
  kConnected = 3,   // handshake over and fingerprint matched: the only state with keys
  kClosed = 4,
  kFailed = 5,
};

inline constexpr size_t kMinMtu = 256;
inline constexpr size_t kMaxMtu = 16384;
inline constexpr uint64_t kMinFirstTimeoutNs = 100 * kNsPerMs;
inline constexpr uint64_t kMaxFirstTimeoutNs = 60 * kNsPerSecond;

// Roles follow from the setup attribute (RFC 5763, section 5): active is the client, passive the
// server. Who is what is decided where SDP is. A new association (RFC 8842, section 5.1: tls-id,
// fingerprint or role changed) is a new object.
struct DtlsConfig {
  Role role = Role::kServer;
  ByteView certificate;  // own chain, leaf first: PEM, or one DER certificate
  ByteView key;          // PEM or DER, not encrypted
  // Most wanted first; empty: AES128_CM_SHA1_80, which everybody has (RFC 5764, section 4.1.2).
  std::span<const SrtpProfile> profiles;
  // Bytes of a datagram. 1200 passes every IPv6 path with room for a tunnel.
  size_t mtu = 1200;
  // Before the first retransmission (RFC 6347, section 4.2.4.1: 1 s); first_timeout() makes one of
  // a measured RTT. Doubled each time, up to max_timeout_ns.
  uint64_t first_timeout_ns = kNsPerSecond;
  uint64_t max_timeout_ns = 60 * kNsPerSecond;
  // From start() until the handshake has failed, at least first_timeout_ns.
  uint64_t give_up_ns = 30 * kNsPerSecond;
  // The peer's address is proved by other means, ICE checks: no cookie exchange (RFC 6347, section
  // 4.2.1) is needed. Otherwise the server sends a HelloVerifyRequest first.
  bool is_address_proven = false;
};

struct DtlsInfo {
  std::optional<SrtpProfile> profile;  // once the handshake is over
  std::string_view cipher;             // IANA name, empty before
  bool has_peer_certificate = false;
  bool is_peer_verified = false;
  std::array<uint8_t, 32> peer_sha256{};
  uint8_t alert_received = 0;  // RFC 5246, section 7.2; 0 for none. Not authentic in kHandshake
  uint8_t alert_sent = 0;
  // The last reason to refuse a ClientHello or to doubt the handshake; OK for none. It becomes the
  // failure where the time is over.
  Status doubt = Status::OK;
  uint64_t records_dropped = 0;    // malformed, of a wrong epoch, type or state
  uint64_t datagrams_dropped = 0;  // own ones that nobody took in time
};

// What an SRTP session of each direction needs: master key and salt, one behind the other.
struct SrtpKeys {
  static constexpr size_t kMaxKeyAndSalt = 32 + 14;

  SrtpProfile profile = SrtpProfile::kAes128CmSha1_80;
  secure::Secret<kMaxKeyAndSalt> local;   // seals what we send
  secure::Secret<kMaxKeyAndSalt> remote;  // opens what comes
};

// The order of calls: start(), then receive() and advance() as datagrams and deadlines come; take()
// until it gives 0 after each. An association that is closed or failed has wiped its keys and
// ignores all that comes.
class Dtls {
 public:
  // ERR_INVALID_ARGUMENT (a range), ERR_UNSUPPORTED (a profile), ERR_TLS_BAD_CERTIFICATE,
  // ERR_TLS_BAD_KEY, ERR_NO_MEMORY, ERR_ENTROPY.
  static Result<Box<Dtls>> create(Context& context, const DtlsConfig& config);
  Dtls(Context& context, const DtlsConfig& config);
  Dtls(const Dtls&) = delete;
  Dtls& operator=(const Dtls&) = delete;

  // RFC 6298, section 2.2: three times the first measured RTT, from 100 ms to 1 s.
  static uint64_t first_timeout(uint64_t rtt_ns);

  // Tells the peer's fingerprints, once, before or after the handshake; they never change. Any one
  // that matches is enough (RFC 8122, section 5.1). ERR_INVALID_ARGUMENT (none, more than
  // kMaxFingerprints), ERR_WRONG_STATE (told before, or over), ERR_DTLS_FINGERPRINT (the handshake
  // was with somebody else: the association has failed).
  Result<void> expect(std::span<const Fingerprint> fingerprints, uint64_t now_ns);
  // Changes DtlsConfig::first_timeout_ns before start(). ERR_INVALID_ARGUMENT (its range),
  // ERR_WRONG_STATE (started).
  Result<void> set_first_timeout(uint64_t timeout_ns);
  // A client sends its hello; both begin to count give_up_ns.
  Result<void> start(uint64_t now_ns);
  // Takes a datagram of the peer. What is malformed or not authentic changes nothing but a counter.
  // A failure is final: ERR_DTLS_FINGERPRINT, ERR_DTLS_NO_SRTP, ERR_DTLS_TIMEOUT, ERR_DTLS_ROLE,
  // ERR_DTLS_NOT_MUTUAL, ERR_TLS_CERT_MISSING, ERR_TLS_CERT_WEAK, ERR_TLS_ALERT, ERR_TLS_VERSION,
  // ERR_TLS_NO_SHARED_CIPHER, ERR_TLS_RECORD, ERR_TLS_HANDSHAKE, ERR_NO_MEMORY.
  Result<void> receive(ByteView datagram, uint64_t now_ns);
  // To be called at next_deadline(). The same failures.
  Result<void> advance(uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;
  // The next datagram for the peer; 0 for none. Works after a failure too, for the alert.
  // ERR_BUFFER_TOO_SMALL: next_size() tells, the datagram stays.
  Result<size_t> take(MutableBytes out);
  [[nodiscard]] size_t next_size() const { return output_.next_size(); }
  // Sends close_notify where there is a connection; wipes the keys.
  void close(uint64_t now_ns);

  [[nodiscard]] DtlsState state() const { return state_; }
  [[nodiscard]] Role role() const { return role_; }
  // A server: whether it has answered a ClientHello.
  [[nodiscard]] bool has_hello() const { return accepted_hello_.has_value(); }
  // Why the state is kFailed; OK otherwise.
  [[nodiscard]] Status failure() const { return failure_; }
  // The one gate: the handshake is over, the peer's certificate has an expected fingerprint, and
  // nobody has closed. Media is neither sent nor opened while it is false.
  [[nodiscard]] bool media_allowed() const { return state_ == DtlsState::kConnected; }
  // The keys of both directions (RFC 5764, section 4.2). ERR_WRONG_STATE unless media_allowed().
  [[nodiscard]] Result<SrtpKeys> export_keys() const;
  [[nodiscard]] DtlsInfo info() const;
  // Changes with whatever a datagram that was taken in changes, drop counters among it.
  [[nodiscard]] uint64_t state_hash() const;

 private:
  Status fail(Status status);
  Status refuse(Status status, uint8_t alert, uint64_t now_ns);
  void end(DtlsState state);
  [[nodiscard]] bool admits(const DtlsRecord& record) const;
  Result<void> handle_record(const DtlsRecord& record, uint64_t now_ns);
  void note_alert(const DtlsRecord& record, uint64_t now_ns);
  Result<void> handle_hello(const DtlsRecord& record, uint64_t now_ns);
  Result<void> try_hello(const DtlsRecord& record, uint16_t message_seq, ByteView body,
                         uint64_t now_ns);
  Result<void> ask_for_cookie(const HelloView& hello, uint64_t sequence);
  Result<void> feed_hello(const DtlsRecord& record, uint16_t message_seq, const HelloView& hello,
                          ByteView body, uint64_t now_ns);
  Result<void> begin_again(uint64_t now_ns);
  Result<void> follow(const Result<DtlsProgress>& progress, uint64_t now_ns);
  Result<void> judge_peer(uint64_t now_ns);
  Result<void> finish(uint64_t now_ns);
  Result<void> open_gate(uint64_t now_ns);

  Role role_;
  bool is_address_proven_;
  bool is_started_ = false;
  uint64_t give_up_ns_;
  uint64_t max_timeout_ns_;
  uint64_t give_up_at_ns_ = kNever;
  HostTime time_;
  DatagramQueue output_;
  std::optional<DtlsEngine> engine_;  // none once the association is over
  HelloAssembler hello_;
  std::pmr::vector<uint8_t> hello_record_;
  std::optional<HelloRandom> accepted_hello_;
  uint32_t other_hellos_ = 0;  // that took the place of an accepted one
  DtlsCookie cookie_;
  std::pmr::vector<Fingerprint> expected_;
  DtlsState state_ = DtlsState::kHandshake;
  Status failure_ = Status::OK;
  DtlsInfo info_;
};

}  // namespace voxlock::tls
