// One TLS connection, sans-I/O: ciphertext in and out, plaintext in and out.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include <mbedtls/ssl.h>

#include "base/context.h"
#include "base/memory.h"
#include "base/result.h"
#include "crypto/drbg.h"
#include "tls/byte_queue.h"
#include "tls/credentials.h"
#include "tls/settings.h"

namespace voxlock::tls {

enum class State : uint8_t { kHandshake = 1, kOpen = 2, kClosing = 3, kClosed = 4, kFailed = 5 };

// What the handshake agreed on. Views live as long as the stream.
struct Info {
  std::string_view version;  // "TLS 1.2", empty before the end of the handshake
  std::string_view cipher;   // IANA name
  std::string_view alpn;     // empty where none was agreed
  bool is_peer_verified = false;
  bool has_peer_certificate = false;
  std::array<uint8_t, 32> peer_sha256{};
  std::string_view peer_subject;  // distinguished name as text, cut at 255 bytes
  uint8_t alert_received = 0;     // RFC 5246, section 7.2; 0 for none
  uint8_t alert_sent = 0;
};

// The order of calls: feed() what the transport gave, read() and take() until both give 0, then
// feed() the rest. Every buffer is bounded; a call takes less than it was offered rather than lose
// a byte. Plaintext lies only in mbedTLS's record buffers, which it wipes, and in the caller's.
class Stream {
 public:
  // expected_host: what a client dialled, mandatory there and unused by a server.
  // ERR_TLS_NO_EXPECTED_NAME, ERR_INVALID_ARGUMENT (not a host), ERR_NO_MEMORY, ERR_ENTROPY.
  static Result<Box<Stream>> create(Context& context, std::shared_ptr<const Settings> settings,
                                    std::string_view expected_host);
  Stream(Context& context, std::shared_ptr<const Settings> settings);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Starts a client's handshake. Call it again where take() made room in the middle of a handshake:
  // a flight larger than the output queue then goes on.
  Result<void> start(uint64_t now_ns);
  // Takes ciphertext from the transport; returns how much fitted. Once failed gives that error
  // again.
  Result<size_t> feed(ByteView ciphertext, uint64_t now_ns);
  // The transport ended. ERR_TLS_TRUNCATED where no close_notify came before.
  Result<void> end_input(uint64_t now_ns);
  // Ciphertext for the transport; returns the bytes written, 0 for none. Works after a failure too,
  // for the alert that explains it.
  size_t take(MutableBytes out);
  // Encrypts; returns how much was accepted, 0 while the output is full. ERR_WRONG_STATE before the
  // handshake is over, ERR_TLS_CLOSED after close().
  Result<size_t> write(ByteView plaintext);
  // Decrypts; returns the bytes written, 0 for none yet. ERR_TLS_CLOSED after the peer's
  // close_notify.
  Result<size_t> read(MutableBytes out);
  // Sends close_notify once; reading goes on until the peer's own.
  Result<void> close();

  [[nodiscard]] State state() const { return state_; }
  // Why the state is kFailed; OK otherwise.
  [[nodiscard]] Status failure() const { return failure_; }
  [[nodiscard]] size_t pending_output() const { return output_.size(); }
  [[nodiscard]] Info info() const;

 private:
  Result<void> configure(std::string_view expected_host);
  Result<void> advance(uint64_t now_ns);
  Result<void> finish_handshake();
  Status fail(int mbedtls_result);
  Status fail_with(Status status);
  Status classify(int mbedtls_result) const;
  int judge(mbedtls_x509_crt* certificate, int depth, uint32_t* flags);
  void note_peer(const mbedtls_x509_crt& certificate);

  static int on_send(void* user, const unsigned char* data, size_t size);
  static int on_receive(void* user, unsigned char* out, size_t size);
  static int on_certificate(void* user, mbedtls_x509_crt* certificate, int depth, uint32_t* flags);

  Context& context_;
  std::shared_ptr<const Settings> settings_;
  crypto::Drbg random_;
  Credentials credentials_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context ssl_;
  ByteQueue input_;
  ByteQueue output_;
  std::pmr::string expected_host_;
  State state_ = State::kHandshake;
  Status failure_ = Status::OK;
  Status certificate_status_ = Status::OK;
  uint64_t wall_s_ = 0;
  bool has_ended_ = false;
  bool is_peer_verified_ = false;
  bool has_peer_certificate_ = false;
  uint8_t alert_received_ = 0;
  uint8_t alert_sent_ = 0;
  std::array<uint8_t, 32> peer_sha256_{};
  std::array<char, 256> peer_subject_{};
};

}  // namespace voxlock::tls
