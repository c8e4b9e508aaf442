// STUN messages (RFC 8489): a view that reads one in place, and a builder.
//
//   0                   1                   2                   3
//   |0 0|     message type          |        message length         |
//   |                         magic cookie                          |
//   |                 transaction id (96 bits)                      |
//   | attribute type                | length | value, padded to 32 bits ...
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hmac.h"

namespace voxlock::ice::stun {

inline constexpr uint32_t kMagicCookie = 0x2112a442;
inline constexpr size_t kHeaderLen = 20;
inline constexpr size_t kTransactionIdLen = 12;
inline constexpr size_t kIntegrityLen = 20;  // HMAC-SHA1
inline constexpr uint16_t kBinding = 1;

enum class Class : uint8_t { kRequest = 0, kIndication = 1, kSuccess = 2, kError = 3 };

// RFC 8489 section 18.3, RFC 8445 section 20.1.
enum class Attribute : uint16_t {
  kMappedAddress = 0x0001,
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kMessageIntegritySha256 = 0x001c,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kSoftware = 0x8022,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};

// Which attributes a request may use that the receiver must understand (0x0000..0x7fff).
constexpr bool is_comprehension_required(uint16_t type) {
  return type < 0x8000;
}

// CRC-32 of ITU V.42 with the XOR of RFC 8489 section 14.7, over what stands before FINGERPRINT.
uint32_t fingerprint(ByteView data);

// A message in the caller's bytes. Of an attribute that is there twice the first counts; behind
// MESSAGE-INTEGRITY only MESSAGE-INTEGRITY-SHA256 and FINGERPRINT count (RFC 8489, section 14.5).
class Message {
 public:
  // The most unknown attributes that are remembered for UNKNOWN-ATTRIBUTES; further ones are
  // counted only as "there are some".
  static constexpr size_t kMaxUnknown = 8;

  // ERR_TRUNCATED (shorter than it says), ERR_STUN_HEADER (not STUN, or longer than it says),
  // ERR_STUN_ATTRIBUTE (an attribute passes the end or has not the size of its type),
  // ERR_STUN_FINGERPRINT (FINGERPRINT is there and wrong, or is not the last attribute).
  static Result<Message> parse(ByteView datagram);

  [[nodiscard]] Class message_class() const { return class_; }
  [[nodiscard]] uint16_t method() const { return method_; }
  [[nodiscard]] ByteView transaction_id() const { return data_.subspan(8, kTransactionIdLen); }
  [[nodiscard]] size_t size() const { return data_.size(); }

  [[nodiscard]] bool has_fingerprint() const { return has_fingerprint_; }
  [[nodiscard]] bool has_integrity() const { return integrity_at_ != 0; }
  [[nodiscard]] std::optional<ByteView> username() const { return username_; }
  [[nodiscard]] std::optional<uint32_t> priority() const { return priority_; }
  [[nodiscard]] bool has_use_candidate() const { return has_use_candidate_; }
  // The tie-breaker of the role the sender claims.
  [[nodiscard]] std::optional<uint64_t> controlling() const { return controlling_; }
  [[nodiscard]] std::optional<uint64_t> controlled() const { return controlled_; }
  // Of XOR-MAPPED-ADDRESS.
  [[nodiscard]] std::optional<Address> mapped_address() const { return mapped_; }
  // 300..699; nothing where there is no ERROR-CODE.
  [[nodiscard]] std::optional<uint16_t> error_code() const { return error_code_; }

  // Attributes that must be understood and are not, in order of appearance, kMaxUnknown at most.
  [[nodiscard]] std::span<const uint16_t> unknown() const {
    return std::span(unknown_).first(unknown_count_);
  }

  // Whether MESSAGE-INTEGRITY is there and right; the compare takes the same time for any tag. key:
  // HMAC-SHA1 made from the password (RFC 8489, section 9.1.1). ERR_NO_MEMORY.
  [[nodiscard]] Result<bool> is_integral(crypto::Hmac& key) const;

 private:
  struct Field {
    uint16_t type;
    size_t at;  // of the attribute's header
    ByteView value;
  };

  explicit Message(ByteView data) : data_(data) {}
  Result<void> read_attributes();
  Result<void> take(const Field& field);
  Result<void> take_known(const Field& field);
  Result<void> take_fingerprint(const Field& field);
  Result<void> take_mapped(ByteView value);
  void remember_unknown(uint16_t type);

  ByteView data_;
  Class class_ = Class::kRequest;
  uint16_t method_ = 0;
  bool has_fingerprint_ = false;
  bool has_use_candidate_ = false;
  size_t integrity_at_ = 0;  // of the attribute's header; 0 for none
  std::optional<ByteView> username_;
  std::optional<uint32_t> priority_;
  std::optional<uint64_t> controlling_;
  std::optional<uint64_t> controlled_;
  std::optional<Address> mapped_;
  std::optional<uint16_t> error_code_;
  std::array<uint16_t, kMaxUnknown> unknown_{};
  size_t unknown_count_ = 0;
};

// Writes one message, attributes in the order of the calls; integrity and fingerprint come last.
// size() goes on counting where out is too small.
class Builder {
 public:
  Builder(MutableBytes out, Class message_class, uint16_t method, ByteView transaction_id);

  void put(Attribute type, ByteView value);
  void put_u32(Attribute type, uint32_t value);
  void put_u64(Attribute type, uint64_t value);
  void put_flag(Attribute type) { put(type, {}); }
  // XOR-MAPPED-ADDRESS; the transaction id of the message masks IPv6 (RFC 8489, section 14.2).
  void put_mapped(const Address& address);
  // ERROR-CODE without a reason phrase, which nobody but a person reads.
  void put_error(uint16_t code);
  void put_unknown(std::span<const uint16_t> types);
  // ERR_NO_MEMORY.
  Result<void> put_integrity(crypto::Hmac& key);
  void put_fingerprint();

  [[nodiscard]] bool ok() const { return out_.ok(); }
  [[nodiscard]] size_t size() const { return out_.size(); }

 private:
  void open(Attribute type, size_t len);
  // Sets the length field to what was written plus what is to come.
  void set_length(size_t to_come);

  bytes::Writer out_;
  std::array<uint8_t, kTransactionIdLen> transaction_id_{};
};

}  // namespace voxlock::ice::stun
