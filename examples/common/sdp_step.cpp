#include "common/sdp_step.h"

#include "common/event_loop.h"

namespace example {
namespace {

constexpr size_t kSdpRoom = 8192;

const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

SdpStep begin(size_t room) {
  return {std::string(room, '\0'), make_result<voxlock_verdict>()};
}

void refuse(SdpStep& step, int32_t reason, int32_t sip_status) {
  step.verdict.kind = VOXLOCK_REFUSED;
  step.verdict.reason = reason;
  step.verdict.sip_status = sip_status;
  step.verdict.warn_code = 0;
  step.verdict.warning = "";
}

// A step that failed for no fault of the description: it is refused, and the call goes on as
// before.
void end(SdpStep& step, int32_t status, size_t len) {
  // Our own offer is out: glare (RFC 3261, section 14.2).
  if (status != VOXLOCK_OK) refuse(step, status, status == VOXLOCK_ERR_WRONG_STATE ? 491 : 500);
  step.sdp.resize(step.is_refused() ? 0 : len);
}

}  // namespace

SdpStep SdpStep::refused() {
  SdpStep step = begin(0);
  refuse(step, VOXLOCK_ERR_WRONG_STATE, 481);
  return step;
}

SdpStep make_offer(voxlock_leg* leg, uint32_t flags) {
  SdpStep step = begin(kSdpRoom);
  size_t len = step.sdp.size();
  const int32_t status =
      voxlock_leg_offer(leg, flags, reinterpret_cast<uint8_t*>(step.sdp.data()), &len, now_ns());
  end(step, status, len);
  return step;
}

SdpStep make_answer(voxlock_leg* leg, std::string_view offer) {
  SdpStep step = begin(kSdpRoom);
  size_t len = step.sdp.size();
  int32_t status = VOXLOCK_ERR_BUFFER_TOO_SMALL;
  // An offer of many sections has an answer of as many: the second try has the room that it needs.
  for (int i = 0; i < 2 && status == VOXLOCK_ERR_BUFFER_TOO_SMALL; ++i) {
    step.sdp.resize(len);
    status = voxlock_leg_answer(leg, bytes_of(offer), offer.size(),
                                reinterpret_cast<uint8_t*>(step.sdp.data()), &len, &step.verdict,
                                now_ns());
  }
  end(step, status, len);
  return step;
}

SdpStep take_answer(voxlock_leg* leg, std::string_view answer) {
  SdpStep step = begin(0);
  const int32_t status =
      voxlock_leg_accept_answer(leg, bytes_of(answer), answer.size(), &step.verdict, now_ns());
  end(step, status, 0);
  return step;
}

}  // namespace example
