#include "sip/message.h"

#include <memory>
#include <type_traits>
#include <utility>

#include "base/text.h"
#include "sip/auth.h"
#include "sip/elements.h"
#include "sip/numbers.h"
#include "sip/scan_steps.h"
#include "sip/utf8.h"

namespace voxlock::sip {

// Fills a Message. Every step notes the first error and goes on, so that a bad request stays
// answerable.
class MessageParser {
 public:
  MessageParser(Message& out, std::string_view data, Transport transport)
      : out_(out), data_(data), map_(data), transport_(transport) {}

  Result<void> run() {
    skip_leading_crlf();
    if (scan_head()) {
      check_text();
      take_body();
    }
    check_mandatory();
    out_.error_offset_ = error_offset_;
    return error_ == Status::OK ? Result<void>() : Result<void>(error_);
  }

 private:
  void note(Status error, size_t offset) {
    if (error_ != Status::OK) return;
    error_ = error;
    error_offset_ = start_ + offset;
  }
  template <typename T>
  void note(const Result<T>& result, size_t offset) {
    if (!result) note(result.error(), offset);
  }

  // RFC 3261 7.5. On a stream the framer has taken them.
  void skip_leading_crlf() {
    if (transport_ == Transport::kStream) return;
    while (data_.substr(start_, 2) == "\r\n") start_ += 2;
    data_.remove_prefix(start_);
    map_.start = data_.data();
    if (data_.empty()) note(Status::ERR_SIP_EMPTY, 0);
  }

  // True where the head is whole.
  bool scan_head() {
    out_.data_ = data_;
    for (;;) {
      take_fields(scanner_.take_plain_fields(data_, map_, next_field()));
      switch (scanner_.next(data_, next_field(), &map_)) {
        case Step::kField:
          take_fields(1);
          break;
        case Step::kStartLine:
          note(parse_start_line(data_.substr(0, scanner_.line_len()), map_, out_.start_), 0);
          break;
        case Step::kBadLine:
          // Where it is the framing that is broken, size() stays 0.
          is_framed_ = false;
          note(scanner_.error, scanner_.line_at());
          break;
        case Step::kTooLarge:
          note(scanner_.error, scanner_.line_at());
          return false;
        case Step::kMore:
          note(Status::ERR_TRUNCATED, data_.size());
          return false;
        case Step::kEnd:
          return true;
      }
    }
  }

  Field* next_field() { return out_.fields_.data() + out_.field_count_; }
  void take_fields(size_t count) {
    while (count-- != 0) take_field(*next_field());
  }

  VOXLOCK_ALWAYS_INLINE void take_field(const Field& field) {
    const std::string_view value(data_.data() + field.value_at, field.value_len);
    const uint8_t index = out_.field_count_++;
    uint8_t& first = out_.first_[static_cast<size_t>(field.id)];
    const bool is_first = first == Message::kNone;
    if (is_first) first = index;
    if (field.id == HeaderId::kOther) return;
    if (!is_first && header_row(field.id).multiplicity == Multiplicity::kSingle) {
      // Content-Length was compared as a number by the scanner.
      if (field.id != HeaderId::kContentLength && out_.header(first).value != value) {
        note(Status::ERR_SIP_DUPLICATE, field.name_at);
      }
      return;
    }
    note(take_value(field.id, value), field.value_at);
  }

  // Checks the value of a field that has a typed view, and keeps the ones a message has once.
  Result<void> take_value(HeaderId id, std::string_view value) {
    grammar::LineCursor cursor(value, map_);
    switch (id) {
      case HeaderId::kFrom:
        return take_whole(cursor, Status::ERR_SIP_ADDRESS, out_.from_, grammar::take_address);
      case HeaderId::kTo:
        return take_whole(cursor, Status::ERR_SIP_ADDRESS, out_.to_, grammar::take_address);
      case HeaderId::kVia:
        return take_vias(cursor);
      case HeaderId::kContact:
        return take_contacts(cursor);
      case HeaderId::kRoute:
      case HeaderId::kRecordRoute:
      case HeaderId::kPath:
      case HeaderId::kServiceRoute:
        return check_routes(cursor);
      case HeaderId::kCSeq:
        return take_whole(cursor, Status::ERR_SIP_CSEQ, out_.cseq_, grammar::take_cseq);
      case HeaderId::kCallId:
        return take_call_id(cursor);
      case HeaderId::kContentType:
        return take_whole(cursor, Status::ERR_SIP_CONTENT_TYPE, out_.content_type_,
                          grammar::take_content_type);
      case HeaderId::kMaxForwards: {
        VOXLOCK_TRY(out_.max_forwards_, parse_max_forwards(value));
        return {};
      }
      case HeaderId::kExpires: {
        VOXLOCK_TRY(out_.expires_, parse_delta_seconds(value));
        return {};
      }
      case HeaderId::kMinExpires:
        return discard(parse_delta_seconds(value));
      case HeaderId::kReferTo:
      case HeaderId::kReplyTo: {
        Address address;
        return take_whole(cursor, Status::ERR_SIP_ADDRESS, address, grammar::take_address);
      }
      case HeaderId::kSupported:
      case HeaderId::kAllow:
        return check_token_list(cursor, true);
      case HeaderId::kRequire:
      case HeaderId::kProxyRequire:
      case HeaderId::kUnsupported:
        return check_token_list(cursor, false);
      case HeaderId::kAuthorization:
      case HeaderId::kProxyAuthorization:
      case HeaderId::kWwwAuthenticate:
      case HeaderId::kProxyAuthenticate:
        return discard(parse_auth(value));
      case HeaderId::kAuthenticationInfo:
        return discard(parse_authentication_info(value));
      default:
        return {};
    }
  }

  template <typename T>
  static Result<void> discard(const Result<T>& result) {
    return result ? Result<void>() : Result<void>(result.error());
  }

  static Result<void> check_end(const grammar::LineCursor& cursor, Status left_over) {
    return cursor.at_end() ? Result<void>() : Result<void>(left_over);
  }

  // Fills out in place; leaves it empty on an error.
  template <typename T>
  static Result<void> take_whole(grammar::LineCursor& cursor, Status left_over, T& out,
                                 Result<void> (*take)(grammar::LineCursor&, T&)) {
    Result<void> result = take(cursor, out);
    if (result) result = check_end(cursor, left_over);
    if (!result) out = {};
    return result;
  }

  static Result<void> check_token_list(grammar::LineCursor& cursor, bool may_be_empty) {
    VOXLOCK_TRY_VOID(grammar::take_token_list(cursor, may_be_empty));
    return check_end(cursor, Status::ERR_SIP_TOKEN_LIST);
  }

  Result<void> take_vias(grammar::LineCursor& cursor) {
    const bool has_top = !out_.via_.host.empty() ||
                         out_.first_[static_cast<size_t>(HeaderId::kVia)] != out_.field_count_ - 1;
    if (!has_top) {
      const Result<void> result = grammar::take_via(cursor, out_.via_);
      if (!result) {
        out_.via_ = {};
        return result;
      }
      if (!cursor.take(',')) return check_end(cursor, Status::ERR_SIP_VIA);
    }
    do {
      Via further;
      VOXLOCK_TRY_VOID(grammar::take_via(cursor, further));
    } while (cursor.take(','));
    return check_end(cursor, Status::ERR_SIP_VIA);
  }

  Result<void> take_contacts(grammar::LineCursor& cursor) {
    // The star stands alone (RFC 3261 20.10).
    if (cursor.rest() == "*" && !out_.has_contact_) {
      out_.has_contact_ = out_.contact_.is_star = true;
      return {};
    }
    do {
      if (out_.has_contact_) {
        Address further;
        VOXLOCK_TRY_VOID(take_contact(cursor, further));
      } else {
        const Result<void> result = take_contact(cursor, out_.contact_);
        out_.has_contact_ = result.has_value();
        if (!result) {
          out_.contact_ = {};
          return result;
        }
      }
    } while (cursor.take(','));
    return check_end(cursor, Status::ERR_SIP_ADDRESS);
  }

  Result<void> take_contact(grammar::LineCursor& cursor, Address& out) const {
    VOXLOCK_TRY_VOID(grammar::take_contact(cursor, out));
    return out_.contact_.is_star ? Result<void>(Status::ERR_SIP_ADDRESS) : Result<void>();
  }

  // route-param = name-addr: without the brackets nobody could tell its parameters apart.
  static Result<void> check_routes(grammar::LineCursor& cursor) {
    do {
      Address route;
      VOXLOCK_TRY_VOID(grammar::take_address(cursor, route));
      if (!route.has_angles) return Status::ERR_SIP_ADDRESS;
    } while (cursor.take(','));
    return check_end(cursor, Status::ERR_SIP_ADDRESS);
  }

  // callid = word [ "@" word ]
  Result<void> take_call_id(grammar::LineCursor& caller) {
    grammar::LineCursor cursor = caller;
    const char* start = cursor.position();
    const bool has_word = !cursor.run(grammar::kWord).empty();
    const bool has_host = cursor.take('@');
    if (!has_word || (has_host && cursor.run(grammar::kWord).empty()) || !cursor.at_end())
      return Status::ERR_SIP_CALL_ID;
    out_.call_id_ = cursor.from(start);
    return {};
  }

  void check_text() {
    if (scanner_.is_ascii()) return;
    const std::string_view head = data_.substr(0, scanner_.head_len());
    const size_t bad = find_bad_utf8(head);
    if (bad != head.size()) note(Status::ERR_SIP_UTF8, bad);
  }

  // RFC 3261 18.3, 20.14.
  void take_body() {
    const std::string_view rest = data_.substr(scanner_.head_len());
    const bool is_stream = transport_ == Transport::kStream;
    const auto announced = scanner_.content_length();
    if (!announced && is_stream) {
      note(Status::ERR_SIP_NO_CONTENT_LENGTH, scanner_.head_len());
      return;
    }
    const size_t len = announced.value_or(static_cast<uint32_t>(rest.size()));
    if (len > kMaxMessageLen - scanner_.head_len()) {
      note(Status::ERR_SIP_TOO_LARGE, scanner_.head_len());
    } else if (len > rest.size()) {
      out_.body_ = rest;
      note(is_stream ? Status::ERR_TRUNCATED : Status::ERR_SIP_BODY_SHORT, data_.size());
    } else {
      out_.body_ = rest.substr(0, len);
      if (is_framed_) out_.size_ = start_ + scanner_.head_len() + len;
    }
  }

  // RFC 3261 8.1.1. Max-Forwards and Contact are missing in requests of RFC 2543 (RFC 4475 3.4.1).
  void check_mandatory() {
    for (const HeaderId id :
         {HeaderId::kVia, HeaderId::kFrom, HeaderId::kTo, HeaderId::kCallId, HeaderId::kCSeq}) {
      if (!out_.has(id)) note(Status::ERR_SIP_MISSING_HEADER, scanner_.head_len());
    }
    if (out_.is_request() && out_.cseq_.method_text != out_.method_text()) {
      note(Status::ERR_SIP_CSEQ_METHOD, 0);
    }
    if (!out_.body_.empty() && !out_.has(HeaderId::kContentType)) {
      note(Status::ERR_SIP_MISSING_HEADER, scanner_.head_len());
    }
  }

  Message& out_;
  std::string_view data_;
  TextMap map_;
  Transport transport_;
  HeadScanner scanner_;
  size_t start_ = 0;
  size_t error_offset_ = 0;
  Status error_ = Status::OK;
  bool is_framed_ = true;
};

namespace {

// Where it stands: an assignment would make an empty one elsewhere and copy it.
template <typename... T>
void make_empty(T&... values) {
  static_assert((std::is_trivially_destructible_v<T> && ...));
  (std::construct_at(&values), ...);
}

}  // namespace

void Message::clear() {
  make_empty(data_, start_, from_, to_, contact_, via_, cseq_, call_id_, body_, content_type_);
  size_ = error_offset_ = 0;
  expires_.reset();
  max_forwards_.reset();
  has_contact_ = false;
  field_count_ = 0;
  first_.fill(kNone);
}

Result<void> Message::parse(std::string_view data, Transport transport) {
  clear();
  return MessageParser(*this, data, transport).run();
}

bool Message::is_answerable() const {
  return is_request() && method() != Method::kAck && !via_.host.empty() && has(HeaderId::kFrom) &&
         has(HeaderId::kTo) && has(HeaderId::kCallId) && has(HeaderId::kCSeq);
}

Header Message::header(size_t index) const {
  const Field& field = fields_[index];
  return {field.id, data_.substr(field.name_at, field.name_len),
          data_.substr(field.value_at, field.value_len)};
}

std::optional<std::string_view> Message::find(HeaderId id) const {
  const uint8_t index = first_[static_cast<size_t>(id)];
  if (index == kNone) return std::nullopt;
  return header(index).value;
}

std::optional<std::string_view> Message::find(std::string_view name) const {
  const HeaderId id = header_id(name);
  if (id != HeaderId::kOther) return find(id);
  for (size_t i = 0; i < field_count_; ++i) {
    const Header field = header(i);
    if (text::equals_ignore_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

bool Message::lists_token(HeaderId id, std::string_view token) const {
  ValueCursor cursor = values(id);
  while (const auto value = cursor.next()) {
    const bool is_same =
        id == HeaderId::kAllow ? *value == token : text::equals_ignore_case(*value, token);
    if (is_same) return true;
  }
  return false;
}

ValueCursor::ValueCursor(const Message& message, HeaderId id)
    : message_(message), index_(message.first_[static_cast<size_t>(id)]), id_(id) {}

std::optional<std::string_view> ValueCursor::next() {
  while (left_.empty()) {
    while (index_ < message_.field_count_ && message_.fields_[index_].id != id_) ++index_;
    if (index_ >= message_.field_count_) return std::nullopt;
    left_ = message_.header(index_++).value;
    if (header_row(id_).multiplicity != Multiplicity::kList) return std::exchange(left_, {});
  }
  return grammar::take_element(left_);
}

}  // namespace voxlock::sip
