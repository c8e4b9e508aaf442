// The struct_size rules of config and result structs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "base/result.h"
#include "capi/layout.h"

namespace voxlock::capi {

// A struct_size beyond this is taken for garbage; far above any struct to come.
inline constexpr size_t kMaxStructSize = 64 * 1024;

// How many leading bytes of a struct of the stated size hold whole fields known to this version.
template <typename T>
size_t known_prefix(size_t stated) {
  size_t prefix = 0;
  for (const FieldLayout& field : LayoutOf<T>::kFields) {
    if (field.offset + field.size <= stated) prefix = std::max(prefix, field.offset + field.size);
  }
  return prefix;
}

// Takes a config from the host. NULL gives the defaults; fields beyond struct_size keep them; a
// field that struct_size cuts in the middle counts as missing.
template <typename T>
Result<T> read_struct(const T* in, const T& defaults) {
  T out = defaults;
  out.struct_size = sizeof(T);
  if (in == nullptr) return out;
  const size_t stated = in->struct_size;
  if (stated < sizeof(uint32_t) || stated > kMaxStructSize) return Status::ERR_STRUCT_SIZE;
  const auto* raw = reinterpret_cast<const uint8_t*>(in);
  if (stated > sizeof(T) &&
      std::any_of(raw + sizeof(T), raw + stated, [](uint8_t byte) { return byte != 0; })) {
    return Status::ERR_STRUCT_SIZE;
  }
  std::memcpy(static_cast<void*>(&out), in, known_prefix<T>(stated));
  out.struct_size = sizeof(T);
  return out;
}

// Fills the host's config struct of the given size with the defaults.
template <typename T>
Status init_struct(T* out, size_t size, const T& defaults) {
  if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  if (size < sizeof(uint32_t) || size > kMaxStructSize) return Status::ERR_STRUCT_SIZE;
  std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(static_cast<void*>(out), &defaults, known_prefix<T>(size));
  out->struct_size = static_cast<uint32_t>(size);
  return Status::OK;
}

// Hands a result to the host: as many whole fields as its struct_size has room for, zeros behind.
template <typename T>
Status write_struct(T* out, const T& value) {
  if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return init_struct(out, out->struct_size, value);
}

}  // namespace voxlock::capi
