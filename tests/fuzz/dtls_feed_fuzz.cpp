// Hostile datagrams into both roles: no crash, no keys, and bounded output. The bytes are a
// schedule: datagrams of hostile bytes, of the true peer, and steps of the clock, in any order.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "crypto/drbg.h"
#include "crypto/identity.h"
#include "tls/dtls.h"

using namespace voxlock;

namespace {

struct World {
  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
  std::vector<uint8_t> certificate;
  std::vector<uint8_t> key;
  std::vector<tls::Fingerprint> own;
  std::vector<tls::Fingerprint> stranger;

  World() {
    restart();
    crypto::IdentityRequest wanted;
    wanted.not_after_s = 4'000'000'000;
    const auto identity = crypto::Identity::create(memory, wanted, random);
    const auto other = crypto::Identity::create(memory, wanted, random);
    if (!identity || !other) std::abort();
    certificate.assign(identity->certificate_der().begin(), identity->certificate_der().end());
    key.assign(identity->key_der().begin(), identity->key_der().end());
    own.push_back(*tls::Fingerprint::of_der(crypto::HashId::kSha256, certificate));
    stranger.push_back(
        *tls::Fingerprint::of_der(crypto::HashId::kSha256, other->certificate_der()));
  }
  // The same bytes give the same run.
  void restart() {
    if (!random.seed(as_bytes("a fixed seed makes runs repeat"))) std::abort();
  }
  Box<tls::Dtls> end(tls::Role role, bool is_address_proven, bool is_stranger) {
    tls::DtlsConfig config;
    config.role = role;
    config.certificate = certificate;
    config.key = key;
    config.is_address_proven = is_address_proven;
    auto made = tls::Dtls::create(context, config);
    if (!made || !(*made)->expect(is_stranger ? stranger : own, 0)) std::abort();
    return *std::move(made);
  }
};

// Takes what waits; hands it to the peer where there is one.
void drain(tls::Dtls& from, tls::Dtls* to, uint64_t now_ns) {
  uint8_t raw[2048];
  size_t total = 0;
  while (from.next_size() != 0) {
    const auto n = from.take(raw);
    if (!n || *n > 1200) std::abort();
    total += *n;
    if (to != nullptr) (void)to->receive(ByteView(raw).first(*n), now_ns);
  }
  if (total > 16 * 1024) std::abort();
}

void run(World& world, tls::Role role, ByteView data) {
  world.restart();
  bytes::Reader reader(data);
  const uint8_t flags = reader.u8();
  const bool is_stranger = (flags & 1) != 0;
  auto dtls = world.end(role, (flags & 2) != 0, is_stranger);
  auto peer =
      world.end(role == tls::Role::kClient ? tls::Role::kServer : tls::Role::kClient, true, false);
  const bool has_peer = (flags & 4) != 0;
  uint64_t now = 1;
  (void)dtls->start(now);
  if (has_peer) (void)peer->start(now);
  while (reader.ok() && reader.left() != 0) {
    const uint8_t what = reader.u8();
    switch (what % 4) {
      case 0:
        drain(*dtls, has_peer ? &*peer : nullptr, now);
        break;
      case 1:
        drain(*peer, &*dtls, now);
        break;
      case 2:
        now += (uint64_t{1} + what) * 10'000'000;
        (void)dtls->advance(now);
        break;
      default:
        (void)dtls->receive(reader.take(std::min<size_t>(reader.u16(), reader.left())), now);
        break;
    }
    // Keys only through the gate, the gate only for the true peer.
    if (dtls->media_allowed() != dtls->export_keys().has_value()) std::abort();
    if (dtls->media_allowed() && (is_stranger || !has_peer)) std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static World world;
  run(world, tls::Role::kClient, {data, size});
  run(world, tls::Role::kServer, {data, size});
  // The whole input as one datagram as well: the public corpora are of that form.
  world.restart();
  auto server = world.end(tls::Role::kServer, true, false);
  (void)server->receive({data, size}, 1);
  drain(*server, nullptr, 1);
  if (server->media_allowed()) std::abort();
  return 0;
}
