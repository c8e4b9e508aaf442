// Hostile bytes from the network into both roles: a status, never a crash, never an open
// connection.
#include <cstdlib>

#include "crypto/identity.h"
#include "tls/stream.h"

using namespace voxlock;

namespace {

struct World {
  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
  std::shared_ptr<const tls::Settings> client;
  std::shared_ptr<const tls::Settings> server;

  World() {
    if (!random.seed(as_bytes("a fixed seed makes runs repeat"))) std::abort();
    crypto::IdentityRequest wanted;
    wanted.not_after_s = 4'000'000'000;
    const auto identity = crypto::Identity::create(memory, wanted, random);
    if (!identity) std::abort();
    tls::SettingsRequest request;
    request.authorities = identity->certificate_der();
    client = *tls::Settings::create(context, request);
    request.role = tls::Role::kServer;
    request.certificates = identity->certificate_der();
    request.key = identity->key_der();
    server = *tls::Settings::create(context, request);
    context.set_wall(1'800'000'000'000'000'000, 0);
  }
};

void feed_all(World& world, const std::shared_ptr<const tls::Settings>& settings, ByteView data) {
  auto made = tls::Stream::create(world.context, settings, "a.example");
  if (!made) std::abort();
  tls::Stream& stream = **made;
  uint8_t out[4096];
  (void)stream.start(0);
  while (!data.empty()) {
    const auto n = stream.feed(data, 0);
    if (!n || *n == 0) break;
    data = data.subspan(*n);
    while (stream.take(out) != 0) {
    }
  }
  (void)stream.end_input(0);
  if (stream.state() == tls::State::kOpen) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  feed_all(world, world.client, {data, size});
  feed_all(world, world.server, {data, size});
  return 0;
}
