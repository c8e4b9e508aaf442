// Hosts and ports (RFC 3261 25.1 with the IPv6 grammar of RFC 5954).
#include <bit>
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

// A host of at most two blocks, all octets of which may be read, as words of bits.
struct HostBits {
  explicit HostBits(std::string_view host)
      : low(Block::load(host.data())),
        high(Block::load(host.data() + Block::kSize)),
        inside(~uint32_t{0} >> (32 - host.size())),
        last(uint32_t{1} << (host.size() - 1)),
        dots((low.places_of('.') | high.places_of('.') << Block::kSize) & inside) {}

  const Block low;
  const Block high;
  const uint32_t inside;
  const uint32_t last;
  const uint32_t dots;
};

// Whether labels of a name neither are empty nor start or end with '-'. A name that ends with '.'
// is left to the slow path.
bool has_good_labels(const HostBits& bits) {
  const uint32_t dashes = bits.low.places_of('-') | bits.high.places_of('-') << Block::kSize;
  const uint32_t firsts = bits.dots << 1 | 1;
  const uint32_t lasts = bits.dots >> 1 | bits.last;
  return ((firsts | lasts) & (bits.dots | dashes) & bits.inside) == 0;
}

// is_ipv4: four runs of one to three digits with dots between them, none above 255.
bool is_short_ipv4(const char* host, const HostBits& bits) {
  const uint32_t digits = (bits.low.digits() | bits.high.digits() << Block::kSize) & bits.inside;
  const uint32_t threes = digits & digits >> 1 & digits >> 2;
  const uint32_t last_two = bits.dots & (bits.dots - 1);
  const uint32_t last_dot = last_two & (last_two - 1);
  const bool are_three = last_dot != 0 && (last_dot & (last_dot - 1)) == 0;
  const bool is_dotted = are_three && (digits | bits.dots) == bits.inside &&
                         (bits.dots & (bits.dots >> 1 | bits.last | 1)) == 0 &&
                         (threes & digits >> 3) == 0;
  if (!is_dotted) return false;
  for (uint32_t left = threes; left != 0; left &= left - 1) {
    const char* p = host + std::countr_zero(left);
    if (p[0] > '2' || (p[0] == '2' && (p[1] > '5' || (p[1] == '5' && p[2] > '5')))) return false;
  }
  return true;
}

}  // namespace

bool grammar::is_host(std::string_view host, bool has_two_blocks) {
  if (host.empty()) return false;
  // An address is told from a name by its last character.
  const bool is_numeric = is(host.back(), kDigit);
  if (has_two_blocks && host.size() <= 2 * Block::kSize) {
    const HostBits bits(host);
    if (is_numeric ? is_short_ipv4(host.data(), bits) : has_good_labels(bits)) return true;
  } else if (is_numeric && is_ipv4(host)) {
    return true;
  }
  return is_host_name(host);
}

const char* grammar::ipv6_reference_end(const char* p, const char* end) {
  const std::string_view inside(p + 1, static_cast<size_t>(end - p - 1));
  const size_t length = inside.find(']');
  if (length == std::string_view::npos || !is_ipv6(inside.substr(0, length))) return nullptr;
  return inside.data() + length + 1;
}

}  // namespace voxlock::sip
