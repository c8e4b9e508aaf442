#include "e2ee/frame_cryptor.h"

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/allocator.h"
#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::e2ee;
using test::TestContext;

namespace {

using Bytes = std::vector<uint8_t>;

const Bytes kKey(32, 0x42);
const Bytes kOther(32, 0x43);
const Bytes kTrailer{9, 8, 7, 6, 5};

Box<FrameCryptor> make(TestContext& host, const FrameCryptorConfig& config) {
  auto made = FrameCryptor::create(host.context, config);
  REQUIRE(made.has_value());
  return *std::move(made);
}

FrameCryptorConfig livekit() {
  FrameCryptorConfig config;
  config.ratchet_window = 4;
  config.server_trailer = kTrailer;
  return config;
}
FrameCryptorConfig sframe(uint32_t suite) {
  FrameCryptorConfig config;
  config.format = Format::kSframe;
  config.sframe_suite = suite;
  return config;
}

Bytes frame_of(size_t len) {
  Bytes frame(len);
  for (size_t i = 0; i < len; ++i) frame[i] = static_cast<uint8_t>(0x78 + i * 7);
  return frame;
}

Bytes seal(FrameCryptor& cryptor, const Bytes& plain) {
  Bytes out(plain.size() + cryptor.max_overhead());
  const auto len = cryptor.seal(plain, {}, out);
  REQUIRE(len.has_value());
  out.resize(*len);
  return out;
}

// What opening gives; an error leaves nothing in the output.
Result<size_t> open(FrameCryptor& cryptor, ByteView frame, Bytes& out) {
  out.assign(frame.size(), 0xee);
  const auto len = cryptor.open(frame, {}, out);
  if (len)
    out.resize(*len);
  else
    CHECK(std::all_of(out.begin(), out.end(), [](uint8_t b) { return b == 0 || b == 0xee; }));
  return len;
}

// A pair of one sender and one receiver for each format.
struct Pair {
  Pair(TestContext& host, const FrameCryptorConfig& config)
      : sender(make(host, config)), receiver(make(host, config)) {
    const Kdf kdf = config.format == Format::kLivekit ? Kdf::kHkdf : Kdf::kNone;
    REQUIRE(sender->set_key(3, kdf, kKey, kSeals).has_value());
    REQUIRE(receiver->set_key(3, kdf, kKey, kOpens).has_value());
  }
  Box<FrameCryptor> sender;
  Box<FrameCryptor> receiver;
};

std::vector<FrameCryptorConfig> all_configs() {
  std::vector<FrameCryptorConfig> out{livekit()};
  for (const SframeSuite& suite : sframe_suites()) out.push_back(sframe(suite.id));
  return out;
}

}  // namespace

TEST_CASE("frames of any length pass, and nothing is allocated for them") {
  for (const auto& config : all_configs()) {
    TestContext host;
    Pair pair(host, config);
    REQUIRE(pair.receiver->prepare(100).value_or(1) == 0);
    const uint64_t before = host.allocator.count;
    for (const size_t len : {1, 2, 3, 16, 17, 80, 160, 400, 1275, 4000}) {
      const Bytes plain = frame_of(len);
      const Bytes sealed = seal(*pair.sender, plain);
      Bytes out;
      REQUIRE(open(*pair.receiver, sealed, out).has_value());
      CHECK(out == plain);
    }
    CHECK(host.allocator.count == before);
    CHECK(pair.sender->stats().sealed == 10);
    CHECK(pair.receiver->stats().opened == 10);
  }
}

TEST_CASE("the first byte of a LiveKit frame stays clear and is authenticated; empty frames pass") {
  TestContext host;
  Pair pair(host, livekit());
  const Bytes plain = frame_of(50);
  Bytes sealed = seal(*pair.sender, plain);
  CHECK(sealed.size() == plain.size() + 30);
  CHECK(sealed[0] == plain[0]);
  CHECK(sealed[sealed.size() - 2] == 12);
  CHECK(sealed.back() == 3);
  Bytes out;
  sealed[0] ^= 1;
  CHECK(open(*pair.receiver, sealed, out).error() == Status::ERR_E2EE_AUTH);
  CHECK(seal(*pair.sender, {}).empty());
  CHECK(open(*pair.receiver, {}, out).value_or(9) == 0);
  CHECK(pair.receiver->stats().empty == 1);
  CHECK(pair.receiver->seal({}, kKey, out).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(pair.receiver->open({}, kKey, out).error() == Status::ERR_INVALID_ARGUMENT);
}

TEST_CASE("authenticate, then commit: forged frames and every prefix leave the state equal") {
  std::mt19937 random(7);
  for (const auto& config : all_configs()) {
    TestContext host;
    Pair pair(host, config);
    REQUIRE(pair.receiver->prepare(100).has_value());
    const Bytes plain = frame_of(60);
    Bytes out;
    REQUIRE(open(*pair.receiver, seal(*pair.sender, plain), out).has_value());
    const Bytes sealed = seal(*pair.sender, plain);
    const uint64_t before = pair.receiver->state_hash();
    for (size_t i = 0; i < sealed.size(); ++i) {
      Bytes forged = sealed;
      forged[i] = static_cast<uint8_t>(forged[i] ^ (1u << (random() % 8)));
      CHECK_FALSE(open(*pair.receiver, forged, out).has_value());
    }
    for (size_t len = 0; len < sealed.size(); ++len) {
      const test::Guarded part(ByteView(sealed).first(len));
      const auto opened = open(*pair.receiver, part.bytes(), out);
      // An empty LiveKit frame is a pause.
      CHECK(opened.has_value() == (len == 0 && config.format == Format::kLivekit));
    }
    for (int i = 0; i < 1000; ++i) {
      Bytes noise(random() % 80 + 1);
      for (uint8_t& byte : noise) byte = static_cast<uint8_t>(random());
      CHECK_FALSE(open(*pair.receiver, noise, out).has_value());
    }
    CHECK(pair.receiver->state_hash() == before);
    REQUIRE(open(*pair.receiver, sealed, out).has_value());
    CHECK(out == plain);
    CHECK(pair.receiver->stats().auth_failed != 0);
  }
}

TEST_CASE("too small a buffer uses up no IV and loses nothing") {
  for (const auto& config : all_configs()) {
    TestContext host;
    Pair pair(host, config);
    const Bytes plain = frame_of(40);
    const uint64_t before = pair.sender->state_hash();
    Bytes out(plain.size() + 4);
    CHECK(pair.sender->seal(plain, {}, out).error() == Status::ERR_BUFFER_TOO_SMALL);
    CHECK(pair.sender->state_hash() == before);
    const Bytes sealed = seal(*pair.sender, plain);
    CHECK(pair.sender->state_hash() != before);
    out.resize(plain.size() - 1);
    CHECK(pair.receiver->open(sealed, {}, out).error() == Status::ERR_BUFFER_TOO_SMALL);
    out.resize(plain.size());
    CHECK(pair.receiver->open(sealed, {}, out).value_or(0) == plain.size());
    CHECK(out == plain);
  }
}

TEST_CASE("10^7 IVs: every one differs from all before it") {
  // 10^6 here; VOXLOCK_LONG=1 for all.
  const uint64_t count = std::getenv("VOXLOCK_LONG") != nullptr ? 10'000'000 : 1'000'000;
  TestContext host;
  FrameCryptorConfig config = livekit();
  auto cryptor = make(host, config);
  REQUIRE(cryptor->set_key(0, Kdf::kHkdf, kKey, kSeals).has_value());
  const Bytes plain = frame_of(2);
  Bytes out(plain.size() + kLivekitOverhead);
  std::set<std::string> prefixes;
  // A counter is unique where each is the one before plus 1; the prefix must not change.
  uint64_t last = 0;
  for (uint64_t i = 0; i < count; ++i) {
    // Keys change in between, the same one comes again: the counter goes on.
    if (i % 100'000 == 50'000) {
      REQUIRE(cryptor->set_key(i / 100'000 % 2, Kdf::kHkdf, kKey, kSeals).has_value());
    }
    if (!cryptor->seal(plain, {}, out)) FAIL("no frame");
    const auto frame = parse_livekit_frame(out, 1);
    if (!frame) FAIL("no frame");
    const uint64_t counter = bytes::Reader(ByteView(frame->iv).subspan(4)).u64();
    if (i != 0 && counter != last + 1) FAIL("an IV is not the next one");
    last = counter;
    if (i % 100'000 == 0) prefixes.insert(std::string(frame->iv.begin(), frame->iv.begin() + 4));
  }
  CHECK(prefixes.size() == 1);
  // Another cryptor with the key of the room begins elsewhere.
  auto other = make(host, config);
  REQUIRE(other->set_key(0, Kdf::kHkdf, kKey, kSeals).has_value());
  REQUIRE(other->seal(plain, {}, out).has_value());
  const auto frame = parse_livekit_frame(out, 1);
  CHECK(prefixes.count(std::string(frame->iv.begin(), frame->iv.begin() + 4)) == 0);
}

TEST_CASE("RFC 9605 9.1: a counter does not come twice, nor after a key came back") {
  TestContext host;
  FrameCryptorConfig config = sframe(4);
  config.first_counter = 300;
  auto cryptor = make(host, config);
  uint64_t next = 300;
  for (const uint64_t kid : {7, 7, 9, 7}) {
    REQUIRE(cryptor->set_key(kid, Kdf::kNone, kKey, kSeals).has_value());
    for (int i = 0; i < 3; ++i) {
      const auto header = parse_sframe_header(seal(*cryptor, frame_of(10)));
      REQUIRE(header.has_value());
      CHECK(header->kid == kid);
      CHECK(header->ctr == next++);
    }
  }
}

TEST_CASE("a key that has sealed its frames refuses until there is another") {
  for (auto config : {livekit(), sframe(1)}) {
    TestContext host;
    config.max_frames = 5;
    Pair pair(host, config);
    for (int i = 0; i < 5; ++i) (void)seal(*pair.sender, frame_of(10));
    Bytes out(200);
    const uint64_t before = pair.sender->state_hash();
    CHECK(pair.sender->seal(frame_of(10), {}, out).error() == Status::ERR_E2EE_EXHAUSTED);
    CHECK(pair.sender->state_hash() == before);
    CHECK(pair.sender->stats().exhausted == 1);
    const Kdf kdf = config.format == Format::kLivekit ? Kdf::kHkdf : Kdf::kNone;
    REQUIRE(pair.sender->set_key(4, kdf, kOther, kSeals).has_value());
    CHECK(pair.sender->seal(frame_of(10), {}, out).has_value());
  }
  TestContext host;
  FrameCryptorConfig config = sframe(4);
  config.first_counter = UINT64_MAX - 1;
  Pair pair(host, config);
  (void)seal(*pair.sender, frame_of(10));
  Bytes out(200);
  CHECK(pair.sender->seal(frame_of(10), {}, out).error() == Status::ERR_E2EE_EXHAUSTED);
}

TEST_CASE("keys rotate with an overlap: old and new frames open in any order") {
  for (const auto& config : all_configs()) {
    TestContext host;
    Pair pair(host, config);
    const Kdf kdf = config.format == Format::kLivekit ? Kdf::kHkdf : Kdf::kNone;
    const Bytes plain = frame_of(33);
    const Bytes old_frame = seal(*pair.sender, plain);
    const Bytes older = seal(*pair.sender, plain);
    REQUIRE(pair.receiver->set_key(4, kdf, kOther, kOpens).has_value());
    REQUIRE(pair.sender->set_key(4, kdf, kOther, kSeals).has_value());
    const Bytes new_frame = seal(*pair.sender, plain);
    Bytes out;
    CHECK(open(*pair.receiver, new_frame, out).has_value());
    CHECK(open(*pair.receiver, old_frame, out).has_value());
    CHECK(pair.receiver->opening_keys() == 2);
    REQUIRE(pair.receiver->remove_key(3, kOpens).has_value());
    CHECK(open(*pair.receiver, older, out).error() == Status::ERR_E2EE_NO_KEY);
    CHECK(pair.receiver->remove_key(3, kOpens).error() == Status::ERR_NOT_FOUND);
    REQUIRE(pair.sender->remove_key(4, kSeals).has_value());
    CHECK(pair.sender->seal(plain, {}, out).error() == Status::ERR_E2EE_NO_KEY);
    CHECK(pair.receiver->stats().no_key == 1);
  }
}

TEST_CASE("the ring of 16 holds 16 keys at once") {
  TestContext host;
  auto sender = make(host, livekit());
  auto receiver = make(host, livekit());
  for (uint8_t kid = 0; kid < 16; ++kid)
    REQUIRE(receiver->set_key(kid, Kdf::kHkdf, Bytes(20, kid), kOpens).has_value());
  for (uint8_t kid = 0; kid < 16; ++kid) {
    REQUIRE(sender->set_key(kid, Kdf::kHkdf, Bytes(20, kid), kSeals).has_value());
    Bytes out;
    CHECK(open(*receiver, seal(*sender, frame_of(9)), out).has_value());
  }
  CHECK(receiver->set_key(16, Kdf::kHkdf, kKey, kOpens).error() == Status::ERR_E2EE_KEY_ID);
  FrameCryptorConfig config = sframe(5);
  config.ring_size = 2;
  auto small = make(host, config);
  for (const uint64_t kid : {uint64_t{1}, UINT64_MAX, uint64_t{1}})
    CHECK(small->set_key(kid, Kdf::kNone, kKey, kOpens).has_value());
  CHECK(small->set_key(5, Kdf::kNone, kKey, kOpens).error() == Status::ERR_LIMIT);
}

TEST_CASE("a ratcheting sender is followed within the window, after its frame authenticated") {
  TestContext host;
  Pair pair(host, livekit());
  const Bytes plain = frame_of(70);
  Bytes out;
  // One derivation a call, as the host has time.
  for (size_t left = 4; left > 0; --left) CHECK(pair.receiver->prepare(1).value_or(99) == left - 1);
  const Bytes before = seal(*pair.sender, plain);
  const Bytes again = seal(*pair.sender, plain);
  for (int i = 0; i < 3; ++i) REQUIRE(pair.sender->ratchet(3).has_value());
  const Bytes after = seal(*pair.sender, plain);
  REQUIRE(open(*pair.receiver, before, out).has_value());
  // A forged frame of a later key moves nothing.
  Bytes forged = after;
  forged[20] ^= 1;
  const uint64_t hash = pair.receiver->state_hash();
  CHECK(open(*pair.receiver, forged, out).error() == Status::ERR_E2EE_AUTH);
  CHECK(pair.receiver->state_hash() == hash);
  REQUIRE(open(*pair.receiver, after, out).has_value());
  CHECK(out == plain);
  CHECK(pair.receiver->stats().ratcheted == 3);
  // The key behind is gone for good.
  CHECK(open(*pair.receiver, again, out).error() == Status::ERR_E2EE_AUTH);
  CHECK(pair.receiver->prepare(0).value_or(0) == 3);
  CHECK(pair.receiver->prepare(99).value_or(9) == 0);
  // One further than the window: not followed, until the host goes on itself.
  for (int i = 0; i < 5; ++i) REQUIRE(pair.sender->ratchet(3).has_value());
  const Bytes far = seal(*pair.sender, plain);
  CHECK(open(*pair.receiver, far, out).error() == Status::ERR_E2EE_AUTH);
  REQUIRE(pair.receiver->ratchet(3).has_value());
  CHECK(pair.receiver->prepare(1).value_or(9) == 0);
  CHECK(open(*pair.receiver, far, out).has_value());
}

TEST_CASE("without a window a ratcheted frame fails, and ratchet() works on both sides of a key") {
  TestContext host;
  FrameCryptorConfig config = livekit();
  config.ratchet_window = 0;
  auto room = make(host, config);
  REQUIRE(room->set_key(1, Kdf::kHkdf, kKey, kSeals | kOpens).has_value());
  CHECK(room->prepare(9).value_or(9) == 0);
  Bytes out;
  const Bytes old_frame = seal(*room, frame_of(20));
  REQUIRE(room->ratchet(1).has_value());
  CHECK(open(*room, old_frame, out).error() == Status::ERR_E2EE_AUTH);
  CHECK(open(*room, seal(*room, frame_of(20)), out).has_value());
  CHECK(room->ratchet(2).error() == Status::ERR_NOT_FOUND);
  REQUIRE(room->set_key(2, Kdf::kNone, Bytes(16, 1), kOpens).has_value());
  CHECK(room->ratchet(2).error() == Status::ERR_UNSUPPORTED);
}

TEST_CASE("of the server's frames silence passes and anything else is dropped") {
  TestContext host;
  Pair pair(host, livekit());
  Bytes silence{0xf8, 0xff, 0xfe};
  silence.resize(80, 0);
  Bytes frame = silence;
  frame.insert(frame.end(), kTrailer.begin(), kTrailer.end());
  Bytes out;
  REQUIRE(open(*pair.receiver, frame, out).has_value());
  CHECK(out == silence);
  frame[40] = 1;
  CHECK(open(*pair.receiver, frame, out).error() == Status::ERR_E2EE_SERVER_FRAME);
  CHECK(open(*pair.receiver, kTrailer, out).error() == Status::ERR_E2EE_SERVER_FRAME);
  CHECK(pair.receiver->stats().server_frames == 1);
  CHECK(pair.receiver->stats().server_refused == 2);
  // Where the room told no trailer, plain silence is no frame.
  FrameCryptorConfig config = livekit();
  config.server_trailer = {};
  Pair other(host, config);
  frame[40] = 0;
  CHECK_FALSE(open(*other.receiver, frame, out).has_value());
}

TEST_CASE("RFC 9605 9.3: a frame that came is refused again, also behind 63 newer ones") {
  TestContext host;
  Pair pair(host, sframe(4));
  std::vector<Bytes> frames;
  for (int i = 0; i < 80; ++i) frames.push_back(seal(*pair.sender, frame_of(10)));
  Bytes out;
  CHECK(open(*pair.receiver, frames[10], out).has_value());
  CHECK(open(*pair.receiver, frames[10], out).error() == Status::ERR_E2EE_REPLAYED);
  CHECK(open(*pair.receiver, frames[9], out).has_value());
  CHECK(open(*pair.receiver, frames[73], out).has_value());
  CHECK(open(*pair.receiver, frames[10], out).error() == Status::ERR_E2EE_REPLAYED);
  CHECK(open(*pair.receiver, frames[11], out).has_value());
  // Too old to know: refused as well.
  CHECK(open(*pair.receiver, frames[8], out).error() == Status::ERR_E2EE_REPLAYED);
  CHECK(pair.receiver->stats().replayed == 3);
}

TEST_CASE("RFC 9605 4.4.1: one SFrame key does not serve both directions") {
  TestContext host;
  auto cryptor = make(host, sframe(4));
  CHECK(cryptor->set_key(1, Kdf::kNone, kKey, kSeals | kOpens).error() == Status::ERR_E2EE_KEY_USE);
  REQUIRE(cryptor->set_key(1, Kdf::kNone, kKey, kSeals).has_value());
  const uint64_t before = cryptor->state_hash();
  CHECK(cryptor->set_key(1, Kdf::kNone, kKey, kOpens).error() == Status::ERR_E2EE_KEY_USE);
  CHECK(cryptor->state_hash() == before);
  CHECK(cryptor->set_key(1, Kdf::kNone, kOther, kOpens).has_value());
  CHECK(cryptor->set_key(1, Kdf::kNone, kOther, kSeals).error() == Status::ERR_E2EE_KEY_USE);
  // With another KID a base key gives other keys.
  CHECK(cryptor->set_key(2, Kdf::kNone, kKey, kOpens).has_value());
}

TEST_CASE("metadata of SFrame is authenticated and not sent") {
  TestContext host;
  Pair pair(host, sframe(2));
  Bytes out(100);
  const Bytes plain = frame_of(20);
  const auto len = pair.sender->seal(plain, kTrailer, out);
  REQUIRE(len.has_value());
  Bytes opened(100);
  const ByteView sealed = ByteView(out).first(*len);
  CHECK(pair.receiver->open(sealed, kKey, opened).error() == Status::ERR_E2EE_AUTH);
  CHECK(pair.receiver->open(sealed, kTrailer, opened).value_or(0) == plain.size());
}

TEST_CASE("settings and keys out of their ranges are refused, and nothing changes") {
  struct Row {
    const char* title;
    void (*change)(FrameCryptorConfig&);
  };
  const Row rows[] = {
      {"no format", [](auto& c) { c.format = Format{0}; }},
      {"no such format", [](auto& c) { c.format = Format{3}; }},
      {"no ring", [](auto& c) { c.ring_size = 0; }},
      {"ring", [](auto& c) { c.ring_size = 257; }},
      {"window", [](auto& c) { c.ratchet_window = 17; }},
      {"clear header", [](auto& c) { c.clear_len = 65; }},
      {"few iterations", [](auto& c) { c.pbkdf2_iterations = 999; }},
      {"many iterations", [](auto& c) { c.pbkdf2_iterations = 10'000'001; }},
      {"no frames", [](auto& c) { c.max_frames = 0; }},
      {"frames", [](auto& c) { c.max_frames = kMaxFramesPerKey + 1; }},
      {"silence", [](auto& c) { c.server_silence = Silence{4}; }},
      {"salt",
       [](auto& c) {
         static const Bytes kLong(65);
         c.salt = kLong;
       }},
      {"trailer",
       [](auto& c) {
         static const Bytes kLong(65);
         c.server_trailer = kLong;
       }},
  };
  TestContext host;
  for (const Row& row : rows) {
    INFO(row.title);
    FrameCryptorConfig config = livekit();
    row.change(config);
    CHECK(FrameCryptor::create(host.context, config).error() == Status::ERR_INVALID_ARGUMENT);
  }
  CHECK(FrameCryptor::create(host.context, sframe(9)).error() == Status::ERR_UNSUPPORTED);
  auto cryptor = make(host, livekit());
  const uint64_t before = cryptor->state_hash();
  CHECK(cryptor->set_key(0, Kdf::kHkdf, kKey, 0).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(cryptor->set_key(0, Kdf::kHkdf, kKey, 4).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(cryptor->set_key(0, Kdf::kHkdf, {}, kSeals).error() == Status::ERR_E2EE_KEY);
  CHECK(cryptor->set_key(0, Kdf::kHkdf, Bytes(257), kSeals).error() == Status::ERR_E2EE_KEY);
  CHECK(cryptor->set_key(0, Kdf::kNone, Bytes(17), kSeals).error() == Status::ERR_E2EE_KEY);
  CHECK(make(host, sframe(4))->set_key(0, Kdf::kHkdf, kKey, kSeals).error() ==
        Status::ERR_INVALID_ARGUMENT);
  CHECK(make(host, sframe(4))->ratchet(0).error() == Status::ERR_UNSUPPORTED);
  CHECK(cryptor->remove_key(0, 0).error() == Status::ERR_INVALID_ARGUMENT);
  CHECK(cryptor->state_hash() == before);
}
