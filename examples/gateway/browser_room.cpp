#include "gateway/browser_room.h"

#include <sys/random.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "common/names.h"
#include "gateway/page.h"
#include "gateway/web_server.h"
#include "gateway/words.h"

namespace example {
namespace {

using nlohmann::json;

constexpr uint64_t kNsPerSecond = 1'000'000'000;
// A call that nobody answers at the page; one whose page is gone and does not come back.
constexpr uint64_t kRingNs = 60 * kNsPerSecond;
constexpr uint64_t kPatienceNs = 30 * kNsPerSecond;
// Calls that the page shows; more are busy.
constexpr size_t kMaxCalls = 8;
constexpr const char* kSdp = "application/sdp";

std::string random_name() {
  uint8_t bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
    throw std::runtime_error("no random bytes");
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// How long it takes tells nothing about where the two differ.
bool is_same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

const char* signalling_name(int32_t signalling) {
  switch (signalling) {
    case VOXLOCK_SIGNALLING_VERIFIED:
      return "TLS, peer verified";
    case VOXLOCK_SIGNALLING_TLS:
      return "TLS, peer not verified";
    default:
      return "not encrypted";
  }
}

json microseconds(uint64_t ns) {
  return ns == UINT64_MAX ? json(nullptr) : json(static_cast<double>(ns) / 1000);
}

json hop_of(const Call& call, size_t leg) {
  const auto protection = call.protection();
  const auto media = call.media(leg);
  const auto stats = call.leg_stats(leg);
  return {
      {"name", leg == kTrunk ? "phone" : "browser"},
      {"encrypted", protection.transport[leg] == VOXLOCK_TRANSPORT_SRTP},
      {"suite", suite_name(protection.suite_in[leg])},
      {"keys", protection.key_exchange[leg] == VOXLOCK_KEYS_DTLS   ? "DTLS"
               : protection.key_exchange[leg] == VOXLOCK_KEYS_SDES ? "SDES"
                                                                   : "none"},
      {"signalling",
       leg == kRoom ? "HTTP on this machine" : signalling_name(protection.signalling[leg])},
      {"peer_verified", protection.peer_verified[leg] != 0},
      {"peer", protection.peer_name[leg]},
      {"codec", codec_name(media.codec)},
      {"packets_in", stats.packets_in},
      {"packets_out", stats.packets_out},
      {"lost_in", stats.lost_in},
      {"lost_out", stats.peer_lost},
      {"jitter_ms", static_cast<double>(stats.jitter_in_us) / 1000},
      {"rtt_ms",
       stats.rtt_us == UINT64_MAX ? json(nullptr) : json(static_cast<double>(stats.rtt_us) / 1000)},
  };
}

json certificate_of(const uint8_t (&fingerprint)[32]) {
  return {{"sha256", fingerprint_hex(fingerprint)}, {"words", fingerprint_words(fingerprint)}};
}

WebResponse plain(unsigned status, const std::string& text) {
  return {status, "text/plain; charset=utf-8", text + "\n", ""};
}

class BrowserRoom final : public Room {
 public:
  BrowserRoom(EventLoop& loop, RoomHost& host, uint16_t port)
      : host_(host),
        prefix_("/" + random_name() + "/"),
        server_(loop, port, [this](const WebRequest& request) { return serve(request); }) {
    std::printf("open http://127.0.0.1:%u%s in a browser\n", server_.port(), prefix_.c_str());
    std::fflush(stdout);
  }

  // Plain HTTP, though on loopback: a fingerprint that came so is not verified.
  [[nodiscard]] int32_t signalling() const override { return VOXLOCK_SIGNALLING_PLAIN; }
  void join(uint64_t call) override;
  void leave(uint64_t call) override { calls_.erase(call); }
  void on_media(uint64_t call, const voxlock_media_event& event) override;
  void advance() override;
  [[nodiscard]] uint64_t next_deadline() const override;
  [[nodiscard]] bool is_quiet() const override { return true; }

 private:
  struct Place {
    std::string session;       // of the page that has the call; empty: none
    uint64_t answered_ns = 0;  // when that page's offer came
    uint64_t joined_ns = 0;    // when the call was answered; 0: it rings
    uint64_t lost_ns = 0;      // until when a page must come; UINT64_MAX: one is there
  };

  WebResponse serve(const WebRequest& request);
  WebResponse serve_call(const WebRequest& request, std::string_view path);
  WebResponse post(uint64_t call, Place& place, const WebRequest& request);
  void miss(Place& place);
  [[nodiscard]] json state() const;

  RoomHost& host_;
  std::string prefix_;  // of every path: / and the token
  std::map<uint64_t, Place> calls_;
  WebServer server_;
};

void BrowserRoom::join(uint64_t call) {
  if (calls_.size() >= kMaxCalls) {
    host_.room_left(call, 486, "room full");
    return;
  }
  calls_[call].lost_ns = now_ns() + kRingNs;
}

WebResponse BrowserRoom::serve(const WebRequest& request) {
  // Without the token there is nothing here, whatever is asked.
  const std::string_view path = request.path;
  if (!is_same(path.substr(0, prefix_.size()), prefix_)) return plain(404, "not found");
  const std::string_view name = path.substr(prefix_.size());
  if (name.starts_with("calls/")) return serve_call(request, name.substr(6));
  if (request.method != "GET" && request.method != "HEAD") return plain(405, "not allowed");
  if (name == "state") return {200, "application/json", state().dump(), ""};
  for (const PageFile& file : kPageFiles) {
    if (name == file.name) return {200, std::string(file.type), std::string(file.text), ""};
  }
  return plain(404, "not found");
}

// calls/N: POST joins, DELETE hangs up. calls/N/SESSION: DELETE leaves, and the call waits.
WebResponse BrowserRoom::serve_call(const WebRequest& request, std::string_view path) {
  uint64_t call = 0;
  const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), call);
  const auto found = calls_.find(call);
  if (error != std::errc() || found == calls_.end()) return plain(404, "no such call");
  Place& place = found->second;
  std::string_view session(end, static_cast<size_t>(path.data() + path.size() - end));
  if (session.empty() && request.method == "POST") return post(call, place, request);
  if (request.method != "DELETE") return plain(405, "not allowed");
  if (session.empty()) {
    host_.room_left(call, 603, "hung up in the browser");
    return {204, "", "", ""};
  }
  session.remove_prefix(1);
  if (place.session.empty() || !is_same(session, place.session))
    return plain(404, "no such session");
  miss(place);
  return {204, "", "", ""};
}

// A later offer takes the call over: the page was loaded anew, or another one wants it.
WebResponse BrowserRoom::post(uint64_t call, Place& place, const WebRequest& request) {
  // A form of another site cannot send this type without asking first (CORS).
  if (request.content_type != kSdp) return plain(415, "application/sdp is wanted");
  const SdpStep step = host_.room_answer(call, request.body);
  if (step.is_refused()) {
    const std::string why = step.verdict.warning;
    return plain(406, why.empty() ? "the offer does not do" : why);
  }
  place.session = random_name();
  place.answered_ns = now_ns();
  // As long as for a page that is gone, until media is secured.
  place.lost_ns = place.answered_ns + kPatienceNs;
  return {201, kSdp, step.sdp, prefix_ + "calls/" + std::to_string(call) + "/" + place.session};
}

void BrowserRoom::on_media(uint64_t call, const voxlock_media_event& event) {
  const auto found = calls_.find(call);
  if (found == calls_.end()) return;
  Place& place = found->second;
  switch (event.type) {
    case VOXLOCK_EV_SECURED: {
      place.lost_ns = UINT64_MAX;
      if (place.joined_ns == 0) place.joined_ns = now_ns();
      SecurityInfo security;
      security.version = "HTTP";
      security.handshake_ms = static_cast<double>(now_ns() - place.answered_ns) / 1e6;
      const Call* const media = host_.room_media(call);
      if (media != nullptr) {
        const auto info = media->media(kRoom);
        std::printf("browser joined\n  gateway %s\n  browser %s\n",
                    fingerprint_words(info.local_fingerprint).c_str(),
                    fingerprint_words(info.remote_fingerprint).c_str());
      }
      host_.room_joined(call, security);
      break;
    }
    case VOXLOCK_EV_CONNECTED:
      if (place.joined_ns != 0 && !place.session.empty()) place.lost_ns = UINT64_MAX;
      break;
    case VOXLOCK_EV_DISCONNECTED:
    case VOXLOCK_EV_FAILED:
      if (place.lost_ns == UINT64_MAX) place.lost_ns = now_ns() + kPatienceNs;
      break;
    default:
      break;
  }
}

void BrowserRoom::miss(Place& place) {
  place.session.clear();
  place.lost_ns = now_ns() + (place.joined_ns == 0 ? kRingNs : kPatienceNs);
}

void BrowserRoom::advance() {
  server_.advance();
  const uint64_t now = now_ns();
  for (auto& [call, place] : calls_) {
    if (now < place.lost_ns) continue;
    place.lost_ns = UINT64_MAX;
    host_.room_left(call, 480, place.joined_ns == 0 ? "nobody answered" : "browser lost");
  }
}

uint64_t BrowserRoom::next_deadline() const {
  uint64_t out = server_.next_deadline();
  for (const auto& [call, place] : calls_) out = std::min(out, place.lost_ns);
  return out;
}

json BrowserRoom::state() const {
  json calls = json::array();
  for (const auto& [number, place] : calls_) {
    const Call* const call = host_.room_media(number);
    if (call == nullptr) continue;
    const auto protection = call->protection();
    const auto stats = call->stats();
    const auto media = call->media(kRoom);
    calls.push_back({
        {"id", number},
        {"state", place.joined_ns == 0          ? "ringing"
                  : place.lost_ns == UINT64_MAX ? "live"
                                                : "waiting"},
        {"session", place.session},
        {"seconds",
         place.joined_ns == 0 ? 0.0 : static_cast<double>(now_ns() - place.joined_ns) / 1e9},
        {"scope", scope_name(protection.scope)},
        {"stages", {protection.stages[VOXLOCK_FORWARD], protection.stages[VOXLOCK_BACKWARD]}},
        {"plaintext_us",
         {{"p50", microseconds(stats.plaintext_p50_ns[VOXLOCK_FORWARD])},
          {"p999", microseconds(stats.plaintext_p999_ns[VOXLOCK_FORWARD])}}},
        {"hops", {hop_of(*call, kTrunk), hop_of(*call, kRoom)}},
        {"gateway", certificate_of(media.local_fingerprint)},
        {"browser", certificate_of(media.remote_fingerprint)},
    });
  }
  return {{"calls", calls}};
}

}  // namespace

std::unique_ptr<Room> make_browser_room(EventLoop& loop, RoomHost& host, uint16_t port) {
  return std::make_unique<BrowserRoom>(loop, host, port);
}

}  // namespace example
