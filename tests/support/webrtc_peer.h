// A WebRTC peer for tests: a full, controlling ICE agent with one address, DTLS-SRTP, and one
// stream of audio. Written for what a test wants to see and to spoil, not for networks.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "crypto/identity.h"
#include "ice/stun.h"
#include "leg/transport.h"
#include "rtp/demux.h"
#include "rtp/packet.h"
#include "sdp/offer_answer.h"
#include "support/allocator.h"
#include "tls/dtls.h"

namespace voxlock::test {

// A failed expectation ends a test, and a fuzz target.
template <typename T>
auto must(T&& result) {
  if (!result) throw std::logic_error("a step of the test peer failed");
  if constexpr (!std::is_same_v<std::decay_t<T>, bool> &&
                !std::is_same_v<std::decay_t<T>, Result<void>>) {
    return *std::forward<T>(result);
  }
}

inline Address ip_address(std::string_view ip, uint16_t port) {
  Address out = must(parse_ip(ip));
  out.port = port;
  return out;
}

struct PeerPlan {
  Address address = ip_address("198.51.100.7", 40000);
  bool is_dtls_client = true;  // where the other side leaves it to us
  bool is_aggressive = false;  // USE-CANDIDATE on the first check (RFC 5245, section 8.1.1.2)
  uint64_t check_every_ns = 2500 * kNsPerMs;
  std::vector<sdp::CodecId> codecs{sdp::CodecId::kOpus, sdp::CodecId::kPcmu};
  std::vector<tls::SrtpProfile> profiles{tls::SrtpProfile::kAes128CmSha1_80};
  size_t mtu = 1200;
  uint64_t first_timeout_ns = kNsPerSecond;
  bool has_nack = false;
  bool has_rtcp_rsize = false;
  bool has_transport_cc = false;
  bool has_red = false;
  sdp::ExtensionSet extensions;
  bool has_wrong_certificate = false;  // shows another one than its description names
};

// A datagram on its way; the other end's address is `to` or `from`.
struct PeerDatagram {
  std::vector<uint8_t> data;
  Address from;
  Address to;
};

class WebrtcPeer {
 public:
  explicit WebrtcPeer(TestContext& world, const PeerPlan& its_plan = {})
      : plan(its_plan),
        world_(world),
        identity_(issue()),
        shown_(plan.has_wrong_certificate ? issue() : crypto::Identity(identity_)),
        sdp_(must(sdp::OfferAnswer::create(local_media(), world.random))) {}

  std::string offer(sdp::OfferFlags flags = {}) {
    return write([&](bytes::Writer& out) { must(sdp_.offer(flags, out)); });
  }
  void accept(const std::string& answer, uint64_t now_ns) {
    verdict = must(sdp_.accept_answer(answer));
    if (verdict.kind == sdp::VerdictKind::kRefused) throw std::logic_error("answer refused");
    follow(now_ns);
  }
  std::string answer(const std::string& offer, uint64_t now_ns) {
    std::string text = write([&](bytes::Writer& out) { verdict = must(sdp_.answer(offer, out)); });
    if (verdict.kind == sdp::VerdictKind::kRefused) throw std::logic_error("offer refused");
    follow(now_ns);
    return text;
  }

  void receive(const PeerDatagram& datagram, uint64_t now_ns) {
    now_ns_ = now_ns;
    switch (rtp::classify(datagram.data)) {
      case rtp::DatagramKind::kStun:
        return take_stun(datagram);
      case rtp::DatagramKind::kDtls:
        if (dtls) (void)dtls->receive(datagram.data, now_ns);
        return flush_dtls();
      case rtp::DatagramKind::kRtp:
      case rtp::DatagramKind::kRtcp:
        misdirected += path != datagram.from ? 1 : 0;
        return rtp::classify(datagram.data) == rtp::DatagramKind::kRtp ? take_rtp(datagram.data)
                                                                       : take_rtcp(datagram.data);
      default:
        ++unknown;
    }
  }
  void advance(uint64_t now_ns) {
    now_ns_ = now_ns;
    if (is_checking && now_ns >= check_at_ns_) check_all();
    if (dtls) (void)dtls->advance(now_ns);
    flush_dtls();
  }
  [[nodiscard]] uint64_t next_deadline() const {
    const uint64_t check = is_checking ? check_at_ns_ : kNever;
    return dtls ? std::min(check, dtls->next_deadline()) : check;
  }

  // A check with right credentials of the other side, to one of its addresses.
  PeerDatagram check(const Address& to, bool has_nomination, const std::string& password = {}) {
    uint8_t id[ice::stun::kTransactionIdLen];
    must(world_.random.fill(id));
    requests_[std::string(as_text(id))] = {to, has_nomination};
    const sdp::WebrtcAgreement& agreed = webrtc();
    uint8_t raw[512];
    using ice::stun::Attribute;
    ice::stun::Builder out(raw, ice::stun::Class::kRequest, ice::stun::kBinding, id);
    const std::string name =
        std::string(agreed.remote.ufrag.view()) + ":" + std::string(agreed.local.ufrag.view());
    out.put(Attribute::kUsername, as_bytes(name));
    out.put_u32(Attribute::kPriority, 0x6e7f1eff);
    out.put_u64(Attribute::kIceControlling, 77);
    if (has_nomination) out.put_flag(Attribute::kUseCandidate);
    crypto::Hmac key(crypto::HashId::kSha1,
                     password.empty() ? agreed.remote.password.view() : as_bytes(password));
    must(out.put_integrity(key));
    out.put_fingerprint();
    return {{raw, raw + out.size()}, plan.address, to};
  }

  // The packet is sealed and on its way; nothing without keys.
  void send(const std::vector<uint8_t>& payload, uint8_t payload_type, uint32_t timestamp,
            bool has_marker = false) {
    if (!media || !path) return;
    std::vector<uint8_t> packet(rtp::kFixedHeaderLen);
    rtp::PacketFields fields;
    fields.payload_type = payload_type;
    fields.marker = has_marker;
    fields.sequence = sequence_++;
    fields.timestamp = timestamp;
    fields.ssrc = ssrc;
    fields.extensions = elements;
    packet.resize(rtp::kFixedHeaderLen + 64);
    bytes::Writer writer(packet);
    must(rtp::write_header(fields, writer));
    packet.resize(writer.size());
    packet.insert(packet.end(), payload.begin(), payload.end());
    std::vector<uint8_t> sealed(packet.size() + 64);
    sealed.resize(must(media->seal(packet, sealed, false)));
    out.push_back({std::move(sealed), plan.address, *path});
  }

  void send_rtcp(const std::vector<uint8_t>& plain) {
    if (!media || !path) return;
    std::vector<uint8_t> sealed(plain.size() + 64);
    sealed.resize(must(media->seal(plain, sealed, true)));
    out.push_back({std::move(sealed), plan.address, *path});
  }

  [[nodiscard]] const sdp::Agreement& agreement() const { return *sdp_.agreement(); }
  [[nodiscard]] const sdp::WebrtcAgreement& webrtc() const { return *agreement().webrtc; }
  [[nodiscard]] bool is_connected() const { return media.has_value(); }
  [[nodiscard]] const crypto::Identity& identity() const { return identity_; }

  struct Heard {
    uint32_t ssrc = 0;
    uint8_t payload_type = 0;
    uint32_t timestamp = 0;
    std::vector<uint8_t> payload;
    uint16_t sequence = 0;
    std::map<uint8_t, std::vector<uint8_t>> elements;  // of the header, by id
  };

  PeerPlan plan;
  sdp::Verdict verdict;
  std::vector<PeerDatagram> out;  // on its way to the other side
  std::optional<Address> path;    // the other side's address that was nominated
  bool is_checking = true;        // false: consent is left to end
  Box<tls::Dtls> dtls{nullptr, {nullptr}};
  std::optional<leg::SecureTransport> media;
  std::vector<Heard> heard;
  std::vector<rtp::ExtensionElement> elements;  // of what is sent
  uint32_t ssrc = 0x0a0b0c0d;
  std::vector<std::vector<uint8_t>> rtcp;  // compounds that came, in clear
  uint32_t rtcp_in = 0;
  uint32_t misdirected = 0;      // media from another address than the nominated one
  uint32_t unopened = 0;         // media that no key of ours opens
  uint32_t check_errors = 0;     // error responses
  uint32_t check_responses = 0;  // right ones
  uint32_t unknown = 0;

 private:
  struct Request {
    Address to;
    bool has_nomination = false;
  };

  [[nodiscard]] crypto::Identity issue() const {
    crypto::IdentityRequest request;
    request.not_after_s = 4'000'000'000;
    return must(crypto::Identity::create(world_.memory, request, world_.random));
  }
  template <typename Make>
  static std::string write(Make&& make) {
    std::string text(8192, '\0');
    bytes::Writer writer(MutableBytes(reinterpret_cast<uint8_t*>(text.data()), text.size()));
    make(writer);
    text.resize(writer.size());
    return text;
  }

  [[nodiscard]] sdp::LocalMedia local_media() const {
    sdp::LocalMedia local;
    for (size_t i = 0; i < plan.codecs.size(); ++i) local.codecs[i] = plan.codecs[i];
    local.rtp = plan.address;
    local.key_exchange = sdp::KeyExchange::kDtls;
    sdp::LocalWebrtc& web = local.webrtc;
    const auto digest =
        must(tls::Fingerprint::of_der(crypto::HashId::kSha256, identity_.certificate_der()));
    web.fingerprint.hash = sdp::FingerprintHash::kSha256;
    std::copy(digest.digest().begin(), digest.digest().end(), web.fingerprint.digest.begin());
    web.preferred_role = plan.is_dtls_client ? sdp::DtlsRole::kActive : sdp::DtlsRole::kPassive;
    web.is_ice_lite = false;
    web.has_end_of_candidates = true;
    sdp::Candidate host;
    must(host.foundation.assign("1"));
    host.priority = 2130706431;
    std::array<uint8_t, 64> text;
    bytes::Writer writer(text);
    write_ip(writer, plan.address);
    must(host.address.assign(as_text(writer.written())));
    host.port = plan.address.port;
    must(web.candidates.push(host));
    must(web.cname.assign("peer"));
    must(web.mid.assign("audio"));
    web.ssrc = ssrc;
    web.has_transport_cc = plan.has_transport_cc;
    local.has_nack = plan.has_nack;
    local.has_rtcp_rsize = plan.has_rtcp_rsize;
    local.has_red = plan.has_red;
    web.extensions = plan.extensions;
    return local;
  }

  // What an agreement changes.
  void follow(uint64_t now_ns) {
    now_ns_ = now_ns;
    if (!dtls || verdict.is_new_association) {
      tls::DtlsConfig config;
      config.role =
          webrtc().role == sdp::DtlsRole::kActive ? tls::Role::kClient : tls::Role::kServer;
      config.certificate = shown_.certificate_der();
      config.key = shown_.key_der();
      config.profiles = plan.profiles;
      config.mtu = plan.mtu;
      config.first_timeout_ns = plan.first_timeout_ns;
      config.is_address_proven = true;
      dtls = must(tls::Dtls::create(world_.context, config));
      std::vector<tls::Fingerprint> expected;
      for (const sdp::Fingerprint& one : webrtc().fingerprints) {
        std::array<uint8_t, 256> text;
        bytes::Writer writer(text);
        sdp::write_fingerprint(writer, one);
        expected.push_back(must(tls::Fingerprint::parse(as_text(writer.written()))));
      }
      must(dtls->expect(expected, now_ns));
      media.reset();
      if (path) (void)dtls->start(now_ns);
    }
    check_all();
    flush_dtls();
  }

  void check_all() {
    check_at_ns_ = after(now_ns_, path ? plan.check_every_ns : 200 * kNsPerMs);
    if (path && !verdict.is_ice_restart) return out.push_back(check(*path, false));
    for (const sdp::Candidate& candidate : webrtc().candidates) {
      auto address = parse_ip(candidate.address.view());
      if (!address || address->family != plan.address.family) continue;
      address->port = candidate.port;
      out.push_back(check(*address, plan.is_aggressive));
    }
  }

  void take_stun(const PeerDatagram& datagram) {
    const auto message = ice::stun::Message::parse(datagram.data);
    if (!message || !message->has_fingerprint()) return void(++unknown);
    const auto request = requests_.find(std::string(as_text(message->transaction_id())));
    if (request == requests_.end()) return void(++unknown);
    const Request asked = request->second;
    requests_.erase(request);
    if (message->message_class() != ice::stun::Class::kSuccess) return void(++check_errors);
    crypto::Hmac key(crypto::HashId::kSha1, webrtc().remote.password.view());
    if (!must(message->is_integral(key)) || asked.to != datagram.from) return void(++check_errors);
    if (message->mapped_address() != datagram.to) throw std::logic_error("mapped address");
    ++check_responses;
    if (asked.has_nomination) return select(asked.to);
    // RFC 8445, section 8.1.1: the first valid pair is as good as any.
    if (!path || verdict.is_ice_restart) out.push_back(check(asked.to, true));
  }

  void select(const Address& to) {
    path = to;
    verdict.is_ice_restart = false;
    check_at_ns_ = after(now_ns_, plan.check_every_ns);
    if (dtls) (void)dtls->start(now_ns_);
    flush_dtls();
  }

  void flush_dtls() {
    if (!dtls) return;
    while (dtls->next_size() != 0) {
      PeerDatagram datagram{std::vector<uint8_t>(dtls->next_size()), plan.address, {}};
      (void)must(dtls->take(datagram.data));
      if (!path) continue;
      datagram.to = *path;
      out.push_back(std::move(datagram));
    }
    if (!media && dtls->media_allowed()) take_keys();
  }

  void take_keys() {
    const tls::SrtpKeys exported = must(dtls->export_keys());
    leg::Keys keys;
    keys.local.suite = keys.remote.suite = exported.profile == tls::SrtpProfile::kAes128CmSha1_32
                                               ? srtp::SuiteId::kAesCm128HmacSha1_32
                                               : srtp::SuiteId::kAesCm128HmacSha1_80;
    must(keys.local.key_and_salt.assign(exported.local.view()));
    must(keys.remote.key_and_salt.assign(exported.remote.view()));
    media.emplace(must(leg::SecureTransport::create(world_.context, keys)));
  }

  void take_rtp(const std::vector<uint8_t>& data) {
    std::vector<uint8_t> plain(data.size());
    const auto len =
        media ? media->open(data, plain, false) : Result<size_t>(Status::ERR_WRONG_STATE);
    if (!len) return void(++unopened);
    const auto packet = must(rtp::parse_packet(ByteView(plain).first(*len)));
    std::map<uint8_t, std::vector<uint8_t>> elements;
    auto walk = packet.extensions();
    while (const auto element = walk.next())
      elements[element->id].assign(element->data.begin(), element->data.end());
    heard.push_back({packet.ssrc,
                     packet.payload_type,
                     packet.timestamp,
                     {packet.payload.begin(), packet.payload.end()},
                     packet.sequence,
                     std::move(elements)});
  }
  void take_rtcp(const std::vector<uint8_t>& data) {
    std::vector<uint8_t> plain(data.size());
    const auto len =
        media ? media->open(data, plain, true) : Result<size_t>(Status::ERR_WRONG_STATE);
    if (!len) return void(++unopened);
    plain.resize(*len);
    rtcp.push_back(std::move(plain));
    ++rtcp_in;
  }

  TestContext& world_;
  crypto::Identity identity_;
  crypto::Identity shown_;
  sdp::OfferAnswer sdp_;
  std::map<std::string, Request> requests_;
  uint64_t check_at_ns_ = 0;
  uint64_t now_ns_ = 0;
  uint16_t sequence_ = 100;
};

}  // namespace voxlock::test
