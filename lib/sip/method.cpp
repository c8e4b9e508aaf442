#include "sip/method.h"

#include <iterator>

namespace voxlock::sip {
namespace {

constexpr std::string_view kTexts[] = {"",        "INVITE",   "ACK",       "BYE",    "CANCEL",
                                       "OPTIONS", "REGISTER", "PRACK",     "UPDATE", "INFO",
                                       "MESSAGE", "REFER",    "SUBSCRIBE", "NOTIFY", "PUBLISH"};
static_assert(std::size(kTexts) == static_cast<size_t>(Method::kPublish) + 1);

}  // namespace

Method method_of(std::string_view text) {
  for (size_t i = 1; i < std::size(kTexts); ++i) {
    if (kTexts[i] == text) return static_cast<Method>(i);
  }
  return Method::kOther;
}

std::string_view method_text(Method method) {
  return kTexts[static_cast<size_t>(method)];
}

}  // namespace voxlock::sip
