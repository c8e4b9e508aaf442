// Two ends of one SRTP key, and packets for them.
#pragma once

#include <string_view>
#include <vector>

#include "srtp/session.h"
#include "support/allocator.h"
#include "support/catch.h"

namespace voxlock::test {

inline constexpr uint32_t kSsrc = 0x11223344;

// A PCMU packet with 160 bytes of payload.
inline std::vector<uint8_t> rtp_packet(uint16_t sequence, uint32_t ssrc = kSsrc) {
  std::vector<uint8_t> out(172, 0x55);
  bytes::Writer writer(out);
  writer.u16(0x8000);
  writer.u16(sequence);
  writer.u32(sequence * 160u);
  writer.u32(ssrc);
  return out;
}

// A sender report without blocks.
inline std::vector<uint8_t> rtcp_packet(uint32_t ssrc = kSsrc) {
  std::vector<uint8_t> out(28, 0x66);
  bytes::Writer writer(out);
  writer.u32(0x80c80006);
  writer.u32(ssrc);
  return out;
}

struct Pair {
  using Change = void (*)(srtp::SessionConfig&);

  explicit Pair(srtp::SuiteId suite, std::string_view mki, Change change = nullptr)
      : in(make(suite, mki, srtp::Direction::kInbound, change)),
        out(make(suite, mki, srtp::Direction::kOutbound, change)) {}

  srtp::Session make(srtp::SuiteId id, std::string_view mki, srtp::Direction direction,
                     Change change) {
    std::vector<uint8_t> key(srtp::find_suite(id)->key_and_salt_len());
    for (size_t i = 0; i < key.size(); ++i) key[i] = static_cast<uint8_t>(i * 7 + 1);
    srtp::SessionConfig config;
    config.suite = id;
    config.direction = direction;
    config.key_and_salt = key;
    config.mki = as_bytes(mki);
    if (change != nullptr) change(config);
    auto session = srtp::Session::create(context.context, config);
    REQUIRE(session);
    return *std::move(session);
  }

  std::vector<uint8_t> seal(ByteView plain) { return finish(out.seal_rtp(plain, room)); }
  std::vector<uint8_t> open(ByteView sealed) { return finish(in.open_rtp(sealed, room)); }
  std::vector<uint8_t> seal_rtcp(ByteView plain) { return finish(out.seal_rtcp(plain, room)); }
  std::vector<uint8_t> open_rtcp(ByteView sealed) { return finish(in.open_rtcp(sealed, room)); }
  Status status(const std::vector<uint8_t>& sealed) { return in.open_rtp(sealed, room).error(); }
  Status rtcp_status(const std::vector<uint8_t>& sealed) {
    return in.open_rtcp(sealed, room).error();
  }

  TestContext context;
  std::vector<uint8_t> room = std::vector<uint8_t>(4096);
  srtp::Session in;
  srtp::Session out;

 private:
  std::vector<uint8_t> finish(const Result<size_t>& len) {
    REQUIRE(len.error() == Status::OK);
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(*len)};
  }
};

}  // namespace voxlock::test
