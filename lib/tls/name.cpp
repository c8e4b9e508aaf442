#include "tls/name.h"

#include <algorithm>
#include <array>

#include "base/secure.h"
#include "base/text.h"

namespace voxlock::tls {
namespace {

struct Address {
  std::array<uint8_t, 16> bytes{};
  size_t size = 0;  // 4, 16, or 0 where the text is no literal
};

bool parse_v4(std::string_view text, uint8_t* out) {
  for (size_t i = 0; i < 4; ++i) {
    const std::string_view part = i == 3 ? text : text::cut(text, '.');
    const auto number = text::parse_decimal(part, 255);
    if (!number || part.size() > 3) return false;
    out[i] = static_cast<uint8_t>(*number);
  }
  return true;
}

// RFC 4291, section 2.2: groups before and after one "::", the last two possibly as IPv4.
bool parse_v6(std::string_view text, std::array<uint8_t, 16>& out) {
  std::array<uint8_t, 16> raw{};
  size_t used = 0;
  size_t gap = SIZE_MAX;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
  }
  while (!text.empty()) {
    if (text.find(':') == std::string_view::npos && text.find('.') != std::string_view::npos) {
      if (used > 12 || !parse_v4(text, raw.data() + used)) return false;
      used += 4;
      text = {};
      break;
    }
    const size_t end = text.find(':');
    const std::string_view group = text.substr(0, end);
    if (group.empty() || group.size() > 4 || used > 14) return false;
    uint32_t value = 0;
    for (const char c : group) {
      if (text::hex_value(c) < 0) return false;
      value = value * 16 + static_cast<uint32_t>(text::hex_value(c));
    }
    raw[used++] = static_cast<uint8_t>(value >> 8);
    raw[used++] = static_cast<uint8_t>(value);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.starts_with(':')) {
      if (gap != SIZE_MAX) return false;
      gap = used;
      text.remove_prefix(1);
    } else if (text.empty()) {
      return false;
    }
  }
  if (gap == SIZE_MAX ? used != 16 : used > 14) return false;
  const size_t head = gap == SIZE_MAX ? used : gap;
  std::copy_n(raw.begin(), head, out.begin());
  std::copy(raw.begin() + static_cast<std::ptrdiff_t>(head),
            raw.begin() + static_cast<std::ptrdiff_t>(used),
            out.end() - static_cast<std::ptrdiff_t>(used - head));
  return true;
}

Address parse_address(std::string_view host) {
  Address address;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    if (parse_v6(host, address.bytes)) address.size = 16;
    return address;
  }
  if (parse_v4(host, address.bytes.data())) {
    address.size = 4;
  } else if (host.find(':') != std::string_view::npos && parse_v6(host, address.bytes)) {
    address.size = 16;
  }
  return address;
}

bool is_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  while (true) {
    const size_t end = name.find('.');
    const std::string_view label = name.substr(0, end);
    if (label.empty() || label.size() > 63) return false;
    for (const char c : label) {
      if (!text::is_alpha(c) && !text::is_digit(c) && c != '-' && c != '_') return false;
    }
    if (end == std::string_view::npos) return true;
    name.remove_prefix(end + 1);
  }
}

bool matches_dns(std::string_view pattern, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (pattern.ends_with('.')) pattern.remove_suffix(1);
  if (pattern.starts_with("*.")) {
    pattern.remove_prefix(2);
    if (pattern.find('.') == std::string_view::npos) return false;
    const size_t dot = host.find('.');
    if (dot == std::string_view::npos || dot == 0) return false;
    host.remove_prefix(dot + 1);
  }
  return is_dns_name(pattern) && text::equals_ignore_case(pattern, host);
}

bool matches_uri(std::string_view uri, std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  const std::string_view scheme = text::cut(uri, ':');
  return text::equals_ignore_case(scheme, "sip") && is_dns_name(uri) &&
         text::equals_ignore_case(uri, host);
}

// One DER element; the reader stays failed on anything but a definite length that fits.
struct Element {
  uint8_t tag = 0;
  ByteView value;
};

Element next_element(bytes::Reader& in) {
  Element element;
  element.tag = in.u8();
  size_t length = in.u8();
  if (length >= 0x80) {
    const size_t octets = length & 0x7f;
    if (octets == 0 || octets > 3) {
      in.skip(SIZE_MAX);
      return element;
    }
    length = 0;
    for (size_t i = 0; i < octets; ++i) length = length << 8 | in.u8();
  }
  element.value = in.take(length);
  return element;
}

constexpr uint8_t kSequence = 0x30;
constexpr uint8_t kOid = 0x06;
constexpr uint8_t kOctetString = 0x04;
constexpr uint8_t kSubjectAltName[] = {0x55, 0x1d, 0x11};  // 2.5.29.17

// The GeneralNames inside the subjectAltName extension, empty where there is none.
ByteView find_general_names(ByteView extensions) {
  bytes::Reader outer(extensions);
  bytes::Reader list(next_element(outer).value);
  while (list.ok() && list.left() != 0) {
    bytes::Reader extension(next_element(list).value);
    const Element oid = next_element(extension);
    Element value = next_element(extension);
    if (value.tag != kOctetString)
      value = next_element(extension);  // the critical flag stood before
    if (oid.tag != kOid || !std::ranges::equal(oid.value, kSubjectAltName)) continue;
    bytes::Reader content(value.value);
    const Element names = next_element(content);
    return names.tag == kSequence && content.ok() ? names.value : ByteView();
  }
  return {};
}

bool matches(const Element& name, std::string_view host, const Address& address) {
  switch (name.tag) {
    case 0x82:
      return address.size == 0 && matches_dns(as_text(name.value), host);
    case 0x86:
      return address.size == 0 && matches_uri(as_text(name.value), host);
    case 0x87:
      return address.size != 0 &&
             std::ranges::equal(name.value, ByteView(address.bytes).first(address.size));
    default:
      return false;
  }
}

}  // namespace

bool is_ip_literal(std::string_view host) {
  return parse_address(host).size != 0;
}

bool is_host(std::string_view host) {
  return is_ip_literal(host) || is_dns_name(host);
}

Status check_names(ByteView extensions, std::string_view host) {
  const Address address = parse_address(host);
  bytes::Reader names(find_general_names(extensions));
  bool is_match = false;
  bool has_nul = false;
  while (names.ok() && names.left() != 0) {
    const Element name = next_element(names);
    if (!names.ok()) break;
    const bool is_text = name.tag == 0x82 || name.tag == 0x86;
    has_nul = has_nul || (is_text && std::ranges::find(name.value, uint8_t{0}) != name.value.end());
    is_match = is_match || matches(name, host, address);
  }
  if (has_nul) return Status::ERR_TLS_CERT_NUL;
  return is_match && names.ok() ? Status::OK : Status::ERR_TLS_CERT_NAME;
}

}  // namespace voxlock::tls
