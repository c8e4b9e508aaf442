#include "e2ee/sframe_header.h"

namespace voxlock::e2ee {
namespace {

constexpr uint8_t kInBytes = 0x8;
constexpr uint64_t kMaxInline = 7;

size_t length_of(uint64_t value) {
  size_t n = 1;
  while (n < 8 && value >> (8 * n) != 0) ++n;
  return n;
}

// The four bits of the config byte that tell a number or its length.
uint8_t nibble_of(uint64_t value) {
  if (value <= kMaxInline) return static_cast<uint8_t>(value);
  return static_cast<uint8_t>(kInBytes | (length_of(value) - 1));
}

void write_number(uint64_t value, bytes::Writer& out) {
  if (value <= kMaxInline) return;
  for (size_t i = length_of(value); i > 0; --i)
    out.u8(static_cast<uint8_t>(value >> (8 * (i - 1))));
}

Result<uint64_t> read_number(uint8_t nibble, bytes::Reader& in) {
  if ((nibble & kInBytes) == 0) return uint64_t{nibble};
  const ByteView digits = in.take((nibble & kMaxInline) + 1);
  if (!in.ok()) return Status::ERR_TRUNCATED;
  uint64_t value = 0;
  for (const uint8_t digit : digits) value = value << 8 | digit;
  if (value <= kMaxInline || length_of(value) != digits.size()) return Status::ERR_E2EE_FRAME;
  return value;
}

}  // namespace

Result<SframeHeader> parse_sframe_header(ByteView frame) {
  bytes::Reader in(frame);
  const uint8_t config = in.u8();
  if (!in.ok()) return Status::ERR_TRUNCATED;
  SframeHeader header;
  VOXLOCK_TRY(header.kid, read_number(config >> 4, in));
  VOXLOCK_TRY(header.ctr, read_number(config & 0xf, in));
  header.len = in.position();
  return header;
}

void write_sframe_header(const SframeHeader& header, bytes::Writer& out) {
  out.u8(static_cast<uint8_t>(nibble_of(header.kid) << 4 | nibble_of(header.ctr)));
  write_number(header.kid, out);
  write_number(header.ctr, out);
}

}  // namespace voxlock::e2ee
