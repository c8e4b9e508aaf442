#include "srtp/batch.h"

#include <algorithm>
#include <array>
#include <functional>

namespace voxlock::srtp {
namespace {

using crypto::kernels::kSha1Lanes;

bool overlap(ByteView a, ByteView b) {
  const std::less<const uint8_t*> is_before;
  return is_before(a.data(), b.data() + b.size()) && is_before(b.data(), a.data() + a.size());
}

bool can_go_together(const BatchItem& a, const BatchItem& b) {
  return a.session != b.session && !overlap(a.out, b.packet) && !overlap(b.out, a.packet) &&
         !overlap(a.out, b.out);
}

}  // namespace

struct Batch::Opening {
  using Packet = Session::Sealed;
  static constexpr auto kAlone = &Session::open_rtp;
  static constexpr auto kBegin = &Session::begin_open;
  static constexpr auto kFinish = &Session::finish_open;
};

struct Batch::Sealing {
  using Packet = Session::Plain;
  static constexpr auto kAlone = &Session::seal_rtp;
  static constexpr auto kBegin = &Session::begin_seal;
  static constexpr auto kFinish = &Session::finish_seal;
};

template <typename Steps>
size_t Batch::run(std::span<BatchItem> items) {
  std::array<BatchItem*, kSha1Lanes> lanes;
  std::array<typename Steps::Packet, kSha1Lanes> packets;
  std::array<CounterMode::Message, kSha1Lanes> messages;
  size_t used = 0;
  size_t n = 0;
  for (; n < std::min(items.size(), kSha1Lanes); ++n) {
    BatchItem& item = items[n];
    const auto before = items.first(n);
    if (!std::all_of(before.begin(), before.end(),
                     [&](const BatchItem& other) { return can_go_together(other, item); })) {
      break;
    }
    Session& session = *item.session;
    if (session.counter_mode_ == nullptr) {
      item.set((session.*Steps::kAlone)(item.packet, item.out));
      continue;
    }
    auto begun = (session.*Steps::kBegin)(item.packet, item.out, messages[used]);
    if (!begun) {
      item.set(begun.error());
      continue;
    }
    packets[used] = *begun;
    lanes[used++] = &item;
  }
  if (used == 0) return n;
  crypto::HmacSha1Key::tags(std::span(messages).first(used));
  for (size_t i = 0; i < used; ++i) {
    BatchItem& item = *lanes[i];
    item.set((item.session->*Steps::kFinish)(item.packet, packets[i], messages[i], item.out));
  }
  return n;
}

size_t Batch::open_rtp(std::span<BatchItem> items) {
  return run<Opening>(items);
}
size_t Batch::seal_rtp(std::span<BatchItem> items) {
  return run<Sealing>(items);
}

}  // namespace voxlock::srtp
