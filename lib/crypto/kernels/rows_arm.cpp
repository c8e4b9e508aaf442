#include <sys/auxv.h>

#include "crypto/kernels/arm.h"
#include "crypto/kernels/portable.h"
#include "crypto/kernels/rows.h"

namespace voxlock::crypto::kernels {
namespace {

// Linux, Documentation/arch/arm64/elf_hwcaps.rst: what both the processor and the kernel have.
bool has(unsigned long capabilities) {
  return (getauxval(AT_HWCAP) & capabilities) == capabilities;
}

}  // namespace

Rows<AesRow> find_aes_rows() {
  Rows<AesRow> rows;
  rows.add(kArmAes, has(HWCAP_AES | HWCAP_PMULL));
  rows.add(kPortableAes, true);
  return rows;
}

Rows<Sha1Row> find_sha1_rows() {
  Rows<Sha1Row> rows;
  rows.add(kArmSha1, has(HWCAP_SHA1));
  rows.add(kPortableSha1, true);
  return rows;
}

}  // namespace voxlock::crypto::kernels
