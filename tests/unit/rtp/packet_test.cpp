#include "rtp/packet.h"

#include <random>
#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::rtp;
using test::from_hex;

namespace {

std::vector<uint8_t> build(const PacketFields& fields, ByteView payload) {
  std::vector<uint8_t> out(2048);
  bytes::Writer writer(out);
  REQUIRE(write_packet(fields, payload, writer));
  REQUIRE(writer.ok());
  out.resize(writer.size());
  return out;
}

}  // namespace

TEST_CASE("RFC 3550 5.1: a packet with everything parses") {
  // V=2 P X CC=2, M PT=96, two CSRCs, one-byte extension, payload "hi", 4 bytes of padding.
  const auto raw = from_hex(
      "b2e012340000ffff11223344"
      "0000000100000002"
      "bede0001"
      "10aa0000"
      "6869"
      "00000004");
  const auto packet = parse_packet(raw);
  REQUIRE(packet);
  CHECK(packet->marker);
  CHECK(packet->payload_type == 96);
  CHECK(packet->sequence == 0x1234);
  CHECK(packet->timestamp == 0xffff);
  CHECK(packet->ssrc == 0x11223344);
  REQUIRE(packet->csrc_count() == 2);
  CHECK(packet->csrc(1) == 2);
  CHECK(packet->extension_profile == kOneByteProfile);
  CHECK(packet->len == 28);
  CHECK(as_text(packet->payload) == "hi");
  CHECK(packet->padding_len == 4);
}

TEST_CASE("RFC 3550 5.1: broken packets are refused with their own status") {
  struct Row {
    const char* title;
    const char* hex;
    Status status;
  };
  const Row rows[] = {
      {"empty", "", Status::ERR_TRUNCATED},
      {"one byte of version 2", "80", Status::ERR_TRUNCATED},
      {"version 1", "400012340000ffff11223344", Status::ERR_RTP_VERSION},
      {"short header", "8000123400000000112233", Status::ERR_TRUNCATED},
      {"CSRC missing", "810012340000000011223344000000", Status::ERR_TRUNCATED},
      {"extension head missing", "900012340000000011223344bede00", Status::ERR_TRUNCATED},
      {"extension words missing", "900012340000000011223344bede000110aa00", Status::ERR_TRUNCATED},
      {"padding without a byte", "a00012340000000011223344", Status::ERR_RTP_PADDING},
      {"padding of 0", "a0001234000000001122334400", Status::ERR_RTP_PADDING},
      {"padding over the payload", "a000123400000000112233440003", Status::ERR_RTP_PADDING},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto raw = from_hex(row.hex);
    CHECK(parse_packet(raw).error() == row.status);
  }
  // All of the payload may be padding.
  const auto raw = from_hex(
      "a00012340000000011223344"
      "0002");
  CHECK(parse_packet(raw)->payload.empty());
}

namespace {
template <typename T>
concept Parseable = requires(T&& input) {
  parse_packet(std::forward<T>(input));
};
static_assert(Parseable<std::vector<uint8_t>&> && Parseable<ByteView> && Parseable<MutableBytes>);
static_assert(!Parseable<std::vector<uint8_t>>, "a view of a temporary would dangle");
}  // namespace

TEST_CASE("every prefix of a packet ends at an unreadable page") {
  const auto raw = from_hex("b2e012340000ffff112233440000000100000002bede000110aa0000686900000004");
  for (size_t n = 0; n <= raw.size(); ++n) {
    const test::Guarded input(ByteView(raw).first(n));
    const auto packet = parse_packet(input.bytes());
    if (n < 28) CHECK(packet.error() == Status::ERR_TRUNCATED);
    if (packet) {
      auto reader = packet->extensions();
      while (reader.next()) {
      }
    }
  }
}

TEST_CASE("the outline of a header agrees with the whole of it") {
  std::mt19937 random(11);
  size_t good = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<uint8_t> raw(random() % 48);
    for (uint8_t& byte : raw) byte = static_cast<uint8_t>(random());
    if (!raw.empty() && random() % 8 != 0) raw[0] = static_cast<uint8_t>(0x80 | (raw[0] & 0x33));
    // A length of the extension that may fit.
    const size_t extension_at = raw.empty() ? 0 : 12 + 4 * static_cast<size_t>(raw[0] & 0x0f);
    if (raw.size() > extension_at + 3) raw[extension_at + 2] = 0, raw[extension_at + 3] &= 7;
    const test::Guarded packet(raw);
    const auto outline = parse_outline(packet.bytes());
    const auto header = parse_header(packet.bytes());
    REQUIRE(outline.error() == header.error());
    if (!header) continue;
    ++good;
    REQUIRE(outline->ssrc == header->ssrc);
    REQUIRE(outline->sequence == header->sequence);
    REQUIRE(outline->len == header->len);
  }
  CHECK(good > 2000);
}

TEST_CASE("a built packet parses to the same fields") {
  const uint8_t level[] = {0x7f};
  const uint8_t mid[20] = {1, 2, 3};
  const uint32_t csrcs[] = {7, 8, 9};
  const ExtensionElement one_byte[] = {{1, level}, {14, ByteView(mid).first(16)}};
  const ExtensionElement two_byte[] = {{1, level}, {200, mid}, {2, {}}};
  for (const auto& elements :
       {std::span<const ExtensionElement>(), std::span<const ExtensionElement>(one_byte),
        std::span<const ExtensionElement>(two_byte)}) {
    for (const uint8_t padding : {0, 1, 255}) {
      PacketFields fields;
      fields.marker = true;
      fields.payload_type = 127;
      fields.sequence = 65535;
      fields.timestamp = 0xfffffffe;
      fields.ssrc = 0xdeadbeef;
      fields.csrcs = csrcs;
      fields.extensions = elements;
      fields.padding_len = padding;
      const auto raw = build(fields, as_bytes("speech"));
      const auto packet = parse_packet(raw);
      REQUIRE(packet);
      CHECK(packet->marker);
      CHECK(packet->payload_type == 127);
      CHECK(packet->sequence == 65535);
      CHECK(packet->timestamp == 0xfffffffe);
      CHECK(packet->ssrc == 0xdeadbeef);
      CHECK(packet->csrc_count() == 3);
      CHECK(as_text(packet->payload) == "speech");
      CHECK(packet->padding_len == padding);
      CHECK(packet->has_extension == !elements.empty());
      auto reader = packet->extensions();
      for (const ExtensionElement& element : elements) {
        const auto read = reader.next();
        REQUIRE(read);
        CHECK(read->id == element.id);
        CHECK(std::equal(read->data.begin(), read->data.end(), element.data.begin(),
                         element.data.end()));
      }
      CHECK(!reader.next());
      CHECK(reader.ok());
    }
  }
}

TEST_CASE("RFC 8285 4.2, 4.3: padding, the reserved id 15 and elements that run over the end") {
  struct Row {
    const char* title;
    uint16_t profile;
    const char* hex;
    std::vector<uint8_t> ids;
    bool is_ok;
  };
  const Row rows[] = {
      {"one-byte with padding between", 0xbede, "10aa000020bb0000", {1, 2}, true},
      {"15 ends the reading", 0xbede, "10aaf0bb20cc0000", {1}, true},
      {"id 0 with a length is skipped", 0xbede, "01aabb10cc000000", {1}, true},
      {"one-byte runs over", 0xbede, "10aa23bb", {1}, false},
      {"two-byte with padding and an empty one", 0x1000, "0100000502aabb00", {1, 5}, true},
      {"two-byte with application bits", 0x100f, "0101aa00", {1}, true},
      {"two-byte runs over", 0x1000, "0101aa05", {1}, false},
      {"another profile", 0x1234, "10aa0000", {}, true},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    const auto raw = from_hex(row.hex);
    const test::Guarded input(raw);
    ExtensionReader reader(row.profile, input.bytes());
    std::vector<uint8_t> ids;
    while (const auto element = reader.next()) ids.push_back(element->id);
    CHECK(ids == row.ids);
    CHECK(reader.ok() == row.is_ok);
  }
  const auto raw = from_hex("10aa20bb");
  CHECK(ExtensionReader(0xbede, raw).find(2)->data[0] == 0xbb);
  CHECK(!ExtensionReader(0xbede, raw).find(3));
}

TEST_CASE("fields out of range are refused and nothing is written") {
  const uint32_t csrcs[16] = {};
  const std::vector<uint8_t> long_data(256);
  const ExtensionElement no_id[] = {{0, {}}};
  const ExtensionElement too_long[] = {{1, long_data}};
  const std::vector<uint8_t> data(255);
  const std::vector<ExtensionElement> too_many(1021, ExtensionElement{1, data});
  PacketFields fields[5];
  fields[0].payload_type = 128;
  fields[1].csrcs = csrcs;
  fields[2].extensions = no_id;
  fields[3].extensions = too_long;
  fields[4].extensions = too_many;
  for (const PacketFields& row : fields) {
    bytes::Writer writer{MutableBytes()};
    CHECK(write_packet(row, {}, writer).error() == Status::ERR_INVALID_ARGUMENT);
    CHECK(writer.size() == 0);
  }
}

TEST_CASE("a small buffer tells the needed size") {
  uint8_t out[15] = {};
  bytes::Writer writer(out);
  PacketFields fields;
  REQUIRE(write_packet(fields, as_bytes("four"), writer));
  CHECK(!writer.ok());
  CHECK(writer.size() == 16);
}

TEST_CASE("fields are rewritten in place") {
  auto raw = build({}, as_bytes("x"));
  set_marker(raw, true);
  set_payload_type(raw, 111);
  set_sequence(raw, 0xabcd);
  set_timestamp(raw, 0x12345678);
  set_ssrc(raw, 0x9abcdef0);
  const auto packet = parse_packet(raw);
  CHECK((packet->marker && packet->payload_type == 111 && packet->sequence == 0xabcd));
  CHECK((packet->timestamp == 0x12345678 && packet->ssrc == 0x9abcdef0));
  set_marker(raw, false);
  CHECK((!parse_packet(raw)->marker && parse_packet(raw)->payload_type == 111));
}

TEST_CASE("the public corpus parses or is refused, never more") {
  for (const char* folder : {"rtp/webrtc-fuzz-rtp", "rtp/pjsip-seeds"}) {
    if (!test::has_vectors(folder)) continue;
    for (const auto& name : test::list_vectors(folder)) {
      const std::string content = test::read_vector(std::string(folder) + "/" + name);
      const test::Guarded input(content);
      const auto packet = parse_packet(input.bytes());
      if (!packet) continue;
      CHECK(packet->len + packet->payload.size() + packet->padding_len == content.size());
    }
  }
}
