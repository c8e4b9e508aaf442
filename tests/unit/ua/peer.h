// A peer that is not ours: the test itself writes what it sends and reads what comes back.
#pragma once

#include <sstream>
#include <string>

#include "network.h"

namespace voxlock::test {

inline constexpr std::string_view kSdp =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

inline std::string request(const std::string& method, const std::string& branch,
                           const std::string& more = {}, const std::string& to_tag = {},
                           std::string_view body = {}, int cseq = 1) {
  std::ostringstream out;
  out << method << " sip:bob@bob.example SIP/2.0\r\nVia: SIP/2.0/TCP peer.example;branch=z9hG4bK"
      << branch
      << ";rport\r\nMax-Forwards: 0\r\nFrom: <sip:a@peer.example>;tag=far\r\nTo: "
         "<sip:bob@bob.example>"
      << (to_tag.empty() ? "" : ";tag=" + to_tag) << "\r\nCall-ID: one\r\nCSeq: " << cseq << ' '
      << method << "\r\nContact: <sip:a@peer.example;transport=tcp>\r\n"
      << more << "Content-Length: " << body.size() << "\r\n\r\n"
      << body;
  return out.str();
}

inline int code_of(const std::string& response) {
  return std::stoi(response.substr(8, 3));
}

inline std::string tag_of(const std::string& message) {
  const size_t to = message.find("\r\nTo:");
  const size_t at = message.find(";tag=", to) + 5;
  return message.substr(at, message.find("\r\n", at) - at);
}

struct Bench {
  Bench() : bob(net.add("bob.example")), connection(net.attach(bob)) {}
  std::string ask(const std::string& bytes) {
    bob.sent.clear();
    net.feed(bob, connection, bytes);
    return bob.sent.empty() ? std::string("no answer") : bob.sent.back();
  }
  Network net;
  Phone& bob;
  uint64_t connection;
};

inline const std::string kSdpType = "Content-Type: application/sdp\r\n";

// A final response to what a phone sent last, by a peer of the test.
inline std::string reply_to(const std::string& sent, const std::string& status,
                            const std::string& more = {}) {
  std::string out = "SIP/2.0 " + status + "\r\n";
  for (const char* name : {"Via:", "From:", "Call-ID:", "CSeq:"}) {
    const size_t at = sent.find(name);
    out += sent.substr(at, sent.find("\r\n", at) + 2 - at);
  }
  return out + "To: <sip:x@x.example>;tag=far\r\n" + more + "Content-Length: 0\r\n\r\n";
}

inline ua::Invite invite_on(uint64_t connection) {
  ua::Invite invite;
  invite.to = "sip:carol@carol.example";
  invite.connection = connection;
  invite.sdp = as_bytes(kSdp);
  return invite;
}

// A call of two user agents that was answered: its number at either end. bob is bob.example.
struct CallNumbers {
  uint64_t caller = 0;
  uint64_t callee = 0;
};
inline CallNumbers call_bob(Network& net, Phone& alice, Phone& bob) {
  ua::Invite invite;
  invite.to = "sip:bob@bob.example;transport=tcp";
  invite.sdp = as_bytes(kSdp);
  const auto call = alice.endpoint->invite(invite, net.now);
  REQUIRE(call);
  net.settle();
  const uint64_t incoming = bob.expect(ua::EventType::kIncoming).event.call;
  REQUIRE(bob.endpoint->answer(incoming, as_bytes(kSdp), net.now));
  net.settle();
  return {*call, incoming};
}

inline std::string with(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace voxlock::test
