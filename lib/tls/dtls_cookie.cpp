#include "tls/dtls_cookie.h"

#include <algorithm>

#include "crypto/hmac.h"

namespace voxlock::tls {
namespace {

// RFC 6347, section 4.2.1: a server that asks for a cookie says DTLS 1.0, whatever it will speak.
constexpr uint16_t kDtls10 = 0xfeff;

}  // namespace

// RFC 6347, section 4.2.1:
//   client_version (2) | random (32) | session_id <0..32> | cookie <0..255>
//   | cipher_suites <2..2^16-1> | compression_methods <1..2^8-1> | extensions
std::optional<HelloView> read_hello(ByteView body) {
  bytes::Reader reader(body);
  HelloView hello;
  reader.skip(2);
  hello.random = reader.take(std::tuple_size_v<HelloRandom>);
  reader.skip(reader.u8());
  const size_t cookie_at = reader.position();
  hello.cookie = reader.take(reader.u8());
  const size_t suites_at = reader.position();
  reader.skip(reader.u16());
  reader.skip(reader.u8());
  if (!reader.ok()) return std::nullopt;
  hello.before_cookie = body.first(cookie_at);
  hello.after_cookie = body.subspan(suites_at, reader.position() - suites_at);
  return hello;
}

Result<void> DtlsCookie::make_secret(RandomSource& random) {
  return random.fill(secret_.resize(32));
}

Result<std::array<uint8_t, DtlsCookie::kSize>> DtlsCookie::cookie_of(const HelloView& hello) const {
  // The parts cannot be shifted against each other: before_cookie holds the length of its end.
  crypto::Hmac hmac(crypto::HashId::kSha256, secret_.view());
  hmac.update(hello.before_cookie);
  hmac.update(hello.after_cookie);
  VOXLOCK_TRY(const crypto::Digest tag, hmac.finish());
  std::array<uint8_t, kSize> cookie;
  std::ranges::copy(tag.view(), cookie.begin());
  return cookie;
}

Result<bool> DtlsCookie::is_valid(const HelloView& hello) const {
  VOXLOCK_TRY(const auto cookie, cookie_of(hello));
  return secure::equal(hello.cookie, cookie);
}

Result<void> DtlsCookie::write_request(const HelloView& hello, uint64_t sequence,
                                       bytes::Writer& out) const {
  VOXLOCK_TRY(const auto cookie, cookie_of(hello));
  constexpr uint32_t kBody = 2 + 1 + kSize;
  out.u8(kHandshakeRecord);
  out.u16(kDtls10);
  out.u16(0);
  out.u16(static_cast<uint16_t>(sequence >> 32));
  out.u32(static_cast<uint32_t>(sequence));
  out.u16(kHandshakeHeader + kBody);
  out.u8(kHelloVerifyRequest);
  out.u24(kBody);
  out.u16(0);
  out.u24(0);
  out.u24(kBody);
  out.u16(kDtls10);
  out.u8(kSize);
  out.put(cookie);
  return {};
}

}  // namespace voxlock::tls
