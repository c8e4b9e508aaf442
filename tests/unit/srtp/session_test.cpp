#include "srtp/session.h"

#include <algorithm>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "rtp/packet.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/srtp_pair.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::Pair;
using test::rtcp_packet;
using test::rtp_packet;

TEST_CASE("suites: the rows are those of the RFCs, AES-192 and NULL are refused") {
  CHECK(suites().size() == 6);
  for (const Suite& suite : suites()) {
    CHECK(find_suite(suite.id) == &suite);
    CHECK(find_suite(suite.name) == &suite);
    CHECK(suite.key_and_salt_len() <= kMaxKeyAndSaltLen);
  }
  for (const char* name :
       {"AES_192_CM_HMAC_SHA1_80", "NULL_HMAC_SHA1_80", "F8_128_HMAC_SHA1_80", ""}) {
    CHECK(find_suite(std::string_view(name)) == nullptr);
  }
  test::TestContext t;
  SessionConfig config;
  for (const int id : {0, 7, 255}) {
    config.suite = static_cast<SuiteId>(id);
    CHECK(Session::create(t.context, config).error() == Status::ERR_UNSUPPORTED);
  }
}

TEST_CASE("a config out of range is refused") {
  struct Row {
    const char* title;
    void (*change)(SessionConfig&);
  };
  static const std::vector<uint8_t> long_bytes(200);
  const Row rows[] = {
      {"short key", [](auto& c) { c.key_and_salt = ByteView(long_bytes).first(29); }},
      {"long key", [](auto& c) { c.key_and_salt = ByteView(long_bytes).first(31); }},
      {"long MKI", [](auto& c) { c.mki = ByteView(long_bytes).first(129); }},
      {"small window", [](auto& c) { c.replay_window = 63; }},
      {"big window", [](auto& c) { c.replay_window = 1025; }},
      {"no SSRC", [](auto& c) { c.max_ssrcs = 0; }},
      {"many SSRCs", [](auto& c) { c.max_ssrcs = 1025; }},
      {"no lifetime", [](auto& c) { c.rtp_lifetime = 0; }},
      {"long lifetime", [](auto& c) { c.rtp_lifetime = kMaxRtpLifetime + 1; }},
      {"no RTCP lifetime", [](auto& c) { c.rtcp_lifetime = 0; }},
      {"long RTCP lifetime", [](auto& c) { c.rtcp_lifetime = kMaxRtcpLifetime + 1; }},
      {"direction", [](auto& c) { c.direction = static_cast<Direction>(2); }},
  };
  test::TestContext t;
  for (const Row& row : rows) {
    INFO(row.title);
    SessionConfig config;
    config.key_and_salt = ByteView(long_bytes).first(30);
    row.change(config);
    CHECK(Session::create(t.context, config).error() == Status::ERR_INVALID_ARGUMENT);
  }
}

TEST_CASE("what one side seals the other opens, in every suite, with and without MKI") {
  for (const Suite& suite : suites()) {
    for (const char* mki :
         {"", "a", "four",
          "an MKI of one hundred and twenty-eight bytes ................................"
          "..................................................."}) {
      INFO(suite.name << " mki " << std::strlen(mki));
      Pair pair(suite.id, mki);
      for (uint32_t i = 65500; i < 65600; ++i) {
        const auto plain = rtp_packet(static_cast<uint16_t>(i));
        const auto sealed = pair.seal(plain);
        CHECK(sealed.size() == plain.size() + pair.out.rtp_overhead());
        CHECK(pair.open(sealed) == plain);
      }
      CHECK(*pair.in.roc(test::kSsrc) == 1);
      for (int i = 0; i < 5; ++i) {
        const auto plain = rtcp_packet();
        const auto sealed = pair.seal_rtcp(plain);
        CHECK(sealed.size() == plain.size() + pair.out.rtcp_overhead());
        CHECK(pair.open_rtcp(sealed) == plain);
      }
      CHECK(pair.in.stats().rtp_packets == 100);
      CHECK(pair.in.stats().rtcp_packets == 5);
      CHECK(pair.in.stats().ssrcs == 1);
    }
  }
}

TEST_CASE("RFC 3711 3.3.2: a duplicate is rejected, an old packet too, a late one is not") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "");
    std::vector<std::vector<uint8_t>> sealed;
    for (uint32_t i = 0; i < 400; ++i)
      sealed.push_back(pair.seal(rtp_packet(static_cast<uint16_t>(65300 + i))));
    CHECK(pair.status(sealed[0]) == Status::OK);
    CHECK(pair.status(sealed[300]) == Status::OK);
    CHECK(pair.status(sealed[300]) == Status::ERR_SRTP_REPLAYED);
    CHECK(pair.status(sealed[300 - 127]) == Status::OK);
    CHECK(pair.status(sealed[300 - 127]) == Status::ERR_SRTP_REPLAYED);
    CHECK(pair.status(sealed[300 - 128]) == Status::ERR_SRTP_TOO_OLD);
    CHECK(pair.status(sealed[0]) == Status::ERR_SRTP_TOO_OLD);
    CHECK(pair.status(sealed[399]) == Status::OK);
    CHECK(pair.in.stats().replayed == 2);
    CHECK(pair.in.stats().too_old == 2);
    std::vector<std::vector<uint8_t>> rtcp;
    for (int i = 0; i < 200; ++i) rtcp.push_back(pair.seal_rtcp(rtcp_packet()));
    CHECK(pair.rtcp_status(rtcp[150]) == Status::OK);
    CHECK(pair.rtcp_status(rtcp[150]) == Status::ERR_SRTP_REPLAYED);
    CHECK(pair.rtcp_status(rtcp[150 - 127]) == Status::OK);
    CHECK(pair.rtcp_status(rtcp[150 - 128]) == Status::ERR_SRTP_TOO_OLD);
  }
}

TEST_CASE("RFC 3711 9.1: an index is never sealed twice") {
  Pair pair(SuiteId::kAeadAes128Gcm, "");
  std::vector<uint8_t> out(256);
  const auto plain = rtp_packet(7);
  CHECK(pair.out.seal_rtp(plain, out));
  const uint64_t before = pair.out.state_hash();
  CHECK(pair.out.seal_rtp(plain, out).error() == Status::ERR_SRTP_REPLAYED);
  CHECK(pair.out.state_hash() == before);
}

TEST_CASE("a small buffer loses nothing and changes nothing") {
  for (const Suite& suite : suites()) {
    Pair pair(suite.id, "m");
    const auto plain = rtp_packet(1);
    const auto rtcp = rtcp_packet();
    const uint64_t before = pair.out.state_hash();
    std::vector<uint8_t> room(plain.size() + pair.out.rtp_overhead() - 1);
    CHECK(pair.out.seal_rtp(plain, room).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.out.seal_rtp(plain, {}).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.out.seal_rtcp(rtcp, MutableBytes(room).first(rtcp.size())).error() ==
          Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.out.state_hash() == before);
    const auto sealed = pair.seal(plain);
    const auto sealed_rtcp = pair.seal_rtcp(rtcp);
    const uint64_t before_open = pair.in.state_hash();
    CHECK(pair.in.open_rtp(sealed, MutableBytes(room).first(plain.size() - 1)).error() ==
          Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.in.open_rtcp(sealed_rtcp, {}).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.in.state_hash() == before_open);
    CHECK(pair.open(sealed) == plain);
    CHECK(pair.open_rtcp(sealed_rtcp) == rtcp);
  }
}

TEST_CASE("sealing writes no byte behind its overhead") {
  for (const Suite& suite : suites()) {
    Pair pair(suite.id, "mki");
    const auto plain = rtp_packet(1);
    const auto rtcp = rtcp_packet();
    test::Guarded rtp_room(std::vector<uint8_t>(plain.size() + pair.out.rtp_overhead()));
    test::Guarded rtcp_room(std::vector<uint8_t>(rtcp.size() + pair.out.rtcp_overhead()));
    CHECK(*pair.out.seal_rtp(plain, rtp_room.mutable_bytes()) == rtp_room.bytes().size());
    CHECK(*pair.out.seal_rtcp(rtcp, rtcp_room.mutable_bytes()) == rtcp_room.bytes().size());
  }
}

TEST_CASE("every prefix of a sealed packet ends at an unreadable page and is refused") {
  for (const Suite& suite : suites()) {
    for (const char* mki : {"", "mki"}) {
      Pair pair(suite.id, mki);
      const auto sealed = pair.seal(rtp_packet(1));
      const auto sealed_rtcp = pair.seal_rtcp(rtcp_packet());
      const uint64_t before = pair.in.state_hash();
      std::vector<uint8_t> out(512);
      for (size_t n = 0; n < sealed.size(); ++n) {
        const test::Guarded input(ByteView(sealed).first(n));
        CHECK(!pair.in.open_rtp(input.bytes(), out));
      }
      for (size_t n = 0; n < sealed_rtcp.size(); ++n) {
        const test::Guarded input(ByteView(sealed_rtcp).first(n));
        CHECK(!pair.in.open_rtcp(input.bytes(), out));
      }
      CHECK(pair.in.state_hash() == before);
    }
  }
}

TEST_CASE("refusals name their reason and leave nothing of the packet behind") {
  Pair pair(SuiteId::kAesCm128HmacSha1_80, "mki");
  const auto sealed = pair.seal(rtp_packet(1));
  const auto rtcp = pair.seal_rtcp(rtcp_packet());
  auto changed = sealed;
  changed[20] ^= 1;
  std::vector<uint8_t> out(512, 0);
  CHECK(pair.in.open_rtp(changed, out).error() == Status::ERR_SRTP_AUTH);
  CHECK(std::all_of(out.begin(), out.end(), [](uint8_t byte) { return byte == 0; }));
  changed = sealed;
  changed[changed.size() - 11] ^= 1;
  CHECK(pair.status(changed) == Status::ERR_SRTP_MKI);
  changed = sealed;
  changed[0] ^= 0xc0;
  CHECK(pair.status(changed) == Status::ERR_RTP_VERSION);
  CHECK(pair.status({0x80}) == Status::ERR_TRUNCATED);
  changed = rtcp;
  changed[changed.size() - 10 - 3 - 4] ^= 0x80;
  CHECK(pair.rtcp_status(changed) == Status::ERR_SRTP_RTCP_FLAG);
  CHECK(pair.in.open_rtp(rtp_packet(1), out).error() == Status::ERR_SRTP_MKI);
  CHECK(pair.in.seal_rtp(rtp_packet(1), out).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.in.seal_rtcp(rtcp_packet(), out).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.out.open_rtp(sealed, out).error() == Status::ERR_WRONG_STATE);
  CHECK(pair.out.open_rtcp(rtcp, out).error() == Status::ERR_WRONG_STATE);
  const SessionStats stats = pair.in.stats();
  CHECK(stats.auth_failed == 1);
  CHECK(stats.mki_unknown == 2);
  CHECK(stats.malformed == 3);
  CHECK(stats.ssrcs == 0);
}

TEST_CASE("the SSRC table is bounded and never evicts") {
  Pair pair(SuiteId::kAeadAes256Gcm, "", [](SessionConfig& config) { config.max_ssrcs = 2; });
  Pair wide(SuiteId::kAeadAes256Gcm, "");
  CHECK(pair.status(wide.seal(rtp_packet(1, 1))) == Status::OK);
  CHECK(pair.status(wide.seal(rtp_packet(1, 2))) == Status::OK);
  const uint64_t before = pair.in.state_hash();
  CHECK(pair.status(wide.seal(rtp_packet(1, 3))) == Status::ERR_SRTP_SSRC_LIMIT);
  CHECK(pair.rtcp_status(wide.seal_rtcp(rtcp_packet(3))) == Status::ERR_SRTP_SSRC_LIMIT);
  CHECK(pair.in.set_roc(3, 1).error() == Status::ERR_SRTP_SSRC_LIMIT);
  CHECK(pair.in.state_hash() == before);
  CHECK(pair.in.stats().ssrc_refused == 2);
  CHECK(pair.status(wide.seal(rtp_packet(2, 1))) == Status::OK);
}

TEST_CASE("RFC 3711 9.2: a key is used up at its lifetime") {
  const auto limit = [](SessionConfig& config) {
    config.rtp_lifetime = 3, config.rtcp_lifetime = 2;
  };
  Pair limited(SuiteId::kAesCm128HmacSha1_32, "", limit);
  Pair free(SuiteId::kAesCm128HmacSha1_32, "");
  std::vector<uint8_t> out(512);
  for (uint16_t i = 0; i < 3; ++i)
    CHECK(limited.open(limited.seal(rtp_packet(i, i % 2))) == rtp_packet(i, i % 2));
  for (int i = 0; i < 2; ++i)
    CHECK(limited.open_rtcp(limited.seal_rtcp(rtcp_packet())) == rtcp_packet());
  const uint64_t before = limited.out.state_hash();
  CHECK(limited.out.seal_rtp(rtp_packet(9), out).error() == Status::ERR_SRTP_KEY_EXPIRED);
  CHECK(limited.out.seal_rtcp(rtcp_packet(), out).error() == Status::ERR_SRTP_KEY_EXPIRED);
  CHECK(limited.out.state_hash() == before);
  CHECK(limited.status(free.seal(rtp_packet(9))) == Status::ERR_SRTP_KEY_EXPIRED);
  CHECK(limited.rtcp_status(free.seal_rtcp(rtcp_packet())) == Status::ERR_SRTP_KEY_EXPIRED);
  CHECK(limited.in.stats().rtp_left == 0);
  CHECK(limited.in.stats().key_expired == 2);
  CHECK(free.in.stats().rtp_left == kMaxRtpLifetime);

  // The 48-bit space of one source ends.
  Pair last(SuiteId::kAesCm128HmacSha1_80, "");
  REQUIRE(last.out.set_roc(test::kSsrc, UINT32_MAX));
  REQUIRE(last.in.set_roc(test::kSsrc, UINT32_MAX));
  CHECK(last.open(last.seal(rtp_packet(65535))) == rtp_packet(65535));
  CHECK(last.out.seal_rtp(rtp_packet(0), out).error() == Status::ERR_SRTP_KEY_EXPIRED);
}

TEST_CASE("a rollover counter is set before the first packet or never") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "");
    CHECK(pair.in.roc(test::kSsrc).error() == Status::ERR_NOT_FOUND);
    // RTCP that came before leaves the counter free to be set.
    CHECK(pair.open_rtcp(pair.seal_rtcp(rtcp_packet())) == rtcp_packet());
    for (const uint32_t roc : {9u, 0u, 5u}) {
      REQUIRE(pair.out.set_roc(test::kSsrc, roc));
      REQUIRE(pair.in.set_roc(test::kSsrc, roc));
      CHECK(*pair.in.roc(test::kSsrc) == roc);
    }
    for (uint32_t i = 65000; i < 65536 + 600; ++i) {
      CHECK(pair.open(pair.seal(rtp_packet(static_cast<uint16_t>(i)))) ==
            rtp_packet(static_cast<uint16_t>(i)));
    }
    CHECK(*pair.in.roc(test::kSsrc) == 6);
    CHECK(pair.in.set_roc(test::kSsrc, 6).error() == Status::ERR_WRONG_STATE);
    CHECK(pair.out.set_roc(test::kSsrc, 7).error() == Status::ERR_WRONG_STATE);
    CHECK(pair.open_rtcp(pair.seal_rtcp(rtcp_packet())) == rtcp_packet());
  }
}

TEST_CASE("RFC 4568 6.3.2: SRTCP that is authenticated only, where both sides agreed on it") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "", [](SessionConfig& config) { config.is_rtcp_plain = true; });
    Pair secret(suite.id, "");
    const auto sealed = pair.seal_rtcp(rtcp_packet());
    CHECK(std::equal(sealed.begin(), sealed.begin() + 28, rtcp_packet().begin()));
    CHECK(pair.open_rtcp(sealed) == rtcp_packet());
    CHECK(secret.rtcp_status(sealed) == Status::ERR_SRTP_RTCP_FLAG);
    CHECK(pair.rtcp_status(secret.seal_rtcp(rtcp_packet())) == Status::ERR_SRTP_RTCP_FLAG);
  }
}

TEST_CASE("a moved session goes on, every allocation may fail, keys are wiped") {
  for (uint64_t n = 0;; ++n) {
    test::TestContext t;
    const std::vector<uint8_t> key(30, 0xa5);
    SessionConfig config;
    config.key_and_salt = key;
    t.allocator.fail_after(n, true);
    bool is_made = false;
    try {
      auto made = Session::create(t.context, config);
      is_made = made.has_value();
      if (is_made) {
        Session moved = *std::move(made);
        CHECK(moved.stats().rtp_left == kMaxRtpLifetime);
      }
    } catch (const std::bad_alloc&) {
    }
    CHECK(t.allocator.live_blocks == 0);
    if (is_made) break;
  }
}

TEST_CASE("no allocation per packet") {
  Pair pair(SuiteId::kAeadAes128Gcm, "mki");
  const uint64_t before = pair.context.allocator.count;
  for (uint16_t i = 0; i < 100; ++i) CHECK(pair.open(pair.seal(rtp_packet(i))) == rtp_packet(i));
  CHECK(pair.context.allocator.count == before);
}
