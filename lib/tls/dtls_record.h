// Records and handshake headers of DTLS 1.2, taken apart without trusting them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace voxlock::tls {

inline constexpr size_t kRecordHeader = 13;
inline constexpr size_t kHandshakeHeader = 12;

inline constexpr uint8_t kChangeCipherSpecRecord = 20;
inline constexpr uint8_t kAlertRecord = 21;
inline constexpr uint8_t kHandshakeRecord = 22;
inline constexpr uint8_t kApplicationDataRecord = 23;

inline constexpr uint8_t kClientHello = 1;
inline constexpr uint8_t kHelloVerifyRequest = 3;
inline constexpr uint8_t kCertificateVerify = 15;

// RFC 6347, section 4.1:
//   type (1) | version (2) | epoch (2) | sequence_number (6) | length (2) | fragment
struct DtlsRecord {
  uint8_t type = 0;
  uint16_t epoch = 0;
  uint64_t sequence = 0;
  ByteView body;
  ByteView raw;  // with its header
};

// In the clear: all of a ClientHello, or a fragment of one.
inline bool is_client_hello(const DtlsRecord& record) {
  return record.epoch == 0 && record.type == kHandshakeRecord && record.body[0] == kClientHello;
}

// Walks over the records of a datagram.
class RecordReader {
 public:
  explicit RecordReader(ByteView datagram) : left_(datagram) {}

  // The next record; none at the end, and none from the first record on that is malformed.
  std::optional<DtlsRecord> next() {
    bytes::Reader reader(left_);
    DtlsRecord record;
    record.type = reader.u8();
    const uint8_t major = reader.u8();
    reader.skip(1);
    record.epoch = reader.u16();
    record.sequence = static_cast<uint64_t>(reader.u16()) << 32;
    record.sequence |= reader.u32();
    record.body = reader.take(reader.u16());
    if (!reader.ok() || major != kMajor || record.type < kChangeCipherSpecRecord ||
        record.type > kApplicationDataRecord || record.body.empty()) {
      return std::nullopt;
    }
    record.raw = left_.first(reader.position());
    left_ = left_.subspan(reader.position());
    return record;
  }
  [[nodiscard]] bool is_at_end() const { return left_.empty(); }

 private:
  static constexpr uint8_t kMajor = 0xfe;  // DTLS 1.0 and 1.2

  ByteView left_;
};

// RFC 6347, section 4.2.2:
//   msg_type (1) | length (3) | message_seq (2) | fragment_offset (3) | fragment_length (3) | body
struct HandshakeFragment {
  uint8_t type = 0;
  uint32_t length = 0;  // of the whole message
  uint16_t message_seq = 0;
  uint32_t offset = 0;
  ByteView body;
};

// Reads the next fragment of a record's body; none where it is malformed or ends.
inline std::optional<HandshakeFragment> read_fragment(bytes::Reader& reader) {
  HandshakeFragment fragment;
  fragment.type = reader.u8();
  fragment.length = reader.u24();
  fragment.message_seq = reader.u16();
  fragment.offset = reader.u24();
  fragment.body = reader.take(reader.u24());
  if (!reader.ok() || fragment.offset > fragment.length ||
      fragment.body.size() > fragment.length - fragment.offset) {
    return std::nullopt;
  }
  return fragment;
}

using HelloRandom = std::array<uint8_t, 32>;

}  // namespace voxlock::tls
