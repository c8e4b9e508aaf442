// Hosts and ports (RFC 3261 25.1 with the IPv6 grammar of RFC 5954).
#include <cstring>

#include "base/text.h"
#include "sip/elements.h"

namespace voxlock::sip {

bool is_ipv4(std::string_view text) {
  int dots = 0;
  int digits = 0;
  int value = 0;
  if (text.size() > 15) return false;
  for (const char c : text) {
    if (c == '.') {
      if (digits == 0 || ++dots > 3) return false;
      digits = value = 0;
    } else {
      value = value * 10 + (c - '0');
      if (!text::is_digit(c) || ++digits > 3 || value > 255) return false;
    }
  }
  return dots == 3 && digits != 0;
}

bool is_ipv6(std::string_view text) {
  int groups = 0;
  bool has_gap = false;
  if (text.substr(0, 2) == "::") {
    has_gap = true;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  for (;;) {
    const std::string_view group = text.substr(0, text.find(':'));
    if (group.find('.') != std::string_view::npos) {
      groups += 2;
      if (group.size() != text.size() || !is_ipv4(group)) return false;
      break;
    }
    if (group.empty() || group.size() > 4) return false;
    for (const char c : group) {
      if (text::hex_value(c) < 0) return false;
    }
    if (++groups > 8) return false;
    text.remove_prefix(group.size());
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.empty()) return false;
    if (text.front() != ':') continue;
    if (has_gap) return false;
    has_gap = true;
    text.remove_prefix(1);
    if (text.empty()) break;
  }
  return has_gap ? groups < 8 : groups == 8;
}

// hostname = *( domainlabel "." ) toplabel [ "." ]. Digits only in the last label make it an
// address.
bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 255) return false;
  if (text.back() == '.') text.remove_suffix(1);
  if (!grammar::all(text, grammar::kHostChar)) return false;
  for (;;) {
    const auto* dot = static_cast<const char*>(std::memchr(text.data(), '.', text.size()));
    const std::string_view label =
        dot == nullptr ? text : text.substr(0, static_cast<size_t>(dot - text.data()));
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    if (dot == nullptr) return !grammar::all(label, grammar::kDigit);
    text.remove_prefix(label.size() + 1);
    if (text.empty()) return false;
  }
}

namespace {

// Whether labels of a name neither are empty nor start or end with '-', up to two blocks of octets
// of which all may be read. A name that ends with '.' is left to the slow path.
bool has_good_labels(std::string_view host) {
  constexpr int kHalf = Block::kSize;
  const Block low = Block::load(host.data());
  const Block high = Block::load(host.data() + kHalf);
  const uint32_t dots = low.places_of('.') | high.places_of('.') << kHalf;
  const uint32_t separators = dots | low.places_of('-') | high.places_of('-') << kHalf;
  const uint32_t firsts = dots << 1 | 1;
  const uint32_t lasts = dots >> 1 | 1U << (host.size() - 1);
  const uint32_t inside = ~uint32_t{0} >> (32 - host.size());
  return ((firsts | lasts) & separators & inside) == 0;
}

}  // namespace

bool grammar::is_host(std::string_view host, bool has_two_blocks) {
  if (host.empty()) return false;
  // An address is told from a name by its last character.
  const bool is_numeric = is(host.back(), kDigit);
  if (is_numeric && is_ipv4(host)) return true;
  const bool is_short = has_two_blocks && host.size() <= 2 * Block::kSize;
  return (!is_numeric && is_short && has_good_labels(host)) || is_host_name(host);
}

const char* grammar::ipv6_reference_end(const char* p, const char* end) {
  const std::string_view inside(p + 1, static_cast<size_t>(end - p - 1));
  const size_t length = inside.find(']');
  if (length == std::string_view::npos || !is_ipv6(inside.substr(0, length))) return nullptr;
  return inside.data() + length + 1;
}

}  // namespace voxlock::sip
