#include "voxlock/sdp.h"

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/host.h"

using voxlock::test::Host;
using voxlock::test::raw;
using voxlock::test::str;

namespace {

const std::string kText =
    "v=0\r\no=me 12 34 IN IP4 192.0.2.1\r\ns=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=sendonly\r\n"
    "m=audio 4000/2 RTP/SAVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\n"
    "m=video 0 RTP/AVP 31\r\nc=IN IP4 host.example.com\r\n";
// RFC 4568, section 4.5.
const std::string kLine =
    "1 AES_CM_128_HMAC_SHA1_80 inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";

}  // namespace

TEST_CASE("a description is parsed into a handle and looked into") {
  Host host;
  voxlock_sdp* sdp = nullptr;
  REQUIRE(voxlock_sdp_new(host.ctx, 1024, &sdp) == VOXLOCK_OK);
  voxlock_sdp_summary summary{};
  voxlock_sdp_media media{};
  voxlock_sip_header attribute{};
  summary.struct_size = sizeof summary;
  media.struct_size = sizeof media;
  CHECK(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_sdp_get_media(sdp, 0, &media) == VOXLOCK_ERR_WRONG_STATE);
  CHECK(voxlock_sdp_attribute(sdp, -1, nullptr, 0, &attribute) == VOXLOCK_ERR_WRONG_STATE);
  const uint64_t allocations = host.allocator.count;
  REQUIRE(voxlock_sdp_parse(sdp, raw(kText), kText.size()) == VOXLOCK_OK);
  CHECK(host.allocator.count == allocations);
  REQUIRE(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_OK);
  CHECK(summary.media_count == 2);
  CHECK(str(summary.username) == "me");
  CHECK(str(summary.session_id) == "12");
  CHECK(str(summary.version) == "34");
  CHECK(str(summary.origin_address) == "192.0.2.1");
  CHECK(str(summary.name) == "call");
  REQUIRE(voxlock_sdp_get_media(sdp, 0, &media) == VOXLOCK_OK);
  CHECK(str(media.type) == "audio");
  CHECK(str(media.proto) == "RTP/SAVP");
  CHECK(str(media.formats) == "0 8");
  CHECK(str(media.connection) == "192.0.2.1");
  CHECK(media.direction == VOXLOCK_RECVONLY);
  CHECK(media.address.family == 4);
  CHECK(media.address.ip[0] == 192);
  CHECK(media.address.port == 4000);
  CHECK(media.port == 4000);
  CHECK(media.port_count == 2);
  CHECK(media.attribute_count == 3);
  REQUIRE(voxlock_sdp_get_media(sdp, 1, &media) == VOXLOCK_OK);
  CHECK(media.direction == VOXLOCK_SENDONLY);
  CHECK(media.port == 0);
  CHECK(media.address.family == 0);
  CHECK(str(media.connection) == "host.example.com");
  CHECK(voxlock_sdp_get_media(sdp, 2, &media) == VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_sdp_attribute(sdp, -1, "sendonly", 0, &attribute) == VOXLOCK_OK);
  CHECK(attribute.value.len == 0);
  CHECK(voxlock_sdp_attribute(sdp, 0, "rtpmap", 1, &attribute) == VOXLOCK_OK);
  CHECK(str(attribute.value) == "8 PCMA/8000");
  CHECK(voxlock_sdp_attribute(sdp, 0, nullptr, 2, &attribute) == VOXLOCK_OK);
  CHECK(str(attribute.name) == "recvonly");
  CHECK(voxlock_sdp_attribute(sdp, 0, "rtpmap", 2, &attribute) == VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_sdp_attribute(sdp, 2, nullptr, 0, &attribute) == VOXLOCK_ERR_NOT_FOUND);
  CHECK(voxlock_sdp_attribute(sdp, -2, nullptr, 0, &attribute) == VOXLOCK_ERR_INVALID_ARGUMENT);
  // A refused text leaves the former one; a shorter one replaces it.
  CHECK(voxlock_sdp_parse(sdp, raw(kText), 10) == VOXLOCK_ERR_SDP_ORIGIN);
  CHECK(voxlock_sdp_parse(sdp, raw(kText + "y=1\r\n"), kText.size() + 5) == VOXLOCK_ERR_SDP_LINE);
  const std::string large = kText + "i=" + std::string(1024, 'x');
  CHECK(voxlock_sdp_parse(sdp, raw(large), large.size()) == VOXLOCK_ERR_LIMIT);
  REQUIRE(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_OK);
  CHECK(summary.media_count == 2);
  REQUIRE(voxlock_sdp_parse(sdp, raw(kText), 60) == VOXLOCK_OK);
  REQUIRE(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_OK);
  CHECK(summary.media_count == 0);
  CHECK(str(summary.username) == "me");
  voxlock_sdp_free(sdp);
  voxlock_sdp_free(nullptr);
}

TEST_CASE("SDES lines are read and written with their key") {
  voxlock_sdp_crypto line{};
  line.struct_size = sizeof line;
  REQUIRE(voxlock_sdp_crypto_parse(kLine.data(), kLine.size(), &line) == VOXLOCK_OK);
  CHECK(line.tag == 1);
  CHECK(line.suite == 1);
  CHECK(line.usability == VOXLOCK_OK);
  CHECK(line.key_len == 30);
  CHECK(line.key[0] == 0x3d);
  CHECK(line.key[30] == 0);
  size_t len = 0;
  CHECK(voxlock_sdp_crypto_write(&line, nullptr, &len) == VOXLOCK_ERR_BUFFER_TOO_SMALL);
  CHECK(len == kLine.size());
  std::vector<uint8_t> out(len);
  REQUIRE(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_OK);
  CHECK(std::string(out.begin(), out.end()) == kLine);
  const std::string full = kLine + "|2^20|258:2 KDR=1";
  REQUIRE(voxlock_sdp_crypto_parse(full.data(), full.size(), &line) == VOXLOCK_OK);
  CHECK(line.usability == VOXLOCK_ERR_SDP_SESSION_PARAMETER);
  CHECK(line.lifetime == 1u << 20);
  CHECK(line.mki_len == 2);
  CHECK(line.mki[0] == 1);
  CHECK(line.mki[1] == 2);
  // What cannot be written is refused, never dropped.
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  line.usability = 0;
  out.resize(len = 512);
  REQUIRE(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_OK);
  CHECK(std::string(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(len)) ==
        kLine + "|2^20|258:2");
  line.mki_len = VOXLOCK_SDP_MAX_MKI + 1;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_SDP_KEY);
  line.mki_len = 0;
  line.lifetime = (uint64_t{1} << 48) + 1;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_SDP_KEY);
  line.lifetime = 0;
  len = out.size();
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_OK);
  line.key_len = 46;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_SDP_KEY);
  line.key_len = 30;
  line.suite = 0;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_SDP_SUITE);
  line.tag = 1000000000;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  line.struct_size = 2;
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), &len) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_sdp_crypto_parse(kLine.data(), kLine.size(), &line) == VOXLOCK_ERR_STRUCT_SIZE);
  line.struct_size = sizeof line;
  CHECK(voxlock_sdp_crypto_parse(kLine.data(), 5, &line) == VOXLOCK_ERR_SDP_CRYPTO);
  CHECK(voxlock_sdp_crypto_parse(kLine.data(), kLine.size() - 1, &line) == VOXLOCK_ERR_SDP_KEY);
  CHECK(voxlock_sdp_crypto_parse(nullptr, 1, &line) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_crypto_parse(nullptr, 0, &line) == VOXLOCK_ERR_SDP_CRYPTO);
  CHECK(voxlock_sdp_crypto_parse(kLine.data(), kLine.size(), nullptr) ==
        VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_crypto_write(nullptr, out.data(), &len) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_crypto_write(&line, out.data(), nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
}

TEST_CASE("NULL, wrong sizes and bounds of descriptions are refused") {
  Host host;
  voxlock_sdp* sdp = nullptr;
  CHECK(voxlock_sdp_new(nullptr, 1024, &sdp) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_new(host.ctx, 1024, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_new(host.ctx, 255, &sdp) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_new(host.ctx, 65537, &sdp) == VOXLOCK_ERR_INVALID_ARGUMENT);
  REQUIRE(voxlock_sdp_new(host.ctx, 65536, &sdp) == VOXLOCK_OK);
  CHECK(voxlock_sdp_parse(nullptr, raw(kText), 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_parse(sdp, nullptr, 1) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_parse(sdp, nullptr, 0) == VOXLOCK_ERR_SDP_VERSION);
  REQUIRE(voxlock_sdp_parse(sdp, raw(kText), kText.size()) == VOXLOCK_OK);
  voxlock_sdp_summary summary{};
  voxlock_sdp_media media{};
  voxlock_sip_header attribute{};
  CHECK(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_sdp_get_media(sdp, 0, &media) == VOXLOCK_ERR_STRUCT_SIZE);
  CHECK(voxlock_sdp_get_summary(sdp, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_get_summary(nullptr, &summary) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_get_media(sdp, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_get_media(nullptr, 0, &media) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_attribute(sdp, 0, nullptr, 0, nullptr) == VOXLOCK_ERR_INVALID_ARGUMENT);
  CHECK(voxlock_sdp_attribute(nullptr, 0, nullptr, 0, &attribute) == VOXLOCK_ERR_INVALID_ARGUMENT);
  // A short struct gets its leading fields.
  summary.struct_size = 8;
  CHECK(voxlock_sdp_get_summary(sdp, &summary) == VOXLOCK_OK);
  CHECK(summary.media_count == 2);
  CHECK(summary.name.data == nullptr);
  voxlock_sdp_free(sdp);
}

TEST_CASE("a description whose memory is refused is not made") {
  for (const bool for_good : {false, true}) {
    for (uint64_t n = 0; n < 10; ++n) {
      Host host;
      voxlock_sdp* sdp = nullptr;
      host.allocator.fail_after(n, for_good);
      const int32_t status = voxlock_sdp_new(host.ctx, 1024, &sdp);
      CHECK(status == (host.allocator.has_failed ? VOXLOCK_ERR_NO_MEMORY : VOXLOCK_OK));
      CHECK((sdp == nullptr) == (status != VOXLOCK_OK));
      host.allocator.never_fail();
      voxlock_sdp_free(sdp);
      if (status == VOXLOCK_OK) break;
      CHECK(n < 9);
    }
  }
}
