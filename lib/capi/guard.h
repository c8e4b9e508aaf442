// The only way through the C ABI: exceptions stop here.
#pragma once

#include <cstdint>
#include <new>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/overlap.h"
#include "base/result.h"
#include "base/secure.h"

namespace voxlock::capi {

inline int32_t status_of(Status status) {
  return to_int(status);
}
inline int32_t status_of(const Result<void>& result) {
  return to_int(result.error());
}

// No entry point goes deeper, mbedTLS and libopus included.
inline constexpr size_t kDeepStack = 96 * 1024;

// Runs the body of an entry point; the body returns Status or Result<void>. Where an exception cuts
// it short, nobody has cleaned up what it left on the stack, which may be keys or audio: it is
// burnt.
template <typename Body>
int32_t guard(Body&& body) noexcept {
  Status thrown = Status::ERR_INTERNAL;
  try {
    return status_of(std::forward<Body>(body)());
  } catch (const std::bad_alloc&) {
    thrown = Status::ERR_NO_MEMORY;
  } catch (...) {
  }
  secure::burn_stack(kDeepStack);
  return to_int(thrown);
}

// The same for a body that handles keys or passwords outside the packet path: what it and an
// exception on its way out left on the stack is burnt.
template <typename Body>
int32_t guard_secrets(Body&& body) noexcept {
  const int32_t status = guard(std::forward<Body>(body));
  secure::burn_stack(kDeepStack);
  return status;
}

// (pointer, length) of the C ABI as a view; NULL is allowed only with length 0.
inline Result<ByteView> input(const uint8_t* data, size_t len) {
  if (data == nullptr && len != 0) return Status::ERR_INVALID_ARGUMENT;
  return ByteView(data, len);
}

// (buffer, *len = capacity) of the C ABI as a view. A NULL buffer counts as capacity 0, so that a
// call with NULL asks for the needed size.
inline Result<MutableBytes> output(uint8_t* data, const size_t* len) {
  if (len == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return MutableBytes(data, data != nullptr ? *len : 0);
}

// Ends a call that wrote through a bytes::Writer: tells the length, or the needed size as an error.
inline Status finish_output(const bytes::Writer& writer, size_t* len) {
  *len = writer.size();
  return writer.ok() ? Status::OK : Status::ERR_BUFFER_TOO_SMALL;
}

}  // namespace voxlock::capi
