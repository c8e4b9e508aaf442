#include "crypto/kdf.h"

#include <algorithm>
#include <cstring>

#include "crypto/hmac.h"

namespace voxlock::crypto {
namespace {

// Takes from the digest what out has room for, and moves on.
void take(const Digest& digest, MutableBytes& out) {
  const size_t n = std::min(out.size(), digest.size());
  std::memcpy(out.data(), digest.view().data(), n);
  out = out.subspan(n);
}

// RFC 8018 5.2, step 3: the function F, whose result replaces block.
Result<void> iterate(Hmac& hmac, uint32_t iterations, Digest& block) {
  Digest step;
  if (!step.assign(block.view())) return Status::ERR_INTERNAL;
  const MutableBytes sum = block.resize(block.size());
  for (uint32_t i = 1; i < iterations; ++i) {
    hmac.update(step.view());
    VOXLOCK_TRY(step, hmac.finish());
    const ByteView bytes = step.view();
    for (size_t k = 0; k < sum.size(); ++k) sum[k] = static_cast<uint8_t>(sum[k] ^ bytes[k]);
  }
  return {};
}

Result<void> expand(HashId id, ByteView key, ByteView info, MutableBytes out) {
  Hmac hmac(id, key);
  Digest block;
  for (uint8_t counter = 1; !out.empty(); ++counter) {
    hmac.update(block.view());
    hmac.update(info);
    hmac.update({&counter, 1});
    VOXLOCK_TRY(block, hmac.finish());
    take(block, out);
  }
  return {};
}

Result<void> derive(HashId id, ByteView password, ByteView salt, uint32_t iterations,
                    MutableBytes out) {
  Hmac hmac(id, password);
  for (uint32_t counter = 1; !out.empty(); ++counter) {
    uint8_t number[4];
    bytes::Writer(MutableBytes(number)).u32(counter);
    hmac.update(salt);
    hmac.update(number);
    VOXLOCK_TRY(Digest block, hmac.finish());
    VOXLOCK_TRY_VOID(iterate(hmac, iterations, block));
    take(block, out);
  }
  return {};
}

// Nothing of a key that came to half.
Result<void> whole_or_nothing(Result<void> done, MutableBytes out) {
  if (!done) secure::wipe(out);
  return done;
}

}  // namespace

Result<Digest> hkdf_extract(HashId id, ByteView salt, ByteView secret) {
  return hmac(id, salt, secret);
}

Result<void> hkdf_expand(HashId id, ByteView key, ByteView info, MutableBytes out) {
  if (out.size() > 255 * digest_size(id)) {
    secure::wipe(out);
    return Status::ERR_LIMIT;
  }
  return whole_or_nothing(expand(id, key, info, out), out);
}

Result<void> hkdf(HashId id, ByteView secret, ByteView salt, ByteView info, MutableBytes out) {
  const Result<Digest> key = hkdf_extract(id, salt, secret);
  if (!key) return whole_or_nothing(key.error(), out);
  return hkdf_expand(id, key->view(), info, out);
}

Result<void> pbkdf2(HashId id, ByteView password, ByteView salt, uint32_t iterations,
                    MutableBytes out) {
  if (iterations == 0) return whole_or_nothing(Status::ERR_INVALID_ARGUMENT, out);
  return whole_or_nothing(derive(id, password, salt, iterations, out), out);
}

}  // namespace voxlock::crypto
