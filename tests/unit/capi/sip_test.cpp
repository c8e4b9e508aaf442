#include "voxlock/sip.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/host.h"

using voxlock::test::Host;
using voxlock::test::raw;
using voxlock::test::str;

namespace {

const std::string kRequest =
    "INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TLS a.b;branch=z9hG4bK1, SIP/2.0/TCP "
    "c.d\r\n"
    "From: \"A\" <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: a@b\r\n"
    "CSeq: 7 INVITE\r\nX-Custom: yes\r\nContent-Type: application/sdp\r\nContent-Length: "
    "5\r\n\r\nv=0\r\n";

voxlock_sip_text text(const char* chars) {
  return {chars, std::char_traits<char>::length(chars)};
}

}  // namespace

TEST_CASE("a message is parsed into a handle and looked into") {
  Host host;
  voxlock_sip_message* message = nullptr;
  REQUIRE(voxlock_sip_message_new(host.ctx, nullptr, &message) == VOXLOCK_OK);
  voxlock_sip_summary summary{};
  summary.struct_size = sizeof summary;
  CHECK(voxlock_sip_message_summary(message, &summary) == VOXLOCK_ERR_WRONG_STATE);
  size_t consumed = 1;
  const uint64_t allocations = host.allocator.count;
  const std::string stream = kRequest + "more";
  REQUIRE(voxlock_sip_message_parse(message, raw(stream), stream.size(), VOXLOCK_SIP_STREAM,
                                    &consumed) == VOXLOCK_OK);
  CHECK(host.allocator.count == allocations);
  CHECK(consumed == kRequest.size());
  REQUIRE(voxlock_sip_message_summary(message, &summary) == VOXLOCK_OK);
  CHECK(str(summary.method) == "INVITE");
  CHECK(str(summary.from_name) == "A");
  CHECK(str(summary.to_uri) == "sip:bob@example.com");
  CHECK(str(summary.body) == "v=0\r\n");
  CHECK(summary.max_forwards == -1);
  CHECK(summary.header_count == 8);
  voxlock_sip_header header{};
  CHECK(voxlock_sip_message_header(message, "x-custom", 0, &header) == VOXLOCK_OK);
  CHECK(str(header.value) == "yes");
  CHECK(voxlock_sip_message_header(message, nullptr, 7, &header) == VOXLOCK_OK);
  CHECK(voxlock_sip_message_header(message, nullptr, 8, &header) == VOXLOCK_ERR_NOT_FOUND);
  voxlock_sip_text value{};
  CHECK(voxlock_sip_message_value(message, "v", 1, &value) == VOXLOCK_OK);
  CHECK(str(value) == "SIP/2.0/TCP c.d");
  CHECK(voxlock_sip_message_value(message, "v", 2, &value) == VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_sip_message_body(message, "application/sdp", &value) == VOXLOCK_OK);
  CHECK(voxlock_sip_message_body(message, "text/plain", &value) == VOXLOCK_ERR_NOT_FOUND);
  const std::string bad = "INVITE sip:a SIP/9.0\r\n" + kRequest.substr(36);
  CHECK(voxlock_sip_message_parse(message, raw(bad), bad.size(), VOXLOCK_SIP_DATAGRAM, &consumed) ==
        VOXLOCK_ERR_SIP_VERSION);
  CHECK(consumed == 0);
  REQUIRE(voxlock_sip_message_summary(message, &summary) == VOXLOCK_OK);
  CHECK(summary.is_answerable == 1);
  CHECK(voxlock_sip_response_code(VOXLOCK_ERR_SIP_VERSION) == 505);
  CHECK(voxlock_sip_response_code(12345) == 0);
  const std::string large(70000, 'x');
  CHECK(voxlock_sip_message_parse(message, raw(large), large.size(), 0, nullptr) ==
        VOXLOCK_ERR_LIMIT);
  REQUIRE(voxlock_sip_message_summary(message, &summary) == VOXLOCK_OK);
  CHECK(summary.is_answerable == 1);
  voxlock_sip_message_free(message);
  voxlock_sip_message_free(nullptr);
}

TEST_CASE("a message is written, and one that would break is not") {
  voxlock_sip_start start{};
  start.struct_size = sizeof start;
  start.method = text("OPTIONS");
  start.uri = text("sip:a@b.c");
  voxlock_sip_header headers[] = {{text("To"), text("<sip:a@b.c>")},
                                  {text("Content-Type"), text("a/b")}};
  size_t len = 0;
  CHECK(voxlock_sip_write(&start, headers, 2, raw("body"), 4, nullptr, &len) ==
        VOXLOCK_ERR_BUFFER_TOO_SMALL);
  std::vector<uint8_t> out(len);
  REQUIRE(voxlock_sip_write(&start, headers, 2, raw("body"), 4, out.data(), &len) == VOXLOCK_OK);
  CHECK(std::string(out.begin(), out.end()) ==
        "OPTIONS sip:a@b.c SIP/2.0\r\nTo: <sip:a@b.c>\r\nContent-Type: a/b\r\nContent-Length: "
        "4\r\n\r\nbody");
  headers[0].value = text("x\r\nEvil: y");
  CHECK(voxlock_sip_write(&start, headers, 2, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_SIP_UNSAFE_VALUE);
  headers[0].value = {nullptr, 1};
  CHECK(voxlock_sip_write(&start, headers, 2, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  start.status_code = 700;
  CHECK(voxlock_sip_write(&start, nullptr, 0, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  start.struct_size = 1;
  CHECK(voxlock_sip_write(&start, nullptr, 0, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_sip_write(nullptr, nullptr, 0, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_write(&start, nullptr, 1, nullptr, 0, out.data(), &len) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_write(&start, nullptr, 0, nullptr, 0, out.data(), nullptr) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("URIs are taken apart and compared") {
  voxlock_sip_uri uri{};
  uri.struct_size = sizeof uri;
  const voxlock_sip_text in = text("\"A B\" <sips:a@[::1]:5061;lr>;tag=1");
  REQUIRE(voxlock_sip_uri_parse(in.data, in.len, &uri) == VOXLOCK_OK);
  CHECK(uri.scheme == VOXLOCK_SIP_SCHEME_SIPS);
  CHECK(str(uri.display_name) == "A B");
  CHECK(str(uri.host) == "[::1]");
  CHECK(uri.port == 5061);
  CHECK(str(uri.field_params) == ";tag=1");
  CHECK(voxlock_sip_uri_parse("sip:", 4, &uri) == VOXLOCK_ERR_SIP_HOST);
  CHECK(voxlock_sip_uri_parse(nullptr, 4, &uri) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_uri_parse("sip:a", 5, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  uri.struct_size = 0;
  CHECK(voxlock_sip_uri_parse("sip:a", 5, &uri) == VOXLOCK_ERR_STRUCT_SIZE);
  int32_t is_equal = 0;
  CHECK(voxlock_sip_uri_equal("sip:a@B", 7, "SIP:%61@b", 9, &is_equal) == VOXLOCK_OK);
  CHECK(is_equal == 1);
  CHECK(voxlock_sip_uri_equal("x", 1, "x", 1, &is_equal) == VOXLOCK_ERR_SIP_URI);
  CHECK(voxlock_sip_uri_equal("sip:a", 5, "sip:a", 5, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("a stream is framed through handles") {
  Host host;
  voxlock_sip_framer* framer = nullptr;
  REQUIRE(voxlock_sip_framer_new(host.ctx, nullptr, &framer) == VOXLOCK_OK);
  const std::string stream = "\r\n\r\n" + kRequest + "x\r\ny\r\n";
  size_t taken = 0;
  REQUIRE(voxlock_sip_framer_feed(framer, raw(stream), stream.size(), &taken) == VOXLOCK_OK);
  CHECK(taken == stream.size());
  int32_t kind = -1;
  voxlock_sip_text out{};
  CHECK(voxlock_sip_framer_next(framer, &kind, &out) == VOXLOCK_OK);
  CHECK(kind == VOXLOCK_SIP_FRAME_PING);
  CHECK(voxlock_sip_framer_next(framer, &kind, &out) == VOXLOCK_OK);
  CHECK(kind == VOXLOCK_SIP_FRAME_MESSAGE);
  CHECK(out.len == kRequest.size());
  CHECK(voxlock_sip_framer_next(framer, &kind, &out) == VOXLOCK_OK);
  CHECK(kind == VOXLOCK_SIP_FRAME_NONE);
  CHECK(voxlock_sip_framer_feed(framer, raw("z"), 1, &taken) == VOXLOCK_OK);
  CHECK(voxlock_sip_framer_next(framer, &kind, &out) == VOXLOCK_ERR_SIP_HEADER_LINE);
  CHECK(str(out) == "x\r\ny\r\nz");
  CHECK(voxlock_sip_framer_next(nullptr, &kind, &out) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_framer_feed(framer, nullptr, 1, &taken) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_sip_framer_free(framer);
  voxlock_sip_framer_free(nullptr);
}

TEST_CASE("bad arguments of sip objects are refused") {
  Host host;
  voxlock_sip_config config;
  REQUIRE(voxlock_sip_config_init(&config, sizeof config) == VOXLOCK_OK);
  CHECK(voxlock_sip_config_init(nullptr, 4) == VOXLOCK_ERR_INVALID_ARGUMENT);
  auto* message = reinterpret_cast<voxlock_sip_message*>(&config);
  CHECK(voxlock_sip_message_new(nullptr, &config, &message) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(message == nullptr);
  CHECK(voxlock_sip_message_new(host.ctx, &config, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config.max_message = 255;
  CHECK(voxlock_sip_message_new(host.ctx, &config, &message) == VOXLOCK_ERR_INVALID_ARGUMENT);
  config.struct_size = 0;
  CHECK(voxlock_sip_message_new(host.ctx, &config, &message) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_sip_message_parse(nullptr, nullptr, 0, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_sip_message_new(host.ctx, nullptr, &message) == VOXLOCK_OK);
  CHECK(voxlock_sip_message_parse(message, nullptr, 1, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_message_parse(message, raw(kRequest), 4, 2, nullptr) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_message_header(message, nullptr, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  voxlock_sip_text out{};
  CHECK(voxlock_sip_message_value(message, nullptr, 0, &out) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sip_message_body(message, "a/b", &out) == VOXLOCK_ERR_WRONG_STATE);
  voxlock_sip_message_free(message);
}

TEST_CASE("every allocation of sip objects may fail") {
  for (const bool for_good : {false, true}) {
    bool is_done = false;
    for (uint64_t n = 0; !is_done; ++n) {
      Host host;
      host.allocator.fail_after(n, for_good);
      voxlock_sip_message* message = nullptr;
      voxlock_sip_framer* framer = nullptr;
      const int32_t first = voxlock_sip_message_new(host.ctx, nullptr, &message);
      const int32_t second = voxlock_sip_framer_new(host.ctx, nullptr, &framer);
      is_done = !host.allocator.has_failed;
      CHECK((first == VOXLOCK_OK) == (message != nullptr));
      CHECK((second == VOXLOCK_OK) == (framer != nullptr));
      if (!is_done) CHECK((first == VOXLOCK_ERR_NO_MEMORY || second == VOXLOCK_ERR_NO_MEMORY));
      voxlock_sip_message_free(message);
      voxlock_sip_framer_free(framer);
    }
  }
}
