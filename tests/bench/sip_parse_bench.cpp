// Full parse of one INVITE: From, To, Via, Contact, CSeq, Call-ID and routes structured, and its
// session description where the peer reads one too.
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mime.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sdp.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "bench/harness.h"
#include "sdp/session.h"
#include "sip/message.h"

namespace {

std::string make_invite() {
  const std::string sdp =
      "v=0\r\no=- 3725 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n"
      "m=audio 30000 RTP/SAVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
  return "INVITE sip:+4930123456@gw.example.net:5061;user=phone;transport=tls SIP/2.0\r\n"
         "Via: SIP/2.0/TLS "
         "edge1.carrier.example.com:5061;branch=z9hG4bKa7c6a8dlze.1;rport;received=192.0.2.10\r\n"
         "Via: SIP/2.0/TCP core.carrier.example.com;branch=z9hG4bK77ef4c2312983.1\r\n"
         "Via: SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bKnashds8;rport=5060\r\n"
         "Record-Route: <sip:edge1.carrier.example.com:5061;transport=tls;lr>\r\n"
         "Record-Route: <sip:core.carrier.example.com;transport=tcp;lr>\r\n"
         "Max-Forwards: 67\r\n"
         "From: \"Alice Example\" "
         "<sip:+49301111111@carrier.example.com;user=phone>;tag=9fxced76sl\r\n"
         "To: <sip:+4930123456@gw.example.net;user=phone>\r\n"
         "Call-ID: 3848276298220188511@core.carrier.example.com\r\n"
         "CSeq: 314159 INVITE\r\n"
         "Contact: <sip:+49301111111@10.1.2.3:5060;transport=udp>;expires=3600\r\n"
         "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, INFO, REFER, NOTIFY\r\n"
         "Supported: 100rel, timer, replaces, path\r\n"
         "Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n"
         "P-Asserted-Identity: <sip:+49301111111@carrier.example.com;user=phone>\r\n"
         "User-Agent: Carrier-SBC/7.2.1 build 1234\r\n"
         "Content-Type: application/sdp\r\n"
         "Content-Length: " +
         std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
}

void parse_ours(const std::string& data, bool with_sdp) {
  static voxlock::sip::Message message;
  if (!message.parse(std::string_view(data))) std::abort();
  voxlock::bench::keep(message);
  if (!with_sdp) return;
  static voxlock::sdp::Session session;
  if (!session.parse(message.body())) std::abort();
  voxlock::bench::keep(session);
}

void parse_sofia(const std::string& data, bool with_sdp) {
  msg_t* msg = msg_make(sip_default_mclass(), 0, data.data(), static_cast<ssize_t>(data.size()));
  const sip_t* sip = sip_object(msg);
  if (sip == nullptr || sip->sip_to == nullptr || sip->sip_via == nullptr) std::abort();
  voxlock::bench::keep(*sip);
  if (with_sdp) {
    const sip_payload_t* body = sip->sip_payload;
    sdp_parser_t* parser =
        sdp_parse(nullptr, body->pl_data, static_cast<issize_t>(body->pl_len), 0);
    if (sdp_session(parser) == nullptr) std::abort();
    sdp_parser_free(parser);
  }
  msg_destroy(msg);
}

void parse_osip(const std::string& data) {
  osip_message_t* sip = nullptr;
  osip_message_init(&sip);
  if (osip_message_parse(sip, data.data(), data.size()) != 0) std::abort();
  voxlock::bench::keep(*sip);
  osip_message_free(sip);
}

template <typename Parse>
voxlock::bench::Work repeat(Parse parse) {
  return [parse](size_t iterations) {
    for (size_t i = 0; i < iterations; ++i) parse();
  };
}

}  // namespace

VOXLOCK_BENCH(sip_parse) {
  parser_init();
  const std::string data = make_invite();
  const auto ns = voxlock::bench::measure_ns({
      repeat([&data] { parse_ours(data, false); }),
      repeat([&data] { parse_ours(data, true); }),
      repeat([&data] { parse_sofia(data, false); }),
      repeat([&data] { parse_sofia(data, true); }),
      repeat([&data] { parse_osip(data); }),
  });
  table.add({"sip: INVITE with SDP, against sofia-sip", ns[1] / ns[3], "ratio", 0.12});
  table.add({"sip: INVITE without its SDP, against sofia-sip", ns[0] / ns[2], "ratio", {}});
  table.add({"sip: INVITE without its SDP, against libosip2", ns[0] / ns[4], "ratio", 0.05});
  table.add({"sip: INVITE of " + std::to_string(data.size()) + " bytes", ns[0], "ns", {}});
  table.add({"sip: the same with SDP", ns[1], "ns", {}});
}
