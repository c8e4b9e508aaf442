#include "rtp/extension.h"

namespace voxlock::rtp {
namespace {

constexpr size_t kMaxWords = 0xffff;

bool fits_one_byte(const ExtensionElement& element) {
  return element.id <= 14 && !element.data.empty() && element.data.size() <= 16;
}

}  // namespace

ExtensionReader::ExtensionReader(uint16_t profile, ByteView extension)
    : reader_(profile == kOneByteProfile || is_two_byte_profile(profile) ? extension : ByteView()),
      is_two_byte_(is_two_byte_profile(profile)) {}

std::optional<ExtensionElement> ExtensionReader::next() {
  return is_two_byte_ ? next_two_byte() : next_one_byte();
}

//   0 1 2 3 4 5 6 7
//  |  ID   | len-1 | data ...      RFC 8285 section 4.2
std::optional<ExtensionElement> ExtensionReader::next_one_byte() {
  while (reader_.ok() && reader_.left() != 0) {
    const uint8_t head = reader_.u8();
    const auto id = static_cast<uint8_t>(head >> 4);
    if (head == 0) continue;  // padding
    // "If the ID value 15 is used, ... processing of the entire extension MUST terminate".
    if (id == 15) {
      (void)reader_.rest();
      return std::nullopt;
    }
    const ByteView data = reader_.take((head & 0x0fu) + 1u);
    if (!reader_.ok()) return std::nullopt;
    // An ID of 0 with a length other than 0 is to be skipped like any unknown element.
    if (id != 0) return ExtensionElement{id, data};
  }
  return std::nullopt;
}

//  |      ID       |     length    | data ...      RFC 8285 section 4.3
std::optional<ExtensionElement> ExtensionReader::next_two_byte() {
  while (reader_.ok() && reader_.left() != 0) {
    const uint8_t id = reader_.u8();
    if (id == 0) continue;  // padding, a single byte
    const size_t len = reader_.u8();
    const ByteView data = reader_.take(len);
    if (!reader_.ok()) return std::nullopt;
    return ExtensionElement{id, data};
  }
  return std::nullopt;
}

std::optional<ExtensionElement> ExtensionReader::find(uint8_t id) {
  while (auto element = next()) {
    if (element->id == id) return element;
  }
  return std::nullopt;
}

Result<uint16_t> profile_for(std::span<const ExtensionElement> elements) {
  bool is_one_byte = true;
  size_t one_byte_len = 0;
  size_t two_byte_len = 0;
  for (const ExtensionElement& element : elements) {
    if (element.id == 0 || element.data.size() > 255) return Status::ERR_INVALID_ARGUMENT;
    is_one_byte = is_one_byte && fits_one_byte(element);
    one_byte_len += 1 + element.data.size();
    two_byte_len += 2 + element.data.size();
  }
  const size_t len = is_one_byte ? one_byte_len : two_byte_len;
  if ((len + 3) / 4 > kMaxWords) return Status::ERR_INVALID_ARGUMENT;
  return is_one_byte ? kOneByteProfile : kTwoByteProfile;
}

Result<void> write_extension(std::span<const ExtensionElement> elements, bytes::Writer& writer) {
  VOXLOCK_TRY(const uint16_t profile, profile_for(elements));
  writer.u16(profile);
  const size_t length_at = writer.size();
  writer.u16(0);
  const size_t begin = writer.size();
  for (const ExtensionElement& element : elements) {
    if (profile == kOneByteProfile) {
      const auto more = static_cast<unsigned>(element.data.size() - 1);
      writer.u8(static_cast<uint8_t>(unsigned{element.id} << 4 | more));
    } else {
      writer.u8(element.id);
      writer.u8(static_cast<uint8_t>(element.data.size()));
    }
    writer.put(element.data);
  }
  const size_t words = (writer.size() - begin + 3) / 4;
  writer.fill(0, begin + 4 * words - writer.size());
  writer.patch_u16(length_at, static_cast<uint16_t>(words));
  return {};
}

}  // namespace voxlock::rtp
