#include "hygiene/victim.h"

#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>

#include "capi/identity.h"
#include "capi/leg_handle.h"
#include "support/catch.h"

namespace voxlock::test {
namespace {

constexpr size_t kArena = size_t{4} << 20;
constexpr std::string_view kSdp =
    "v=0\r\no=a 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

// Gives each block once and none again, so that what is zero in the end was wiped and not written
// over.
struct Arena {
  uint8_t* start = nullptr;
  size_t used = 0;
  uint64_t count = 0;
  const Shared* shared = nullptr;

  static void* alloc(void* user, size_t size, size_t align) {
    auto* self = static_cast<Arena*>(user);
    if (self->count++ == self->shared->fail_at) return nullptr;
    const size_t at = (self->used + align - 1) & ~(align - 1);
    if (at + size > kArena) return nullptr;
    self->used = at + size;
    return self->start + at;
  }
  static void free(void*, void*, size_t, size_t) {}
};

struct Objects {
  voxlock_context* context = nullptr;
  voxlock_leg* legs[2] = {};
  voxlock_bridge* bridge = nullptr;
  voxlock_relay* relay = nullptr;
  voxlock_frame_cryptor* cryptor = nullptr;
  voxlock_ua* ua = nullptr;
  voxlock_identity* identity = nullptr;
  voxlock_tls_settings* settings = nullptr;
  voxlock_tls* tls = nullptr;
  uint64_t connection = 0;
  uint64_t call = 0;
};

voxlock_address address_of(uint8_t last) {
  voxlock_address out{};
  const uint8_t ip[4] = {192, 0, 2, last};
  out.family = 4;
  std::memcpy(out.ip, ip, sizeof ip);
  out.port = 4000;
  return out;
}

int32_t make_leg(Objects& o, size_t index, uint32_t codec, int32_t keys = VOXLOCK_KEYS_SDES) {
  voxlock_leg_config config;
  int32_t rc = voxlock_leg_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.rtp_address = address_of(static_cast<uint8_t>(10 + index));
  std::memset(config.codecs, 0, sizeof config.codecs);
  config.codecs[0] = codec;
  config.key_exchange = keys;
  return voxlock_leg_new(o.context, &config, &o.legs[index]);
}

int32_t make_cryptor(Objects& o, const Shared& s) {
  const int32_t rc = voxlock_frame_cryptor_new(o.context, nullptr, &o.cryptor);
  if (rc != VOXLOCK_OK) return rc;
  return voxlock_frame_cryptor_set_key(o.cryptor, 0, VOXLOCK_E2EE_KDF_HKDF, s.in, s.in_len,
                                       VOXLOCK_E2EE_SEALS | VOXLOCK_E2EE_OPENS);
}

int32_t make_bridge(Objects& o, uint32_t wish, int32_t keys) {
  int32_t rc = make_leg(o, 0, VOXLOCK_CODEC_PCMU);
  if (rc == VOXLOCK_OK) rc = make_leg(o, 1, VOXLOCK_CODEC_OPUS, keys);
  voxlock_bridge_config config;
  if (rc == VOXLOCK_OK) rc = voxlock_bridge_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.cryptor[1] = o.cryptor;
  const bool is_resampled = wish == kResampled;
  voxlock_stage stage;
  rc = voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_RESAMPLE);
  stage.out_rate = 16000;
  config.stages[VOXLOCK_FORWARD] = &stage;
  config.stage_count[VOXLOCK_FORWARD] = is_resampled ? 1 : 0;
  config.denoise_db[VOXLOCK_FORWARD] = is_resampled ? 0 : wish;
  if (rc != VOXLOCK_OK) return rc;
  return voxlock_bridge_new(o.context, o.legs[0], o.legs[1], &config, &o.bridge);
}

int32_t make_relay(Objects& o, uint32_t is_sealed) {
  int32_t rc = make_leg(o, 0, VOXLOCK_CODEC_OPUS);
  if (rc == VOXLOCK_OK) rc = make_leg(o, 1, VOXLOCK_CODEC_OPUS);
  voxlock_relay_config config;
  if (rc == VOXLOCK_OK) rc = voxlock_relay_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.is_sealed = is_sealed;
  return voxlock_relay_new(o.context, o.legs[0], o.legs[1], &config, &o.relay);
}

int32_t make_ua(Objects& o, const Shared& s, uint64_t now) {
  const char* user = reinterpret_cast<const char*>(s.in);
  const char* password = user + std::strlen(user) + 1;
  voxlock_ua_config config;
  int32_t rc = voxlock_ua_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.host = "host.example";
  config.host_len = std::strlen(config.host);
  config.realm = "trunk.example";
  config.realm_len = std::strlen(config.realm);
  rc = voxlock_ua_new(o.context, &config, &o.ua);
  if (rc == VOXLOCK_OK) rc = voxlock_ua_set_account(o.ua, user, password);
  if (rc == VOXLOCK_OK)
    rc = voxlock_ua_set_credentials(o.ua, "carrier.example", "192.0.2.9", user, password);
  if (rc == VOXLOCK_OK)
    rc = voxlock_ua_accept(o.ua, VOXLOCK_UA_TCP, "192.0.2.9", 9, 5060, &o.connection, now);
  return rc;
}

int32_t poll_ua(Objects& o, Shared& s) {
  s.out_len = sizeof s.out;
  const int32_t rc =
      voxlock_ua_poll(o.ua, s.ua_events, 8, &s.ua_event_count, s.out, &s.out_len, s.now_ns);
  if (rc != VOXLOCK_OK || s.ua_event_count == 0) s.out_len = 0;
  return rc;
}

int32_t connect_ua(Objects& o, Shared& s) {
  voxlock_ua_invite_config config;
  int32_t rc = voxlock_ua_invite_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.connection = o.connection;
  config.transport = VOXLOCK_UA_TCP;
  config.to = "sip:bob@192.0.2.9;transport=tcp";
  config.to_len = std::strlen(config.to);
  config.sdp = reinterpret_cast<const uint8_t*>(kSdp.data());
  config.sdp_len = kSdp.size();
  rc = voxlock_ua_invite(o.ua, &config, &o.call, s.now_ns);
  return rc == VOXLOCK_OK ? poll_ua(o, s) : rc;
}

void put(Shared& s, ByteView data) {
  const auto len = static_cast<uint32_t>(data.size());
  std::memcpy(s.out + s.out_len, &len, sizeof len);
  std::memcpy(s.out + s.out_len + sizeof len, data.data(), len);
  s.out_len += sizeof len + len;
}

int32_t make_tls(Objects& o, Shared& s) {
  voxlock_identity_config wish{};
  wish.struct_size = sizeof wish;
  wish.dns_name = "a.example";
  wish.not_after_s = 4'102'444'799;
  int32_t rc = voxlock_identity_new(o.context, &wish, &o.identity);
  voxlock_tls_settings_config config;
  if (rc == VOXLOCK_OK) rc = voxlock_tls_settings_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  const crypto::Identity& made = o.identity->identity;
  config.role = VOXLOCK_TLS_SERVER;
  config.certificates = made.certificate_der().data();
  config.certificates_len = made.certificate_der().size();
  config.key = made.key_der().data();
  config.key_len = made.key_der().size();
  rc = voxlock_tls_settings_new(o.context, &config, &o.settings);
  if (rc == VOXLOCK_OK) rc = voxlock_tls_new(o.context, o.settings, nullptr, &o.tls);
  s.out_len = 0;
  put(s, made.certificate_der());
  put(s, made.key_der());
  return rc;
}

int32_t input_tls(Objects& o, Shared& s) {
  size_t taken = 0;
  int32_t rc = voxlock_tls_feed(o.tls, s.in, s.in_len, &taken, s.now_ns);
  s.in_len = sizeof s.in;
  if (rc == VOXLOCK_OK) rc = voxlock_tls_read(o.tls, s.in, &s.in_len);
  s.out_len = sizeof s.out;
  return rc == VOXLOCK_OK ? voxlock_tls_take(o.tls, s.out, &s.out_len) : rc;
}

void free_all(Objects& o) {
  voxlock_tls_free(o.tls);
  voxlock_tls_settings_free(o.settings);
  voxlock_identity_free(o.identity);
  voxlock_bridge_free(o.bridge);
  voxlock_relay_free(o.relay);
  for (voxlock_leg* leg : o.legs) voxlock_leg_free(leg);
  voxlock_frame_cryptor_free(o.cryptor);
  voxlock_ua_free(o.ua);
  voxlock_context_free(o.context);
  o = {};
}

int32_t make_context(Objects& o, Arena& arena) {
  if (o.context != nullptr) return VOXLOCK_OK;
  if (arena.shared->has_arenas) return voxlock_context_new(nullptr, &o.context);
  const voxlock_allocator allocator{sizeof allocator, 0, &arena, &Arena::alloc, &Arena::free};
  voxlock_context_config config;
  const int32_t rc = voxlock_context_config_init(&config, sizeof config);
  if (rc != VOXLOCK_OK) return rc;
  config.allocator = &allocator;
  return voxlock_context_new(&config, &o.context);
}

int32_t input_of(Objects& o, const Shared& s) {
  voxlock_datagram datagram{};
  datagram.data = s.in;
  datagram.len = s.in_len;
  datagram.leg = s.argument;
  datagram.source = address_of(static_cast<uint8_t>(20 + s.argument));
  if (o.relay != nullptr) return voxlock_relay_input(o.relay, &datagram, 1, s.now_ns);
  return voxlock_bridge_input(o.bridge, &datagram, 1, s.now_ns);
}

int32_t make(Objects& o, Arena& arena, Shared& s) {
  int32_t rc = make_context(o, arena);
  if (rc != VOXLOCK_OK) return rc;
  switch (s.command) {
    case Command::kMakeWebrtc:
      return make_bridge(o, s.argument, VOXLOCK_KEYS_DTLS);
    case Command::kMakeParticipant:
      rc = make_cryptor(o, s);
      return rc == VOXLOCK_OK ? make_bridge(o, s.argument, VOXLOCK_KEYS_SDES) : rc;
    case Command::kMakeRelay:
      return make_relay(o, s.argument);
    case Command::kMakeTls:
      return make_tls(o, s);
    case Command::kMakeUa:
      return make_ua(o, s, s.now_ns);
    default:
      return make_bridge(o, s.argument, VOXLOCK_KEYS_SDES);
  }
}

int32_t obey_ua(Objects& o, Shared& s) {
  switch (s.command) {
    case Command::kUaConnect:
      return connect_ua(o, s);
    case Command::kUaInput: {
      size_t taken = 0;
      return voxlock_ua_input(o.ua, o.connection, s.in, s.in_len, &taken, s.now_ns);
    }
    case Command::kUaDigit: {
      const int32_t rc = voxlock_ua_send_digit(o.ua, o.call, s.argument & 0xff, s.argument >> 8,
                                               VOXLOCK_UA_DTMF_RELAY, s.now_ns);
      return rc == VOXLOCK_OK ? poll_ua(o, s) : rc;
    }
    default:
      return poll_ua(o, s);
  }
}

int32_t poll_media(Objects& o, Shared& s) {
  if (o.relay != nullptr) {
    return voxlock_relay_poll(o.relay, s.events, 16, &s.event_count, s.out, sizeof s.out, s.now_ns);
  }
  return voxlock_bridge_poll(o.bridge, s.events, 16, &s.event_count, s.out, sizeof s.out, s.now_ns);
}

int32_t obey(Objects& o, Arena& arena, Shared& s) {
  s.out_len = sizeof s.out;
  switch (s.command) {
    case Command::kTellKey:
      s.out_len = o.legs[1]->key.size();
      std::memcpy(s.out, o.legs[1]->key.data(), s.out_len);
      return VOXLOCK_OK;
    case Command::kAnswerTrunk:
      return voxlock_leg_answer(o.legs[0], s.in, s.in_len, s.out, &s.out_len, nullptr, s.now_ns);
    case Command::kOfferRoom:
      return voxlock_leg_offer(o.legs[1], 0, s.out, &s.out_len, s.now_ns);
    case Command::kAcceptRoom:
      return voxlock_leg_accept_answer(o.legs[1], s.in, s.in_len, nullptr, s.now_ns);
    case Command::kInput:
      return input_of(o, s);
    case Command::kPoll:
      return poll_media(o, s);
    case Command::kClose:
      return o.relay != nullptr ? voxlock_relay_close(o.relay, s.now_ns)
                                : voxlock_bridge_close(o.bridge, s.now_ns);
    case Command::kUaConnect:
    case Command::kUaInput:
    case Command::kUaPoll:
    case Command::kUaDigit:
      return obey_ua(o, s);
    case Command::kTlsInput:
      return input_tls(o, s);
    case Command::kKeep: {
      static uint8_t kept[64];
      std::memcpy(kept, s.in, sizeof kept);
      return VOXLOCK_OK;
    }
    case Command::kFree:
      free_all(o);
      return VOXLOCK_OK;
    case Command::kQuit:
      return VOXLOCK_OK;
    default:
      return make(o, arena, s);
  }
}

[[noreturn]] void serve(Shared& shared, int wake, int done) {
  Objects objects;
  Arena arena;
  arena.shared = &shared;
  arena.start = static_cast<uint8_t*>(
      mmap(nullptr, kArena, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  shared.arena = reinterpret_cast<uintptr_t>(arena.start);
  shared.arena_size = kArena;
  char token = 0;
  while (read(wake, &token, 1) == 1 && shared.command != Command::kQuit) {
    shared.status = obey(objects, arena, shared);
    __atomic_add_fetch(&shared.served, 1, __ATOMIC_RELEASE);
    if (write(done, &token, 1) != 1) break;
  }
  _exit(0);
}

}  // namespace

Victim::Victim() {
  void* room =
      mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  REQUIRE(room != MAP_FAILED);
  // What the host says is no part of the victim's core.
  REQUIRE(madvise(room, sizeof(Shared), MADV_DONTDUMP) == 0);
  shared_ = new (room) Shared{};
  shared_->fail_at = UINT64_MAX;
  int wake[2], done[2];
  REQUIRE(pipe(wake) == 0);
  REQUIRE(pipe(done) == 0);
  process_ = fork();
  REQUIRE(process_ >= 0);
  if (process_ == 0) {
    close(wake[1]);
    close(done[0]);
    serve(*shared_, wake[0], done[1]);
  }
  close(wake[0]);
  close(done[1]);
  wake_ = wake[1];
  done_ = done[0];
}

Victim::~Victim() {
  close(wake_);
  close(done_);
  waitpid(process_, nullptr, 0);
  munmap(shared_, sizeof(Shared));
}

void Victim::begin(Command command, uint32_t argument) {
  shared_->command = command;
  shared_->argument = argument;
  const char token = 'x';
  REQUIRE(write(wake_, &token, 1) == 1);
}

int32_t Victim::finish() {
  char token = 0;
  REQUIRE(read(done_, &token, 1) == 1);
  return shared_->status;
}

int32_t Victim::run(Command command, uint32_t argument) {
  begin(command, argument);
  return finish();
}

int32_t Victim::step(Command command, uint32_t argument, uint32_t stride,
                     const std::function<void()>& look) {
  const uint32_t before = shared_->served;
  REQUIRE(ptrace(PTRACE_ATTACH, process_, nullptr, nullptr) == 0);
  REQUIRE(waitpid(process_, nullptr, 0) == process_);
  begin(command, argument);
  for (uint32_t i = 1; __atomic_load_n(&shared_->served, __ATOMIC_ACQUIRE) == before; ++i) {
    REQUIRE(ptrace(PTRACE_SINGLESTEP, process_, nullptr, nullptr) == 0);
    REQUIRE(waitpid(process_, nullptr, 0) == process_);
    if (i % stride == 0) look();
  }
  REQUIRE(ptrace(PTRACE_DETACH, process_, nullptr, nullptr) == 0);
  return finish();
}

}  // namespace voxlock::test
