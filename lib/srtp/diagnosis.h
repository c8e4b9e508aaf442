// Why the packets of a source do not open. A diagnosis decides nothing: it tells the host, and
// where only a counter is behind it tells the caller which one to try (RFC 3711, section 3.3.1).
//
// It is no lever: sources that fail wait in a few slots, a slot asks after kFailures packets in a
// row and then ever more seldom, and all slots together at most kBurst times and once a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/secure.h"
#include "base/time.h"
#include "srtp/session.h"
#include "srtp/tag_check.h"

namespace voxlock::srtp {

// Numbers of the C ABI.
enum class Fault : uint8_t {
  kNone = 0,
  kUnknown = 1,
  kRocAhead = 2,     // the sender's rollover counter is ahead of ours
  kRocBehind = 3,    // behind ours while its sequence numbers go on: it was reset
  kRestarted = 4,    // the source begins again under the same key
  kOldKey = 5,       // a receive key whose overlap is over
  kOtherFork = 6,    // the key of another answer to the same offer
  kOwnKey = 7,       // what we sealed comes back
  kTagLength = 8,    // the key fits, with a tag of the other length
  kMkiPresent = 9,   // an MKI stands in the packets and none was agreed
  kMkiMissing = 10,  // the agreed MKI is not there, or another one
  kPlain = 11        // plain RTP
};

struct Finding {
  Fault fault = Fault::kNone;
  uint32_t ssrc = 0;
  uint32_t rounds = 0;   // by which the counters differ
  uint32_t roc = 0;      // the sender's, where rounds counts
  bool is_news = false;  // another fault than this source was told to have
};

struct DiagnosisStats {
  uint64_t asked = 0;      // diagnoses made
  uint64_t checks = 0;     // tags computed for them
  uint64_t told = 0;       // findings that were news
  uint64_t recovered = 0;  // sources that go on with another counter
  Finding last;            // of the last that was news
};

class Diagnosis {
 public:
  static constexpr uint32_t kFailures = 8;
  static constexpr uint32_t kMostPatience = 1024;  // failures between two questions of a slot
  static constexpr size_t kSlots = 4;
  static constexpr uint32_t kBurst = 4;
  static constexpr size_t kTraces = 4;
  // Rounds that a counter is looked for ahead and behind: six hours of packets of 20 ms.
  static constexpr uint32_t kMostRounds = 16;

  // What the packets of a session pair can be compared with. own: may be nullptr.
  struct Evidence {
    const Session& inbound;
    const Session* own = nullptr;
    size_t frame_len = 0;  // bytes that payloads in clear are multiples of; 0: not known
  };

  // Notes a packet that did not open; now and then answers with what is wrong. now_ns: of the host,
  // which need not be trusted yet.
  std::optional<Finding> on_failure(ByteView packet, Status why, const Evidence& evidence,
                                    uint64_t now_ns);
  // The source opens: what it failed before counts no longer.
  void on_success(uint32_t ssrc) {
    if (used_ != 0) forget(ssrc);
  }
  void on_recovered() { ++stats_.recovered; }
  // Keeps what recognises a receive key that is left, and cannot decrypt. Nothing of AEAD keys.
  void remember(const Session& left, Fault as);

  [[nodiscard]] const DiagnosisStats& stats() const { return stats_; }

 private:
  struct Slot {
    uint32_t ssrc = 0;
    uint32_t failures = 0;  // in a row; 0: the slot is free
    uint32_t ask_at = kFailures;
    uint32_t patience = kFailures;
    uint16_t sequence = 0;    // of the last one
    uint8_t first_byte = 0;   // of its payload
    bool is_constant = true;  // it was the same in all of them
    bool is_framed = true;    // all payloads had the length of frames in clear
    Fault told = Fault::kNone;
  };
  // A key that is gone.
  struct Trace {
    Fault fault = Fault::kNone;
    size_t tag_len = 0;
    size_t mki_len = 0;
    secure::Secret<kAuthKeyLen> auth_key;
  };
  struct Question;

  void forget(uint32_t ssrc);
  Slot& slot_of(uint32_t ssrc);
  bool may_ask(uint64_t now_ns);
  static bool note(Slot& slot, uint16_t sequence, ByteView payload, size_t frame_len);
  static Fault ahead_or_restarted(const Question& question);
  static Fault behind_or_restarted(const Question& question);
  bool is_counter(Question& question);
  bool is_layout(Question& question);
  bool is_own(Question& question);
  bool is_trace(Question& question);
  bool check(TagCheck& key, Question& question, const TagLayout& layout, uint32_t roc);

  std::array<Slot, kSlots> slots_{};
  size_t used_ = 0;
  size_t next_victim_ = 0;
  std::array<Trace, kTraces> traces_{};
  size_t next_trace_ = 0;
  uint64_t latest_ns_ = 0;
  uint64_t refill_at_ns_ = 0;
  uint32_t left_ = kBurst;
  DiagnosisStats stats_;
};

}  // namespace voxlock::srtp
