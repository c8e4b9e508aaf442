// Full parse of one INVITE: From, To, Via, Contact, CSeq, Call-ID and routes structured. Prints ns per
// message (median of interleaved rounds) and the ratio to each peer.
#include <osipparser2/osip_message.h>
#include <osipparser2/osip_parser.h>
#include <sofia-sip/msg_addr.h>
#include <sofia-sip/msg_mime.h>
#include <sofia-sip/msg_parser.h>
#include <sofia-sip/sip_header.h>
#include <sofia-sip/sip_parser.h>
#include <sofia-sip/su_alloc.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "sip/message.h"

namespace {

constexpr int kRounds = 15;
constexpr int kParses = 4000;

std::string make_invite() {
  const std::string sdp =
      "v=0\r\no=- 3725 1 IN IP4 192.0.2.20\r\ns=-\r\nc=IN IP4 192.0.2.20\r\nt=0 0\r\n"
      "m=audio 30000 RTP/SAVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n"
      "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
  return "INVITE sip:+4930123456@gw.example.net:5061;user=phone;transport=tls SIP/2.0\r\n"
         "Via: SIP/2.0/TLS edge1.carrier.example.com:5061;branch=z9hG4bKa7c6a8dlze.1;rport;received=192.0.2.10\r\n"
         "Via: SIP/2.0/TCP core.carrier.example.com;branch=z9hG4bK77ef4c2312983.1\r\n"
         "Via: SIP/2.0/UDP 10.1.2.3:5060;branch=z9hG4bKnashds8;rport=5060\r\n"
         "Record-Route: <sip:edge1.carrier.example.com:5061;transport=tls;lr>\r\n"
         "Record-Route: <sip:core.carrier.example.com;transport=tcp;lr>\r\n"
         "Max-Forwards: 67\r\n"
         "From: \"Alice Example\" <sip:+49301111111@carrier.example.com;user=phone>;tag=9fxced76sl\r\n"
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
         "Content-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" + sdp;
}

volatile size_t sink;

void parse_ours(const std::string& data) {
  static voxlock::sip::Message message;
  if (!message.parse(std::string_view(data))) std::abort();
  sink = message.to().uri.host.size() + message.via().params.text.size();
}

void parse_sofia(const std::string& data) {
  msg_t* msg = msg_make(sip_default_mclass(), 0, data.data(), static_cast<ssize_t>(data.size()));
  sip_t* sip = sip_object(msg);
  if (sip == nullptr || sip->sip_to == nullptr || sip->sip_via == nullptr) std::abort();
  sink = std::strlen(sip->sip_to->a_url->url_host);
  msg_destroy(msg);
}

void parse_osip(const std::string& data) {
  osip_message_t* sip = nullptr;
  osip_message_init(&sip);
  if (osip_message_parse(sip, data.data(), data.size()) != 0) std::abort();
  sink = std::strlen(sip->to->url->host);
  osip_message_free(sip);
}

double time_ns(void (*parse)(const std::string&), const std::string& data) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < kParses; ++i) parse(data);
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return elapsed.count() / kParses;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main() {
  parser_init();
  const std::string data = make_invite();
  std::vector<double> ours, sofia, osip;
  for (int round = 0; round < kRounds; ++round) {
    ours.push_back(time_ns(parse_ours, data));
    sofia.push_back(time_ns(parse_sofia, data));
    osip.push_back(time_ns(parse_osip, data));
  }
  std::printf("INVITE of %zu bytes\nvoxlock    %7.0f ns\nsofia-sip  %7.0f ns  ours is %.3f\nlibosip2   %7.0f ns  ours is %.3f\n",
              data.size(), median(ours), median(sofia), median(ours) / median(sofia), median(osip),
              median(ours) / median(osip));
  return 0;
}
