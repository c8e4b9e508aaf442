#include "sip/header_table.h"

#include <array>
#include <cstring>

#include "base/text.h"

namespace voxlock::sip {
namespace {

using enum Multiplicity;
using Id = HeaderId;

constexpr HeaderRow kRows[] = {
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

constexpr size_t kMaxNameLen = 24;
constexpr size_t kSlots = 256;

// Of a name of two characters or more. Its length, first two and middle two characters tell all
// rows apart: the table below proves it.
constexpr size_t hash(std::string_view name) {
  const auto pair_at = [name](size_t i) {
    return static_cast<uint32_t>(static_cast<uint8_t>(name[i])) |
           static_cast<uint32_t>(static_cast<uint8_t>(name[i + 1])) << 8;
  };
  const uint32_t word = (pair_at(0) | pair_at((name.size() - 1) / 2) << 16) | 0x20202020;
  return (word + static_cast<uint32_t>(name.size())) * 0xa36cf2b9 >> 24;
}

// A name in lower case, and which bits of an input byte the case of a letter may change.
struct alignas(64) Folded {
  size_t len = 0;
  char lower[kMaxNameLen] = {};
  char case_bits[kMaxNameLen] = {};
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
    for (size_t k = 0; k < row.name.size(); ++k) {
      out.folded[i].lower[k] = text::lower(row.name[k]);
      out.folded[i].case_bits[k] = text::is_alpha(row.name[k]) ? 0x20 : 0;
    }
  }
  return out;
}
constexpr Tables kTables = make_tables();
static_assert(kTables.is_perfect, "two header names share a slot: change the factor of hash()");

template <typename Word>
bool same_word(const char* input, const Folded& row, size_t at) {
  Word word, lower, case_bits;
  std::memcpy(&word, input + at, sizeof word);
  std::memcpy(&lower, row.lower + at, sizeof lower);
  std::memcpy(&case_bits, row.case_bits + at, sizeof case_bits);
  return static_cast<Word>(word | case_bits) == lower;
}

// Compares words that overlap at the end, so that nothing outside the name is read.
bool same_name(std::string_view name, const Folded& row) {
  const char* p = name.data();
  const size_t n = name.size();
  if (n >= 8) {
    return same_word<uint64_t>(p, row, 0) && same_word<uint64_t>(p, row, n - 8) &&
           (n <= 16 || same_word<uint64_t>(p, row, 8));
  }
  if (n >= 4) return same_word<uint32_t>(p, row, 0) && same_word<uint32_t>(p, row, n - 4);
  return same_word<uint16_t>(p, row, 0) && same_word<uint8_t>(p, row, n - 1);
}

}  // namespace

const HeaderRow& header_row(HeaderId id) {
  return kRows[static_cast<size_t>(id)];
}

HeaderId header_id(std::string_view name) {
  if (name.size() < 2) {
    if (name.empty() || !text::is_alpha(name[0])) return HeaderId::kOther;
    return static_cast<HeaderId>(kTables.compact[static_cast<uint8_t>(text::lower(name[0]))]);
  }
  // An empty slot leads to row 0, whose name is empty.
  const uint8_t index = kTables.slot[hash(name)];
  const Folded& row = kTables.folded[index];
  return row.len == name.size() && same_name(name, row) ? static_cast<HeaderId>(index)
                                                        : HeaderId::kOther;
}

}  // namespace voxlock::sip
