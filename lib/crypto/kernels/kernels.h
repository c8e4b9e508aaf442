// The block functions below AES-CTR, AES-GCM and HMAC-SHA1, one row for each instruction set.
//
// A row has no branch and no address that depends on a key or on data: only lengths steer it. The
// classes in crypto/aes_ctr.h, aes_gcm.h and hmac_sha1.h are what the rest of the library uses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace voxlock::crypto::kernels {

inline constexpr size_t kBlockLen = 16;
inline constexpr size_t kMaxAesRounds = 14;

// FIPS 197 section 5.2: round keys, byte for byte.
struct AesKey {
  alignas(64) uint8_t round[kMaxAesRounds + 1][kBlockLen];
  size_t rounds;  // 10 or 14
};

// Blocks whose products are summed before one reduction.
inline constexpr size_t kHashGroup = 16;
// A vector of four blocks may be loaded at any power.
inline constexpr size_t kPowerPadding = 3;

// Belongs to the row that made it: the powers are in its own form.
struct GcmKey {
  AesKey aes;
  // Powers of the hash key, the highest first: H^16 ... H^1, then zeros.
  alignas(64) uint8_t power[kHashGroup + kPowerPadding][kBlockLen];
};

inline constexpr size_t kNonceLen = 12;
inline constexpr size_t kMaxHeadRest = 4 * kBlockLen;

// SP 800-38D section 7.1: what is known of a message before its data.
struct GcmHead {
  uint8_t nonce[kNonceLen];
  alignas(kBlockLen) uint8_t sum[kBlockLen];  // GHASH of the associated data in front of rest
  const uint8_t* rest;                        // the end of the associated data
  size_t rest_len;                            // at most kMaxHeadRest
  uint64_t aad_len;                           // of all of it, bytes
};

struct AesRow {
  const char* name;
  // key_len is 16 or 32.
  void (*expand)(AesKey& key, const uint8_t* bytes, size_t key_len);
  // XORs the keystream of counter, counter + 1, ... with len bytes. The last 32 bits count,
  // big-endian. to is from, or does not overlap it.
  void (*ctr)(const AesKey& key, const uint8_t* counter, const uint8_t* from, uint8_t* to,
              size_t len);
  // Fills power from aes.
  void (*hash_key)(GcmKey& key);
  // Hashes whole blocks of associated data into sum.
  void (*ghash)(const GcmKey& key, uint8_t* sum, const uint8_t* data, size_t len);
  // Encrypts len bytes and writes the whole tag. to is from, or does not overlap it.
  void (*seal)(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to, size_t len,
               uint8_t* tag);
  // Decrypts len bytes and writes the whole tag that they should have had.
  void (*open)(const GcmKey& key, const GcmHead& head, const uint8_t* from, uint8_t* to, size_t len,
               uint8_t* tag);
};

// Messages that are hashed side by side: one alone leaves most of the processor idle, as each of
// its rounds waits for the one before.
inline constexpr size_t kSha1Lanes = 4;
inline constexpr size_t kSha1Words = 5;
using Sha1States = uint32_t[kSha1Lanes][kSha1Words];

// FIPS 180-4 section 6.1.2.
struct Sha1Row {
  const char* name;
  void (*blocks)(uint32_t* state, const uint8_t* data, size_t blocks);
  // RFC 2104: hashes the digest in state, with its padding, from the state that follows one block
  // (the outer key); the result replaces the digest.
  void (*outer)(uint32_t* state, const uint32_t* outer);
  // The same of kSha1Lanes messages at once.
  void (*blocks_in_lanes)(Sha1States& states, const uint8_t* const* data, size_t blocks);
  void (*outer_in_lanes)(Sha1States& states, const uint32_t* const* outer);
};

// The rows that this processor and its operating system can run, the fastest first, portable ones
// last.
std::span<const AesRow* const> aes_rows();
std::span<const Sha1Row* const> sha1_rows();

struct Choice {
  const AesRow* aes;
  const Sha1Row* sha1;
};

// What new keys use: the first rows, unless a test chose others. Objects keep what they were made
// with.
Choice active();
// For tests alone.
void choose(const Choice& choice);

}  // namespace voxlock::crypto::kernels
