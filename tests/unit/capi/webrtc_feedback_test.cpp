// Feedback of a WebRTC leg by the C ABI: agreed in SDP, asked for and answered (RFC 4585, 5506).
#include <bit>

#include "rtp/feedback.h"
#include "rtp/red.h"
#include "rtp/transport_feedback.h"
#include "support/webrtc_call.h"

using namespace voxlock;
using namespace voxlock::test;

namespace {

CallPlan plan_with(bool ours, bool theirs) {
  CallPlan plan;
  plan.peer.has_nack = plan.peer.has_rtcp_rsize = theirs;
  plan.change_room = [ours](voxlock_leg_config& config) {
    config.nack = config.rtcp_rsize = ours ? 1 : 0;
  };
  return plan;
}

bool is_rtp(const PeerDatagram& datagram) {
  return rtp::classify(datagram.data) == rtp::DatagramKind::kRtp;
}

std::vector<uint8_t> nack(uint32_t media, const std::vector<uint16_t>& sequences) {
  std::vector<uint8_t> out(256);
  bytes::Writer writer(out);
  REQUIRE(rtp::write_nack(1, media, sequences, writer));
  out.resize(writer.size());
  return out;
}

// Every number that the leg asked for, and whether a message stood alone.
struct Asked {
  std::vector<uint16_t> sequences;
  bool is_alone = false;
};
Asked asked(const WebrtcPeer& peer) {
  Asked out;
  for (const auto& raw : peer.rtcp) {
    auto compound = rtp::RtcpCompound::parse(raw, rtp::RtcpCompound::Rule::kReducedSize);
    REQUIRE(compound);
    bool is_first = true;
    while (const auto part = compound->next()) {
      if (const auto feedback = rtp::parse_feedback(*part)) {
        CHECK(feedback->media_ssrc == peer.ssrc);
        out.is_alone = is_first;
        rtp::NackReader reader(feedback->fci);
        while (const auto sequence = reader.next()) out.sequences.push_back(*sequence);
      }
      is_first = false;
    }
  }
  return out;
}

}  // namespace

TEST_CASE("RFC 4585 4.2: NACK is used where both ends want it, whoever offers") {
  for (const bool peer_offers : {true, false}) {
    for (const bool ours : {true, false}) {
      for (const bool theirs : {true, false}) {
        INFO("peer offers " << peer_offers << ", ours " << ours << ", theirs " << theirs);
        WebrtcCall call(plan_with(ours, theirs));
        const std::string offer = call.make_offer();
        CHECK((offer.find("a=rtcp-fb:111 nack\r\n") != std::string::npos) == ours);
        CHECK((offer.find("a=rtcp-rsize\r\n") != std::string::npos) == ours);
        REQUIRE(voxlock_leg_rollback(call.room) == VOXLOCK_OK);
        peer_offers ? call.peer_offers() : call.room_offers();
        REQUIRE(call.connect());
        // One packet of each direction is lost on the way.
        uint32_t to_peer = 0, to_us = 0;
        call.filter = [&](PeerDatagram& datagram, bool is_to_peer) {
          return is_rtp(datagram) && (is_to_peer ? to_peer : to_us)++ == 5;
        };
        for (uint32_t i = 0; i < 10; ++i) {
          CHECK(call.send({1, static_cast<uint8_t>(i)}, i * 960) == VOXLOCK_OK);
          call.peer.send({2, static_cast<uint8_t>(i)},
                         static_cast<uint8_t>(call.media().payload_type_recv), i * 960);
          call.run_for(kFrameNs);
        }
        const bool is_agreed = ours && theirs;
        const Asked wanted = asked(call.peer);
        CHECK(wanted.sequences.empty() != is_agreed);
        CHECK(wanted.is_alone == is_agreed);
        CHECK((call.stats().nacked_out != 0) == is_agreed);
        REQUIRE(call.peer.heard.size() == 9);
        const auto lost = static_cast<uint16_t>(call.peer.heard[4].sequence + 1);
        call.peer.send_rtcp(nack(call.media().ssrc_send, {lost}));
        call.run_for(100 * kNsPerMs);
        REQUIRE(call.peer.heard.size() == (is_agreed ? 10 : 9));
        CHECK(call.stats().resent_out == (is_agreed ? 1 : 0));
        if (!is_agreed) continue;
        CHECK(call.peer.heard[9].payload == std::vector<uint8_t>{1, 5});
        CHECK(call.peer.heard[9].sequence == lost);
      }
    }
  }
}

TEST_CASE("a leg alone hands a packet that came again out with its own number") {
  WebrtcCall call(plan_with(true, true));
  call.peer_offers();
  REQUIRE(call.connect());
  std::optional<PeerDatagram> caught;
  uint32_t count = 0;
  call.filter = [&](PeerDatagram& datagram, bool is_to_peer) {
    if (is_to_peer || !is_rtp(datagram) || count++ != 3) return false;
    caught = datagram;
    return true;
  };
  for (uint32_t i = 0; i < 6; ++i) {
    call.peer.send({9, static_cast<uint8_t>(i)},
                   static_cast<uint8_t>(call.media().payload_type_recv), i * 960);
    call.run_for(kFrameNs);
  }
  REQUIRE(caught);
  CHECK(asked(call.peer).sequences.size() == 1);
  CHECK(call.give(*caught) == VOXLOCK_OK);
  call.run_for(kFrameNs);
  CHECK(call.stats().recovered_in == 1);
  REQUIRE(call.payloads.size() == 6);
  CHECK(call.payloads[5] == std::vector<uint8_t>{9, 3});
  const voxlock_media_event* late = call.last(VOXLOCK_EV_PAYLOAD);
  CHECK(late->sequence + 2 == call.events[call.events.size() - 2].sequence);
  CHECK(late->lost == 0);
}

TEST_CASE("a new handshake with another peer gets nothing of what the former one was sent") {
  WebrtcCall call(plan_with(true, true));
  call.peer_offers();
  REQUIRE(call.connect());
  for (uint32_t i = 0; i < 5; ++i) {
    CHECK(call.send({1, static_cast<uint8_t>(i)}, i * 960) == VOXLOCK_OK);
    call.run_for(kFrameNs);
  }
  const uint16_t last = call.peer.heard.back().sequence;
  call.peer_offers({.rekey = true});
  call.run_for(kNsPerSecond);
  REQUIRE(call.connect());
  REQUIRE(call.count(VOXLOCK_EV_SECURED) == 2);
  call.peer.unopened = 0;
  call.peer.send_rtcp(nack(call.media().ssrc_send, {last}));
  call.run_for(100 * kNsPerMs);
  CHECK(call.stats().resent_out == 0);
  CHECK(call.stats().resend_denied == 1);
  CHECK(call.peer.unopened == 0);
}

namespace {

CallPlan plan_with_extensions(uint32_t ours, uint32_t theirs, bool is_bridged = false) {
  CallPlan plan = plan_with(true, true);
  plan.is_bridged = is_bridged;
  plan.peer.has_transport_cc = true;
  plan.peer.extensions = sdp::ExtensionSet(theirs);
  const auto feedback = plan.change_room;
  plan.change_room = [=](voxlock_leg_config& config) {
    feedback(config);
    config.extensions = ours;
    config.transport_cc = 1;
  };
  return plan;
}

uint8_t id_of(const WebrtcCall& call, sdp::HeaderExtension extension) {
  return call.peer.webrtc().extensions[static_cast<size_t>(extension)].id;
}

}  // namespace

TEST_CASE("RFC 8285 6: extensions go along where both ends want them, whoever offers") {
  using sdp::HeaderExtension;
  constexpr uint32_t kAll = 15, kTransport = VOXLOCK_EXTENSION_TRANSPORT_CC;
  for (const bool peer_offers : {true, false}) {
    for (const uint32_t ours : {0u, 1u, 6u, kAll}) {
      for (const uint32_t theirs : {kTransport, 2u | kTransport, kAll}) {
        INFO("peer offers " << peer_offers << ", ours " << ours << ", theirs " << theirs);
        WebrtcCall call(plan_with_extensions(ours, theirs, true));
        peer_offers ? call.peer_offers() : call.room_offers();
        REQUIRE(call.connect());
        // Tone, then silence.
        for (size_t i = 0; i < 10; ++i)
          call.phone_says(std::vector<uint8_t>(160, i < 8 ? (i % 2 != 0 ? 0x0d : 0x8d) : 0xff));
        call.run_for(100 * kNsPerMs);
        REQUIRE(call.peer.heard.size() == 10);
        const uint32_t agreed = (ours | kTransport) & theirs;
        for (size_t i = 0; i < sdp::kHeaderExtensions; ++i) {
          const uint8_t id = id_of(call, static_cast<HeaderExtension>(i));
          CHECK((id != 0) == ((agreed >> i & 1) != 0));
          if (id == 0) continue;
          const auto& elements = call.peer.heard[5].elements;
          REQUIRE(elements.count(id) == 1);
          if (i == static_cast<size_t>(HeaderExtension::kMid))
            CHECK(as_text(elements.at(id)) == call.peer.webrtc().mid.view());
          if (i == static_cast<size_t>(HeaderExtension::kAudioLevel)) {
            // The voice bit and a loud level; silence in the end.
            CHECK((elements.at(id)[0] & 0x80) != 0);
            CHECK((elements.at(id)[0] & 0x7f) < 40);
            CHECK((call.peer.heard[9].elements.at(id)[0] & 0x7f) >
                  (elements.at(id)[0] & 0x7f) + 10);
          }
        }
        for (const auto& heard : call.peer.heard)
          CHECK(heard.elements.size() == static_cast<size_t>(std::popcount(agreed)));
      }
    }
  }
}

TEST_CASE("transport-wide feedback: ours reaches the peer, and the peer's is counted") {
  WebrtcCall call(plan_with_extensions(0, VOXLOCK_EXTENSION_TRANSPORT_CC));
  call.peer_offers();
  REQUIRE(call.connect());
  const uint8_t id = id_of(call, sdp::HeaderExtension::kTransportCc);
  std::array<uint8_t, 2> number{0xff, 0xf0};
  const size_t before = call.peer.rtcp.size();
  for (uint32_t i = 0; i < 50; ++i) {
    number[1] = static_cast<uint8_t>(0xf0 + i);
    if (number[1] < 0xf0) number[0] = 0;
    call.peer.elements = {{id, number}};
    if (i == 7) continue;
    call.peer.send({1, 2}, static_cast<uint8_t>(call.media().payload_type_recv), i * 960);
    CHECK(call.send({3, 4}, i * 960) == VOXLOCK_OK);
    call.run_for(kFrameNs);
  }
  call.run_for(200 * kNsPerMs);
  size_t received = 0, lost = 0;
  for (size_t i = before; i < call.peer.rtcp.size(); ++i) {
    auto compound =
        rtp::RtcpCompound::parse(call.peer.rtcp[i], rtp::RtcpCompound::Rule::kReducedSize);
    REQUIRE(compound);
    while (const auto part = compound->next()) {
      const auto view = rtp::parse_feedback(*part);
      if (!view || view->format != rtp::kTransportFeedback) continue;
      auto feedback = rtp::TransportFeedback::parse(view->fci);
      REQUIRE(feedback);
      while (const auto status = feedback->next()) ++(status->is_received ? received : lost);
    }
  }
  CHECK(received == 49);
  CHECK(lost == 1);
  CHECK(call.stats().feedback_out >= 8);
  // The peer's message, about our first ten.
  std::vector<uint8_t> raw(256);
  bytes::Writer writer(raw);
  std::vector<int64_t> arrivals{1000000, 1020000, -1, 1060000};
  REQUIRE(rtp::write_transport_feedback({1, call.media().ssrc_send, 0, 0}, arrivals, writer) == 4);
  raw.resize(writer.size());
  call.peer.send_rtcp(raw);
  call.run_for(100 * kNsPerMs);
  CHECK(call.stats().feedback_in == 1);
  CHECK(call.stats().transport_received == 3);
  CHECK(call.stats().transport_lost == 1);
}

TEST_CASE("RFC 2198: red goes both ways where both ends want it, whoever offers") {
  for (const bool peer_offers : {true, false}) {
    for (const bool ours : {true, false}) {
      for (const bool theirs : {true, false}) {
        INFO("peer offers " << peer_offers << ", ours " << ours << ", theirs " << theirs);
        CallPlan plan;
        plan.peer.has_red = theirs;
        plan.change_room = [&](voxlock_leg_config& config) {
          CHECK(config.red_blocks == 1);
          config.red = ours ? 1 : 0;
          config.red_blocks = 2;
        };
        WebrtcCall call(plan);
        peer_offers ? call.peer_offers() : call.room_offers();
        REQUIRE(call.connect());
        const bool is_agreed = ours && theirs;
        const uint8_t type = call.peer.agreement().red_type_recv;
        CHECK((type != sdp::kNoPayloadType) == is_agreed);
        for (uint8_t i = 0; i < 4; ++i) {
          CHECK(call.send({1, 2, i}, i * 960u) == VOXLOCK_OK);
          call.run_for(kFrameNs);
        }
        REQUIRE(call.peer.heard.size() == 4);
        const auto& last = call.peer.heard[3];
        CHECK(call.stats().redundant_out == (is_agreed ? 3 : 0));
        if (!is_agreed) {
          CHECK(last.payload == std::vector<uint8_t>{1, 2, 3});
          continue;
        }
        CHECK(last.payload_type == type);
        rtp::RedReceiver receiver;
        std::vector<std::vector<uint8_t>> frames;
        for (const size_t i : {size_t{0}, size_t{3}}) {
          const auto got = receiver.take(call.peer.heard[i].timestamp, call.peer.heard[i].payload);
          REQUIRE(got);
          for (const rtp::RedFrame& frame : got->view()) {
            CHECK(frame.payload_type == call.peer.agreement().payload_type_recv);
            frames.emplace_back(frame.data.begin(), frame.data.end());
          }
        }
        REQUIRE(frames.size() == 4);
        for (uint8_t i = 0; i < 4; ++i) CHECK(frames[i] == std::vector<uint8_t>{1, 2, i});
      }
    }
  }
}

TEST_CASE("RFC 2198: a leg alone hands out the frames of lost packets in front of the next") {
  CallPlan plan;
  plan.peer.has_red = true;
  plan.change_room = [](voxlock_leg_config& config) { config.red = 1; };
  WebrtcCall call(plan);
  call.peer_offers();
  REQUIRE(call.connect());
  const auto codec = call.peer.agreement().payload_type_send;
  rtp::RedSender sender;
  REQUIRE(sender.set_generations(2));
  // Packets 3, 4 and 5 are lost; the next one brings two of them.
  uint32_t count = 0;
  call.filter = [&](PeerDatagram& datagram, bool is_to_peer) {
    return !is_to_peer && is_rtp(datagram) && count++ / 3 == 1;
  };
  for (uint8_t i = 0; i < 8; ++i) {
    std::vector<uint8_t> payload(64);
    bytes::Writer writer(payload);
    REQUIRE(sender.write(codec, i * 960u, std::vector<uint8_t>{7, i}, 1200, writer));
    payload.resize(writer.size());
    call.peer.send(payload, call.peer.agreement().red_type_send, i * 960u);
    call.run_for(kFrameNs);
  }
  call.run_for(100 * kNsPerMs);
  std::vector<voxlock_media_event> heard;
  for (const auto& event : call.events) {
    if (event.type == VOXLOCK_EV_PAYLOAD) heard.push_back(event);
  }
  const std::vector<uint8_t> expected{0, 1, 2, 4, 5, 6, 7};
  REQUIRE(heard.size() == expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    CHECK(call.payloads[i] == std::vector<uint8_t>{7, expected[i]});
    CHECK(heard[i].sequence == heard[0].sequence + expected[i]);
    CHECK(heard[i].timestamp == expected[i] * 960u);
    CHECK(heard[i].payload_type == codec);
    CHECK(heard[i].value == (i == 3 || i == 4 ? 1 : 0));
    CHECK(heard[i].lost == (i == 3 ? 1 : 0));
  }
  CHECK(call.stats().redundant_in == 4);
}

TEST_CASE("the flags of feedback are checked") {
  for (int32_t voxlock_leg_config::*field :
       {&voxlock_leg_config::nack, &voxlock_leg_config::rtcp_rsize,
        &voxlock_leg_config::transport_cc}) {
    Host host;
    voxlock_leg_config config;
    REQUIRE(voxlock_leg_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.rtp_address = capi::from_address(ip_address("192.0.2.1", 5000));
    config.key_exchange = VOXLOCK_KEYS_DTLS;
    CHECK(config.*field == 0);
    config.*field = 3;
    voxlock_leg* leg = nullptr;
    CHECK(voxlock_leg_new(host.ctx, &config, &leg) == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
}
