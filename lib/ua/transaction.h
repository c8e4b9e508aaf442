// Client and server transactions (RFC 3261 17, RFC 6026): matching, timers, retransmission. What is
// done in which state stands in the tables of transition.h.
#pragma once

#include <cstdint>
#include <string_view>

#include "ua/core.h"
#include "ua/messages.h"

namespace voxlock::ua {

struct ClientStart {
  sip::Method method = sip::Method::kInvite;
  Purpose purpose = Purpose::kInvite;
  std::string_view branch;  // behind the magic cookie
  uint32_t cseq = 0;
  uint64_t call = 0;
  uint64_t connection = 0;
};
// Sends a request, or holds it until its connection opens. nullptr where the table is full. Throws
// std::bad_alloc; nothing was sent then.
Transaction* start_client(Core& core, const ClientStart& start, ByteView request);

// Starts a server transaction for a request; an INVITE is kept to be answered later. nullptr where
// the table is full.
Transaction* start_server(Core& core, const Incoming& in);

// Sends a response, keeps it for retransmissions and steps the machine; it may end the transaction.
void respond(Core& core, Transaction& transaction, uint16_t code, ByteView response);

// The transaction a message belongs to (RFC 3261 17.1.3, 17.2.3); method: that of the transaction.
Transaction* find_client(Core& core, const sip::Message& response);
Transaction* find_server(Core& core, const sip::Message& request, std::string_view method);
// Another transaction with the same From tag, Call-ID and CSeq: a merged request (8.2.2.2).
bool is_merged(Core& core, const sip::Message& request);
// The request bears a Via of a client transaction of ours: it came round in a loop.
bool is_looped(Core& core, const sip::Message& request);

// A response, a retransmitted request or an ACK arrived.
void transaction_input(Core& core, Transaction& transaction, Input input, const Incoming& in);
void transaction_timer(Core& core, Transaction& transaction, TimerKind kind);
// Its connection opened: what waited goes out.
void transaction_opened(Core& core, Transaction& transaction);
// Its connection closed: the failure is told at the next timer, so that thousands can wait in line.
void transaction_closed(Core& core, Transaction& transaction);
void end_transaction(Core& core, uint64_t id);
// Ends the wait for a final response at a time (RFC 3261 9.1).
void limit_wait(Core& core, Transaction& transaction, uint64_t deadline_ns);

// Puts bytes on the wire. False where the connection is not open.
bool transmit(Core& core, uint64_t connection, ByteView data);

}  // namespace voxlock::ua
