// The header in front of an SFrame ciphertext, RFC 9605 section 4.3.
//
//    0 1 2 3 4 5 6 7
//   +-+-+-+-+-+-+-+-+---------------------------+---------------------------+
//   |X|  K  |Y|  C  |   KID, where X is set     |   CTR, where Y is set     |
//   +-+-+-+-+-+-+-+-+---------------------------+---------------------------+
//
// X clear: K is the KID, 0..7. X set: K + 1 bytes of KID follow. The same for Y, C and the CTR.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::e2ee {

inline constexpr size_t kMaxSframeHeaderLen = 1 + 8 + 8;

struct SframeHeader {
  uint64_t kid = 0;  // which key
  uint64_t ctr = 0;  // which frame of it
  size_t len = 0;    // of the header, bytes; set by the parser
};

// ERR_TRUNCATED; ERR_E2EE_FRAME for numbers in more bytes than they need: one frame has one form.
Result<SframeHeader> parse_sframe_header(ByteView frame);
// Writes the shortest form of kid and ctr.
void write_sframe_header(const SframeHeader& header, bytes::Writer& out);

}  // namespace voxlock::e2ee
