// The little of DER (X.690) that certificates need beside mbedTLS.
#pragma once

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::crypto::der {

inline constexpr uint8_t kBitString = 0x03;
inline constexpr uint8_t kSequence = 0x30;

// X.690, section 10.1: the shortest form. Up to 65535.
inline void put_length(bytes::Writer& out, size_t length) {
  if (length >= 256) {
    out.u8(0x82);
    out.u16(static_cast<uint16_t>(length));
  } else {
    if (length >= 128) out.u8(0x81);
    out.u8(static_cast<uint8_t>(length));
  }
}

// An element with its tag: its contents, and reader behind it. ERR_SYNTAX for another tag, ends too
// early, lengths above 65535.
inline Result<ByteView> take(bytes::Reader& reader, uint8_t tag) {
  if (reader.u8() != tag) return Status::ERR_SYNTAX;
  size_t length = reader.u8();
  if (length == 0x81) {
    length = reader.u8();
  } else if (length == 0x82) {
    length = reader.u16();
  } else if (length >= 128) {
    return Status::ERR_SYNTAX;
  }
  const ByteView contents = reader.take(length);
  if (!reader.ok()) return Status::ERR_SYNTAX;
  return contents;
}

}  // namespace voxlock::crypto::der
