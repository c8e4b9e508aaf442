#include "tls/hello_assembler.h"

#include <algorithm>

namespace voxlock::tls {

void HelloAssembler::reserve() {
  message_.resize(kMaxHello);
  seen_.resize(kMaxHello);
}

void HelloAssembler::release() {
  clear();
  // Assigning an empty vector would keep the memory.
  std::pmr::vector<uint8_t>(message_.get_allocator()).swap(message_);
  std::pmr::vector<uint8_t>(seen_.get_allocator()).swap(seen_);
}

void HelloAssembler::clear() {
  length_ = 0;
  missing_ = 0;
}

// The new fragment belongs to the message at hand and says nothing else about its bytes.
bool HelloAssembler::fits(const HandshakeFragment& fragment) const {
  if (length_ != fragment.length || message_seq_ != fragment.message_seq) return false;
  for (size_t i = 0; i < fragment.body.size(); ++i) {
    const size_t at = fragment.offset + i;
    if (seen_[at] != 0 && message_[at] != fragment.body[i]) return false;
  }
  return true;
}

void HelloAssembler::begin(const HandshakeFragment& fragment) {
  length_ = fragment.length;
  missing_ = fragment.length;
  message_seq_ = fragment.message_seq;
  std::fill_n(seen_.begin(), length_, uint8_t{0});
}

ByteView HelloAssembler::take(const HandshakeFragment& fragment) {
  if (fragment.body.empty() || fragment.length > message_.size()) return {};
  if (!fits(fragment)) begin(fragment);
  for (size_t i = 0; i < fragment.body.size(); ++i) {
    const size_t at = fragment.offset + i;
    if (seen_[at] == 0) --missing_;
    seen_[at] = 1;
    message_[at] = fragment.body[i];
  }
  if (missing_ != 0) return {};
  const size_t length = length_;
  clear();
  return ByteView(message_).first(length);
}

}  // namespace voxlock::tls
