// RTP header extension elements, RFC 8285.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace voxlock::rtp {

inline constexpr uint16_t kOneByteProfile = 0xBEDE;
// RFC 8285 section 4.3: 0x100 and four bits of the application.
inline constexpr uint16_t kTwoByteProfile = 0x1000;
constexpr bool is_two_byte_profile(uint16_t profile) {
  return (profile & 0xfff0) == kTwoByteProfile;
}

struct ExtensionElement {
  uint8_t id = 0;  // one-byte form 1..14, two-byte form 1..255
  ByteView data;   // one-byte form 1..16 bytes, two-byte form 0..255
};

// Walks the elements; gives nothing for a profile other than the two of RFC 8285.
class ExtensionReader {
 public:
  ExtensionReader(uint16_t profile, ByteView extension);

  // The next element, or nothing at the end. An element that runs over the end of the extension is
  // not given and makes ok() false.
  std::optional<ExtensionElement> next();
  // The first element with the id, from where the reader stands.
  std::optional<ExtensionElement> find(uint8_t id);
  [[nodiscard]] bool ok() const { return reader_.ok(); }

 private:
  std::optional<ExtensionElement> next_one_byte();
  std::optional<ExtensionElement> next_two_byte();

  bytes::Reader reader_;
  bool is_two_byte_;
};

// Whether the elements can be written, and in which form. ERR_INVALID_ARGUMENT for an id of 0, data
// longer than 255 bytes, or more than the 65,535 words of the length field.
Result<uint16_t> profile_for(std::span<const ExtensionElement> elements);
// Writes head, elements and padding to a 32-bit boundary.
Result<void> write_extension(std::span<const ExtensionElement> elements, bytes::Writer& writer);

}  // namespace voxlock::rtp
