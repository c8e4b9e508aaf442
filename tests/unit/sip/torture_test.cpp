// The torture suites of RFC 4475 and RFC 5118, the examples of other RFCs, and broken messages of
// peers.
#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sip/message.h"
#include "sip/multipart.h"
#include "sip/response_code.h"
#include "sip/writer.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

struct Case {
  const char* name;
  Status status;
  uint16_t code;  // the answer to send, 0 for none
};

// Where expected.tsv leaves a choice this library is strict, but takes what a user agent must
// judge: the date (baddate), the branch (badbranch, Via::has_unique_branch), the media type (invut,
// check_media_type), whether a response is ours (bcast).
const Case kRfc4475[] = {
    {"wsinv", Status::OK, 0},
    {"esc01", Status::OK, 0},
    {"esc02", Status::OK, 0},
    {"longreq", Status::OK, 0},
    {"semiuri", Status::OK, 0},
    {"mpart01", Status::OK, 0},
    {"noreason", Status::OK, 0},
    {"clerr", Status::ERR_SIP_BODY_SHORT, 400},
    {"scalar02", Status::ERR_SIP_CSEQ, 400},
    {"quotbal", Status::ERR_SIP_ADDRESS, 400},
    {"lwsruri", Status::ERR_SIP_URI, 400},
    {"trws", Status::ERR_SIP_START_LINE, 400},
    {"baddate", Status::OK, 0},
    {"badaspec", Status::ERR_SIP_URI, 400},
    {"badvers", Status::ERR_SIP_VERSION, 505},
    {"mismatch02", Status::ERR_SIP_CSEQ_METHOD, 400},
    {"badbranch", Status::OK, 0},
    {"unkscm", Status::ERR_SIP_SCHEME, 416},
    {"unksm2", Status::OK, 0},
    {"invut", Status::OK, 0},
    {"multi01", Status::ERR_SIP_DUPLICATE, 400},
    {"bcast", Status::OK, 0},
    {"cparam01", Status::OK, 0},
    {"regescrt", Status::OK, 0},
    {"inv2543", Status::OK, 0},
};

// Examples that are no legal messages. Rejecting each is right: what is wrong lies in the example,
// not in a form that peers send.
struct Flaw {
  std::string_view file;
  Status status;
};
constexpr Flaw kFlawed[] = {
    // A To or Request-URI without scheme; RFC 3261 25.1 knows no such addr-spec.
    {"rfc3261/005-", Status::ERR_SIP_URI},
    {"rfc3327/009-", Status::ERR_SIP_URI},
    {"rfc3327/010-", Status::ERR_SIP_URI},
    {"rfc3327/011-", Status::ERR_SIP_URI},
    {"rfc3327/012-", Status::ERR_SIP_URI},
    {"rfc5626/002-", Status::ERR_SIP_URI},
    // " . . ." stands for what was left out, and reads as a fold of the field before it.
    {"rfc3327/001-", Status::ERR_SIP_TOKEN_LIST},
    {"rfc3327/002-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/003-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/004-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/005-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/006-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/007-", Status::ERR_SIP_ADDRESS},
    {"rfc3327/008-", Status::ERR_SIP_ADDRESS},
    // "Refer-To: (whatever URI)".
    {"rfc3515/001-", Status::ERR_SIP_URI},
    {"rfc3515/005-", Status::ERR_SIP_URI},
    // The second line of Record-Route starts with no white space: RFC 3261 7.3.1 wants it for a
    // fold.
    {"rfc3665/159-", Status::ERR_SIP_URI},
    // No comma between the realm and the nonce.
    {"rfc3665/003-", Status::ERR_SIP_AUTH},
    // A Route without angle brackets, so that nobody could tell whose parameter "lr" is (20.34).
    {"rfc4028/002-", Status::ERR_SIP_ADDRESS},
    // "Content Length:0": a name with a space. Skipping the line would leave the framing to a
    // guess.
    {"rfc5359/002-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/003-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/015-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/016-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/022-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/023-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/084-", Status::ERR_SIP_HEADER_LINE},
    {"rfc5359/085-", Status::ERR_SIP_HEADER_LINE},
    // ";;": RFC 4475 3.1.2.1 calls extraneous separators malformed.
    {"rfc5626/001-", Status::ERR_SIP_PARAM},
};

const Case* find_case(const std::string& name) {
  for (const Case& entry : kRfc4475) {
    if (name == entry.name) return &entry;
  }
  return nullptr;
}

// Every prefix ends at an unreadable page; none may crash, and none but the whole may be a stream
// message.
void try_prefixes(const std::string& data) {
  Message message;
  for (size_t len = 0; len <= data.size(); len += data.size() > 2000 ? 7 : 1) {
    const test::Guarded input(std::string_view(data).substr(0, len));
    (void)message.parse(input.text());
    const bool is_stream_message = message.parse(input.text(), Transport::kStream).has_value();
    if (len < data.size() && is_stream_message) CHECK(message.size() <= len);
  }
}

std::vector<std::string> files_below(std::string_view folder, const char* extension) {
  std::vector<std::string> out;
  const std::filesystem::path root = test::vector_path("");
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(test::vector_path(folder))) {
    if (entry.path().extension() == extension) {
      out.push_back(std::filesystem::relative(entry.path(), root).string());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("RFC 4475: every torture message behaves as its section says") {
  if (!test::has_vectors("sip/rfc4475")) return;
  size_t seen = 0;
  for (const auto& row : test::read_tsv("sip/rfc4475/expected.tsv")) {
    INFO(row[0] << " expects " << row[3]);
    const Case* entry = find_case(row[0]);
    REQUIRE(entry != nullptr);
    ++seen;
    const std::string data = test::read_vector("sip/rfc4475/" + row[0] + ".dat");
    Message message;
    const Status status = message.parse(std::string_view(data)).error();
    CHECK(std::string(status_name(to_int(status))) == status_name(to_int(entry->status)));
    CHECK(response_code(status) == entry->code);
    if (row[3] == "accept") CHECK(status == Status::OK);
    if (row[3] == "reject-400") CHECK(response_code(status) == 400);
    if (row[2] == "request" && status != Status::OK) CHECK(message.is_answerable());
    try_prefixes(data);
  }
  CHECK(seen == std::size(kRfc4475));
}

TEST_CASE("RFC 4475: what the accepted messages mean") {
  if (!test::has_vectors("sip/rfc4475")) return;
  const auto with = [](const char* name, auto check) {
    INFO(name);
    const std::string data = test::read_vector(std::string("sip/rfc4475/") + name + ".dat");
    Message message;
    REQUIRE(message.parse(std::string_view(data)));
    check(message);
  };
  with("wsinv", [](const Message& m) {
    CHECK(m.to().tag() == "1918181833n");
    CHECK(m.from().tag() == "98asjd8");
    CHECK(m.from().display_name == R"(J Rosenberg \\\")");
    CHECK(m.max_forwards() == 68);
    CHECK(m.cseq().number == 9);
    CHECK(m.find("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
    size_t vias = 0;
    ValueCursor cursor = m.values(HeaderId::kVia);
    while (const auto value = cursor.next()) {
      REQUIRE(parse_via(*value));
      ++vias;
    }
    CHECK(vias == 3);
    CHECK(m.contact().params.value("q") == "0.33");
    CHECK(m.contact().params.value("newparam") == "newvalue");
    CHECK(m.find(HeaderId::kSubject) == "");
  });
  with("esc01", [](const Message& m) {
    CHECK(m.request_uri().user == "sips%3Auser%40example.com");
    CHECK(m.request_uri().host == "example.net");
    CHECK(equal(m.to().uri, *parse_uri("sip:user@example.com")));
    CHECK(m.contact().uri.params.has("%6C%72"));
  });
  with("esc02", [](const Message& m) {
    CHECK(m.method() == Method::kOther);
    const std::string_view methods[] = {"REGISTER"};
    CHECK(check_method(m, methods).error() == Status::ERR_SIP_METHOD);
    size_t contacts = 0;
    ValueCursor cursor = m.values(HeaderId::kContact);
    while (cursor.next()) ++contacts;
    CHECK(contacts == 2);
  });
  with("semiuri", [](const Message& m) {
    CHECK(m.request_uri().user == "user;par=u%40example.net");
    CHECK(m.request_uri().params.text.empty());
  });
  with("mpart01", [](const Message& m) {
    CHECK(m.body().size() == 553);
    auto parts = MultipartCursor::open(m.content_type(), m.body());
    REQUIRE(parts);
    const auto first = parts->next();
    REQUIRE((first && *first));
    CHECK((*first)->content_type == "text/plain");
    CHECK((*first)->content == "Hello");
    const auto second = parts->next();
    REQUIRE((second && *second));
    CHECK((*second)->content_type == "application/octet-stream");
    CHECK((*second)->content.size() > 200);
    const auto end = parts->next();
    REQUIRE(end);
    CHECK_FALSE(end->has_value());
  });
  with("noreason", [](const Message& m) { CHECK((m.status_code() == 100 && m.reason().empty())); });
  with("badbranch", [](const Message& m) { CHECK_FALSE(m.via().has_unique_branch()); });
  with("invut", [](const Message& m) {
    const std::string_view types[] = {"application/sdp"};
    CHECK(response_code(check_media_type(m, types).error()) == 415);
  });
  with("regescrt", [](const Message& m) {
    CHECK(m.contact().uri.headers == "Route=%3Csip:sip.example.com%3E");
  });
  with("inv2543", [](const Message& m) {
    CHECK(m.via().branch().empty());
    CHECK(m.body().size() > 80);
  });
  with("unksm2", [](const Message& m) { CHECK(m.to().uri.scheme_text == "isbn"); });
  with("cparam01", [](const Message& m) { CHECK(m.contact().params.has("unknownparam")); });
}

TEST_CASE("RFC 5118: IPv6 torture messages") {
  if (!test::has_vectors("sip/rfc5118")) return;
  for (const auto& row : test::read_tsv("sip/rfc5118/expected.tsv")) {
    INFO(row[0] << " expects " << row[2]);
    std::string file = "sip/rfc5118/crlf/" + row[0];
    for (const char* extension : {"", ".dat", ".sip", ".txt"}) {
      if (std::filesystem::exists(test::vector_path(file + extension))) {
        file += extension;
        break;
      }
    }
    const std::string data = test::read_vector(file);
    Message message;
    const Status status = message.parse(std::string_view(data)).error();
    // Three colons are no IPv6 address: the strict choice of the two that section 4.10 leaves.
    if (row[2] == "reject-400" || row[0] == "ipv6-bug-abnf-3-colons") {
      CHECK(response_code(status) == 400);
    } else {
      CHECK(std::string(status_name(to_int(status))) == "VOXLOCK_OK");
    }
    if (row[0] == "port-ambiguous") CHECK_FALSE(message.request_uri().has_port);
    if (row[0] == "port-unambiguous") CHECK(message.request_uri().port == 5070);
    if (row[0].find("via-received") == 0) CHECK(is_ipv6(message.via().received()));
    try_prefixes(data);
  }
}

TEST_CASE("examples of RFCs are written again as equivalent messages") {
  if (!test::has_vectors("sip/rfc-examples")) return;
  for (const std::string& file : files_below("sip/rfc-examples", ".sip")) {
    INFO(file);
    const std::string data = test::read_vector(file);
    Message message;
    const Status status = message.parse(std::string_view(data)).error();
    CAPTURE(status_name(to_int(status)), message.error_offset());
    const auto* flaw = std::find_if(
        std::begin(kFlawed), std::end(kFlawed),
        [&file](const Flaw& entry) { return file.find(entry.file) != std::string::npos; });
    const Status expected = flaw == std::end(kFlawed) ? Status::OK : flaw->status;
    CHECK(std::string(status_name(to_int(status))) == status_name(to_int(expected)));
    if (status != Status::OK) continue;
    std::vector<uint8_t> out(data.size() * 2 + 200);
    Writer writer(out);
    if (message.is_request()) {
      writer.request(message.method_text(), message.start_line().uri_text);
    } else {
      writer.response(message.status_code(), message.reason());
    }
    for (size_t i = 0; i < message.header_count(); ++i) {
      const Header field = message.header(i);
      if (field.id != HeaderId::kContentLength) writer.copy(field);
    }
    const auto written = writer.finish({}, message.body());
    REQUIRE(written);
    Message again;
    REQUIRE(again.parse(*written, Transport::kStream));
    CHECK(again.size() == written->size());
    CHECK(again.method_text() == message.method_text());
    CHECK(again.status_code() == message.status_code());
    CHECK(again.body() == message.body());
    CHECK(again.call_id() == message.call_id());
    CHECK(again.from().uri.text == message.from().uri.text);
    CHECK(again.to().tag() == message.to().tag());
    CHECK(again.via().branch() == message.via().branch());
    CHECK(again.cseq().number == message.cseq().number);
  }
}

TEST_CASE("broken messages of other projects never crash the parser") {
  for (const char* folder : {"sip/kamailio-misc", "sip/pjsip-seeds", "sip/rfc5118/archive-lf"}) {
    if (!test::has_vectors(folder)) continue;
    for (const std::string& name : test::list_vectors(folder)) {
      INFO(folder << "/" << name);
      try_prefixes(test::read_vector(std::string(folder) + "/" + name));
    }
  }
}
