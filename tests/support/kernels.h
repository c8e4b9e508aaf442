// Runs a test once for every kernel of this processor.
#pragma once

#include <string>
#include <vector>

#include "crypto/kernels/kernels.h"

namespace voxlock::test {

// Objects made while it lives use the choice.
class WithKernels {
 public:
  explicit WithKernels(const crypto::kernels::Choice& choice) { crypto::kernels::choose(choice); }
  ~WithKernels() { crypto::kernels::choose({nullptr, nullptr}); }
  WithKernels(const WithKernels&) = delete;
  WithKernels& operator=(const WithKernels&) = delete;
};

// Every kernel is in one of them.
inline std::vector<crypto::kernels::Choice> kernel_choices() {
  const auto aes = crypto::kernels::aes_rows();
  const auto sha1 = crypto::kernels::sha1_rows();
  std::vector<crypto::kernels::Choice> out;
  for (size_t i = 0; i < aes.size() || i < sha1.size(); ++i)
    out.push_back({i < aes.size() ? aes[i] : aes.back(), i < sha1.size() ? sha1[i] : sha1.back()});
  return out;
}

inline std::string name_of(const crypto::kernels::Choice& choice) {
  return std::string(choice.aes->name) + ", " + choice.sha1->name;
}

}  // namespace voxlock::test
