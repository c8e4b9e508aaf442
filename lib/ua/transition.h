// The four transaction state machines of RFC 3261 17 with the corrections of RFC 6026, as tables.
// Nothing here knows messages, connections or clocks: a step says what is to be done.
#pragma once

#include <cstdint>
#include <span>

namespace voxlock::ua {

enum class Machine : uint8_t { kInviteClient, kClient, kInviteServer, kServer };

enum class State : uint8_t {
  kTrying,  // Calling of an INVITE client
  kProceeding,
  kCompleted,
  kConfirmed,  // INVITE server
  kAccepted,   // INVITE, RFC 6026
  kTerminated,
};

enum class Input : uint8_t {
  kProvisional,  // 1xx, received or to be sent
  kSuccess,      // 2xx
  kFailure,      // 300..699
  kRequest,      // retransmission of the request
  kAck,
  kRetransmitTimer,  // A, E, G
  kTimeoutTimer,     // B, F, H
  kLingerTimer,      // D, I, J, K, L, M
  kTransportError,
};

// Sets of actions, done in this order.
enum Action : uint16_t {
  kSend = 1 << 0,            // put the user's message on the wire
  kResend = 1 << 1,          // put the last message on the wire once more
  kSendAck = 1 << 2,         // ACK of a failure, RFC 3261 17.1.1.3
  kPass = 1 << 3,            // hand the message to the user
  kTellTimeout = 1 << 4,     // tell the user that nobody answered
  kTellTransport = 1 << 5,   // tell the user that the connection failed
  kStopRetransmit = 1 << 6,  // A, E, G
  kStopTimeout = 1 << 7,     // B, F, H
  kNextRetransmit = 1 << 8,  // A, E, G again, doubled
  kStartTimeout = 1 << 9,    // H, with G where the transport is unreliable
  kStartLinger = 1 << 10,    // the state ends by itself; at once where linger_ns says 0
};

struct Transition {
  State from;
  Input input;
  State to;
  uint16_t actions;
};

// All rows of a machine; what has no row is ignored in that state.
std::span<const Transition> transitions(Machine machine);

// The row for a state and an input, nullptr for none.
const Transition* find_transition(Machine machine, State state, Input input);

}  // namespace voxlock::ua
