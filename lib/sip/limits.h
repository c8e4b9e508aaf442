// Bounds of a message. Each is far above what real peers send and small enough to hold per
// connection.
#pragma once

#include <cstddef>

namespace voxlock::sip {

// Header fields of one message. The torture test of RFC 4475 3.1.1.7 has 41, a call through many
// proxies rarely more than 80.
inline constexpr size_t kMaxHeaderFields = 200;
// A whole message: UDP carries less than 64 KiB; streams carry larger bodies.
inline constexpr size_t kMaxMessageLen = 1024 * 1024;
// Start line and header fields together.
inline constexpr size_t kMaxHeadLen = 64 * 1024;
// Request-URI; above it the answer is 414.
inline constexpr size_t kMaxRequestUriLen = 8 * 1024;

}  // namespace voxlock::sip
