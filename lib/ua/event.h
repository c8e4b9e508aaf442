// What an endpoint tells its host.
#pragma once

#include <cstdint>

#include "ua/config.h"

namespace voxlock::ua {

// The numbers are those of the C ABI.
enum class EventType : uint32_t {
  kTransmit = 1,    // send data on connection
  kConnect = 2,     // open connection to the host named by data, port and transport
  kClose = 3,       // close connection once everything before was sent
  kIncoming = 10,   // a call came in: data is its INVITE; no sdp: the answer shall hold the offer
  kProgress = 11,   // a provisional response to our INVITE: status, sdp may hold an early answer
  kAnswered = 12,   // a 2xx to our INVITE: sdp is the answer, or an offer where ours held none
  kConfirmed = 13,  // the peer's ACK: sdp is its answer where our 2xx held the offer
  kOffer = 14,      // a re-INVITE: sdp is the offer; no sdp: the answer shall hold the offer
  kUpdated = 15,    // a 2xx to our re-INVITE: sdp as in kAnswered
  kRefused = 16,    // our re-INVITE failed with status; the call and its session go on as before
  kRetry = 17,      // the back-off after a 491 is over: offer again if still wanted
  kOfferGone = 18,  // the peer cancelled the re-INVITE of the last kOffer
  kEnded = 19,      // the call is over, its id is no longer valid
  kResult = 20,     // final response, or status 408 or 503, to our OPTIONS; call is its request id
  kRefresh = 21,    // the session wants a re-INVITE, lest it expires (RFC 4028): offer()
  kDigit = 22,      // the peer sent a digit by INFO (RFC 6086): sdp is the body it came in
  kDigitRefused = 23,  // our INFO failed with status: the peer takes no digits that way
};

enum class Cause : uint32_t {
  kNone = 0,
  kLocal = 1,       // the host hung up or rejected
  kRemote = 2,      // BYE from the peer
  kCancelled = 3,   // CANCEL before the answer, by either side
  kRejected = 4,    // final response >= 300 to our INVITE
  kChallenged = 5,  // 401 or 407 and no credentials for the realm, or they were refused
  kTimeout = 6,     // no final response in time
  kNoAck = 7,       // our 2xx was never acknowledged
  kTransport = 8,   // the connection failed
  kProtocol = 9,    // the peer sent what cannot be gone on with
  kLost = 10,       // 481 or 408 within the dialog
  kExpired = 11,    // no one refreshed the session in time (RFC 4028)
};

struct Range {
  uint32_t offset = 0;  // from the start of the arena
  uint32_t len = 0;
};

struct Event {
  EventType type = EventType::kTransmit;
  uint32_t status = 0;  // SIP status code
  uint64_t call = 0;
  uint64_t connection = 0;
  Cause cause = Cause::kNone;
  Transport transport = Transport::kTcp;
  uint32_t port = 0;
  uint32_t retry_after_s = 0;  // Retry-After of a final response, 0 for none
  uint32_t digit = 0;          // of kDigit: 0..9 * # A..D, F for flash
  uint32_t duration_ms = 0;    // of kDigit, 0 where it is not told
  Range data;                  // bytes to send, a host name, or a whole SIP message
  Range sdp;                   // the session description within data
  Range reason;                // the reason phrase within data
  Range warning;               // the first Warning value within data
};

}  // namespace voxlock::ua
