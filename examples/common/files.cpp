#include "common/files.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>

namespace example {
namespace {

struct Closer {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, Closer>;

constexpr size_t kMaxFile = size_t{64} << 20;  // an hour at 8 kHz has 55

[[noreturn]] void fail(const std::string& text) {
  throw std::runtime_error(text + ": " + std::strerror(errno));
}

}  // namespace

std::string read_file(const std::string& path, const std::string& what) {
  const File file(std::fopen(path.c_str(), "rb"));
  if (!file) fail("cannot read " + what + path);
  std::string out;
  char chunk[16 * 1024];
  for (size_t n = 1; n != 0;) {
    n = std::fread(chunk, 1, sizeof chunk, file.get());
    if (std::ferror(file.get()) != 0) fail("cannot read " + what + path);
    out.append(chunk, n);
    if (out.size() > kMaxFile)
      throw std::runtime_error("cannot read " + what + path + ": it is larger than 64 MiB");
  }
  return out;
}

void write_file(const std::string& path, std::string_view text) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) fail("cannot write " + path);
  const bool is_whole = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  // The last of it leaves the buffer only now.
  if (std::fclose(file.release()) != 0 || !is_whole) fail("cannot write " + path);
}

bool is_saved(const char* program, const std::function<void()>& save) {
  try {
    save();
    return true;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return false;
  }
}

}  // namespace example
