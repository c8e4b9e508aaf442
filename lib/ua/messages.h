// The messages the user agent writes. All of them are written into Core::scratch; the view that
// comes back is good until the next one.
#pragma once

#include <cstdint>
#include <string_view>

#include "ua/core.h"

namespace voxlock::ua {

// A message of a peer and where it came from.
struct Incoming {
  const sip::Message& message;
  ByteView raw;
  const Connection& connection;
};

// A request of ours, inside or outside of a dialog.
struct Outgoing {
  sip::Method method = sip::Method::kInvite;
  std::string_view branch;
  uint32_t cseq = 0;
  ByteView sdp;                          // or another body, where type says so
  std::string_view type;                 // of the body; empty: application/sdp
  std::string_view headers;              // further lines, checked by check_headers
  AuthState* auth = nullptr;             // credentials to bring, nullptr for none
  const sip::Message* invite = nullptr;  // an ACK copies its credentials (RFC 3261 22.1)
  uint32_t session_s = 0;                // Session-Expires of an INVITE, 0 for none (RFC 4028)
  std::string_view refresher;            // its parameter; empty: the peer chooses
  uint32_t min_se_s = 0;                 // Min-SE of an INVITE, 0 for none
};
Result<ByteView> write_request(Core& core, const Dialog& dialog, const Connection& connection,
                               const Outgoing& out);

// The same request once more with another CSeq, branch and credentials (RFC 3261 22.2).
// min_se_s: the session it asks for is to last so long at least, 0 for as it was (RFC 4028 7.4).
struct Again {
  const sip::Message& request;
  const Connection& connection;
  std::string_view branch;
  uint32_t cseq;
  AuthState& auth;
  uint32_t min_se_s = 0;
};
Result<ByteView> write_again(Core& core, const Again& again);

// ACK of a failure (RFC 3261 17.1.1.3) and CANCEL (9.1) to a request of ours.
Result<ByteView> write_failure_ack(Core& core, const sip::Message& request,
                                   const sip::Message& response);
Result<ByteView> write_cancel(Core& core, const sip::Message& request);

struct Reply {
  uint16_t code = 200;
  std::string_view reason;  // empty: the RFC's phrase
  std::string_view to_tag;  // empty: none, as for 100
  ByteView sdp;
  uint32_t warn_code = 0;
  std::string_view warning;
  uint32_t retry_after_s = 0;
  std::string_view unsupported;  // option tags, RFC 3261 8.2.2.3
  SessionTimer session;          // Session-Expires of a 2xx to INVITE
  uint32_t min_se_s = 0;         // Min-SE of a 422
  std::string_view headers;      // further lines, checked by check_headers
  bool is_challenge = false;
  bool is_stale = false;
};
Result<ByteView> write_reply(Core& core, const Incoming& in, const Reply& reply);

// ERR_UA_HEADER where a line is malformed or a field that the user agent itself writes.
Result<void> check_headers(std::string_view headers);

// The bits of a message that a stateless response's To tag is made of, so that it stays the same.
Token stateless_tag(const Core& core, const sip::Message& request);

// The session description of a message, empty for none.
std::string_view sdp_of(const sip::Message& message);

// Tells the host about a message: an event with all of it. body: the part of it that the event is
// about, an offer or an answer for instance; empty for none.
void push_message(Core& core, Event event, const Incoming& in, std::string_view body);

// A value without line folds (RFC 3261 7.3.1), written into Core::side.
Result<std::string_view> unfold(Core& core, std::string_view value);

struct PortText {
  explicit PortText(uint16_t port);
  std::array<char, 5> digits;
  size_t len;
  [[nodiscard]] std::string_view view() const { return {digits.data(), len}; }
};

}  // namespace voxlock::ua
