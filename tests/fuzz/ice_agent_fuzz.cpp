// The ICE agent: strangers change nothing, and what the peer itself may send, in any order and at
// any time, keeps the agent's promises.
#include <cstdlib>
#include <string>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "ice/agent.h"

using namespace voxlock;
using namespace voxlock::ice;
using stun::Attribute;

namespace {

constexpr char kPeerPwd[] = "0123456789012345678901";

void require(bool holds) {
  if (!holds) std::abort();
}

Address address_of(uint8_t port) {
  Address out;
  out.family = (port & 1) != 0 ? 6 : 4;
  out.ip[0] = 10;
  out.port = static_cast<uint16_t>(port % 32 + 1);
  return out;
}

class World {
 public:
  World() {
    require(random_.seed(as_bytes("voxlock fuzz seed 0123456789")).has_value());
    const Address locals[] = {address_of(0), address_of(1)};
    AgentConfig config;
    config.local = locals;
    auto made = Agent::create(context_, config, random_);
    require(made.has_value());
    agent_ = std::move(*made);
    remember();
  }

  void stranger(ByteView datagram) {
    agent_->advance(now_ns_);
    const uint64_t before = agent_->state_hash();
    const size_t len = receive(datagram, address_of(7), 0);
    require(len <= datagram.size());
    require(agent_->state_hash() == before);
  }

  void step(bytes::Reader& program) {
    const uint8_t action = program.u8();
    const uint8_t detail = program.u8();
    now_ns_ += (uint64_t{1} << detail % 40);
    switch (action % 8) {
      case 0:
        (void)agent_->set_remote((detail & 1) != 0 ? "peer" : "fork", kPeerPwd);
        break;
      case 1:
        require(agent_->restart("", "", random_).has_value());
        remember();
        break;
      case 2:
        agent_->advance(now_ns_);
        break;
      case 3:
        (void)agent_->add_remote_candidate(
            as_text(program.take(std::min<size_t>(program.left(), detail))));
        break;
      default:
        check(action, detail, program);
    }
    drain();
  }

 private:
  struct Known {
    std::string ufrag;
    std::string pwd;
  };

  void remember() {
    known_.push_back({std::string(agent_->local_ufrag()), std::string(agent_->local_pwd())});
  }

  // A request with a right tag, of any credentials there ever were.
  void check(uint8_t action, uint8_t detail, bytes::Reader& program) {
    const Known& known = known_[action / 8 % known_.size()];
    uint8_t id[stun::kTransactionIdLen] = {program.u8()};
    uint8_t raw[1024];
    stun::Builder out(raw, stun::Class::kRequest, stun::kBinding, id);
    out.put(Attribute::kUsername, as_bytes(known.ufrag + ((detail & 2) != 0 ? ":peer" : ":fork")));
    if ((detail & 4) != 0) out.put_u32(Attribute::kPriority, detail);
    if ((detail & 8) != 0) out.put_flag(Attribute::kUseCandidate);
    if ((detail & 0xf0) == 0xf0) out.put_u64(Attribute::kIceControlled, 1);
    if ((detail & 0xf0) == 0xe0) {
      const ByteView value = program.take(std::min<size_t>(program.left(), 8));
      out.put(static_cast<Attribute>(program.u16()), value);
    }
    crypto::Hmac key(crypto::HashId::kSha1, as_bytes(known.pwd));
    require(out.put_integrity(key).has_value());
    out.put_fingerprint();
    require(out.ok());
    (void)receive(ByteView(raw).first(out.size()), address_of(program.u8()), detail & 1);
  }

  size_t receive(ByteView datagram, const Address& from, uint32_t local) {
    uint8_t response[kMaxResponse];
    const auto len = agent_->receive(datagram, from, local, response, now_ns_);
    require(len.has_value() && *len <= kMaxResponse);
    if (*len != 0) {
      const auto message = stun::Message::parse(ByteView(response).first(*len));
      require(message.has_value() && message->has_fingerprint());
      require(message->message_class() == stun::Class::kSuccess ||
              message->message_class() == stun::Class::kError);
    }
    return *len;
  }

  void drain() {
    for (int i = 0; i < 2; ++i) (void)agent_->poll();
    require(agent_->poll().type == EventType::kNone);
    require(!agent_->has_consent() || agent_->selected() != nullptr);
    require((agent_->next_deadline() == kNever) == !agent_->has_consent());
    if (agent_->has_consent()) {
      const Path& path = agent_->selected()->path;
      require(agent_->is_authenticated(path.local, path.remote) ||
              agent_->next_deadline() <= now_ns_);
    }
  }

  Memory memory_{nullptr};
  crypto::Drbg random_;
  Context context_{memory_, random_, LogSink{}};
  Box<Agent> agent_{nullptr, {nullptr}};
  std::vector<Known> known_;
  uint64_t now_ns_ = 1'000'000'000;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  world.stranger(ByteView(data, size));
  bytes::Reader program(ByteView(data, size));
  for (int steps = 0; program.left() != 0 && steps < 500; ++steps) world.step(program);
  world.stranger(ByteView(data, size));
  return 0;
}
