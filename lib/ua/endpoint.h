// A SIP user agent (RFC 3261) without sockets, threads or clocks: bytes of connections and commands
// of the host go in, events come out of poll(). Call advance() when next_deadline() is reached.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/archive.h"
#include "base/bytes.h"
#include "base/context.h"
#include "base/result.h"
#include "ua/config.h"
#include "ua/digit.h"
#include "ua/event.h"

namespace voxlock::ua {

struct Core;

struct Invite {
  std::string_view to;            // request URI, sip: or sips:
  std::string_view from;          // URI of the caller; empty: sip:user@host of the config
  std::string_view display_name;  // of the caller, unquoted; may be empty
  std::string_view route;         // URI of an outbound proxy, sent as a Route; may be empty
  uint64_t connection = 0;        // an open connection to use; 0: one to the route's or URI's host
  Transport transport = Transport::kTls;  // of a new connection where the URI does not say
  ByteView sdp;                           // the offer; empty: the peer is asked for one
  std::string_view headers;               // further header lines, each with CRLF; may be empty
};

struct Refusal {
  uint32_t status = 0;         // 300..699
  std::string_view reason;     // empty: the RFC's phrase
  uint32_t warn_code = 0;      // 300..399; 0: no Warning
  std::string_view warning;    // text of the Warning
  uint32_t retry_after_s = 0;  // 0: no Retry-After
};

struct Credentials {
  std::string_view realm;  // the challenge's realm they are for
  std::string_view peer;   // host name of the next hop they are for; empty: any
  std::string_view user;
  std::string_view password;
};

struct Polled {
  size_t events = 0;
  size_t arena_len = 0;
};

struct Stats {
  uint32_t connections = 0;
  uint32_t calls = 0;
  uint32_t transactions = 0;
  uint64_t requests_in = 0;
  uint64_t responses_in = 0;
  uint64_t malformed = 0;         // messages answered 400 or dropped as broken
  uint64_t unmatched = 0;         // responses and ACKs that belong to nothing
  uint64_t refused_by_limit = 0;  // requests answered 503
  uint64_t challenges = 0;        // 401 sent
  uint64_t auth_failures = 0;     // wrong credentials received
};

class Endpoint {
 public:
  // ERR_INVALID_ARGUMENT for a config out of range, ERR_ENTROPY. Throws std::bad_alloc.
  static Result<Box<Endpoint>> create(Context& context, const Config& config);
  explicit Endpoint(Box<Core> core);
  ~Endpoint();
  Endpoint(const Endpoint&) = delete;
  Endpoint& operator=(const Endpoint&) = delete;

  // A connection the host accepted; gives its id. For TLS the handshake is over. peer_host: the
  // address it came from. ERR_LIMIT.
  Result<uint64_t> accept(Transport transport, std::string_view peer_host, uint16_t peer_port,
                          uint64_t now_ns);
  // The connection of a kConnect event is open (and its TLS peer has the name asked for).
  Result<void> connected(uint64_t connection, uint64_t now_ns);
  // A connection ended or could not be opened.
  Result<void> closed(uint64_t connection, uint64_t now_ns);
  // Bytes that arrived; gives how many were taken. Fewer than all: poll, then hand in the rest.
  // ERR_UA_NO_CONNECTION.
  Result<size_t> input(uint64_t connection, ByteView data, uint64_t now_ns);

  // Takes events in order. ERR_BUFFER_TOO_SMALL where the arena is too small for the first; its
  // needed size is in needed_arena().
  Result<Polled> poll(std::span<Event> events, MutableBytes arena, uint64_t now_ns);
  [[nodiscard]] size_t needed_arena() const;
  // kNever also while the output is full: poll() comes first then.
  [[nodiscard]] uint64_t next_deadline() const;
  void advance(uint64_t now_ns);

  // Starts a call; gives its id.
  Result<uint64_t> invite(const Invite& request, uint64_t now_ns);
  // Provisional response (101..199) to an incoming call.
  Result<void> ring(uint64_t call, uint32_t status, ByteView sdp, uint64_t now_ns);
  // Gives the session description that the call waits for: 2xx to an INVITE or re-INVITE, or the
  // answer in the ACK where the peer's 2xx held the offer. ERR_WRONG_STATE where it waits for none.
  Result<void> answer(uint64_t call, ByteView sdp, uint64_t now_ns);
  // With further header lines in the 2xx: ERR_UA_HEADER; ERR_WRONG_STATE where an ACK would carry
  // them.
  Result<void> answer(uint64_t call, ByteView sdp, std::string_view headers, uint64_t now_ns);
  // Refuses the INVITE or re-INVITE that waits. ERR_WRONG_STATE.
  Result<void> reject(uint64_t call, const Refusal& refusal, uint64_t now_ns);
  // Sends a re-INVITE; empty sdp asks for an offer. ERR_UA_PENDING where one is under way.
  Result<void> offer(uint64_t call, ByteView sdp, uint64_t now_ns);
  // Ends a call in any state: CANCEL, BYE, or 603 to an incoming one.
  Result<void> hangup(uint64_t call, uint64_t now_ns);
  // Sends a digit by INFO (RFC 6086). ERR_WRONG_STATE before the call stands, ERR_INVALID_ARGUMENT.
  Result<void> send_digit(uint64_t call, DigitForm form, const Digit& digit, uint64_t now_ns);
  // Asks a peer for its abilities outside of calls; the id comes back in kResult.
  Result<uint64_t> options(const Invite& request, uint64_t now_ns);

  // A call that goes on in another process (checkpoint.cpp): its dialog, without transactions. Its
  // next request opens a connection. save: ERR_UA_NO_CALL, ERR_WRONG_STATE before it stands. load
  // gives its id: ERR_SYNTAX, ERR_LIMIT, ERR_WRONG_STATE where the dialog is here already.
  Result<void> save_call(uint64_t call, bytes::Writer& writer) const;
  Result<uint64_t> load_call(Loader& loader, uint64_t now_ns);

  // As a client: answers challenges. A second call for the same realm and peer replaces; an empty
  // user removes. ERR_LIMIT.
  Result<void> set_credentials(const Credentials& credentials);
  // As a server: a user of our realm. An empty password removes. ERR_LIMIT.
  Result<void> set_account(std::string_view user, std::string_view password);

  [[nodiscard]] Stats stats() const;

 private:
  Box<Core> core_;
};

}  // namespace voxlock::ua
