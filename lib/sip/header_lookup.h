// The table of header fields, and the look-up of a name in it: for the scanner, which does one a
// line.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include "base/block.h"
#include "base/inline.h"
#include "base/text.h"
#include "sip/header_table.h"

namespace voxlock::sip {
namespace header_lookup {

using enum Multiplicity;
using Id = HeaderId;

inline constexpr HeaderRow kRows[] = {
    {Id::kOther, "", 0, kRepeat},
    {Id::kAccept, "Accept", 0, kList},
    {Id::kAcceptEncoding, "Accept-Encoding", 0, kList},
    {Id::kAcceptLanguage, "Accept-Language", 0, kList},
    {Id::kAllow, "Allow", 0, kList},
    {Id::kAllowEvents, "Allow-Events", 'u', kList},
    {Id::kAuthenticationInfo, "Authentication-Info", 0, kRepeat},
    {Id::kAuthorization, "Authorization", 0, kRepeat},
    {Id::kCallId, "Call-ID", 'i', kSingle},
    {Id::kContact, "Contact", 'm', kList},
    {Id::kContentDisposition, "Content-Disposition", 0, kSingle},
    {Id::kContentEncoding, "Content-Encoding", 'e', kList},
    {Id::kContentLanguage, "Content-Language", 0, kList},
    {Id::kContentLength, "Content-Length", 'l', kSingle},
    {Id::kContentType, "Content-Type", 'c', kSingle},
    {Id::kCSeq, "CSeq", 0, kSingle},
    {Id::kDate, "Date", 0, kSingle},
    {Id::kEvent, "Event", 'o', kSingle},
    {Id::kExpires, "Expires", 0, kSingle},
    {Id::kFrom, "From", 'f', kSingle},
    {Id::kMaxForwards, "Max-Forwards", 0, kSingle},
    {Id::kMimeVersion, "MIME-Version", 0, kSingle},
    {Id::kMinExpires, "Min-Expires", 0, kSingle},
    {Id::kMinSe, "Min-SE", 0, kSingle},
    {Id::kOrganization, "Organization", 0, kSingle},
    {Id::kPath, "Path", 0, kList},
    {Id::kPAssertedIdentity, "P-Asserted-Identity", 0, kList},
    {Id::kPPreferredIdentity, "P-Preferred-Identity", 0, kList},
    {Id::kPriority, "Priority", 0, kSingle},
    {Id::kPrivacy, "Privacy", 0, kRepeat},
    {Id::kProxyAuthenticate, "Proxy-Authenticate", 0, kRepeat},
    {Id::kProxyAuthorization, "Proxy-Authorization", 0, kRepeat},
    {Id::kProxyRequire, "Proxy-Require", 0, kList},
    {Id::kRack, "RAck", 0, kSingle},
    {Id::kReason, "Reason", 0, kList},
    {Id::kRecordRoute, "Record-Route", 0, kList},
    {Id::kReferTo, "Refer-To", 'r', kSingle},
    {Id::kReferredBy, "Referred-By", 'b', kSingle},
    {Id::kReplaces, "Replaces", 0, kSingle},
    {Id::kReplyTo, "Reply-To", 0, kSingle},
    {Id::kRequire, "Require", 0, kList},
    {Id::kRetryAfter, "Retry-After", 0, kSingle},
    {Id::kRoute, "Route", 0, kList},
    {Id::kRseq, "RSeq", 0, kSingle},
    {Id::kServer, "Server", 0, kRepeat},
    {Id::kServiceRoute, "Service-Route", 0, kList},
    {Id::kSessionExpires, "Session-Expires", 'x', kSingle},
    {Id::kSubject, "Subject", 's', kRepeat},
    {Id::kSubscriptionState, "Subscription-State", 0, kSingle},
    {Id::kSupported, "Supported", 'k', kList},
    {Id::kTimestamp, "Timestamp", 0, kSingle},
    {Id::kTo, "To", 't', kSingle},
    {Id::kUnsupported, "Unsupported", 0, kList},
    {Id::kUserAgent, "User-Agent", 0, kRepeat},
    {Id::kVia, "Via", 'v', kList},
    {Id::kWarning, "Warning", 0, kList},
    {Id::kWwwAuthenticate, "WWW-Authenticate", 0, kRepeat},
};
static_assert(std::size(kRows) == kHeaderIdCount);

constexpr bool rows_are_in_order() {
  for (size_t i = 0; i < kHeaderIdCount; ++i) {
    if (static_cast<size_t>(kRows[i].id) != i) return false;
  }
  return true;
}
static_assert(rows_are_in_order());

inline constexpr size_t kMaxNameLen = 24;
inline constexpr size_t kSlots = 256;
inline constexpr char kAnyInput = '\xff';

// Where the first of two octets stands in a number that is loaded from both.
inline constexpr unsigned kFirstShift = std::endian::native == std::endian::little ? 0 : 8;

// Of a name of two characters or more. Its length, first two and middle two characters tell all
// rows apart: the table below proves it.
constexpr size_t hash(std::string_view name) {
  const auto pair_at = [name](size_t i) {
    if (!std::is_constant_evaluated()) {
      uint16_t pair;
      std::memcpy(&pair, name.data() + i, sizeof pair);
      return uint32_t{pair};
    }
    return static_cast<uint32_t>(static_cast<uint8_t>(name[i])) << kFirstShift |
           static_cast<uint32_t>(static_cast<uint8_t>(name[i + 1])) << (8 - kFirstShift);
  };
  const uint32_t word = (pair_at(0) | pair_at((name.size() - 1) / 2) << 16) | 0x20202020;
  return (word + static_cast<uint32_t>(name.size())) * 0xa36cf2b9 >> 24;
}

// A name in lower case, and which bits of an input byte the case of a letter may change. Behind the
// name all bits are set in both, so that any input agrees there.
struct alignas(64) Folded {
  char lower[kMaxNameLen] = {};
  char case_bits[kMaxNameLen] = {};
  size_t len = 0;
};

struct Tables {
  std::array<uint8_t, kSlots> slot{};
  std::array<uint8_t, 128> compact{};
  std::array<Folded, kHeaderIdCount> folded{};
  bool is_perfect = true;
};

constexpr Tables make_tables() {
  Tables out;
  for (size_t i = 1; i < kHeaderIdCount; ++i) {
    const HeaderRow& row = kRows[i];
    uint8_t& slot = out.slot[hash(row.name)];
    out.is_perfect = out.is_perfect && slot == 0 && row.name.size() <= kMaxNameLen;
    slot = static_cast<uint8_t>(i);
    if (row.compact != 0) out.compact[static_cast<uint8_t>(row.compact)] = static_cast<uint8_t>(i);
    out.folded[i].len = row.name.size();
    for (size_t k = 0; k < kMaxNameLen; ++k) {
      const char c = k < row.name.size() ? row.name[k] : kAnyInput;
      out.folded[i].lower[k] = text::lower(c);
      const char letter_bit = text::is_alpha(c) ? 0x20 : 0;
      out.folded[i].case_bits[k] = c == kAnyInput ? kAnyInput : letter_bit;
    }
  }
  return out;
}
inline constexpr Tables kTables = make_tables();
static_assert(kTables.is_perfect, "two header names share a slot: change the factor of hash()");

// Whether the name that starts at p is that of the row, of a block at most, which may be loaded.
inline bool same_short_name(const char* p, const Folded& row) {
  constexpr uint32_t kAll = (uint32_t{1} << Block::kSize) - 1;
  return Block::load(p).places_of(Block::load(row.lower), Block::load(row.case_bits)) == kAll;
}

// An empty slot leads to row 0, whose name is empty.
inline size_t index_of(std::string_view name) {
  return kTables.slot[hash(name)];
}

}  // namespace header_lookup

// The id of a name where octets up to readable_end may be looked at.
VOXLOCK_ALWAYS_INLINE HeaderId header_id(std::string_view name, const char* readable_end) {
  using namespace header_lookup;
  const size_t n = name.size();
  if (n < 2 || n > Block::kSize || readable_end - name.data() < Block::kSize)
    return header_id(name);
  const size_t index = index_of(name);
  const Folded& row = kTables.folded[index];
  return row.len == n && same_short_name(name.data(), row) ? static_cast<HeaderId>(index)
                                                           : HeaderId::kOther;
}

}  // namespace voxlock::sip
