// A Session against plain libsrtp2 called the same way: ns a packet for seal and open of 160 bytes of
// payload, with 1, 100 and 1,000 sessions alive. Runs are interleaved; medians of 9.
#include <srtp2/srtp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "srtp/library.h"
#include "srtp/session.h"

using namespace voxlock;
using namespace voxlock::srtp;

namespace {

constexpr size_t kPacketLen = 172;
constexpr size_t kRounds = 9;

// What both sides do: seal a packet out of place, open it out of place.
struct Pair {
  Pair(const Context& context, const Suite& suite) : in(make(context, suite, Direction::kInbound)), out(make(context, suite, Direction::kOutbound)) {
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
  uint16_t sequence = 1;
  uint16_t bare_sequence = 1;
};

using Packet = std::array<uint8_t, 256>;

void number(Packet& packet, uint16_t sequence) {
  packet[0] = 0x80;
  packet[2] = static_cast<uint8_t>(sequence >> 8);
  packet[3] = static_cast<uint8_t>(sequence);
}

bool loop_ours(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.sequence++);
  const auto len = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed);
  return len && pair.in.open_rtp(ByteView(sealed).first(*len), plain);
}

bool loop_bare(Pair& pair) {
  Packet plain{};
  Packet sealed;
  number(plain, pair.bare_sequence++);
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int len = kPacketLen;
  if (srtp_protect(pair.bare_out, sealed.data(), &len) != srtp_err_status_ok) return false;
  std::memcpy(plain.data(), sealed.data(), static_cast<size_t>(len));
  return srtp_unprotect(pair.bare_in, plain.data(), &len) == srtp_err_status_ok;
}

template <typename Loop>
double ns_per_packet(std::vector<std::unique_ptr<Pair>>& pairs, size_t packets, Loop loop) {
  const auto begin = std::chrono::steady_clock::now();
  for (size_t i = 0; i < packets; ++i) {
    if (!loop(*pairs[i % pairs.size()])) std::abort();
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
  return took.count() / static_cast<double>(packets);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(const Context& context, const Suite& suite, size_t sessions) {
  std::vector<std::unique_ptr<Pair>> pairs;
  for (size_t i = 0; i < sessions; ++i) pairs.push_back(std::make_unique<Pair>(context, suite));
  const size_t packets = std::max<size_t>(sessions * 2, 2000);
  std::vector<double> ours;
  std::vector<double> bare;
  std::vector<double> ratios;
  for (size_t round = 0; round < kRounds; ++round) {
    ours.push_back(ns_per_packet(pairs, packets, loop_ours));
    bare.push_back(ns_per_packet(pairs, packets, loop_bare));
    ratios.push_back(ours.back() / bare.back());
  }
  std::printf("%-26.*s %5zu sessions  seal+open %8.0f ns  libsrtp2 %8.0f ns  ratio %.3f\n",
              static_cast<int>(suite.name.size()), suite.name.data(), sessions, median(ours), median(bare), median(ratios));
  std::fflush(stdout);
}

}  // namespace

// Argument: the one number of sessions to measure; default 1, 100 and 1,000.
int main(int argc, char* argv[]) {
  const size_t only = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 0;
  Memory memory(nullptr);
  crypto::Drbg random;
  const Context context(memory, random, LogSink{});
  for (const Suite& suite : suites()) {
    for (const size_t sessions : {1, 100, 1000}) {
      if (only == 0 || only == sessions) measure(context, suite, sessions);
    }
  }
  return 0;
}
