#include "crypto/kernels/kernels.h"

#include <atomic>

#include "crypto/kernels/rows.h"

namespace voxlock::crypto::kernels {
namespace {

// Null until a test chooses: the choice of the processor needs no memory of its own.
std::atomic<const AesRow*> chosen_aes{nullptr};
std::atomic<const Sha1Row*> chosen_sha1{nullptr};

}  // namespace

std::span<const AesRow* const> aes_rows() {
  static const Rows<AesRow> rows = find_aes_rows();
  return rows.view();
}

std::span<const Sha1Row* const> sha1_rows() {
  static const Rows<Sha1Row> rows = find_sha1_rows();
  return rows.view();
}

Choice active() {
  const AesRow* const aes = chosen_aes.load(std::memory_order_relaxed);
  const Sha1Row* const sha1 = chosen_sha1.load(std::memory_order_relaxed);
  return {aes != nullptr ? aes : aes_rows().front(), sha1 != nullptr ? sha1 : sha1_rows().front()};
}

void choose(const Choice& choice) {
  chosen_aes.store(choice.aes, std::memory_order_relaxed);
  chosen_sha1.store(choice.sha1, std::memory_order_relaxed);
}

}  // namespace voxlock::crypto::kernels
