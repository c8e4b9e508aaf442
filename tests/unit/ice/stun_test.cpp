#include "ice/stun.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/json.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::ice::stun;
using test::from_hex;

namespace {

const std::vector<uint8_t> kId(12, 0x11);

// Header with a right length, then the attributes as they stand.
std::vector<uint8_t> message_of(std::string_view attributes_hex, std::string_view type = "0001") {
  const auto attributes = from_hex(attributes_hex);
  uint8_t length[2] = {static_cast<uint8_t>(attributes.size() >> 8),
                       static_cast<uint8_t>(attributes.size())};
  auto out =
      from_hex(std::string(type) + test::to_hex(length, 2) + "2112a442111111111111111111111111");
  out.insert(out.end(), attributes.begin(), attributes.end());
  return out;
}

Status parse_status(const std::vector<uint8_t>& raw) {
  const test::Guarded input(raw);
  return Message::parse(input.bytes()).error();
}

}  // namespace

TEST_CASE("RFC 5769: the sample messages are read and their tags are right") {
  if (!test::has_vectors("stun/vectors.json")) return;
  const auto rows = test::Json::parse(test::read_vector("stun/vectors.json"));
  size_t checked = 0;
  for (const auto& row : rows.items()) {
    INFO(row["source"].text());
    const auto raw = from_hex(row["hex"].text());
    const test::Guarded input(raw);
    const auto message = Message::parse(input.bytes());
    if (row["source"].text() == "RFC 8489 Appendix B.1") {
      // As printed its length field is too large.
      CHECK(message.error() == Status::ERR_TRUNCATED);
      continue;
    }
    REQUIRE(message);
    const bool is_request = row["name"].text().substr(0, 7) == "request";
    CHECK(message->message_class() == (is_request ? Class::kRequest : Class::kSuccess));
    CHECK(message->method() == kBinding);
    CHECK(message->has_fingerprint() == row.has("fingerprint"));
    const std::vector<uint8_t> password =
        row.has("integrity_key_md5")
            ? from_hex(row["integrity_key_md5"].text())
            : std::vector<uint8_t>(row["password"].text().begin(), row["password"].text().end());
    crypto::Hmac key(crypto::HashId::kSha1, password);
    CHECK(*message->is_integral(key));
    crypto::Hmac wrong(crypto::HashId::kSha1, as_bytes("wrong"));
    CHECK_FALSE(*message->is_integral(wrong));
    ++checked;
  }
  CHECK(checked == 4);
}

TEST_CASE("RFC 5769 2.1 to 2.3: the attributes say what the RFC prints") {
  if (!test::has_vectors("stun/rfc5769-request.bin")) return;
  const std::string request = test::read_vector("stun/rfc5769-request.bin");
  const auto message = Message::parse(as_bytes(request));
  REQUIRE(message);
  CHECK(as_text(*message->username()) == "evtj:h6vY");
  CHECK(*message->priority() == 0x6e0001ff);
  CHECK(*message->controlled() == 0x932ff9b151263b36);
  CHECK_FALSE(message->controlling());
  CHECK_FALSE(message->has_use_candidate());
  CHECK(message->unknown().empty());
  for (const auto& [file, ip] :
       {std::pair{"stun/rfc5769-response-ipv4.bin", "192.0.2.1"},
        std::pair{"stun/rfc5769-response-ipv6.bin", "2001:db8:1234:5678:11:2233:4455:6677"}}) {
    const std::string response = test::read_vector(file);
    const auto parsed = Message::parse(as_bytes(response));
    REQUIRE(parsed);
    REQUIRE(parsed->mapped_address());
    auto expected = *parse_ip(ip);
    expected.port = 32853;
    CHECK(*parsed->mapped_address() == expected);
  }
}

TEST_CASE("RFC 5769 2.2: building the response gives the same bytes") {
  if (!test::has_vectors("stun/rfc5769-response-ipv4.bin")) return;
  const std::string expected = test::read_vector("stun/rfc5769-response-ipv4.bin");
  const auto parsed = Message::parse(as_bytes(expected));
  REQUIRE(parsed);
  std::vector<uint8_t> buffer(expected.size());
  test::Guarded out(buffer);
  Builder builder(out.mutable_bytes(), Class::kSuccess, kBinding, parsed->transaction_id());
  // The RFC pads with a space, we with zero; so SOFTWARE is written with its padding as the text.
  builder.put(Attribute::kSoftware, as_bytes("test vector"));
  builder.put_mapped(*parsed->mapped_address());
  crypto::Hmac key(crypto::HashId::kSha1, as_bytes("VOkJxbRl1RmTxUk/WvJxBt"));
  REQUIRE(builder.put_integrity(key));
  builder.put_fingerprint();
  REQUIRE(builder.ok());
  REQUIRE(builder.size() == expected.size());
  const auto again = Message::parse(out.bytes());
  REQUIRE(again);
  CHECK(*again->is_integral(key));
  CHECK(again->has_fingerprint());
  // All before the padding byte, and the mapped address.
  CHECK(as_text(out.bytes().first(35)) == expected.substr(0, 35));
  CHECK(as_text(out.bytes().subspan(36, 12)) == expected.substr(36, 12));
}

TEST_CASE("RFC 8489 5: malformed messages are refused") {
  struct Row {
    const char* title;
    std::vector<uint8_t> raw;
    Status expected;
  };
  const std::vector<Row> rows = {
      {"no attributes", message_of(""), Status::OK},
      {"the two top bits are set", message_of("", "4001"), Status::ERR_STUN_HEADER},
      {"another cookie", from_hex("000100002112a443111111111111111111111111"),
       Status::ERR_STUN_HEADER},
      {"a length that is no multiple of four",
       from_hex("000100022112a4421111111111111111111111110000"), Status::ERR_STUN_HEADER},
      {"a length beyond the end", from_hex("000100042112a442111111111111111111111111"),
       Status::ERR_TRUNCATED},
      {"the largest length", from_hex("0001fffc2112a442111111111111111111111111"),
       Status::ERR_TRUNCATED},
      {"bytes behind the message", from_hex("000100002112a44211111111111111111111111100000000"),
       Status::ERR_STUN_HEADER},
      {"an attribute passes the end", message_of("8022000800000000"), Status::ERR_STUN_ATTRIBUTE},
      {"an attribute of 65535 bytes", message_of("8022ffff00000000"), Status::ERR_STUN_ATTRIBUTE},
      {"padding passes the end", message_of("80220001"), Status::ERR_STUN_ATTRIBUTE},
      {"a message in an attribute", message_of("80220014000100002112a442111111111111111111111111"),
       Status::OK},
      {"PRIORITY of three bytes", message_of("0024000301020300"), Status::ERR_STUN_ATTRIBUTE},
      {"PRIORITY of eight", message_of("002400080102030405060708"), Status::ERR_STUN_ATTRIBUTE},
      {"USE-CANDIDATE with a value", message_of("0025000400000000"), Status::ERR_STUN_ATTRIBUTE},
      {"ICE-CONTROLLING of four bytes", message_of("802a000400000000"), Status::ERR_STUN_ATTRIBUTE},
      {"ICE-CONTROLLED of four bytes", message_of("8029000400000000"), Status::ERR_STUN_ATTRIBUTE},
      {"MESSAGE-INTEGRITY of 16 bytes", message_of("0008001000000000000000000000000000000000"),
       Status::ERR_STUN_ATTRIBUTE},
      {"MESSAGE-INTEGRITY-SHA256 of 12 bytes", message_of("001c000c000000000000000000000000"),
       Status::ERR_STUN_ATTRIBUTE},
      {"MESSAGE-INTEGRITY-SHA256 of 16 bytes",
       message_of("001c001000000000000000000000000000000000"), Status::OK},
      {"XOR-MAPPED-ADDRESS of family 3", message_of("002000080003111122222222"),
       Status::ERR_STUN_ATTRIBUTE},
      {"XOR-MAPPED-ADDRESS of family 2, short", message_of("002000080002111122222222"),
       Status::ERR_STUN_ATTRIBUTE},
      {"XOR-MAPPED-ADDRESS without a port", message_of("002000020001ffff"),
       Status::ERR_STUN_ATTRIBUTE},
      {"ERROR-CODE of class 7", message_of("0009000400000700"), Status::ERR_STUN_ATTRIBUTE},
      {"ERROR-CODE of class 2", message_of("0009000400000200"), Status::ERR_STUN_ATTRIBUTE},
      {"ERROR-CODE 4.100", message_of("0009000400000464"), Status::ERR_STUN_ATTRIBUTE},
      {"ERROR-CODE without a number", message_of("0009000200000000"), Status::ERR_STUN_ATTRIBUTE},
      {"a wrong FINGERPRINT", message_of("8028000400000000"), Status::ERR_STUN_FINGERPRINT},
      {"FINGERPRINT of two bytes", message_of("8028000200000000"), Status::ERR_STUN_FINGERPRINT},
      {"USERNAME of 513 bytes", message_of("00060201" + std::string(1032, '0')), Status::OK},
      {"USERNAME of 514 bytes", message_of("00060202" + std::string(1032, '0')),
       Status::ERR_STUN_ATTRIBUTE},
  };
  for (const Row& row : rows) {
    INFO(row.title);
    CHECK(parse_status(row.raw) == row.expected);
  }
}

TEST_CASE("RFC 8489 14: the first of two counts, none behind MESSAGE-INTEGRITY does") {
  const auto twice = message_of(std::string() +
                                "0006000161000000"  // USERNAME a
                                "0006000162000000"  // USERNAME b
                                "0024000400000001"
                                "0024000400000002"
                                "802a00080000000000000003"
                                "802a00080000000000000004"
                                "00080014" +
                                std::string(40, '0') +
                                "00250000"    // USE-CANDIDATE behind it
                                "70010000");  // and one to be understood, were it before
  const auto message = Message::parse(twice);
  REQUIRE(message);
  CHECK(as_text(*message->username()) == "a");
  CHECK(*message->priority() == 1);
  CHECK(*message->controlling() == 3);
  CHECK(message->has_integrity());
  CHECK_FALSE(message->has_use_candidate());
  CHECK(message->unknown().empty());
}

TEST_CASE("RFC 8489 14: nothing may stand behind FINGERPRINT") {
  uint8_t buffer[64];
  Builder out(buffer, Class::kRequest, kBinding, kId);
  // The length field already counts the four bytes that follow.
  out.put_fingerprint();
  out.put_flag(Attribute::kUseCandidate);
  REQUIRE(out.ok());
  std::vector<uint8_t> raw(buffer, buffer + out.size());
  // FINGERPRINT right for the longer length field, so that only its place is wrong.
  const uint32_t crc = fingerprint(ByteView(raw).first(kHeaderLen));
  for (size_t i = 0; i < 4; ++i) raw[24 + i] = static_cast<uint8_t>(crc >> (24 - 8 * i));
  CHECK(parse_status(raw) == Status::ERR_STUN_FINGERPRINT);
}

TEST_CASE("RFC 8489 6.3.1: unknown attributes are remembered once and up to eight") {
  const auto message = Message::parse(message_of("7001000070010000700200008fff0000"));
  REQUIRE(message);
  REQUIRE(message->unknown().size() == 2);
  CHECK(message->unknown()[0] == 0x7001);
  CHECK(message->unknown()[1] == 0x7002);
  std::string many;
  for (int i = 0; i < 20; ++i)
    many += "70" + std::string(i < 10 ? "0" : "1") + static_cast<char>('0' + i % 10) + "0000";
  CHECK(Message::parse(message_of(many))->unknown().size() == Message::kMaxUnknown);
}

TEST_CASE("RFC 8489 5: every class and method survives writing and reading") {
  for (const auto message_class :
       {Class::kRequest, Class::kIndication, Class::kSuccess, Class::kError}) {
    for (uint16_t method = 0; method < 0x1000; ++method) {
      uint8_t buffer[20];
      const Builder out(buffer, message_class, method, kId);
      const auto message = Message::parse(buffer);
      REQUIRE(message);
      REQUIRE(message->message_class() == message_class);
      REQUIRE(message->method() == method);
    }
  }
}

TEST_CASE("every prefix of a message, and every flipped bit, is refused or harmless") {
  uint8_t buffer[256];
  Builder out(buffer, Class::kRequest, kBinding, kId);
  out.put(Attribute::kUsername, as_bytes("abcd:efghi"));
  out.put_u32(Attribute::kPriority, 5);
  crypto::Hmac key(crypto::HashId::kSha1, as_bytes("password"));
  REQUIRE(out.put_integrity(key));
  out.put_fingerprint();
  const std::vector<uint8_t> whole(buffer, buffer + out.size());
  for (size_t len = 0; len < whole.size(); ++len) {
    const test::Guarded input(ByteView(whole).first(len));
    CHECK_FALSE(Message::parse(input.bytes()));
  }
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    auto bad = whole;
    bad[bit / 8] = static_cast<uint8_t>(bad[bit / 8] ^ 1 << bit % 8);
    const test::Guarded input(bad);
    // The fingerprint covers every bit but its own type; without it the message is no check.
    const auto message = Message::parse(input.bytes());
    CHECK((!message || !message->has_fingerprint()));
  }
}

TEST_CASE("too small a buffer tells the size and touches nothing behind it") {
  std::vector<uint8_t> buffer(30);
  test::Guarded out(buffer);
  Builder builder(out.mutable_bytes(), Class::kSuccess, kBinding, kId);
  builder.put_mapped(*parse_ip("2001:db8::1"));
  crypto::Hmac key(crypto::HashId::kSha1, as_bytes("password"));
  REQUIRE(builder.put_integrity(key));
  builder.put_fingerprint();
  CHECK_FALSE(builder.ok());
  CHECK(builder.size() == 20 + 24 + 24 + 8);
}

TEST_CASE("messages of browsers and seeds of other projects are read or refused, never worse") {
  if (test::has_vectors("stun/ex1_chrome.stun")) {
    const std::string chrome = test::read_vector("stun/ex1_chrome.stun");
    const test::Guarded input{as_bytes(chrome)};
    CHECK(Message::parse(input.bytes()));
  }
  for (const std::string folder : {"stun/pion-fuzz", "stun/pjsip-seeds", "stun/webrtc-fuzz"}) {
    if (!test::has_vectors(folder)) continue;
    for (const std::string& name : test::list_vectors(folder)) {
      const std::string raw = test::read_vector(folder + "/" + name);
      const test::Guarded input{as_bytes(raw)};
      (void)Message::parse(input.bytes());
    }
  }
}

TEST_CASE("RFC 8489 14.7: FINGERPRINT is CRC-32, whatever the length") {
  std::vector<uint8_t> data(70);
  for (size_t i = 0; i < data.size(); ++i) data[i] = static_cast<uint8_t>(i * 151 + 7);
  for (size_t len = 0; len <= data.size(); ++len) {
    uint32_t crc = UINT32_MAX;
    for (size_t i = 0; i < len; ++i) {
      crc ^= data[i];
      for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    INFO(len);
    CHECK(fingerprint(ByteView(data).first(len)) == (~crc ^ 0x5354554e));
  }
}
