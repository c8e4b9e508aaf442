#include "base/address.h"

#include "base/text.h"

namespace voxlock {
namespace {

// Four decimal bytes without leading zeros, which some readers take for octal.
bool parse_v4(std::string_view text, std::span<uint8_t> out) {
  for (size_t i = 0; i < 4; ++i) {
    const bool is_last = i == 3;
    if (!is_last && text.find('.') == std::string_view::npos) return false;
    const std::string_view part = is_last ? text : text::cut(text, '.');
    if (part.size() > 3 || (part.size() > 1 && part[0] == '0')) return false;
    const auto value = text::parse_decimal(part, 255);
    if (!value) return false;
    out[i] = static_cast<uint8_t>(*value);
  }
  return true;
}

// Up to eight groups of at most four hexadecimal digits; gives the number of bytes written, or -1.
// The end of an address may be written like IPv4.
int parse_groups(std::string_view text, std::span<uint8_t> out, bool is_end) {
  size_t n = 0;
  while (!text.empty()) {
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      return is_end && n <= 12 && parse_v4(text, out.subspan(n, 4)) ? static_cast<int>(n + 4) : -1;
    }
    const bool has_more = text.find(':') != std::string_view::npos;
    const std::string_view group = text::cut(text, ':');
    if (group.empty() || group.size() > 4 || n + 2 > 16 || (has_more && text.empty())) return -1;
    uint32_t value = 0;
    for (const char c : group) {
      if (text::hex_value(c) < 0) return -1;
      value = value << 4 | static_cast<uint32_t>(text::hex_value(c));
    }
    out[n++] = static_cast<uint8_t>(value >> 8);
    out[n++] = static_cast<uint8_t>(value);
  }
  return static_cast<int>(n);
}

bool parse_v6(std::string_view text, std::array<uint8_t, 16>& out) {
  const size_t gap = text.find("::");
  if (gap == std::string_view::npos) return parse_groups(text, out, true) == 16;
  std::array<uint8_t, 16> tail{};
  const int head_len = parse_groups(text.substr(0, gap), out, false);
  const int tail_len = parse_groups(text.substr(gap + 2), tail, true);
  // The gap stands for at least one group of zeros (RFC 4291, section 2.2).
  if (head_len < 0 || tail_len < 0 || head_len + tail_len > 14) return false;
  for (size_t i = static_cast<size_t>(head_len); i < 16; ++i) out[i] = 0;
  const auto tail_size = static_cast<size_t>(tail_len);
  for (size_t i = 0; i < tail_size; ++i) out[16 - tail_size + i] = tail[i];
  return true;
}

}  // namespace

Result<Address> parse_ip(std::string_view text) {
  Address out;
  if (text.find(':') != std::string_view::npos) {
    if (!parse_v6(text, out.ip)) return Status::ERR_SYNTAX;
    out.family = 6;
    return out;
  }
  if (!parse_v4(text, out.ip)) return Status::ERR_SYNTAX;
  out.family = 4;
  return out;
}

void write_ip(bytes::Writer& out, const Address& address) {
  if (address.family != 6) {
    for (size_t i = 0; i < 4; ++i) {
      if (i != 0) out.put('.');
      out.decimal(address.ip[i]);
    }
    return;
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  for (size_t i = 0; i < 16; i += 2) {
    if (i != 0) out.put(':');
    const uint32_t group = static_cast<uint32_t>(address.ip[i]) << 8 | address.ip[i + 1];
    bool has_digit = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const uint32_t digit = group >> shift & 15;
      has_digit = has_digit || digit != 0 || shift == 0;
      if (has_digit) out.put(kDigits[digit]);
    }
  }
}

}  // namespace voxlock
