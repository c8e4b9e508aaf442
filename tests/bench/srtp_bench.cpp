// A Session against the system's unmodified libsrtp2, loaded beside the private copy that voxlock
// links, and against the kernels called bare: 160 bytes of payload, out of place, with 1, 100 and
// 1,000 sessions in turn. The unit is one packet. Each packet can be opened once, so that opening
// is measured as the way there and back less the sealing; all candidates run in turn.
#include <malloc.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "bench/harness.h"
#include "crypto/drbg.h"
#include "crypto/hmac_sha1.h"
#include "crypto/kernels/kernels.h"
#include "srtp/session.h"
#include "support/stock_srtp.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::StockSrtp;

namespace {

constexpr size_t kHeaderLen = 12;
constexpr size_t kPacketLen = 172;

// The goals of the ratios for 1 and for 1,000 sessions.
constexpr double kMostOfStockCm = 0.11;
constexpr double kMostOfStockGcm = 0.10;
constexpr double kMostOfStockWithMany = 0.025;
constexpr double kMostOfFloor = 1.5;
constexpr double kMostOfStockCreation = 0.01;

const uint8_t kKey[kMaxKeyAndSaltLen] = {7, 7, 7};

Session make_session(const Context& context, const Suite& suite, Direction direction) {
  SessionConfig config;
  config.suite = suite.id;
  config.direction = direction;
  config.key_and_salt = ByteView(kKey).first(suite.key_and_salt_len());
  auto session = Session::create(context, config);
  if (!session) std::abort();
  return *std::move(session);
}

srtp_t make_stock(const StockSrtp& stock, const Suite& suite, Direction direction) {
  const srtp_policy_t policy = StockSrtp::policy(suite, kKey, direction == Direction::kInbound);
  srtp_t out = nullptr;
  if (stock.create(&out, &policy) != srtp_err_status_ok) std::abort();
  return out;
}

// libsrtp2 itself with our ciphers in it: the part of a Session's time that is not its own.
struct Bare {
  Bare(const Suite& suite, Direction direction) {
    const auto made = library::create({suite, ByteView(kKey).first(suite.key_and_salt_len()),
                                       direction == Direction::kInbound, 128, false});
    if (!made) std::abort();
    raw = *made;
  }
  ~Bare() { library::destroy(raw); }
  Bare(const Bare&) = delete;
  Bare& operator=(const Bare&) = delete;
  srtp_ctx_t_* raw = nullptr;
};

// A sender and a receiver of each kind.
struct Pair {
  Pair(const StockSrtp& stock_srtp, const Context& context, const Suite& suite)
      : stock(stock_srtp),
        in(make_session(context, suite, Direction::kInbound)),
        out(make_session(context, suite, Direction::kOutbound)),
        stock_in(make_stock(stock_srtp, suite, Direction::kInbound)),
        stock_out(make_stock(stock_srtp, suite, Direction::kOutbound)) {
    if (suite.is_aead) return;
    bare_in.emplace(suite, Direction::kInbound);
    bare_out.emplace(suite, Direction::kOutbound);
  }
  ~Pair() {
    stock.dealloc(stock_in);
    stock.dealloc(stock_out);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  const StockSrtp& stock;
  Session in;
  Session out;
  // Not of AEAD suites, which do without libsrtp2.
  std::optional<Bare> bare_in;
  std::optional<Bare> bare_out;
  srtp_t stock_in;
  srtp_t stock_out;
};

using Packet = std::array<uint8_t, 256>;

bool seal_ours(Pair& pair, const Packet& plain) {
  Packet sealed;
  const bool is_sealed = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed).has_value();
  bench::keep(sealed);
  return is_sealed;
}

bool loop_ours(Pair& pair, const Packet& plain) {
  Packet sealed, opened;
  const auto len = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed);
  const bool is_opened = len && pair.in.open_rtp(ByteView(sealed).first(*len), opened);
  bench::keep(opened);
  return is_opened;
}

bool seal_bare(Pair& pair, const Packet& plain) {
  Packet sealed;
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  const bool is_sealed =
      library::protect(pair.bare_out->raw, sealed, kPacketLen, false).has_value();
  bench::keep(sealed);
  return is_sealed;
}

bool loop_bare(Pair& pair, const Packet& plain) {
  Packet sealed, opened;
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  const auto len = library::protect(pair.bare_out->raw, sealed, kPacketLen, false);
  if (!len) return false;
  std::memcpy(opened.data(), sealed.data(), *len);
  const bool is_opened =
      library::unprotect(pair.bare_in->raw, MutableBytes(opened).first(*len), false).has_value();
  bench::keep(opened);
  return is_opened;
}

bool seal_stock(Pair& pair, const Packet& plain) {
  Packet sealed;
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int len = kPacketLen;
  const bool is_sealed =
      pair.stock.protect(pair.stock_out, sealed.data(), &len, 0, 0) == srtp_err_status_ok;
  bench::keep(sealed);
  return is_sealed;
}

bool loop_stock(Pair& pair, const Packet& plain) {
  Packet sealed, opened;
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int len = kPacketLen;
  if (pair.stock.protect(pair.stock_out, sealed.data(), &len, 0, 0) != srtp_err_status_ok)
    return false;
  std::memcpy(opened.data(), sealed.data(), static_cast<size_t>(len));
  const bool is_opened =
      pair.stock.unprotect(pair.stock_in, opened.data(), &len, 0) == srtp_err_status_ok;
  bench::keep(opened);
  return is_opened;
}

// The candidates. What is only sealed is another source: the receiver of the first would lose count
// of it.
struct Candidate {
  bool (*run)(Pair&, const Packet&);
  uint8_t ssrc;
};
constexpr Candidate kCandidates[] = {{seal_ours, 1},  {loop_ours, 2}, {seal_stock, 1},
                                     {loop_stock, 2}, {seal_bare, 1}, {loop_bare, 2}};
constexpr size_t kCandidatesOfAead = 4;  // the first ones

struct Pairs {
  std::vector<std::unique_ptr<Pair>> list;
  std::array<std::vector<uint16_t>, std::size(kCandidates)> sequence;  // next one of each pair
};

// A packet is numbered one turn before it is used, as one that comes from elsewhere lies ready:
// what was just stored byte by byte is slow to load as a vector.
bench::Work work(Pairs& pairs, size_t sessions, size_t which) {
  return [&pairs, sessions, which, at = size_t{0}](size_t iterations) mutable {
    const Candidate& candidate = kCandidates[which];
    std::vector<uint16_t>& sequence = pairs.sequence[which];
    std::array<Packet, 2> packets{};
    const auto number = [&](size_t i, size_t pair) {
      Packet& packet = packets[i % 2];
      const uint16_t value = ++sequence[pair];
      packet[0] = 0x80;
      packet[2] = static_cast<uint8_t>(value >> 8);
      packet[3] = static_cast<uint8_t>(value);
      packet[11] = candidate.ssrc;
    };
    number(0, at);
    for (size_t i = 0; i < iterations; ++i) {
      const size_t next = at + 1 == sessions ? 0 : at + 1;
      if (i + 1 < iterations) number(i + 1, next);
      if (!candidate.run(*pairs.list[at], packets[i % 2])) std::abort();
      at = next;
    }
  };
}

// What the mathematics of one packet cost: the kernels on a packet that lies ready.
class Floor {
 public:
  explicit Floor(const Suite& suite) : is_aead_(suite.is_aead) {
    const auto& row = *kernels_.aes;
    row.expand(key_.aes, kKey, suite.key_len);
    row.hash_key(key_);
    hmac_.set_key(ByteView(kKey).first(20));
  }
  bench::Work seal() {
    return [this](size_t iterations) {
      for (size_t i = 0; i < iterations; ++i) {
        if (is_aead_) {
          kernels_.aes->seal(key_, head(), packet_.data() + kHeaderLen, packet_.data() + kHeaderLen,
                             kPacketLen - kHeaderLen, packet_.data() + kPacketLen);
        } else {
          crypt();
          authenticate();
        }
        bench::keep(packet_);
      }
    };
  }
  bench::Work open() {
    return [this](size_t iterations) {
      for (size_t i = 0; i < iterations; ++i) {
        if (is_aead_) {
          kernels_.aes->open(key_, head(), packet_.data() + kHeaderLen, packet_.data() + kHeaderLen,
                             kPacketLen - kHeaderLen, packet_.data() + kPacketLen);
        } else {
          authenticate();
          bench::keep(packet_);
          crypt();
        }
        bench::keep(packet_);
      }
    };
  }

 private:
  [[nodiscard]] crypto::kernels::GcmHead head() const {
    return {{}, {}, packet_.data(), kHeaderLen, kHeaderLen};
  }
  void crypt() {
    kernels_.aes->ctr(key_.aes, counter_.data(), packet_.data() + kHeaderLen,
                      kPacketLen - kHeaderLen);
  }
  // The packet and the rollover counter.
  void authenticate() {
    hmac_.start();
    hmac_.update(ByteView(packet_).first(kPacketLen));
    hmac_.update(ByteView(packet_).first(4));
    hmac_.finish(MutableBytes(packet_).subspan(kPacketLen, 10));
  }

  crypto::kernels::Choice kernels_ = crypto::kernels::active();
  bool is_aead_;
  crypto::kernels::GcmKey key_;
  crypto::HmacSha1 hmac_;
  std::array<uint8_t, 16> counter_{};
  Packet packet_{};
};

void measure_packets(bench::Table& table, Pairs& pairs, size_t sessions, const Suite& suite) {
  Floor floor(suite);
  std::vector<bench::Work> works{floor.seal(), floor.open()};
  const size_t candidates = suite.is_aead ? kCandidatesOfAead : std::size(kCandidates);
  for (size_t i = 0; i < candidates; ++i) works.push_back(work(pairs, sessions, i));
  const auto ns = bench::measure_ns(works, 21, 10);
  const std::string what =
      "srtp " + std::string(suite.name) + ", " + std::to_string(sessions) + " sessions: ";
  std::optional<double> of_stock;
  if (sessions == 1) of_stock = suite.is_aead ? kMostOfStockGcm : kMostOfStockCm;
  if (sessions == 1000) of_stock = kMostOfStockWithMany;
  const double floor_seal = ns[0], floor_open = ns[1], seal = ns[2], stock_seal = ns[4];
  const double open = ns[3] - seal, stock_open = ns[5] - stock_seal;
  table.add({what + "seal", seal, "ns", {}});
  table.add({what + "seal against libsrtp2", seal / stock_seal, "ratio", of_stock});
  table.add({what + "open", open, "ns", {}});
  table.add({what + "open against libsrtp2", open / stock_open, "ratio", of_stock});
  if (sessions == 1) {
    table.add({what + "seal against its kernels", seal / floor_seal, "ratio", kMostOfFloor});
    table.add({what + "open against its kernels", open / floor_open, "ratio", kMostOfFloor});
  }
  if (suite.is_aead) return;
  const double bare_seal = ns[6], bare_open = ns[7] - bare_seal;
  table.add({what + "seal, the part inside libsrtp2", bare_seal / seal, "ratio", {}});
  table.add({what + "open, the part inside libsrtp2", bare_open / open, "ratio", {}});
  if (sessions != 1) return;
  const std::string bare = what + "libsrtp2 with our ciphers, ";
  table.add({bare + "seal against its kernels", bare_seal / floor_seal, "ratio", {}});
  table.add({bare + "open against its kernels", bare_open / floor_open, "ratio", {}});
}

void measure_creation(bench::Table& table, const StockSrtp& stock, const Context& context,
                      const Suite& suite) {
  const auto ours = [&](size_t iterations) {
    for (size_t i = 0; i < iterations; ++i)
      bench::keep(make_session(context, suite, Direction::kInbound));
  };
  const auto theirs = [&](size_t iterations) {
    for (size_t i = 0; i < iterations; ++i)
      stock.dealloc(make_stock(stock, suite, Direction::kInbound));
  };
  // What one side frees, the C library would give back to the system and the other would pay for.
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  const auto ns = bench::measure_ns({ours, theirs}, 11, 20);
  const std::string what = "srtp " + std::string(suite.name) + ", a session: ";
  table.add({what + "create and destroy", ns[0], "ns", {}});
  table.add(
      {what + "create and destroy against libsrtp2", ns[0] / ns[1], "ratio", kMostOfStockCreation});
  constexpr size_t kSessions = 64;
  const auto heap = [] { return static_cast<double>(mallinfo2().uordblks); };
  const double empty = heap();
  std::vector<Session> sessions;
  sessions.reserve(kSessions);
  for (size_t i = 0; i < kSessions; ++i)
    sessions.push_back(make_session(context, suite, Direction::kInbound));
  const double with_ours = heap();
  std::vector<srtp_t> stocks;
  for (size_t i = 0; i < kSessions; ++i)
    stocks.push_back(make_stock(stock, suite, Direction::kInbound));
  const double with_stock = heap();
  for (srtp_t session : stocks) stock.dealloc(session);
  table.add({what + "heap", (with_ours - empty) / kSessions, "bytes", {}});
  table.add({what + "heap against libsrtp2",
             (with_ours - empty) / (with_stock - with_ours),
             "ratio",
             {}});
}

void measure(bench::Table& table, const StockSrtp& stock, const Context& context, SuiteId id) {
  const Suite& suite = *find_suite(id);
  measure_creation(table, stock, context, suite);
  Pairs pairs;
  for (const size_t sessions : {size_t{1}, size_t{100}, size_t{1000}}) {
    // Only so many are alive: a pair is a sender and a receiver of each kind.
    while (pairs.list.size() < sessions)
      pairs.list.push_back(std::make_unique<Pair>(stock, context, suite));
    for (auto& sequence : pairs.sequence) sequence.resize(sessions);
    measure_packets(table, pairs, sessions, suite);
  }
}

}  // namespace

VOXLOCK_BENCH(srtp) {
  const StockSrtp* stock = StockSrtp::load();
  if (stock == nullptr) {
    table.note("srtp: no libsrtp2.so.1 to compare with");
    return;
  }
  Memory memory(nullptr);
  crypto::Drbg random;
  const Context context(memory, random, LogSink{});
  for (const SuiteId id : {SuiteId::kAesCm128HmacSha1_80, SuiteId::kAes256CmHmacSha1_80,
                           SuiteId::kAeadAes128Gcm, SuiteId::kAeadAes256Gcm}) {
    measure(table, *stock, context, id);
  }
}
