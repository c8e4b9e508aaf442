// Fields of an object into bytes and back, by one description for both: a function template over
// the archive that names the fields in order. The bytes are for the same version of the library
// alone.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/bytes.h"
#include "base/secure.h"

namespace voxlock {

// Writes. Ask the writer for its size and whether it had room.
class Saver {
 public:
  static constexpr bool kLoads = false;
  explicit Saver(bytes::Writer& writer) : writer_(writer) {}

  // An unsigned integer, an enum or a bool.
  template <typename T>
  void number(const T& value) {
    writer_.u64(static_cast<uint64_t>(value));
  }
  template <typename T, size_t N>
  void array(const std::array<T, N>& values) {
    for (const T& value : values) one(value);
  }
  template <size_t N>
  void secret(const secure::Secret<N>& value) {
    text(as_text(value.view()));
  }
  void text(std::string_view value) {
    writer_.u16(static_cast<uint16_t>(value.size()));
    writer_.put(value);
  }
  // Whether something follows.
  void presence(bool is_there) { writer_.u8(is_there ? 1 : 0); }
  template <typename T, typename Describe>
  void optional(const std::optional<T>& value, Describe describe) {
    presence(value.has_value());
    if (value) describe(*value);
  }
  // For what loading has to check.
  void require(bool /*is_met*/) {}
  [[nodiscard]] bool ok() const { return true; }

 private:
  template <typename T>
  void one(const T& value) {
    if constexpr (sizeof(T) == 1) {
      writer_.u8(static_cast<uint8_t>(value));
    } else {
      number(value);
    }
  }

  bytes::Writer& writer_;
};

// Reads. What does not fit makes ok() false for good and gives zeros.
class Loader {
 public:
  static constexpr bool kLoads = true;
  explicit Loader(ByteView data) : reader_(data) {}

  [[nodiscard]] bool ok() const { return is_met_ && reader_.ok(); }
  [[nodiscard]] bool is_at_end() const { return reader_.left() == 0; }

  template <typename T>
  void number(T& value) {
    const uint64_t read = reader_.u64();
    value = static_cast<T>(read);
    require(static_cast<uint64_t>(value) == read);
  }
  template <typename T, size_t N>
  void array(std::array<T, N>& values) {
    if constexpr (std::is_same_v<T, uint8_t>) {
      // At once: GCC 12 takes a loop over an address for one that writes behind it.
      const ByteView read = reader_.take(N);
      values = {};
      std::copy(read.begin(), read.end(), values.begin());
    } else {
      for (T& value : values) one(value);
    }
  }
  template <size_t N>
  void secret(secure::Secret<N>& value) {
    require(value.assign(as_bytes(text())));
  }
  // A view of the bytes that are read.
  std::string_view text() { return as_text(reader_.take(reader_.u16())); }
  bool presence() {
    const uint8_t is_there = reader_.u8();
    require(is_there <= 1);
    return ok() && is_there == 1;
  }
  // The value is made first, then described.
  template <typename T, typename Describe>
  void optional(std::optional<T>& value, Describe describe) {
    if (presence()) describe(value.emplace());
  }
  void require(bool is_met) { is_met_ = is_met_ && is_met; }

 private:
  template <typename T>
  void one(T& value) {
    if constexpr (sizeof(T) == 1) {
      value = static_cast<T>(reader_.u8());
    } else {
      number(value);
    }
  }

  bytes::Reader reader_;
  bool is_met_ = true;
};

}  // namespace voxlock
