#include "sip/response_code.h"

#include <algorithm>

#include "base/text.h"
#include "sip/token_list.h"

namespace voxlock::sip {
namespace {

bool contains(std::span<const std::string_view> names, std::string_view wanted) {
  return std::any_of(names.begin(), names.end(), [wanted](std::string_view name) {
    return text::equals_ignore_case(name, wanted);
  });
}

}  // namespace

uint16_t response_code(Status status) {
  switch (status) {
    case Status::ERR_SIP_URI_TOO_LONG:
      return 414;
    case Status::ERR_SIP_MEDIA_TYPE:
      return 415;
    case Status::ERR_SIP_SCHEME:
      return 416;
    case Status::ERR_SIP_EXTENSION:
      return 420;
    case Status::ERR_SIP_METHOD:
      return 501;
    case Status::ERR_SIP_VERSION:
      return 505;
    case Status::ERR_SIP_TOO_LARGE:
    case Status::ERR_SIP_TOO_MANY_HEADERS:
      return 513;
    case Status::ERR_TRUNCATED:
      return 400;
    case Status::ERR_SIP_EMPTY:
    case Status::ERR_SIP_UNSAFE_VALUE:
      return 0;
    default: {
      const int32_t number = to_int(status);
      return number <= -100 && number > -200 ? 400 : 0;
    }
  }
}

Result<void> check_required(const Message& request, std::span<const std::string_view> supported) {
  ValueCursor values = request.values(HeaderId::kRequire);
  while (const auto token = values.next()) {
    if (!contains(supported, *token)) return Status::ERR_SIP_EXTENSION;
  }
  return {};
}

Result<void> check_media_type(const Message& request,
                              std::span<const std::string_view> media_types) {
  if (request.body().empty()) return {};
  ValueCursor encodings = request.values(HeaderId::kContentEncoding);
  while (const auto encoding = encodings.next()) {
    if (!text::equals_ignore_case(*encoding, "identity")) return Status::ERR_SIP_MEDIA_TYPE;
  }
  const ContentType& type = request.content_type();
  const bool is_known = std::any_of(media_types.begin(), media_types.end(),
                                    [&type](std::string_view name) { return type.is(name); });
  return is_known ? Result<void>() : Result<void>(Status::ERR_SIP_MEDIA_TYPE);
}

Result<void> check_method(const Message& request, std::span<const std::string_view> methods) {
  // Methods are compared with their case (RFC 3261 7.1).
  const bool is_known =
      std::find(methods.begin(), methods.end(), request.method_text()) != methods.end();
  return is_known ? Result<void>() : Result<void>(Status::ERR_SIP_METHOD);
}

}  // namespace voxlock::sip
