// The thin line between an association and the library that speaks DTLS for it. A back end with
// DTLS 1.3 or GCM profiles is another .cpp behind this header, chosen in CMake; no name of the
// library stands here.
#pragma once

#include <cstdint>
#include <span>

#include "base/context.h"
#include "base/memory.h"
#include "base/result.h"
#include "tls/datagram_queue.h"
#include "tls/dtls_record.h"
#include "tls/fingerprint.h"
#include "tls/settings.h"

namespace voxlock::tls {

// SRTP protection profiles with their IANA numbers (RFC 5764, section 4.1.2; RFC 7714, 14.2).
enum class SrtpProfile : uint16_t {
  kAes128CmSha1_80 = 0x0001,
  kAes128CmSha1_32 = 0x0002,
  kAeadAes128Gcm = 0x0007,
  kAeadAes256Gcm = 0x0008,
};

struct DtlsEngineConfig {
  Role role = Role::kServer;
  ByteView certificate;  // own chain, leaf first: PEM, or one DER certificate
  ByteView key;          // PEM or DER, not encrypted
  std::span<const SrtpProfile> profiles;
  size_t mtu = 0;
  uint64_t first_timeout_ns = 0;
  uint64_t max_timeout_ns = 0;
};

// Where a handshake stands after a step.
enum class DtlsProgress : uint8_t {
  kWaiting,      // for a record or the time
  kCertificate,  // the peer's certificate has come: judge it, then run() on
  kFinished,     // both Finished messages are verified
  kClosed,       // the peer's close_notify
};

class DtlsEngine {
 public:
  // output: takes every datagram; each is one send of the host.
  // ERR_TLS_BAD_CERTIFICATE, ERR_TLS_BAD_KEY, ERR_NO_MEMORY, ERR_ENTROPY.
  static Result<DtlsEngine> create(Context& context, const DtlsEngineConfig& config,
                                   DatagramQueue& output);
  DtlsEngine(DtlsEngine&&) noexcept;
  DtlsEngine& operator=(DtlsEngine&&) = delete;
  ~DtlsEngine();

  [[nodiscard]] static bool supports(SrtpProfile profile);

  // Before the first run() alone.
  void set_first_timeout(uint64_t timeout_ns);
  // Goes on: begins a client's handshake, retransmits where the time has come. An error is final.
  Result<DtlsProgress> run(uint64_t now_ns);
  // Takes one record. One under keys that is not authentic is dropped, not an error.
  Result<DtlsProgress> receive(const DtlsRecord& record, uint64_t now_ns);
  // When run() is due; kNever for no timer.
  [[nodiscard]] uint64_t deadline_ns() const;

  // A server that has not taken a ClientHello yet.
  [[nodiscard]] bool expects_hello() const;
  // Goes back to the start, all keys wiped. ERR_NO_MEMORY.
  Result<void> restart();

  // From kCertificate on.
  [[nodiscard]] bool has_peer_certificate() const;
  [[nodiscard]] const CertificateDigests& peer() const;
  // The peer's key is too weak to stand for anybody (RSA below 2048 bits, odd curves).
  [[nodiscard]] bool is_peer_weak() const;
  // A client: the server asked for our certificate and we proved that we hold its key.
  [[nodiscard]] bool has_proved_itself() const;

  // From kFinished on. ERR_DTLS_NO_SRTP where no profile was agreed.
  [[nodiscard]] Result<SrtpProfile> profile() const;
  [[nodiscard]] std::string_view cipher() const;
  // RFC 5705 without a context value. ERR_WRONG_STATE before the keys exist, ERR_NO_MEMORY.
  Result<void> export_keying_material(const char* label, MutableBytes out) const;

  void send_fatal_alert(uint8_t description, uint64_t now_ns);
  void send_close_notify(uint64_t now_ns);
  // What the peer's fatal alert said (encrypted ones), 0 for none.
  [[nodiscard]] uint8_t alert_received() const;
  [[nodiscard]] uint8_t alert_sent() const;

 private:
  struct State;
  explicit DtlsEngine(Box<State> state);
  Box<State> state_;
};

}  // namespace voxlock::tls
