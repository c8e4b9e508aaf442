// Runs a fuzz target over every file below the folders named on the command line, and over each
// file's first half, for compilers without libFuzzer. Exit status 77 (skipped) where no folder
// exists.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

size_t replay(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  // An exact-size heap block, so that a sanitizer sees the first byte past the end.
  const std::vector<char> raw{std::istreambuf_iterator<char>(file), {}};
  for (const size_t size : {raw.size(), raw.size() / 2}) {
    const std::vector<uint8_t> input(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(size));
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
  return 1;
}

}  // namespace

int main(int argc, char* argv[]) {
  size_t count = 0;
  LLVMFuzzerTestOneInput(nullptr, 0);
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::exists(argv[i])) {
      std::printf("no corpus at %s\n", argv[i]);
      continue;
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) count += replay(entry.path());
    }
  }
  std::printf("%zu inputs replayed\n", count);
  return count == 0 && argc > 1 ? 77 : 0;
}
