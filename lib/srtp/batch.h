// Packets of several sessions opened or sealed in one go: the tags of the suites of HMAC-SHA1 are
// computed side by side, and what the next sessions need is fetched meanwhile.
#pragma once

#include <cstddef>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "srtp/session.h"

namespace voxlock::srtp {

struct BatchItem {
  Session* session = nullptr;
  ByteView packet;
  MutableBytes out;  // does not overlap packet
  // What open_rtp or seal_rtp of the session would have given, one item after the other.
  Status status = Status::ERR_WRONG_STATE;
  size_t len = 0;  // where status is OK

  void set(const Result<size_t>& result) {
    status = result.error();
    len = result ? *result : 0;
  }
  [[nodiscard]] Result<size_t> result() const {
    if (status != Status::OK) return status;
    return len;
  }
};

class Batch {
 public:
  // The most items that go together.
  static constexpr size_t kMost = crypto::kernels::kSha1Lanes;

  // Each does the first items, as many as can go together, and tells how many: at least one of any
  // that there are. What stands behind them is fetched. Two of one session, or two that touch the
  // same memory, never go together.
  static size_t open_rtp(std::span<BatchItem> items);
  static size_t seal_rtp(std::span<BatchItem> items);

 private:
  template <typename Steps>
  static size_t run(std::span<BatchItem> items);
  struct Opening;
  struct Sealing;
};

}  // namespace voxlock::srtp
