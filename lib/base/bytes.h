// Checked reading and writing of bytes in network order. Wire parsers touch bytes only through
// these.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace voxlock {

using ByteView = std::span<const uint8_t>;
using MutableBytes = std::span<uint8_t>;

inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

namespace bytes {

// From the machine's order to the network's, and back.
template <typename T>
constexpr T big_endian(T value) {
  if constexpr (std::endian::native == std::endian::big || sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

// Reads forward. A read past the end gives zeros, moves nothing and makes ok() false for good, so a
// parser may read a whole header and check once.
class Reader {
 public:
  explicit Reader(ByteView data) : data_(data) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t left() const { return data_.size() - position_; }
  [[nodiscard]] size_t position() const { return position_; }

  uint8_t u8() { return number<uint8_t>(); }
  uint16_t u16() { return number<uint16_t>(); }
  uint32_t u24() {
    if (!reserve(3)) return 0;
    const uint32_t high = u16();
    return high << 8 | u8();
  }
  uint32_t u32() { return number<uint32_t>(); }
  uint64_t u64() { return number<uint64_t>(); }

  // The next n bytes, or an empty view with ok() false.
  ByteView take(size_t n) {
    if (!reserve(n)) return {};
    ByteView out = data_.subspan(position_, n);
    position_ += n;
    return out;
  }
  ByteView rest() { return take(left()); }
  void skip(size_t n) { (void)take(n); }

 private:
  bool reserve(size_t n) {
    if (!ok_ || n > left()) ok_ = false;
    return ok_;
  }
  // T big-endian.
  template <typename T>
  T number() {
    T value = 0;
    if (!reserve(sizeof(T))) return 0;
    std::memcpy(&value, data_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return big_endian(value);
  }

  ByteView data_;
  size_t position_ = 0;
  bool ok_ = true;
};

// Writes forward into a caller's buffer. It goes on counting past the end, so that size() tells the
// needed size; ok() is false then and nothing outside the buffer was touched.
class Writer {
 public:
  explicit Writer(MutableBytes out) : out_(out) {}

  [[nodiscard]] bool ok() const { return size_ <= out_.size(); }
  // Bytes written, or needed where ok() is false.
  [[nodiscard]] size_t size() const { return size_; }
  [[nodiscard]] ByteView written() const { return ok() ? ByteView(out_).first(size_) : ByteView(); }

  void u8(uint8_t value) { number(value); }
  void u16(uint16_t value) { number(value); }
  void u24(uint32_t value) {
    if (!fits(3)) {
      size_ += 3;
      return;
    }
    u16(static_cast<uint16_t>(value >> 8));
    u8(static_cast<uint8_t>(value));
  }
  void u32(uint32_t value) { number(value); }
  void u64(uint64_t value) { number(value); }

  void put(ByteView data) {
    if (!data.empty() && fits(data.size()))
      std::memcpy(out_.data() + size_, data.data(), data.size());
    size_ += data.size();
  }
  void put(std::string_view text) { put(as_bytes(text)); }
  void put(char c) { u8(static_cast<uint8_t>(c)); }
  void fill(uint8_t value, size_t n) {
    if (n != 0 && fits(n)) std::memset(out_.data() + size_, value, n);
    size_ += n;
  }
  // Decimal digits without leading zeros.
  void decimal(uint64_t value) {
    char digits[20];
    size_t n = 0;
    do {
      digits[n++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value != 0);
    while (n != 0) put(digits[--n]);
  }
  // Overwrites two bytes written before, for a length that is known late.
  void patch_u16(size_t at, uint16_t value) {
    if (at + 2 > size_ || !ok()) return;
    out_[at] = static_cast<uint8_t>(value >> 8);
    out_[at + 1] = static_cast<uint8_t>(value);
  }

 private:
  [[nodiscard]] bool fits(size_t n) const { return ok() && n <= out_.size() - size_; }
  template <typename T>
  void number(T value) {
    if (fits(sizeof(T))) {
      value = big_endian(value);
      std::memcpy(out_.data() + size_, &value, sizeof(T));
    }
    size_ += sizeof(T);
  }

  MutableBytes out_;
  size_t size_ = 0;
};

}  // namespace bytes
}  // namespace voxlock
