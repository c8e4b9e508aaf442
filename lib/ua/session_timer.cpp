#include "ua/session_timer.h"

#include <algorithm>

#include "base/text.h"
#include "ua/call.h"

namespace voxlock::ua {
namespace {

// No one means more than a day.
constexpr uint32_t kMaxSessionS = 86'400;

struct SessionExpires {
  uint32_t interval_s = 0;
  std::string_view refresher;
};

// delta-seconds and parameters (RFC 4028 4, 5). ERR_SIP_PARAM.
Result<SessionExpires> parse_session(std::string_view value) {
  const size_t end = std::min(value.find_first_of("; \t\r\n"), value.size());
  const auto seconds = text::parse_decimal(value.substr(0, end), UINT32_MAX);
  if (!seconds) return Status::ERR_SIP_PARAM;
  VOXLOCK_TRY(const sip::Params params, sip::parse_params(text::trim(value.substr(end))));
  return SessionExpires{static_cast<uint32_t>(*seconds), params.value("refresher")};
}

// RFC 4028 10: the end comes a little earlier, so that the BYE still meets a session.
uint64_t lifetime_ns(uint32_t interval_s) {
  return (interval_s - std::min(32u, interval_s / 3)) * kSecond;
}

}  // namespace

bool is_known_option(std::string_view tag) {
  return text::equals_ignore_case(tag, "timer");
}

bool supports_timer(const sip::Message& message) {
  for (const auto id : {sip::HeaderId::kSupported, sip::HeaderId::kRequire}) {
    auto cursor = message.values(id);
    while (const auto tag = cursor.next()) {
      if (is_known_option(*tag)) return true;
    }
  }
  return false;
}

SessionVerdict judge_session(const Core& core, const sip::Message& request) {
  const Config& config = core.config;
  const bool has_support = supports_timer(request);
  uint32_t min_s = kMinSessionS;
  if (const auto value = request.find(sip::HeaderId::kMinSe)) {
    const auto wanted = parse_session(*value);
    if (!wanted) return {400, {}};
    min_s = std::max(min_s, wanted->interval_s);
  }
  const auto value = request.find(sip::HeaderId::kSessionExpires);
  if (!value) {
    if (!has_support || config.session_expires_s == 0 || min_s > kMaxSessionS) return {};
    return {0, {std::max(config.session_expires_s, min_s), false}};
  }
  const auto asked = parse_session(*value);
  if (!asked) return {400, {}};
  if (asked->interval_s < config.min_se_s) {
    // Who does not know of timers can not be told: a proxy asked, and gets none.
    if (!has_support) return {};
    return {422, {}};
  }
  const bool is_ours = !has_support || text::equals_ignore_case(asked->refresher, "uas");
  return {0, {asked->interval_s, is_ours}};
}

SessionTimer granted_session(const sip::Message& response) {
  const auto value = response.find(sip::HeaderId::kSessionExpires);
  if (!value) return {};
  const auto granted = parse_session(*value);
  if (!granted || granted->interval_s < kMinSessionS) return {};
  return {granted->interval_s, !text::equals_ignore_case(granted->refresher, "uas")};
}

uint32_t wanted_session_s(const sip::Message& response) {
  const auto value = response.find(sip::HeaderId::kMinSe);
  if (!value) return 0;
  const auto wanted = parse_session(*value);
  return wanted && wanted->interval_s <= kMaxSessionS ? wanted->interval_s : 0;
}

void start_session(Core& core, Call& call, SessionTimer timer) {
  call.session = timer;
  call.has_refresh_begun = false;
  if (timer.interval_s == 0) return core.timers.cancel(call.expiry);
  // RFC 4028 7.2: whoever refreshes does so when half of the time is over.
  const uint64_t delay_ns =
      timer.is_ours ? timer.interval_s * kSecond / 2 : lifetime_ns(timer.interval_s);
  core.timers.set(call.expiry, after(core.now_ns, delay_ns));
}

void session_timer_due(Core& core, Call& call) {
  if (!call.session.is_ours || call.has_refresh_begun) {
    return end_call(core, call, Cause::kExpired, 0);
  }
  call.has_refresh_begun = true;
  const uint64_t rest_ns =
      lifetime_ns(call.session.interval_s) - call.session.interval_s * kSecond / 2;
  core.timers.set(call.expiry, after(core.now_ns, rest_ns));
  Event event;
  event.type = EventType::kRefresh;
  event.call = call.id;
  event.connection = call.connection;
  core.output.push(event, {});
}

}  // namespace voxlock::ua
