// Access to the public test vectors.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace voxlock::test {

// True where VOXLOCK_VECTORS has the file or folder; otherwise prints one line that says what the
// calling suite skips.
bool has_vectors(std::string_view path);

// Full path of a file below VOXLOCK_VECTORS.
std::string vector_path(std::string_view path);

// A whole file below VOXLOCK_VECTORS; fails the test where it cannot be read.
std::string read_vector(std::string_view path);

// Rows of a tab-separated file with a header line; each row has as many cells as the header.
std::vector<std::vector<std::string>> read_tsv(std::string_view path);

// Bytes from hexadecimal digits; fails the test on any other character.
std::vector<uint8_t> from_hex(std::string_view hex);
std::string to_hex(const uint8_t* data, size_t len);

// Names of the regular files right below a folder of VOXLOCK_VECTORS, sorted.
std::vector<std::string> list_vectors(std::string_view folder);

}  // namespace voxlock::test
