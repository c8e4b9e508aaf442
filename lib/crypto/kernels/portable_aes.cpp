// AES-CTR on bit planes, four blocks at a time.
#include <algorithm>
#include <cstring>

#include "base/secure.h"
#include "crypto/kernels/aes_planes.h"
#include "crypto/kernels/portable.h"

namespace voxlock::crypto::kernels::portable {
namespace {

constexpr size_t kAtOnce = 4 * kBlockLen;

// The round keys, each for all four blocks. Wiped when it dies.
class PlaneKeys {
 public:
  explicit PlaneKeys(const AesKey& key) : rounds_(key.rounds) {
    uint8_t four[kAtOnce];
    for (size_t r = 0; r <= rounds_; ++r) {
      for (size_t b = 0; b < 4; ++b) std::memcpy(four + kBlockLen * b, key.round[r], kBlockLen);
      keys_[r] = to_planes(four);
    }
    secure::wipe(four, sizeof four);
  }
  ~PlaneKeys() { secure::wipe(keys_, sizeof keys_); }
  PlaneKeys(const PlaneKeys&) = delete;
  PlaneKeys& operator=(const PlaneKeys&) = delete;

  // FIPS 197 section 5.1 on four blocks, in place.
  void encrypt(uint8_t* blocks) const {
    Planes state = to_planes(blocks);
    add(state, 0);
    for (size_t r = 1; r <= rounds_; ++r) {
      sub_bytes(state);
      shift_rows(state);
      if (r != rounds_) mix_columns(state);
      add(state, r);
    }
    from_planes(state, blocks);
    secure::wipe(&state, sizeof state);
  }

 private:
  void add(Planes& state, size_t r) const {
    for (size_t i = 0; i < 8; ++i) state.bit[i] ^= keys_[r].bit[i];
  }

  Planes keys_[kMaxAesRounds + 1];
  size_t rounds_;
};

// SubWord of FIPS 197 section 5.2.
void sub_word(uint8_t* word) {
  uint8_t four[kAtOnce] = {};
  std::memcpy(four, word, 4);
  Planes planes = to_planes(four);
  sub_bytes(planes);
  from_planes(planes, four);
  std::memcpy(word, four, 4);
  secure::wipe(&planes, sizeof planes);
  secure::wipe(four, sizeof four);
}

}  // namespace

void expand(AesKey& key, const uint8_t* bytes, size_t key_len) {
  key.rounds = key_len / 4 + 6;
  uint8_t* const words = key.round[0];
  std::memcpy(words, bytes, key_len);
  uint8_t constant = 1;
  uint8_t word[4];
  for (size_t at = key_len; at < (key.rounds + 1) * kBlockLen; at += 4) {
    std::memcpy(word, words + at - 4, 4);
    if (at % key_len == 0) {
      std::rotate(word, word + 1, word + 4);
      sub_word(word);
      word[0] ^= constant;
      constant = static_cast<uint8_t>(constant << 1 ^ (constant >> 7) * 0x1b);
    } else if (key_len == 32 && at % key_len == 16) {
      sub_word(word);
    }
    for (size_t i = 0; i < 4; ++i) {
      words[at + i] = static_cast<uint8_t>(words[at + i - key_len] ^ word[i]);
    }
  }
  secure::wipe(word, sizeof word);
}

void ctr(const AesKey& key, const uint8_t* counter, const uint8_t* from, uint8_t* to, size_t len) {
  const PlaneKeys keys(key);
  uint8_t stream[kAtOnce];
  uint32_t count = 0;
  for (size_t i = 12; i < kBlockLen; ++i) count = count << 8 | counter[i];
  while (len > 0) {
    for (size_t b = 0; b < 4; ++b, ++count) {
      std::memcpy(stream + kBlockLen * b, counter, 12);
      for (size_t i = 0; i < 4; ++i)
        stream[kBlockLen * b + 12 + i] = static_cast<uint8_t>(count >> (24 - 8 * i));
    }
    keys.encrypt(stream);
    const size_t n = std::min(len, kAtOnce);
    for (size_t i = 0; i < n; ++i) to[i] = static_cast<uint8_t>(from[i] ^ stream[i]);
    from += n;
    to += n;
    len -= n;
  }
  secure::wipe(stream, sizeof stream);
}

void encrypt(const AesKey& key, uint8_t* block) {
  const PlaneKeys keys(key);
  uint8_t four[kAtOnce] = {};
  std::memcpy(four, block, kBlockLen);
  keys.encrypt(four);
  std::memcpy(block, four, kBlockLen);
  secure::wipe(four, sizeof four);
}

}  // namespace voxlock::crypto::kernels::portable
