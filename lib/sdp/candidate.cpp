#include "sdp/candidate.h"

#include <algorithm>

#include "base/text.h"
#include "sdp/session.h"

namespace voxlock::sdp {
namespace {

struct TypeRow {
  CandidateType type;
  std::string_view name;
};
constexpr TypeRow kTypes[] = {{CandidateType::kHost, "host"},
                              {CandidateType::kServerReflexive, "srflx"},
                              {CandidateType::kPeerReflexive, "prflx"},
                              {CandidateType::kRelayed, "relay"}};

std::string_view name_of(CandidateType type) {
  for (const TypeRow& row : kTypes) {
    if (row.type == type) return row.name;
  }
  return {};
}

Result<CandidateType> type_of(std::string_view name) {
  for (const TypeRow& row : kTypes) {
    if (text::equals_ignore_case(row.name, name)) return row.type;
  }
  return name.empty() ? Status::ERR_SYNTAX : Status::ERR_UNSUPPORTED;
}

Result<CandidateTransport> transport_of(std::string_view name) {
  if (text::equals_ignore_case(name, "udp")) return CandidateTransport::kUdp;
  if (text::equals_ignore_case(name, "tcp")) return CandidateTransport::kTcp;
  return name.empty() ? Status::ERR_SYNTAX : Status::ERR_UNSUPPORTED;
}

// Digits, letters and what stands in host names and IP addresses.
bool is_address_text(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return text::is_alpha(c) || text::is_digit(c) || c == '.' || c == ':' || c == '-' || c == '_';
  });
}

Result<uint32_t> number(std::string_view word, uint64_t max) {
  const auto value = text::parse_decimal(word, max);
  if (!value) return Status::ERR_SYNTAX;
  return static_cast<uint32_t>(*value);
}

// raddr, rport and extension attributes, as pairs of name and value.
Result<void> parse_tail(std::string_view words, Candidate& out) {
  for (;;) {
    const std::string_view name = next_word(words);
    const std::string_view value = next_word(words);
    if (value.empty()) return {};
    if (name == "raddr" && (!is_address_text(value) || !out.related_address.assign(value)))
      return Status::ERR_SYNTAX;
    if (name != "rport") continue;
    VOXLOCK_TRY(const uint32_t port, number(value, 65535));
    out.related_port = static_cast<uint16_t>(port);
  }
}

}  // namespace

bool is_ice_text(std::string_view text, bool is_lenient) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    const bool is_ice_char = text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '/';
    return is_ice_char || (is_lenient && (c == '-' || c == '_' || c == '=' || c == '#'));
  });
}

//   candidate:<foundation> <component> <transport> <priority> <address> <port> typ <type>
//             [raddr <address>] [rport <port>] *(<name> <value>)
Result<Candidate> parse_candidate(std::string_view value) {
  Candidate out;
  const std::string_view foundation = next_word(value);
  if (foundation.empty() || !is_ice_text(foundation, true) || !out.foundation.assign(foundation))
    return Status::ERR_SYNTAX;
  VOXLOCK_TRY(out.component, number(next_word(value), kMaxComponent));
  if (out.component == 0) return Status::ERR_SYNTAX;
  VOXLOCK_TRY(out.transport, transport_of(next_word(value)));
  VOXLOCK_TRY(out.priority, number(next_word(value), UINT32_MAX));
  const std::string_view address = next_word(value);
  if (!is_address_text(address) || !out.address.assign(address)) return Status::ERR_SYNTAX;
  VOXLOCK_TRY(const uint32_t port, number(next_word(value), 65535));
  out.port = static_cast<uint16_t>(port);
  if (next_word(value) != "typ") return Status::ERR_SYNTAX;
  VOXLOCK_TRY(out.type, type_of(next_word(value)));
  VOXLOCK_TRY_VOID(parse_tail(value, out));
  return out;
}

bool is_valid(const Candidate& candidate) {
  const bool has_related = !candidate.related_address.empty();
  return !candidate.foundation.empty() && is_ice_text(candidate.foundation.view(), false) &&
         candidate.component >= 1 && candidate.component <= kMaxComponent &&
         candidate.priority != 0 && is_address_text(candidate.address.view()) &&
         (!has_related || is_address_text(candidate.related_address.view())) &&
         !name_of(candidate.type).empty();
}

void write_candidate(bytes::Writer& out, const Candidate& candidate) {
  out.put(candidate.foundation.view());
  out.put(' ');
  out.decimal(candidate.component);
  const bool is_tcp = candidate.transport == CandidateTransport::kTcp;
  out.put(is_tcp ? " tcp " : " udp ");
  out.decimal(candidate.priority);
  out.put(' ');
  out.put(candidate.address.view());
  out.put(' ');
  out.decimal(candidate.port);
  out.put(" typ ");
  out.put(name_of(candidate.type));
  if (!candidate.related_address.empty()) {
    out.put(" raddr ");
    out.put(candidate.related_address.view());
    out.put(" rport ");
    out.decimal(candidate.related_port);
  }
}

}  // namespace voxlock::sdp
