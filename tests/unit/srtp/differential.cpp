// Random packets through a Session and through the system's unmodified libsrtp2: what one seals the
// other opens, and both seal the same bytes.
// usage: test_srtp_differential PACKETS [SEED]; exit status 77 (skipped) without libsrtp2.so.1.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "srtp/session.h"
#include "support/allocator.h"
#include "support/kernels.h"
#include "support/stock_srtp.h"

using namespace voxlock;
using namespace voxlock::srtp;
using test::StockSrtp;

namespace {

using Bytes = std::vector<uint8_t>;
constexpr size_t kRoom = 4096;
constexpr uint32_t kSources = 3;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

void check(bool is_good, const char* what) {
  if (!is_good) fail(what);
}

Bytes noise(std::mt19937& random, size_t len) {
  Bytes out(len);
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(random());
  return out;
}

// A version 2 header with contributing sources and an extension at random, and a payload.
Bytes rtp_packet(std::mt19937& random, uint32_t ssrc, uint16_t sequence) {
  const size_t csrcs = random() % 4 == 0 ? random() % 16 : 0;
  const bool has_extension = random() % 3 == 0;
  const size_t extension_words = has_extension ? random() % 24 : 0;
  const size_t head = 12 + 4 * csrcs + (has_extension ? 4 + 4 * extension_words : 0);
  const size_t payload = random() % 8 == 0 ? random() % 1400 : random() % 200;
  Bytes out = noise(random, head + payload);
  bytes::Writer writer(out);
  writer.u8(static_cast<uint8_t>(0x80 | (has_extension ? 0x10 : 0) | csrcs));
  writer.u8(static_cast<uint8_t>(random()));
  writer.u16(sequence);
  writer.u32(static_cast<uint32_t>(random()));
  writer.u32(ssrc);
  if (has_extension) {
    bytes::Writer extension(MutableBytes(out).subspan(12 + 4 * csrcs));
    extension.u16(0xbede);
    extension.u16(static_cast<uint16_t>(extension_words));
  }
  return out;
}

Bytes rtcp_packet(std::mt19937& random, uint32_t ssrc) {
  Bytes out = noise(random, 8 + 4 * (random() % 60));
  bytes::Writer writer(out);
  writer.u8(0x80);
  writer.u8(200);
  writer.u16(static_cast<uint16_t>(out.size() / 4 - 1));
  writer.u32(ssrc);
  return out;
}

// One key, both directions, both libraries.
class Peers {
 public:
  Peers(const StockSrtp& stock, const Context& context, const Suite& suite, bool has_mki,
        std::mt19937& random)
      : stock_(stock),
        suite_(suite),
        has_mki_(has_mki),
        key_(noise(random, suite.key_and_salt_len())),
        mki_(noise(random, has_mki ? 4 : 0)),
        in_(make(context, Direction::kInbound)),
        out_(make(context, Direction::kOutbound)) {
    for (uint32_t i = 0; i < kSources; ++i) {
      const uint32_t roc = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random() % 70000);
      sources_[i] = {i * 0x01010101 + 7, uint64_t{roc} << 16 | (65000 + random() % 536)};
    }
    make_stock(true, stock_in_);
    make_stock(false, stock_out_);
    for (const Source& source : sources_) {
      const auto roc = static_cast<uint32_t>(source.index >> 16);
      check(in_.set_roc(source.ssrc, roc) && out_.set_roc(source.ssrc, roc), "set_roc");
    }
  }
  ~Peers() {
    stock_.dealloc(stock_in_);
    stock_.dealloc(stock_out_);
  }
  Peers(const Peers&) = delete;
  Peers& operator=(const Peers&) = delete;

  void run_rtp(std::mt19937& random) {
    Source& source = sources_[random() % kSources];
    source.index += random() % 20 == 0 ? 1 + random() % 900 : 1;
    const Bytes plain = rtp_packet(random, source.ssrc, static_cast<uint16_t>(source.index));
    exchange(plain, false);
  }
  void run_rtcp(std::mt19937& random) {
    // libsrtp2 before 2.7 looks for the MKI of SRTCP behind the tag length of SRTP.
    if (has_mki_ && suite_.rtp_tag_len != suite_.rtcp_tag_len) return run_rtp(random);
    exchange(rtcp_packet(random, sources_[random() % kSources].ssrc), true);
  }

 private:
  struct Source {
    uint32_t ssrc = 0;
    uint64_t index = 0;
  };

  Session make(const Context& context, Direction direction) {
    SessionConfig config;
    config.suite = suite_.id;
    config.direction = direction;
    config.key_and_salt = key_;
    config.mki = mki_;
    auto session = Session::create(context, config);
    check(session.has_value(), "Session::create");
    return *std::move(session);
  }

  void make_stock(bool is_inbound, srtp_t& out) {
    srtp_policy_t policy = StockSrtp::policy(suite_, key_.data(), is_inbound);
    if (has_mki_) {
      master_ = {key_.data(), mki_.data(), static_cast<unsigned int>(mki_.size())};
      policy.key = nullptr;
      policy.keys = &masters_;
      policy.num_master_keys = 1;
    }
    check(stock_.create(&out, nullptr) == srtp_err_status_ok, "srtp_create");
    policy.ssrc.type = ssrc_specific;
    for (const Source& source : sources_) {
      policy.ssrc.value = source.ssrc;
      check(stock_.add_stream(out, &policy) == srtp_err_status_ok, "srtp_add_stream");
      check(stock_.set_stream_roc(out, source.ssrc, static_cast<uint32_t>(source.index >> 16)) ==
                srtp_err_status_ok,
            "srtp_set_stream_roc");
    }
  }

  void exchange(const Bytes& plain, bool is_rtcp) {
    Bytes ours(kRoom);
    const auto sealed = is_rtcp ? out_.seal_rtcp(plain, ours) : out_.seal_rtp(plain, ours);
    check(sealed.has_value(), "our seal");
    ours.resize(*sealed);

    Bytes theirs = plain;
    theirs.resize(kRoom);
    int len = static_cast<int>(plain.size());
    const auto use_mki = static_cast<unsigned int>(has_mki_);
    const auto protect = is_rtcp ? stock_.protect_rtcp : stock_.protect;
    check(protect(stock_out_, theirs.data(), &len, use_mki, 0) == srtp_err_status_ok,
          "libsrtp2's protect");
    theirs.resize(static_cast<size_t>(len));
    check(ours == theirs, "the same sealed bytes");

    // Each opens what the other sealed; that they are equal was just seen.
    Bytes room(kRoom);
    const auto opened = is_rtcp ? in_.open_rtcp(theirs, room) : in_.open_rtp(theirs, room);
    check(opened && std::equal(plain.begin(), plain.end(), room.begin(),
                               room.begin() + static_cast<std::ptrdiff_t>(*opened)),
          "our open");
    const auto unprotect = is_rtcp ? stock_.unprotect_rtcp : stock_.unprotect;
    len = static_cast<int>(ours.size());
    check(unprotect(stock_in_, ours.data(), &len, use_mki) == srtp_err_status_ok &&
              static_cast<size_t>(len) == plain.size() &&
              std::equal(plain.begin(), plain.end(), ours.begin()),
          "libsrtp2's unprotect");
  }

  const StockSrtp& stock_;
  const Suite& suite_;
  bool has_mki_;
  Bytes key_;
  Bytes mki_;
  srtp_master_key_t master_{};
  srtp_master_key_t* masters_ = &master_;
  Session in_;
  Session out_;
  Source sources_[kSources];
  srtp_t stock_in_ = nullptr;
  srtp_t stock_out_ = nullptr;
};

}  // namespace

int main(int argc, char* argv[]) {
  if (argc < 2) return 2;
  const StockSrtp* stock = StockSrtp::load();
  if (stock == nullptr) return 77;
  const uint64_t packets = std::strtoull(argv[1], nullptr, 10);
  const auto seed = static_cast<uint32_t>(argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 1);
  std::mt19937 random(seed);
  test::TestContext context;
  constexpr uint64_t kPacketsPerKey = 200;
  const auto kernels = test::kernel_choices();
  uint64_t done = 0;
  for (size_t round = 0; done < packets; ++round) {
    // Each kernel meets each suite with and without an MKI.
    const size_t turn = round / kernels.size();
    const Suite& suite = suites()[turn % suites().size()];
    const test::WithKernels with(kernels[round % kernels.size()]);
    Peers peers(*stock, context.context, suite, turn / suites().size() % 2 == 1, random);
    for (uint64_t i = 0; i < kPacketsPerKey && done < packets; ++i, ++done) {
      if (random() % 5 == 0) {
        peers.run_rtcp(random);
      } else {
        peers.run_rtp(random);
      }
    }
  }
  std::printf("%llu packets of all suites: the same bytes\n",
              static_cast<unsigned long long>(done));
  return 0;
}
