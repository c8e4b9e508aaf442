#include "sip/uri.h"

#include <string>

#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::sip;

template <typename T>
concept TakesTemporary = requires(T text) {
  parse_uri(static_cast<T&&>(text));
};
static_assert(!TakesTemporary<std::string>);

TEST_CASE("RFC 3261 19.1: URIs are taken apart") {
  const std::string text = "sips:al%20ice:p&w@[2001:db8::1]:5061;transport=tcp;lr?Subject=x&To=";
  const auto uri = parse_uri(std::string_view(text));
  REQUIRE(uri);
  CHECK(uri->scheme == Scheme::kSips);
  CHECK(uri->user == "al%20ice");
  CHECK(uri->password == "p&w");
  CHECK(uri->host == "[2001:db8::1]");
  CHECK(uri->port == 5061);
  CHECK(uri->params.value("Transport") == "tcp");
  CHECK(uri->has_lr());
  CHECK(uri->headers == "Subject=x&To=");
  for (size_t len = 0; len <= text.size(); ++len) {
    const test::Guarded prefix(std::string_view(text).substr(0, len));
    (void)parse_uri(prefix.text());
  }
}

TEST_CASE("URIs that break a rule are refused") {
  struct Row {
    const char* text;
    Status status;
  };
  const Row rows[] = {
      {"sip:example.com", Status::OK},
      {"SIP:a@1.2.3.4", Status::OK},
      {"sip:a@example.com.", Status::OK},
      {"tel:+1-201-555-0123", Status::OK},
      {"tel:7042;phone-context=example.com", Status::OK},
      {"urn:service:sos", Status::OK},
      {"sip:%00@example.com", Status::OK},
      {"sip:a@[::ffff:192.0.2.1]", Status::OK},
      {"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/"
       ";;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
       Status::OK},
      {"", Status::ERR_SIP_URI},
      {"sip", Status::ERR_SIP_URI},
      {"sip:", Status::ERR_SIP_HOST},
      {"sip:@example.com", Status::ERR_SIP_HOST},
      {"sip:a@", Status::ERR_SIP_HOST},
      {"sip:a@b:", Status::ERR_SIP_HOST},
      {"sip:a@b:65536", Status::ERR_SIP_HOST},
      {"sip:a@-b.c", Status::ERR_SIP_HOST},
      {"sip:a@b..c", Status::ERR_SIP_HOST},
      {"sip:a@1.2.3", Status::ERR_SIP_HOST},
      {"sip:a@1.2.3.256", Status::ERR_SIP_HOST},
      {"sip:a@[2001:db8::1", Status::ERR_SIP_HOST},
      {"sip:a@2001:db8::1", Status::ERR_SIP_URI},
      {"sip:a@[2001:db8:::1]", Status::ERR_SIP_HOST},
      {"sip:a@[1:2:3:4:5:6:7]", Status::ERR_SIP_HOST},
      {"sip:a@[1:2:3:4:5:6:7:8:9]", Status::ERR_SIP_HOST},
      {"sip:a@[12345::]", Status::ERR_SIP_HOST},
      {"sip:a@b;", Status::ERR_SIP_URI},
      {"sip:a@b;x=", Status::ERR_SIP_URI},
      {"sip:a@b?", Status::ERR_SIP_URI},
      {"sip:a@b?x", Status::ERR_SIP_URI},
      {"sip:a b@c", Status::ERR_SIP_HOST},
      {"sip:a%2@c", Status::ERR_SIP_HOST},
      {"tel:", Status::ERR_SIP_URI},
      {"tel:+", Status::ERR_SIP_URI},
      {"tel:+1a", Status::ERR_SIP_URI},
      {"1x:y", Status::ERR_SIP_URI},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const Status status = parse_uri(std::string_view(row.text)).error();
    if (row.status == Status::OK) {
      CHECK(status == Status::OK);
    } else {
      CHECK((status == Status::ERR_SIP_URI || status == Status::ERR_SIP_HOST));
    }
  }
}

TEST_CASE("RFC 3261 19.1.4: which URIs are equal") {
  struct Row {
    const char* a;
    const char* b;
    bool is_equal;
  };
  const Row rows[] = {
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5", true},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
      {"sip:b.c;maddr=x.y;maddr=z.y", "sip:b.c;maddr=x.y;maddr=z.y", true},
      {"sip:b.c;maddr=x.y;maddr=z.y", "sip:b.c;maddr=w.y", false},
      {"sip:a@b.c", "sips:a@b.c", false},
      {"sip:b.c", "sip:a@b.c", false},
      {"sip:a:x@b.c", "sip:a@b.c", false},
      {"sip:a%3bb@b.c", "sip:a;b@b.c", false},
      {"tel:+1-201-555-0123", "tel:+12015550123", true},
      {"tel:+12015550123", "tel:+12015550124", false},
      {"tel:7042;phone-context=a.b", "tel:7042", false},
      {"URN:x:y", "urn:x:y", true},
      {"urn:x:y", "urn:x:z", false},
  };
  for (const Row& row : rows) {
    INFO(row.a << " and " << row.b);
    const auto a = parse_uri(std::string_view(row.a));
    const auto b = parse_uri(std::string_view(row.b));
    REQUIRE((a && b));
    CHECK(equal(*a, *b) == row.is_equal);
    CHECK(equal(*b, *a) == row.is_equal);
  }
}

TEST_CASE("escapes are replaced") {
  uint8_t raw[16];
  bytes::Writer out(raw);
  unescape("a%20%00%4g%", out);
  CHECK(as_text(out.written()) == std::string_view("a \0%4g%", 7));
}
