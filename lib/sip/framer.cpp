#include "sip/framer.h"

#include <algorithm>
#include <cstring>

#include "base/secure.h"
#include "sip/scan_steps.h"

namespace voxlock::sip {

Framer::Framer(std::pmr::memory_resource& memory, FramerRole role, size_t max_message_len)
    : buffer_(std::min(max_message_len, kMaxMessageLen), &memory), role_(role) {}

size_t Framer::feed(ByteView data) {
  if (error_ != Status::OK) return 0;
  forget();
  // What is left moves to the front only where the room behind it does not do, and then not again
  // until a frame was taken: the work stays linear.
  if (start_ == end_) {
    wiped_ = start_ = end_ = 0;
  } else if (start_ != 0 && data.size() > buffer_.size() - end_) {
    std::memmove(buffer_.data(), buffer_.data() + start_, end_ - start_);
    secure::wipe(buffer_.data() + (end_ - start_), start_);
    end_ -= start_;
    wiped_ = start_ = 0;
  }
  const size_t n = std::min(data.size(), buffer_.size() - end_);
  if (n != 0) std::memcpy(buffer_.data() + end_, data.data(), n);
  end_ += n;
  return n;
}

void Framer::forget() {
  secure::wipe(buffer_.data() + wiped_, start_ - wiped_);
  wiped_ = start_;
}

Result<Frame> Framer::next() {
  if (error_ != Status::OK) return error_;
  const Frame keep_alive = take_keep_alive();
  if (keep_alive.kind != FrameKind::kNone) return keep_alive;
  // A CR or CRLF at the end may be half a keep-alive.
  const std::string_view left = as_text(pending());
  if (left.empty() || left == "\r" || left == "\r\n" || left == "\r\n\r") return Frame{};
  auto frame = take_message();
  if (!frame) error_ = frame.error();
  return frame;
}

// RFC 5626 3.5.1, 4.4.1. Other CRLFs before a message mean nothing (RFC 3261 7.5).
Frame Framer::take_keep_alive() {
  // Within a message that has begun an empty line is not a keep-alive.
  while (is_between_messages_) {
    const std::string_view left = as_text(pending());
    if (role_ == FramerRole::kServer && left.substr(0, 4) == "\r\n\r\n") {
      start_ += 4;
      return {FrameKind::kPing, {}};
    }
    if (left.substr(0, 2) != "\r\n") break;
    if (role_ == FramerRole::kServer) {
      // The second half of a ping may still come.
      if (left.size() == 2 || left == "\r\n\r") break;
      start_ += 2;
      continue;
    }
    start_ += 2;
    return {FrameKind::kPong, {}};
  }
  return {};
}

Result<Frame> Framer::take_message() {
  const std::string_view data = as_text(pending());
  const size_t room = buffer_.size();
  while (is_between_messages_ || !has_head_) {
    is_between_messages_ = false;
    Field field;
    const Step step = scanner_.next(data, &field);
    if (step == Step::kBadLine || step == Step::kTooLarge) return scanner_.error;
    if (step == Step::kMore)
      return data.size() < room ? Result<Frame>(Frame{}) : Status::ERR_SIP_TOO_LARGE;
    has_head_ = step == Step::kEnd;
  }
  const auto content_length = scanner_.content_length();
  if (!content_length) return Status::ERR_SIP_NO_CONTENT_LENGTH;
  if (*content_length > room || scanner_.head_len() > room - *content_length)
    return Status::ERR_SIP_TOO_LARGE;
  const size_t len = scanner_.head_len() + *content_length;
  if (data.size() < len) return Frame{};
  const Frame frame{FrameKind::kMessage, pending().first(len)};
  start_ += len;
  scanner_ = HeadScanner();
  has_head_ = false;
  is_between_messages_ = true;
  return frame;
}

}  // namespace voxlock::sip
