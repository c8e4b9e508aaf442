#include "bridge/protection.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace voxlock::bridge {
namespace {

std::string_view name_of(audio::StageKind kind) {
  switch (kind) {
    case audio::StageKind::kGain:
      return "gain";
    case audio::StageKind::kDenoise:
      return "denoise";
    case audio::StageKind::kResample:
      return "resample";
    case audio::StageKind::kHost:
      return "host";
  }
  return "unknown";
}

}  // namespace

void append_name(std::string_view name, std::span<char> list) {
  const size_t len = std::strlen(list.data());
  const size_t comma = len == 0 ? 0 : 1;
  if (name.size() + comma >= list.size() - len) return;
  if (comma != 0) list[len] = ',';
  std::memcpy(list.data() + len + comma, name.data(), name.size());
}

Hop hop_of(const leg::Leg& leg) {
  Hop hop;
  hop.signalling = leg.config().signalling;
  std::copy(leg.peer_name().begin(), leg.peer_name().end(), hop.peer_name.begin());
  if (!leg.agreement()) return hop;
  if (!leg.is_ready()) return hop;
  if (const leg::HostTransport* host = leg.host()) {
    hop.transport = TransportKind::kHost;
    hop.is_protected = host->is_protected();
    hop.scope = hop.is_protected ? Scope::kHopByHop : Scope::kNone;
    return hop;
  }
  const auto suites = leg.suites();
  hop.transport = suites ? TransportKind::kSrtp : TransportKind::kRtp;
  hop.scope = suites ? Scope::kHopByHop : Scope::kNone;
  if (!suites) return hop;
  hop.is_protected = true;
  hop.key_exchange = leg.association() != nullptr ? KeyExchange::kDtls : KeyExchange::kSdes;
  if (leg.association() != nullptr && leg.association()->media_allowed())
    hop.peer_sha256 = leg.association()->dtls()->info().peer_sha256;
  hop.suite_in = static_cast<uint8_t>(suites->recv);
  hop.suite_out = static_cast<uint8_t>(suites->send);
  return hop;
}

void write_stages(const audio::Chain& chain, bool opens, bool seals,
                  std::array<char, kStageText>& out) {
  out.fill(0);
  if (opens) append_name("open", out);
  append_name("decode", out);
  for (size_t i = 0; i < chain.stage_count(); ++i) append_name(name_of(chain.stage_kind(i)), out);
  append_name("encode", out);
  if (seals) append_name("seal", out);
}

}  // namespace voxlock::bridge
