// Runs the kernels with keys and data marked as undefined. Under valgrind, a branch or an address
// that depends on them is then an error. With the argument "leak" it looks a secret up in a table,
// to show that the method sees it.
//
// Where valgrind cannot run the kernels, an emulator tells which way the program took
// (constant_flow.sh): it has to be the same for every secret, which the first argument numbers.
// With "branch" behind it one way depends on the secret.
#if defined(VOXLOCK_TRACED)
#define VALGRIND_MAKE_MEM_UNDEFINED(data, len) ((void)(data), (void)(len))
#define VALGRIND_MAKE_MEM_DEFINED(data, len) ((void)(data), (void)(len))
#define RUNNING_ON_VALGRIND 1
#else
#include <valgrind/memcheck.h>
#endif

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "base/secure.h"
#include "crypto/aes_ctr.h"
#include "crypto/aes_gcm.h"
#include "crypto/hmac_sha1.h"
#include "support/kernels.h"

using namespace voxlock;
using namespace voxlock::crypto;

namespace {

using Bytes = std::vector<uint8_t>;

void classify(Bytes& bytes) {
  VALGRIND_MAKE_MEM_UNDEFINED(bytes.data(), bytes.size());
}
void declassify(const void* data, size_t len) {
  VALGRIND_MAKE_MEM_DEFINED(data, len);
}

// Told in the first argument; valgrind takes one as good as another.
std::mt19937 noise(1);

Bytes secret(size_t len) {
  Bytes bytes(len);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(noise());
  classify(bytes);
  return bytes;
}

void run_ctr(size_t key_len, size_t len) {
  const Bytes key = secret(key_len);
  Bytes data = secret(len);
  const std::vector<uint8_t> counter(16, 1);
  AesCtr aes;
  if (!aes.set_key(key)) std::abort();
  aes.start(std::span<const uint8_t>(counter).first<16>());
  aes.apply(std::span(data).first(len / 2));
  aes.apply(std::span(data).subspan(len / 2));
}

void run_gcm(const kernels::AesRow& row, size_t key_len, size_t len) {
  const Bytes key = secret(key_len);
  const Bytes aad = secret(len / 3);
  Bytes data = secret(len);
  Bytes tag(16);
  const std::vector<uint8_t> nonce(12, 1);
  AesGcm gcm;
  if (!gcm.set_key(key)) std::abort();
  gcm.start(std::span<const uint8_t>(nonce).first<12>());
  gcm.aad(aad);
  gcm.seal(data, tag);
  // Opening by its parts: whether the tag was good is no secret, but only the caller knows that.
  kernels::GcmKey gcm_key;
  kernels::GcmHead head{};
  row.expand(gcm_key.aes, key.data(), key.size());
  row.hash_key(gcm_key);
  Bytes computed(16);
  row.open(gcm_key, head, data.data(), data.data(), data.size(), computed.data());
  bool is_good = secure::equal(computed, tag);
  declassify(&is_good, sizeof is_good);
  if (is_good) std::abort();
}

void run_hmac(size_t len) {
  const Bytes key = secret(20);
  const Bytes data = secret(len);
  Bytes tag(10);
  HmacSha1 hmac;
  hmac.set_key(key);
  hmac.update(data);
  hmac.finish(tag);
}

void run_tags(size_t len) {
  HmacSha1Key key;
  key.set(secret(20));
  const Bytes data = secret(len);
  const Bytes longer = secret(len + 70);
  std::array<HmacSha1Key::Message, 3> messages{
      {{&key, data, 1, {}}, {&key, longer, 2, {}}, {&key, data, 3, {}}}};
  HmacSha1Key::tags(messages);
  HmacSha1Key::tags(std::span(messages).first(1));
}

void leak() {
  static const volatile uint8_t kTable[256] = {1, 2, 3};
  const Bytes key = secret(1);
  std::printf("%d\n", kTable[key[0]]);
}

void branch() {
  const Bytes key = secret(64);
  for (const uint8_t byte : key)
    if ((byte & 1) != 0) std::printf("odd\n");
}

bool has(int argc, char* argv[], const char* word) {
  return argc > 1 && std::strcmp(argv[argc - 1], word) == 0;
}

}  // namespace

int main(int argc, char* argv[]) {
  if (RUNNING_ON_VALGRIND == 0) {
    std::printf("skipped: this is a test for valgrind\n");
    return 77;
  }
  if (argc > 1) noise.seed(static_cast<uint32_t>(std::strtoul(argv[1], nullptr, 10)));
  if (has(argc, argv, "leak")) {
    leak();
    return 0;
  }
  if (has(argc, argv, "branch")) branch();
  for (const auto& choice : test::kernel_choices()) {
    const test::WithKernels with(choice);
    std::printf("%s\n", test::name_of(choice).c_str());
    for (const size_t len : {0u, 1u, 16u, 100u, 160u, 172u, 1200u}) {
      for (const size_t key_len : {16u, 32u}) {
        run_ctr(key_len, len);
        run_gcm(*choice.aes, key_len, len);
      }
      run_hmac(len);
      run_tags(len);
    }
  }
  return 0;
}
