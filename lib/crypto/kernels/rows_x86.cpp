#include <cpuid.h>

#include "crypto/kernels/portable.h"
#include "crypto/kernels/rows.h"
#include "crypto/kernels/x86.h"

namespace voxlock::crypto::kernels {
namespace {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

// Zeros for a leaf that the processor does not have.
Registers cpuid(uint32_t leaf) {
  Registers r;
  if (__get_cpuid_count(leaf, 0, &r.eax, &r.ebx, &r.ecx, &r.edx) == 0) return {};
  return r;
}

bool has(uint32_t word, unsigned bit) {
  return (word >> bit & 1) != 0;
}

// The register state that the operating system saves: XCR0.
uint32_t saved_state() {
  uint32_t low = 0;
  uint32_t high = 0;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

}  // namespace

// Intel SDM volume 2, CPUID; volume 1 section 13.3 for the bits of XCR0.
X86Features x86_features() {
  constexpr uint32_t kYmm = 0x06;
  constexpr uint32_t kZmm = 0xe6;
  const Registers leaf1 = cpuid(1);
  const Registers leaf7 = cpuid(7);
  X86Features out;
  const bool has_sse = has(leaf1.ecx, 9) && has(leaf1.ecx, 19);
  out.has_aes = has_sse && has(leaf1.ecx, 25) && has(leaf1.ecx, 1);
  out.has_sha = has_sse && has(leaf7.ebx, 29);
  const bool has_osxsave = has(leaf1.ecx, 27);
  const uint32_t state = has_osxsave ? saved_state() : 0;
  const bool has_avx2 = has(leaf1.ecx, 28) && has(leaf7.ebx, 5) && (state & kYmm) == kYmm;
  out.has_vaes = has_avx2 && has(leaf7.ecx, 9) && has(leaf7.ecx, 10);
  out.has_avx512 = has_avx2 && has(leaf7.ebx, 16) && has(leaf7.ebx, 30) && has(leaf7.ebx, 31) &&
                   (state & kZmm) == kZmm;
  return out;
}

Rows<AesRow> find_aes_rows() {
  const X86Features features = x86_features();
  Rows<AesRow> rows;
  rows.add(kVaesAvx512, features.has_aes && features.has_vaes && features.has_avx512);
  rows.add(kVaesAvx2, features.has_aes && features.has_vaes);
  rows.add(kAesNi, features.has_aes);
  rows.add(kPortableAes, true);
  return rows;
}

Rows<Sha1Row> find_sha1_rows() {
  Rows<Sha1Row> rows;
  rows.add(kSha1Ni, x86_features().has_sha);
  rows.add(kPortableSha1, true);
  return rows;
}

}  // namespace voxlock::crypto::kernels
