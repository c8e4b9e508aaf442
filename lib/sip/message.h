// A SIP message as a view of the caller's bytes (RFC 3261 7). Nothing is copied or allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "sip/address.h"
#include "sip/content_type.h"
#include "sip/cseq.h"
#include "sip/header_table.h"
#include "sip/limits.h"
#include "sip/scan.h"
#include "sip/start_line.h"
#include "sip/temporary.h"
#include "sip/via.h"

namespace voxlock::sip {

struct Header {
  HeaderId id = HeaderId::kOther;
  std::string_view name;   // as written, maybe the compact form
  std::string_view value;  // trimmed; line folds (CRLF and white space) are still inside
};

class Message;

// Takes the values of one header field one by one: list fields are cut at their commas.
class ValueCursor {
 public:
  ValueCursor(const Message& message, HeaderId id);
  std::optional<std::string_view> next();

 private:
  const Message& message_;
  std::string_view left_;
  size_t index_;
  HeaderId id_;
};

class Message {
 public:
  // Parses the message at the start of data and checks everything RFC 3261 says about its start
  // line, framing, mandatory header fields and the syntax of every field with a typed view below.
  // All views point into data, which must outlive them.
  //
  // On an error the object still shows what could be read, so that a request can be answered: see
  // is_answerable(). response_code() (response_code.h) tells with which code.
  Result<void> parse(std::string_view data, Transport transport = Transport::kDatagram);
  Result<void> parse(ByteView data, Transport transport = Transport::kDatagram) {
    return parse(as_text(data), transport);
  }
  template <TemporaryString T>
  Result<void> parse(T&& data, Transport transport = Transport::kDatagram) = delete;

  // Octets of data this message takes up, leading CRLFs of a datagram included. 0 after a framing
  // error.
  [[nodiscard]] size_t size() const { return size_; }
  // Where in data the first error lies, as good as is known.
  [[nodiscard]] size_t error_offset() const { return error_offset_; }
  // True for a request other than ACK with readable Via, From, To, Call-ID and CSeq.
  [[nodiscard]] bool is_answerable() const;

  [[nodiscard]] bool is_request() const { return start_.is_request; }
  [[nodiscard]] bool is_response() const { return start_.status_code != 0; }
  [[nodiscard]] const StartLine& start_line() const { return start_; }
  [[nodiscard]] Method method() const { return start_.method; }  // requests
  [[nodiscard]] std::string_view method_text() const { return start_.method_text; }
  [[nodiscard]] const Uri& request_uri() const { return start_.uri; }
  [[nodiscard]] uint16_t status_code() const { return start_.status_code; }  // responses, else 0
  [[nodiscard]] std::string_view reason() const { return start_.reason; }

  // The mandatory header fields, structured. Empty where a failed parse did not reach them.
  [[nodiscard]] const Address& from() const { return from_; }
  [[nodiscard]] const Address& to() const { return to_; }
  [[nodiscard]] const Via& via() const { return via_; }  // the topmost one
  [[nodiscard]] const CSeq& cseq() const { return cseq_; }
  [[nodiscard]] std::string_view call_id() const { return call_id_; }
  // The first Contact, where there is one.
  [[nodiscard]] bool has_contact() const { return has_contact_; }
  [[nodiscard]] const Address& contact() const { return contact_; }
  // Empty type where there is no Content-Type.
  [[nodiscard]] const ContentType& content_type() const { return content_type_; }
  [[nodiscard]] std::optional<uint8_t> max_forwards() const { return max_forwards_; }
  [[nodiscard]] std::optional<uint32_t> expires() const { return expires_; }
  [[nodiscard]] std::string_view body() const { return body_; }

  // Every header field in order.
  [[nodiscard]] size_t header_count() const { return field_count_; }
  [[nodiscard]] Header header(size_t index) const;  // index < header_count()
  // The whole value of the first field, or of the first one of that name or compact form.
  [[nodiscard]] std::optional<std::string_view> find(HeaderId id) const;
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  [[nodiscard]] bool has(HeaderId id) const { return first_[static_cast<size_t>(id)] != kNone; }
  // All values of a field, list fields cut at commas: parse_via, parse_address, parse_auth... each.
  [[nodiscard]] ValueCursor values(HeaderId id) const { return {*this, id}; }
  // A token of a token list (Supported, Require, Allow), case ignored but for methods in Allow.
  [[nodiscard]] bool lists_token(HeaderId id, std::string_view token) const;

 private:
  friend class ValueCursor;
  friend class MessageParser;
  static constexpr uint8_t kNone = 0xff;
  void clear();
  static_assert(kMaxHeaderFields < kNone);

  std::string_view data_;
  size_t size_ = 0;
  size_t error_offset_ = 0;
  StartLine start_;
  Address from_, to_, contact_;
  Via via_;
  CSeq cseq_;
  std::string_view call_id_;
  ContentType content_type_;
  std::string_view body_;
  std::optional<uint32_t> expires_;
  std::optional<uint8_t> max_forwards_;
  bool has_contact_ = false;
  uint8_t field_count_ = 0;
  std::array<uint8_t, kHeaderIdCount> first_ = make_empty_index();
  std::array<Field, kMaxHeaderFields> fields_;  // the first field_count_ are set

  static constexpr std::array<uint8_t, kHeaderIdCount> make_empty_index() {
    std::array<uint8_t, kHeaderIdCount> out{};
    out.fill(kNone);
    return out;
  }
};

}  // namespace voxlock::sip
