#include "srtp/batch.h"

#include <algorithm>
#include <array>

#include "base/overlap.h"

namespace voxlock::srtp {
namespace {

bool can_go_together(const BatchItem& a, const BatchItem& b) {
  return a.session != b.session && !overlaps(a.out, b.packet) && !overlaps(b.out, a.packet) &&
         !overlaps(a.out, b.out);
}

}  // namespace

struct Batch::Opening {
  using Packet = Session::Sealed;
  using Message = CounterMode::Message;

  static Result<size_t> alone(BatchItem& item) {
    return item.session->open_rtp(item.packet, item.out);
  }
  static Result<Packet> begin(BatchItem& item, Message& message) {
    return item.session->begin_open(item.packet, item.out, message);
  }
  static Result<size_t> finish(BatchItem& item, Packet& packet, Message& message) {
    return item.session->finish_open(item.packet, packet, message, item.out);
  }
};

struct Batch::Sealing {
  using Packet = Session::Plain;
  using Message = CounterMode::Message;

  static Result<size_t> alone(BatchItem& item) {
    return item.session->seal_rtp(item.packet, item.out);
  }
  static Result<Packet> begin(BatchItem& item, Message& message) {
    return item.session->begin_seal(item.packet, item.out, message);
  }
  static Result<size_t> finish(BatchItem& item, const Packet& packet, const Message& message) {
    return item.session->finish_seal(packet, message, item.out);
  }
};

template <typename Steps>
size_t Batch::run(std::span<BatchItem> items) {
  std::array<BatchItem*, kMost> lanes;
  std::array<typename Steps::Packet, kMost> packets;
  std::array<CounterMode::Message, kMost> messages;
  for (size_t i = kMost; i < std::min(items.size(), 2 * kMost); ++i)
    items[i].session->prefetch_state();
  for (size_t i = 2 * kMost; i < std::min(items.size(), 3 * kMost); ++i)
    items[i].session->prefetch();
  size_t used = 0;
  size_t n = 0;
  for (; n < std::min(items.size(), kMost); ++n) {
    BatchItem& item = items[n];
    const auto before = items.first(n);
    if (!std::all_of(before.begin(), before.end(),
                     [&](const BatchItem& other) { return can_go_together(other, item); })) {
      break;
    }
    if (item.session->counter_mode_ == nullptr) {
      item.set(Steps::alone(item));
      continue;
    }
    const auto begun = Steps::begin(item, messages[used]);
    if (!begun) {
      item.set(begun.error());
      continue;
    }
    packets[used] = *begun;
    lanes[used++] = &item;
  }
  if (used == 0) return n;
  crypto::HmacSha1Key::tags(std::span(messages).first(used));
  for (size_t i = 0; i < used; ++i)
    lanes[i]->set(Steps::finish(*lanes[i], packets[i], messages[i]));
  return n;
}

size_t Batch::open_rtp(std::span<BatchItem> items) {
  return run<Opening>(items);
}
size_t Batch::seal_rtp(std::span<BatchItem> items) {
  return run<Sealing>(items);
}

}  // namespace voxlock::srtp
