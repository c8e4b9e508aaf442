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
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "bench/harness.h"
#include "crypto/drbg.h"
#include "crypto/hmac_sha1.h"
#include "crypto/kernels/kernels.h"
#include "srtp/batch.h"
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
constexpr double kMostOfOneByOne = 0.9;
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

// A sender and a receiver of each kind.
struct Pair {
  Pair(const StockSrtp& stock_srtp, const Context& context, const Suite& suite)
      : stock(stock_srtp),
        in(make_session(context, suite, Direction::kInbound)),
        out(make_session(context, suite, Direction::kOutbound)),
        stock_in(make_stock(stock_srtp, suite, Direction::kInbound)),
        stock_out(make_stock(stock_srtp, suite, Direction::kOutbound)) {}
  ~Pair() {
    stock.dealloc(stock_in);
    stock.dealloc(stock_out);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  const StockSrtp& stock;
  Session in;
  Session out;
  srtp_t stock_in;
  srtp_t stock_out;
};

using Packet = std::array<uint8_t, 256>;

using Packets = std::array<Packet, 32>;

bool seal_ours(Pair& pair, const Packet& plain, Packet& sealed, size_t& len) {
  const auto got = pair.out.seal_rtp(ByteView(plain).first(kPacketLen), sealed);
  if (got) len = *got;
  return got.has_value();
}

bool open_ours(Pair& pair, const Packet& sealed, size_t len) {
  Packet opened;
  const bool is_opened = pair.in.open_rtp(ByteView(sealed).first(len), opened).has_value();
  bench::keep(opened);
  return is_opened;
}

bool seal_stock(Pair& pair, const Packet& plain, Packet& sealed, size_t& len) {
  std::memcpy(sealed.data(), plain.data(), kPacketLen);
  int size = kPacketLen;
  const bool is_sealed =
      pair.stock.protect(pair.stock_out, sealed.data(), &size, 0, 0) == srtp_err_status_ok;
  len = static_cast<size_t>(size);
  return is_sealed;
}

bool open_stock(Pair& pair, const Packet& sealed, size_t len) {
  Packet opened;
  std::memcpy(opened.data(), sealed.data(), len);
  int size = static_cast<int>(len);
  const bool is_opened =
      pair.stock.unprotect(pair.stock_in, opened.data(), &size, 0) == srtp_err_status_ok;
  bench::keep(opened);
  return is_opened;
}

// The candidates: what seals, and what opens that or nothing. What is only sealed is another
// source: the receiver of the first would lose count of it.
struct Candidate {
  bool (*seal)(Pair&, const Packet&, Packet& sealed, size_t& len);
  bool (*open)(Pair&, const Packet& sealed, size_t len);
  uint8_t ssrc;
};
constexpr Candidate kCandidates[] = {{seal_ours, nullptr, 1},
                                     {seal_ours, open_ours, 2},
                                     {seal_stock, nullptr, 1},
                                     {seal_stock, open_stock, 2}};
// Of what lies ready in numbers, behind those: sealed or there and back, one by one or together.
constexpr uint8_t kManySsrcs[] = {3, 4, 5, 6};

struct Pairs {
  std::vector<std::unique_ptr<Pair>> list;
  // The next one of each pair.
  std::array<std::vector<uint16_t>, std::size(kCandidates) + std::size(kManySsrcs)> sequence;
};

void number(Packet& packet, uint16_t sequence, uint8_t ssrc) {
  packet[0] = 0x80;
  packet[2] = static_cast<uint8_t>(sequence >> 8);
  packet[3] = static_cast<uint8_t>(sequence);
  packet[11] = ssrc;
}

// Packets lie ready, as those do that recvmmsg brought: what was just stored in pieces is slow to
// load as a vector.
bench::Work work(Pairs& pairs, size_t sessions, size_t which) {
  return [&pairs, sessions, which, at = size_t{0}](size_t iterations) mutable {
    const Candidate& candidate = kCandidates[which];
    std::vector<uint16_t>& sequence = pairs.sequence[which];
    Packets plain{}, sealed;
    std::array<size_t, std::tuple_size_v<Packets>> len{};
    bool is_good = true;
    for (size_t done = 0; done < iterations; done += plain.size()) {
      const size_t count = std::min(plain.size(), iterations - done);
      const auto pair = [&](size_t i) { return (at + i) % sessions; };
      for (size_t i = 0; i < count; ++i) number(plain[i], ++sequence[pair(i)], candidate.ssrc);
      for (size_t i = 0; i < count; ++i)
        is_good &= candidate.seal(*pairs.list[pair(i)], plain[i], sealed[i], len[i]);
      bench::keep(sealed);
      for (size_t i = 0; candidate.open != nullptr && i < count; ++i)
        is_good &= candidate.open(*pairs.list[pair(i)], sealed[i], len[i]);
      at = pair(count);
    }
    if (!is_good) std::abort();
  };
}

// One packet of each of many sessions: what lies ready when recvmmsg returns.
class Many {
 public:
  static constexpr size_t kItems = 32;

  // is_loop: there and back, else sealing alone.
  Many(Pairs& pairs, size_t sessions, bool is_loop, bool is_together)
      : pairs_(pairs),
        sessions_(sessions),
        is_loop_(is_loop),
        is_together_(is_together),
        source_((is_together ? 2u : 0u) + (is_loop ? 1u : 0u)) {}

  void run(size_t iterations) {
    for (size_t done = 0; done < iterations; done += kItems) {
      for (size_t i = 0; i < kItems; ++i) {
        const size_t pair = (at_ + i) % sessions_;
        number(plain_[i], ++pairs_.sequence[std::size(kCandidates) + source_][pair],
               kManySsrcs[source_]);
        items_[i].session = &pairs_.list[pair]->out;
        items_[i].packet = ByteView(plain_[i]).first(kPacketLen);
        items_[i].out = sealed_[i];
      }
      all(Batch::seal_rtp, &Session::seal_rtp);
      for (size_t i = 0; is_loop_ && i < kItems; ++i) {
        items_[i].session = &pairs_.list[(at_ + i) % sessions_]->in;
        items_[i].packet = ByteView(sealed_[i]).first(items_[i].len);
        items_[i].out = opened_[i];
      }
      if (is_loop_) all(Batch::open_rtp, &Session::open_rtp);
      at_ = (at_ + kItems) % sessions_;
    }
  }

 private:
  void all(size_t (*together)(std::span<BatchItem>),
           Result<size_t> (Session::*alone)(ByteView, MutableBytes)) {
    if (is_together_) {
      for (std::span<BatchItem> left = items_; !left.empty();) left = left.subspan(together(left));
    } else {
      for (BatchItem& item : items_) item.set((item.session->*alone)(item.packet, item.out));
    }
    for (const BatchItem& item : items_) {
      if (item.status != Status::OK) std::abort();
    }
  }

  Pairs& pairs_;
  size_t sessions_;
  bool is_loop_;
  bool is_together_;
  size_t source_;
  size_t at_ = 0;
  std::array<BatchItem, kItems> items_;
  std::array<Packet, kItems> plain_{};
  std::array<Packet, kItems> sealed_;
  std::array<Packet, kItems> opened_;
};

// What the mathematics of one packet cost: the kernels on a packet that lies ready.
class Floor {
 public:
  explicit Floor(const Suite& suite) : is_aead_(suite.is_aead) {
    const auto& row = *kernels_.aes;
    row.expand(key_.aes, kKey, suite.key_len);
    row.hash_key(key_);
    hmac_.set(ByteView(kKey).first(20));
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
                      packet_.data() + kHeaderLen, kPacketLen - kHeaderLen);
  }
  // The packet and the rollover counter.
  void authenticate() {
    hmac_.tag(ByteView(packet_).first(kPacketLen), 0,
              std::span(packet_).subspan<kPacketLen, crypto::HmacSha1Key::kTagLen>());
  }

  crypto::kernels::Choice kernels_ = crypto::kernels::active();
  bool is_aead_;
  crypto::kernels::GcmKey key_;
  crypto::HmacSha1Key hmac_;
  std::array<uint8_t, 16> counter_{};
  Packet packet_{};
};

void measure_packets(bench::Table& table, Pairs& pairs, size_t sessions, const Suite& suite) {
  Floor floor(suite);
  std::vector<bench::Work> works{floor.seal(), floor.open()};
  for (size_t i = 0; i < std::size(kCandidates); ++i) works.push_back(work(pairs, sessions, i));
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
}

void measure_batches(bench::Table& table, Pairs& pairs, size_t sessions, const Suite& suite) {
  std::array<Many, 4> many{Many(pairs, sessions, false, false), Many(pairs, sessions, true, false),
                           Many(pairs, sessions, false, true), Many(pairs, sessions, true, true)};
  std::vector<bench::Work> works;
  for (Many& one : many) works.push_back([&one](size_t n) { one.run(n); });
  const auto ns = bench::measure_ns(works, 21, 10);
  std::optional<double> goal;
  if (!suite.is_aead) goal = kMostOfOneByOne;
  const std::string what = "srtp " + std::string(suite.name) + ", " + std::to_string(sessions) +
                           " sessions: batches of " + std::to_string(Many::kItems) + ", ";
  table.add({what + "seal", ns[2], "ns", {}});
  table.add({what + "seal against one by one", ns[2] / ns[0], "ratio", goal});
  table.add({what + "open", ns[3] - ns[2], "ns", {}});
  table.add({what + "open against one by one", (ns[3] - ns[2]) / (ns[1] - ns[0]), "ratio", goal});
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
    if (sessions > 1) measure_batches(table, pairs, sessions, suite);
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
