// A phone calls over SIP and is heard in a WebRTC room: how long from the INVITE to the first audio
// that the room opens, on a virtual network and clock. The gateway in the middle answers the call
// and joins the room in the same moment; all that takes time is the network.
//
// Signalling of the trunk runs over a connection that stands, as trunks keep theirs; the room's is
// one offer and answer (as WHIP has it) over a connection that stands.
#pragma once

#include <map>
#include <string>

#include "support/webrtc_call.h"
#include "unit/ua/network.h"

namespace voxlock::test {

struct FirstAudioPlan {
  uint64_t rtt_ns = 0;            // phone to gateway, and gateway to room
  bool is_joined_before = false;  // the gateway is in the room when the call comes
  bool is_room_dtls_client = true;
};

// The same in halves of a round trip, where no computer takes any time. To the gateway and back:
// INVITE, 200, first packet. To the room: offer and answer, while the first ICE check of the room
// comes with the answer; its response and the ClientHello; the flights of DTLS 1.2 (RFC 6347,
// section 4.2) between: the room's check and the gateway's response, the two flights of each side;
// with the last one the first packet goes.
constexpr uint64_t least_half_trips(const FirstAudioPlan& plan) {
  return plan.is_joined_before ? 1 + 1 + 1 + 1 : 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1;
}

class FirstAudio {
 public:
  explicit FirstAudio(const FirstAudioPlan& plan) : plan_(plan), call_(call_plan(plan)) {
    net_.delay_ms = static_cast<uint32_t>(plan.rtt_ns / 2 / kNsPerMs);
    net_.has_jitter = false;
    net_.now = call_.now;
    call_.delay_ns = call_.trunk_delay_ns = plan.rtt_ns / 2;
    call_.peer.is_checking = false;  // the room has nobody to check yet
    open_trunk();
    if (plan.is_joined_before) {
      call_.peer.is_checking = true;
      call_.room_offers();
      REQUIRE(call_.connect());
      net_.run(call_.now - net_.now);
    }
  }

  // Nanoseconds; of a step too many at most.
  uint64_t run() {
    const uint64_t begin = net_.now;
    invite(call_.phone_offers());
    while (call_.peer.heard.empty()) {
      REQUIRE(net_.now - begin < 30 * kNsPerSecond);
      step();
    }
    REQUIRE(!call_.peer.heard.front().payload.empty());
    return net_.now - begin;
  }
  static constexpr uint64_t kStepNs = kNsPerMs;

 private:
  static CallPlan call_plan(const FirstAudioPlan& plan) {
    CallPlan out;
    out.is_bridged = true;
    out.is_trunk_agreed = false;
    // As browsers and media servers do: the first valid pair carries media at once.
    out.peer.is_aggressive = true;
    out.peer.is_dtls_client = plan.is_room_dtls_client;
    return out;
  }
  void invite(const std::string& sdp) {
    ua::Invite request;
    request.to = "sip:room@gateway.example;transport=tcp";
    request.sdp = as_bytes(sdp);
    REQUIRE(phone_.endpoint->invite(request, net_.now));
    net_.drain();
  }
  // A call that is refused leaves its connection.
  void open_trunk() {
    invite("v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n");
    net_.run(5 * kNsPerSecond);
    const Seen seen = gateway_.expect(ua::EventType::kIncoming);
    REQUIRE(gateway_.endpoint->reject(seen.event.call, {486, {}, 0, {}, 0}, net_.now));
    net_.run(40 * kNsPerSecond);
    call_.run_until(net_.now);
    phone_.events.clear();
    gateway_.events.clear();
  }

  void step() {
    net_.run(kStepNs);
    call_.run_until(net_.now);
    Seen seen;
    if (gateway_.take(ua::EventType::kIncoming, seen)) take_call(seen);
    if (phone_.take(ua::EventType::kAnswered, seen)) {
      call_.phone_accepts(seen.sdp);
      speak_at_ns_ = net_.now;
    }
    carry_room_signalling();
    if (net_.now < speak_at_ns_) return;
    speak_at_ns_ += kFrameNs;
    call_.phone_says(std::vector<uint8_t>(160, 0x55));
    call_.run_until(net_.now);
  }
  // The gateway's host: both at once.
  void take_call(const Seen& seen) {
    const std::string answer = call_.trunk_answers(seen.sdp);
    REQUIRE(gateway_.endpoint->answer(seen.event.call, as_bytes(answer), net_.now));
    net_.drain();
    if (plan_.is_joined_before) return;
    offer_ = call_.make_offer();
    offer_at_ns_ = net_.now + plan_.rtt_ns / 2;
  }
  void carry_room_signalling() {
    if (net_.now >= offer_at_ns_) {
      call_.peer.is_checking = true;
      answer_ = call_.peer.answer(offer_, net_.now);
      answer_at_ns_ = net_.now + plan_.rtt_ns / 2;
      offer_at_ns_ = kNever;
    }
    if (net_.now < answer_at_ns_) return;
    REQUIRE(call_.accept(answer_) == VOXLOCK_OK);
    call_.run_until(net_.now);
    answer_at_ns_ = kNever;
  }

  FirstAudioPlan plan_;
  Network net_;
  Phone& phone_ = net_.add("phone.example");
  Phone& gateway_ = net_.add("gateway.example");
  WebrtcCall call_;
  std::string offer_, answer_;
  uint64_t offer_at_ns_ = kNever;
  uint64_t answer_at_ns_ = kNever;
  uint64_t speak_at_ns_ = kNever;
};

}  // namespace voxlock::test
