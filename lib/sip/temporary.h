// Views must not outlive what they point into: a parser deletes the overload for a temporary
// string.
#pragma once

#include <concepts>
#include <string>

namespace voxlock::sip {

// Deduced from T&&: a std::string that dies at the end of the expression.
template <typename T>
concept TemporaryString = std::same_as<T, std::string>;

}  // namespace voxlock::sip
