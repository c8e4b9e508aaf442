// The user agent server core (RFC 3261 8.2, 9.2, 11.2, 12.2.2, 13.3, 14.2, 15.1.2): requests of
// peers.
#pragma once

#include "ua/core.h"
#include "ua/messages.h"

namespace voxlock::ua {

// A request from the wire.
void on_request(Core& core, const Incoming& in);
// A request that breaks the grammar but can be answered.
void on_malformed(Core& core, const Incoming& in, Status why);
// The connection of an INVITE closed before its final response.
void on_server_failed(Core& core, Transaction& transaction);

// Commands of the host for the INVITE or re-INVITE that waits.
Result<void> send_provisional(Core& core, Call& call, const Reply& reply);
// headers: further lines, checked.
Result<void> send_success(Core& core, Call& call, ByteView sdp, std::string_view headers);
Result<void> send_refusal(Core& core, Call& call, const Reply& reply);

}  // namespace voxlock::ua
