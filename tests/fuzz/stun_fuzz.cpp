// STUN messages: what parses keeps its meaning when it is built again.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "ice/stun.h"

using namespace voxlock;
using namespace voxlock::ice::stun;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

std::vector<uint8_t> rebuilt(const Message& message, crypto::Hmac& key) {
  std::vector<uint8_t> out(2048);
  Builder builder(out, message.message_class(), message.method(), message.transaction_id());
  if (message.username()) builder.put(Attribute::kUsername, *message.username());
  if (message.priority()) builder.put_u32(Attribute::kPriority, *message.priority());
  if (message.has_use_candidate()) builder.put_flag(Attribute::kUseCandidate);
  if (message.controlling()) builder.put_u64(Attribute::kIceControlling, *message.controlling());
  if (message.controlled()) builder.put_u64(Attribute::kIceControlled, *message.controlled());
  if (message.mapped_address()) builder.put_mapped(*message.mapped_address());
  if (message.error_code()) builder.put_error(*message.error_code());
  for (const uint16_t type : message.unknown()) builder.put(static_cast<Attribute>(type), {});
  require(builder.put_integrity(key).has_value());
  builder.put_fingerprint();
  require(builder.ok());
  out.resize(builder.size());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = Message::parse(ByteView(data, size));
  if (!message) return 0;
  crypto::Hmac key(crypto::HashId::kSha1, as_bytes("VOkJxbRl1RmTxUk/WvJxBt"));
  (void)message->is_integral(key);
  const auto out = rebuilt(*message, key);
  const auto again = Message::parse(out);
  require(again.has_value() && again->has_fingerprint() && *again->is_integral(key));
  require(again->message_class() == message->message_class() &&
          again->method() == message->method());
  require(again->priority() == message->priority() &&
          again->controlling() == message->controlling() &&
          again->controlled() == message->controlled() &&
          again->mapped_address() == message->mapped_address() &&
          again->error_code() == message->error_code() &&
          again->has_use_candidate() == message->has_use_candidate());
  require(std::equal(again->unknown().begin(), again->unknown().end(), message->unknown().begin(),
                     message->unknown().end()));
  return 0;
}
