// Bytes become steps of one session: the peer's offers and answers, our own offers, roll-backs,
// under each policy. A step is one byte and, where it needs text, a text up to the next 0x1e. A
// file that is a plain description is one offer.
#include <array>
#include <cstdlib>
#include <memory>

#include "base/text.h"
#include "sdp/offer_answer.h"

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

    (void)local.assign(from->local_key.key_and_salt.view());
    (void)remote.assign(from->remote_key.key_and_salt.view());
  }
  [[nodiscard]] bool operator==(const Snapshot& other) const {
    return is_there == other.is_there && remote_rtp == other.remote_rtp && codec == other.codec &&
           direction == other.direction && is_secure == other.is_secure &&
           secure::equal(local.view(), other.local.view()) &&
           secure::equal(remote.view(), other.remote.view());
  }

  bool is_there;
  HostAddress remote_rtp;
  CodecId codec = CodecId::kNone;
  Direction direction = Direction::kSendRecv;
  bool is_secure = false;
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
  }
  void own_offer(uint8_t flags) {
    bytes::Writer out(buffer_);
    if (!core_.offer({(flags & 1) != 0, (flags & 2) != 0}, out)) return;
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
    require(agreed.codec != CodecId::kNone && agreed.payload_type_send < 128 &&
            agreed.payload_type_recv < 128);
    require((agreed.event_type_send == kNoPayloadType) ==
            (agreed.event_type_recv == kNoPayloadType));
    require(agreed.ptime_ms >= 10 && agreed.ptime_ms <= 60);
    require(agreed.is_secure == (agreed.suite != CryptoSuite::kNone));
    if (!agreed.is_secure) return;
    require(!agreed.local_key.key_and_salt.empty());
    require(!secure::equal(agreed.local_key.key_and_salt.view(),
                           agreed.remote_key.key_and_salt.view()));
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
  return out;
}

void play(std::string_view script, SrtpPolicy policy) {
  Counting random;
  Run run(std::move(*OfferAnswer::create(local_media(policy), random)), policy);
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  for (const SrtpPolicy policy :
       {SrtpPolicy::kRequired, SrtpPolicy::kPreferred, SrtpPolicy::kOff}) {
    play(as_text(ByteView(data, size)), policy);
  }
  return 0;
}
