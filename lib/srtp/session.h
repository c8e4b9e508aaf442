// SRTP and SRTCP of one master key in one direction, RFC 3711, over the transforms of
// counter_mode.h, aead.h and, for the SRTCP of the suites of AES-CM, libsrtp2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/archive.h"
#include "base/bytes.h"
#include "base/context.h"
#include "base/memory.h"
#include "base/result.h"
#include "base/secure.h"
#include "srtp/aead.h"
#include "srtp/counter_mode.h"
#include "srtp/library.h"
#include "srtp/replay.h"
#include "srtp/suite.h"

namespace voxlock::srtp {

#define VOXLOCK_SRTP_INLINE [[gnu::always_inline]] inline

enum class Direction : uint8_t { kInbound, kOutbound };

// RFC 3711 section 9.2.
inline constexpr uint64_t kMaxRtpLifetime = uint64_t{1} << 48;
inline constexpr uint64_t kMaxRtcpLifetime = uint64_t{1} << 31;
inline constexpr size_t kMaxMkiLen = 128;
inline constexpr uint32_t kMaxSsrcs = 1024;
// How many packets of sources not heard before are tried with a second rollover counter, which a
// flood of forged ones is not to get for nothing.
inline constexpr uint32_t kMaxLateTries = 256;

struct SessionConfig {
  SuiteId suite = SuiteId::kAesCm128HmacSha1_80;
  Direction direction = Direction::kInbound;
  ByteView key_and_salt;                    // exactly the suite's key_and_salt_len(); copied
  ByteView mki;                             // empty: no MKI in packets; at most kMaxMkiLen; copied
  uint32_t replay_window = 128;             // packets, kMinReplayWindow..kMaxReplayWindow
  uint32_t max_ssrcs = 16;                  // 1..kMaxSsrcs
  uint64_t rtp_lifetime = kMaxRtpLifetime;  // packets of all SSRCs together, SDES "lifetime"
  uint64_t rtcp_lifetime = kMaxRtcpLifetime;
  bool is_rtcp_plain = false;  // SDES UNENCRYPTED_SRTCP: SRTCP is authenticated only
};

// Drop counters and what the key has left.
struct SessionStats {
  uint64_t rtp_packets = 0;  // opened or sealed
  uint64_t rtcp_packets = 0;
  uint64_t auth_failed = 0;
  uint64_t replayed = 0;
  uint64_t too_old = 0;
  uint64_t malformed = 0;  // truncated, wrong version, SRTCP E flag against the policy
  uint64_t mki_unknown = 0;
  uint64_t ssrc_refused = 0;  // the table was full
  uint64_t key_expired = 0;
  uint64_t rtp_left = 0;  // packets until the key expires
  uint64_t rtcp_left = 0;
  uint32_t ssrcs = 0;  // in the table
  bool operator==(const SessionStats&) const = default;
};

// Move-only. Keys are wiped when it dies. No allocation per packet but inside libsrtp2, at the
// first SRTCP of each SSRC.
//
// Statuses of open_*: ERR_BUFFER_TOO_SMALL (room for packet.size() is always enough),
// ERR_TRUNCATED, ERR_RTP_VERSION, ERR_SRTP_AUTH, ERR_SRTP_REPLAYED, ERR_SRTP_TOO_OLD, ERR_SRTP_MKI,
// ERR_SRTP_SSRC_LIMIT, ERR_SRTP_KEY_EXPIRED, ERR_SRTP_RTCP_FLAG, ERR_LIMIT (a payload above
// CounterMode::kMaxPayloadLen), ERR_WRONG_STATE (other direction).
// On any of them nothing but a counter has changed and out holds nothing of the packet.
//
// A source is taken to begin in the first round of its sequence numbers or in the second: a
// receiver that misses the first packets of one that began near 65535 finds it all the same.
//
// The SSRC table never evicts: a source forgotten could be replayed from its first packet on. When
// it is full, packets of further sources give ERR_SRTP_SSRC_LIMIT; a rekey makes a new session.
class Session {
 public:
  // ERR_INVALID_ARGUMENT, ERR_UNSUPPORTED (a suite that is not in the table), ERR_NO_MEMORY.
  static Result<Session> create(const Context& context, const SessionConfig& config);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) = delete;
  ~Session();

  // Opens a datagram into out and gives the length of the plain packet. out must not overlap it.
  Result<size_t> open_rtp(ByteView packet, MutableBytes out);
  Result<size_t> open_rtcp(ByteView packet, MutableBytes out);
  // Seals a plain packet into out, which must not overlap it and needs packet.size() +
  // rtp_overhead() or rtcp_overhead() bytes. An index that was used already gives
  // ERR_SRTP_REPLAYED.
  Result<size_t> seal_rtp(ByteView packet, MutableBytes out);
  Result<size_t> seal_rtcp(ByteView packet, MutableBytes out);

  // Bytes that sealing adds.
  [[nodiscard]] size_t rtp_overhead() const { return suite_->rtp_tag_len + mki_.size(); }
  [[nodiscard]] size_t rtcp_overhead() const { return suite_->rtcp_tag_len + mki_.size() + 4; }

  // Sets the rollover counter of a source before its first packet, for a receiver that joins late
  // or a sender that goes on. ERR_WRONG_STATE once a packet of it was opened or sealed (moving the
  // counter then could repeat an index), ERR_SRTP_SSRC_LIMIT.
  Result<void> set_roc(uint32_t ssrc, uint32_t roc);
  // ERR_NOT_FOUND for a source that is not in the table.
  [[nodiscard]] Result<uint32_t> roc(uint32_t ssrc) const;

  // Opens an RTP packet whose sender's counter is known to be ahead of ours, and follows it. roc:
  // what it has to be; the index must lie beyond all that the guess could reach. The statuses of
  // open_rtp.
  Result<size_t> open_rtp_at(ByteView packet, MutableBytes out, uint32_t roc);

  // What a packet that does not open is compared with.
  [[nodiscard]] ByteView key_and_salt() const { return key_.view(); }
  [[nodiscard]] ByteView mki() const { return mki_.view(); }
  [[nodiscard]] size_t mki_len() const { return mki_.size(); }
  // The index that a packet of the source is taken for.
  [[nodiscard]] uint64_t guess(uint32_t ssrc, uint16_t sequence) const;
  // The newest index of the source; nothing before its first packet.
  [[nodiscard]] std::optional<uint64_t> newest(uint32_t ssrc) const;

  // Everything that decides about later packets, keys included.
  void save(Saver& saver) const;
  // What may have been sealed after save, and is not to be sealed again.
  struct Skip {
    uint64_t rtp = 0;
    uint64_t rtcp = 0;
  };
  // Goes on from what save wrote. ERR_SYNTAX, ERR_LIMIT (more than 2^20 SRTCP packets were sealed),
  // ERR_SRTP_KEY_EXPIRED, and the statuses of create.
  static Result<Session> load(const Context& context, Loader& loader, Skip skip);

  // Leaves the first SRTCP indexes of a source out that load did not find: its first packets may
  // have been sealed after save. ERR_WRONG_STATE (other direction), ERR_SRTP_SSRC_LIMIT,
  // ERR_NO_MEMORY.
  Result<void> skip_rtcp(uint32_t ssrc, uint64_t count);

  // What the next packet of the session needs is brought near, while the processor does another:
  // the session first, then what it points to.
  void prefetch() const { fetch(this, kHotLen); }
  void prefetch_state() const {
    if (counter_mode_ != nullptr) fetch(counter_mode_.get(), sizeof(CounterMode));
    if (aead_ != nullptr) fetch(aead_.get(), Aead::kRtpLen);
    if (sources_.size() != 0) fetch(&*sources_.begin(), sizeof(Source));
  }

  [[nodiscard]] const Suite& suite() const { return *suite_; }
  [[nodiscard]] Direction direction() const { return direction_; }
  [[nodiscard]] SessionStats stats() const;
  // A hash of all state that decides about later packets: SSRC table, ROC and replay windows,
  // SRTCP indexes, lifetimes. Drop counters are not in it.
  [[nodiscard]] uint64_t state_hash() const;

 private:
  friend class Batch;
  static constexpr size_t kLineLen = 64;
  // What every packet reads and writes lies in front.
  static constexpr size_t kHotLen = 4 * kLineLen;
  static void fetch(const void* at, size_t len) {
    for (size_t i = 0; i < len; i += kLineLen)
      __builtin_prefetch(static_cast<const uint8_t*>(at) + i);
  }
  struct LibDeleter {
    void operator()(srtp_ctx_t_* session) const noexcept;
  };
  using LibSession = std::unique_ptr<srtp_ctx_t_, LibDeleter>;

  Session(const Context& context, const Suite& suite, const SessionConfig& config);

  // A sealed packet, taken apart without trusting it.
  struct Sealed {
    uint32_t ssrc = 0;
    uint16_t sequence = 0;  // of SRTP
    uint64_t index = 0;     // guessed for SRTP, stated for SRTCP
    size_t header_len = 0;  // of SRTP
    size_t mki_at = 0;
    Source* source = nullptr;  // nullptr: not in the table
  };
  [[nodiscard]] library::Policy policy() const;
  Status drop(Status status);
  // The steps of one packet are inlined where they are taken (session.cpp): a result that is handed
  // over in memory costs as much as the step.
  VOXLOCK_SRTP_INLINE Result<size_t> counted(Result<size_t> result);
  [[nodiscard]] VOXLOCK_SRTP_INLINE Result<Source*> admit(uint32_t ssrc, uint64_t left);
  [[nodiscard]] VOXLOCK_SRTP_INLINE Result<uint64_t> next_rtp_index(const Source* source,
                                                                    uint16_t sequence) const;
  [[nodiscard]] VOXLOCK_SRTP_INLINE Result<void> check_mki(ByteView packet, size_t mki_at) const;
  // Fill sealed, or plain: an aggregate inside a Result is copied by vector loads, which wait for
  // its members that were just stored one by one.
  VOXLOCK_SRTP_INLINE Result<void> take_apart_rtp(ByteView packet, size_t room, Sealed& sealed);
  VOXLOCK_SRTP_INLINE Result<void> inspect_rtp(ByteView packet, size_t room, Sealed& sealed);
  Result<Sealed> inspect_rtcp(ByteView packet);
  [[nodiscard]] VOXLOCK_SRTP_INLINE Result<MutableBytes> copy(ByteView packet, size_t mki_at,
                                                              MutableBytes out) const;
  [[nodiscard]] library::NewSource new_source(const Source* known) const {
    const bool is_known = known != nullptr && known->rtcp.has_any();
    return is_known ? library::NewSource{} : library::NewSource{suite_, memory_};
  }
  VOXLOCK_SRTP_INLINE Result<size_t> unprotect_rtp(ByteView packet, const Sealed& sealed,
                                                   MutableBytes out);
  VOXLOCK_SRTP_INLINE Result<size_t> unprotect_rtcp(ByteView packet, const Sealed& sealed,
                                                    MutableBytes out);
  // A packet that is going to be sealed.
  struct Plain {
    uint32_t ssrc = 0;
    uint64_t index = 0;
    size_t header_len = 0;     // of SRTP
    Source* source = nullptr;  // nullptr: not in the table
  };
  VOXLOCK_SRTP_INLINE Result<void> inspect_plain_rtp(ByteView packet, size_t room, Plain& plain);
  VOXLOCK_SRTP_INLINE size_t protect_rtp(ByteView packet, const Plain& plain, MutableBytes out);
  VOXLOCK_SRTP_INLINE Result<size_t> protect_rtcp(ByteView packet, const Plain& plain,
                                                  MutableBytes out);
  // Puts the MKI into a packet of len bytes that ends with its tag, where it belongs.
  VOXLOCK_SRTP_INLINE size_t add_mki(MutableBytes out, size_t len, size_t tag_len) const;
  // The source, or a new row of the table for it.
  VOXLOCK_SRTP_INLINE Source& present(Source* source, uint32_t ssrc);
  // checkpoint.cpp
  static Result<Source> load_source(Loader& loader);
  Result<void> restore(const Source& saved, Skip skip);
  Result<void> forward_rtcp(Source& source, uint64_t skip);

  [[nodiscard]] bool may_be_late(const Sealed& sealed) const;
  Result<size_t> open_late(ByteView packet, Sealed& sealed, Status first, MutableBytes out);
  VOXLOCK_SRTP_INLINE size_t commit_rtp(const Sealed& sealed, size_t len);
  VOXLOCK_SRTP_INLINE size_t commit_sealed_rtp(const Plain& plain, size_t len);
  // For a batch, of a suite of counter mode: what comes before the tag is computed, and after it.
  Result<Sealed> begin_open(ByteView packet, MutableBytes out, CounterMode::Message& message);
  Result<size_t> finish_open(ByteView packet, Sealed& sealed, CounterMode::Message& message,
                             MutableBytes out);
  Result<Plain> begin_seal(ByteView packet, MutableBytes out, CounterMode::Message& message);
  Result<size_t> finish_seal(const Plain& plain, const CounterMode::Message& message,
                             MutableBytes out);
  VOXLOCK_SRTP_INLINE Result<size_t> try_open_rtp(ByteView packet, MutableBytes out);
  Result<size_t> try_open_rtp_at(ByteView packet, MutableBytes out, uint32_t roc);
  Result<size_t> try_open_rtcp(ByteView packet, MutableBytes out);
  VOXLOCK_SRTP_INLINE Result<size_t> try_seal_rtp(ByteView packet, MutableBytes out);
  Result<size_t> try_seal_rtcp(ByteView packet, MutableBytes out);

  // What every packet needs comes first: it fills two cache lines.
  const Suite* suite_;
  Direction direction_;
  bool is_rtcp_plain_;
  uint32_t replay_window_;
  // Either aead_ or the two others.
  Box<CounterMode> counter_mode_;
  Box<Aead> aead_;
  LibSession lib_;  // SRTCP
  SourceTable sources_;
  uint64_t rtp_left_;
  uint64_t rtcp_left_;
  uint32_t late_tries_left_ = kMaxLateTries;
  std::pmr::memory_resource* memory_;  // for libsrtp2
  SessionStats stats_;
  secure::Secret<kMaxMkiLen> mki_;
  secure::Secret<kMaxKeyAndSaltLen> key_;
};

}  // namespace voxlock::srtp
