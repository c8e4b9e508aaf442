#include "ice/credentials.h"

#include <algorithm>

#include "base/text.h"

namespace voxlock::ice {
namespace {

constexpr std::string_view kIceChars =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

bool is_ice_char(char c) {
  return text::is_alpha(c) || text::is_digit(c) || c == '+' || c == '/';
}

bool is_credential(std::string_view text, size_t least) {
  return text.size() >= least && text.size() <= kMaxCredential &&
         std::all_of(text.begin(), text.end(), is_ice_char);
}

Result<void> fill_with_ice_chars(MutableBytes out, RandomSource& random) {
  VOXLOCK_TRY_VOID(random.fill(out));
  for (uint8_t& byte : out) byte = static_cast<uint8_t>(kIceChars[byte % kIceChars.size()]);
  return {};
}

}  // namespace

bool is_ufrag(std::string_view text) {
  return is_credential(text, kMinUfrag);
}

bool is_pwd(std::string_view text) {
  return is_credential(text, kMinPwd);
}

Result<Credentials> Credentials::generate(RandomSource& random) {
  Credentials out;
  VOXLOCK_TRY_VOID(fill_with_ice_chars(out.ufrag.resize(kOwnUfrag), random));
  VOXLOCK_TRY_VOID(fill_with_ice_chars(out.pwd.resize(kOwnPwd), random));
  return out;
}

Result<Credentials> Credentials::from(std::string_view ufrag, std::string_view pwd) {
  Credentials out;
  if (!is_ufrag(ufrag) || !is_pwd(pwd) || !out.ufrag.assign(as_bytes(ufrag)) ||
      !out.pwd.assign(as_bytes(pwd))) {
    return Status::ERR_ICE_CREDENTIAL;
  }
  return out;
}

}  // namespace voxlock::ice
