#include "sip/multipart.h"

#include "base/text.h"
#include "sip/grammar.h"

namespace voxlock::sip {
namespace {

constexpr int kMaxDepth = 4;
// RFC 2046 5.1.1.
constexpr size_t kMaxBoundaryLen = 70;

// Value of a header line of a part, unfolded parts only.
std::string_view part_header(std::string_view headers, HeaderId id) {
  while (!headers.empty()) {
    std::string_view line = text::cut(headers, '\n');
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (header_id(text::trim(line.substr(0, colon))) == id)
      return grammar::trim_lws(line.substr(colon + 1));
  }
  return {};
}

BodyPart make_part(std::string_view text) {
  // A part may start with the empty line: it has no headers then.
  if (text.substr(0, 2) == "\r\n") return {{}, {}, text.substr(2)};
  const size_t at = text.find("\r\n\r\n");
  if (at == std::string_view::npos) return {text, part_header(text, HeaderId::kContentType), {}};
  const std::string_view headers = text.substr(0, at);
  return {headers, part_header(headers, HeaderId::kContentType), text.substr(at + 4)};
}

Result<std::string_view> find_at(const ContentType& type, std::string_view body,
                                 std::string_view wanted, int depth) {
  if (type.is(wanted)) return body;
  if (!text::equals_ignore_case(type.type, "multipart") || depth == kMaxDepth)
    return Status::ERR_NOT_FOUND;
  VOXLOCK_TRY(MultipartCursor cursor, MultipartCursor::open(type, body));
  for (;;) {
    VOXLOCK_TRY(const std::optional<BodyPart> part, cursor.next());
    if (!part) return Status::ERR_NOT_FOUND;
    const auto part_type = parse_content_type(part->content_type);
    if (!part_type) continue;
    auto found = find_at(*part_type, part->content, wanted, depth + 1);
    if (found || found.error() != Status::ERR_NOT_FOUND) return found;
  }
}

}  // namespace

Result<MultipartCursor> MultipartCursor::open(const ContentType& type, std::string_view body) {
  const std::string_view boundary = type.params.value("boundary");
  if (!text::equals_ignore_case(type.type, "multipart") || boundary.empty() ||
      boundary.size() > kMaxBoundaryLen) {
    return Status::ERR_SIP_MULTIPART;
  }
  return MultipartCursor(boundary, body);
}

// CRLF "--" boundary ["--"] *WSP CRLF; the first one may stand at the very start.
std::optional<MultipartCursor::Delimiter> MultipartCursor::find_delimiter() const {
  for (size_t from = 0;;) {
    const size_t dashes = left_.find("--", from);
    if (dashes == std::string_view::npos) return std::nullopt;
    from = dashes + 1;
    const bool is_at_line = dashes == 0 || (dashes >= 2 && left_.substr(dashes - 2, 2) == "\r\n");
    if (!is_at_line || left_.substr(dashes + 2, boundary_.size()) != boundary_) continue;
    size_t after = dashes + 2 + boundary_.size();
    const bool is_last = left_.substr(after, 2) == "--";
    if (is_last) after += 2;
    while (after < left_.size() && text::is_space(left_[after])) ++after;
    const bool ends_line = left_.substr(after, 2) == "\r\n";
    if (!ends_line && !(is_last && after == left_.size())) continue;
    return Delimiter{dashes == 0 ? 0 : dashes - 2, ends_line ? after + 2 : after, is_last};
  }
}

Result<std::optional<BodyPart>> MultipartCursor::next() {
  if (has_ended_) return std::optional<BodyPart>();
  for (;;) {
    const auto delimiter = find_delimiter();
    if (!delimiter) return Status::ERR_SIP_MULTIPART;
    const std::string_view before = left_.substr(0, delimiter->at);
    // The CRLF of a delimiter also ends the line before the next one: an empty part shares it.
    left_ = left_.substr(delimiter->after);
    has_ended_ = delimiter->is_last;
    if (has_started_) return std::optional(make_part(before));
    has_started_ = true;
    if (has_ended_) return std::optional<BodyPart>();
  }
}

Result<std::string_view> find_body(const ContentType& type, std::string_view body,
                                   std::string_view wanted) {
  return find_at(type, body, wanted, 0);
}

}  // namespace voxlock::sip
