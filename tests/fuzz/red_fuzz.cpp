// RED payloads: blocks lie inside the payload, and a receiver gives no timestamp twice.
#include <algorithm>
#include <cstdlib>
#include <set>

#include "rtp/red.h"

using namespace voxlock;
using namespace voxlock::rtp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

// The first byte of each piece says how long it is and how far time went.
void run_stream(ByteView data) {
  RedReceiver receiver;
  std::set<uint32_t> given;
  bytes::Reader reader(data);
  uint32_t timestamp = 0;
  while (reader.left() != 0) {
    const uint8_t head = reader.u8();
    timestamp += (head & 3u) * 80u;
    const ByteView payload = reader.take(std::min<size_t>(reader.left(), head));
    const auto frames = receiver.take(timestamp, payload);
    if (!frames) continue;
    for (const RedFrame& frame : frames->view()) require(given.insert(frame.timestamp).second);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const ByteView input(data, size);
  run_stream(input);
  auto reader = RedReader::parse(input);
  if (!reader) return 0;
  size_t blocks = 0;
  size_t bytes = 0;
  while (const auto block = reader->next()) {
    ++blocks;
    bytes += block->data.size() + (block->is_primary ? 1 : kRedBlockHeaderLen);
  }
  require(blocks == reader->block_count() && bytes == size);
  return 0;
}
