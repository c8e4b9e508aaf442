// Which response a request gets that could not be accepted as it is.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "sip/message.h"

namespace voxlock::sip {

// The response code for a request whose parsing or checking gave this status (RFC 3261 8.2, 21.4,
// 21.5): 400, 413, 414, 415, 416, 420, 501, 505 or 513. 0 for OK, and for errors that say nothing
// about a request: nothing is to be sent.
uint16_t response_code(Status status);

// Checks of a user agent server after parse (RFC 3261 8.2.2.3, 8.2.3). names are compared with case
// ignored. ERR_SIP_EXTENSION: Require names an extension that is not in supported (420).
Result<void> check_required(const Message& request, std::span<const std::string_view> supported);
// ERR_SIP_MEDIA_TYPE: the body's type is not in media_types, or it is encoded (415).
Result<void> check_media_type(const Message& request,
                              std::span<const std::string_view> media_types);
// ERR_SIP_METHOD: no method of that name in methods (501 or 405).
Result<void> check_method(const Message& request, std::span<const std::string_view> methods);

}  // namespace voxlock::sip
