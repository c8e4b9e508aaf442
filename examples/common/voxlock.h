// Small C++ comforts over the C ABI: handles that free themselves, statuses that become exceptions.
#pragma once

#include <voxlock/voxlock.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace example {

template <auto Free>
struct Freer {
  template <typename T>
  void operator()(T* handle) const {
    Free(handle);
  }
};

template <typename T, auto Free>
using Handle = std::unique_ptr<T, Freer<Free>>;

// Throws std::runtime_error where a call failed that cannot fail by a peer's doing.
inline void check(int32_t status, const std::string& what) {
  if (status != VOXLOCK_OK) throw std::runtime_error(what + ": " + voxlock_strerror(status));
}

// A config struct filled with defaults.
template <typename T>
T make_config(int32_t (*init)(T*, size_t)) {
  T config;
  check(init(&config, sizeof config), "config");
  return config;
}

// A result struct ready to be filled.
template <typename T>
T make_result() {
  T result{};
  result.struct_size = sizeof result;
  return result;
}

using ContextHandle = Handle<voxlock_context, voxlock_context_free>;

}  // namespace example
