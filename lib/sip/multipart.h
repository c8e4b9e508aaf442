// Multipart bodies (RFC 2046 5.1, RFC 5621).
#pragma once

#include <optional>
#include <string_view>

#include "base/result.h"
#include "sip/content_type.h"
#include "sip/header_table.h"

namespace voxlock::sip {

struct BodyPart {
  std::string_view headers;       // lines of the part, without the empty line
  std::string_view content_type;  // value of its Content-Type; empty means text/plain
  std::string_view content;
};

// Takes the parts of a body one by one; the content of a part is not looked into.
class MultipartCursor {
 public:
  // ERR_SIP_MULTIPART where type is not multipart/... or has no legal boundary.
  static Result<MultipartCursor> open(const ContentType& type, std::string_view body);
  // The next part, nothing after the last one; ERR_SIP_MULTIPART where the closing delimiter is
  // missing.
  Result<std::optional<BodyPart>> next();

 private:
  MultipartCursor(std::string_view boundary, std::string_view body)
      : boundary_(boundary), left_(body) {}
  struct Delimiter {
    size_t at;     // where the part before it ends
    size_t after;  // where the next part starts
    bool is_last;
  };
  [[nodiscard]] std::optional<Delimiter> find_delimiter() const;

  std::string_view boundary_;
  std::string_view left_;
  bool has_started_ = false;
  bool has_ended_ = false;
};

// The content of the first part of a type, also where parts are nested (at most 4 levels deep), or
// the whole body where it is of that type itself. ERR_NOT_FOUND, ERR_SIP_MULTIPART.
Result<std::string_view> find_body(const ContentType& type, std::string_view body,
                                   std::string_view wanted);

}  // namespace voxlock::sip
