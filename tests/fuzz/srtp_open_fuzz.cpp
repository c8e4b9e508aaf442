// SRTP and SRTCP open: nothing a stranger sends changes the state of a session.
#include <cstdlib>
#include <vector>

#include "base/context.h"
#include "crypto/drbg.h"
#include "srtp/session.h"

using namespace voxlock;
using namespace voxlock::srtp;

namespace {

struct Sessions {
  Sessions() {
    const std::vector<uint8_t> key(kMaxKeyAndSaltLen, 0x5a);
    const uint8_t mki[] = {0x80, 0};
    for (const Suite& suite : suites()) {
      for (const size_t mki_len : {0, 2}) {
        SessionConfig config;
        config.suite = suite.id;
        config.key_and_salt = ByteView(key).first(suite.key_and_salt_len());
        config.mki = ByteView(mki).first(mki_len);
        auto session = Session::create(context, config);
        if (!session) std::abort();
        all.push_back(std::move(*session));
      }
    }
  }

  Memory memory{nullptr};
  crypto::Drbg random;
  Context context{memory, random, LogSink{}};
  std::vector<Session> all;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Sessions sessions;
  const ByteView input(data, size);
  std::vector<uint8_t> out(size);
  for (Session& session : sessions.all) {
    const uint64_t before = session.state_hash();
    if (session.open_rtp(input, out) || session.open_rtcp(input, out)) std::abort();
    if (session.state_hash() != before) std::abort();
  }
  return 0;
}
