// RFC 3261 17 and RFC 6026, row by row.
#include "ua/transition.h"

#include "support/allocator.h"
#include "support/catch.h"
#include "ua/index.h"
#include "ua/pool.h"
#include "ua/timer.h"

using namespace voxlock;
using namespace voxlock::ua;
using enum State;
using enum Input;

namespace {
constexpr Input kAllInputs[] = {kProvisional,     kSuccess,      kFailure,     kRequest,       kAck,
                                kRetransmitTimer, kTimeoutTimer, kLingerTimer, kTransportError};
constexpr State kAllStates[] = {kTrying,    kProceeding, kCompleted,
                                kConfirmed, kAccepted,   kTerminated};
}  // namespace

TEST_CASE("RFC 3261 17: each state leads where the figures say") {
  struct Row {
    Machine machine;
    State from;
    Input input;
    State to;
    uint16_t must;  // actions that belong to the step
    uint16_t must_not;
  };
  using M = Machine;
  const Row rows[] = {
      // Figure 5 and RFC 6026 8.4: INVITE client.
      {M::kInviteClient, kTrying, kRetransmitTimer, kTrying, kResend | kNextRetransmit, 0},
      {M::kInviteClient, kTrying, kTimeoutTimer, kTerminated, kTellTimeout, 0},
      {M::kInviteClient, kTrying, kTransportError, kTerminated, kTellTransport, 0},
      {M::kInviteClient, kTrying, kProvisional, kProceeding, kPass | kStopRetransmit | kStopTimeout,
       0},
      {M::kInviteClient, kTrying, kSuccess, kAccepted, kPass | kStartLinger, kSendAck},
      {M::kInviteClient, kTrying, kFailure, kCompleted, kPass | kSendAck | kStartLinger, 0},
      {M::kInviteClient, kProceeding, kProvisional, kProceeding, kPass, 0},
      {M::kInviteClient, kProceeding, kSuccess, kAccepted, kPass, kSendAck},
      {M::kInviteClient, kProceeding, kFailure, kCompleted, kPass | kSendAck, 0},
      {M::kInviteClient, kCompleted, kFailure, kCompleted, kSendAck, kPass},
      {M::kInviteClient, kCompleted, kLingerTimer, kTerminated, 0, kTellTimeout},
      {M::kInviteClient, kAccepted, kSuccess, kAccepted, kPass, kSendAck},
      {M::kInviteClient, kAccepted, kLingerTimer, kTerminated, 0, kTellTimeout},
      // Figure 6: other client.
      {M::kClient, kTrying, kRetransmitTimer, kTrying, kResend | kNextRetransmit, 0},
      {M::kClient, kTrying, kTimeoutTimer, kTerminated, kTellTimeout, 0},
      {M::kClient, kTrying, kTransportError, kTerminated, kTellTransport, 0},
      {M::kClient, kTrying, kProvisional, kProceeding, kPass, kStopTimeout},
      {M::kClient, kTrying, kSuccess, kCompleted, kPass | kStartLinger, kSendAck},
      {M::kClient, kTrying, kFailure, kCompleted, kPass | kStartLinger, kSendAck},
      {M::kClient, kProceeding, kRetransmitTimer, kProceeding, kResend, 0},
      {M::kClient, kProceeding, kTimeoutTimer, kTerminated, kTellTimeout, 0},
      {M::kClient, kProceeding, kFailure, kCompleted, kPass, 0},
      {M::kClient, kCompleted, kLingerTimer, kTerminated, 0, kTellTimeout},
      // Figure 7 and RFC 6026 8.7: INVITE server.
      {M::kInviteServer, kProceeding, kRequest, kProceeding, kResend, 0},
      {M::kInviteServer, kProceeding, kProvisional, kProceeding, kSend, 0},
      {M::kInviteServer, kProceeding, kSuccess, kAccepted, kSend | kStartLinger, 0},
      {M::kInviteServer, kProceeding, kFailure, kCompleted, kSend | kStartTimeout, 0},
      {M::kInviteServer, kCompleted, kRequest, kCompleted, kResend, 0},
      {M::kInviteServer, kCompleted, kRetransmitTimer, kCompleted, kResend | kNextRetransmit, 0},
      {M::kInviteServer, kCompleted, kTimeoutTimer, kTerminated, 0, 0},
      {M::kInviteServer, kCompleted, kAck, kConfirmed,
       kStopRetransmit | kStopTimeout | kStartLinger, kPass},
      {M::kInviteServer, kConfirmed, kLingerTimer, kTerminated, 0, 0},
      {M::kInviteServer, kAccepted, kSuccess, kAccepted, kSend, 0},
      {M::kInviteServer, kAccepted, kAck, kAccepted, kPass, 0},
      {M::kInviteServer, kAccepted, kLingerTimer, kTerminated, 0, 0},
      // Figure 8: other server.
      {M::kServer, kTrying, kProvisional, kProceeding, kSend, 0},
      {M::kServer, kTrying, kSuccess, kCompleted, kSend | kStartLinger, 0},
      {M::kServer, kTrying, kFailure, kCompleted, kSend | kStartLinger, 0},
      {M::kServer, kProceeding, kRequest, kProceeding, kResend, 0},
      {M::kServer, kProceeding, kFailure, kCompleted, kSend, 0},
      {M::kServer, kCompleted, kRequest, kCompleted, kResend, 0},
      {M::kServer, kCompleted, kTransportError, kTerminated, 0, 0},
      {M::kServer, kCompleted, kLingerTimer, kTerminated, 0, 0},
  };
  for (const Row& row : rows) {
    INFO("machine " << int(row.machine) << " state " << int(row.from) << " input "
                    << int(row.input));
    const Transition* found = find_transition(row.machine, row.from, row.input);
    REQUIRE(found != nullptr);
    CHECK(found->to == row.to);
    CHECK((found->actions & row.must) == row.must);
    CHECK((found->actions & row.must_not) == 0);
  }
}

TEST_CASE("RFC 3261 17: nothing leaves the end, and no state has two rows for an input") {
  for (const Machine machine :
       {Machine::kInviteClient, Machine::kClient, Machine::kInviteServer, Machine::kServer}) {
    for (const State state : kAllStates) {
      for (const Input input : kAllInputs) {
        int count = 0;
        for (const Transition& row : transitions(machine))
          count += row.from == state && row.input == input;
        CHECK(count <= (state == kTerminated ? 0 : 1));
      }
    }
  }
  CHECK(find_transition(Machine::kInviteServer, kAccepted, kRequest) == nullptr);
  CHECK(find_transition(Machine::kServer, kTrying, kRequest) == nullptr);
}

TEST_CASE("timers come in order of their deadlines, moved and cancelled ones included") {
  test::TestContext context;
  TimerQueue queue(context.memory, 100);
  std::vector<Timer> timers(100);
  for (size_t i = 0; i < timers.size(); ++i) queue.set(timers[i], i * 37 % 101);
  for (size_t i = 0; i < timers.size(); i += 3) queue.cancel(timers[i]);
  for (size_t i = 1; i < timers.size(); i += 3) queue.set(timers[i], 200 - timers[i].deadline_ns);
  CHECK(queue.take_due(0) == nullptr);
  uint64_t last = 0;
  size_t count = 0;
  while (const Timer* timer = queue.take_due(1000)) {
    CHECK(timer->deadline_ns >= last);
    CHECK_FALSE(timer->is_set());
    last = timer->deadline_ns;
    ++count;
  }
  CHECK(count == 66);
  CHECK(queue.next_deadline() == kNever);
}

TEST_CASE("an id of a pool is never given out again, an index finds what stands in it") {
  test::TestContext context;
  struct Thing {
    explicit Thing(uint64_t its_id) : id(its_id) {}
    uint64_t id;
  };
  Pool<Thing> pool(context.memory, 2);
  const uint64_t first = pool.create()->id;
  CHECK(pool.create() != nullptr);
  CHECK(pool.create() == nullptr);
  pool.destroy(first);
  pool.destroy(first);
  CHECK(pool.find(first) == nullptr);
  CHECK(pool.create()->id != first);
  CHECK(pool.find(0) == nullptr);
  Index index(context.memory, 2);
  CHECK(index.insert(8, 1));
  CHECK(index.insert(8, 2));
  CHECK_FALSE(index.insert(9, 3));
  index.erase(8, 1);
  CHECK(index.find(8, [](uint64_t) { return true; }) == 2);
  CHECK(index.find(9, [](uint64_t) { return true; }) == 0);
}
