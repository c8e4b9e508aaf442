// Frames to and from LiveKit's own Go SDK, EncryptGCMAudioSample and DecryptGCMAudioSample.
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "peer_process.h"
#include "support/host.h"
#include "support/vectors.h"

using namespace voxlock::test;

namespace {

using Bytes = std::vector<uint8_t>;

// More than any step needs on a loaded machine.
constexpr int kStepMs = 30000;

std::string peer_or_skips() {
  static const std::string program = build_go(PEER_SOURCE, ".", PEER_BUILD "/livekit_frames_peer");
  if (!program.empty()) return program;
  std::puts("skipped: go, or the module of LiveKit's SDK, is not there");
  std::exit(77);
}

std::string hex(const Bytes& bytes) {
  return to_hex(bytes.data(), bytes.size());
}

struct Sdk {
  PeerProcess peer{{peer_or_skips()}};
  // What the SDK answers; nothing where it refuses.
  Bytes ask(const std::string& line) {
    peer.tell(line);
    std::string answer;
    while (peer.lines.empty()) {
      pollfd wait{peer.fd(), POLLIN, 0};
      REQUIRE(poll(&wait, 1, kStepMs) == 1);
      REQUIRE(peer.listen_once());
    }
    if (peer.take("refused", answer)) return {};
    REQUIRE(peer.take("ok", answer));
    return from_hex(answer);
  }
};

// Our cryptor with one key for both directions, and the key as the SDK derives it.
struct Case {
  const char* title;
  int32_t kdf;
  const char* request;
  Bytes material;
  uint64_t kid;
};

Bytes text(const std::string& in) {
  return {in.begin(), in.end()};
}

const Case kCases[] = {
    {"passphrase", VOXLOCK_E2EE_KDF_PBKDF2, "text", text("correct horse battery staple"), 0},
    {"passphrase in UTF-8", VOXLOCK_E2EE_KDF_PBKDF2, "text", text("gr\xc3\xbc\xc3\x9f dich"), 15},
    {"key of 32 bytes", VOXLOCK_E2EE_KDF_HKDF, "bytes", Bytes(32, 0x9d), 7},
    {"key of one byte", VOXLOCK_E2EE_KDF_HKDF, "bytes", Bytes(1, 0), 1},
};

}  // namespace

TEST_CASE("LiveKit's Go SDK opens what we seal, and we open what it seals") {
  Sdk sdk;
  for (const Case& row : kCases) {
    INFO(row.title);
    Host host;
    voxlock_frame_cryptor* cryptor = nullptr;
    REQUIRE(voxlock_frame_cryptor_new(host.ctx, nullptr, &cryptor) == VOXLOCK_OK);
    REQUIRE(voxlock_frame_cryptor_set_key(cryptor, row.kid, row.kdf, row.material.data(),
                                          row.material.size(),
                                          VOXLOCK_E2EE_SEALS | VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
    const Bytes key = sdk.ask(std::string(row.request) + " " + hex(row.material));
    REQUIRE(key.size() == 16);
    for (const size_t size : {1, 2, 3, 17, 60, 160, 400, 1275}) {
      Bytes frame(size);
      for (size_t i = 0; i < size; ++i) frame[i] = static_cast<uint8_t>(0x78 + 11 * i);
      Bytes out(size + VOXLOCK_E2EE_MAX_OVERHEAD);
      size_t len = out.size();
      REQUIRE(voxlock_frame_cryptor_seal(cryptor, frame.data(), size, nullptr, 0, out.data(),
                                         &len) == VOXLOCK_OK);
      out.resize(len);
      CHECK(sdk.ask("open " + hex(key) + " " + hex(out)) == frame);
      out[out.size() / 2] ^= 1;
      CHECK(sdk.ask("open " + hex(key) + " " + hex(out)).empty());

      Bytes sealed = sdk.ask("seal " + hex(key) + " " + std::to_string(row.kid) + " " + hex(frame));
      REQUIRE(sealed.size() == size + 30);
      len = out.size();
      REQUIRE(voxlock_frame_cryptor_open(cryptor, sealed.data(), sealed.size(), nullptr, 0,
                                         out.data(), &len) == VOXLOCK_OK);
      CHECK(Bytes(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(len)) == frame);
      sealed[0] ^= 1;
      CHECK(voxlock_frame_cryptor_open(cryptor, sealed.data(), sealed.size(), nullptr, 0,
                                       out.data(), &len) == VOXLOCK_ERR_E2EE_AUTH);
    }
    voxlock_frame_cryptor_free(cryptor);
  }
}
