// What the parts of the user agent share. The parts are functions over this, one topic a file:
// transaction, dialog, call, uac, uas, connection; endpoint.cpp only dispatches.
#pragma once

#include <array>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "ua/authenticator.h"
#include "ua/client_auth.h"
#include "ua/endpoint.h"
#include "ua/index.h"
#include "ua/output.h"
#include "ua/pool.h"
#include "ua/timer.h"
#include "ua/transition.h"

namespace voxlock::ua {

using Buffer = std::pmr::vector<uint8_t>;
using Text = std::pmr::string;

struct Connection {
  Connection(uint64_t its_id, std::pmr::memory_resource& memory, sip::FramerRole role,
             size_t buffer_len)
      : id(its_id), framer(memory, role, buffer_len), peer_host(&memory) {}

  uint64_t id;
  sip::Framer framer;
  Text peer_host;  // the name asked for, or the address it came from
  uint16_t peer_port = 0;
  Transport transport = Transport::kTcp;
  bool is_outbound = false;
  bool is_announced = false;  // outbound: the host was asked to open it
  bool is_open = false;
  bool is_broken = false;  // boundaries of messages are lost, nothing more is read
};

// What the user of a client transaction wants with it.
enum class Purpose : uint8_t {
  kInvite,
  kReinvite,
  kBye,
  kCancel,
  kOptions,
  kForkBye,
  kInfo,
  kServer
};

struct Transaction {
  Transaction(uint64_t its_id, std::pmr::memory_resource& memory)
      : id(its_id),
        key(&memory),
        request(&memory),
        response(&memory),
        local_tag(&memory),
        fork_tags(&memory) {}

  uint64_t id;
  Machine machine = Machine::kClient;
  State state = State::kTrying;
  Purpose purpose = Purpose::kServer;
  bool is_reliable = true;
  bool is_waiting = false;    // for its connection to open
  bool has_failed = false;    // its connection closed; told at the next timer
  uint8_t auth_attempts = 0;  // challenges answered for this request
  uint64_t connection = 0;
  uint64_t call = 0;  // or the id of a request without a call
  uint32_t cseq = 0;
  uint64_t key_hash = 0;
  uint64_t merge_hash = 0;   // 0: not subject to RFC 3261 8.2.2.2
  uint64_t interval_ns = 0;  // of the retransmission timer
  Text key;
  Buffer request;   // as sent, or as received (INVITE only)
  Buffer response;  // server: the last one sent
  Text local_tag;   // server: the To tag of our responses
  // INVITE client: hashes of the To tags of successes that were answered with BYE.
  std::pmr::vector<uint64_t> fork_tags;
  Timer timeout;
  Timer retransmit;
};

struct Dialog {
  explicit Dialog(std::pmr::memory_resource& memory)
      : call_id(&memory),
        local_tag(&memory),
        remote_tag(&memory),
        local(&memory),
        remote(&memory),
        target(&memory),
        routes(&memory) {}

  Text call_id;
  Text local_tag;
  Text remote_tag;
  Text local;                     // name-addr without tag: From of our requests
  Text remote;                    // name-addr without tag: To of our requests
  Text target;                    // URI of the peer's Contact
  std::pmr::vector<Text> routes;  // name-addrs in the order of our Route
  uint32_t local_cseq = 0;
  uint32_t remote_cseq = 0;
  bool has_remote_cseq = false;
};

enum class CallState : uint8_t {
  kCalling,    // our INVITE has no final response
  kIncoming,   // the peer's INVITE waits for the host
  kConnected,  // a 2xx was sent or received
  kEnding,     // told to the host as ended; a BYE is under way
};

// The offer/answer exchange in which a re-INVITE (or the first INVITE) stands.
enum class Exchange : uint8_t {
  kIdle,
  kLocalInvite,   // our re-INVITE has no final response
  kLocalAnswer,   // the peer's 2xx held the offer: the host must give the answer for the ACK
  kRemoteInvite,  // the peer's re-INVITE waits for the host
  kRemoteAck,     // our 2xx waits for its ACK
};

// RFC 4028: how long a session lasts without a refresh.
struct SessionTimer {
  uint32_t interval_s = 0;  // 0: for ever
  bool is_ours = false;     // this side refreshes it
};

struct Call {
  Call(uint64_t its_id, std::pmr::memory_resource& memory)
      : id(its_id), dialog(memory), auth(memory), ack(&memory) {}

  uint64_t id;
  Dialog dialog;
  CallState state = CallState::kCalling;
  Exchange exchange = Exchange::kIdle;
  uint64_t connection = 0;
  uint64_t invite = 0;       // transaction of the INVITE under way, or of the last one
  uint32_t invite_cseq = 0;  // of that INVITE
  uint64_t dialog_hash = 0;
  bool is_secure = false;         // its first INVITE came or went by TLS: nothing else will do
  bool is_caller = false;         // we sent the first INVITE, so we own the Call-ID (RFC 3261 14.1)
  bool is_authenticated = false;  // the peer proved who it is: in-dialog requests must as well
  bool has_provisional = false;
  bool wants_cancel = false;
  bool has_cancelled = false;
  bool wants_bye = false;    // as soon as the ACK is there, RFC 3261 15
  bool offers_late = false;  // the offer of this exchange is in the 2xx
  bool has_failed = false;   // its connection closed and calls do not survive that
  bool has_refresh_begun = false;
  SessionTimer session;
  SessionTimer next_session;  // once the peer's INVITE under way is answered
  uint32_t min_se_s = 0;      // as a 422 asked for
  uint64_t interval_ns = 0;   // of the 2xx retransmission
  AuthState auth;             // as a client
  Buffer ack;                 // of the last 2xx, sent again for its retransmissions
  uint32_t ack_cseq = 0;
  Timer retransmit;
  Timer timeout;
  Timer retry;
  Timer expiry;
};

struct Core {
  Core(Context& context, const Config& settings);

  std::pmr::memory_resource& memory;
  Context& context;
  Config config;  // its texts lie in the strings below
  Text host, user, product;
  crypto::Drbg random;
  KeyedHash hash;
  TimerQueue timers;
  OutputQueue output;
  Pool<Connection> connections;
  Pool<Transaction> transactions;
  Pool<Call> calls;
  Index transaction_index;
  Index merge_index;
  Index call_index;
  Authenticator authenticator;
  CredentialStore credentials;
  Buffer scratch;           // outgoing messages are written here
  size_t scratch_used = 0;  // of it, since it was last wiped
  Buffer side;              // header values that are made of parts
  uint64_t now_ns = 0;
  uint64_t next_request_id = 1;
  bool has_waiting = false;  // a connection opened: requests that waited for it are to be sent
  bool has_unread = false;   // a connection was left with messages, for the output was full
  Stats counters;
};

// Sets now without going back.
inline void set_now(Core& core, uint64_t now_ns) {
  if (now_ns > core.now_ns) core.now_ns = now_ns;
}

// Room in the output for whatever one message, timer or command can cause.
[[nodiscard]] bool has_room(const Core& core);

// Random token of hexadecimal digits, 96 bits.
struct Token {
  std::array<char, 24> chars;
  [[nodiscard]] std::string_view view() const { return {chars.data(), chars.size()}; }
};
Result<Token> make_token(Core& core);

}  // namespace voxlock::ua
