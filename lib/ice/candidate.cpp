#include "ice/candidate.h"

#include <optional>

#include "base/text.h"

namespace voxlock::ice {
namespace {

constexpr std::string_view kTypes[] = {"host", "srflx", "prflx", "relay"};

std::optional<CandidateType> find_type(std::string_view name) {
  for (size_t i = 0; i < std::size(kTypes); ++i) {
    if (kTypes[i] == name) return static_cast<CandidateType>(i);
  }
  return std::nullopt;
}

std::string_view without_prefix(std::string_view line, std::string_view prefix) {
  return line.substr(0, prefix.size()) == prefix ? line.substr(prefix.size()) : line;
}

}  // namespace

Result<ParsedCandidate> parse_candidate(std::string_view line) {
  constexpr std::string_view kName = "candidate:";
  std::string_view left = without_prefix(text::trim(line), "a=");
  if (left.substr(0, kName.size()) != kName) return Status::ERR_ICE_CANDIDATE;
  left.remove_prefix(kName.size());
  const std::string_view foundation = text::cut(left, ' ');
  const auto component = text::parse_decimal(text::cut(left, ' '), 256);
  const std::string_view transport = text::cut(left, ' ');
  const auto priority = text::parse_decimal(text::cut(left, ' '), UINT32_MAX);
  const std::string_view host = text::cut(left, ' ');
  const auto port = text::parse_decimal(text::cut(left, ' '), UINT16_MAX);
  const std::string_view keyword = text::cut(left, ' ');
  const std::string_view type_name = text::cut(left, ' ');
  if (foundation.empty() || foundation.size() > 32 || !component || *component == 0 ||
      transport.empty() || !priority || host.empty() || !port || keyword != "typ" ||
      type_name.empty()) {
    return Status::ERR_ICE_CANDIDATE;
  }
  ParsedCandidate out;
  const auto type = find_type(type_name);
  const auto address = parse_ip(host);
  // RFC 8839 section 5.1: what is not understood, a name among it, is ignored and not refused.
  if (!type || !address || *port == 0 || *component != 1 ||
      !text::equals_ignore_case(transport, "udp")) {
    return out;
  }
  out.is_usable = true;
  out.candidate = {*type, static_cast<uint32_t>(*priority), *address};
  out.candidate.address.port = static_cast<uint16_t>(*port);
  return out;
}

void write_host_candidate(bytes::Writer& out, uint32_t foundation, const Candidate& candidate) {
  out.put("candidate:");
  out.decimal(foundation);
  out.put(" 1 udp ");
  out.decimal(candidate.priority);
  out.put(' ');
  write_ip(out, candidate.address);
  out.put(' ');
  out.decimal(candidate.address.port);
  out.put(" typ host");
}

}  // namespace voxlock::ice
