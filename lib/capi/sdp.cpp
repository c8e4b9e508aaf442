#include "voxlock/sdp.h"

#include <algorithm>
#include <cstring>
#include <memory_resource>
#include <vector>

#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "sdp/host_address.h"
#include "sdp/sdes.h"
#include "sdp/session.h"

VOXLOCK_LAYOUT(voxlock_sdp_summary, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(media_count),
               VOXLOCK_FIELD(username), VOXLOCK_FIELD(session_id), VOXLOCK_FIELD(version),
               VOXLOCK_FIELD(origin_address), VOXLOCK_FIELD(name))
VOXLOCK_LAYOUT(voxlock_sdp_media, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(direction),
               VOXLOCK_FIELD(type), VOXLOCK_FIELD(proto), VOXLOCK_FIELD(formats),
               VOXLOCK_FIELD(connection), VOXLOCK_FIELD(address), VOXLOCK_FIELD(port),
               VOXLOCK_FIELD(port_count), VOXLOCK_FIELD(attribute_count), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_sdp_crypto, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(tag),
               VOXLOCK_FIELD(suite), VOXLOCK_FIELD(usability), VOXLOCK_FIELD(key_len),
               VOXLOCK_FIELD(mki_len), VOXLOCK_FIELD(lifetime), VOXLOCK_FIELD(key),
               VOXLOCK_FIELD(mki))

using namespace voxlock;

struct voxlock_sdp : capi::Handle {
  voxlock_sdp(voxlock_context* ctx, size_t max_text)
      : Handle(ctx), buffer(max_text, &context->memory()) {}
  std::pmr::vector<char> buffer;
  size_t size = 0;  // of the text in it
  sdp::Session session;
  bool is_parsed = false;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {LayoutOf<voxlock_sdp_summary>::kLayout,
                                     LayoutOf<voxlock_sdp_media>::kLayout,
                                     LayoutOf<voxlock_sdp_crypto>::kLayout};

static_assert(VOXLOCK_SDP_MAX_KEY >= sdp::kMaxKeyAndSalt && VOXLOCK_SDP_MAX_MKI == sdp::kMaxMki);
constexpr size_t kMinText = 256;

voxlock_sip_text to_text(std::string_view text) {
  return {text.data(), text.size()};
}

Status check_parsed(const voxlock_sdp* sdp, const void* out) {
  if (sdp == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return sdp->is_parsed ? Status::OK : Status::ERR_WRONG_STATE;
}

Result<void> parse_description(voxlock_sdp& handle, ByteView data) {
  if (data.size() > handle.buffer.size()) return Status::ERR_LIMIT;
  // Judged where it lies, so that a broken one costs the former nothing.
  sdp::Session trial;
  VOXLOCK_TRY_VOID(trial.parse(as_text(data)));
  if (!data.empty()) std::memcpy(handle.buffer.data(), data.data(), data.size());
  // The rest of the former text may hold keys.
  if (handle.size > data.size())
    secure::wipe(handle.buffer.data() + data.size(), handle.size - data.size());
  handle.size = data.size();
  handle.is_parsed = true;
  return handle.session.parse(std::string_view(handle.buffer.data(), handle.size));
}

voxlock_sdp_summary summarize(const sdp::Session& session) {
  voxlock_sdp_summary out{};
  out.media_count = static_cast<uint32_t>(session.media().size());
  out.username = to_text(session.origin().username);
  out.session_id = to_text(session.origin().session_id);
  out.version = to_text(session.origin().session_version);
  out.origin_address = to_text(session.origin().address);
  out.name = to_text(session.name());
  return out;
}

voxlock_sdp_media describe(const sdp::Session& session, const sdp::Media& media) {
  voxlock_sdp_media out{};
  out.direction = static_cast<int32_t>(sdp::stated_direction(session, media));
  out.type = to_text(media.type);
  out.proto = to_text(media.proto);
  out.formats = to_text(media.formats);
  out.port = media.port;
  out.port_count = media.port_count;
  out.attribute_count = static_cast<uint32_t>(media.attributes.size());
  const auto& connection = session.connection_of(media);
  if (!connection) return out;
  out.connection = to_text(connection->address);
  if (const auto address = sdp::parse_address(connection->address)) {
    std::copy(address->ip.begin(), address->ip.end(), out.address.ip);
    out.address.family = address->family;
    out.address.port = media.port;
  }
  return out;
}

Result<void> find_nth(std::span<const sdp::Attribute> attributes, const char* name, size_t nth,
                      voxlock_sip_header* out) {
  for (const sdp::Attribute& attribute : attributes) {
    if (name != nullptr && attribute.name != name) continue;
    if (nth-- != 0) continue;
    *out = {to_text(attribute.name), to_text(attribute.value)};
    return {};
  }
  return Status::ERR_NOT_FOUND;
}

Result<void> get_attribute(const sdp::Session& session, int32_t media, const char* name, size_t nth,
                           voxlock_sip_header* out) {
  if (media < -1) return Status::ERR_INVALID_ARGUMENT;
  if (media == -1) return find_nth(session.attributes(), name, nth, out);
  const auto index = static_cast<size_t>(media);
  if (index >= session.media().size()) return Status::ERR_NOT_FOUND;
  return find_nth(session.media()[index].attributes, name, nth, out);
}

Result<void> parse_line(std::string_view value, voxlock_sdp_crypto* out) {
  VOXLOCK_TRY(const sdp::Crypto line, sdp::parse_crypto(value));
  const sdp::KeyParameter& key = line.keys[0];
  voxlock_sdp_crypto result{};
  result.tag = line.tag;
  result.suite = static_cast<uint32_t>(line.suite);
  result.usability = to_int(line.usability());
  result.key_len = static_cast<uint32_t>(key.key_and_salt.size());
  result.mki_len = static_cast<uint32_t>(key.mki_len);
  result.lifetime = key.lifetime;
  std::copy(key.key_and_salt.view().begin(), key.key_and_salt.view().end(), result.key);
  std::copy(key.mki_view().begin(), key.mki_view().end(), result.mki);
  const Status status = write_struct(out, result);
  secure::wipe(&result, sizeof result);
  return status == Status::OK ? Result<void>() : status;
}

Status write_line(const voxlock_sdp_crypto& in, MutableBytes room, size_t* len) {
  const sdp::CryptoSuiteInfo* suite = sdp::find_suite(static_cast<sdp::CryptoSuite>(in.suite));
  if (in.tag > sdp::kMaxTag || in.usability != 0) return Status::ERR_INVALID_ARGUMENT;
  if (suite == nullptr) return Status::ERR_SDP_SUITE;
  if (in.key_len != suite->key_len + suite->salt_len) return Status::ERR_SDP_KEY;
  if (in.mki_len > sdp::kMaxMki || in.lifetime > sdp::kMaxLifetime) return Status::ERR_SDP_KEY;
  sdp::KeyParameter key;
  key.lifetime = in.lifetime;
  key.mki_len = in.mki_len;
  std::copy_n(in.mki, in.mki_len, key.mki.begin());
  if (!key.key_and_salt.assign(ByteView(in.key, in.key_len))) return Status::ERR_SDP_KEY;
  bytes::Writer writer(room);
  sdp::write_crypto(writer, in.tag, suite->id, key);
  return finish_output(writer, len);
}

}  // namespace

LayoutTable sdp_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_sdp_new(voxlock_context* ctx, size_t max_text, voxlock_sdp** out) {
  return capi::guard([&]() -> Result<void> {
    if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    *out = nullptr;
    if (ctx == nullptr || max_text < capi::kMinText || max_text > sdp::kMaxText)
      return Status::ERR_INVALID_ARGUMENT;
    *out = capi::make_handle<voxlock_sdp>(ctx, max_text).release();
    return {};
  });
}

void voxlock_sdp_free(voxlock_sdp* sdp) {
  capi::free_handle(sdp);
}

int32_t voxlock_sdp_parse(voxlock_sdp* sdp, const uint8_t* data, size_t len) {
  return capi::guard([&]() -> Result<void> {
    if (sdp == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView input, capi::input(data, len));
    return capi::parse_description(*sdp, input);
  });
}

int32_t voxlock_sdp_get_summary(const voxlock_sdp* sdp, voxlock_sdp_summary* out) {
  return capi::guard([&] {
    const Status status = capi::check_parsed(sdp, out);
    return status == Status::OK ? capi::write_struct(out, capi::summarize(sdp->session)) : status;
  });
}

int32_t voxlock_sdp_get_media(const voxlock_sdp* sdp, size_t index, voxlock_sdp_media* out) {
  return capi::guard([&] {
    const Status status = capi::check_parsed(sdp, out);
    if (status != Status::OK) return status;
    if (index >= sdp->session.media().size()) return Status::ERR_NOT_FOUND;
    return capi::write_struct(out, capi::describe(sdp->session, sdp->session.media()[index]));
  });
}

int32_t voxlock_sdp_attribute(const voxlock_sdp* sdp, int32_t media, const char* name, size_t nth,
                              voxlock_sip_header* out) {
  return capi::guard([&]() -> Result<void> {
    const Status status = capi::check_parsed(sdp, out);
    return status == Status::OK ? capi::get_attribute(sdp->session, media, name, nth, out) : status;
  });
}

int32_t voxlock_sdp_crypto_parse(const char* value, size_t len, voxlock_sdp_crypto* out) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (out == nullptr || (value == nullptr && len != 0)) return Status::ERR_INVALID_ARGUMENT;
    return capi::parse_line({value, len}, out);
  });
}

int32_t voxlock_sdp_crypto_write(const voxlock_sdp_crypto* in, uint8_t* out, size_t* len) {
  return capi::guard_secrets([&]() -> Result<void> {
    if (in == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    auto line = capi::read_struct(in, voxlock_sdp_crypto{});
    if (!line) return line.error();
    const Status status = capi::write_line(*line, room, len);
    secure::wipe(&*line, sizeof *line);
    return status;
  });
}

}  // extern "C"
