// Any bytes as a session description: what is accepted stays within the text and its tables.
#include <cstdlib>

#include "sdp/codec.h"
#include "sdp/host_address.h"
#include "sdp/sdes.h"
#include "sdp/session.h"
#include "sdp/webrtc.h"
#include "support/webrtc_offers.h"

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

// What is written of a candidate is read as the same.
void check_candidate(std::string_view text) {
  const auto candidate = parse_candidate(text);
  if (!candidate || !is_valid(*candidate)) return;
  uint8_t buffer[512];
  bytes::Writer out(buffer);
  write_candidate(out, *candidate);
  const auto again = parse_candidate(as_text(out.written()));
  // A port without its address is not written.
  require(again && again->address == candidate->address && again->port == candidate->port &&
          again->priority == candidate->priority && again->type == candidate->type &&
          again->related_address == candidate->related_address);
}

void check_fingerprint(std::string_view text) {
  const auto fingerprint = parse_fingerprint(text);
  if (!fingerprint) return;
  uint8_t buffer[256];
  bytes::Writer out(buffer);
  write_fingerprint(out, *fingerprint);
  const auto again = parse_fingerprint(as_text(out.written()));
  require(again && *again == *fingerprint);
}

void check_webrtc(const Session& session, size_t index, std::string_view text) {
  const Media& media = session.media()[index];
  const TransportScope scope(session, index);
  if (const auto setup = read_setup(scope)) require(*setup <= Setup::kHoldconn);
  if (const auto prints = read_fingerprints(scope)) {
    require(!prints->empty());
    for (const Fingerprint& print : *prints) require(print.view().size() >= 32);
  }
  if (const auto id = read_tls_id(scope)) require_inside(*id, text);
  const auto credentials = read_credentials(scope);
  if (credentials && *credentials) {
    require((*credentials)->ufrag.view().size() >= kMinUfrag);
    require((*credentials)->password.size() >= kMinIcePassword);
  }
  for (const Candidate& candidate : read_candidates(scope)) require(candidate.component != 0);
  for (const AgreedExtension& each : read_extensions(session, media, ExtensionSet().set()))
    require(each.id == 0 || taken_ids(session, media).test(each.id));
  if (const auto tags = bundle_of(session, mid_of(media))) require_inside(*tags, text);
  (void)read_stream(media);
  (void)has_feedback(media, 111, "nack");
}

void check_text(std::string_view text) {
  check_crypto(text);
  check_address(text);
  check_candidate(text);
  check_fingerprint(text);
  Session session;
  if (!session.parse(text)) {
    require(session.media().empty() && session.attributes().empty());
    return;
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
      if (attribute.name == "candidate") check_candidate(attribute.value);
      if (attribute.name == "fingerprint") check_fingerprint(attribute.value);
    }
    check_webrtc(session, static_cast<size_t>(&media - session.media().data()), text);
    if (const auto& connection = session.connection_of(media)) check_address(connection->address);
  }
}

// Offers in the shapes of WebRTC stacks, beside what the corpus holds.
bool check_seeds() {
  for (const std::string& offer : test::webrtc_offers()) check_text(offer);
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const bool has_seeds = check_seeds();
  require(has_seeds);
  check_text(as_text(ByteView(data, size)));
  return 0;
}
