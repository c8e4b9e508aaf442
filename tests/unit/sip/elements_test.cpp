// Values of single header fields.
#include <random>
#include <string>

#include "sip/address.h"
#include "sip/auth.h"
#include "sip/content_type.h"
#include "sip/cseq.h"
#include "sip/elements.h"
#include "sip/multipart.h"
#include "sip/via.h"
#include "support/catch.h"

using namespace voxlock;
using namespace voxlock::sip;

TEST_CASE("RFC 3261 20.10, 20.20: addresses") {
  struct Row {
    const char* text;
    Status status;
    const char* display;
    const char* uri;
    const char* tag;
  };
  const Row rows[] = {
      {R"("Bell, A." <sip:a@b.c;x=y>;tag=1)", Status::OK, "Bell, A.", "sip:a@b.c;x=y", "1"},
      {"Bell A <sip:a@b.c>", Status::OK, "Bell A", "sip:a@b.c", ""},
      {"caller<sip:caller@example.com>;tag=323", Status::OK, "caller", "sip:caller@example.com",
       "323"},
      {"sip:a@b.c;tag=2", Status::OK, "", "sip:a@b.c", "2"},
      {"<sip:a@b.c> ; tag = 3", Status::OK, "", "sip:a@b.c", "3"},
      {R"("\"<" <sip:a@b.c>)", Status::OK, R"(\"<)", "sip:a@b.c", ""},
      {R"("a <sip:a@b.c>)", Status::ERR_SIP_ADDRESS, "", "", ""},
      {"Bell, A <sip:a@b.c>", Status::ERR_SIP_URI, "", "", ""},
      {"< sip:a@b.c>", Status::ERR_SIP_URI, "", "", ""},
      {"<sip:a@b.c", Status::ERR_SIP_ADDRESS, "", "", ""},
      {"<sip:a@b.c>x", Status::ERR_SIP_ADDRESS, "", "", ""},
      {"<sip:a@b.c>;", Status::ERR_SIP_PARAM, "", "", ""},
      {"<sip:a@b.c>;tag=", Status::ERR_SIP_PARAM, "", "", ""},
      {"", Status::ERR_SIP_URI, "", "", ""},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto address = parse_address(std::string_view(row.text));
    CHECK(std::string(status_name(to_int(address.error()))) == status_name(to_int(row.status)));
    if (!address) continue;
    CHECK(address->display_name == row.display);
    CHECK(address->uri.text == row.uri);
    CHECK(address->tag() == row.tag);
  }
}

TEST_CASE("RFC 3261 20.42: Via") {
  const auto via = parse_via(
      "SIP / 2.0 / UDP first.example.com : 4000;ttl=16 ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6;rport");
  REQUIRE(via);
  CHECK(via->transport == "UDP");
  CHECK(via->host == "first.example.com");
  CHECK(via->port == 4000);
  CHECK(via->has_rport());
  CHECK(via->has_unique_branch());
  for (const char* bad :
       {"", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/UDPhost", "HTTP/2.0/UDP a.b",
        "SIP/2.0/UDP a.b,", "SIP/2.0/UDP a.b;;x", "SIP/2.0/UDP a.b:99999"}) {
    INFO(bad);
    CHECK_FALSE(parse_via(bad));
  }
}

TEST_CASE("RFC 3261 20.16: CSeq") {
  CHECK(parse_cseq("2147483647 INVITE")->number == 2147483647);
  CHECK(parse_cseq("0009\r\n INVITE")->method == Method::kInvite);
  for (const char* bad :
       {"", "1", "1INVITE", "INVITE 1", "-1 INVITE", "2147483648 INVITE", "1 INVITE x"}) {
    INFO(bad);
    CHECK(parse_cseq(bad).error() == Status::ERR_SIP_CSEQ);
  }
}

TEST_CASE("RFC 3261 20.44: challenges keep their commas") {
  const auto auth = parse_auth(
      R"(Digest realm="a, b", nonce="x\"y",qop="auth,auth-int", algorithm=SHA-256, stale=FALSE)");
  REQUIRE(auth);
  CHECK(auth->is_digest());
  CHECK(auth->value("Realm") == "a, b");
  CHECK(auth->value("nonce") == R"(x\"y)");
  CHECK(auth->value("algorithm") == "SHA-256");
  CHECK(auth->find("qop")->is_quoted);
  CHECK_FALSE(auth->find("opaque"));
  for (const char* bad : {"", "Digest", "Digest ", "Digest realm",
                          "Digest realm=", "Digest realm=\"a", "Digest a=b,,c=d", "Digest a=b c"}) {
    INFO(bad);
    CHECK(parse_auth(bad).error() == Status::ERR_SIP_AUTH);
  }
  CHECK(parse_authentication_info("nextnonce=\"a\", qop=auth")->value("qop") == "auth");
}

TEST_CASE("RFC 2046 5.1: multipart bodies") {
  const auto type = parse_content_type("multipart/mixed; boundary=\"b 1\"");
  REQUIRE(type);
  const std::string_view body =
      "preamble\r\n--b 1\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b 1x\r\n--b 1  "
      "\r\n\r\nraw\r\n--b 1--\r\nepilogue";
  auto cursor = MultipartCursor::open(*type, body);
  REQUIRE(cursor);
  CHECK((*cursor->next())->content == "hi\r\n--b 1x");
  CHECK((*cursor->next())->content == "raw");
  CHECK_FALSE(cursor->next()->has_value());
  CHECK_FALSE(cursor->next()->has_value());
  auto open = MultipartCursor::open(*type, "--b 1\r\n\r\nnever closed");
  CHECK(open->next().error() == Status::ERR_SIP_MULTIPART);
  CHECK(find_body(*type, body, "text/plain").value() == "hi\r\n--b 1x");
  CHECK(find_body(*type, body, "application/sdp").error() == Status::ERR_NOT_FOUND);
  CHECK_FALSE(MultipartCursor::open(*parse_content_type("multipart/mixed"), body));
  CHECK_FALSE(parse_content_type("application"));
  CHECK_FALSE(parse_content_type("application/sdp;x="));
}

TEST_CASE("a host that can be read in blocks is judged as one that is read octet by octet") {
  std::mt19937 random(11);
  const auto pick = [&random](std::string_view from) { return from[random() % from.size()]; };
  size_t good = 0;
  for (size_t round = 0; round < 200000; ++round) {
    std::string host;
    const size_t len = 1 + random() % (2 * Block::kSize);
    if (round % 2 == 0) {
      while (host.size() < len) host += pick(round % 4 == 0 ? "0125..-a" : "a1_-.");
    } else {
      for (int part = 0; part < 4; ++part) host += std::to_string(random() % 290) + ".";
      host.resize(host.size() - 1 - random() % 16 / 15);
      if (round % 7 == 0) host[random() % host.size()] = pick("0.a-");
    }
    host = host.substr(0, 2 * Block::kSize);
    INFO(host);
    const std::string readable = host + "..5-" + std::string(2 * Block::kSize, '9');
    const std::string_view same(readable.data(), host.size());
    const bool is_host = grammar::is_host(host, false);
    good += is_host;
    if (grammar::is_host(same, true) != is_host) FAIL();
  }
  CHECK(good > 20000);
  CHECK(good < 180000);
}
