// The header fields this library knows. A new one is a row here and an entry in HeaderId.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace voxlock::sip {

enum class HeaderId : uint8_t {
  kOther,  // not in the table: find it by name
  kAccept,
  kAcceptEncoding,
  kAcceptLanguage,
  kAllow,
  kAllowEvents,
  kAuthenticationInfo,
  kAuthorization,
  kCallId,
  kContact,
  kContentDisposition,
  kContentEncoding,
  kContentLanguage,
  kContentLength,
  kContentType,
  kCSeq,
  kDate,
  kEvent,
  kExpires,
  kFrom,
  kMaxForwards,
  kMimeVersion,
  kMinExpires,
  kMinSe,
  kOrganization,
  kPath,
  kPAssertedIdentity,
  kPPreferredIdentity,
  kPriority,
  kPrivacy,
  kProxyAuthenticate,
  kProxyAuthorization,
  kProxyRequire,
  kRack,
  kReason,
  kRecordRoute,
  kReferTo,
  kReferredBy,
  kReplaces,
  kReplyTo,
  kRequire,
  kRetryAfter,
  kRoute,
  kRseq,
  kServer,
  kServiceRoute,
  kSessionExpires,
  kSubject,
  kSubscriptionState,
  kSupported,
  kTimestamp,
  kTo,
  kUnsupported,
  kUserAgent,
  kVia,
  kWarning,
  kWwwAuthenticate,
};
inline constexpr size_t kHeaderIdCount = static_cast<size_t>(HeaderId::kWwwAuthenticate) + 1;

// How several values of one header field are written (RFC 3261 7.3.1).
enum class Multiplicity : uint8_t {
  kSingle,  // one value in a message; a second, different one makes the message ambiguous
  kList,    // values separated by commas, over one or several fields
  kRepeat,  // several fields, each one value: commas belong to the value (the Authorization family)
};

struct HeaderRow {
  HeaderId id;
  std::string_view name;  // as this library writes it
  char compact;           // one lower-case letter, 0 for none
  Multiplicity multiplicity;
};

// The row of an id; kOther has an empty name and kRepeat.
const HeaderRow& header_row(HeaderId id);

// The id of a header name or compact form, case ignored; kOther where the table lacks it.
HeaderId header_id(std::string_view name);

}  // namespace voxlock::sip
