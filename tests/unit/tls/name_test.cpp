#include "tls/name.h"

#include "support/catch.h"

using namespace voxlock;

TEST_CASE("what is a host, and what an address") {
  struct Row {
    const char* text;
    bool is_host;
    bool is_ip;
  };
  const Row rows[] = {
      {"sip.example.net", true, false},
      {"localhost", true, false},
      {"a-b_c.example.", true, false},
      {"", false, false},
      {".", false, false},
      {"a..b", false, false},
      {"*.example.net", false, false},
      {"a b", false, false},
      {"a/b", false, false},
      {"192.0.2.1", true, true},
      {"192.0.2.256", true, false},
      {"::1", true, true},
      {"[::1]", true, true},
      {"[2001:db8::1]", true, true},
      {"2001:db8:0:0:0:0:0:1", true, true},
      {"::ffff:192.0.2.1", true, true},
      {"1:2:3:4:5:6:7:8:9", false, false},
      {"1::2::3", false, false},
      {"[192.0.2.1]", false, false},
      {"::12345", false, false},
      {"1:2:3:4:5:6:7:", false, false},
      {"::", true, true},
      {"[::1", false, false},
      {":1", false, false},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    CHECK(tls::is_host(row.text) == row.is_host);
    CHECK(tls::is_ip_literal(row.text) == row.is_ip);
  }
}

TEST_CASE("garbage extensions match nothing and are read within bounds") {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; b += 5) {
      const uint8_t raw[] = {
          static_cast<uint8_t>(a), static_cast<uint8_t>(b), 0x30, 0x84, 0xff, 0xff, 0xff};
      CHECK(tls::check_names(raw, "a.example") == Status::ERR_TLS_CERT_NAME);
    }
  }
  CHECK(tls::check_names({}, "a.example") == Status::ERR_TLS_CERT_NAME);
}
