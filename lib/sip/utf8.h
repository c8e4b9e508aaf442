// UTF-8 (RFC 3629).
#pragma once

#include <cstddef>
#include <string_view>

namespace voxlock::sip {

// Offset of the first octet that is not part of well-formed UTF-8; text.size() where all is.
// Overlong forms, surrogates and numbers above U+10FFFF are not well-formed.
size_t find_bad_utf8(std::string_view text);

}  // namespace voxlock::sip
