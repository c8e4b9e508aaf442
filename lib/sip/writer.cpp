#include "sip/writer.h"

#include "base/text.h"
#include "sip/grammar.h"

namespace voxlock::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

bool is_safe(std::string_view text) {
  for (const char c : text) {
    if (c == '\r' || c == '\n' || c == '\0') return false;
  }
  return true;
}

}  // namespace

void Writer::request(std::string_view method, std::string_view uri) {
  if (has_start_) return fail(Status::ERR_WRONG_STATE);
  has_start_ = true;
  const bool is_safe_uri = !uri.empty() && is_safe(uri) && uri.find(' ') == std::string_view::npos;
  if (!grammar::is_token(method) || !is_safe_uri) return fail(Status::ERR_SIP_UNSAFE_VALUE);
  out_.put(method);
  out_.put(' ');
  out_.put(uri);
  out_.put(' ');
  out_.put(kVersion);
  out_.put("\r\n");
}

void Writer::response(uint16_t code, std::string_view reason) {
  if (has_start_) return fail(Status::ERR_WRONG_STATE);
  has_start_ = true;
  if (code < 100 || code > 699) return fail(Status::ERR_INVALID_ARGUMENT);
  if (!is_safe(reason)) return fail(Status::ERR_SIP_UNSAFE_VALUE);
  out_.put(kVersion);
  out_.put(' ');
  out_.decimal(code);
  out_.put(' ');
  out_.put(reason.empty() ? reason_phrase(code) : reason);
  out_.put("\r\n");
}

void Writer::response_to(const Message& request, uint16_t code, std::string_view reason,
                         std::string_view to_tag) {
  response(code, reason);
  copy(request, HeaderId::kVia);
  for (const HeaderId id : {HeaderId::kFrom, HeaderId::kTo, HeaderId::kCallId, HeaderId::kCSeq}) {
    const auto field = request.find(id);
    if (!field) continue;
    name_and_colon(header_row(id).name);
    unfolded(*field);
    // A To that could not be read is given back as it came.
    const bool needs_tag = id == HeaderId::kTo && !to_tag.empty() &&
                           !request.to().uri.text.empty() && request.to().tag().empty();
    if (needs_tag) {
      out_.put(";tag=");
      safe(to_tag);
    }
    out_.put("\r\n");
  }
}

void Writer::header(HeaderId id, std::string_view value) {
  header(header_row(id).name, value);
}

void Writer::header(std::string_view name, std::string_view value) {
  name_and_colon(name);
  safe(value);
  out_.put("\r\n");
}

void Writer::header(HeaderId id, uint64_t value) {
  name_and_colon(header_row(id).name);
  out_.decimal(value);
  out_.put("\r\n");
}

void Writer::header(HeaderId id, std::initializer_list<std::string_view> pieces) {
  name_and_colon(header_row(id).name);
  for (const std::string_view piece : pieces) safe(piece);
  out_.put("\r\n");
}

void Writer::copy(const Message& from, HeaderId id) {
  for (size_t i = 0; i < from.header_count(); ++i) {
    const Header field = from.header(i);
    if (field.id == id && id != HeaderId::kOther) copy(field);
  }
}

void Writer::copy(const Header& field) {
  name_and_colon(field.id == HeaderId::kOther ? field.name : header_row(field.id).name);
  unfolded(field.value);
  out_.put("\r\n");
}

void Writer::cseq(uint32_t number, std::string_view method) {
  if (number >= 1U << 31 || !grammar::is_token(method)) return fail(Status::ERR_SIP_UNSAFE_VALUE);
  name_and_colon(header_row(HeaderId::kCSeq).name);
  out_.decimal(number);
  out_.put(' ');
  out_.put(method);
  out_.put("\r\n");
}

Result<ByteView> Writer::finish(std::string_view content_type, std::string_view body) {
  if (!has_start_ || is_finished_) fail(Status::ERR_WRONG_STATE);
  if (!content_type.empty()) header(HeaderId::kContentType, content_type);
  if (!body.empty() && !has_content_type_) fail(Status::ERR_INVALID_ARGUMENT);
  out_.put("Content-Length: ");
  out_.decimal(body.size());
  out_.put("\r\n\r\n");
  out_.put(body);
  is_finished_ = true;
  if (error_ != Status::OK) return error_;
  if (!out_.ok()) return Status::ERR_BUFFER_TOO_SMALL;
  return out_.written();
}

void Writer::name_and_colon(std::string_view name) {
  if (!has_start_ || is_finished_) fail(Status::ERR_WRONG_STATE);
  const HeaderId id = header_id(name);
  // Only finish() knows the length.
  if (!grammar::is_token(name) || id == HeaderId::kContentLength)
    fail(Status::ERR_SIP_UNSAFE_VALUE);
  has_content_type_ = has_content_type_ || id == HeaderId::kContentType;
  out_.put(name);
  out_.put(": ");
}

void Writer::safe(std::string_view text) {
  if (!is_safe(text)) return fail(Status::ERR_SIP_UNSAFE_VALUE);
  out_.put(text);
}

// A fold means one space (RFC 3261 7.3.1). A NUL of a quoted-pair passes as it came.
void Writer::unfolded(std::string_view text) {
  while (!text.empty()) {
    const size_t at = text.find("\r\n");
    out_.put(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text.remove_prefix(at);
    while (!text.empty() && grammar::is(text.front(), grammar::kLws)) text.remove_prefix(1);
    out_.put(' ');
  }
}

}  // namespace voxlock::sip
