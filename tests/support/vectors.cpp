#include "support/vectors.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "support/catch.h"

namespace voxlock::test {

std::string vector_path(std::string_view path) {
  std::string out = VOXLOCK_VECTORS;
  out += '/';
  out += path;
  return out;
}

bool has_vectors(std::string_view path) {
  if (std::filesystem::exists(vector_path(path))) return true;
  std::printf("skipped: no vectors at %s\n", vector_path(path).c_str());
  return false;
}

std::string read_vector(std::string_view path) {
  std::ifstream file(vector_path(path), std::ios::binary);
  INFO("file " << path);
  REQUIRE(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::vector<std::string>> read_tsv(std::string_view path) {
  const std::string content = read_vector(path);
  std::string_view left = content;
  std::vector<std::vector<std::string>> rows;
  size_t columns = 0;
  while (!left.empty()) {
    std::string_view line = text::cut(left, '\n');
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty()) continue;
    std::vector<std::string> cells;
    while (!line.empty()) cells.emplace_back(text::cut(line, '\t'));
    if (columns == 0) {
      columns = cells.size();
      continue;
    }
    cells.resize(columns);
    rows.push_back(std::move(cells));
  }
  return rows;
}

std::vector<uint8_t> from_hex(std::string_view hex) {
  REQUIRE(hex.size() % 2 == 0);
  std::vector<uint8_t> out;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = text::hex_value(hex[i]);
    const int low = text::hex_value(hex[i + 1]);
    REQUIRE((high >= 0 && low >= 0));
    out.push_back(static_cast<uint8_t>(high * 16 + low));
  }
  return out;
}

std::string to_hex(const uint8_t* data, size_t len) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < len; ++i) {
    out += kDigits[data[i] >> 4];
    out += kDigits[data[i] & 15];
  }
  return out;
}

std::vector<std::string> list_vectors(std::string_view folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(vector_path(folder))) {
    if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace voxlock::test
