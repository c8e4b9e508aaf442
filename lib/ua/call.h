// Calls and their dialogs (RFC 3261 12, 13, 14, 15): what caller and callee have in common.
#pragma once

#include <cstdint>
#include <string_view>

#include "ua/core.h"
#include "ua/messages.h"
#include "ua/transaction.h"

namespace voxlock::ua {

// A call the host may still command: neither gone nor told as ended.
Result<Call*> find_call(Core& core, uint64_t id);
// The call of a request within a dialog (RFC 3261 12.2.2), nullptr for none.
Call* find_dialog(Core& core, const sip::Message& request);
// Makes a call and enters it under its Call-ID and local tag, which the dialog has by then. Throws.
Call* add_call(Core& core, Dialog&& dialog);

// The connection for the call's next request: its own, or a new one to the next hop.
// ERR_UA_NO_CONNECTION, ERR_LIMIT.
Result<Connection*> connection_of(Core& core, const Call& call);

// A call that began over TLS takes nothing that came in the clear.
bool may_carry(const Call& call, const Connection& connection);

// Sends a request within the dialog. ERR_LIMIT, ERR_UA_NO_CONNECTION, ERR_ENTROPY.
struct DialogRequest {
  sip::Method method = sip::Method::kBye;
  Purpose purpose = Purpose::kBye;
  ByteView sdp;
  std::string_view headers;
  std::string_view type = {};  // of another body than a description
};
Result<Transaction*> send_request(Core& core, Call& call, const DialogRequest& request);

// Sends the ACK of a 2xx to our INVITE and keeps it (RFC 3261 13.2.2.4).
Result<void> send_ack(Core& core, Call& call, const Transaction& invite, ByteView sdp);

// Tells the host that the call is over; it goes on silently while a BYE is under way.
void tell_ended(Core& core, Call& call, Cause cause, uint32_t status, const Incoming* in);
// Sends BYE where the dialog stands, tells the host once, and removes the call when nothing is
// left.
void end_call(Core& core, Call& call, Cause cause, uint32_t status);
void remove_call(Core& core, Call& call);

// After a 2xx of ours: sends it again until the ACK comes (RFC 3261 13.3.1.4).
void await_ack(Core& core, Call& call);
void call_timer(Core& core, Call& call, TimerKind kind);
void call_connection_closed(Core& core, Call& call);
// After a 491 the host is told when to offer again (RFC 3261 14.1).
void start_back_off(Core& core, Call& call);

// The route set and target of a dialog (RFC 3261 12.1.1, 12.1.2). Throws std::bad_alloc.
void take_routes(Dialog& dialog, const sip::Message& message, bool is_reversed);
void take_target(Dialog& dialog, const sip::Message& message);

}  // namespace voxlock::ua
