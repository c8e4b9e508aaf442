// The cookie exchange of a server (RFC 6347, section 4.2.1), before the DTLS library sees a hello:
// the same with every version of it, and a hello without a cookie leaves it at its start.
#pragma once

#include <cstdint>
#include <optional>

#include "base/random.h"
#include "base/result.h"
#include "base/secure.h"
#include "tls/dtls_record.h"

namespace voxlock::tls {

// What a ClientHello says that its second form must repeat, and the cookie it brings.
struct HelloView {
  ByteView random;
  ByteView cookie;
  // Version, random and session id stand before the cookie, suites and compression behind.
  ByteView before_cookie;
  ByteView after_cookie;
};

// Reads the body of a whole ClientHello; none where its fixed part is malformed.
std::optional<HelloView> read_hello(ByteView body);

class DtlsCookie {
 public:
  static constexpr size_t kSize = 32;

  // ERR_ENTROPY.
  Result<void> make_secret(RandomSource& random);
  // True where the hello brings the cookie that was made for it. The association has one peer
  // address, and only that one was ever sent the cookie. ERR_NO_MEMORY.
  [[nodiscard]] Result<bool> is_valid(const HelloView& hello) const;
  // The record that asks for the cookie; sequence is that of the hello's record.
  // ERR_NO_MEMORY.
  Result<void> write_request(const HelloView& hello, uint64_t sequence, bytes::Writer& out) const;

 private:
  [[nodiscard]] Result<std::array<uint8_t, kSize>> cookie_of(const HelloView& hello) const;

  secure::Secret<32> secret_;
};

}  // namespace voxlock::tls
