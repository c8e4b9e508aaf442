#include "voxlock/sip.h"

#include <cstring>
#include <memory_resource>
#include <vector>

#include "base/text.h"
#include "capi/guard.h"
#include "capi/handle.h"
#include "capi/structs.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "sip/response_code.h"
#include "sip/writer.h"

VOXLOCK_LAYOUT(voxlock_sip_text, VOXLOCK_FIELD(data), VOXLOCK_FIELD(len))
VOXLOCK_LAYOUT(voxlock_sip_header, VOXLOCK_FIELD(name), VOXLOCK_FIELD(value))
VOXLOCK_LAYOUT(voxlock_sip_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(max_message),
               VOXLOCK_FIELD(is_client), VOXLOCK_FIELD(reserved))
VOXLOCK_LAYOUT(voxlock_sip_summary, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(status_code),
               VOXLOCK_FIELD(method), VOXLOCK_FIELD(uri), VOXLOCK_FIELD(reason),
               VOXLOCK_FIELD(from_uri), VOXLOCK_FIELD(from_name), VOXLOCK_FIELD(from_tag),
               VOXLOCK_FIELD(to_uri), VOXLOCK_FIELD(to_name), VOXLOCK_FIELD(to_tag),
               VOXLOCK_FIELD(call_id), VOXLOCK_FIELD(contact_uri), VOXLOCK_FIELD(via_branch),
               VOXLOCK_FIELD(content_type), VOXLOCK_FIELD(body), VOXLOCK_FIELD(cseq),
               VOXLOCK_FIELD(max_forwards), VOXLOCK_FIELD(header_count),
               VOXLOCK_FIELD(is_answerable))
VOXLOCK_LAYOUT(voxlock_sip_start, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(status_code),
               VOXLOCK_FIELD(method), VOXLOCK_FIELD(uri), VOXLOCK_FIELD(reason))
VOXLOCK_LAYOUT(voxlock_sip_uri, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(scheme),
               VOXLOCK_FIELD(uri), VOXLOCK_FIELD(user), VOXLOCK_FIELD(password),
               VOXLOCK_FIELD(host), VOXLOCK_FIELD(params), VOXLOCK_FIELD(headers),
               VOXLOCK_FIELD(display_name), VOXLOCK_FIELD(field_params), VOXLOCK_FIELD(port),
               VOXLOCK_FIELD(reserved))

using namespace voxlock;

struct voxlock_sip_message : capi::Handle {
  voxlock_sip_message(voxlock_context* ctx, const voxlock_sip_config& config)
      : Handle(ctx), buffer(config.max_message, &context->memory()) {}
  std::pmr::vector<char> buffer;
  sip::Message message;
  bool is_parsed = false;
};

struct voxlock_sip_framer : capi::Handle {
  voxlock_sip_framer(voxlock_context* ctx, const voxlock_sip_config& config)
      : Handle(ctx),
        framer(context->memory(),
               config.is_client != 0 ? sip::FramerRole::kClient : sip::FramerRole::kServer,
               config.max_message) {}
  sip::Framer framer;
};

namespace voxlock::capi {
namespace {

constexpr StructLayout kLayouts[] = {
    LayoutOf<voxlock_sip_text>::kLayout,   LayoutOf<voxlock_sip_header>::kLayout,
    LayoutOf<voxlock_sip_config>::kLayout, LayoutOf<voxlock_sip_summary>::kLayout,
    LayoutOf<voxlock_sip_start>::kLayout,  LayoutOf<voxlock_sip_uri>::kLayout};

voxlock_sip_config sip_defaults() {
  voxlock_sip_config config{};
  config.max_message = 65536;
  return config;
}

Result<voxlock_sip_config> read_config(const voxlock_sip_config* in) {
  VOXLOCK_TRY(const voxlock_sip_config config, read_struct(in, sip_defaults()));
  const bool is_legal = config.max_message >= 256 && config.max_message <= sip::kMaxMessageLen &&
                        (config.is_client == 0 || config.is_client == 1) && config.reserved == 0;
  if (!is_legal) return Status::ERR_INVALID_ARGUMENT;
  return config;
}

template <typename T>
Result<void> make_object(voxlock_context* ctx, const voxlock_sip_config* in, T** out) {
  if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  *out = nullptr;
  if (ctx == nullptr) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY(const voxlock_sip_config config, read_config(in));
  *out = make_handle<T>(ctx, config).release();
  return {};
}

voxlock_sip_text to_text(std::string_view text) {
  return {text.data(), text.size()};
}

Result<std::string_view> from_text(const voxlock_sip_text& text) {
  if (text.data == nullptr && text.len != 0) return Status::ERR_INVALID_ARGUMENT;
  return std::string_view(text.data, text.len);
}

Result<std::string_view> from_chars(const char* data, size_t len) {
  return from_text({data, len});
}

Status check_parsed(const voxlock_sip_message* message, const void* out) {
  if (message == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  return message->is_parsed ? Status::OK : Status::ERR_WRONG_STATE;
}

Result<void> parse_message(voxlock_sip_message& handle, ByteView data, sip::Transport transport,
                           size_t* consumed) {
  if (data.size() > handle.buffer.size()) return Status::ERR_LIMIT;
  if (!data.empty()) std::memcpy(handle.buffer.data(), data.data(), data.size());
  handle.is_parsed = true;
  const auto result =
      handle.message.parse(std::string_view(handle.buffer.data(), data.size()), transport);
  if (result && consumed != nullptr) *consumed = handle.message.size();
  return result;
}

voxlock_sip_summary summarize(const sip::Message& message) {
  voxlock_sip_summary out{};
  out.status_code = message.status_code();
  out.method = to_text(message.is_request() ? message.method_text() : message.cseq().method_text);
  out.uri = to_text(message.start_line().uri_text);
  out.reason = to_text(message.reason());
  out.from_uri = to_text(message.from().uri.text);
  out.from_name = to_text(message.from().display_name);
  out.from_tag = to_text(message.from().tag());
  out.to_uri = to_text(message.to().uri.text);
  out.to_name = to_text(message.to().display_name);
  out.to_tag = to_text(message.to().tag());
  out.call_id = to_text(message.call_id());
  out.contact_uri = to_text(message.contact().uri.text);
  out.via_branch = to_text(message.via().branch());
  out.content_type =
      to_text(message.find(sip::HeaderId::kContentType).value_or(std::string_view()));
  out.body = to_text(message.body());
  out.cseq = message.cseq().number;
  out.max_forwards = message.max_forwards() ? *message.max_forwards() : -1;
  out.header_count = static_cast<uint32_t>(message.header_count());
  out.is_answerable = message.is_answerable() ? 1 : 0;
  return out;
}

Result<void> get_header(const sip::Message& message, const char* name, size_t index,
                        voxlock_sip_header* out) {
  const std::string_view wanted = name != nullptr ? name : "";
  const sip::HeaderId id = sip::header_id(wanted);
  for (size_t i = 0; i < message.header_count(); ++i) {
    const sip::Header field = message.header(i);
    const bool is_match = name == nullptr || (id != sip::HeaderId::kOther
                                                  ? field.id == id
                                                  : text::equals_ignore_case(field.name, wanted));
    if (!is_match || index-- != 0) continue;
    *out = {to_text(field.name), to_text(field.value)};
    return {};
  }
  return Status::ERR_NOT_FOUND;
}

Result<void> get_value(const sip::Message& message, const char* name, size_t index,
                       voxlock_sip_text* out) {
  const sip::HeaderId id = sip::header_id(name);
  if (id == sip::HeaderId::kOther) {
    voxlock_sip_header field{};
    VOXLOCK_TRY_VOID(get_header(message, name, index, &field));
    *out = field.value;
    return {};
  }
  sip::ValueCursor cursor = message.values(id);
  while (const auto value = cursor.next()) {
    if (index-- != 0) continue;
    *out = to_text(*value);
    return {};
  }
  return Status::ERR_NOT_FOUND;
}

Result<void> write_start(const voxlock_sip_start& start, sip::Writer& writer) {
  VOXLOCK_TRY(const std::string_view method, from_text(start.method));
  VOXLOCK_TRY(const std::string_view uri, from_text(start.uri));
  VOXLOCK_TRY(const std::string_view reason, from_text(start.reason));
  if (start.status_code == 0) {
    writer.request(method, uri);
    return {};
  }
  if (start.status_code < 100 || start.status_code > 699) return Status::ERR_INVALID_ARGUMENT;
  writer.response(static_cast<uint16_t>(start.status_code), reason);
  return {};
}

Result<void> write_message(const voxlock_sip_start* in, std::span<const voxlock_sip_header> headers,
                           ByteView body, MutableBytes out, size_t* len) {
  VOXLOCK_TRY(const voxlock_sip_start start, read_struct(in, voxlock_sip_start{}));
  sip::Writer writer(out);
  VOXLOCK_TRY_VOID(write_start(start, writer));
  for (const voxlock_sip_header& header : headers) {
    VOXLOCK_TRY(const std::string_view name, from_text(header.name));
    VOXLOCK_TRY(const std::string_view value, from_text(header.value));
    writer.header(name, value);
  }
  const auto written = writer.finish({}, as_text(body));
  if (written || written.error() == Status::ERR_BUFFER_TOO_SMALL) *len = writer.size();
  return written ? Result<void>() : Result<void>(written.error());
}

Result<void> parse_uri_value(std::string_view text, voxlock_sip_uri* out) {
  if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  sip::Address address;
  // A bare URI may hold what a header field would need brackets for.
  if (const auto uri = sip::parse_uri(text)) {
    address.uri = *uri;
  } else {
    VOXLOCK_TRY(address, sip::parse_address(text));
  }
  voxlock_sip_uri value{};
  value.scheme = static_cast<int32_t>(address.uri.scheme);
  value.uri = to_text(address.uri.text);
  value.user = to_text(address.uri.user);
  value.password = to_text(address.uri.password);
  value.host = to_text(address.uri.host);
  value.params = to_text(address.uri.params.text);
  value.headers = to_text(address.uri.headers);
  value.display_name = to_text(address.display_name);
  value.field_params = to_text(address.params.text);
  value.port = address.uri.has_port ? address.uri.port : -1;
  return write_struct(out, value);
}

Result<void> compare_uris(std::string_view a, std::string_view b, int32_t* out) {
  if (out == nullptr) return Status::ERR_INVALID_ARGUMENT;
  VOXLOCK_TRY(const sip::Uri first, sip::parse_uri(a));
  VOXLOCK_TRY(const sip::Uri second, sip::parse_uri(b));
  *out = sip::equal(first, second) ? 1 : 0;
  return {};
}

Result<void> next_frame(sip::Framer& framer, int32_t* kind, voxlock_sip_text* out) {
  *kind = VOXLOCK_SIP_FRAME_NONE;
  const auto frame = framer.next();
  *out = to_text(as_text(frame ? frame->bytes : framer.broken()));
  if (!frame) return frame.error();
  *kind = static_cast<int32_t>(frame->kind);
  return {};
}

}  // namespace

LayoutTable sip_layouts() {
  return kLayouts;
}

}  // namespace voxlock::capi

extern "C" {

int32_t voxlock_sip_config_init(voxlock_sip_config* config, size_t size) {
  return capi::guard([&] { return capi::init_struct(config, size, capi::sip_defaults()); });
}

int32_t voxlock_sip_message_new(voxlock_context* ctx, const voxlock_sip_config* config,
                                voxlock_sip_message** out) {
  return capi::guard([&] { return capi::make_object(ctx, config, out); });
}

void voxlock_sip_message_free(voxlock_sip_message* message) {
  capi::free_handle(message);
}

int32_t voxlock_sip_message_parse(voxlock_sip_message* message, const uint8_t* data, size_t len,
                                  int32_t transport, size_t* consumed) {
  return capi::guard([&]() -> Result<void> {
    if (consumed != nullptr) *consumed = 0;
    if (message == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView input, capi::input(data, len));
    if (transport != VOXLOCK_SIP_DATAGRAM && transport != VOXLOCK_SIP_STREAM)
      return Status::ERR_INVALID_ARGUMENT;
    return capi::parse_message(*message, input, static_cast<sip::Transport>(transport), consumed);
  });
}

int32_t voxlock_sip_message_summary(const voxlock_sip_message* message, voxlock_sip_summary* out) {
  return capi::guard([&] {
    const Status status = capi::check_parsed(message, out);
    return status == Status::OK ? capi::write_struct(out, capi::summarize(message->message))
                                : status;
  });
}

int32_t voxlock_sip_message_header(const voxlock_sip_message* message, const char* name,
                                   size_t index, voxlock_sip_header* out) {
  return capi::guard([&]() -> Result<void> {
    const Status status = capi::check_parsed(message, out);
    return status == Status::OK ? capi::get_header(message->message, name, index, out) : status;
  });
}

int32_t voxlock_sip_message_value(const voxlock_sip_message* message, const char* name,
                                  size_t index, voxlock_sip_text* out) {
  return capi::guard([&]() -> Result<void> {
    if (name == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const Status status = capi::check_parsed(message, out);
    return status == Status::OK ? capi::get_value(message->message, name, index, out) : status;
  });
}

int32_t voxlock_sip_message_body(const voxlock_sip_message* message, const char* media_type,
                                 voxlock_sip_text* out) {
  return capi::guard([&]() -> Result<void> {
    if (media_type == nullptr) return Status::ERR_INVALID_ARGUMENT;
    const Status status = capi::check_parsed(message, out);
    if (status != Status::OK) return status;
    const sip::Message& parsed = message->message;
    VOXLOCK_TRY(const std::string_view body,
                sip::find_body(parsed.content_type(), parsed.body(), media_type));
    *out = capi::to_text(body);
    return {};
  });
}

int32_t voxlock_sip_response_code(int32_t status) {
  return sip::response_code(static_cast<Status>(status));
}

int32_t voxlock_sip_write(const voxlock_sip_start* start, const voxlock_sip_header* headers,
                          size_t count, const uint8_t* body, size_t body_len, uint8_t* out,
                          size_t* len) {
  return capi::guard([&]() -> Result<void> {
    if (start == nullptr || (headers == nullptr && count != 0)) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView content, capi::input(body, body_len));
    VOXLOCK_TRY(const MutableBytes room, capi::output(out, len));
    return capi::write_message(start, {headers, count}, content, room, len);
  });
}

int32_t voxlock_sip_uri_parse(const char* text, size_t len, voxlock_sip_uri* out) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const std::string_view input, capi::from_chars(text, len));
    return capi::parse_uri_value(input, out);
  });
}

int32_t voxlock_sip_uri_equal(const char* a, size_t a_len, const char* b, size_t b_len,
                              int32_t* out) {
  return capi::guard([&]() -> Result<void> {
    VOXLOCK_TRY(const std::string_view first, capi::from_chars(a, a_len));
    VOXLOCK_TRY(const std::string_view second, capi::from_chars(b, b_len));
    return capi::compare_uris(first, second, out);
  });
}

int32_t voxlock_sip_framer_new(voxlock_context* ctx, const voxlock_sip_config* config,
                               voxlock_sip_framer** out) {
  return capi::guard([&] { return capi::make_object(ctx, config, out); });
}

void voxlock_sip_framer_free(voxlock_sip_framer* framer) {
  capi::free_handle(framer);
}

int32_t voxlock_sip_framer_feed(voxlock_sip_framer* framer, const uint8_t* data, size_t len,
                                size_t* taken) {
  return capi::guard([&]() -> Result<void> {
    if (framer == nullptr || taken == nullptr) return Status::ERR_INVALID_ARGUMENT;
    VOXLOCK_TRY(const ByteView input, capi::input(data, len));
    *taken = framer->framer.feed(input);
    return {};
  });
}

int32_t voxlock_sip_framer_next(voxlock_sip_framer* framer, int32_t* kind, voxlock_sip_text* out) {
  return capi::guard([&]() -> Result<void> {
    if (framer == nullptr || kind == nullptr || out == nullptr) return Status::ERR_INVALID_ARGUMENT;
    return capi::next_frame(framer->framer, kind, out);
  });
}

}  // extern "C"
