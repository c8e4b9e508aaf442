#include "rtp/transport_feedback.h"

#include <algorithm>

namespace voxlock::rtp {
namespace {

// Packet status symbols, section 3.1.1. 0: not received; 3 is reserved.
constexpr uint8_t kSmallDelta = 1;
constexpr uint8_t kLargeDelta = 2;

constexpr uint16_t kVectorFlag = 0x8000;
constexpr uint16_t kTwoBitFlag = 0x4000;
constexpr size_t kOneBitSymbols = 14;
constexpr size_t kTwoBitSymbols = 7;
constexpr size_t kMaxRun = 8191;
constexpr size_t kHeadLen = 8;

size_t symbols_in(uint16_t chunk) {
  if ((chunk & kVectorFlag) == 0) return chunk & kMaxRun;
  return (chunk & kTwoBitFlag) != 0 ? kTwoBitSymbols : kOneBitSymbols;
}

uint8_t symbol_of(uint16_t chunk, size_t left) {
  if ((chunk & kVectorFlag) == 0) return static_cast<uint8_t>(chunk >> 13 & 3);
  if ((chunk & kTwoBitFlag) != 0) return static_cast<uint8_t>(chunk >> 2 * (left - 1) & 3);
  return static_cast<uint8_t>(chunk >> (left - 1) & 1);
}

using Symbols = std::array<uint8_t, kMaxWritten>;

// A run where the same symbol repeats often enough, else seven of two bits.
void write_chunks(std::span<const uint8_t> symbols, bytes::Writer& writer) {
  while (!symbols.empty()) {
    const auto end = std::find_if(symbols.begin(), symbols.end(),
                                  [&](uint8_t symbol) { return symbol != symbols[0]; });
    const auto run = static_cast<size_t>(end - symbols.begin());
    if (run >= kTwoBitSymbols) {
      writer.u16(static_cast<uint16_t>(unsigned{symbols[0]} << 13 | run));
      symbols = symbols.subspan(run);
      continue;
    }
    unsigned chunk = kVectorFlag | kTwoBitFlag;
    const size_t n = std::min(kTwoBitSymbols, symbols.size());
    for (size_t i = 0; i < n; ++i) chunk |= unsigned{symbols[i]} << 2 * (kTwoBitSymbols - 1 - i);
    writer.u16(static_cast<uint16_t>(chunk));
    symbols = symbols.subspan(n);
  }
}

}  // namespace

Result<TransportFeedback> TransportFeedback::parse(ByteView fci) {
  bytes::Reader reader(fci);
  const uint16_t base = reader.u16();
  const size_t statuses = reader.u16();
  const uint32_t reference = reader.u24();
  const uint8_t count = reader.u8();
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  if (statuses > kMaxStatuses) return Status::ERR_LIMIT;
  // Once over the chunks, to know where they end and how many deltas there must be.
  size_t seen = 0;
  size_t deltas_len = 0;
  while (seen < statuses) {
    const uint16_t chunk = reader.u16();
    const size_t symbols = symbols_in(chunk);
    if (!reader.ok() || symbols == 0) return Status::ERR_TRUNCATED;
    for (size_t left = symbols; left > 0 && seen < statuses; --left, ++seen) {
      const uint8_t symbol = symbol_of(chunk, left);
      deltas_len += symbol == kSmallDelta ? 1 : symbol == kLargeDelta ? 2 : 0;
    }
  }
  if (deltas_len > reader.left()) return Status::ERR_TRUNCATED;
  const size_t chunks_end = reader.position();
  TransportFeedback out(fci.subspan(kHeadLen, chunks_end - kHeadLen), fci.subspan(chunks_end));
  out.sequence_ = base;
  out.left_ = statuses;
  out.arrival_us_ = int64_t{reference} * kReferenceUs;
  out.count_ = count;
  return out;
}

uint8_t TransportFeedback::next_symbol() {
  if (symbols_left_ == 0) {
    chunk_ = chunks_.u16();
    symbols_left_ = symbols_in(chunk_);
  }
  return symbol_of(chunk_, symbols_left_--);
}

std::optional<TransportStatus> TransportFeedback::next() {
  if (left_ == 0) return std::nullopt;
  --left_;
  const uint8_t symbol = next_symbol();
  TransportStatus out;
  out.sequence = sequence_++;
  if (symbol != kSmallDelta && symbol != kLargeDelta) return out;
  const int64_t delta =
      symbol == kSmallDelta ? deltas_.u8() : int64_t{static_cast<int16_t>(deltas_.u16())};
  arrival_us_ += delta * kDeltaUs;
  out.is_received = true;
  out.arrival_us = arrival_us_;
  return out;
}

size_t write_transport_feedback(const TransportReport& head, std::span<const int64_t> arrivals_us,
                                bytes::Writer& writer) {
  arrivals_us = arrivals_us.first(std::min(arrivals_us.size(), kMaxWritten));
  const auto first =
      std::find_if(arrivals_us.begin(), arrivals_us.end(), [](int64_t at) { return at >= 0; });
  if (first == arrivals_us.end()) return 0;
  Symbols symbols{};
  std::array<int64_t, kMaxWritten> deltas{};
  const int64_t reference = *first / kReferenceUs;
  int64_t last = reference * kReferenceUs / kDeltaUs;
  size_t count = 0;
  for (; count < arrivals_us.size(); ++count) {
    if (arrivals_us[count] < 0) continue;
    const int64_t at = arrivals_us[count] / kDeltaUs;
    const int64_t delta = at - last;
    // What no delta can tell goes into a message of its own, with another reference.
    if (delta < INT16_MIN || delta > INT16_MAX) break;
    const bool is_small = delta >= 0 && delta <= UINT8_MAX;
    symbols[count] = is_small ? kSmallDelta : kLargeDelta;
    deltas[count] = delta;
    last = at;
  }
  const size_t begin = writer.size();
  writer.u8(0x80 | kTransportFeedback);
  writer.u8(kRtcpTransportFeedback);
  writer.u16(0);
  writer.u32(head.sender_ssrc);
  writer.u32(head.media_ssrc);
  writer.u16(head.base);
  writer.u16(static_cast<uint16_t>(count));
  writer.u24(static_cast<uint32_t>(reference & 0xffffff));
  writer.u8(head.count);
  write_chunks(std::span(symbols).first(count), writer);
  for (size_t i = 0; i < count; ++i) {
    if (symbols[i] == kSmallDelta) writer.u8(static_cast<uint8_t>(deltas[i]));
    if (symbols[i] == kLargeDelta) writer.u16(static_cast<uint16_t>(deltas[i]));
  }
  // Zeros up to a word, without the padding bit: RFC 3550 6.4.1 has no padding of one to three
  // octets, and readers know by the symbols where the deltas end.
  writer.fill(0, (4 - (writer.size() - begin) % 4) % 4);
  writer.patch_u16(begin + 2, static_cast<uint16_t>((writer.size() - begin) / 4 - 1));
  return count;
}

}  // namespace voxlock::rtp
