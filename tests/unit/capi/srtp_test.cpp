#include "voxlock/srtp.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/srtp_pair.h"

using voxlock::test::rtcp_packet;
using voxlock::test::rtp_packet;
using voxlock::test::TestAllocator;

namespace {

const std::vector<uint8_t> kKey(30, 0x11);
const std::vector<uint8_t> kPeerKey(30, 0x22);

struct Host {
  Host() {
    voxlock_context_config config;
    REQUIRE(voxlock_context_config_init(&config, sizeof config) == VOXLOCK_OK);
    config.allocator = allocator.raw();
    REQUIRE(voxlock_context_new(&config, &ctx) == VOXLOCK_OK);
  }
  ~Host() { voxlock_context_free(ctx); }

  TestAllocator allocator;
  voxlock_context* ctx = nullptr;
};

voxlock_srtp_config config_with(const std::vector<uint8_t>& key,
                                const std::vector<uint8_t>& peer_key = {}) {
  voxlock_srtp_config config;
  REQUIRE(voxlock_srtp_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.key = key.empty() ? nullptr : key.data();
  config.key_len = key.size();
  config.peer_key = peer_key.empty() ? nullptr : peer_key.data();
  config.peer_key_len = peer_key.size();
  return config;
}

}  // namespace

TEST_CASE("the suites can be counted") {
  voxlock_srtp_suite suite{};
  suite.struct_size = sizeof suite;
  int32_t id = 1;
  while (voxlock_srtp_suite_info(id, &suite) == VOXLOCK_OK) ++id;
  CHECK(id == 7);
  REQUIRE(voxlock_srtp_suite_info(VOXLOCK_AES_256_CM_HMAC_SHA1_32, &suite) == VOXLOCK_OK);
  CHECK(std::strcmp(suite.name, "AES_256_CM_HMAC_SHA1_32") == 0);
  CHECK((suite.key_len == 32 && suite.salt_len == 14 && suite.rtp_tag_len == 4 &&
         suite.rtcp_tag_len == 10));
  for (const int32_t bad : {-1, 0, 257, INT32_MAX, INT32_MIN}) {
    CHECK(voxlock_srtp_suite_info(bad, &suite) == VOXLOCK_ERR_UNSUPPORTED);
  }
  CHECK(voxlock_srtp_suite_info(1, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("two hosts talk over separate keys; sizes are told and nothing is lost") {
  Host host;
  voxlock_srtp* alice = nullptr;
  voxlock_srtp* bob = nullptr;
  const voxlock_srtp_config a = config_with(kKey, kPeerKey);
  const voxlock_srtp_config b = config_with(kPeerKey, kKey);
  REQUIRE(voxlock_srtp_new(host.ctx, &a, &alice) == VOXLOCK_OK);
  REQUIRE(voxlock_srtp_new(host.ctx, &b, &bob) == VOXLOCK_OK);
  const auto plain = rtp_packet(1);
  size_t len = 0;
  CHECK(voxlock_srtp_seal(alice, plain.data(), plain.size(), nullptr, &len) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  REQUIRE(len == plain.size() + 10);
  std::vector<uint8_t> sealed(len);
  REQUIRE(voxlock_srtp_seal(alice, plain.data(), plain.size(), sealed.data(), &len) == VOXLOCK_OK);
  std::vector<uint8_t> opened(512);
  size_t opened_len = 10;
  CHECK(voxlock_srtp_open(bob, sealed.data(), len, opened.data(), &opened_len, 0) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  REQUIRE(opened_len == len);
  REQUIRE(voxlock_srtp_open(bob, sealed.data(), len, opened.data(), &opened_len, 0) == VOXLOCK_OK);
  opened.resize(opened_len);
  CHECK(opened == plain);
  opened_len = opened.size();
  CHECK(voxlock_srtp_open(alice, sealed.data(), len, opened.data(), &opened_len, 0) != VOXLOCK_OK);

  const auto rtcp = rtcp_packet();
  len = 0;
  CHECK(voxlock_srtp_seal_rtcp(bob, rtcp.data(), rtcp.size(), nullptr, &len) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  REQUIRE(len == rtcp.size() + 14);
  sealed.resize(len);
  REQUIRE(voxlock_srtp_seal_rtcp(bob, rtcp.data(), rtcp.size(), sealed.data(), &len) == VOXLOCK_OK);
  opened.resize(512);
  opened_len = 512;
  REQUIRE(voxlock_srtp_open_rtcp(alice, sealed.data(), len, opened.data(), &opened_len, 0) ==
          VOXLOCK_OK);
  opened.resize(opened_len);
  CHECK(opened == rtcp);

  voxlock_srtp_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_srtp_get_stats(bob, &stats) == VOXLOCK_OK);
  CHECK((stats.rtp_opened == 1 && stats.rtcp_sealed == 1 && stats.ssrcs == 1));
  uint32_t roc = 7;
  CHECK(voxlock_srtp_get_roc(bob, VOXLOCK_SRTP_INBOUND, voxlock::test::kSsrc, &roc) == VOXLOCK_OK);
  CHECK(roc == 0);
  // Any order: the context goes first.
  voxlock_context_free(host.ctx);
  host.ctx = nullptr;
  voxlock_srtp_free(alice);
  voxlock_srtp_free(bob);
  voxlock_srtp_free(nullptr);
  CHECK(host.allocator.live_blocks == 0);
}

TEST_CASE("one key serves both directions; a session that only opens does not seal") {
  Host host;
  voxlock_srtp* both = nullptr;
  voxlock_srtp* opener = nullptr;
  voxlock_srtp_config config = config_with(kKey);
  const uint8_t mki[] = {1, 2};
  config.mki = mki;
  config.mki_len = 2;
  REQUIRE(voxlock_srtp_new(host.ctx, &config, &both) == VOXLOCK_OK);
  config = config_with({}, kKey);
  config.peer_mki = mki;
  config.peer_mki_len = 2;
  REQUIRE(voxlock_srtp_new(host.ctx, &config, &opener) == VOXLOCK_OK);
  REQUIRE(voxlock_srtp_set_roc(both, VOXLOCK_SRTP_OUTBOUND, voxlock::test::kSsrc, 3) == VOXLOCK_OK);
  const auto plain = rtp_packet(5);
  std::vector<uint8_t> sealed(512), opened(512);
  size_t len = 512;
  REQUIRE(voxlock_srtp_seal(both, plain.data(), plain.size(), sealed.data(), &len) == VOXLOCK_OK);
  CHECK(len == plain.size() + 12);
  CHECK(voxlock_srtp_set_roc(both, VOXLOCK_SRTP_OUTBOUND, voxlock::test::kSsrc, 4) ==
        VOXLOCK_ERR_WRONG_STATE);
  for (voxlock_srtp* srtp : {both, opener}) {
    size_t opened_len = 512;
    CHECK(voxlock_srtp_open(srtp, sealed.data(), len, opened.data(), &opened_len, 0) ==
          VOXLOCK_ERR_SRTP_AUTH);
    REQUIRE(voxlock_srtp_set_roc(srtp, VOXLOCK_SRTP_INBOUND, voxlock::test::kSsrc, 3) ==
            VOXLOCK_OK);
    CHECK(voxlock_srtp_open(srtp, sealed.data(), len, opened.data(), &opened_len, 0) == VOXLOCK_OK);
    CHECK(opened_len == plain.size());
  }
  len = 512;
  CHECK(voxlock_srtp_seal(opener, plain.data(), plain.size(), sealed.data(), &len) ==
        VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_srtp_seal_rtcp(opener, plain.data(), plain.size(), sealed.data(), &len) ==
        VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_srtp_set_roc(opener, VOXLOCK_SRTP_OUTBOUND, 1, 1) == VOXLOCK_ERR_WRONG_STATE);
  uint32_t roc = 0;
  CHECK(voxlock_srtp_get_roc(opener, VOXLOCK_SRTP_OUTBOUND, 1, &roc) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_srtp_get_roc(opener, VOXLOCK_SRTP_INBOUND, 1, &roc) == VOXLOCK_ERR_NOT_FOUND);
  voxlock_srtp_free(both);
  voxlock_srtp_free(opener);
}

TEST_CASE("bad SRTP arguments are refused with their own status") {
  struct Row {
    const char* title;
    void (*change)(voxlock_srtp_config&);
    int32_t status;
  };
  const Row rows[] = {
      {"struct_size", [](auto& c) { c.struct_size = 3; }, VOXLOCK_ERR_STRUCT_SIZE},
      {"no key", [](auto& c) { c.key = nullptr, c.key_len = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"key NULL with a length", [](auto& c) { c.key = nullptr; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"key length", [](auto& c) { c.key_len = 29; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"peer key length", [](auto& c) { c.peer_key = c.key, c.peer_key_len = 31; },
       VOXLOCK_ERR_INVALID_ARGUMENT},
      {"suite", [](auto& c) { c.suite = 7; }, VOXLOCK_ERR_UNSUPPORTED},
      {"suite beyond a byte", [](auto& c) { c.suite = 257; }, VOXLOCK_ERR_UNSUPPORTED},
      {"window", [](auto& c) { c.replay_window = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"flags", [](auto& c) { c.flags = 2; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"reserved", [](auto& c) { c.reserved = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"MKI", [](auto& c) { c.mki_len = 1; }, VOXLOCK_ERR_INVALID_ARGUMENT},
      {"lifetime", [](auto& c) { c.rtp_lifetime = 0; }, VOXLOCK_ERR_INVALID_ARGUMENT},
  };
  Host host;
  for (const Row& row : rows) {
    INFO(row.title);
    voxlock_srtp_config config = config_with(kKey);
    row.change(config);
    voxlock_srtp* srtp = reinterpret_cast<voxlock_srtp*>(&config);
    CHECK(voxlock_srtp_new(host.ctx, &config, &srtp) == row.status);
    CHECK(srtp == nullptr);
  }
  voxlock_srtp* srtp = nullptr;
  const voxlock_srtp_config config = config_with(kKey);
  CHECK(voxlock_srtp_new(nullptr, &config, &srtp) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_new(host.ctx, nullptr, &srtp) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_new(host.ctx, &config, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_config_init(nullptr, 8) == VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_srtp_new(host.ctx, &config, &srtp) == VOXLOCK_OK);
  uint8_t buffer[300] = {0x80};
  size_t len = 100;
  CHECK(voxlock_srtp_open(nullptr, buffer, 100, buffer + 150, &len, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open_rtcp(nullptr, buffer, 100, buffer + 150, &len, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_seal(nullptr, buffer, 100, buffer + 150, &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_seal_rtcp(nullptr, buffer, 100, buffer + 150, &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open(srtp, nullptr, 100, buffer + 150, &len, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open(srtp, buffer, 100, buffer + 150, nullptr, 0) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open(srtp, buffer, 100, buffer, &len, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open(srtp, buffer, 100, buffer + 99, &len, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open(srtp, buffer, 100, buffer + 100, &len, 0) == VOXLOCK_ERR_SRTP_AUTH);
  CHECK(voxlock_srtp_set_roc(srtp, 2, 1, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_set_roc(nullptr, 0, 1, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_get_roc(srtp, 0, 1, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_get_stats(srtp, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_srtp_free(srtp);
}

TEST_CASE("every allocation of a session may fail, once and for good") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      Host host;
      const uint64_t blocks = host.allocator.live_blocks;
      host.allocator.fail_after(n, for_good);
      const voxlock_srtp_config config = config_with(kKey, kPeerKey);
      voxlock_srtp* srtp = nullptr;
      const int32_t status = voxlock_srtp_new(host.ctx, &config, &srtp);
      is_done = !host.allocator.has_failed;
      CHECK(status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_NO_MEMORY));
      voxlock_srtp_free(srtp);
      CHECK(host.allocator.live_blocks == blocks);
    }
  }
}

TEST_CASE("a batch settles each packet of its own") {
  Host host;
  constexpr size_t kCount = 7;
  std::vector<voxlock_srtp*> alice(kCount);
  std::vector<voxlock_srtp*> bob(kCount);
  for (size_t i = 0; i < kCount; ++i) {
    const std::vector<uint8_t> key(30, static_cast<uint8_t>(i + 1));
    const voxlock_srtp_config seals = config_with(key);
    const voxlock_srtp_config opens = config_with({}, key);
    REQUIRE(voxlock_srtp_new(host.ctx, &seals, &alice[i]) == VOXLOCK_OK);
    REQUIRE(voxlock_srtp_new(host.ctx, &opens, &bob[i]) == VOXLOCK_OK);
  }
  const auto plain = rtp_packet(5);
  using Rooms = std::vector<std::vector<uint8_t>>;
  const auto batch_of = [](const std::vector<voxlock_srtp*>& sessions, const Rooms& in,
                           Rooms& out) {
    std::vector<voxlock_srtp_packet> packets;
    for (size_t i = 0; i < sessions.size(); ++i) {
      packets.push_back(
          {sessions[i], in[i].data(), in[i].size(), out[i].data(), out[i].size(), 77, 0});
    }
    return packets;
  };

  Rooms sealed(kCount, std::vector<uint8_t>(300));
  const Rooms plains(kCount, plain);
  auto packets = batch_of(alice, plains, sealed);
  packets[1].out_len = plain.size();  // too small
  packets[2].srtp = nullptr;
  packets[3].srtp = bob[3];  // opens only
  packets[4].out = nullptr;
  packets[5].data = nullptr;
  REQUIRE(voxlock_srtp_seal_batch(packets.data(), kCount) == VOXLOCK_OK);
  const int32_t expected[kCount] = {VOXLOCK_OK,
                                    VOXLOCK_ERR_BUFFER_TOO_SMALL,
                                    VOXLOCK_ERR_INVALID_ARGUMENT,
                                    VOXLOCK_ERR_WRONG_STATE,
                                    VOXLOCK_ERR_BUFFER_TOO_SMALL,
                                    VOXLOCK_ERR_INVALID_ARGUMENT,
                                    VOXLOCK_OK};
  for (size_t i = 0; i < kCount; ++i) {
    INFO(i);
    CHECK(packets[i].status == expected[i]);
  }
  CHECK(packets[0].out_len == plain.size() + 10);
  CHECK(packets[1].out_len == plain.size() + 10);
  CHECK(packets[4].out_len == plain.size() + 10);
  CHECK(packets[2].out_len == 300);

  // What failed has used up nothing, what was sealed does not go again.
  packets = batch_of(alice, plains, sealed);
  packets[0].reserved = 1;
  CHECK(voxlock_srtp_seal_batch(packets.data(), kCount) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(packets[1].status == 77);
  packets[0].reserved = 0;
  const auto keep = sealed;
  REQUIRE(voxlock_srtp_seal_batch(packets.data(), kCount) == VOXLOCK_OK);
  for (size_t i = 0; i < kCount; ++i) {
    INFO(i);
    const bool is_second = expected[i] == VOXLOCK_OK;
    CHECK(packets[i].status == (is_second ? VOXLOCK_ERR_SRTP_REPLAYED : VOXLOCK_OK));
    if (is_second) CHECK(sealed[i] == keep[i]);
    sealed[i].resize(plain.size() + 10);
  }

  Rooms opened(kCount, std::vector<uint8_t>(300));
  sealed[3][20] ^= 1;
  auto back = batch_of(bob, sealed, opened);
  REQUIRE(voxlock_srtp_open_batch(back.data(), kCount, 0) == VOXLOCK_OK);
  for (size_t i = 0; i < kCount; ++i) {
    INFO(i);
    CHECK(back[i].status == (i == 3 ? VOXLOCK_ERR_SRTP_AUTH : VOXLOCK_OK));
    const auto from = opened[i].begin();
    if (i != 3) CHECK(std::equal(plain.begin(), plain.end(), from));
    if (i == 3) CHECK(opened[i] == std::vector<uint8_t>(300));
  }
  CHECK(voxlock_srtp_open_batch(nullptr, 1, 0) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_srtp_open_batch(nullptr, 0, 0) == VOXLOCK_OK);
  for (size_t i = 0; i < kCount; ++i) {
    voxlock_srtp_free(alice[i]);
    voxlock_srtp_free(bob[i]);
  }
}

TEST_CASE("a batch follows a counter ahead as one packet after the other does") {
  Host host;
  voxlock_srtp* alice = nullptr;
  voxlock_srtp* bob = nullptr;
  const voxlock_srtp_config seals = config_with(kKey);
  const voxlock_srtp_config opens = config_with({}, kKey);
  REQUIRE(voxlock_srtp_new(host.ctx, &seals, &alice) == VOXLOCK_OK);
  REQUIRE(voxlock_srtp_new(host.ctx, &opens, &bob) == VOXLOCK_OK);
  REQUIRE(voxlock_srtp_set_roc(alice, VOXLOCK_SRTP_OUTBOUND, voxlock::test::kSsrc, 2) ==
          VOXLOCK_OK);
  std::vector<std::vector<uint8_t>> sealed, opened;
  std::vector<voxlock_srtp_packet> packets;
  for (uint16_t i = 0; i < 20; ++i) {
    const auto plain = rtp_packet(static_cast<uint16_t>(100 + i));
    size_t len = 300;
    sealed.emplace_back(len);
    opened.emplace_back(len);
    REQUIRE(voxlock_srtp_seal(alice, plain.data(), plain.size(), sealed.back().data(), &len) ==
            VOXLOCK_OK);
    sealed.back().resize(len);
    packets.push_back({bob, sealed.back().data(), len, opened.back().data(), 300, 77, 0});
  }
  REQUIRE(voxlock_srtp_open_batch(packets.data(), packets.size(), 0) == VOXLOCK_OK);
  CHECK(packets[0].status == VOXLOCK_ERR_SRTP_AUTH);
  CHECK(packets[8].status == VOXLOCK_OK);
  CHECK(packets[19].status == VOXLOCK_OK);
  voxlock_srtp_stats stats{};
  stats.struct_size = sizeof stats;
  REQUIRE(voxlock_srtp_get_stats(bob, &stats) == VOXLOCK_OK);
  CHECK((stats.recovered == 1 && stats.fault == VOXLOCK_FAULT_ROC_AHEAD));
  voxlock_srtp_free(alice);
  voxlock_srtp_free(bob);
}
