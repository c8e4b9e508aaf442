// Writes messages into the caller's buffer.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sip/header_table.h"
#include "sip/message.h"
#include "sip/method.h"

namespace voxlock::sip {

// Call request() or response() first, then header() and its helpers in order, then finish(), which
// writes Content-Length. The writer itself never writes a line the parser would read otherwise:
// a value with CR, LF or NUL is refused and the message with it. Errors stick; finish() tells the
// first.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}

  void request(Method method, std::string_view uri) { request(sip::method_text(method), uri); }
  void request(std::string_view method, std::string_view uri);
  // An empty reason gives the usual phrase of the code (reason_phrase).
  void response(uint16_t code, std::string_view reason = {});
  // Status line and the fields a response takes from its request: all Via, From, To, Call-ID, CSeq
  // (RFC 3261 8.2.6.2). to_tag is added where the request's To has no tag; may be empty.
  void response_to(const Message& request, uint16_t code, std::string_view reason,
                   std::string_view to_tag);

  void header(HeaderId id, std::string_view value);
  void header(std::string_view name, std::string_view value);
  void header(HeaderId id, uint64_t value);
  // A value made of several pieces, such as "<", uri, ">;tag=", tag.
  void header(HeaderId id, std::initializer_list<std::string_view> pieces);
  // Copies every field of an id, unfolded, in order.
  void copy(const Message& from, HeaderId id);
  // Copies one field, an unknown one too.
  void copy(const Header& field);
  // CSeq: number method.
  void cseq(uint32_t number, std::string_view method);

  // Ends the message with a body. content_type may be empty where there is no body or the field was
  // written before.
  Result<ByteView> finish(std::string_view content_type, std::string_view body);
  // Ends the message without a body.
  Result<ByteView> finish() { return finish({}, {}); }

  // Bytes written so far, or needed where the buffer is too small (finish: ERR_BUFFER_TOO_SMALL).
  [[nodiscard]] size_t size() const { return out_.size(); }

 private:
  void name_and_colon(std::string_view name);
  void safe(std::string_view text);
  void unfolded(std::string_view text);
  void fail(Status status) {
    if (error_ == Status::OK) error_ = status;
  }

  bytes::Writer out_;
  Status error_ = Status::OK;
  bool has_start_ = false;
  bool has_content_type_ = false;
  bool is_finished_ = false;
};

// The phrase of RFC 3261 21 and later RFCs; "Unknown" for a code without one.
std::string_view reason_phrase(uint16_t code);

}  // namespace voxlock::sip
