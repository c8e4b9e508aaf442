// Offers and answers of a leg as steps: each gives a text or a refusal, whatever a peer sent.
#pragma once

#include <string>
#include <string_view>

#include "common/voxlock.h"

namespace example {

// What an offer/answer step gave: text to send, or why not.
struct SdpStep {
  std::string sdp;
  voxlock_verdict verdict;
  [[nodiscard]] bool is_refused() const { return verdict.kind == VOXLOCK_REFUSED; }
  // For a call that is over.
  static SdpStep refused();
};

// flags: VOXLOCK_OFFER_*.
SdpStep make_offer(voxlock_leg* leg, uint32_t flags);
SdpStep make_answer(voxlock_leg* leg, std::string_view offer);
SdpStep take_answer(voxlock_leg* leg, std::string_view answer);

}  // namespace example
