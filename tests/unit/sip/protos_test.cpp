// PROTOS c07-sip: malformed INVITEs. A case passes where the parser neither crashes nor hangs, and
// a valid INVITE right after it is read.
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/text.h"
#include "sip/framer.h"
#include "sip/message.h"
#include "sip/response_code.h"
#include "support/catch.h"
#include "support/guarded.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

// What the suite's driver would have filled in. <From> contains no other name, but <From-IP> begins
// as it.
const std::pair<std::string_view, std::string_view> kNames[] = {
    {"<To>", "callee@192.0.2.2"},
    {"<From>", "caller@192.0.2.1"},
    {"<From-Address>", "192.0.2.1"},
    {"<From-IP>", "192.0.2.1"},
    {"<Local-Port>", "5060"},
    {"<Call-ID>", "17"},
    {"<CSeq>", "1"},
    {"<Branch-ID>", "17"},
    {"<Teardown-Method>", "CANCEL"},
};

void replace_all(std::string& text, std::string_view name, std::string_view value) {
  for (size_t at = text.find(name); at != std::string::npos;
       at = text.find(name, at + value.size())) {
    text.replace(at, name.size(), value);
  }
}

std::string filled(std::string record) {
  for (const auto& [name, value] : kNames) replace_all(record, name, value);
  const size_t head_end = record.find("\r\n\r\n");
  const size_t body_len = head_end == std::string::npos ? 0 : record.size() - head_end - 4;
  replace_all(record, "<Content-Length>", std::to_string(body_len));
  return record;
}

// Each record is its length in decimal digits, one space, and that many octets.
std::vector<std::string> read_records(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string all(std::istreambuf_iterator<char>(file), {});
  std::vector<std::string> out;
  for (std::string_view left = all; !left.empty();) {
    const auto len = text::parse_decimal(text::cut(left, ' '), left.size());
    REQUIRE(len);
    REQUIRE(*len <= left.size());
    out.push_back(filled(std::string(left.substr(0, *len))));
    left.remove_prefix(*len);
  }
  return out;
}

}  // namespace

TEST_CASE("PROTOS c07-sip: after every malformed INVITE a valid one is read") {
  const std::filesystem::path folder = VOXLOCK_PROTOS_DIR;
  if (!std::filesystem::exists(folder)) {
    WARN("skipped: no test cases at " << folder);
    return;
  }
  const std::string valid = read_records(folder / "0000000").at(0);
  size_t cases = 0;
  size_t refused = 0;
  Message message;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    INFO(entry.path().string());
    for (const std::string& record : read_records(entry.path())) {
      const test::Guarded input{std::string_view(record)};
      const Status status = message.parse(input.text()).error();
      if (status != Status::OK) ++refused;
      // No error is silent, but for what could not be read as a request at all.
      if (status != Status::OK && message.is_answerable()) CHECK(response_code(status) != 0);
      Framer framer(*std::pmr::new_delete_resource(), FramerRole::kServer, 64 * 1024);
      (void)framer.feed(as_bytes(record));
      const auto frame = framer.next();
      const bool has_message = frame && frame->kind == FrameKind::kMessage;
      if (has_message) {
        (void)message.parse(frame->bytes, Transport::kStream);
        CHECK(message.size() == frame->bytes.size());
      }
    }
    REQUIRE(message.parse(std::string_view(valid)));
    REQUIRE(message.method() == Method::kInvite);
    REQUIRE(message.to().uri.user == "callee");
    ++cases;
  }
  CHECK(cases > 2000);
  CHECK(refused > 1000);
}
