// Any bytes as a stream: frames do not depend on the pieces in which it arrives, and the parser
// reads exactly what was framed.
#include <algorithm>
#include <cstdlib>
#include <memory_resource>
#include <vector>

#include "sip/framer.h"
#include "sip/message.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

constexpr size_t kMaxLen = 16 * 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

struct Record {
  FrameKind kind;
  std::vector<uint8_t> bytes;
  bool operator==(const Record&) const = default;
};

void check_parser(const Framer& framer, const Result<Frame>& frame, Message& message) {
  if (!frame) {
    // What can not be framed can not be parsed either.
    require(!message.parse(framer.broken(), Transport::kStream) || message.size() > kMaxLen);
    return;
  }
  if (frame->kind != FrameKind::kMessage) return;
  (void)message.parse(frame->bytes, Transport::kStream);
  require(message.size() == frame->bytes.size());
}

std::vector<Record> cut(ByteView stream, size_t piece, FramerRole role) {
  Framer framer(*std::pmr::new_delete_resource(), role, kMaxLen);
  static Message message;
  std::vector<Record> out;
  while (!stream.empty()) {
    const size_t taken = framer.feed(stream.first(std::min(piece, stream.size())));
    stream = stream.subspan(taken);
    for (;;) {
      const auto frame = framer.next();
      check_parser(framer, frame, message);
      if (!frame) return out;
      if (frame->kind == FrameKind::kNone) break;
      out.push_back({frame->kind, {frame->bytes.begin(), frame->bytes.end()}});
    }
    require(taken != 0 || stream.empty());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView stream(data, size);
  const size_t piece = size != 0 ? data[size - 1] % 61 + 1 : 1;
  for (const FramerRole role : {FramerRole::kServer, FramerRole::kClient}) {
    require(cut(stream, SIZE_MAX, role) == cut(stream, piece, role));
  }
  return 0;
}
