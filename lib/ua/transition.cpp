#include "ua/transition.h"

namespace voxlock::ua {
namespace {

using enum State;
using enum Input;

// RFC 3261 17.1.1.2 figure 5, RFC 6026 8.4 figure 5.
constexpr Transition kInviteClient[] = {
    {kTrying, kRetransmitTimer, kTrying, kResend | kNextRetransmit},
    {kTrying, kTimeoutTimer, kTerminated, kTellTimeout},
    {kTrying, kTransportError, kTerminated, kTellTransport},
    {kTrying, kProvisional, kProceeding, kPass | kStopRetransmit | kStopTimeout},
    {kTrying, kSuccess, kAccepted, kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kTrying, kFailure, kCompleted,
     kSendAck | kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kProceeding, kProvisional, kProceeding, kPass},
    {kProceeding, kSuccess, kAccepted, kPass | kStartLinger},
    {kProceeding, kFailure, kCompleted, kSendAck | kPass | kStartLinger},
    // The user gives up on a CANCEL that brought no final response, RFC 3261 9.1.
    {kProceeding, kTimeoutTimer, kTerminated, kTellTimeout},
    {kProceeding, kTransportError, kTerminated, kTellTransport},
    {kCompleted, kFailure, kCompleted, kSendAck},
    {kCompleted, kTransportError, kTerminated, 0},
    {kCompleted, kLingerTimer, kTerminated, 0},
    {kAccepted, kSuccess, kAccepted, kPass},
    {kAccepted, kLingerTimer, kTerminated, 0},
};

// RFC 3261 17.1.2.2 figure 6.
constexpr Transition kClient[] = {
    {kTrying, kRetransmitTimer, kTrying, kResend | kNextRetransmit},
    {kTrying, kTimeoutTimer, kTerminated, kTellTimeout},
    {kTrying, kTransportError, kTerminated, kTellTransport},
    {kTrying, kProvisional, kProceeding, kPass},
    {kTrying, kSuccess, kCompleted, kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kTrying, kFailure, kCompleted, kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kProceeding, kRetransmitTimer, kProceeding, kResend | kNextRetransmit},
    {kProceeding, kTimeoutTimer, kTerminated, kTellTimeout},
    {kProceeding, kTransportError, kTerminated, kTellTransport},
    {kProceeding, kProvisional, kProceeding, kPass},
    {kProceeding, kSuccess, kCompleted, kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kProceeding, kFailure, kCompleted, kPass | kStopRetransmit | kStopTimeout | kStartLinger},
    {kCompleted, kLingerTimer, kTerminated, 0},
};

// RFC 3261 17.2.1 figure 7, RFC 6026 8.7 figure 7.
constexpr Transition kInviteServer[] = {
    {kProceeding, kRequest, kProceeding, kResend},
    {kProceeding, kProvisional, kProceeding, kSend},
    {kProceeding, kSuccess, kAccepted, kSend | kStartLinger},
    {kProceeding, kFailure, kCompleted, kSend | kStartTimeout},
    {kProceeding, kTransportError, kTerminated, kTellTransport},
    {kCompleted, kRequest, kCompleted, kResend},
    {kCompleted, kRetransmitTimer, kCompleted, kResend | kNextRetransmit},
    {kCompleted, kTimeoutTimer, kTerminated, 0},
    {kCompleted, kTransportError, kTerminated, 0},
    {kCompleted, kAck, kConfirmed, kStopRetransmit | kStopTimeout | kStartLinger},
    {kConfirmed, kLingerTimer, kTerminated, 0},
    {kAccepted, kSuccess, kAccepted, kSend},
    {kAccepted, kAck, kAccepted, kPass},
    {kAccepted, kLingerTimer, kTerminated, 0},
};

// RFC 3261 17.2.2 figure 8.
constexpr Transition kServer[] = {
    {kTrying, kProvisional, kProceeding, kSend},
    {kTrying, kSuccess, kCompleted, kSend | kStartLinger},
    {kTrying, kFailure, kCompleted, kSend | kStartLinger},
    {kTrying, kTransportError, kTerminated, 0},
    {kProceeding, kRequest, kProceeding, kResend},
    {kProceeding, kProvisional, kProceeding, kSend},
    {kProceeding, kSuccess, kCompleted, kSend | kStartLinger},
    {kProceeding, kFailure, kCompleted, kSend | kStartLinger},
    {kProceeding, kTransportError, kTerminated, 0},
    {kCompleted, kRequest, kCompleted, kResend},
    {kCompleted, kTransportError, kTerminated, 0},
    {kCompleted, kLingerTimer, kTerminated, 0},
};

}  // namespace

std::span<const Transition> transitions(Machine machine) {
  switch (machine) {
    case Machine::kInviteClient:
      return kInviteClient;
    case Machine::kClient:
      return kClient;
    case Machine::kInviteServer:
      return kInviteServer;
    case Machine::kServer:
      return kServer;
  }
  return {};
}

const Transition* find_transition(Machine machine, State state, Input input) {
  for (const Transition& row : transitions(machine)) {
    if (row.from == state && row.input == input) return &row;
  }
  return nullptr;
}

}  // namespace voxlock::ua
