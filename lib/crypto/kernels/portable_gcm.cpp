// GHASH (SP 800-38D section 6.4) with integer multiplications, and GCM over it.
#include <algorithm>
#include <cstring>

#include "base/secure.h"
#include "crypto/kernels/field.h"
#include "crypto/kernels/portable.h"

namespace voxlock::crypto::kernels {
namespace {

uint64_t load64(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8; ++i) value = value << 8 | at[i];
  return value;
}

void store64(uint8_t* at, uint64_t value) {
  for (size_t i = 0; i < 8; ++i) at[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
}

Element load(const uint8_t* block) {
  return {load64(block), load64(block + 8)};
}

void store(uint8_t* block, const Element& element) {
  store64(block, element.high);
  store64(block + 8, element.low);
}

uint64_t reverse_bits(uint64_t x) {
  x = (x >> 1 & 0x5555555555555555) | (x & 0x5555555555555555) << 1;
  x = (x >> 2 & 0x3333333333333333) | (x & 0x3333333333333333) << 2;
  x = (x >> 4 & 0x0f0f0f0f0f0f0f0f) | (x & 0x0f0f0f0f0f0f0f0f) << 4;
  return __builtin_bswap64(x);
}

// The low half of a carry-less product. Every fourth bit of a factor is kept, so that a carry stays
// within three bits that are masked away; at most 16 terms meet in one bit, and those 16 only in
// the top one, whose carry is lost.
uint64_t multiply_low(uint64_t x, uint64_t y) {
  constexpr uint64_t kEveryFourth = 0x1111111111111111;
  uint64_t out = 0;
  for (unsigned k = 0; k < 4; ++k) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < 4; ++i) {
      sum ^= (x & kEveryFourth << i) * (y & kEveryFourth << ((k - i) & 3));
    }
    out |= sum & kEveryFourth << k;
  }
  return out;
}

// The high half is the low half seen from the other end.
Element multiply64(uint64_t x, uint64_t y) {
  return {reverse_bits(multiply_low(reverse_bits(x), reverse_bits(y))) >> 1, multiply_low(x, y)};
}

// Adds the word x times x^-64 modulo the polynomial to the two words above it.
void fold(uint64_t x, uint64_t& above, uint64_t& top) {
  const Element product = multiply64(x, kPolynomial);
  above ^= product.low;
  top ^= product.high ^ x;
}

Element multiply(const Element& a, const Element& key) {
  const Element low = multiply64(a.low, key.low);
  const Element high = multiply64(a.high, key.high);
  Element middle = multiply64(a.low ^ a.high, key.low ^ key.high);
  middle.low ^= low.low ^ high.low;
  middle.high ^= low.high ^ high.high;
  uint64_t word1 = low.high ^ middle.low;
  uint64_t word2 = high.low ^ middle.high;
  uint64_t word3 = high.high;
  fold(low.low, word1, word2);
  fold(word1, word2, word3);
  return {word3, word2};
}

Element first_power(const GcmKey& key) {
  return load(key.power[kHashGroup - 1]);
}

// A last block that is not whole counts as one with zeros behind it.
Element hash(const Element& key, Element sum, const uint8_t* data, size_t len) {
  while (len > 0) {
    uint8_t padded[kBlockLen] = {};
    const size_t n = std::min(len, kBlockLen);
    std::memcpy(padded, data, n);
    const Element block = load(padded);
    sum = multiply({sum.high ^ block.high, sum.low ^ block.low}, key);
    data += n;
    len -= n;
  }
  return sum;
}

void hash_key(GcmKey& key) {
  std::memset(key.power, 0, sizeof key.power);
  uint8_t* const first = key.power[kHashGroup - 1];
  portable::encrypt(key.aes, first);
  store(first, twice(load(first)));
}

void ghash(const GcmKey& key, uint8_t* sum, const uint8_t* data, size_t len) {
  store(sum, hash(first_power(key), load(sum), data, len));
}

// SP 800-38D section 7.1: the pre-counter block J0 of a nonce of 96 bits counts 1, the first block
// of data 2.
void first_counter(const GcmHead& head, uint8_t count, uint8_t* counter) {
  std::memset(counter, 0, kBlockLen);
  std::memcpy(counter, head.nonce, kNonceLen);
  counter[kBlockLen - 1] = count;
}

void tag(const GcmKey& key, const GcmHead& head, const uint8_t* data, size_t len, uint8_t* tag) {
  const Element h = first_power(key);
  Element sum = hash(h, load(head.sum), head.rest, head.rest_len);
  sum = hash(h, sum, data, len);
  sum = multiply({sum.high ^ head.aad_len * 8, sum.low ^ uint64_t{len} * 8}, h);
  uint8_t mask[kBlockLen];
  first_counter(head, 1, mask);
  portable::encrypt(key.aes, mask);
  store(tag, sum);
  for (size_t i = 0; i < kBlockLen; ++i) tag[i] = static_cast<uint8_t>(tag[i] ^ mask[i]);
  secure::wipe(mask, sizeof mask);
}

void crypt(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to, size_t len) {
  uint8_t counter[kBlockLen];
  first_counter(head, 2, counter);
  portable::ctr(key.aes, counter, from, to, len);
}

void seal(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to, size_t len,
          uint8_t* out) {
  crypt(key, head, from, to, len);
  tag(key, head, to, len, out);
}

void open(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to, size_t len,
          uint8_t* out) {
  tag(key, head, from, len, out);
  crypt(key, head, from, to, len);
}

}  // namespace

const AesRow kPortableAes = {"portable", portable::expand, portable::ctr, hash_key, ghash, seal,
                             open};

}  // namespace voxlock::crypto::kernels
