#include "ua/core.h"

#include <algorithm>

namespace voxlock::ua {
namespace {

// Timers of a transaction and of a call.
constexpr size_t kTransactionTimers = 2;
constexpr size_t kCallTimers = 4;
// What one message, timer or command may put out at most: two responses, a request, a whole message
// in an event, and a host name.
constexpr size_t kStepEvents = 8;
constexpr size_t kStepMessages = 4;

uint32_t event_count(const Limits& limits) {
  return std::max<uint32_t>(64, limits.output_len / 1024);
}

}  // namespace

Core::Core(Context& its_context, const Config& settings)
    : memory(its_context.memory()),
      context(its_context),
      config(settings),
      host(settings.host, &memory),
      user(settings.user, &memory),
      product(settings.product, &memory),
      timers(memory, settings.limits.transactions * kTransactionTimers +
                         settings.limits.calls * kCallTimers),
      output(memory, event_count(settings.limits), settings.limits.output_len),
      connections(memory, settings.limits.connections),
      transactions(memory, settings.limits.transactions),
      calls(memory, settings.limits.calls),
      transaction_index(memory, settings.limits.transactions),
      merge_index(memory, settings.limits.transactions),
      call_index(memory, settings.limits.calls),
      authenticator(memory, settings.realm, settings.algorithms, settings.nonce_lifetime_ns),
      credentials(memory),
      scratch(settings.limits.message_len, &memory),
      side(settings.limits.message_len, &memory) {
  config.host = host;
  config.user = user;
  config.product = product;
  config.realm = {};
  if (config.port_tcp == 0) config.port_tcp = 5060;
  if (config.port_tls == 0) config.port_tls = 5061;
}

bool has_room(const Core& core) {
  return core.output.has_room(kStepEvents, kStepMessages * core.config.limits.message_len);
}

Result<Token> make_token(Core& core) {
  std::array<uint8_t, 12> raw;
  VOXLOCK_TRY_VOID(core.random.fill(raw));
  Token out;
  for (size_t i = 0; i < out.chars.size(); ++i) {
    out.chars[i] = "0123456789abcdef"[raw[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
  }
  return out;
}

}  // namespace voxlock::ua
