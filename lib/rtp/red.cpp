#include "rtp/red.h"

#include <algorithm>
#include <utility>

namespace voxlock::rtp {
namespace {

constexpr uint8_t kMoreFlag = 0x80;

// Signed distance of two timestamps modulo 2^32.
int32_t distance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

}  // namespace

Result<RedReader> RedReader::parse(ByteView payload) {
  bytes::Reader reader(payload);
  size_t headers_len = 0;
  size_t redundant_len = 0;
  size_t blocks = 1;
  while ((reader.u8() & kMoreFlag) != 0 && reader.ok()) {
    redundant_len += reader.u24() & kMaxRedBlock;
    ++blocks;
  }
  headers_len = reader.position();
  // The primary block has what is left, nothing perhaps.
  if (!reader.ok() || redundant_len > reader.left()) return Status::ERR_TRUNCATED;
  return RedReader(payload.first(headers_len), payload.subspan(headers_len), blocks);
}

std::optional<RedBlock> RedReader::next() {
  if (headers_.left() == 0) return std::nullopt;
  RedBlock block;
  const uint8_t first = headers_.u8();
  block.payload_type = first & 0x7f;
  block.is_primary = (first & kMoreFlag) == 0;
  if (block.is_primary) {
    block.data = data_.rest();
    return block;
  }
  const uint32_t rest = headers_.u24();
  block.timestamp_offset = rest >> 10;
  block.data = data_.take(rest & kMaxRedBlock);
  return block;
}

Result<void> RedSender::set_generations(size_t generations) {
  if (generations > kMaxGenerations) return Status::ERR_INVALID_ARGUMENT;
  generations_ = generations;
  while (count_ > generations_) kept_[--count_] = Kept();
  return {};
}

void RedSender::reset() {
  for (Kept& kept : kept_) kept = Kept();
  count_ = 0;
}

bool RedSender::is_usable(const Kept& kept, uint32_t timestamp) const {
  const uint32_t offset = timestamp - kept.timestamp;
  return offset != 0 && offset <= kMaxRedOffset && !kept.frame.empty();
}

Result<void> RedSender::write(uint8_t payload_type, uint32_t timestamp, ByteView frame,
                              size_t max_len, bytes::Writer& out) {
  if (payload_type > 127) return Status::ERR_INVALID_ARGUMENT;
  // How many frames go along: the newest ones, without a gap, as far as they fit.
  size_t used = 0;
  size_t len = 1 + frame.size();
  while (used < count_ && is_usable(kept_[used], timestamp)) {
    const size_t more = kRedBlockHeaderLen + kept_[used].frame.size();
    if (len > max_len || more > max_len - len) break;
    len += more;
    ++used;
  }
  for (size_t i = used; i-- > 0;) {
    out.u8(static_cast<uint8_t>(kMoreFlag | kept_[i].payload_type));
    out.u24((timestamp - kept_[i].timestamp) << 10 | static_cast<uint32_t>(kept_[i].frame.size()));
  }
  out.u8(payload_type);
  for (size_t i = used; i-- > 0;) out.put(kept_[i].frame.view());
  out.put(frame);
  if (out.ok()) keep(payload_type, timestamp, frame);
  return {};
}

void RedSender::keep(uint8_t payload_type, uint32_t timestamp, ByteView frame) {
  if (generations_ == 0) return;
  count_ = std::min(count_ + 1, generations_);
  for (size_t i = count_ - 1; i > 0; --i) kept_[i] = std::move(kept_[i - 1]);
  Kept& newest = kept_[0];
  newest.payload_type = payload_type;
  newest.timestamp = timestamp;
  // A frame too long for a block is kept as an empty one: it ends the run of usable frames.
  if (!newest.frame.assign(frame)) newest.frame.wipe();
}

void RedReceiver::reset() {
  seen_count_ = 0;
  next_ = 0;
}

Result<RedFrames> RedReceiver::take(uint32_t timestamp, ByteView payload) {
  VOXLOCK_TRY(RedReader reader, RedReader::parse(payload));
  begin_anew_if_restarted(timestamp);
  RedFrames out;
  size_t to_skip = reader.block_count() > RedFrames::kMaxFrames
                       ? reader.block_count() - RedFrames::kMaxFrames
                       : 0;
  while (const auto block = reader.next()) {
    if (to_skip != 0) {
      --to_skip;
      continue;
    }
    const uint32_t at = timestamp - block->timestamp_offset;
    // A redundant block of offset 0 repeats the primary one, an empty one holds nothing.
    const bool is_void =
        !block->is_primary && (block->timestamp_offset == 0 || block->data.empty());
    if (is_void || !is_new(at)) continue;
    if (seen_count_ == 0 && !block->is_primary) continue;  // before our time
    remember(at);
    out.add({at, block->payload_type, block->data, !block->is_primary});
  }
  return out;
}

bool RedReceiver::take_plain(uint32_t timestamp) {
  begin_anew_if_restarted(timestamp);
  if (!is_new(timestamp)) return false;
  remember(timestamp);
  return true;
}

void RedReceiver::begin_anew_if_restarted(uint32_t timestamp) {
  if (seen_count_ != 0 && distance(timestamp, newest_) > kRestartTicks) reset();
}

bool RedReceiver::is_new(uint32_t timestamp) const {
  if (seen_count_ == 0) return true;
  if (distance(first_, timestamp) < 0) return false;
  const auto end = seen_.begin() + static_cast<ptrdiff_t>(seen_count_);
  return std::find(seen_.begin(), end, timestamp) == end;
}

void RedReceiver::remember(uint32_t timestamp) {
  if (seen_count_ == 0) first_ = newest_ = timestamp;
  // What is forgotten bounds what may still come: it could not be told from a repetition.
  if (seen_count_ == kRemembered && distance(first_, seen_[next_]) >= 0) first_ = seen_[next_] + 1;
  if (distance(newest_, timestamp) > 0) newest_ = timestamp;
  seen_[next_] = timestamp;
  next_ = (next_ + 1) % kRemembered;
  seen_count_ = std::min(seen_count_ + 1, kRemembered);
}

}  // namespace voxlock::rtp
