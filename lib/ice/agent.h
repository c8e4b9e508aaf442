// An ICE-lite agent (RFC 8445, sections 2.5 and 7.3): it answers the checks of a full, controlling
// agent and sends none of its own. Sans-I/O: datagrams in, one response out, events polled.
//
// Nothing but counters changes before a request has shown a right FINGERPRINT, USERNAME and
// MESSAGE-INTEGRITY. Memory is taken when the agent is made and when it is restarted, never for a
// datagram.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/context.h"
#include "base/time.h"
#include "ice/candidate.h"
#include "ice/credentials.h"
#include "ice/error_budget.h"
#include "ice/generation.h"
#include "ice/pair_table.h"
#include "ice/stun.h"

namespace voxlock::ice {

inline constexpr size_t kMaxLocal = 8;
inline constexpr size_t kMaxRemote = 32;  // further ones of the peer are ignored, not refused
// No response is longer: header, eight unknown attributes, ERROR-CODE or an IPv6 address,
// integrity, fingerprint.
inline constexpr size_t kMaxResponse = 128;
inline constexpr uint32_t kMaxErrorsPerSecond = 1000;
// A selected pair counts as silent after two and a half of the longest usual check intervals (2 s
// of pion, 2.5 s of browsers).
inline constexpr uint64_t kSilentNs = 6 * kNsPerSecond;

struct AgentConfig {
  // Where the host's sockets can be reached, most wanted first; the place in this list is the
  // "local" of all calls. 1..kMaxLocal.
  std::span<const Address> local;
  std::string_view ufrag;  // empty, both: made from random
  std::string_view pwd;
  uint64_t consent_ns = 30 * kNsPerSecond;  // RFC 7675, section 5.1
  // Responses 400 and 401 to strangers; 0: none, at most kMaxErrorsPerSecond.
  uint32_t max_errors_per_s = 10;
};

enum class EventType : uint8_t {
  kNone = 0,
  kSelected = 1,         // media goes over this pair from now on
  kConsentLost = 2,      // no check on the selected pair for consent_ns: media must stop
  kConsentRestored = 3,  // a check came again, media may go on
};

struct Event {
  EventType type = EventType::kNone;
  uint32_t local = 0;
  Address remote;
};

// Numbers of datagrams, by what became of them.
struct AgentStats {
  uint64_t checks = 0;            // authenticated and new
  uint64_t repeated = 0;          // retransmissions, answered again and not counted as checks
  uint64_t role_conflicts = 0;    // answered 487
  uint64_t unknown_required = 0;  // answered 420
  uint64_t errors_sent = 0;       // 400 and 401
  uint64_t errors_withheld = 0;   // the same, not sent: too many, or larger than their request
  uint64_t not_stun = 0;          // malformed, no or wrong FINGERPRINT
  uint64_t not_request = 0;       // responses, indications, other methods
  uint64_t bad_request = 0;       // no USERNAME or no MESSAGE-INTEGRITY
  uint64_t bad_username = 0;
  uint64_t bad_integrity = 0;
  uint64_t replayed = 0;  // a transaction seen from another address: not answered
};

class Agent {
 public:
  // ERR_INVALID_ARGUMENT, ERR_ICE_CREDENTIAL, ERR_ENTROPY, ERR_NO_MEMORY.
  static Result<Box<Agent>> create(const Context& context, const AgentConfig& config,
                                   RandomSource& random);

  // Takes a datagram that came to local candidate `local`; response: at least kMaxResponse bytes.
  // Gives the length of what to send back the same way, 0 for nothing. ERR_INVALID_ARGUMENT,
  // ERR_BUFFER_TOO_SMALL, ERR_NO_MEMORY; a datagram to drop is not an error.
  Result<size_t> receive(ByteView datagram, const Address& from, uint32_t local,
                         MutableBytes response, uint64_t now_ns);
  void advance(uint64_t now_ns);
  // When advance must be called, kNever for never.
  [[nodiscard]] uint64_t next_deadline() const;
  // The next event, type kNone for none. A pending event that a newer one outdates is dropped, so
  // there are never more than two.
  Event poll();

  [[nodiscard]] std::string_view local_ufrag() const;
  [[nodiscard]] std::string_view local_pwd() const;
  // A line for each local candidate: "candidate:..." without "a=", "\r\n" behind it.
  void write_candidates(bytes::Writer& out) const;

  // The peer's credentials, from its description. Checks that came before are counted from now on.
  // A changed ufrag without restart() before it replaces what the peer had: its pairs are dropped.
  // ERR_ICE_CREDENTIAL. The password is checked and not kept: a lite agent signs no requests.
  Result<void> set_remote(std::string_view ufrag, std::string_view pwd);
  // A candidate line of the peer. True: kept; false: ignored (TCP, mDNS, another component, or more
  // than kMaxRemote). ERR_ICE_CANDIDATE.
  Result<bool> add_remote_candidate(std::string_view line);

  // ICE restart (RFC 8445, section 9): new local credentials. The old ones are answered and the
  // selected pair carries media until a pair of the new ones is selected. ERR_ENTROPY,
  // ERR_ICE_CREDENTIAL, ERR_NO_MEMORY. ufrag and pwd: empty for random ones.
  Result<void> restart(std::string_view ufrag, std::string_view pwd, RandomSource& random);

  // The pair for media; nothing before a nomination.
  [[nodiscard]] const Pair* selected() const;
  // A bound of the round trip over the selected pair, by how long the peer took from its first
  // check to the nomination; 0 where it nominated at once, or nothing is selected.
  [[nodiscard]] uint64_t rtt_ns() const { return selected_ != nullptr ? selected_->rtt_ns : 0; }
  // False also before anything was selected.
  [[nodiscard]] bool has_consent() const { return has_consent_; }
  // Whether an authenticated check of the peer that set_remote named came this way within
  // consent_ns: what DTLS asks before it reads a handshake from an address.
  [[nodiscard]] bool is_authenticated(uint32_t local, const Address& remote) const;
  // The same of anybody who knows our password, also before set_remote: whoever that is may be
  // another one than the peer.
  [[nodiscard]] bool was_checked(uint32_t local, const Address& remote) const;
  [[nodiscard]] const AgentStats& stats() const { return stats_; }
  // Of everything but counters, time and the error budget.
  [[nodiscard]] uint64_t state_hash() const;

 private:
  friend struct BoxDeleter<Agent>;
  template <typename T, typename... Args>
  friend Box<T> voxlock::make_box(std::pmr::memory_resource&, Args&&...);

  // An authenticated request.
  struct Check {
    const stun::Message& message;
    Generation& generation;
    Path path;
    ByteView peer_ufrag;
  };

  Agent(const Context& context, const AgentConfig& config);

  Result<void> set_local(std::span<const Address> local);
  Result<Box<Generation>> make_generation(std::string_view ufrag, std::string_view pwd,
                                          RandomSource& random);
  // The generation a USERNAME names, and what it says of the peer's ufrag; nullptr for none.
  Generation* find_generation(ByteView username, ByteView& peer_ufrag) const;
  [[nodiscard]] const Generation* find_generation(uint32_t serial) const;
  [[nodiscard]] bool has_live_pair(const Generation* generation, const Path& path) const;

  // agent.cpp: each answers one way.
  Result<size_t> take_request(const stun::Message& message, const Path& path,
                              MutableBytes response);
  Result<size_t> answer_check(const Check& check, MutableBytes response);
  size_t refuse(const stun::Message& message, uint16_t code, MutableBytes response);
  Result<size_t> write_response(const Check& check, uint16_t error, MutableBytes response) const;

  // nomination.cpp: what an authenticated check means.
  void commit(const Check& check);
  void consider(Pair& pair, bool has_flag);
  [[nodiscard]] bool wins(const Pair& pair) const;
  [[nodiscard]] bool has_moved(const Pair& pair) const;
  [[nodiscard]] bool is_silent(const Pair& pair) const;
  [[nodiscard]] uint64_t priority_of(const Pair& pair) const;
  void select(Pair& pair);
  void unselect();
  void adopt_early_pairs();
  void push(EventType type);

  std::pmr::memory_resource& memory_;
  HostTime time_;
  uint64_t consent_ns_;
  std::array<Candidate, kMaxLocal> local_{};
  size_t local_count_ = 0;
  std::array<Candidate, kMaxRemote> remote_{};
  size_t remote_count_ = 0;
  uint32_t last_serial_ = 0;
  Box<Generation> current_;
  Box<Generation> previous_;  // before a restart, until a pair of current_ is selected
  PairTable pairs_;
  TransactionLog log_;
  Pair* selected_ = nullptr;  // in pairs_
  bool has_consent_ = false;
  ErrorBudget errors_;
  std::array<Event, 2> events_{};
  size_t event_count_ = 0;
  AgentStats stats_;
};

}  // namespace voxlock::ice
