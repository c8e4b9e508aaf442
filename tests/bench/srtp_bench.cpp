// A Session against plain libsrtp2 called the same way: 160 bytes of payload, out of place, with 1,
// 100 and 1,000 sessions in turn. The unit is one packet. Each packet can be opened once, so that
// opening is measured as the way there and back less the sealing; all four run in turn.
#include <srtp2/srtp.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/context.h"
#include "bench/harness.h"
#include "crypto/drbg.h"
#include "srtp/library.h"
#include "srtp/session.h"

using namespace voxlock;
using namespace voxlock::srtp;

namespace {

constexpr size_t kPacketLen = 172;
// The goals of the ratios: checks, statistics and the second look at the header in front of the
// cipher.
constexpr double kMostRatio = 1.10;

// A sender and a receiver of both kinds.
struct Pair {
  Pair(const Context& context, const Suite& suite)
      : in(make(context, suite, Direction::kInbound)),
        out(make(context, suite, Direction::kOutbound)) {
    const std::vector<uint8_t> key(kMaxKeyAndSaltLen, 7);
    const ByteView master = ByteView(key).first(suite.key_and_salt_len());
    bare_in = *library::create({suite, master, true, 128, false});
    bare_out = *library::create({suite, master, false, 128, false});
  }
  ~Pair() {
    library::destroy(bare_in);
    library::destroy(bare_out);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  static Session make(const Context& context, const Suite& suite, Direction direction) {
    const std::vector<uint8_t> key(kMaxKeyAndSaltLen, 7);
    SessionConfig config;
    config.suite = suite.id;
    config.direction = direction;
    config.key_and_salt = ByteView(key).first(suite.key_and_salt_len());
    return *Session::create(context, config);
  }

  Session in;
  Session out;
  srtp_ctx_t_* bare_in = nullptr;
  srtp_ctx_t_* bare_out = nullptr;
  uint16_t sequence = 1;  // of what is opened
  uint16_t sequence_sealed = 1;
  uint16_t bare_sequence = 1;
  uint16_t bare_sequence_sealed = 1;
};

using Pairs = std::vector<std::unique_ptr<Pair>>;
using Packet = std::array<uint8_t, 256>;

// What is only sealed is another stream: the receiver of the first would lose count of it.
constexpr uint8_t kOpenedSsrc = 1;
constexpr uint8_t kSealedSsrc = 2;

void number(Packet& packet, uint16_t sequence, uint8_t ssrc) {
  packet[0] = 0x80;
  packet[2] = static_cast<uint8_t>(sequence >> 8);
  packet[3] = static_cast<uint8_t>(sequence);
  packet[11] = ssrc;
}

bool seal_ours(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.sequence_sealed++, kSealedSsrc);
  const bool is_sealed = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed).has_value();
  bench::keep(sealed);
  return is_sealed;
}

bool loop_ours(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.sequence++, kOpenedSsrc);
  const auto len = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed);
  return len && pair.in.open_rtp(ByteView(sealed).first(*len), plain);
}

bool seal_bare(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.bare_sequence_sealed++, kSealedSsrc);
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int len = kPacketLen;
  const bool is_sealed = srtp_protect(pair.bare_out, sealed.data(), &len) == srtp_err_status_ok;
  bench::keep(sealed);
  return is_sealed;
}

bool loop_bare(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.bare_sequence++, kOpenedSsrc);
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int len = kPacketLen;
  if (srtp_protect(pair.bare_out, sealed.data(), &len) != srtp_err_status_ok) return false;
  std::memcpy(plain.data(), sealed.data(), static_cast<size_t>(len));
  return srtp_unprotect(pair.bare_in, plain.data(), &len) == srtp_err_status_ok;
}

bench::Work work(Pairs& pairs, size_t sessions, bool (*loop)(Pair&)) {
  return [&pairs, sessions, loop, next = size_t{0}](size_t iterations) mutable {
    for (size_t i = 0; i < iterations; ++i) {
      if (!loop(*pairs[next])) std::abort();
      next = next + 1 == sessions ? 0 : next + 1;
    }
  };
}

void measure(bench::Table& table, const Context& context, SuiteId id) {
  const Suite& suite = *find_suite(id);
  Pairs pairs;
  for (const size_t sessions : {size_t{1}, size_t{100}, size_t{1000}}) {
    // Only so many are alive: a session is a sender and a receiver, once ours and once bare.
    while (pairs.size() < sessions) pairs.push_back(std::make_unique<Pair>(context, suite));
    const auto ns =
        bench::measure_ns({work(pairs, sessions, seal_ours), work(pairs, sessions, loop_ours),
                           work(pairs, sessions, seal_bare), work(pairs, sessions, loop_bare)},
                          21, 10);
    const std::string what =
        "srtp " + std::string(suite.name) + ", " + std::to_string(sessions) + " sessions: ";
    table.add({what + "seal", ns[0], "ns", {}});
    table.add({what + "seal against libsrtp2", ns[0] / ns[2], "ratio", kMostRatio});
    table.add({what + "open", ns[1] - ns[0], "ns", {}});
    table.add(
        {what + "open against libsrtp2", (ns[1] - ns[0]) / (ns[3] - ns[2]), "ratio", kMostRatio});
  }
}

}  // namespace

VOXLOCK_BENCH(srtp) {
  Memory memory(nullptr);
  crypto::Drbg random;
  const Context context(memory, random, LogSink{});
  for (const SuiteId id : {SuiteId::kAesCm128HmacSha1_80, SuiteId::kAeadAes128Gcm})
    measure(table, context, id);
}
