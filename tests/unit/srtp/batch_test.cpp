// Packets of several sessions in one go, against the same packets one by one.
#include "srtp/batch.h"

#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "support/kernels.h"
#include "support/srtp_pair.h"

using namespace voxlock;
using namespace voxlock::srtp;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr uint8_t kUntouched = 0xee;
constexpr size_t kRoom = 1600;

struct Job {
  size_t session;
  Bytes packet;
  size_t room = kRoom;
};

struct Outcome {
  Status status;
  Bytes out;

  bool operator==(const Outcome&) const = default;
};

using Sessions = std::vector<std::unique_ptr<test::Pair>>;

// Two with each suite, of which one has an MKI.
Sessions sessions() {
  Sessions out;
  for (const Suite& suite : suites()) {
    out.push_back(std::make_unique<test::Pair>(suite.id, ""));
    out.push_back(std::make_unique<test::Pair>(suite.id, "mki1"));
  }
  return out;
}

std::vector<Outcome> one_by_one(Sessions& sessions, const std::vector<Job>& jobs, bool opens) {
  std::vector<Outcome> outcomes;
  for (const Job& job : jobs) {
    Bytes out(kRoom, kUntouched);
    const MutableBytes room = MutableBytes(out).first(job.room);
    test::Pair& pair = *sessions[job.session];
    const auto len =
        opens ? pair.in.open_rtp(job.packet, room) : pair.out.seal_rtp(job.packet, room);
    if (len) out.resize(*len);
    outcomes.push_back({len.error(), out});
  }
  return outcomes;
}

std::vector<Outcome> together(Sessions& sessions, const std::vector<Job>& jobs, bool opens) {
  std::vector<Bytes> rooms(jobs.size(), Bytes(kRoom, kUntouched));
  std::vector<BatchItem> items(jobs.size());
  for (size_t i = 0; i < jobs.size(); ++i) {
    test::Pair& pair = *sessions[jobs[i].session];
    items[i].session = opens ? &pair.in : &pair.out;
    items[i].packet = jobs[i].packet;
    items[i].out = MutableBytes(rooms[i]).first(jobs[i].room);
  }
  for (std::span<BatchItem> left = items; !left.empty();) {
    const size_t n = opens ? Batch::open_rtp(left) : Batch::seal_rtp(left);
    REQUIRE((n >= 1 && n <= left.size()));
    left = left.subspan(n);
  }
  std::vector<Outcome> outcomes;
  for (size_t i = 0; i < jobs.size(); ++i) {
    if (items[i].status == Status::OK) rooms[i].resize(items[i].len);
    outcomes.push_back({items[i].status, rooms[i]});
  }
  return outcomes;
}

// What opens and what does not, in any order and of any length.
class Traffic {
 public:
  explicit Traffic(uint32_t seed) : random_(seed), next_(sessions().size(), 65500) {}

  std::vector<Job> plain(size_t count) {
    std::vector<Job> jobs;
    while (jobs.size() < count) {
      const size_t session = below(next_.size());
      Bytes packet = test::rtp_packet(static_cast<uint16_t>(next_[session]));
      if (below(8) != 0) ++next_[session];  // else it comes twice
      if (below(2) != 0) packet.resize(12 + below(1400), 0x77);
      if (below(16) == 0) packet.resize(below(12));
      jobs.push_back({session, packet, below(16) != 0 ? kRoom : below(200)});
    }
    return jobs;
  }
  // Of what was sealed.
  std::vector<Job> sealed(const std::vector<Job>& plain, const std::vector<Outcome>& outcomes) {
    std::vector<Job> jobs;
    for (size_t i = 0; i < plain.size(); ++i) {
      if (outcomes[i].status != Status::OK) continue;
      Job job{plain[i].session, outcomes[i].out, below(16) != 0 ? kRoom : below(200)};
      if (below(8) == 0) job.packet[below(job.packet.size())] ^= 1;
      if (below(8) == 0) job.session = below(next_.size());
      jobs.push_back(job);
      if (below(8) == 0) jobs.push_back(job);
    }
    return jobs;
  }

 private:
  size_t below(size_t n) { return random_() % n; }

  std::mt19937 random_;
  std::vector<uint32_t> next_;
};

void check_same_state(Sessions& a, Sessions& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    INFO("session " << i);
    for (const auto half : {&test::Pair::in, &test::Pair::out}) {
      Session& of_a = *a[i].*half;
      Session& of_b = *b[i].*half;
      CHECK(of_a.state_hash() == of_b.state_hash());
      CHECK(of_a.stats() == of_b.stats());
    }
  }
}

}  // namespace

TEST_CASE("a batch gives what its packets give one by one") {
  for (const auto& choice : test::kernel_choices()) {
    INFO(test::name_of(choice));
    const test::WithKernels with(choice);
    for (uint32_t seed = 1; seed <= 12; ++seed) {
      INFO("seed " << seed);
      Sessions alone = sessions();
      Sessions batched = sessions();
      Traffic traffic(seed);
      std::map<Status, size_t> seen;
      for (int round = 0; round < 6; ++round) {
        const auto plain = traffic.plain(64);
        const auto sealed = one_by_one(alone, plain, false);
        REQUIRE(together(batched, plain, false) == sealed);
        const auto jobs = traffic.sealed(plain, sealed);
        const auto opened = one_by_one(alone, jobs, true);
        REQUIRE(together(batched, jobs, true) == opened);
        for (const auto& outcome : opened) ++seen[outcome.status];
      }
      check_same_state(alone, batched);
      for (const Status status : {Status::OK, Status::ERR_SRTP_AUTH, Status::ERR_SRTP_REPLAYED,
                                  Status::ERR_BUFFER_TOO_SMALL}) {
        INFO(static_cast<int>(status));
        CHECK(seen[status] > 0);
      }
    }
  }
}

TEST_CASE("two packets of one session do not go together, nor do two in the same memory") {
  test::Pair a(SuiteId::kAesCm128HmacSha1_80, "");
  test::Pair b(SuiteId::kAesCm128HmacSha1_80, "");
  const Bytes plain = test::rtp_packet(1);
  const Bytes next = test::rtp_packet(2);
  Bytes room(kRoom);
  Bytes other(kRoom);
  const auto together = [&](BatchItem first, BatchItem second) {
    std::array<BatchItem, 2> items{first, second};
    const size_t n = Batch::seal_rtp(items);
    return n == 2;
  };
  CHECK_FALSE(together({&a.out, plain, room}, {&a.out, next, other}));
  CHECK(together({&a.out, next, room}, {&b.out, plain, other}));
  CHECK_FALSE(together({&a.out, test::rtp_packet(3), room}, {&b.out, next, room}));
  // What the first writes, the second reads, and the other way round.
  Bytes shared = test::rtp_packet(4);
  shared.resize(kRoom);
  CHECK_FALSE(together({&a.out, test::rtp_packet(4), shared}, {&b.out, shared, other}));
  CHECK_FALSE(together({&a.out, shared, other}, {&b.out, test::rtp_packet(5), shared}));
}

TEST_CASE("a batch on the wrong half of a session is refused") {
  test::Pair pair(SuiteId::kAesCm128HmacSha1_80, "");
  const Bytes plain = test::rtp_packet(1);
  Bytes room(kRoom);
  std::array<BatchItem, 1> items{BatchItem{&pair.out, plain, room}};
  CHECK(Batch::open_rtp(items) == 1);
  CHECK(items[0].status == Status::ERR_WRONG_STATE);
  items[0].session = &pair.in;
  CHECK(Batch::seal_rtp(items) == 1);
  CHECK(items[0].status == Status::ERR_WRONG_STATE);
  CHECK(Batch::seal_rtp({}) == 0);
}
