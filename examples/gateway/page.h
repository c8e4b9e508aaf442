// The files of the page, built into the program by embed.cmake.
#pragma once

#include <array>
#include <string_view>

namespace example {

struct PageFile {
  std::string_view name;  // below the token; empty: the page itself
  std::string_view type;
  std::string_view text;
};

extern const std::array<PageFile, 3> kPageFiles;

}  // namespace example
