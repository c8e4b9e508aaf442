// The tokenizer of message heads: start line and header fields. Parser and framer both use it, so
// that they can not disagree on where a message ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/text_map.h"
#include "sip/header_table.h"

namespace voxlock::sip {

// What carries the message: on a stream Content-Length is mandatory and tells where the next
// message starts; in a datagram the body ends with the datagram, and what lies behind
// Content-Length is ignored (RFC 3261 18.3).
enum class Transport : uint8_t { kDatagram, kStream };

// One header field; offsets from the start of the message.
struct Field {
  uint32_t name_at;
  uint32_t value_at;
  uint32_t value_len;  // trimmed, folds inside
  uint16_t name_len;
  HeaderId id;
};

enum class Step : uint8_t {
  kMore,  // the data ends inside a line
  kStartLine,
  kField,     // field is set
  kBadLine,   // error is set; the scan may go on behind the line
  kTooLarge,  // error tells which limit is passed; the scan is over
  kEnd,       // the empty line was reached: head_len() is known
};

// Takes lines one by one. Between calls data may grow, but keeps its beginning. Work is linear in
// the size of the data however small the pieces are in which it arrives.
class HeadScanner {
 public:
  Status error = Status::OK;

  // map is of data, or nullptr; its words are written up to the end of the line. In scan_steps.h.
  Step next(std::string_view data, Field* field, TextMap* map = nullptr);

  // Takes header fields as next does, up to one that next must look at: how many. out has room for
  // all that a message may have yet.
  size_t take_plain_fields(std::string_view data, TextMap& map, Field* out);

  // Where the line of the last step starts, and its length without CRLF.
  [[nodiscard]] size_t line_at() const { return line_at_; }
  [[nodiscard]] size_t line_len() const { return line_end_ - line_at_; }
  // Octets up to and including the empty line; after kEnd.
  [[nodiscard]] size_t head_len() const { return at_; }
  // After kEnd: no octet of the head is above 0x7f.
  [[nodiscard]] bool is_ascii() const { return is_ascii_; }
  [[nodiscard]] std::optional<uint32_t> content_length() const {
    return has_content_length_ ? std::optional(content_length_) : std::nullopt;
  }

 private:
  bool load_window(std::string_view data, TextMap* map);
  // Takes a CRLF off the stops; an LF behind the window is not among them.
  void drop_crlf() {
    stops_ &= stops_ - 1;
    stops_ &= stops_ - 1;
  }
  bool find_end(std::string_view data, TextMap* map);
  bool find_end_with_care(std::string_view data, TextMap* map);
  void note_stop(const char* p, bool is_first);
  bool check_controls(std::string_view data);
  Step take_other_line(std::string_view data);
  [[nodiscard]] const char* first_colon(std::string_view data) const;
  bool find_colon(std::string_view data, const char*& name_end, const char*& colon) const;
  Step take_field(std::string_view data, Field* field, const TextMap* map);
  Step take_content_length(std::string_view value);
  Step bad_line(Status why) {
    error = why;
    return Step::kBadLine;
  }

  static constexpr size_t kNowhere = SIZE_MAX / 2;

  size_t at_ = 0;  // start of the next line
  // A window over the data: a bit of stops_ is set for each octet of it that is not printable ASCII
  // and that find_end has not passed yet.
  size_t window_at_ = 0;
  size_t window_end_ = 0;
  uint64_t stops_ = 0;
  size_t line_at_ = 0;
  size_t line_end_ = kNowhere;  // of the last CRLF that was found, also of one in a fold
  size_t field_count_ = 0;
  uint32_t content_length_ = 0;
  bool has_content_length_ = false;
  bool has_start_line_ = false;
  bool has_control_ = false;       // other than of a fold, in the line that is searched
  bool has_bare_control_ = false;  // one that no quoted-pair can hold
  bool is_ascii_ = true;
};

}  // namespace voxlock::sip
