// SFrame, RFC 9605: one key and the frames sealed with it.
#pragma once

#include <cstdint>

#include "base/secure.h"
#include "e2ee/aead.h"
#include "e2ee/sframe_header.h"
#include "e2ee/sframe_suite.h"

namespace voxlock::e2ee {

// What RFC 9605 4.4.2 makes of a base key.
struct SframeSecrets {
  secure::Secret<kMaxSframeKeyLen> key;
  secure::Secret<kNonceLen> salt;
};
// ERR_NO_MEMORY.
Result<SframeSecrets> derive_sframe(const SframeSuite& suite, uint64_t kid, ByteView base_key);

// Statuses of seal and open besides their own: ERR_BUFFER_TOO_SMALL, ERR_INTERNAL.
class SframeKey {
 public:
  // suite must be a row of the table. ERR_NO_MEMORY.
  Result<void> set(const SframeSuite& suite, uint64_t kid, ByteView base_key);

  // Writes header, ciphertext and tag. A ctr must never come twice. metadata is authenticated and
  // not sent.
  Result<size_t> seal(uint64_t ctr, ByteView plain, ByteView metadata, MutableBytes out);
  // header is the parsed one of frame. ERR_TRUNCATED, ERR_E2EE_AUTH, and out holds nothing of the
  // frame then.
  Result<size_t> open(const SframeHeader& header, ByteView frame, ByteView metadata,
                      MutableBytes out);

  [[nodiscard]] uint64_t kid() const { return kid_; }
  // Made of one base key for one KID.
  [[nodiscard]] bool is_same(const SframeKey& other) const {
    return kid_ == other.kid_ && secure::equal(salt_.view(), other.salt_.view());
  }

 private:
  [[nodiscard]] Nonce nonce_of(uint64_t ctr) const;

  uint64_t kid_ = 0;
  size_t tag_len_ = 0;
  secure::Secret<kNonceLen> salt_;
  Aead aead_;
};

}  // namespace voxlock::e2ee
