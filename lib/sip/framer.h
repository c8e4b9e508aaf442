// Cuts the byte stream of a TCP or TLS connection into messages (RFC 3261 18.3) and keep-alives
// (RFC 5626 3.5.1). Uses the parser's own tokenizer: what it frames is what Message::parse reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "sip/limits.h"
#include "sip/scan.h"

namespace voxlock::sip {

enum class FrameKind : uint8_t {
  kNone,     // more bytes are needed
  kMessage,  // one whole message
  kPing,     // CRLF CRLF: answer with one CRLF (server side)
  kPong,     // CRLF: the answer to our ping (client side)
};

struct Frame {
  FrameKind kind = FrameKind::kNone;
  ByteView bytes;  // of a message; valid until the next call of feed
};

// Which end of the connection this is: only the end that opened it sends pings.
enum class FramerRole : uint8_t { kServer, kClient };

class Framer {
 public:
  // Holds at most max_message_len bytes; the memory is taken once, here.
  Framer(std::pmr::memory_resource& memory, FramerRole role, size_t max_message_len);
  Framer(const Framer&) = delete;
  Framer& operator=(const Framer&) = delete;

  // Takes as many bytes as there is room for and tells how many. Call next() until it gives kNone,
  // then feed the rest. After an error it takes nothing.
  size_t feed(ByteView data);

  // The next frame. An error is for good: the stream's message boundaries are lost, close the
  // connection (the bytes so far are in broken() for an answer). ERR_SIP_TOO_LARGE,
  // ERR_SIP_HEADER_LINE, ERR_SIP_CONTROL, ERR_SIP_CONTENT_LENGTH, ERR_SIP_DUPLICATE,
  // ERR_SIP_NO_CONTENT_LENGTH, ERR_SIP_TOO_MANY_HEADERS.
  Result<Frame> next();

  // Wipes the frames that were given out, for their bodies may carry keys; feed() does so, too.
  void forget();

  // What the buffer holds from the start of the message that could not be framed.
  [[nodiscard]] ByteView broken() const { return error_ == Status::OK ? ByteView() : pending(); }
  // Bytes held that no frame has taken yet.
  [[nodiscard]] ByteView pending() const {
    return ByteView(buffer_).subspan(start_, end_ - start_);
  }

 private:
  Frame take_keep_alive();
  Result<Frame> take_message();

  std::pmr::vector<uint8_t> buffer_;
  size_t wiped_ = 0;  // up to where nothing is left
  size_t start_ = 0;  // of the first frame not yet given out
  size_t end_ = 0;    // of the bytes held
  HeadScanner scanner_;
  FramerRole role_;
  bool is_between_messages_ = true;
  bool has_head_ = false;
  Status error_ = Status::OK;
};

}  // namespace voxlock::sip
