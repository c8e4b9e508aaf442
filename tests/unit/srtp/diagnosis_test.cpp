// Each fault is made on purpose and found; floods cost little.
#include "srtp/diagnosis.h"

#include <optional>

#include "support/catch.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::Pair;
using test::rtp_packet;

namespace {

constexpr SuiteId kCm80 = SuiteId::kAesCm128HmacSha1_80;
constexpr SuiteId kCm32 = SuiteId::kAesCm128HmacSha1_32;

// A receiver with its diagnosis.
struct Receiver {
  Pair& pair;
  Diagnosis diagnosis{};
  const Session* own = nullptr;
  size_t frame_len = 0;
  uint64_t now = kNsPerSecond;
  std::vector<uint8_t> room = std::vector<uint8_t>(4096);

  Finding take(const std::vector<uint8_t>& packet) {
    const auto opened = pair.in.open_rtp(packet, room);
    if (opened) {
      diagnosis.on_success(bytes::Reader(ByteView(packet).subspan(8)).u32());
      return {};
    }
    return diagnosis.on_failure(packet, opened.error(), {pair.in, own, frame_len}, now)
        .value_or(Finding());
  }
  // What the receiver makes of so many packets in a row from index on.
  template <typename Seal>
  Finding take_many(Seal&& seal, uint32_t index, uint32_t count = Diagnosis::kFailures) {
    Finding last;
    for (uint32_t i = 0; i < count; ++i) last = take(seal(static_cast<uint16_t>(index + i)));
    return last;
  }
};

// Seals at any index, as another end would.
struct Sender {
  explicit Sender(Pair& world, SuiteId suite, Pair::Change change = nullptr,
                  std::string_view mki = {})
      : session(world.make(suite, mki, Direction::kOutbound, change)) {}
  std::vector<uint8_t> operator()(uint16_t sequence) {
    const auto len = session.seal_rtp(rtp_packet(sequence), room);
    REQUIRE(len);
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*len)};
  }
  Session session;
  std::vector<uint8_t> room = std::vector<uint8_t>(4096);
};

void other_key(SessionConfig& config) {
  static const std::array<uint8_t, kMaxKeyAndSaltLen> kOther{0x5a, 1, 2, 3};
  config.key_and_salt = ByteView(kOther).first(config.key_and_salt.size());
}

// The pair has agreed and spoken: its counter is at index.
void speak(Pair& pair, uint64_t index) {
  if (index >> 16 != 0) {
    REQUIRE(pair.out.set_roc(test::kSsrc, static_cast<uint32_t>(index >> 16)));
    REQUIRE(pair.in.set_roc(test::kSsrc, static_cast<uint32_t>(index >> 16)));
  }
  const auto plain = rtp_packet(static_cast<uint16_t>(index));
  REQUIRE(pair.open(pair.seal(plain)) == plain);
}

}  // namespace

TEST_CASE("RFC 3711 4.2, RFC 7714 8: the check of a tag agrees with the session that made it") {
  for (const Suite& suite : suites()) {
    for (const char* mki : {"", "mki4"}) {
      for (const uint32_t roc : {0u, 1u, 0xffffu, 0xfffffffeu}) {
        INFO(suite.name << " " << mki << " " << roc);
        Pair pair(suite.id, mki);
        if (roc != 0) REQUIRE(pair.out.set_roc(test::kSsrc, roc));
        auto sealed = pair.seal(rtp_packet(777));
        TagCheck key(suite, pair.in.key_and_salt());
        const TagLayout layout{*rtp::parse_outline(sealed), suite.rtp_tag_len,
                               std::string_view(mki).size()};
        CHECK(key.matches(sealed, layout, roc));
        CHECK_FALSE(key.matches(sealed, layout, roc + 1));
        sealed[20] ^= 1;
        CHECK_FALSE(key.matches(sealed, layout, roc));
        CHECK_FALSE(key.matches(ByteView(sealed).first(13), layout, roc));
      }
    }
  }
}

TEST_CASE("RFC 3711 3.3.1: a counter ahead is found and followed") {
  for (const Suite& suite : suites()) {
    for (const uint32_t rounds : {1u, 2u, 7u, 16u}) {
      for (const bool is_heard : {true, false}) {
        INFO(suite.name << ", " << rounds << " rounds ahead, heard before " << is_heard);
        Pair pair(suite.id, "");
        if (is_heard) speak(pair, 100);
        if (!is_heard && rounds == 1) continue;  // the session finds it alone
        Receiver receiver{pair};
        Sender sender(pair, suite.id);
        REQUIRE(sender.session.set_roc(test::kSsrc, rounds));
        const uint32_t at = is_heard ? 20000 : 5;
        const Finding found = receiver.take_many(sender, at);
        REQUIRE(found.fault == Fault::kRocAhead);
        CHECK(found.rounds == rounds);
        CHECK(found.roc == rounds);
        CHECK(found.is_news);
        // The packet that was asked about, and all behind it.
        const uint16_t last = static_cast<uint16_t>(at + Diagnosis::kFailures);
        const auto sealed = sender(last);
        CHECK(pair.status(sealed) == Status::ERR_SRTP_AUTH);
        const auto opened = pair.in.open_rtp_at(sealed, receiver.room, found.roc);
        REQUIRE(opened);
        CHECK(pair.in.roc(test::kSsrc).value() == rounds);
        CHECK(pair.status(sealed) == Status::ERR_SRTP_REPLAYED);
        for (uint32_t i = 1; i < 70000; i += 999)
          REQUIRE(pair.status(sender(static_cast<uint16_t>(last + i))) == Status::OK);
        CHECK(pair.in.roc(test::kSsrc).value() == rounds + (last + 69931 >= 65536 ? 1 : 0));
      }
    }
  }
}

TEST_CASE("RFC 3711 3.3: a counter is followed by a genuine packet ahead alone") {
  for (const auto suite : {kCm80, SuiteId::kAeadAes256Gcm}) {
    INFO(find_suite(suite)->name);
    Pair pair(suite, "");
    speak(pair, 3 << 16 | 100);
    const uint64_t before = pair.in.state_hash();
    std::vector<uint8_t> room(4096);
    Sender sender(pair, suite);
    REQUIRE(sender.session.set_roc(test::kSsrc, 5));
    auto sealed = sender(40000);
    CHECK(pair.in.open_rtp_at(sealed, room, 4).error() == Status::ERR_SRTP_AUTH);
    sealed[30] ^= 1;
    CHECK(pair.in.open_rtp_at(sealed, room, 5).error() == Status::ERR_SRTP_AUTH);
    CHECK(pair.in.state_hash() == before);
    // What is near or behind is for the guess.
    Sender behind(pair, suite);
    REQUIRE(behind.session.set_roc(test::kSsrc, 2));
    const auto old = behind(500);
    CHECK(pair.in.open_rtp_at(old, room, 2).error() == Status::ERR_SRTP_TOO_OLD);
    CHECK(pair.in.open_rtp_at(pair.seal(rtp_packet(101)), room, 3).error() ==
          Status::ERR_SRTP_TOO_OLD);
    CHECK(pair.in.state_hash() == before);
    // A source that the host gave a counter keeps it.
    REQUIRE(pair.in.set_roc(77, 9));
    auto forged = sealed;
    bytes::Writer(MutableBytes(forged).subspan(8)).u32(77);
    CHECK(pair.in.open_rtp_at(forged, room, 12).error() == Status::ERR_SRTP_AUTH);
    REQUIRE(pair.out.set_roc(77, 9));
    CHECK(pair.status(pair.seal(rtp_packet(1, 77))) == Status::OK);
  }
}

TEST_CASE("a counter that was reset and a source that starts over are told apart") {
  for (const auto suite : {kCm80, SuiteId::kAeadAes128Gcm}) {
    INFO(find_suite(suite)->name);
    {
      Pair pair(suite, "");
      speak(pair, 3 << 16 | 30000);
      Receiver receiver{pair};
      const Finding found = receiver.take_many(Sender(pair, suite), 30001);
      CHECK(found.fault == Fault::kRocBehind);
      CHECK(found.rounds == 3);
    }
    {
      Pair pair(suite, "");
      speak(pair, 3 << 16 | 30000);
      Receiver receiver{pair};
      CHECK(receiver.take_many(Sender(pair, suite), 7).fault == Fault::kRestarted);
    }
    {
      // In the first round: too old for the window.
      Pair pair(suite, "");
      speak(pair, 30000);
      Receiver receiver{pair};
      CHECK(receiver.take_many(Sender(pair, suite), 7).fault == Fault::kRestarted);
    }
  }
}

TEST_CASE("the key of a former agreement, of another fork, and our own are known by their tags") {
  Pair pair(kCm80, "");
  speak(pair, 100);
  Sender left(pair, kCm80, other_key);
  Receiver receiver{pair};
  CHECK(receiver.take_many(left, 101).fault == Fault::kUnknown);
  for (const Fault fault : {Fault::kOldKey, Fault::kOtherFork}) {
    Receiver knowing{pair};
    knowing.diagnosis.remember(left.session, fault);
    CHECK(knowing.take_many(left, 200 + static_cast<uint32_t>(fault) * 50).fault == fault);
  }
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair echoed(suite.id, "");
    Sender own(echoed, suite.id, other_key);
    REQUIRE(own.session.set_roc(test::kSsrc, 2));
    Receiver with_own{echoed};
    with_own.own = &own.session;
    CHECK(with_own.take_many(own, 1).fault == Fault::kOwnKey);
  }
}

TEST_CASE("RFC 4568 6.2: tags of the other length") {
  Pair expects_80(kCm80, "");
  Receiver long_one{expects_80};
  CHECK(long_one.take_many(Sender(expects_80, kCm32), 1).fault == Fault::kTagLength);
  Pair expects_32(kCm32, "");
  Receiver short_one{expects_32};
  CHECK(short_one.take_many(Sender(expects_32, kCm80), 1).fault == Fault::kTagLength);
}

TEST_CASE("RFC 4568 6.1: an MKI too much, none, and another one") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    for (const char* mki : {"1", "mki4", "0123456789abcdef0123456789abcdef"}) {
      Pair none(suite.id, "");
      Receiver receiver{none};
      CHECK(receiver.take_many(Sender(none, suite.id, nullptr, mki), 1).fault ==
            Fault::kMkiPresent);
      Pair expects(suite.id, mki);
      Receiver other{expects};
      CHECK(other.take_many(Sender(expects, suite.id), 1).fault == Fault::kMkiMissing);
    }
    Pair expects(suite.id, "mki4");
    Receiver receiver{expects};
    CHECK(receiver.take_many(Sender(expects, suite.id, nullptr, "MKI4"), 1).fault ==
          Fault::kMkiMissing);
  }
}

TEST_CASE("plain RTP is known by its frames or by what they begin with") {
  for (const Suite& suite : suites()) {
    INFO(suite.name);
    Pair pair(suite.id, "");
    Receiver constant{pair};
    CHECK(constant.take_many([](uint16_t i) { return rtp_packet(i); }, 1).fault == Fault::kPlain);
    const auto varied = [](uint16_t i) {
      auto out = rtp_packet(i);
      out[12] = static_cast<uint8_t>(i * 37);
      return out;
    };
    Receiver unknown{pair};
    CHECK(unknown.take_many(varied, 1).fault == Fault::kUnknown);
    Receiver framed{pair};
    framed.frame_len = 80;
    CHECK(framed.take_many(varied, 1).fault == Fault::kPlain);
    // Sealed frames have a tag.
    Receiver sealed{pair};
    sealed.frame_len = 80;
    CHECK(sealed.take_many(Sender(pair, suite.id, other_key), 1).fault == Fault::kUnknown);
  }
}

TEST_CASE("a source that opens again begins anew, and a fault is news once") {
  Pair pair(kCm80, "");
  speak(pair, 100);
  Receiver receiver{pair};
  Sender wrong(pair, kCm80, other_key);
  receiver.take_many(wrong, 101, Diagnosis::kFailures - 1);
  receiver.take(pair.seal(rtp_packet(110)));
  receiver.take_many(wrong, 120, Diagnosis::kFailures - 1);
  CHECK(receiver.diagnosis.stats().asked == 0);
  CHECK(receiver.take_many(wrong, 140, 1).is_news);
  receiver.take_many(wrong, 200, 1000);
  CHECK(receiver.diagnosis.stats().told == 1);
  // The same packet again and again is one failure.
  Receiver repeated{pair};
  const auto packet = wrong(5000);
  for (int i = 0; i < 100; ++i) repeated.take(packet);
  CHECK(repeated.diagnosis.stats().asked == 0);
}

TEST_CASE("a flood of forged packets is asked about a few times at most") {
  for (const Suite& suite : suites()) {
    for (const uint32_t sources : {1u, 3u, 1000u}) {
      INFO(suite.name << ", " << sources << " sources");
      Pair pair(suite.id, "");
      speak(pair, 5 << 16 | 100);
      Receiver receiver{pair};
      Sender own(pair, suite.id, other_key);
      receiver.own = &own.session;
      const uint64_t before = pair.in.state_hash();
      std::vector<uint8_t> forged = rtp_packet(0);
      forged.resize(forged.size() + 16);
      // 10 seconds of 2000 packets, in runs of nine of each source.
      uint32_t sent = 0;
      for (; sent < 20000; ++sent) {
        receiver.now += kNsPerSecond / 2000;
        bytes::Writer writer(MutableBytes(forged).subspan(2));
        writer.u16(static_cast<uint16_t>(sent));
        writer.u32(sent);
        writer.u32(sources == 1 ? test::kSsrc : test::kSsrc + sent / 9 % sources);
        forged[12] = static_cast<uint8_t>(sent * 37);
        receiver.take(forged);
      }
      const DiagnosisStats& stats = receiver.diagnosis.stats();
      CHECK(stats.asked >= 4);
      CHECK(stats.asked <= Diagnosis::kBurst + 11);
      // Each tag costs about what opening a packet does.
      CHECK(stats.checks <= stats.asked * 64);
      CHECK(pair.in.state_hash() == before);
    }
  }
}

TEST_CASE("one source that fails is asked about ever more seldom") {
  Pair pair(kCm80, "");
  Receiver receiver{pair};
  Sender wrong(pair, kCm80, other_key);
  uint64_t asked = 0;
  uint32_t last_at = 0;
  for (uint32_t i = 1; i < 9000; ++i) {
    receiver.now += kNsPerSecond;
    receiver.take(wrong(static_cast<uint16_t>(i)));
    if (receiver.diagnosis.stats().asked == asked) continue;
    asked = receiver.diagnosis.stats().asked;
    last_at = i;
  }
  // 8, 16, 32, 64, ... and from 1024 on every 1024.
  CHECK(asked >= 10);
  CHECK(asked <= 18);
  CHECK(last_at > 8000);
}
