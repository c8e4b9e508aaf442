// Whole files, and why one could not be read or written.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace example {

// Throws std::runtime_error with a message for a person: no such file, a folder, larger than 64
// MiB. what: what the file should have been, with a space behind it; may be empty.
std::string read_file(const std::string& path, const std::string& what = {});

// Throws std::runtime_error with a message for a person, also where the disk is full.
void write_file(const std::string& path, std::string_view text);

// Does the last that a program does with its results. What cannot be written is said on standard
// error, and false given: the rest of the results shall not be lost for it.
bool is_saved(const char* program, const std::function<void()>& save);

}  // namespace example
