// Bytes become steps of one session: the peer's offers and answers, our own offers, roll-backs,
// under each policy and with DTLS. A step is one byte and, where it needs text, a text up to the
// next 0x1e. A file that is a plain description is one offer; "W" and "w" are an offer and an
// answer of a WebRTC stack, by number, with some of their bytes changed.
#include <array>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "sdp/offer_answer.h"
#include "support/webrtc_offers.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

class Counting final : public RandomSource {
 public:
  Result<void> fill(MutableBytes out) override {
    for (uint8_t& byte : out) byte = static_cast<uint8_t>(++state_ * 0x9e3779b97f4a7c15u >> 56);
    return {};
  }

 private:
  uint64_t state_ = 0;
};

// What a refusal may not change.
struct Snapshot {
  explicit Snapshot(const Agreement* from) : is_there(from != nullptr) {
    if (!is_there) return;
    remote_rtp = from->remote_rtp;
    codec = from->codec;
    direction = from->direction;
    is_secure = from->is_secure;
    if (from->webrtc) {
      ufrag = from->webrtc->remote.ufrag;
      own_ufrag = from->webrtc->local.ufrag;
      role = from->webrtc->role;
      prints = from->webrtc->fingerprints.size();
    }
    (void)local.assign(from->local_key.key_and_salt.view());
    (void)remote.assign(from->remote_key.key_and_salt.view());
  }
  [[nodiscard]] bool operator==(const Snapshot& other) const {
    return is_there == other.is_there && remote_rtp == other.remote_rtp && codec == other.codec &&
           direction == other.direction && is_secure == other.is_secure && ufrag == other.ufrag &&
           own_ufrag == other.own_ufrag && role == other.role && prints == other.prints &&
           secure::equal(local.view(), other.local.view()) &&
           secure::equal(remote.view(), other.remote.view());
  }

  bool is_there;
  HostAddress remote_rtp;
  CodecId codec = CodecId::kNone;
  Direction direction = Direction::kSendRecv;
  bool is_secure = false;
  FixedText<kMaxIceText> ufrag;
  FixedText<kMaxLocalUfrag> own_ufrag;
  DtlsRole role = DtlsRole::kActive;
  size_t prints = 0;
  secure::Secret<kMaxKeyAndSalt> local, remote;
};

class Run {
 public:
  Run(OfferAnswer&& core, SrtpPolicy policy) : core_(std::move(core)), policy_(policy) {}

  void offer_of_peer(std::string_view text) {
    const Snapshot before(core_.agreement());
    bytes::Writer out(buffer_);
    const auto verdict = core_.answer(text, out);
    if (!verdict || verdict->kind == VerdictKind::kRefused) {
      require(Snapshot(core_.agreement()) == before);
      return;
    }
    Session offer, answer;
    require(offer.parse(text).has_value() && answer.parse(as_text(out.written())).has_value());
    require(offer.media().size() == answer.media().size());
    size_t accepted = 0;
    for (const Media& media : answer.media()) accepted += media.port != 0 ? 1 : 0;
    require(accepted == 1);
    check();
    check_bundle(answer);
  }
  void own_offer(uint8_t flags) {
    bytes::Writer out(buffer_);
    if (!core_.offer({(flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0}, out)) return;
    Session offer;
    require(offer.parse(as_text(out.written())).has_value());
    for (const Media& media : offer.media()) {
      if (media.port != 0) require(known_formats(media).count != 0);
    }
  }
  void answer_of_peer(std::string_view text) {
    const Snapshot before(core_.agreement());
    const auto verdict = core_.accept_answer(text);
    require(!core_.has_pending_offer());
    if (!verdict || verdict->kind == VerdictKind::kRefused) {
      require(Snapshot(core_.agreement()) == before);
      return;
    }
    check();
  }
  void roll_back() { core_.rollback(); }

 private:
  void check() {
    const Agreement& agreed = *core_.agreement();
    require(policy_ != SrtpPolicy::kRequired || agreed.is_secure);
    require(policy_ != SrtpPolicy::kOff || !agreed.is_secure);
    require(!was_secure_ || agreed.is_secure);
    was_secure_ = agreed.is_secure;
    require(agreed.webrtc.has_value() == core_.is_dtls());
    require(agreed.codec != CodecId::kNone && agreed.payload_type_send < 128 &&
            agreed.payload_type_recv < 128);
    require((agreed.event_type_send == kNoPayloadType) ==
            (agreed.event_type_recv == kNoPayloadType));
    require(agreed.ptime_ms >= 10 && agreed.ptime_ms <= 60);
    if (agreed.webrtc) return check_webrtc(agreed);
    require(agreed.is_secure == (agreed.suite != CryptoSuite::kNone));
    require(agreed.is_secure || !agreed.has_nack);
    if (!agreed.is_secure) return;
    require(!agreed.local_key.key_and_salt.empty());
    require(!secure::equal(agreed.local_key.key_and_salt.view(),
                           agreed.remote_key.key_and_salt.view()));
  }

  // Keys come from a handshake with a peer that is known by its fingerprint, or not at all.
  static void check_webrtc(const Agreement& agreed) {
    const WebrtcAgreement& webrtc = *agreed.webrtc;
    require(agreed.is_secure && agreed.suite == CryptoSuite::kNone && agreed.has_rtcp_mux);
    require(agreed.local_key.key_and_salt.empty() && agreed.remote_key.key_and_salt.empty());
    require(!webrtc.fingerprints.empty() && webrtc.has_ice);
    require(webrtc.remote.ufrag.view().size() >= kMinUfrag && !webrtc.local.ufrag.empty());
    require(webrtc.role == DtlsRole::kActive || webrtc.role == DtlsRole::kPassive);
    require(!is_rtcp_range(agreed.payload_type_send) && !is_rtcp_range(agreed.red_type_send));
  }
  // Our answer groups the accepted section, or none.
  void check_bundle(const Session& answer) const {
    const Agreement& agreed = *core_.agreement();
    if (!agreed.webrtc) return;
    const std::string_view mid = mid_of(answer.media()[agreed.media_index]);
    const auto tags = bundle_of(answer, mid);
    require(mid == agreed.webrtc->mid.view() && tags.has_value() == agreed.webrtc->is_bundled);
    if (tags) require(text::trim(*tags) == mid);
  }

  OfferAnswer core_;
  SrtpPolicy policy_;
  bool was_secure_ = false;
  inline static std::array<uint8_t, 256 * 1024> buffer_;
};

LocalMedia local_media(SrtpPolicy policy) {
  LocalMedia out;
  out.policy = policy;
  out.suites = {CryptoSuite::kAeadAes256Gcm, CryptoSuite::kAesCm128HmacSha1_80};
  out.codecs = {CodecId::kOpus, CodecId::kPcma, CodecId::kPcmu, CodecId::kL16};
  out.rtp.family = 4;
  out.rtp.ip[0] = 10;
  out.rtp.port = 4000;
  out.has_red = out.has_nack = out.has_rtcp_rsize = true;
  return out;
}

LocalMedia webrtc_media() {
  LocalMedia out = local_media(SrtpPolicy::kRequired);
  out.key_exchange = KeyExchange::kDtls;
  out.webrtc.fingerprint.hash = FingerprintHash::kSha256;
  out.webrtc.extensions.set();
  out.webrtc.has_transport_cc = true;
  return out;
}

// One of the offers, with a byte changed for every three of the script: where, where, what.
std::string changed_offer(std::string_view changes) {
  const auto offers = test::webrtc_offers();
  if (changes.empty()) return offers[0];
  std::string out = offers[static_cast<uint8_t>(changes[0]) % offers.size()];
  for (changes.remove_prefix(1); changes.size() >= 3; changes.remove_prefix(3)) {
    const size_t at = static_cast<size_t>(static_cast<uint8_t>(changes[0])) * 256 +
                      static_cast<uint8_t>(changes[1]);
    out[at % out.size()] = changes[2];
  }
  return out;
}

void play(std::string_view script, const LocalMedia& local) {
  Counting random;
  Run run(std::move(*OfferAnswer::create(local, random)), local.policy);
  while (!script.empty()) {
    const auto step = static_cast<uint8_t>(script.front());
    // "v" starts a description, so that a corpus of those is one of scripts.
    if (step != 'v') script.remove_prefix(1);
    switch (step) {
      case 'O':
        run.own_offer(script.empty() ? 0 : static_cast<uint8_t>(script.front()));
        break;
      case 'A':
        run.answer_of_peer(text::cut(script, '\x1e'));
        break;
      case 'W':
        run.offer_of_peer(changed_offer(text::cut(script, '\x1e')));
        break;
      case 'w':
        run.answer_of_peer(
            test::replaced(changed_offer(text::cut(script, '\x1e')), "actpass", "passive"));
        break;
      case 'R':
        run.roll_back();
        break;
      case 'v':
        run.offer_of_peer(text::cut(script, '\x1e'));
        break;
      default:
        break;
    }
  }
}

void play_all(std::string_view script) {
  for (const SrtpPolicy policy :
       {SrtpPolicy::kRequired, SrtpPolicy::kPreferred, SrtpPolicy::kOff}) {
    play(script, local_media(policy));
  }
  play(script, webrtc_media());
}

// Offers in the shapes of WebRTC stacks, one after the other and with our own between them.
bool play_seeds() {
  std::string script;
  for (const std::string& offer : test::webrtc_offers()) {
    play_all(offer);
    script += offer +
              "\x1eO\x04"
              "w" +
              static_cast<char>('0' + script.size() % 7) + "\x1e";
  }
  play_all(script);
  for (char i = 0; i < 7; ++i) {
    for (char j = 0; j < 7; ++j)
      play_all(std::string("W") + i + "\x1eO\x04w" + j + "\x1eW" + j + "\x1e");
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool has_seeds = play_seeds();
  require(has_seeds);
  play_all(as_text(ByteView(data, size)));
  return 0;
}
