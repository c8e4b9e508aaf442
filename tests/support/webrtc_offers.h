// Offers in the shapes that WebRTC stacks write, after RFC 8829, section 7, with made-up values.
#pragma once

#include <string>
#include <vector>

namespace voxlock::test {

inline const std::string kPrint256 =
    "4A:AD:B9:B1:3F:82:18:3B:54:02:12:DF:3E:5D:49:6B:19:E5:7C:AB:6B:1D:2E:9A:0C:17:44:90:CD:EF:01:"
    "23";
inline const std::string kOtherPrint256 =
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
    "FF";
inline const std::string kUfrag = "ETEn";
inline const std::string kPassword = "OtSK0WpNtpUjkY4+86js7Z/l";

// ICE and DTLS lines of a section.
inline std::string transport_lines(const std::string& setup = "actpass",
                                   const std::string& print = kPrint256) {
  return "a=ice-ufrag:" + kUfrag + "\r\na=ice-pwd:" + kPassword + "\r\na=fingerprint:sha-256 " +
         print + "\r\na=setup:" + setup + "\r\n";
}

inline std::string head(const std::string& session_lines) {
  return "v=0\r\no=- 4962303333179871722 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n" + session_lines;
}

// One audio section that lacks nothing, for tables that change one line of it.
inline std::string plain_offer(const std::string& media_lines = transport_lines(),
                               const std::string& proto = "UDP/TLS/RTP/SAVPF") {
  return head("a=group:BUNDLE a1\r\n") + "m=audio 9 " + proto +
         " 111 0\r\nc=IN IP4 0.0.0.0\r\na=mid:a1\r\na=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n" +
         media_lines;
}

// Chromium: audio, video and data in one group; candidates with mDNS names; red and CN.
inline std::string chromium_offer() {
  const std::string transport =
      "c=IN IP4 0.0.0.0\r\na=rtcp:9 IN IP4 0.0.0.0\r\n"
      "a=candidate:2884107413 1 udp 2113937151 3b0e44a2-6b71-4f3f-9bfa-5a2a1c7d0e11.local 54321 "
      "typ "
      "host generation 0 network-cost 999\r\n"
      "a=candidate:842163049 1 udp 1677729535 203.0.113.77 61665 typ srflx raddr 0.0.0.0 rport 0 "
      "generation 0 network-cost 999\r\n" +
      transport_lines() + "a=ice-options:trickle\r\n";
  return head("a=group:BUNDLE 0 1 2\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS stream1\r\n") +
         "m=audio 54321 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126\r\n" + transport +
         "a=mid:0\r\n"
         "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
         "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
         "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01\r\n"
         "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
         "a=sendrecv\r\na=msid:stream1 track1\r\na=rtcp-mux\r\na=rtcp-rsize\r\n"
         "a=rtpmap:111 opus/48000/2\r\na=rtcp-fb:111 transport-cc\r\n"
         "a=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
         "a=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:13 CN/8000\r\na=rtpmap:110 telephone-event/48000\r\n"
         "a=rtpmap:126 telephone-event/8000\r\n"
         "a=ssrc:1732846380 cname:Tb0nh3XQwPq8rfq2\r\na=ssrc:1732846380 msid:stream1 track1\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\nc=IN IP4 0.0.0.0\r\n" +
         transport_lines() +
         "a=mid:1\r\na=sendrecv\r\na=rtcp-mux\r\na=rtpmap:96 VP8/90000\r\n"
         "a=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n"
         "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n" +
         transport_lines() + "a=mid:2\r\na=sctp-port:5000\r\na=max-message-size:262144\r\n";
}

// Firefox: fingerprint and ice-options in the session part, extmap directions, no red.
inline std::string firefox_offer() {
  return "v=0\r\no=mozilla...THIS_IS_SDPARTA-99.0 7110921 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
         "a=sendrecv\r\na=fingerprint:sha-256 " +
         kPrint256 +
         "\r\na=group:BUNDLE 0\r\na=ice-options:trickle\r\na=msid-semantic:WMS *\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 109 9 0 8 101\r\nc=IN IP4 0.0.0.0\r\na=sendrecv\r\n"
         "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n"
         "a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level\r\n"
         "a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap-allow-mixed\r\n"
         "a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1\r\na=fmtp:101 0-15\r\n"
         "a=ice-pwd:0fa2d4a5ef1a8c2a8bbf41b0f4f29a2b\r\na=ice-ufrag:9d1c3a4e\r\na=mid:0\r\n"
         "a=msid:{f2cd3b1e-2a4b} {0c9ad1be-77f0}\r\na=rtcp-mux\r\n"
         "a=rtpmap:109 opus/48000/2\r\na=rtpmap:9 G722/8000/1\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000/1\r\na=setup:actpass\r\n"
         "a=ssrc:2655508255 cname:{735484ea-4f6c}\r\n";
}

// Safari: video first and tagging the group, audio bundled behind it.
inline std::string safari_offer() {
  return head("a=group:BUNDLE video audio\r\na=msid-semantic: WMS\r\n") +
         "m=video 9 UDP/TLS/RTP/SAVPF 96\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:vvvv\r\n"
         "a=ice-pwd:videovideovideovideovide\r\na=fingerprint:sha-256 " +
         kPrint256 +
         "\r\na=setup:actpass\r\na=mid:video\r\na=recvonly\r\na=rtcp-mux\r\n"
         "a=rtpmap:96 H264/90000\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111 8 110\r\nc=IN IP4 0.0.0.0\r\n" +
         transport_lines() +
         "a=mid:audio\r\na=sendrecv\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n"
         "a=rtcp-fb:111 nack\r\na=fmtp:111 minptime=10;useinbandfec=1\r\na=rtpmap:8 PCMA/8000\r\n"
         "a=rtpmap:110 telephone-event/48000\r\n";
}

// A max-bundle offer: the audio has no transport of its own.
inline std::string bundle_only_offer() {
  return head("a=group:BUNDLE d a\r\n") +
         "m=application 50000 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 192.0.2.7\r\n" +
         transport_lines("active") +
         "a=candidate:1 1 udp 2113929471 192.0.2.7 50000 typ host\r\na=end-of-candidates\r\n"
         "a=mid:d\r\na=sctp-port:5000\r\n"
         "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.7\r\na=bundle-only\r\na=mid:a\r\n"
         "a=rtcp-mux\r\na=rtpmap:111 opus/48000/2\r\n";
}

// pion and LiveKit: everything of the transport in the section, TCP candidates, wildcards absent.
inline std::string pion_offer() {
  return head("a=fingerprint:sha-256 " + kPrint256 +
              "\r\na=ice-lite\r\na=extmap-allow-mixed\r\na=group:BUNDLE 0\r\n") +
         "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\nc=IN IP4 0.0.0.0\r\na=setup:actpass\r\na=mid:0\r\n"
         "a=ice-ufrag:fXWjxTLLgQpVQkSt\r\na=ice-pwd:OKXcALSZuXcNnVPAWTtWOvBkOvsCXKmZ\r\n"
         "a=rtcp-mux\r\na=rtcp-rsize\r\na=rtpmap:111 opus/48000/2\r\n"
         "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1;maxaveragebitrate=48000\r\n"
         "a=rtcp-fb:111 transport-cc \r\na=rtcp-fb:111 nack \r\n"
         "a=rtpmap:63 red/48000/2\r\na=fmtp:63 111/111\r\n"
         "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\na=extmap:7 urn:ietf:params:rtp-hdrext:"
         "ssrc-audio-level\r\na=ssrc:3735928559 cname:pion\r\na=ssrc:3735928559 msid:pion audio\r\n"
         "a=ssrc:3735928559 mslabel:pion\r\na=ssrc:3735928559 label:audio\r\na=msid:pion audio\r\n"
         "a=sendrecv\r\na=candidate:3628985204 1 udp 2130706431 198.51.100.20 7882 typ host\r\n"
         "a=candidate:604015337 1 tcp 1671430143 198.51.100.20 7881 typ host tcptype passive\r\n"
         "a=candidate:1 1 quic 1 198.51.100.20 7881 typ host\r\na=end-of-candidates\r\n";
}

// aiortc: three strong fingerprints, lower-case DTLS profile names apart, no BUNDLE group of one.
inline std::string aiortc_offer() {
  std::string sha512;
  for (int i = 0; i < 64; ++i) sha512 += i == 0 ? "AB" : ":AB";
  return head("a=msid-semantic:WMS *\r\n") +
         "m=audio 46027 UDP/TLS/RTP/SAVPF 96 0 8\r\nc=IN IP4 192.0.2.9\r\na=sendrecv\r\n"
         "a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid\r\n"
         "a=extmap:2 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\na=mid:0\r\n"
         "a=msid:9ba2 8d27\r\na=rtcp:9 IN IP4 0.0.0.0\r\na=rtcp-mux\r\n"
         "a=ssrc:1944796561 cname:7b6e\r\na=rtpmap:96 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\n"
         "a=rtpmap:8 PCMA/8000\r\n"
         "a=candidate:97fb 1 udp 2130706431 192.0.2.9 46027 typ host\r\n"
         "a=candidate:98fb 1 udp 2130706431 2001:db8::9 46028 typ host\r\na=end-of-candidates\r\n"
         "a=ice-ufrag:xK1q\r\na=ice-pwd:hrAdGS0AqM43DIBlq3cOjn\r\na=fingerprint:sha-256 " +
         kPrint256 + "\r\na=fingerprint:sha-512 " + sha512 + "\r\na=setup:actpass\r\n";
}

inline std::vector<std::string> webrtc_offers() {
  return {plain_offer(),       chromium_offer(), firefox_offer(), safari_offer(),
          bundle_only_offer(), pion_offer(),     aiortc_offer()};
}

// In the text, everywhere.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace voxlock::test
