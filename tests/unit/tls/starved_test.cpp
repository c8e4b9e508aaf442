// mbedTLS and libsrtp2 take their memory from the C library, where the tests' allocator does not
// reach. Here its functions are the test's own: a handshake that runs out of memory is a failed
// handshake, never one that was let through, and the next one succeeds.
#include "dtls_peers.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::test;

extern "C" {
void* __libc_calloc(size_t count, size_t size);
void* __libc_memalign(size_t align, size_t size);
}

namespace {

constexpr uint64_t kEnough = UINT64_MAX;
uint64_t calls_left = kEnough;
bool fails_for_good = false;

// Lets the n-th allocation fail, and with for_good all behind it.
class Starve {
 public:
  Starve(uint64_t n, bool for_good) {
    fails_for_good = for_good;
    calls_left = n;
  }
  ~Starve() { calls_left = kEnough; }
  Starve(const Starve&) = delete;
  Starve& operator=(const Starve&) = delete;
  // Whether it came so far.
  [[nodiscard]] static bool has_struck() { return calls_left == 0; }
};

bool is_refused() {
  if (calls_left == kEnough) return false;
  if (calls_left == 0) return fails_for_good;
  return --calls_left == 0;
}

// Calls run(n, for_good) for allocations spread over all that a run makes.
template <typename Run>
size_t starve_all(Run run) {
  size_t struck = 0;
  for (const bool for_good : {false, true}) {
    uint64_t step = 1;
    for (uint64_t n = 0; run(n, for_good); n += step) {
      ++struck;
      // Big numbers are most of the allocations: each of the first, then fewer.
      if (n > 64) step = n / 16;
    }
  }
  return struck;
}

}  // namespace

extern "C" {
[[gnu::visibility("default")]] void* calloc(size_t count, size_t size) noexcept {
  return is_refused() ? nullptr : __libc_calloc(count, size);
}
[[gnu::visibility("default")]] void* aligned_alloc(size_t align, size_t size) noexcept {
  return is_refused() ? nullptr : __libc_memalign(align, size);
}
}

TEST_CASE("a TLS handshake that runs out of memory fails, on either side") {
  TestContext host;
  host.context.set_wall(kNow * kSecond, 0);
  const crypto::Identity identity = issue(host, {{dns("a.example")}});
  const SettingsRef server_side = server_settings(host, identity);
  const SettingsRef client_side = client_settings(host, identity);
  const auto run = [&](uint64_t n, bool for_good) {
    auto client = stream(host, client_side, "a.example");
    auto server = stream(host, server_side);
    bool has_struck = false;
    {
      const Starve starve(n + 1, for_good);
      (void)client->start(0);
      while (carry(*client, *server) || carry(*server, *client)) {
      }
      has_struck = Starve::has_struck();
    }
    INFO("allocation " << n << " for good " << for_good);
    for (tls::Stream* end : {client.get(), server.get()}) {
      const bool is_open = end->state() == tls::State::kOpen;
      CHECK((is_open || !end->info().is_peer_verified));
      if (end->state() == tls::State::kFailed)
        CHECK(end->write(as_bytes("x")).error() != Status::OK);
    }
    if (client->state() == tls::State::kOpen) CHECK(client->info().is_peer_verified);
    if (!has_struck) {
      CHECK(client->state() == tls::State::kOpen);
      CHECK(server->state() == tls::State::kOpen);
    }
    return has_struck;
  };
  CHECK(starve_all(run) > 100);
}

TEST_CASE("a DTLS handshake that runs out of memory opens no gate") {
  DtlsPair pair;
  const auto run = [&](uint64_t n, bool for_good) {
    pair.make();
    pair.know();
    bool has_struck = false;
    {
      const Starve starve(n + 1, for_good);
      pair.talk();
      has_struck = Starve::has_struck();
    }
    INFO("allocation " << n << " for good " << for_good);
    for (tls::Dtls* end : {pair.client.get(), pair.server.get()}) {
      const auto keys = end->export_keys();
      CHECK(keys.has_value() == end->media_allowed());
      CHECK((!end->media_allowed() || end->info().is_peer_verified));
    }
    if (!has_struck) CHECK(pair.is_connected());
    if (pair.is_connected()) {
      const auto ours = pair.client->export_keys();
      const auto theirs = pair.server->export_keys();
      CHECK(secure::equal(ours->local.view(), theirs->remote.view()));
    }
    return has_struck;
  };
  CHECK(starve_all(run) > 100);
}

TEST_CASE("an SRTP session without memory is none, and a packet without memory is dropped") {
  // A shared libsrtp2 has memory of its own, and its own troubles.
  constexpr bool is_private = VOXLOCK_SRTP_PRIVATE != 0;
  for (const srtp::Suite& suite : srtp::suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "");
    const auto first = pair.seal_rtcp(rtcp_packet());
    const auto second = pair.seal_rtcp(rtcp_packet(9));
    const uint64_t before = pair.in.state_hash();
    const auto run = [&](uint64_t n, bool for_good) {
      const Starve starve(is_private ? n + 1 : kEnough, for_good);
      std::vector<uint8_t> key(suite.key_and_salt_len(), 3);
      srtp::SessionConfig config;
      config.suite = suite.id;
      config.key_and_salt = key;
      const auto made = srtp::Session::create(pair.context.context, config);
      const bool has_struck = Starve::has_struck();
      CHECK(made.has_value() != has_struck);
      return has_struck;
    };
    // One piece for all that libsrtp2 wants, for it would crash where it gets half of it: once, and
    // once for good. AEAD does without it.
    CHECK(starve_all(run) == (is_private && !suite.is_aead ? 2 : 0));
    if (!is_private) continue;
    // No RTP wants any.
    const auto media = pair.seal(rtp_packet(1));
    // The first SRTCP of a source makes libsrtp2 remember it.
    const auto wanting = suite.is_aead ? std::vector<const std::vector<uint8_t>*>()
                                       : std::vector<const std::vector<uint8_t>*>{&first, &second};
    for (const auto* packet : wanting) {
      {
        const Starve starve(1, true);
        CHECK(pair.rtcp_status(*packet) == Status::ERR_NO_MEMORY);
      }
      CHECK(pair.in.state_hash() == before);
    }
    CHECK(pair.rtcp_status(first) == Status::OK);
    CHECK(pair.rtcp_status(second) == Status::OK);
    // Of one that is known nothing is wanted.
    const Starve starve(1, true);
    CHECK(pair.rtcp_status(pair.seal_rtcp(rtcp_packet())) == Status::OK);
    CHECK(pair.status(media) == Status::OK);
  }
}
