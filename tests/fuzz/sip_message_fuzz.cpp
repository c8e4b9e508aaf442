// Any bytes as a datagram. What the parser accepts can be answered, and the answer parses again.
#include <cstdlib>

#include "sip/auth.h"
#include "sip/message.h"
#include "sip/multipart.h"
#include "sip/writer.h"

using namespace voxlock;
using namespace voxlock::sip;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void walk(const Message& message) {
  for (size_t id = 1; id < kHeaderIdCount; ++id) {
    ValueCursor cursor = message.values(static_cast<HeaderId>(id));
    while (const auto value = cursor.next()) {
      (void)parse_via(*value);
      (void)parse_auth(*value);
      const auto address = parse_address(*value);
      if (address)
        require(equal(address->uri, address->uri) || address->uri.params.text.size() > 100 ||
                address->uri.headers.size() > 100);
    }
  }
  (void)find_body(message.content_type(), message.body(), "application/sdp");
}

void answer(const Message& request, size_t size) {
  static uint8_t buffer[4 * kMaxHeadLen];
  if (size > kMaxHeadLen) return;
  Writer writer(buffer);
  writer.response_to(request, 400, {}, "tag");
  const auto written = writer.finish();
  require(written.has_value());
  Message again;
  require(again.parse(*written, Transport::kStream).has_value());
  require(again.size() == written->size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Message message;
  const bool is_good = message.parse(ByteView(data, size)).has_value();
  if (is_good) require(message.size() <= size && message.size() != 0);
  walk(message);
  if (is_good && message.is_request()) answer(message, size);
  return 0;
}
