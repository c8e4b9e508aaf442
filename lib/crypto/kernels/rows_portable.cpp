// Processors without a row of their own.
#include "crypto/kernels/portable.h"
#include "crypto/kernels/rows.h"

namespace voxlock::crypto::kernels {

Rows<AesRow> find_aes_rows() {
  Rows<AesRow> rows;
  rows.add(kPortableAes, true);
  return rows;
}

Rows<Sha1Row> find_sha1_rows() {
  Rows<Sha1Row> rows;
  rows.add(kPortableSha1, true);
  return rows;
}

}  // namespace voxlock::crypto::kernels
