// Two engines that talk to each other.
#include <atomic>
#include <cstdlib>
#include <new>
#include <set>
#include <string>

#include "engines.h"

namespace {
std::atomic<uint64_t> news{0};
}  // namespace

// Not inlined: the compiler would take malloc and free for a mismatched pair.
__attribute__((noinline)) void* operator new(size_t size) {
  news.fetch_add(1, std::memory_order_relaxed);
  void* block = std::malloc(size != 0 ? size : 1);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
// The form without exceptions too, since what it gives comes back to the delete below.
__attribute__((noinline)) void* operator new(size_t size, const std::nothrow_t& /*tag*/) noexcept {
  news.fetch_add(1, std::memory_order_relaxed);
  return std::malloc(size != 0 ? size : 1);
}
__attribute__((noinline)) void operator delete(void* block) noexcept {
  std::free(block);
}
__attribute__((noinline)) void operator delete(void* block, size_t /*size*/) noexcept {
  std::free(block);
}

using namespace voxlock;
using namespace voxlock::sdp;
using namespace voxlock::test;

namespace {

Direction mirrored(Direction d) {
  const auto bits = static_cast<uint32_t>(d);
  return static_cast<Direction>((bits & 1) << 1 | bits >> 1);
}

bool is_same(const KeyParameter& a, const KeyParameter& b) {
  return secure::equal(a.key_and_salt.view(), b.key_and_salt.view());
}

void check_mirror(const Agreement& a, const Agreement& b) {
  CHECK(a.is_secure == b.is_secure);
  CHECK(a.suite == b.suite);
  CHECK(is_same(a.local_key, b.remote_key));
  CHECK(is_same(a.remote_key, b.local_key));
  if (a.is_secure) CHECK_FALSE(is_same(a.local_key, a.remote_key));
  CHECK(a.codec == b.codec);
  CHECK(a.clock_hz == b.clock_hz);
  CHECK(a.channels == b.channels);
  CHECK(a.payload_type_send == b.payload_type_recv);
  CHECK(a.payload_type_recv == b.payload_type_send);
  CHECK(a.event_type_send == b.event_type_recv);
  CHECK(a.event_type_recv == b.event_type_send);
  CHECK(a.event_clock_hz == b.event_clock_hz);
  CHECK(a.direction == mirrored(b.direction));
  CHECK(a.has_rtcp_mux == b.has_rtcp_mux);
  CHECK(a.media_index == b.media_index);
}

// a offers, b answers, a takes it; gives the kinds of both.
struct Kinds {
  VerdictKind answered, accepted;
};
Kinds exchange(Engine& a, Engine& b, OfferFlags flags = {}) {
  const auto answered = b.answer(a.offer(flags));
  REQUIRE(answered);
  if (answered->kind == VerdictKind::kRefused) {
    a.core.rollback();
    return {VerdictKind::kRefused, VerdictKind::kRefused};
  }
  const auto accepted = a.core.accept_answer(b.text);
  REQUIRE(accepted);
  return {answered->kind, accepted->kind};
}

LocalMedia far_media(SrtpPolicy policy) {
  LocalMedia out = local_media(policy);
  out.rtp = *parse_address("203.0.113.9");
  out.rtp.port = 40000;
  return out;
}

}  // namespace

TEST_CASE("both sides agree on the same for every policy, suite and codec") {
  const SrtpPolicy policies[] = {SrtpPolicy::kRequired, SrtpPolicy::kPreferred, SrtpPolicy::kOff};
  const CodecId codecs[] = {CodecId::kPcmu, CodecId::kPcma, CodecId::kOpus, CodecId::kL16};
  size_t agreed = 0;
  for (const SrtpPolicy ours : policies) {
    for (const SrtpPolicy theirs : policies) {
      for (const CryptoSuiteInfo& suite : crypto_suites()) {
        for (const CodecId codec : codecs) {
          LocalMedia near = local_media(ours), far = far_media(theirs);
          near.codecs = {CodecId::kPcmu, CodecId::kL16, CodecId::kOpus, CodecId::kPcma};
          far.codecs = {codec};
          far.suites = {suite.id};
          near.suites = {CryptoSuite::kAesCm128HmacSha1_32, CryptoSuite::kAeadAes128Gcm,
                         CryptoSuite::kAes256CmHmacSha1_32, CryptoSuite::kAesCm128HmacSha1_80,
                         CryptoSuite::kAes256CmHmacSha1_80, CryptoSuite::kAeadAes256Gcm};
          far.has_rtcp_mux = codec == CodecId::kOpus;
          Engine a(near, 1), b(far, 2);
          const bool can_be_plain =
              ours != SrtpPolicy::kRequired && theirs != SrtpPolicy::kRequired;
          const bool can_be_secure = ours != SrtpPolicy::kOff && theirs != SrtpPolicy::kOff;
          const Kinds kinds = exchange(a, b);
          REQUIRE((kinds.accepted == VerdictKind::kContinued) == (can_be_plain || can_be_secure));
          if (kinds.accepted == VerdictKind::kRefused) continue;
          ++agreed;
          CHECK(a.agreement().is_secure == can_be_secure);
          check_mirror(a.agreement(), b.agreement());
          CHECK(a.agreement().remote_rtp == far.rtp);
          CHECK(b.agreement().remote_rtp == near.rtp);
          // The other way round, unchanged.
          const Kinds back = exchange(b, a);
          CHECK(back.accepted == VerdictKind::kContinued);
          CHECK(back.answered == VerdictKind::kContinued);
          check_mirror(a.agreement(), b.agreement());
        }
      }
    }
  }
  CHECK(agreed == 7 * 24);
}

TEST_CASE("hold, rekey and resume between two engines") {
  Engine a(local_media(), 1), b(far_media(SrtpPolicy::kRequired), 2);
  CHECK(exchange(a, b).accepted == VerdictKind::kContinued);
  struct Row {
    const char* title;
    bool is_a;
    OfferFlags flags;
    VerdictKind kind;
    Direction direction;  // as a sees it
  };
  const Row rows[] = {
      {"a holds", true, {true, false}, VerdictKind::kMoved, Direction::kSendOnly},
      {"b offers, a still holds",
       false,
       {false, false},
       VerdictKind::kContinued,
       Direction::kSendOnly},
      {"b holds as well", false, {true, false}, VerdictKind::kMoved, Direction::kInactive},
      {"a resumes, b still holds", true, {false, false}, VerdictKind::kMoved, Direction::kRecvOnly},
      {"b resumes", false, {false, false}, VerdictKind::kMoved, Direction::kSendRecv},
      {"a rekeys", true, {false, true}, VerdictKind::kRekeyed, Direction::kSendRecv},
      {"b rekeys", false, {false, true}, VerdictKind::kRekeyed, Direction::kSendRecv},
      {"a rekeys and holds", true, {true, true}, VerdictKind::kRekeyed, Direction::kSendOnly},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const Kinds kinds = row.is_a ? exchange(a, b, row.flags) : exchange(b, a, row.flags);
    CHECK(kinds.answered == row.kind);
    CHECK(kinds.accepted == row.kind);
    CHECK(a.agreement().direction == row.direction);
    check_mirror(a.agreement(), b.agreement());
  }
}

TEST_CASE("RFC 4568 7.1.4: a rekey is one for both directions") {
  Engine a(local_media(), 1), b(far_media(SrtpPolicy::kRequired), 2);
  REQUIRE(exchange(a, b).accepted == VerdictKind::kContinued);
  const std::string before_a(as_text(a.agreement().local_key.key_and_salt.view()));
  const std::string before_b(as_text(b.agreement().local_key.key_and_salt.view()));
  REQUIRE(exchange(a, b, {false, true}).accepted == VerdictKind::kRekeyed);
  CHECK(std::string(as_text(a.agreement().local_key.key_and_salt.view())) != before_a);
  CHECK(std::string(as_text(b.agreement().local_key.key_and_salt.view())) != before_b);
}

TEST_CASE("ten thousand agreements never repeat a key") {
  std::set<std::string> keys;
  const std::string offer = peer_sdp("m=audio 4000 RTP/SAVP 8\r\n" + crypto80());
  for (uint64_t i = 0; i < 10000; ++i) {
    Engine engine(local_media(), i + 1);
    REQUIRE(engine.take(offer) == VerdictKind::kContinued);
    keys.emplace(as_text(engine.agreement().local_key.key_and_salt.view()));
  }
  CHECK(keys.size() == 10000);
}

TEST_CASE("negotiating allocates nothing") {
  Engine a(local_media(), 1), b(far_media(SrtpPolicy::kRequired), 2);
  std::vector<uint8_t> first(4096), second(4096);
  const uint64_t before = news;
  bool is_good = true;
  for (int i = 0; i < 10; ++i) {
    bytes::Writer offer(first), answer(second);
    is_good = is_good && a.core.offer({i % 2 == 1, true}, offer) &&
              b.core.answer(as_text(offer.written()), answer) &&
              a.core.accept_answer(as_text(answer.written()));
  }
  const uint64_t after = news;
  CHECK(is_good);
  CHECK(after == before);
  CHECK(a.agreement().direction == Direction::kSendOnly);
}

TEST_CASE("RFC 3264 6.1: an answer with both laws of G.711 leaves the other one open") {
  struct Row {
    const char* title;
    const char* formats;
    std::array<CodecId, 2> ours;
    uint8_t send, recv, twin;
  };
  const std::array<CodecId, 2> both{CodecId::kPcmu, CodecId::kPcma};
  const Row rows[] = {
      {"one of them", "0", both, 0, 0, kNoPayloadType},
      {"both, the first is for sending", "0 8", both, 0, 0, 8},
      {"the other way round", "8 0", both, 8, 8, 0},
      {"only one was offered", "0 8", {CodecId::kPcmu, CodecId::kNone}, 0, 0, kNoPayloadType},
      {"beside what nobody offered", "9 8 0", both, 8, 8, 0},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    LocalMedia local = local_media();
    local.codecs = {row.ours[0], row.ours[1]};
    Engine engine(local);
    (void)engine.offer();
    const std::string answer =
        peer_sdp(std::string("m=audio 4000 RTP/SAVP ") + row.formats + "\r\n" + crypto80());
    REQUIRE(engine.core.accept_answer(answer)->kind == VerdictKind::kContinued);
    CHECK(engine.agreement().payload_type_send == row.send);
    CHECK(engine.agreement().payload_type_recv == row.recv);
    CHECK(engine.agreement().twin_type_recv == row.twin);
    // Of an offer one format is taken, and the answer names no other.
    REQUIRE(engine.take(answer) != VerdictKind::kRefused);
    CHECK(engine.agreement().twin_type_recv == kNoPayloadType);
  }
}
