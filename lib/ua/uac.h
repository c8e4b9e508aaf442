// The user agent client core (RFC 3261 8.1, 13.2, 14.1, 15.1.1): requests of ours and their
// responses.
#pragma once

#include "ua/core.h"
#include "ua/digit.h"
#include "ua/messages.h"

namespace voxlock::ua {

Result<uint64_t> start_invite(Core& core, const Invite& request);
Result<uint64_t> start_options(Core& core, const Invite& request);
Result<void> start_reinvite(Core& core, Call& call, ByteView sdp);
// A digit by INFO (RFC 6086).
Result<void> start_digit(Core& core, Call& call, DigitForm form, const Digit& digit);
// CANCEL, at once or as soon as a provisional response came (RFC 3261 9.1).
Result<void> cancel_invite(Core& core, Call& call);
// The host's answer to the offer in a 2xx: it goes into the ACK.
Result<void> answer_in_ack(Core& core, Call& call, ByteView sdp);

// A response from the wire: finds its transaction or drops it.
void on_response_message(Core& core, const Incoming& in);
// Called by client transactions.
void on_response(Core& core, Transaction& transaction, const Incoming& in);
void on_no_response(Core& core, Transaction& transaction, Cause cause);

}  // namespace voxlock::ua
