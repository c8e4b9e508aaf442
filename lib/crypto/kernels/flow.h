// AES-CTR and AES-GCM, once for all processors with instructions for AES and carry-less products
// and for all vector widths. Included by each source of such a row after it has defined
// VOXLOCK_KERNEL and VOXLOCK_INLINE (both with the target's instruction sets, the latter always
// inlined) and
//
// of blocks:
//   B                               a block; the byte at the lowest address is the lowest
//   load_block, store_block         unaligned
//   block_of(high, low), high_of, low_of
//   shuffle(block, places)          the bytes at these places
//   reverse_block, swap_halves      the bytes, the words of 64 bits in the other order
//   move_up<n>(block)               by n bytes; zeros follow
//   bit_xor, aes_*, multiply<imm>   as below
//
// of vectors (one_block.h for vectors of one):
//   V, kLanes                       a vector of kLanes blocks
//   load, store                     kLanes blocks, unaligned
//   load_part, store_part           the first n bytes, 0 < n < 16 kLanes, and not one more; zeros
//                                   behind
//   keep(v, n)                      v with zeros from byte n on, 0 < n < 16 kLanes
//   spread(block), widen(block)     a block in every lane; in the first, zeros in the others
//   narrow(v)                       XOR of the lanes
//   lane_numbers()                  0, 1, ... in the lowest 32 bits of each lane
//   bit_xor, add32, reverse         lane by lane
//   multiply<imm>                   carry-less; bit 0 chooses the half of the first factor, bit 4
//                                   that of the second
//   aes_first, aes_next, aes_last   the steps of FIPS 197 section 5.1, cut where the processor cuts
//                                   them: aes_first(v, k0), then aes_next(v, k, k + 1) for all but
//                                   the last two round keys, aes_last(v, k, k + 1) for those
//
// It is no header of its own: what it defines has internal linkage and the target of its includer,
// so that no function with newer instructions can take the place of another at link time.
#pragma once

#include <cstdint>
#include <cstring>

#include "crypto/kernels/field.h"
#include "crypto/kernels/kernels.h"

namespace voxlock::crypto::kernels {
namespace {

// Included once by each source of a row, on purpose.
// NOLINTBEGIN(misc-definitions-in-headers)

constexpr size_t kVectorLen = kBlockLen * kLanes;

VOXLOCK_INLINE V load_some(const uint8_t* at, size_t n) {
  return n == kVectorLen ? load(at) : load_part(at, n);
}

// Up to four vectors in flight.
struct Quad {
  V a, b, c, d;
};

template <int kCount>
VOXLOCK_INLINE V& last_of(Quad& q) {
  if constexpr (kCount == 1) return q.a;
  if constexpr (kCount == 2) return q.b;
  if constexpr (kCount == 3) return q.c;
  return q.d;
}

template <int kCount>
VOXLOCK_INLINE void encrypt(const AesKey& key, Quad& q) {
  V before = spread(load_block(key.round[0]));
  q.a = aes_first(q.a, before);
  if constexpr (kCount > 1) q.b = aes_first(q.b, before);
  if constexpr (kCount > 2) q.c = aes_first(q.c, before);
  if constexpr (kCount > 3) q.d = aes_first(q.d, before);
  for (size_t r = 1; r < key.rounds; ++r) {
    const V k = spread(load_block(key.round[r]));
    q.a = aes_next(q.a, before, k);
    if constexpr (kCount > 1) q.b = aes_next(q.b, before, k);
    if constexpr (kCount > 2) q.c = aes_next(q.c, before, k);
    if constexpr (kCount > 3) q.d = aes_next(q.d, before, k);
    before = k;
  }
  const V k = spread(load_block(key.round[key.rounds]));
  q.a = aes_last(q.a, before, k);
  if constexpr (kCount > 1) q.b = aes_last(q.b, before, k);
  if constexpr (kCount > 2) q.c = aes_last(q.c, before, k);
  if constexpr (kCount > 3) q.d = aes_last(q.d, before, k);
}

VOXLOCK_INLINE B encrypt_block(const AesKey& key, B block) {
  B before = load_block(key.round[0]);
  block = aes_first(block, before);
  for (size_t r = 1; r < key.rounds; ++r) {
    const B k = load_block(key.round[r]);
    block = aes_next(block, before, k);
    before = k;
  }
  return aes_last(block, before, load_block(key.round[key.rounds]));
}

// Counters are kept reversed: the part that counts is then the lowest 32 bits of a lane.
VOXLOCK_INLINE V add_count(V counter, uint32_t n) {
  return add32(counter, spread(block_of(0, n)));
}
VOXLOCK_INLINE V first_counter(B counter) {
  return add32(spread(reverse_block(counter)), lane_numbers());
}

// kCount vectors of data with the keystream; the last one has last_len bytes, then garbage.
template <int kCount>
VOXLOCK_INLINE Quad crypt(const AesKey& key, V& counter, const uint8_t* data, size_t last_len) {
  Quad q;
  q.a = reverse(counter);
  if constexpr (kCount > 1) q.b = reverse(add_count(counter, kLanes));
  if constexpr (kCount > 2) q.c = reverse(add_count(counter, 2 * kLanes));
  if constexpr (kCount > 3) q.d = reverse(add_count(counter, 3 * kLanes));
  counter = add_count(counter, kCount * kLanes);
  encrypt<kCount>(key, q);
  if constexpr (kCount > 1) q.a = bit_xor(q.a, load(data));
  if constexpr (kCount > 2) q.b = bit_xor(q.b, load(data + kVectorLen));
  if constexpr (kCount > 3) q.c = bit_xor(q.c, load(data + 2 * kVectorLen));
  V& last = last_of<kCount>(q);
  last = bit_xor(last, load_some(data + (kCount - 1) * kVectorLen, last_len));
  return q;
}

template <int kCount>
VOXLOCK_INLINE void put(uint8_t* data, Quad& q, size_t last_len) {
  if constexpr (kCount > 1) store(data, q.a);
  if constexpr (kCount > 2) store(data + kVectorLen, q.b);
  if constexpr (kCount > 3) store(data + 2 * kVectorLen, q.c);
  uint8_t* const last = data + (kCount - 1) * kVectorLen;
  if (last_len == kVectorLen) {
    store(last, last_of<kCount>(q));
  } else {
    store_part(last, last_of<kCount>(q), last_len);
  }
}

template <int kCount>
VOXLOCK_INLINE void crypt_and_put(const AesKey& key, V& counter, const uint8_t* from, uint8_t* to,
                                  size_t len) {
  const size_t last_len = len - (kCount - 1) * kVectorLen;
  Quad q = crypt<kCount>(key, counter, from, last_len);
  put<kCount>(to, q, last_len);
}

VOXLOCK_KERNEL void ctr(const AesKey& key, const uint8_t* first, const uint8_t* from, uint8_t* to,
                        size_t len) {
  V counter = first_counter(load_block(first));
  while (len > 3 * kVectorLen) {
    const size_t n = len < 4 * kVectorLen ? len : 4 * kVectorLen;
    crypt_and_put<4>(key, counter, from, to, n);
    from += n;
    to += n;
    len -= n;
  }
  if (len > 2 * kVectorLen) {
    crypt_and_put<3>(key, counter, from, to, len);
  } else if (len > kVectorLen) {
    crypt_and_put<2>(key, counter, from, to, len);
  } else if (len > 0) {
    crypt_and_put<1>(key, counter, from, to, len);
  }
}

// SP 800-38D section 6.3, with bits in mirrored order and the key times x, so that a product needs
// no shift: multiplies the 256 bits low + middle x^64 + high x^128 by x^-128.
VOXLOCK_INLINE B reduce(B low, B middle, B high) {
  const B polynomial = block_of(kPolynomial, 1);
  B fold = multiply<0x01>(polynomial, low);
  middle = bit_xor(bit_xor(middle, swap_halves(low)), fold);
  fold = multiply<0x01>(polynomial, middle);
  return bit_xor(bit_xor(high, swap_halves(middle)), fold);
}

VOXLOCK_INLINE B multiply_blocks(B a, B b) {
  const B middle = bit_xor(multiply<0x01>(a, b), multiply<0x10>(a, b));
  return reduce(multiply<0x00>(a, b), middle, multiply<0x11>(a, b));
}

// The state of GHASH over a number of blocks that is known from the start: groups of up to 16
// blocks are each multiplied with a power of the key, summed, and reduced once.
struct Hash {
  const GcmKey& key;
  size_t blocks;  // still to come
  size_t group;   // blocks of the next group where more than 16 are to come
  size_t left;    // of the current group
  B sum;
  V low, middle, high;
};

// The first in_head blocks come in vectors of their own, which may be partly filled: a group ends
// where a vector ends.
VOXLOCK_INLINE Hash start_hash(const GcmKey& key, const uint8_t* sum, size_t blocks,
                               size_t in_head) {
  const V zero = widen(block_of(0, 0));
  return {key,
          blocks,
          in_head + (kHashGroup - in_head) / kLanes * kLanes,
          0,
          reverse_block(load_block(sum)),
          zero,
          zero,
          zero};
}

// v has count blocks, reversed, and zeros behind them.
VOXLOCK_INLINE void absorb(Hash& hash, V v, size_t count) {
  if (hash.left == 0) {
    hash.left = hash.blocks <= kHashGroup ? hash.blocks : hash.group;
    hash.group = kHashGroup;
    hash.low = hash.middle = hash.high = widen(block_of(0, 0));
    v = bit_xor(v, widen(hash.sum));
  }
  const V power = load(hash.key.power[kHashGroup - hash.left]);
  hash.low = bit_xor(hash.low, multiply<0x00>(v, power));
  hash.middle = bit_xor(hash.middle, bit_xor(multiply<0x01>(v, power), multiply<0x10>(v, power)));
  hash.high = bit_xor(hash.high, multiply<0x11>(v, power));
  hash.left -= count;
  hash.blocks -= count;
  if (hash.left == 0) hash.sum = reduce(narrow(hash.low), narrow(hash.middle), narrow(hash.high));
}

VOXLOCK_INLINE size_t blocks_of(size_t len) {
  return (len + kBlockLen - 1) / kBlockLen;
}

VOXLOCK_INLINE void absorb_data(Hash& hash, const uint8_t* data, size_t len) {
  for (; len >= kVectorLen; data += kVectorLen, len -= kVectorLen)
    absorb(hash, reverse(load(data)), kLanes);
  if (len > 0) absorb(hash, reverse(load_part(data, len)), blocks_of(len));
}

VOXLOCK_INLINE Hash start_message(const GcmKey& key, const GcmHead& head, size_t len) {
  const size_t in_head = blocks_of(head.rest_len);
  Hash hash = start_hash(key, head.sum, in_head + blocks_of(len) + 1, in_head);
  absorb_data(hash, head.rest, head.rest_len);
  return hash;
}

// SP 800-38D section 7.1: the pre-counter block J0 of a nonce of 96 bits counts 1. Its parts go
// through general registers: they were just stored one by one, and a vector load would wait for
// them.
VOXLOCK_INLINE B pre_counter(const GcmHead& head) {
  uint64_t low;
  uint32_t high;
  std::memcpy(&low, head.nonce, sizeof low);
  std::memcpy(&high, head.nonce + sizeof low, sizeof high);
  return block_of(uint64_t{1} << 56 | high, low);
}

// mask is the encrypted pre-counter block.
VOXLOCK_INLINE void finish_message(Hash& hash, const GcmHead& head, size_t len, B mask,
                                   uint8_t* tag) {
  const uint64_t aad_bits = head.aad_len * 8;
  const uint64_t bits = uint64_t{len} * 8;
  absorb(hash, widen(block_of(aad_bits, bits)), 1);
  store_block(tag, bit_xor(reverse_block(hash.sum), mask));
}

template <int kCount>
VOXLOCK_INLINE void seal_vectors(const GcmKey& key, Hash& hash, V& counter, const uint8_t* from,
                                 uint8_t* to, size_t len) {
  const size_t last_len = len - (kCount - 1) * kVectorLen;
  Quad q = crypt<kCount>(key.aes, counter, from, last_len);
  put<kCount>(to, q, last_len);
  if constexpr (kCount > 1) absorb(hash, reverse(q.a), kLanes);
  if constexpr (kCount > 2) absorb(hash, reverse(q.b), kLanes);
  if constexpr (kCount > 3) absorb(hash, reverse(q.c), kLanes);
  V last = last_of<kCount>(q);
  if (last_len != kVectorLen) last = keep(last, last_len);
  absorb(hash, reverse(last), blocks_of(last_len));
}

// The blocks go through hash and cipher together: the one waits for its products while the other
// waits for its rounds.
template <int kCount>
VOXLOCK_INLINE void open_vectors(const GcmKey& key, Hash& hash, V& counter, const uint8_t* from,
                                 uint8_t* to, size_t len) {
  absorb_data(hash, from, len);
  crypt_and_put<kCount>(key.aes, counter, from, to, len);
}

template <bool kSeals, int kCount>
VOXLOCK_INLINE void message_vectors(const GcmKey& key, Hash& hash, V& counter, const uint8_t* from,
                                    uint8_t* to, size_t len) {
  if constexpr (kSeals) {
    seal_vectors<kCount>(key, hash, counter, from, to, len);
  } else {
    open_vectors<kCount>(key, hash, counter, from, to, len);
  }
}

// SP 800-38D sections 7.1 and 7.2: the whole message, either way.
template <bool kSeals>
VOXLOCK_INLINE void message(const GcmKey& key, const GcmHead& head, const uint8_t* from,
                            uint8_t* to, size_t len, uint8_t* tag) {
  const B before = pre_counter(head);
  const B mask = encrypt_block(key.aes, before);
  V counter = add_count(first_counter(before), 1);
  Hash hash = start_message(key, head, len);
  size_t left = len;
  while (left > 3 * kVectorLen) {
    const size_t n = left < 4 * kVectorLen ? left : 4 * kVectorLen;
    message_vectors<kSeals, 4>(key, hash, counter, from, to, n);
    from += n;
    to += n;
    left -= n;
  }
  if (left > 2 * kVectorLen) {
    message_vectors<kSeals, 3>(key, hash, counter, from, to, left);
  } else if (left > kVectorLen) {
    message_vectors<kSeals, 2>(key, hash, counter, from, to, left);
  } else if (left > 0) {
    message_vectors<kSeals, 1>(key, hash, counter, from, to, left);
  }
  finish_message(hash, head, len, mask, tag);
}

VOXLOCK_KERNEL void seal(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to,
                         size_t len, uint8_t* tag) {
  message<true>(key, head, from, to, len, tag);
}

VOXLOCK_KERNEL void open(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to,
                         size_t len, uint8_t* tag) {
  message<false>(key, head, from, to, len, tag);
}

VOXLOCK_KERNEL void ghash(const GcmKey& key, uint8_t* sum, const uint8_t* data, size_t len) {
  Hash hash = start_hash(key, sum, len / kBlockLen, 0);
  absorb_data(hash, data, len);
  store_block(sum, reverse_block(hash.sum));
}

VOXLOCK_KERNEL void hash_key(GcmKey& key) {
  const B h = reverse_block(encrypt_block(key.aes, block_of(0, 0)));
  const Element twice_h = twice({high_of(h), low_of(h)});
  const B first = block_of(twice_h.high, twice_h.low);
  B power = first;
  for (size_t i = kHashGroup; i-- > 0;) {
    store_block(key.power[i], power);
    power = multiply_blocks(power, first);
  }
  for (size_t i = 0; i < kPowerPadding; ++i) store_block(key.power[kHashGroup + i], block_of(0, 0));
}

// The same word four times.
VOXLOCK_INLINE B four_times(uint32_t word) {
  const uint64_t twice_word = uint64_t{word} << 32 | word;
  return block_of(twice_word, twice_word);
}

// FIPS 197 section 5.2. The last round of the cipher gives SubWord of a word that is there four
// times, since ShiftRows then changes nothing.
VOXLOCK_INLINE B next_round_key(B before, B word, uint32_t constant) {
  before = bit_xor(before, move_up<4>(before));
  before = bit_xor(before, move_up<8>(before));
  return bit_xor(before, aes_last(word, block_of(0, 0), four_times(constant)));
}

VOXLOCK_KERNEL void expand(AesKey& key, const uint8_t* bytes, size_t key_len) {
  const B turn = four_times(0x0c0f0e0d);  // the last word, turned, four times
  const B copy = four_times(0x0f0e0d0c);
  key.rounds = key_len / 4 + 6;
  const size_t halves = key_len / kBlockLen;
  B before = load_block(bytes);
  B latest = load_block(bytes + (halves - 1) * kBlockLen);
  store_block(key.round[0], before);
  store_block(key.round[halves - 1], latest);
  uint32_t constant = 1;
  for (size_t r = halves; r <= key.rounds; ++r) {
    const bool is_turned = r % halves == 0;
    const B word = shuffle(latest, is_turned ? turn : copy);
    const B next = next_round_key(before, word, is_turned ? constant : 0);
    if (is_turned) constant = constant << 1 ^ (constant >> 7) * 0x11b;
    before = halves == 1 ? next : latest;
    latest = next;
    store_block(key.round[r], next);
  }
}

// NOLINTEND(misc-definitions-in-headers)

}  // namespace
}  // namespace voxlock::crypto::kernels
