// Any bytes as a session description: what is accepted stays within the text and its tables.
#include <cstdlib>

#include "sdp/codec.h"
#include "sdp/host_address.h"
#include "sdp/sdes.h"
#include "sdp/session.h"

using namespace voxlock;
using namespace voxlock::sdp;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void require_inside(std::string_view part, std::string_view whole) {
  require(part.empty() || (part.data() >= whole.data() &&
                           part.data() + part.size() <= whole.data() + whole.size()));
  require(part.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos);
}

void check_crypto(std::string_view value) {
  const auto line = parse_crypto(value);
  if (!line || line->suite == CryptoSuite::kNone) return;
  const CryptoSuiteInfo* suite = find_suite(line->suite);
  require(line->keys[0].key_and_salt.size() == suite->key_len + suite->salt_len);
  uint8_t buffer[512];
  bytes::Writer out(buffer);
  write_crypto(out, line->tag, line->suite, line->keys[0]);
  const auto again = parse_crypto(as_text(out.written()));
  require(again && again->tag == line->tag && again->usability() == Status::OK);
  require(again->keys[0].lifetime == line->keys[0].lifetime &&
          secure::equal(again->keys[0].mki_view(), line->keys[0].mki_view()));
  require(secure::equal(again->keys[0].key_and_salt.view(), line->keys[0].key_and_salt.view()));
}

void check_address(std::string_view text) {
  const auto address = parse_address(text);
  if (!address) return;
  uint8_t buffer[64];
  bytes::Writer out(buffer);
  write_address(out, *address);
  const auto again = parse_address(as_text(out.written()));
  require(again && *again == *address);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text(ByteView(data, size));
  check_crypto(text);
  check_address(text);
  Session session;
  if (!session.parse(text)) {
    require(session.media().empty() && session.attributes().empty());
    return 0;
  }
  for (const Attribute& attribute : session.attributes()) require_inside(attribute.value, text);
  for (const Media& media : session.media()) {
    require_inside(media.type, text);
    require_inside(media.formats, text);
    const KnownFormats formats = known_formats(media);
    for (const KnownFormat& format : formats)
      require(format.row != nullptr && format.payload_type < 128);
    for (const Attribute& attribute : media.attributes) {
      require_inside(attribute.name, text);
      require_inside(attribute.value, text);
      if (attribute.name == "crypto") check_crypto(attribute.value);
    }
    if (const auto& connection = session.connection_of(media)) check_address(connection->address);
  }
  return 0;
}
