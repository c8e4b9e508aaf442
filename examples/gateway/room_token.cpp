#include "gateway/room_token.h"

#include <jwt.h>

#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace example {
namespace {

constexpr int64_t kLifetimeS = 600;
constexpr int64_t kClockSkewS = 30;

void require(int error) {
  if (error != 0) throw std::runtime_error("no token for the room could be made");
}

}  // namespace

std::string make_room_token(const WhipConfig& config) {
  jwt_t* made = nullptr;
  require(jwt_new(&made));
  const std::unique_ptr<jwt_t, decltype(&jwt_free)> jwt(made, jwt_free);
  const auto now = static_cast<int64_t>(wall_ns() / 1'000'000'000);
  const nlohmann::json grants = {
      {"video",
       {{"roomJoin", true}, {"room", config.name}, {"canPublish", true}, {"canSubscribe", true}}}};
  require(jwt_add_grant(made, "iss", config.api_key.c_str()));
  require(jwt_add_grant(made, "sub", config.identity.c_str()));
  require(jwt_add_grant_int(made, "nbf", static_cast<long>(now - kClockSkewS)));
  require(jwt_add_grant_int(made, "exp", static_cast<long>(now + kLifetimeS)));
  require(jwt_add_grants_json(made, grants.dump().c_str()));
  require(jwt_set_alg(made, JWT_ALG_HS256,
                      reinterpret_cast<const unsigned char*>(config.api_secret.data()),
                      static_cast<int>(config.api_secret.size())));
  const std::unique_ptr<char, decltype(&std::free)> text(jwt_encode_str(made), std::free);
  if (text == nullptr) require(1);
  return text.get();
}

}  // namespace example
