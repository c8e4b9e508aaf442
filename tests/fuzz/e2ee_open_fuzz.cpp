// Frame cryptors: nothing a stranger sends opens or changes their state, and what one seals another
// opens.
#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "e2ee/frame_cryptor.h"

using namespace voxlock;
using namespace voxlock::e2ee;

namespace {

struct Cryptors {
  Cryptors() {
    (void)random.seed(as_bytes("frame cryptors of the fuzz target"));
    FrameCryptorConfig config;
    config.ratchet_window = 2;
    config.server_trailer = as_bytes("trailer");
    add(config, Kdf::kHkdf);
    config.format = Format::kSframe;
    for (const SframeSuite& suite : sframe_suites()) {
      config.sframe_suite = suite.id;
      add(config, Kdf::kNone);
    }
  }
  void add(const FrameCryptorConfig& config, Kdf kdf) {
    const std::vector<uint8_t> key(20, 0x5a);
    auto opener = FrameCryptor::create(context, config);
    auto sealer = FrameCryptor::create(context, config);
    if (!opener || !sealer) std::abort();
    // Each number a frame can name in one byte.
    for (const uint64_t kid : {0, 1, 2, 3, 4, 5, 6, 7}) {
      if (!(*opener)->set_key(kid, kdf, key, kOpens)) std::abort();
    }
    if (!(*opener)->prepare(16) || !(*sealer)->set_key(5, kdf, key, kSeals)) std::abort();
    openers.push_back(*std::move(opener));
    sealers.push_back(*std::move(sealer));
  }

  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
  std::vector<Box<FrameCryptor>> openers;
  std::vector<Box<FrameCryptor>> sealers;
};

void check_header(ByteView input) {
  const auto header = parse_sframe_header(input);
  if (!header) return;
  std::vector<uint8_t> again(kMaxSframeHeaderLen);
  bytes::Writer writer(again);
  write_sframe_header(*header, writer);
  const ByteView written = writer.written();
  if (written.size() != header->len || !std::equal(written.begin(), written.end(), input.begin())) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Cryptors cryptors;
  const ByteView input(data, size);
  check_header(input);
  std::vector<uint8_t> sealed(size + kMaxSframeHeaderLen + kLivekitOverhead);
  std::vector<uint8_t> out(sealed.size());
  for (size_t i = 0; i < cryptors.openers.size(); ++i) {
    FrameCryptor& opener = *cryptors.openers[i];
    const uint64_t before = opener.state_hash();
    const uint64_t server_frames = opener.stats().server_frames;
    const auto forged = opener.open(input, {}, out);
    // An empty frame is a pause; a server's silence passes as it is.
    if (forged && *forged != 0 && opener.stats().server_frames == server_frames) std::abort();
    if (opener.state_hash() != before) std::abort();
    const auto len = cryptors.sealers[i]->seal(input, {}, sealed);
    if (!len) std::abort();
    const auto opened = opener.open(ByteView(sealed).first(*len), {}, out);
    if (!opened || !std::equal(input.begin(), input.end(), out.begin(), out.begin() + *opened))
      std::abort();
  }
  return 0;
}
