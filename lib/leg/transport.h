// How packets of a leg look on the wire. Secure and plain are different types: nothing can turn one
// into the other, and only Leg::apply makes them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "base/time.h"
#include "leg/agreement.h"
#include "srtp/diagnosis.h"

namespace voxlock::leg {

class PlainTransport {
 public:
  Result<size_t> open(ByteView packet, MutableBytes out, bool is_rtcp);
  Result<size_t> seal(ByteView packet, MutableBytes out, bool is_rtcp);
};

// The host carries the media itself, to a peer whose keys are its own affair. Made by
// Leg::create_port alone: no agreement with a peer leads here or away.
class HostTransport {
 public:
  explicit HostTransport(bool is_framed, bool is_protected)
      : is_framed_(is_framed), is_protected_(is_protected) {}
  // Payloads alone; else whole packets of plain RTP.
  [[nodiscard]] bool is_framed() const { return is_framed_; }
  // The host says that it encrypts what it carries.
  [[nodiscard]] bool is_protected() const { return is_protected_; }

 private:
  bool is_framed_;
  bool is_protected_;
};

// The receive key agreed last, and those before it until their time is over: of a rekey, or of
// other branches of a forked call. The one that authenticates a packet wins. The key agreed last
// may be there several times after a rekey, with each rollover counter that the peer may go on
// with, until its first packet decides.
class SecureTransport {
 public:
  // ERR_INVALID_ARGUMENT, ERR_UNSUPPORTED, ERR_NO_MEMORY of srtp::Session::create.
  static Result<SecureTransport> create(const Context& context, const Keys& keys);

  Result<size_t> open(ByteView packet, MutableBytes out, bool is_rtcp);
  Result<size_t> seal(ByteView packet, MutableBytes out, bool is_rtcp);

  // Asks now and then why RTP packets that open refused did not open. frame_len: as in
  // srtp::Diagnosis::Evidence.
  std::optional<srtp::Finding> explain(ByteView packet, Status why, size_t frame_len,
                                       uint64_t now_ns) {
    return diagnosis_.on_failure(packet, why, {*inbound_, &*outbound_, frame_len}, now_ns);
  }
  // Opens a packet whose counter explain found ahead, and follows the counter.
  Result<size_t> open_ahead(ByteView packet, MutableBytes out, uint32_t roc);
  // A packet of the source was opened.
  void on_opened(uint32_t ssrc) { diagnosis_.on_success(ssrc); }
  [[nodiscard]] const srtp::DiagnosisStats& diagnosis() const { return diagnosis_.stats(); }

  // New keys of the transport that goes on. RFC 3711 3.3.1: a rekey does not reset the rollover
  // counter, so the sources that are known keep theirs. Peers that begin with 0 anyway are
  // understood as well. All or nothing.
  struct Rekey {
    std::optional<srtp::Session> outbound;
    std::optional<srtp::Session> inbound;
    std::array<std::optional<srtp::Session>, 2> guesses;
    std::optional<size_t> revived;  // the key lives still, with all that it has seen
    uint32_t ssrc_recv = 0;
  };
  struct Sources {
    uint32_t send = 0;
    uint32_t recv = 0;
    bool is_send_wrapped =
        false;                   // the next packet we send begins another round of sequence numbers
    bool may_recv_wrap = false;  // the peer's next packet may do so
  };
  [[nodiscard]] Result<Rekey> prepare(const Context& context, const Keys& before, const Keys& after,
                                      Sources sources) const;
  // left_as: what a key that is left is known as later.
  void commit(Rekey rekey, uint64_t drop_old_at_ns, srtp::Fault left_as = srtp::Fault::kOldKey);
  void drop_old(uint64_t now_ns);
  [[nodiscard]] uint64_t next_deadline() const;
  // Whether the RTP packet that open gave last was the first one under its key.
  [[nodiscard]] bool is_first_of_key() const { return is_first_of_key_; }

  // Every session with all it knows; times count from now_ns.
  void save(Saver& saver, uint64_t now_ns) const;
  // The statuses of srtp::Session::load.
  static Result<SecureTransport> load(const Context& context, Loader& loader,
                                      srtp::Session::Skip skip, uint64_t now_ns);
  // As srtp::Session::skip_rtcp, of what we send.
  Result<void> skip_rtcp(uint32_t ssrc, uint64_t count) {
    return outbound_->skip_rtcp(ssrc, count);
  }

  [[nodiscard]] srtp::SuiteId suite_send() const { return outbound_->suite().id; }
  [[nodiscard]] srtp::SuiteId suite_recv() const { return inbound_->suite().id; }
  [[nodiscard]] uint64_t state_hash() const;

 private:
  Result<size_t> open_new(ByteView packet, MutableBytes out, bool is_rtcp);
  void forget_guesses();
  void leave(srtp::Session session, uint64_t drop_at_ns);
  void forget_old(size_t index);
  SecureTransport(srtp::Session inbound, srtp::Session outbound)
      : inbound_(std::move(inbound)), outbound_(std::move(outbound)) {}

  std::optional<srtp::Session> inbound_;
  // The key of inbound_ with another rollover counter of ssrc_guessed_.
  std::array<std::optional<srtp::Session>, 2> guesses_;
  uint32_t ssrc_guessed_ = 0;
  // Newest first, none behind an empty one.
  struct Old {
    std::optional<srtp::Session> session;
    uint64_t drop_at_ns = kNever;
  };
  static constexpr size_t kMaxOld = 3;
  std::array<Old, kMaxOld> old_;
  std::optional<srtp::Session> outbound_;
  bool is_key_unheard_ = true;
  bool is_first_of_key_ = false;
  srtp::Diagnosis diagnosis_;
};

// Before the first agreement there is none.
using Transport = std::variant<std::monostate, PlainTransport, SecureTransport, HostTransport>;

}  // namespace voxlock::leg
