// Parsers here give views, which must not outlive their bytes.
#pragma once

#include <ranges>
#include <type_traits>

namespace voxlock::rtp {

// A container that dies at the end of the expression; overloads for it are deleted.
template <typename T>
concept OwningTemporary =
    !std::is_lvalue_reference_v<T> && std::ranges::range<T> && !std::ranges::borrowed_range<T>;

}  // namespace voxlock::rtp
