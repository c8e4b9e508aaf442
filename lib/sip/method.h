// Request methods.
#pragma once

#include <cstdint>
#include <string_view>

namespace voxlock::sip {

enum class Method : uint8_t {
  kOther,  // any other token: an extension method
  kInvite,
  kAck,
  kBye,
  kCancel,
  kOptions,
  kRegister,
  kPrack,
  kUpdate,
  kInfo,
  kMessage,
  kRefer,
  kSubscribe,
  kNotify,
  kPublish,
};

// Methods are case-sensitive (RFC 3261 7.1).
Method method_of(std::string_view text);
// "" for kOther.
std::string_view method_text(Method method);

}  // namespace voxlock::sip
