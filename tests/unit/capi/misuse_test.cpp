// Every exported function with wrong arguments: none crashes, each says a status of the list, and a
// call that fails takes no memory. What the right status is for one function, its own tests say.
#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "support/c_legs.h"

namespace {

using namespace voxlock::test;

// Every kind of handle, the port being a leg.
#define VOXLOCK_HANDLES(X) \
  X(context)               \
  X(sip_message)           \
  X(sip_framer)            \
  X(encoder)               \
  X(decoder)               \
  X(chain)                 \
  X(sdp)                   \
  X(negotiation)           \
  X(ice)                   \
  X(ua)                    \
  X(frame_cryptor)         \
  X(srtp) X(identity) X(dtls) X(tls_settings) X(tls) X(leg) X(bridge) X(relay) X(tap)

#define VOXLOCK_RELEASE(name)        \
  void release(voxlock_##name* it) { \
    voxlock_##name##_free(it);       \
  }
VOXLOCK_HANDLES(VOXLOCK_RELEASE)
#undef VOXLOCK_RELEASE

template <typename T>
constexpr bool kIsHandle = false;
#define VOXLOCK_IS_HANDLE(name) \
  template <>                   \
  constexpr bool kIsHandle<voxlock_##name> = true;
VOXLOCK_HANDLES(VOXLOCK_IS_HANDLE)
#undef VOXLOCK_IS_HANDLE

enum class Size { kZero, kHuge, kRight };  // of structs that tell theirs

// What the arguments are.
struct Given {
  bool has_handles;  // good ones; or NULL
  size_t null_at;    // this pointer is NULL, kAll: every one
  Size size;
  size_t number;  // each integer: count, length, capacity, index, time
};
constexpr size_t kAll = SIZE_MAX;
constexpr size_t kNone = SIZE_MAX - 1;

// A build without them makes no tap.
bool has_taps() {
  return voxlock_has("taps") == 1;
}

// One of each kind of handle.
class Handles {
#define VOXLOCK_POINTER(name) voxlock_##name*,
  using All = std::tuple<VOXLOCK_HANDLES(VOXLOCK_POINTER) void*>;
#undef VOXLOCK_POINTER

 public:
  Handles() {
    make<voxlock_sip_message>(voxlock_sip_message_new, voxlock_sip_message_free, nullptr);
    make<voxlock_sip_framer>(voxlock_sip_framer_new, voxlock_sip_framer_free, nullptr);
    make<voxlock_encoder>(voxlock_encoder_new, voxlock_encoder_free, nullptr);
    make<voxlock_decoder>(voxlock_decoder_new, voxlock_decoder_free, nullptr);
    make<voxlock_sdp>(voxlock_sdp_new, voxlock_sdp_free, size_t{4096});
    make_with<voxlock_chain>(voxlock_chain_new, voxlock_chain_free, voxlock_chain_config_init,
                             [](auto&) {});
    make_with<voxlock_negotiation>(voxlock_negotiation_new, voxlock_negotiation_free,
                                   voxlock_negotiation_config_init,
                                   [](auto& config) { place(config.rtp_address); });
    make_with<voxlock_ice>(voxlock_ice_new, voxlock_ice_free, voxlock_ice_config_init,
                           [](auto& config) { place(config.local[0]), config.local_count = 1; });
    make_with<voxlock_ua>(voxlock_ua_new, voxlock_ua_free, voxlock_ua_config_init,
                          [](auto& config) { config.host = "a", config.host_len = 1; });
    make_with<voxlock_frame_cryptor>(voxlock_frame_cryptor_new, voxlock_frame_cryptor_free,
                                     voxlock_frame_cryptor_config_init, [](auto&) {});
    make_with<voxlock_srtp>(voxlock_srtp_new, voxlock_srtp_free, voxlock_srtp_config_init,
                            [](auto& config) {
                              static const uint8_t kKey[30] = {1};
                              config.key = config.peer_key = kKey;
                              config.key_len = config.peer_key_len = sizeof kKey;
                            });
    voxlock_identity_config identity{};
    identity.struct_size = sizeof identity;
    identity.not_after_s = 4'000'000'000;
    make<voxlock_identity>(voxlock_identity_new, voxlock_identity_free, &identity);
    make_with<voxlock_dtls>(voxlock_dtls_new, voxlock_dtls_free, voxlock_dtls_config_init,
                            [this](auto& config) { config.identity = get<voxlock_identity>(); });
    make_tls();
    make_legs();
  }
  ~Handles() {
    for (auto it = free_.rbegin(); it != free_.rend(); ++it) (*it)();
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  template <typename T>
  T*& get() {
    return std::get<T*>(handles_);
  }

  [[nodiscard]] uint64_t blocks() const {
    return host_.allocator.live_blocks;
  }

 private:
  static void place(voxlock_address& address) {
    address.family = 4;
    address.ip[0] = 192;
    address.port = 4000;
  }
  template <typename T, typename New, typename Free, typename Config>
  void make(New create, Free release, Config config) {
    REQUIRE(create(host_.ctx, config, &get<T>()) == VOXLOCK_OK);
    free_.push_back([this, release] { release(get<T>()); });
  }
  template <typename T, typename New, typename Free, typename Config, typename Change>
  void make_with(New create, Free release, int32_t (*init)(Config*, size_t), Change change) {
    Config config;
    REQUIRE(init(&config, sizeof config) == VOXLOCK_OK);
    change(config);
    make<T>(create, release, &config);
  }
  void make_tls() {
    std::array<uint8_t, 4096> pem{};
    size_t len = pem.size();
    REQUIRE(voxlock_identity_pem(get<voxlock_identity>(), VOXLOCK_IDENTITY_CERTIFICATE, pem.data(),
                                 &len) == VOXLOCK_OK);
    make_with<voxlock_tls_settings>(voxlock_tls_settings_new, voxlock_tls_settings_free,
                                    voxlock_tls_settings_config_init, [&](auto& config) {
                                      config.authorities = pem.data();
                                      config.authorities_len = len;
                                    });
    REQUIRE(voxlock_tls_new(host_.ctx, get<voxlock_tls_settings>(), "a.example",
                            &get<voxlock_tls>()) == VOXLOCK_OK);
    free_.emplace_back([this] { voxlock_tls_free(get<voxlock_tls>()); });
  }
  void make_legs() {
    for (size_t i = 0; i < legs_.size(); ++i) legs_[i] = leg(host_, static_cast<uint8_t>(i + 1));
    get<voxlock_context>() = host_.ctx;
    get<voxlock_leg>() = legs_[0];
    REQUIRE(voxlock_bridge_new(host_.ctx, legs_[1], legs_[2], nullptr, &get<voxlock_bridge>()) ==
            VOXLOCK_OK);
    REQUIRE(voxlock_relay_new(host_.ctx, legs_[3], legs_[4], nullptr, &get<voxlock_relay>()) ==
            VOXLOCK_OK);
    REQUIRE(voxlock_tap_new(host_.ctx, legs_[1], nullptr, &get<voxlock_tap>()) ==
            (has_taps() ? VOXLOCK_OK : VOXLOCK_ERR_UNSUPPORTED));
    free_.emplace_back([this] {
      voxlock_tap_free(get<voxlock_tap>());
      voxlock_bridge_free(get<voxlock_bridge>());
      voxlock_relay_free(get<voxlock_relay>());
      for (voxlock_leg* it : legs_) voxlock_leg_free(it);
    });
  }

  Host host_;
  All handles_{};
  std::array<voxlock_leg*, 5> legs_{};
  std::vector<std::function<void()>> free_;
};

// What a function gave.
struct Outcome {
  bool is_status = false;
  int32_t status = 0;
  bool has_handle = false;  // among its parameters
  bool has_struct = false;  // one with a struct_size
  bool keeps_out = true;    // a handle that could not be made is NULL
};

class Caller {
 public:
  Caller(Handles& handles, const Given& given) : handles_(handles), given_(given) {}

  template <typename R, typename... A>
  Outcome call(R (*function)(A...)) {
    return call_with(function, std::index_sequence_for<A...>());
  }

 private:
  template <typename R, typename... A, size_t... I>
  Outcome call_with(R (*function)(A...), std::index_sequence<I...> /*places*/) {
    const std::tuple<A...> arguments{argument<A>(I)...};
    if constexpr (std::is_same_v<R, int32_t>) {
      out_.is_status = true;
      out_.status = function(std::get<I>(arguments)...);
    } else {
      (void)function(std::get<I>(arguments)...);
    }
    for (const auto& finish : after_) finish();
    return out_;
  }

  template <typename T>
  T argument(size_t index) {
    if constexpr (!std::is_pointer_v<T>) {
      return static_cast<T>(given_.number);
    } else {
      using Target = std::remove_const_t<std::remove_pointer_t<T>>;
      if constexpr (kIsHandle<Target>) {
        out_.has_handle = true;
        return given_.has_handles ? handles_.get<Target>() : nullptr;
      } else {
        return pointer<T, Target>(index);
      }
    }
  }

  template <typename T, typename Target>
  T pointer(size_t index) {
    auto* const target = reinterpret_cast<Target*>(room_.at(index).data());
    if constexpr (requires { target->struct_size; }) {
      out_.has_struct = true;
      target->struct_size = given_.size == Size::kZero   ? 0
                            : given_.size == Size::kHuge ? UINT32_MAX
                                                         : uint32_t{sizeof(Target)};
    }
    if (given_.null_at == kAll || given_.null_at == index) return nullptr;
    if constexpr (std::is_pointer_v<Target> && kIsHandle<std::remove_pointer_t<Target>>) {
      *target = reinterpret_cast<Target>(this);
      after_.push_back([this, target] {
        if (out_.status == VOXLOCK_OK) release(*target);
        out_.keeps_out = out_.status == VOXLOCK_OK || *target == nullptr;
      });
    }
    return target;
  }

  Handles& handles_;
  Given given_;
  Outcome out_;
  std::vector<std::function<void()>> after_;
  struct alignas(std::max_align_t) Room : std::array<uint8_t, 16384> {};
  std::array<Room, 10> room_{};
};

struct Export {
  std::string name;
  Outcome (*call)(Handles&, const Given&);
};

const std::vector<Export>& exports() {
  static const std::vector<Export> kExports = {
#define VOXLOCK_EXPORT(name) \
  {#name, [](Handles& handles, const Given& given) { return Caller(handles, given).call(name); }},
#include "exports.inc"
#undef VOXLOCK_EXPORT
  };
  return kExports;
}

// They answer a question, with 0 or more.
bool is_question(const std::string& name) {
  const std::string_view kQuestions[] = {"voxlock_has", "voxlock_rtp_classify",
                                         "voxlock_sip_response_code",
                                         "voxlock_ice_is_authenticated"};
  return std::find(std::begin(kQuestions), std::end(kQuestions), name) != std::end(kQuestions);
}

// What a call with wrong arguments may not do, whatever it says.
Outcome call(Handles& handles, const Export& it, const Given& given) {
  const uint64_t blocks = handles.blocks();
  Outcome out = it.call(handles, given);
  INFO(it.name << ": " << out.status);
  CHECK(out.keeps_out);
  if (is_question(it.name)) {
    CHECK(out.status >= 0);
    out.is_status = false;
  }
  if (!out.is_status) return out;
  CHECK(std::string(voxlock_status_name(out.status)) != "VOXLOCK_UNKNOWN");
  if (out.status != VOXLOCK_OK) CHECK(handles.blocks() == blocks);
  return out;
}

bool ends_with(const std::string& name, std::string_view end) {
  return name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

TEST_CASE("NULL for everything is an invalid argument to every function") {
  Handles handles;
  for (const size_t number : {0, 16}) {
    for (const Export& it : exports()) {
      const Outcome out = call(handles, it, {false, kAll, Size::kRight, number});
      INFO(it.name << " " << number << ": " << out.status);
      // A batch of no packets has nothing to do.
      const bool is_done = number == 0 && ends_with(it.name, "_batch");
      if (out.is_status) CHECK(out.status == (is_done ? VOXLOCK_OK : VOXLOCK_ERR_INVALID_ARGUMENT));
    }
  }
}

TEST_CASE("without its handle a function does nothing, however good the rest is") {
  Handles handles;
  for (const Export& it : exports()) {
    const Outcome out = call(handles, it, {false, kNone, Size::kRight, 16});
    INFO(it.name << ": " << out.status);
    if (out.is_status && out.has_handle) CHECK(out.status == VOXLOCK_ERR_INVALID_ARGUMENT);
  }
}

TEST_CASE("a struct of no size, or of too large a one, is refused by every function") {
  // What these have to tell there is not, or cannot be read: 16 NULs, handles that are new, a tap
  // that is revoked, or none in this build.
  std::set<std::string> say_that_first = {"voxlock_bridge_new",       "voxlock_chain_stage_stats",
                                          "voxlock_dtls_export_keys", "voxlock_leg_get_quality",
                                          "voxlock_leg_media",        "voxlock_negotiation_get",
                                          "voxlock_relay_new",        "voxlock_rtcp_get_block",
                                          "voxlock_rtcp_parse",       "voxlock_rtp_parse",
                                          "voxlock_sdp_crypto_parse", "voxlock_sdp_get_media",
                                          "voxlock_sdp_get_summary",  "voxlock_sip_message_summary",
                                          "voxlock_sip_uri_parse",    "voxlock_srtp_suite_info",
                                          "voxlock_tap_read"};
  if (!has_taps()) say_that_first.insert("voxlock_tap_new");
  Handles handles;
  for (const Size size : {Size::kZero, Size::kHuge}) {
    std::set<std::string> others;
    for (const Export& it : exports()) {
      if (ends_with(it.name, "_init") || ends_with(it.name, "_free")) continue;
      const Outcome out = call(handles, it, {true, kNone, size, 16});
      if (!out.is_status || !out.has_struct) continue;
      INFO(it.name << ": " << out.status);
      CHECK(out.status < 0);
      if (out.status != VOXLOCK_ERR_STRUCT_SIZE) others.insert(it.name);
    }
    CHECK(others == say_that_first);
  }
}

TEST_CASE("each pointer that is missing is told apart from a crash") {
  Handles handles;
  for (const size_t number : {0, 1, 16}) {
    for (size_t missing = 0; missing < 10; ++missing) {
      for (const Export& it : exports()) {
        if (!ends_with(it.name, "_free"))
          (void)call(handles, it, {true, missing, Size::kRight, number});
      }
    }
  }
}

TEST_CASE("in any order and any number of times no function crashes or leaks") {
  std::mt19937 random(2);
  const auto below = [&](size_t n) { return random() % n; };
  constexpr size_t kNumbers[] = {0, 1, 2, 7, 16, 64};
  for (int round = 0; round < 4; ++round) {
    Handles handles;
    for (int i = 0; i < 800; ++i) {
      const Export& it = exports()[below(exports().size())];
      if (ends_with(it.name, "_free")) continue;
      const Size size = below(4) == 0 ? Size::kHuge : Size::kRight;
      (void)call(handles, it, {true, below(20), size, kNumbers[below(std::size(kNumbers))]});
    }
  }
}
