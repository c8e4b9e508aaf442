#include "ice/stun.h"

#include <algorithm>

#include "base/secure.h"

namespace voxlock::ice::stun {
namespace {

constexpr uint32_t kFingerprintXor = 0x5354554e;
constexpr size_t kAttributeHeader = 4;
// RFC 8445 allows two ufrags of 256 characters and a colon, more than RFC 8489's own 509 bytes.
constexpr size_t kMaxUsername = 513;

// Table n: what a byte does to the sum once n more bytes have passed, so that four bytes go in at
// once.
using CrcTables = std::array<std::array<uint32_t, 256>, 4>;
constexpr CrcTables make_crc_tables() {
  CrcTables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit)
      value = (value & 1) != 0 ? value >> 1 ^ 0xedb88320 : value >> 1;
    tables[0][i] = value;
  }
  for (size_t n = 1; n < tables.size(); ++n) {
    for (uint32_t i = 0; i < 256; ++i) {
      const uint32_t before = tables[n - 1][i];
      tables[n][i] = tables[0][before & 0xff] ^ before >> 8;
    }
  }
  return tables;
}
constexpr CrcTables kCrcTables = make_crc_tables();

constexpr size_t padding(size_t len) {
  return (4 - len % 4) % 4;
}

// RFC 8489 section 5: the class stands in bits 8 and 4 of the type, the method around it.
constexpr uint16_t to_type(Class message_class, uint16_t method) {
  const auto c = static_cast<unsigned>(message_class);
  return static_cast<uint16_t>((method & 0xf80u) << 2 | (method & 0x70u) << 1 | (method & 0xfu) |
                               (c & 2) << 7 | (c & 1) << 4);
}
constexpr Class class_of(uint16_t type) {
  return static_cast<Class>((type >> 7 & 2) | (type >> 4 & 1));
}
constexpr uint16_t method_of(uint16_t type) {
  return static_cast<uint16_t>((type >> 2 & 0xf80) | (type >> 1 & 0x70) | (type & 0xf));
}

// Attributes of RFC 8489 that are understood and have no meaning for ICE.
constexpr bool is_ignored(uint16_t type) {
  constexpr uint16_t kRealm = 0x0014;
  constexpr uint16_t kNonce = 0x0015;
  return type == kRealm || type == kNonce ||
         type == static_cast<uint16_t>(Attribute::kMappedAddress) ||
         type == static_cast<uint16_t>(Attribute::kUnknownAttributes) ||
         !is_comprehension_required(type);
}

Result<uint32_t> read_u32(ByteView value) {
  if (value.size() != 4) return Status::ERR_STUN_ATTRIBUTE;
  return bytes::Reader(value).u32();
}

Result<uint64_t> read_u64(ByteView value) {
  if (value.size() != 8) return Status::ERR_STUN_ATTRIBUTE;
  return bytes::Reader(value).u64();
}

Result<uint16_t> read_error(ByteView value) {
  bytes::Reader reader(value);
  const uint32_t word = reader.u32();
  const uint32_t hundreds = word >> 8 & 7;
  const uint32_t rest = word & 0xff;
  if (!reader.ok() || hundreds < 3 || hundreds > 6 || rest > 99) return Status::ERR_STUN_ATTRIBUTE;
  return static_cast<uint16_t>(hundreds * 100 + rest);
}

// RFC 8489 section 14.2: what XOR-MAPPED-ADDRESS is masked with.
std::array<uint8_t, 16> address_mask(ByteView transaction_id) {
  std::array<uint8_t, 16> mask{};
  bytes::Writer out(mask);
  out.u32(kMagicCookie);
  out.put(transaction_id);
  return mask;
}

}  // namespace

uint32_t fingerprint(ByteView data) {
  uint32_t crc = UINT32_MAX;
  for (; data.size() >= 4; data = data.subspan(4)) {
    crc ^= static_cast<uint32_t>(data[0] | data[1] << 8 | data[2] << 16) |
           static_cast<uint32_t>(data[3]) << 24;
    crc = kCrcTables[3][crc & 0xff] ^ kCrcTables[2][crc >> 8 & 0xff] ^
          kCrcTables[1][crc >> 16 & 0xff] ^ kCrcTables[0][crc >> 24];
  }
  for (const uint8_t byte : data) crc = kCrcTables[0][(crc ^ byte) & 0xff] ^ crc >> 8;
  return ~crc ^ kFingerprintXor;
}

Result<Message> Message::parse(ByteView datagram) {
  bytes::Reader reader(datagram);
  const uint16_t type = reader.u16();
  const size_t length = reader.u16();
  const uint32_t cookie = reader.u32();
  reader.skip(kTransactionIdLen);
  if (!reader.ok()) return Status::ERR_TRUNCATED;
  if ((type & 0xc000) != 0 || cookie != kMagicCookie || length % 4 != 0)
    return Status::ERR_STUN_HEADER;
  if (length > reader.left()) return Status::ERR_TRUNCATED;
  if (length < reader.left()) return Status::ERR_STUN_HEADER;
  Message message(datagram);
  message.class_ = class_of(type);
  message.method_ = method_of(type);
  VOXLOCK_TRY_VOID(message.read_attributes());
  return message;
}

Result<void> Message::read_attributes() {
  bytes::Reader reader(data_);
  reader.skip(kHeaderLen);
  while (reader.left() != 0) {
    const size_t at = reader.position();
    const uint16_t type = reader.u16();
    const size_t len = reader.u16();
    const ByteView value = reader.take(len);
    reader.skip(padding(len));
    if (!reader.ok()) return Status::ERR_STUN_ATTRIBUTE;
    VOXLOCK_TRY_VOID(take({type, at, value}));
  }
  return {};
}

Result<void> Message::take(const Field& field) {
  if (has_fingerprint_) return Status::ERR_STUN_FINGERPRINT;
  const auto type = static_cast<Attribute>(field.type);
  if (type == Attribute::kFingerprint) return take_fingerprint(field);
  if (type == Attribute::kMessageIntegritySha256) {
    // ICE is bound to HMAC-SHA1 (RFC 8445, section 7.1); a second tag beside it does no harm.
    const bool is_sound =
        field.value.size() >= 16 && field.value.size() <= 32 && field.value.size() % 4 == 0;
    return is_sound ? Result<void>() : Result<void>(Status::ERR_STUN_ATTRIBUTE);
  }
  if (has_integrity()) return {};
  return take_known(field);
}

Result<void> Message::take_known(const Field& field) {
  switch (static_cast<Attribute>(field.type)) {
    case Attribute::kUsername:
      if (field.value.size() > kMaxUsername) return Status::ERR_STUN_ATTRIBUTE;
      if (!username_) username_ = field.value;
      return {};
    case Attribute::kMessageIntegrity:
      if (field.value.size() != kIntegrityLen) return Status::ERR_STUN_ATTRIBUTE;
      integrity_at_ = field.at;
      return {};
    case Attribute::kPriority: {
      VOXLOCK_TRY(const uint32_t value, read_u32(field.value));
      if (!priority_) priority_ = value;
      return {};
    }
    case Attribute::kUseCandidate:
      if (!field.value.empty()) return Status::ERR_STUN_ATTRIBUTE;
      has_use_candidate_ = true;
      return {};
    case Attribute::kIceControlled:
    case Attribute::kIceControlling: {
      VOXLOCK_TRY(const uint64_t value, read_u64(field.value));
      auto& role = field.type == static_cast<uint16_t>(Attribute::kIceControlled) ? controlled_
                                                                                  : controlling_;
      if (!role) role = value;
      return {};
    }
    case Attribute::kXorMappedAddress:
      return take_mapped(field.value);
    case Attribute::kErrorCode: {
      VOXLOCK_TRY(const uint16_t value, read_error(field.value));
      if (!error_code_) error_code_ = value;
      return {};
    }
    default:
      if (!is_ignored(field.type)) remember_unknown(field.type);
      return {};
  }
}

Result<void> Message::take_fingerprint(const Field& field) {
  const auto value = read_u32(field.value);
  if (!value || *value != fingerprint(data_.first(field.at))) return Status::ERR_STUN_FINGERPRINT;
  has_fingerprint_ = true;
  return {};
}

Result<void> Message::take_mapped(ByteView value) {
  bytes::Reader reader(value);
  reader.skip(1);
  const uint8_t family = reader.u8();
  const uint16_t port = reader.u16();
  const ByteView ip = reader.rest();
  const bool is_v4 = family == 1 && ip.size() == 4;
  const bool is_v6 = family == 2 && ip.size() == 16;
  if (!reader.ok() || (!is_v4 && !is_v6)) return Status::ERR_STUN_ATTRIBUTE;
  if (mapped_) return {};
  Address out;
  out.family = is_v4 ? 4 : 6;
  out.port = static_cast<uint16_t>(port ^ kMagicCookie >> 16);
  const auto mask = address_mask(transaction_id());
  for (size_t i = 0; i < ip.size(); ++i) out.ip[i] = static_cast<uint8_t>(ip[i] ^ mask[i]);
  mapped_ = out;
  return {};
}

void Message::remember_unknown(uint16_t type) {
  const auto known = unknown();
  if (unknown_count_ < kMaxUnknown && std::find(known.begin(), known.end(), type) == known.end())
    unknown_[unknown_count_++] = type;
}

Result<bool> Message::is_integral(crypto::Hmac& key) const {
  if (!has_integrity()) return false;
  // RFC 8489 section 14.5: the length field counts as if the message ended with this attribute.
  const size_t length = integrity_at_ + kAttributeHeader + kIntegrityLen - kHeaderLen;
  const uint8_t length_field[] = {static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
  key.update(data_.first(2));
  key.update(length_field);
  key.update(data_.subspan(4, integrity_at_ - 4));
  VOXLOCK_TRY(const crypto::Digest tag, key.finish());
  return secure::equal(tag.view(), data_.subspan(integrity_at_ + kAttributeHeader, kIntegrityLen));
}

Builder::Builder(MutableBytes out, Class message_class, uint16_t method, ByteView transaction_id)
    : out_(out) {
  std::copy_n(transaction_id.begin(), std::min(transaction_id.size(), kTransactionIdLen),
              transaction_id_.begin());
  out_.u16(to_type(message_class, method));
  out_.u16(0);
  out_.u32(kMagicCookie);
  out_.put(transaction_id_);
}

void Builder::open(Attribute type, size_t len) {
  out_.u16(static_cast<uint16_t>(type));
  out_.u16(static_cast<uint16_t>(len));
}

void Builder::set_length(size_t to_come) {
  out_.patch_u16(2, static_cast<uint16_t>(out_.size() - kHeaderLen + to_come));
}

void Builder::put(Attribute type, ByteView value) {
  open(type, value.size());
  out_.put(value);
  out_.fill(0, padding(value.size()));
  set_length(0);
}

void Builder::put_u32(Attribute type, uint32_t value) {
  open(type, 4);
  out_.u32(value);
  set_length(0);
}

void Builder::put_u64(Attribute type, uint64_t value) {
  open(type, 8);
  out_.u64(value);
  set_length(0);
}

void Builder::put_mapped(const Address& address) {
  const size_t ip_len = address.family == 6 ? 16 : 4;
  open(Attribute::kXorMappedAddress, 4 + ip_len);
  out_.u8(0);
  out_.u8(address.family == 6 ? 2 : 1);
  out_.u16(static_cast<uint16_t>(address.port ^ kMagicCookie >> 16));
  const auto mask = address_mask(transaction_id_);
  for (size_t i = 0; i < ip_len; ++i) out_.u8(static_cast<uint8_t>(address.ip[i] ^ mask[i]));
  set_length(0);
}

void Builder::put_error(uint16_t code) {
  put_u32(Attribute::kErrorCode, static_cast<uint32_t>(code / 100) << 8 | code % 100);
}

void Builder::put_unknown(std::span<const uint16_t> types) {
  open(Attribute::kUnknownAttributes, 2 * types.size());
  for (const uint16_t type : types) out_.u16(type);
  out_.fill(0, padding(2 * types.size()));
  set_length(0);
}

Result<void> Builder::put_integrity(crypto::Hmac& key) {
  set_length(kAttributeHeader + kIntegrityLen);
  key.update(out_.written());
  VOXLOCK_TRY(const crypto::Digest tag, key.finish());
  put(Attribute::kMessageIntegrity, tag.view());
  return {};
}

void Builder::put_fingerprint() {
  set_length(kAttributeHeader + 4);
  put_u32(Attribute::kFingerprint, fingerprint(out_.written()));
}

}  // namespace voxlock::ice::stun
