#include "voxlock/e2ee.h"

#include "capi/e2ee_handle.h"
#include "capi/guard.h"
#include "capi/structs.h"
#include "voxlock/audio.h"

VOXLOCK_LAYOUT(voxlock_frame_cryptor_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(format),
               VOXLOCK_FIELD(ring_size), VOXLOCK_FIELD(clear_len), VOXLOCK_FIELD(ratchet_window),
               VOXLOCK_FIELD(pbkdf2_iterations), VOXLOCK_FIELD(salt), VOXLOCK_FIELD(salt_len),
               VOXLOCK_FIELD(server_trailer), VOXLOCK_FIELD(server_trailer_len),
               VOXLOCK_FIELD(server_codec), VOXLOCK_FIELD(sframe_suite),
               VOXLOCK_FIELD(first_counter), VOXLOCK_FIELD(max_frames))
VOXLOCK_LAYOUT(voxlock_frame_cryptor_stats, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(opening_keys),
               VOXLOCK_FIELD(sealed), VOXLOCK_FIELD(opened), VOXLOCK_FIELD(empty),
               VOXLOCK_FIELD(server_frames), VOXLOCK_FIELD(auth_failed), VOXLOCK_FIELD(no_key),
               VOXLOCK_FIELD(malformed), VOXLOCK_FIELD(server_refused), VOXLOCK_FIELD(replayed),
               VOXLOCK_FIELD(exhausted), VOXLOCK_FIELD(ratcheted), VOXLOCK_FIELD(next_counter))

namespace voxlock::capi {
namespace {

using e2ee::FrameCryptor;

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_frame_cryptor_config>::kLayout,
                                     LayoutOf<voxlock_frame_cryptor_stats>::kLayout};

static_assert(static_cast<int>(e2ee::Silence::kPcmu) == VOXLOCK_CODEC_PCMU &&
              static_cast<int>(e2ee::Silence::kPcma) == VOXLOCK_CODEC_PCMA &&
              static_cast<int>(e2ee::Silence::kOpus) == VOXLOCK_CODEC_OPUS);
static_assert(e2ee::kSeals == VOXLOCK_E2EE_SEALS && e2ee::kOpens == VOXLOCK_E2EE_OPENS);
static_assert(e2ee::kMaxMaterialLen == VOXLOCK_E2EE_MAX_MATERIAL);
static_assert(e2ee::kMaxSframeHeaderLen + e2ee::kMaxSframeTagLen == VOXLOCK_E2EE_MAX_OVERHEAD);

voxlock_frame_cryptor_config e2ee_defaults() {
  const e2ee::FrameCryptorConfig defaults;
  voxlock_frame_cryptor_config config{};
  config.format = static_cast<int32_t>(defaults.format);
  config.ring_size = defaults.ring_size;
  config.clear_len = defaults.clear_len;
  config.ratchet_window = defaults.ratchet_window;
  config.pbkdf2_iterations = defaults.pbkdf2_iterations;
  config.server_codec = static_cast<uint32_t>(defaults.server_silence);
  config.sframe_suite = static_cast<int32_t>(defaults.sframe_suite);
  config.first_counter = defaults.first_counter;
  config.max_frames = defaults.max_frames;
  return config;
}

Result<void> make_cryptor(voxlock_context* ctx, const voxlock_frame_cryptor_config* in,
                          voxlock_frame_cryptor** out) {
  VOXLOCK_TRY(const voxlock_frame_cryptor_config config, read_struct(in, e2ee_defaults()));
  e2ee::FrameCryptorConfig inner;
  VOXLOCK_TRY(const ByteView salt, input(config.salt, config.salt_len));
  if (config.salt != nullptr) inner.salt = salt;
  VOXLOCK_TRY(inner.server_trailer, input(config.server_trailer, config.server_trailer_len));
  if (config.format != VOXLOCK_E2EE_LIVEKIT && config.format != VOXLOCK_E2EE_SFRAME)
    return Status::ERR_INVALID_ARGUMENT;
  if (config.server_codec < VOXLOCK_CODEC_PCMU || config.server_codec > VOXLOCK_CODEC_OPUS)
    return Status::ERR_INVALID_ARGUMENT;
  inner.format = static_cast<e2ee::Format>(config.format);
  inner.ring_size = config.ring_size;
  inner.clear_len = config.clear_len;
  inner.ratchet_window = config.ratchet_window;
  inner.pbkdf2_iterations = config.pbkdf2_iterations;
  inner.server_silence = static_cast<e2ee::Silence>(config.server_codec);
  inner.sframe_suite = static_cast<uint32_t>(config.sframe_suite);
  inner.first_counter = config.first_counter;
  inner.max_frames = config.max_frames;
  VOXLOCK_TRY(auto cryptor, FrameCryptor::create(ctx->context, inner));
  *out = make_handle<voxlock_frame_cryptor>(ctx, std::move(cryptor)).release();
  return {};
}

struct Frame {
  const uint8_t* data;
  size_t len;
  const uint8_t* metadata;
  size_t metadata_len;
};

using Transform = Result<size_t> (FrameCryptor::*)(ByteView, ByteView, MutableBytes);

// One call of seal or open; extra: the most bytes that it adds.
int32_t transform(voxlock_frame_cryptor* cryptor, Transform run, size_t extra, const Frame& frame,
                  uint8_t* out, size_t* len) {
  return guard([&]() -> Result<void> {
    if (cryptor == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView data, input(frame.data, frame.len));
    VOXLOCK_TRY(const ByteView metadata, input(frame.metadata, frame.metadata_len));
    VOXLOCK_TRY(const MutableBytes room, output(out, len));
    if (overlaps(data, room) || overlaps(metadata, room)) return Status::ERR_INVALID_ARGUMENT;
    const auto done = ((*cryptor->cryptor).*run)(data, metadata, room);
    if (done.error() == Status::ERR_BUFFER_TOO_SMALL) *len = data.size() + extra;
    if (!done) return done.error();
    *len = *done;
    return {};
  });
}

voxlock_frame_cryptor_stats describe(const FrameCryptor& cryptor) {
  const e2ee::FrameCryptorStats& in = cryptor.stats();
  voxlock_frame_cryptor_stats out{};
  out.opening_keys = static_cast<uint32_t>(cryptor.opening_keys());
  out.sealed = in.sealed;
  out.opened = in.opened;
  out.empty = in.empty;
  out.server_frames = in.server_frames;
  out.auth_failed = in.auth_failed;
  out.no_key = in.no_key;
  out.malformed = in.malformed;
  out.server_refused = in.server_refused;
  out.replayed = in.replayed;
  out.exhausted = in.exhausted;
  out.ratcheted = in.ratcheted;
  out.next_counter = cryptor.next_counter();
  return out;
}

Result<e2ee::Kdf> kdf_of(int32_t kdf) {
  if (kdf < VOXLOCK_E2EE_KDF_NONE || kdf > VOXLOCK_E2EE_KDF_PBKDF2)
    return Status::ERR_INVALID_ARGUMENT;
  return static_cast<e2ee::Kdf>(kdf);
}

}  // namespace

LayoutTable e2ee_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

using namespace voxlock;

extern "C" {

int32_t voxlock_frame_cryptor_config_init(voxlock_frame_cryptor_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::e2ee_defaults()); });
}

int32_t voxlock_frame_cryptor_new(voxlock_context* ctx, const voxlock_frame_cryptor_config* config,
                                  voxlock_frame_cryptor** out) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::make_cryptor(ctx, config, out);
  });
}

void voxlock_frame_cryptor_free(voxlock_frame_cryptor* cryptor) {
  capi::release_cryptor(cryptor);
}

int32_t voxlock_frame_cryptor_set_key(voxlock_frame_cryptor* cryptor, uint64_t kid, int32_t kdf,
                                      const uint8_t* material, size_t material_len, uint32_t uses) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (cryptor == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const e2ee::Kdf how, capi::kdf_of(kdf));
    VOXLOCK_TRY(const ByteView secret, capi::input(material, material_len));
    return cryptor->cryptor->set_key(kid, how, secret, uses);
  });
}

int32_t voxlock_frame_cryptor_remove_key(voxlock_frame_cryptor* cryptor, uint64_t kid,
                                         uint32_t uses) {
  return capi::guard([&]() -> Result<void> {
    if (cryptor == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return cryptor->cryptor->remove_key(kid, uses);
  });
}

int32_t voxlock_frame_cryptor_ratchet(voxlock_frame_cryptor* cryptor, uint64_t kid) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (cryptor == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return cryptor->cryptor->ratchet(kid);
  });
}

int32_t voxlock_frame_cryptor_prepare(voxlock_frame_cryptor* cryptor, size_t most, size_t* left) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (cryptor == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const size_t missing, cryptor->cryptor->prepare(most));
    if (left != nullptr) *left = missing;
    return {};
  });
}

int32_t voxlock_frame_cryptor_seal(voxlock_frame_cryptor* cryptor, const uint8_t* frame,
                                   size_t frame_len, const uint8_t* metadata, size_t metadata_len,
                                   uint8_t* out, size_t* len) {
  return capi::transform(cryptor, &e2ee::FrameCryptor::seal,
                         voxlock_frame_cryptor_max_overhead(cryptor),
                         {frame, frame_len, metadata, metadata_len}, out, len);
}

int32_t voxlock_frame_cryptor_open(voxlock_frame_cryptor* cryptor, const uint8_t* frame,
                                   size_t frame_len, const uint8_t* metadata, size_t metadata_len,
                                   uint8_t* out, size_t* len) {
  return capi::transform(cryptor, &e2ee::FrameCryptor::open, 0,
                         {frame, frame_len, metadata, metadata_len}, out, len);
}

size_t voxlock_frame_cryptor_max_overhead(const voxlock_frame_cryptor* cryptor) {
  return cryptor != nullptr ? cryptor->cryptor->max_overhead() : 0;
}

int32_t voxlock_frame_cryptor_get_stats(const voxlock_frame_cryptor* cryptor,
                                        voxlock_frame_cryptor_stats* out) {
  return capi::guard([&]() -> Result<void> {
    if (cryptor == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::write_struct(out, capi::describe(*cryptor->cryptor));
  });
}

}  // extern "C"
