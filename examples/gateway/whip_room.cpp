#include "gateway/whip_room.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "gateway/room_token.h"

namespace example {
namespace {

constexpr uint64_t kNsPerMs = 1'000'000;
constexpr uint64_t kFirstPauseNs = 250 * kNsPerMs;
constexpr uint64_t kLongestPauseNs = 4'000 * kNsPerMs;
// A room that does not come back within this time is lost: the trunk's peer hears nothing.
constexpr uint64_t kPatienceNs = 30'000 * kNsPerMs;

class WhipRoom final : public Room {
 public:
  WhipRoom(EventLoop& loop, RoomHost& host, const WhipConfig& config)
      : http_(loop), host_(host), config_(config) {
    if (!config_.hear.empty()) client_info_ = client_info(config_.hear);
    if (makes_token()) (void)make_room_token(config_);
  }

  [[nodiscard]] int32_t signalling() const override {
    return is_https() ? VOXLOCK_SIGNALLING_VERIFIED : VOXLOCK_SIGNALLING_PLAIN;
  }
  void join(uint64_t call) override {
    calls_[call].since_ns = now_ns();
    post(call);
  }
  void leave(uint64_t call) override;
  void on_media(uint64_t call, const voxlock_media_event& event) override;
  void advance() override;
  [[nodiscard]] uint64_t next_deadline() const override;
  [[nodiscard]] bool is_quiet() const override { return http_.is_idle(); }

 private:
  struct Place {
    std::string resource;      // URL of the session, once there is one
    uint64_t request = 0;      // under way
    uint64_t since_ns = 0;     // of the first try to join, or to come back; 0: nothing is due
    uint64_t answered_ns = 0;  // when the server's answer came
    std::string host;          // where from
    uint64_t pause_ns = kFirstPauseNs;
    uint64_t retry_ns = UINT64_MAX;
    bool was_joined = false;
    bool is_offered = false;  // an offer is out
  };

  [[nodiscard]] bool is_https() const { return config_.url.starts_with("https:"); }
  [[nodiscard]] bool makes_token() const {
    return config_.token.empty() && !config_.api_secret.empty();
  }
  // X-LiveKit-ClientInfo: the server answers once it has these tracks.
  static std::string client_info(const std::string& hear) {
    const size_t colon = hear.rfind(':');
    if (colon == std::string::npos || colon == 0 || colon + 1 == hear.size())
      throw std::runtime_error("--room-hear wants IDENTITY:TRACK, not '" + hear + "'");
    const nlohmann::json info = {
        {"subscribedParticipantTrackNames", {{hear.substr(0, colon), {hear.substr(colon + 1)}}}}};
    return "X-LiveKit-ClientInfo: " + info.dump();
  }

  [[nodiscard]] HttpRequest request(const char* method, const std::string& url) const;
  void post(uint64_t call);
  void on_answer(uint64_t call, const HttpResponse& response);
  void drop_resource(Place& place);
  void fall_back(uint64_t call, const std::string& why, uint32_t sip_status);
  void come_back(uint64_t call);

  HttpClient http_;
  RoomHost& host_;
  WhipConfig config_;
  std::string client_info_;
  std::map<uint64_t, Place> calls_;
};

HttpRequest WhipRoom::request(const char* method, const std::string& url) const {
  HttpRequest out;
  out.method = method;
  out.url = url;
  out.bearer = makes_token() ? make_room_token(config_) : config_.token;
  out.authorities = config_.authorities;
  return out;
}

// RFC 9725, section 4.2: the offer goes out, the answer comes back with the session's URL.
void WhipRoom::post(uint64_t call) {
  Place& place = calls_[call];
  const uint32_t flags =
      place.was_joined || place.is_offered ? VOXLOCK_OFFER_ICE_RESTART | VOXLOCK_OFFER_REKEY : 0u;
  const SdpStep step = host_.room_offer(call, flags);
  if (step.is_refused()) return;
  place.is_offered = true;
  HttpRequest offer = request("POST", config_.url);
  offer.headers = {"Content-Type: application/sdp"};
  if (!client_info_.empty()) offer.headers.push_back(client_info_);
  offer.body = step.sdp;
  place.request =
      http_.send(offer, [this, call](const HttpResponse& response) { on_answer(call, response); });
}

void WhipRoom::on_answer(uint64_t call, const HttpResponse& response) {
  Place& place = calls_[call];
  place.request = 0;
  if (response.status == 201) {
    // The token goes nowhere but to the server that it was given for.
    if (is_same_origin(config_.url, response.location)) place.resource = response.location;
    place.answered_ns = now_ns();
    place.host = response.host;
    const SdpStep step = host_.room_accept(call, response.body);
    if (!step.is_refused()) return;
    drop_resource(place);
    fall_back(call, "the room's answer does not do", 488);
    return;
  }
  const bool is_refusal = response.status >= 400 && response.status < 500;
  const std::string why = response.status == 0 ? "the room does not answer: " + response.error
                                               : "the room says " + std::to_string(response.status);
  fall_back(call, why, is_refusal && response.status == 404 ? 404 : 503);
}

// One try failed. A call that is in the room already tries on; another one is told at once.
void WhipRoom::fall_back(uint64_t call, const std::string& why, uint32_t sip_status) {
  Place& place = calls_[call];
  const uint64_t now = now_ns();
  std::fprintf(stderr, "gateway: %s\n", why.c_str());
  if (!place.was_joined) {
    place.since_ns = 0;
    host_.room_left(call, sip_status, "room lost");
    return;
  }
  place.retry_ns = now + place.pause_ns;
  place.pause_ns = std::min(2 * place.pause_ns, kLongestPauseNs);
}

void WhipRoom::come_back(uint64_t call) {
  Place& place = calls_[call];
  if (place.since_ns == 0) place.since_ns = now_ns();
  if (place.request != 0 || place.retry_ns != UINT64_MAX) return;
  drop_resource(place);
  fall_back(call, "the room is lost", 503);
}

void WhipRoom::on_media(uint64_t call, const voxlock_media_event& event) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  Place& place = found->second;
  switch (event.type) {
    case VOXLOCK_EV_SECURED: {
      place.was_joined = true;
      place.since_ns = 0;
      place.pause_ns = kFirstPauseNs;
      SecurityInfo security;
      security.version = is_https() ? "HTTPS" : "HTTP";
      security.handshake_ms = static_cast<double>(now_ns() - place.answered_ns) / 1e6;
      security.is_tls = security.is_peer_verified = is_https();
      if (is_https()) security.peer = place.host;
      host_.room_joined(call, security);
      break;
    }
    case VOXLOCK_EV_DISCONNECTED:
    case VOXLOCK_EV_FAILED:
      come_back(call);
      break;
    default:
      break;
  }
}

// RFC 9725, section 4.2: DELETE ends the session. Nothing depends on its answer.
void WhipRoom::drop_resource(Place& place) {
  if (place.resource.empty()) return;
  HttpRequest end = request("DELETE", place.resource);
  end.timeout_ms = 2'000;
  (void)http_.send(end, [](const HttpResponse&) {});
  place.resource.clear();
}

void WhipRoom::leave(uint64_t call) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  if (found->second.request != 0) http_.cancel(found->second.request);
  drop_resource(found->second);
  calls_.erase(found);
}

void WhipRoom::advance() {
  http_.advance();
  const uint64_t now = now_ns();
  for (auto& [call, place] : calls_) {
    if (place.since_ns != 0 && now - place.since_ns >= kPatienceNs) {
      place.since_ns = 0;
      host_.room_left(call, 504, "room lost");
    } else if (now >= place.retry_ns) {
      place.retry_ns = UINT64_MAX;
      post(call);
    }
  }
  http_.advance();
}

uint64_t WhipRoom::next_deadline() const {
  uint64_t out = http_.next_deadline();
  for (const auto& [call, place] : calls_) {
    out = std::min(out, place.retry_ns);
    if (place.since_ns != 0) out = std::min(out, place.since_ns + kPatienceNs);
  }
  return out;
}

}  // namespace

std::unique_ptr<Room> make_whip_room(EventLoop& loop, RoomHost& host, const WhipConfig& config) {
  if (!config.url.starts_with("http://") && !config.url.starts_with("https://"))
    throw std::runtime_error("'" + config.url + "' is no http or https URL");
  return std::make_unique<WhipRoom>(loop, host, config);
}

}  // namespace example
