#include "ua/connection.h"

#include "base/text.h"
#include "ua/call.h"
#include "ua/uac.h"
#include "ua/uas.h"

namespace voxlock::ua {
namespace {

struct Hop {
  std::string_view host;
  uint16_t port;
  Transport transport;
};

// RFC 3263 4.1, 4.2 without DNS, which is the host's: transport parameter, sips, then the fallback.
Result<Hop> hop_of(const sip::Uri& uri, HopRules rules) {
  if (!uri.is_sip() || uri.host.empty()) return Status::ERR_UA_URI;
  Hop hop{uri.host, uri.port, rules.fallback};
  const std::string_view transport = uri.params.value("transport");
  const bool needs_tls = rules.needs_tls || uri.scheme == sip::Scheme::kSips;
  if (needs_tls || text::equals_ignore_case(transport, "tls")) {
    hop.transport = Transport::kTls;
  } else if (text::equals_ignore_case(transport, "tcp")) {
    hop.transport = Transport::kTcp;
  } else if (!transport.empty()) {
    return Status::ERR_UA_URI;
  }
  if (!uri.has_port) hop.port = hop.transport == Transport::kTls ? 5061 : 5060;
  const std::string_view maddr = uri.params.value("maddr");
  if (!maddr.empty()) hop.host = maddr;
  return hop;
}

void close(Core& core, Connection& connection) {
  connection.is_broken = true;
  Event event;
  event.type = EventType::kClose;
  event.connection = connection.id;
  event.transport = connection.transport;
  core.output.push(event, {});
}

void take_message(Core& core, const Connection& connection, ByteView raw) {
  sip::Message message;
  const auto result = message.parse(raw, sip::Transport::kStream);
  const Incoming in{message, raw, connection};
  try {
    if (message.is_response() && result) {
      ++core.counters.responses_in;
      on_response_message(core, in);
    } else if (message.is_request() && result) {
      ++core.counters.requests_in;
      on_request(core, in);
    } else {
      ++core.counters.malformed;
      if (message.is_answerable()) on_malformed(core, in, result.error());
    }
  } catch (const std::bad_alloc&) {
    // As if the message had been lost: its sender gives up or tries again.
    ++core.counters.refused_by_limit;
  }
}

// Boundaries are lost: what can be read is answered, and the connection closed (RFC 3261 18.3).
void take_broken(Core& core, Connection& connection, Status why) {
  ++core.counters.malformed;
  sip::Message message;
  const ByteView raw = connection.framer.pending();
  (void)message.parse(raw, sip::Transport::kStream);
  if (message.is_request() && message.is_answerable())
    on_malformed(core, {message, raw, connection}, why);
  close(core, connection);
}

}  // namespace

Result<Connection*> add_connection(Core& core, Transport transport, std::string_view peer_host,
                                   uint16_t peer_port, bool is_outbound) {
  const auto role = is_outbound ? sip::FramerRole::kClient : sip::FramerRole::kServer;
  Connection* made = core.connections.create(core.memory, role, 2 * core.config.limits.message_len);
  if (made == nullptr) return Status::ERR_LIMIT;
  try {
    made->peer_host = peer_host;
  } catch (...) {
    core.connections.destroy(made->id);
    throw;
  }
  made->peer_port = peer_port;
  made->transport = transport;
  made->is_outbound = is_outbound;
  made->is_open = !is_outbound;
  return made;
}

Result<Connection*> connect_to(Core& core, std::string_view text, HopRules rules) {
  const auto uri = sip::parse_uri(text);
  if (!uri) return Status::ERR_UA_URI;
  VOXLOCK_TRY(const Hop hop, hop_of(*uri, rules));
  Connection* found = nullptr;
  core.connections.for_each([&](Connection& candidate) {
    if (candidate.is_outbound && !candidate.is_broken && candidate.transport == hop.transport &&
        candidate.peer_port == hop.port &&
        text::equals_ignore_case(candidate.peer_host, hop.host)) {
      found = &candidate;
    }
  });
  if (found != nullptr) return found;
  return add_connection(core, hop.transport, hop.host, hop.port, true);
}

void announce(Core& core, uint64_t id) {
  Connection* connection = core.connections.find(id);
  if (connection == nullptr || !connection->is_outbound || connection->is_announced) return;
  connection->is_announced = true;
  Event event;
  event.type = EventType::kConnect;
  event.connection = connection->id;
  event.transport = connection->transport;
  event.port = connection->peer_port;
  core.output.push(event, as_bytes(connection->peer_host));
}

ConnectionGuard::~ConnectionGuard() {
  const Connection* connection = core_.connections.find(id_);
  if (connection != nullptr && connection->is_outbound && !connection->is_announced)
    core_.connections.destroy(id_);
}

void connection_opened(Core& core, Connection& connection) {
  connection.is_open = true;
  core.has_waiting = true;
}

void send_waiting(Core& core) {
  if (!core.has_waiting) return;
  core.has_waiting = false;
  core.transactions.for_each([&](Transaction& t) {
    if (!t.is_waiting) return;
    if (has_room(core)) return transaction_opened(core, t);
    core.has_waiting = true;
  });
}

void connection_closed(Core& core, uint64_t id) {
  core.connections.destroy(id);
  core.transactions.for_each([&](Transaction& t) {
    if (t.connection == id) transaction_closed(core, t);
  });
  core.calls.for_each([&](Call& call) {
    if (call.connection == id) call_connection_closed(core, call);
  });
}

bool read_connection(Core& core, Connection& connection) {
  while (!connection.is_broken) {
    if (!has_room(core)) {
      core.has_unread = true;
      return false;
    }
    const auto frame = connection.framer.next();
    if (!frame) {
      take_broken(core, connection, frame.error());
    } else if (frame->kind == sip::FrameKind::kNone) {
      if (connection.framer.pending().size() <= core.config.limits.message_len) return true;
      take_broken(core, connection, Status::ERR_SIP_TOO_LARGE);
    } else if (frame->kind == sip::FrameKind::kPing) {
      transmit(core, connection.id, as_bytes("\r\n"));
    } else if (frame->kind == sip::FrameKind::kMessage) {
      take_message(core, connection, frame->bytes);
      connection.framer.forget();
    }
  }
  return true;
}

void read_connections(Core& core) {
  if (!core.has_unread || !has_room(core)) return;
  core.has_unread = false;
  core.connections.for_each([&](Connection& connection) { read_connection(core, connection); });
}

}  // namespace voxlock::ua
