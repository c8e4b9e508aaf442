#include "rtp/rtcp_schedule.h"

#include <random>
#include <vector>

#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::rtp;

namespace {

constexpr RtcpSchedule::Media kTalk{true, true, 7};

double seconds(uint64_t ns) {
  return static_cast<double>(ns) / kNsPerSecond;
}

// A session that sends when it may; the lengths of its intervals in s.
struct Session {
  RtcpSchedule schedule;
  std::mt19937_64 random{1};
  uint64_t now = 1000 * kNsPerSecond;
  RtcpSchedule::Media media = kTalk;
  size_t size = 100;

  Session() { schedule.begin(now, static_cast<uint32_t>(random())); }
  double next() {
    const uint64_t before = now;
    do {
      now = schedule.next_deadline();
    } while (!schedule.expire(media, now, random()));
    schedule.on_sent(size);
    return seconds(now - before);
  }
  void peers(uint32_t count) {
    for (uint32_t i = 0; i < count; ++i) schedule.on_received(100 + i, size, now);
  }
};

struct Spread {
  double least = 1e9, most = 0, mean = 0;
};
Spread spread(Session& session, int count = 4000) {
  Spread out;
  for (int i = 0; i < count; ++i) {
    session.schedule.on_received(7, session.size, session.now);
    const double length = session.next();
    out.least = std::min(out.least, length);
    out.most = std::max(out.most, length);
    out.mean += length / count;
  }
  return out;
}

}  // namespace

TEST_CASE("RFC 3550 6.2 and 6.3: reports come 5 s apart on average, never regularly") {
  Session session;
  (void)session.next();
  const Spread found = spread(session);
  // Reconsidered times are those of [0.5, 1.5) T divided by e - 3/2, and so T on average.
  CHECK((found.mean > 4.7 && found.mean < 5.3));
  CHECK(found.least >= 2.5 / 1.21829);
  CHECK(found.most < 2 * 7.5 / 1.2182);
  CHECK(found.most - found.least > 3);
}

TEST_CASE("RFC 3550 6.3.2: the first report comes in half the time") {
  double mean = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    Session session;
    session.random.seed(seed);
    session.schedule.begin(session.now, static_cast<uint32_t>(session.random()));
    const double first = session.next();
    CHECK(first >= 1.25 / 1.21829);
    mean += first / 2000;
  }
  CHECK((mean > 2.3 && mean < 2.7));
}

TEST_CASE("RFC 3550 6.3.3: the size of reports is averaged, their own and those of others") {
  Session session;
  CHECK(session.schedule.average_size() == 120);
  session.size = 172;
  for (int i = 0; i < 200; ++i) session.schedule.on_received(7, session.size, session.now);
  CHECK(session.schedule.average_size() == 172 + 28);
  for (int i = 0; i < 200; ++i) session.schedule.on_sent(72);
  CHECK((session.schedule.average_size() >= 100 && session.schedule.average_size() <= 101));
  // Reports of 28,000 bytes would need more than the 3200 bit/s that are there.
  session.size = 28'000;
  for (int i = 0; i < 200; ++i) session.schedule.on_sent(28'000);
  CHECK(spread(session, 200).mean > 20);
}

TEST_CASE("RFC 3550 6.3: the more there are, the less each of them says") {
  // Of 64 kbit/s 5 % are 3200, which nine with large reports use up.
  Session few, many;
  few.size = many.size = 1400;
  for (int i = 0; i < 100; ++i) {
    few.schedule.on_sent(1400);
    many.schedule.on_sent(1400);
  }
  many.peers(RtcpSchedule::kMaxPeers);
  CHECK(many.schedule.members(kTalk) == RtcpSchedule::kMaxPeers + 2);
  (void)few.next();
  many.media.we_sent = few.media.we_sent = false;
  CHECK(many.schedule.expire(many.media, many.now + 1, 0) == false);
  CHECK(many.schedule.interval_ns() > 2 * few.schedule.interval_ns());
}

TEST_CASE("members are bounded, whoever reports") {
  Session session;
  for (uint32_t ssrc = 0; ssrc < 100'000; ++ssrc)
    session.schedule.on_received(ssrc, 100, session.now);
  CHECK(session.schedule.members({}) == 1 + RtcpSchedule::kMaxPeers);
}

TEST_CASE("RFC 3550 6.3.5: who is silent for five intervals is no member any more") {
  Session session;
  session.peers(3);
  CHECK(session.schedule.members({}) == 4);
  const uint64_t begin = session.now;
  while (session.now < begin + 24 * kNsPerSecond) (void)session.next();
  CHECK(session.schedule.members({}) == (session.now > begin + 25 * kNsPerSecond ? 1u : 4u));
  while (session.now < begin + 40 * kNsPerSecond) (void)session.next();
  CHECK(session.schedule.members({}) == 1);
  CHECK(session.schedule.members(kTalk) == 2);
}

TEST_CASE("RFC 3550 6.3.6: a report that is due is put off while members come") {
  Session session;
  session.size = 1400;
  for (int i = 0; i < 100; ++i) session.schedule.on_sent(1400);
  (void)session.next();
  const uint64_t due = session.schedule.next_deadline();
  session.now = due;
  session.peers(RtcpSchedule::kMaxPeers);
  // Even the shortest time for ten of them is longer than the longest for two.
  CHECK(!session.schedule.expire(session.media, due, UINT64_MAX));
  CHECK(session.schedule.next_deadline() > due);
}

TEST_CASE("RFC 3550 6.3.4: with a BYE the time shrinks in proportion") {
  Session session;
  session.peers(3);
  (void)session.next();
  const uint64_t sent = session.now, due = session.schedule.next_deadline();
  session.now = sent + (due - sent) / 2;
  session.schedule.on_bye(101, session.now);
  session.schedule.on_bye(4711, session.now);
  const double left = seconds(session.schedule.next_deadline() - session.now);
  // Four were counted with the one who talks at the last deadline; three of these are left.
  CHECK(std::abs(left / seconds(due - session.now) - 3.0 / 5) < 0.01);
  CHECK(session.schedule.members({}) == 3);
}

TEST_CASE("what has not begun, or has ended, has no deadline") {
  RtcpSchedule schedule;
  CHECK(schedule.next_deadline() == kNever);
  schedule.on_bye(1, 5);
  CHECK(schedule.next_deadline() == kNever);
  schedule.begin(5, 5);
  CHECK(schedule.next_deadline() != kNever);
  schedule.stop();
  CHECK(schedule.next_deadline() == kNever);
}
