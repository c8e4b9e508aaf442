// Our ciphers as libsrtp2 sees them.
#include "srtp/types.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "srtp/aead.h"
#include "srtp/counter_mode.h"
#include "srtp/library.h"
#include "support/catch.h"
#include "support/kernels.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;

TEST_CASE("libsrtp2's self-tests pass on our types with every kernel") {
  const test::Pair initialises(SuiteId::kAesCm128HmacSha1_80, "");
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    CHECK(library::test_types());
  }
}

TEST_CASE("libsrtp2's self-tests see a wrong kernel") {
  const test::Pair initialises(SuiteId::kAesCm128HmacSha1_80, "");
  const auto right = test::kernel_choices().back();
  crypto::kernels::AesRow wrong_aes = *right.aes;
  wrong_aes.ctr = [](const crypto::kernels::AesKey&, const uint8_t*, const uint8_t*, uint8_t*,
                     size_t) {};
  crypto::kernels::Sha1Row wrong_sha1 = *right.sha1;
  wrong_sha1.outer = [](uint32_t*, const uint32_t*) {};
  {
    const test::WithKernels with({&wrong_aes, right.sha1});
    CHECK_FALSE(library::test_types());
  }
  const test::WithKernels with({right.aes, &wrong_sha1});
  CHECK_FALSE(library::test_types());
}

TEST_CASE("sessions with different kernels understand each other") {
  const auto choices = test::kernel_choices();
  for (const Suite& suite : suites()) {
    for (size_t i = 0; i < choices.size(); ++i) {
      const auto& mine = choices[i];
      const auto& theirs = choices[(i + 1) % choices.size()];
      INFO(suite.name << ": " << test::name_of(mine) << " to " << test::name_of(theirs));
      crypto::kernels::choose(mine);
      test::Pair sender(suite.id, "");
      crypto::kernels::choose(theirs);
      test::Pair receiver(suite.id, "");
      crypto::kernels::choose({nullptr, nullptr});
      for (uint16_t sequence = 1; sequence < 20; ++sequence) {
        const auto plain = test::rtp_packet(sequence);
        CHECK(receiver.open(sender.seal(plain)) == plain);
      }
      CHECK(receiver.open_rtcp(sender.seal_rtcp(test::rtcp_packet())) == test::rtcp_packet());
    }
  }
}

TEST_CASE("libsrtp2 gets no session of a suite that does without it") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    const std::vector<uint8_t> key(suite.key_and_salt_len(), 7);
    const auto made = library::create({suite, key, true, 128, false});
    CHECK(made.error() == (suite.is_aead ? Status::ERR_UNSUPPORTED : Status::OK));
    if (made) library::destroy(*made);
  }
}

// RFC 3711 4.1.1: a key gives 2^16 blocks to one packet at most.
TEST_CASE("a payload longer than the keystream of one packet is refused") {
  test::Pair pair(SuiteId::kAesCm128HmacSha1_80, "");
  constexpr size_t kMost = size_t{1} << 20;
  std::vector<uint8_t> plain = test::rtp_packet(1);
  plain.resize(12 + kMost);
  std::vector<uint8_t> room(plain.size() + 64);
  CHECK(pair.out.seal_rtp(plain, room));
  plain = test::rtp_packet(2);
  plain.resize(12 + kMost + 1);
  CHECK(pair.out.seal_rtp(plain, room).error() == Status::ERR_LIMIT);
  // Nothing of it is looked at.
  plain.resize(plain.size() + 10);
  CHECK(pair.status(plain) == Status::ERR_LIMIT);
}

TEST_CASE("what libsrtp2 keeps of keys lies where the context's arenas are") {
  test::TestContext t;
  test::TestAllocator keys;
  Memory memory(keys.raw());
  const Context context(t.memory, t.random, LogSink{}, &memory);
  for (const Suite& suite : suites()) {
    if (suite.is_aead) continue;  // without libsrtp2
    INFO(suite.name);
    const std::vector<uint8_t> key(suite.key_and_salt_len(), 7);
    SessionConfig config;
    config.suite = suite.id;
    config.direction = Direction::kOutbound;
    config.key_and_salt = key;
    std::vector<uint8_t> room(300);
    keys.fail_after(0, true);
    CHECK(Session::create(context, config).error() == Status::ERR_NO_MEMORY);
    keys.never_fail();
    {
      auto session = Session::create(context, config);
      REQUIRE(session);
      const uint64_t blocks = keys.live_blocks;
      CHECK(blocks > 0);
      keys.fail_after(0, true);
      REQUIRE(session->seal_rtp(test::rtp_packet(1), room));
      CHECK(session->seal_rtcp(test::rtcp_packet(), room).error() == Status::ERR_NO_MEMORY);
      keys.never_fail();
      REQUIRE(session->seal_rtcp(test::rtcp_packet(), room));
      CHECK(keys.live_blocks > blocks);
      const uint64_t count = keys.count;
      REQUIRE(session->seal_rtcp(test::rtcp_packet(), room));
      CHECK(keys.count == count);
    }
    CHECK(keys.live_blocks == 0);
  }
}

TEST_CASE("the keys of the counter mode suites leave nothing where they were") {
  for (const SuiteId id : {SuiteId::kAesCm128HmacSha1_80, SuiteId::kAes256CmHmacSha1_32}) {
    const Suite& suite = *find_suite(id);
    const std::vector<uint8_t> key(suite.key_and_salt_len(), 3);
    alignas(CounterMode) std::array<uint8_t, sizeof(CounterMode)> place{};
    auto* const mode = new (place.data()) CounterMode(suite, key);
    std::vector<uint8_t> out(172);
    mode->crypt(test::rtp_packet(1), 12, 7, 1, out);
    CHECK(out != test::rtp_packet(1));
    std::destroy_at(mode);
    const auto left = std::count_if(place.begin(), place.end(), [](uint8_t b) { return b != 0; });
    CHECK(left <= static_cast<std::ptrdiff_t>(2 * sizeof(void*)));
  }
}

TEST_CASE("the keys of the AEAD suites leave nothing where they were") {
  for (const SuiteId id : {SuiteId::kAeadAes128Gcm, SuiteId::kAeadAes256Gcm}) {
    const Suite& suite = *find_suite(id);
    const std::vector<uint8_t> key(suite.key_and_salt_len(), 3);
    alignas(Aead) std::array<uint8_t, sizeof(Aead)> place{};
    auto* const aead = new (place.data()) Aead(suite, key);
    const std::vector<uint8_t> plain = test::rtp_packet(1);
    std::vector<uint8_t> sealed(plain.size() + Aead::kTagLen);
    CHECK(aead->seal_rtp(plain, 12, 7, 1, sealed) == sealed.size());
    std::destroy_at(aead);
    // The addresses of the kernels that each of the two keys used are no secret.
    const auto left = std::count_if(place.begin(), place.end(), [](uint8_t b) { return b != 0; });
    CHECK(left <= static_cast<std::ptrdiff_t>(2 * sizeof(void*)));
  }
}
