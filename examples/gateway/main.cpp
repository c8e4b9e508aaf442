// The gateway: answers encrypted calls of a trunk, opens their audio only to clean and transcode
// it, and seals it again with other keys for the room it calls.
#include <charconv>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "common/files.h"
#include "common/names.h"
#include "common/options.h"
#include "common/phone_options.h"
#include "common/report.h"
#include "gateway/browser_room.h"
#include "gateway/gateway.h"
#include "gateway/whip_room.h"

namespace example {
namespace {

constexpr OptionSpec kOptions[] = {
    {"listen", "HOST:PORT", "127.0.0.1:5061", "where the trunk calls; port 0: any"},
    {"room", "WHERE", nullptr,
     "where calls of the trunk go: sips:room@host:port, whip:https://host/path, browser[:port]"},
    {"token", "JWT", nullptr, "WHIP: bearer token, or @FILE with one"},
    {"api-key", "KEY", nullptr, "WHIP, LiveKit: makes tokens from this key and --api-secret"},
    {"api-secret", "@FILE", nullptr, "WHIP, LiveKit: file with the secret"},
    {"room-name", "NAME", "voxlock", "WHIP, LiveKit: the room of such a token"},
    {"room-identity", "NAME", "phone", "WHIP, LiveKit: who the call is in the room"},
    {"room-hear", "IDENTITY:TRACK", nullptr, "WHIP, LiveKit: whom the caller hears"},
    {"cert", "PEM", nullptr, "own certificate"},
    {"key", "PEM", nullptr, "its key"},
    {"ca", "PEM", nullptr,
     "authorities that the room's certificate is verified with, and the trunk's"},
    {"report", "JSON", nullptr, "where the report goes"},
    {"denoise", "DB", "15", "take at most so much noise off what the trunk sends, 1 to 45"},
    {"no-denoise", nullptr, nullptr, "leave the noise"},
    {"codec", "LIST", "PCMU,PCMA,opus", "codecs of the trunk, preferred first"},
    {"suite", "LIST",
     "AES_CM_128_HMAC_SHA1_80,AES_CM_128_HMAC_SHA1_32,AEAD_AES_128_GCM,AEAD_AES_256_GCM",
     "SRTP suites of the trunk, preferred first"},
    {"room-codec", "LIST", "opus,PCMU,PCMA", "codecs of the room, preferred first"},
    {"room-suite", "LIST", "AEAD_AES_256_GCM,AEAD_AES_128_GCM,AES_CM_128_HMAC_SHA1_80",
     "SRTP suites of the room, preferred first"},
    {"complexity", "N", "1", "of the Opus encoder, 0 to 10"},
    {"no-red", nullptr, nullptr, "no redundant audio (RFC 2198) between the gateway and the room"},
    {"lose-every", "N", "0", "lose one in N packets to and from the room, to see what mends it"},
    {"media-timeout", "SECONDS", "5", "hang up after so long without a packet"},
    {"hold-timeout", "SECONDS", "1800", "hang up after so long a hold"},
    {"calls", "N", "0", "end after so many calls; 0: never"},
    {"transport", "KIND", "tls", "tls, or tcp for tests"},
    {"store", "HOST:PORT", nullptr,
     "a Redis that keeps the calls, for another gateway to go on with; SIP rooms only"},
    {"store-key", "FILE", nullptr, "32 random bytes that the kept calls are sealed with"},
    {"standby", nullptr, nullptr, "wait until no other gateway is there, then take its calls over"},
};

constexpr std::string_view kWhip = "whip:";
constexpr std::string_view kBrowser = "browser";

bool is_browser(const std::string& room) {
  return room == kBrowser || room.starts_with("browser:");
}

// "browser" or "browser:8080".
uint16_t browser_port(const std::string& room) {
  if (room == kBrowser) return 0;
  uint16_t port = 0;
  const char* const begin = room.data() + kBrowser.size() + 1;
  const char* const end = room.data() + room.size();
  const auto [rest, error] = std::from_chars(begin, end, port);
  if (error != std::errc() || rest != end)
    throw std::runtime_error("--room browser:PORT wants a port, not '" + room + "'");
  return port;
}

// A secret as it stands, or, behind an @, the file it stands in: what a command line holds every
// user of the machine can read.
std::string read_secret(const std::string& value) {
  if (!value.starts_with("@")) return value;
  const std::string text = read_file(value.substr(1), "secret ");
  const std::string secret = text.substr(0, text.find('\n'));
  if (secret.empty())
    throw std::runtime_error("cannot read secret " + value.substr(1) + ": it is empty");
  return secret;
}

// A room that no call could ever reach is told at once.
void check_sip_room(const std::string& room, bool is_tls) {
  auto uri = make_result<voxlock_sip_uri>();
  check(voxlock_sip_uri_parse(room.data(), room.size(), &uri), "--room " + room);
  const bool is_sip = uri.scheme == VOXLOCK_SIP_SCHEME_SIP;
  if (!is_sip && !(is_tls && uri.scheme == VOXLOCK_SIP_SCHEME_SIPS))
    throw std::runtime_error("--room " + room + " is no URI that this transport can call");
}

WhipConfig read_whip(const Options& options) {
  WhipConfig config;
  config.url = options.get("room").substr(kWhip.size());
  config.token = read_secret(options.get("token"));
  config.api_key = options.get("api-key");
  config.api_secret = read_secret(options.get("api-secret"));
  if (config.api_key.empty() != config.api_secret.empty())
    throw std::runtime_error("--api-key and --api-secret go together");
  config.name = options.get("room-name");
  config.identity = options.get("room-identity");
  config.hear = options.get("room-hear");
  if (config.url.starts_with("https:")) config.authorities = options.get("ca");
  return config;
}

GatewayConfig read_config(const Options& options) {
  GatewayConfig config;
  const HostPort at = parse_host_port(options.get("listen"));
  config.sip = sip_options(options);
  config.sip.ip = at.host;
  config.sip.port = at.port;
  config.sip.listens = true;
  config.sip.user = "gateway";
  if (config.sip.is_tls && (config.sip.certificate.empty() || config.sip.key.empty() ||
                            config.sip.authorities.empty())) {
    throw std::runtime_error("--cert, --key and --ca are needed");
  }
  config.forward = options.get("room");
  if (config.forward.empty()) throw std::runtime_error("--room is needed, see --help");
  config.media.has_room_red = !options.has("no-red");
  config.media.is_room_webrtc = config.forward.starts_with(kWhip) || is_browser(config.forward);
  if (!config.media.is_room_webrtc) check_sip_room(config.forward, config.sip.is_tls);
  config.max_calls = static_cast<uint64_t>(options.number("calls", 0, 1'000'000));
  config.max_hold_ns =
      static_cast<uint64_t>(options.number("hold-timeout", 1, 86'400)) * 1'000'000'000;
  config.media.ip = at.host;
  config.media.codecs[kTrunk] = parse_codecs(options.get("codec"));
  config.media.codecs[kRoom] = parse_codecs(options.get("room-codec"));
  config.media.suites[kTrunk] = parse_suites(options.get("suite"));
  config.media.suites[kRoom] = parse_suites(options.get("room-suite"));
  config.media.denoise_db =
      options.has("no-denoise") ? 0 : static_cast<uint32_t>(options.number("denoise", 1, 45));
  config.media.lose_every = static_cast<uint32_t>(options.number("lose-every", 0, 1'000'000));
  config.media.opus_complexity = static_cast<uint32_t>(options.number("complexity", 0, 10));
  config.media.media_timeout_ms =
      static_cast<uint32_t>(options.number("media-timeout", 1, 3600)) * 1000;
  return config;
}

KeeperConfig read_keeper(const Options& options) {
  KeeperConfig config;
  const HostPort at = parse_host_port(options.get("store"));
  config.host = at.host;
  config.port = at.port;
  const std::string key = read_file(options.get("store-key"), "store key ");
  config.key.assign(key.begin(), key.end());
  return config;
}

int run_gateway(int argc, char** argv) {
  const Options options(argc, argv, "bridges encrypted calls of a trunk to a room", kOptions);
  const GatewayConfig config = read_config(options);
  const bool is_kept = options.has("store");
  if (is_kept && config.media.is_room_webrtc)
    throw std::runtime_error("--store goes with a room that is called by SIP");
  if (options.has("standby")) {
    if (!is_kept) throw std::runtime_error("--standby needs --store");
    std::printf("standing by\n");
    std::fflush(stdout);
    Keeper::wait_for_turn(read_keeper(options));
  }
  const uint64_t turn_ns = now_ns();
  std::unique_ptr<Keeper> keeper;
  if (is_kept) keeper = std::make_unique<Keeper>(read_keeper(options));
  EventLoop loop;
  const ContextHandle ctx = make_context();
  Gateway gateway(loop, ctx.get(), config);
  if (is_browser(config.forward)) {
    const uint16_t port = browser_port(config.forward);
    gateway.set_room([&](RoomHost& host) { return make_browser_room(loop, host, port); });
  } else if (config.media.is_room_webrtc) {
    const WhipConfig whip = read_whip(options);
    gateway.set_room([&](RoomHost& host) { return make_whip_room(loop, host, whip); });
  }
  if (keeper) {
    const size_t calls = gateway.set_keeper(*keeper);
    std::printf("took %zu calls over in %.1f ms\n", calls,
                static_cast<double>(now_ns() - turn_ns) / 1e6);
  }
  const bool is_v6 = config.sip.ip.find(':') != std::string::npos;
  std::printf("listening on %s%s%s:%u\n", is_v6 ? "[" : "", config.sip.ip.c_str(), is_v6 ? "]" : "",
              gateway.port());
  std::fflush(stdout);
  const nlohmann::json report = gateway.run();
  std::printf("%s", describe(report).c_str());
  write_report(options.get("report"), report);
  return 0;
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  return example::run_main("gateway", example::run_gateway, argc, argv);
}
