#include "sdp/host_address.h"

#include <string>

#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

std::string written(const HostAddress& address) {
  uint8_t buffer[64];
  bytes::Writer out(buffer);
  write_address(out, address);
  return std::string(as_text(out.written()));
}

}  // namespace

TEST_CASE("RFC 4291 2.2: addresses are read") {
  struct Row {
    const char* text;
    uint8_t family;  // 0: refused
    const char* hex;
  };
  const Row rows[] = {
      {"192.0.2.1", 4, "c0000201000000000000000000000000"},
      {"0.0.0.0", 4, "00000000000000000000000000000000"},
      {"255.255.255.255", 4, "ffffffff000000000000000000000000"},
      {"::", 6, "00000000000000000000000000000000"},
      {"::1", 6, "00000000000000000000000000000001"},
      {"2001:db8::", 6, "20010db8000000000000000000000000"},
      {"2001:DB8:0:1:2:3:4:5", 6, "20010db8000000010002000300040005"},
      {"1:2:3:4:5:6:7::", 6, "00010002000300040005000600070000"},
      {"::2:3:4:5:6:7:8", 6, "00000002000300040005000600070008"},
      {"::ffff:192.0.2.1", 6, "00000000000000000000ffffc0000201"},
      {"1:2:3:4:5:6:192.0.2.1", 6, "000100020003000400050006c0000201"},
      {"", 0, ""},
      {"192.0.2", 0, ""},
      {"192.0.2.", 0, ""},
      {"192.0.2.1.", 0, ""},
      {"192.0.2.256", 0, ""},
      {"192.0.02.1", 0, ""},
      {"192.0.2.1000", 0, ""},
      {"192.0..1", 0, ""},
      {"host.example.com", 0, ""},
      {"192.0.2.1:5", 0, ""},
      {":", 0, ""},
      {":::", 0, ""},
      {"1::2::3", 0, ""},
      {"1:2:3:4:5:6:7", 0, ""},
      {"1:2:3:4:5:6:7:8:9", 0, ""},
      {"1:2:3:4:5:6:7:8::", 0, ""},
      {"1:2:3:4::5:6:7:8", 0, ""},
      {":1:2:3:4:5:6:7:8", 0, ""},
      {"1:2:3:4:5:6:7:", 0, ""},
      {"12345::", 0, ""},
      {"g::", 0, ""},
      {"[::1]", 0, ""},
      {"fe80::1%eth0", 0, ""},
      {"1.2.3.4::", 0, ""},
      {"::1:2:3:4:5:6:7:1.2.3.4", 0, ""},
      {"::1.2.3", 0, ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const test::Guarded input{std::string_view(row.text)};
    const auto address = parse_address(input.text());
    REQUIRE(address.has_value() == (row.family != 0));
    if (!address) {
      CHECK(address.error() == Status::ERR_SDP_ADDRESS);
      continue;
    }
    CHECK(address->family == row.family);
    CHECK(address->port == 0);
    CHECK(test::to_hex(address->ip.data(), 16) == row.hex);
    CHECK(*parse_address(written(*address)) == *address);
  }
}

TEST_CASE("addresses are written") {
  CHECK(written(*parse_address("192.0.2.10")) == "192.0.2.10");
  CHECK(written(*parse_address("2001:db8::f0:10")) == "2001:db8:0:0:0:0:f0:10");
  CHECK(parse_address("0.0.0.0")->is_unspecified());
  CHECK(parse_address("::")->is_unspecified());
  CHECK_FALSE(parse_address("0.0.0.1")->is_unspecified());
}
