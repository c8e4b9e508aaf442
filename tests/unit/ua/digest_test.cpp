#include "ua/digest.h"

#include <map>
#include <string>

#include "sip/message.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/vectors.h"
#include "ua/authenticator.h"
#include "ua/digest_header.h"

using namespace voxlock;

namespace {

// The flat objects of vectors.json: names and texts. Numbers and booleans are not needed.
std::vector<std::map<std::string, std::string>> read_objects(const std::string& json) {
  std::vector<std::map<std::string, std::string>> out;
  std::string name;
  bool is_value = false;
  for (size_t i = 0; i < json.size(); ++i) {
    if (json[i] == '{') out.emplace_back();
    if (json[i] == ':') is_value = true;
    if (json[i] == ',') is_value = false;
    if (json[i] != '"') continue;
    std::string text;
    for (++i; json[i] != '"'; ++i) {
      if (json[i] != '\\') {
        text.push_back(json[i]);
      } else if (json[++i] == 'u') {
        const unsigned code = static_cast<unsigned>(std::stoul(json.substr(i + 1, 4), nullptr, 16));
        text.push_back(static_cast<char>(0xc0 | code >> 6));
        text.push_back(static_cast<char>(0x80 | (code & 63)));
        i += 4;
      } else {
        text.push_back(json[i]);
      }
    }
    if (is_value) {
      out.back()[name] = text;
    } else {
      name = text;
    }
  }
  return out;
}

std::string compute(ua::DigestInput input) {
  const auto result = ua::compute_response(input);
  REQUIRE(result);
  return std::string(result->view());
}

}  // namespace

TEST_CASE("RFC 2617 3.5, RFC 7616 3.9.1: the published responses") {
  if (!test::has_vectors("digest/vectors.json")) return;
  int computed = 0;
  for (auto& row : read_objects(test::read_vector("digest/vectors.json"))) {
    INFO(row["source"]);
    const auto algorithm = ua::parse_algorithm(row["alg"]);
    if (row["alg"] == "SHA-512-256") {
      // Not computed by this library: such a challenge is passed over (RFC 8760 2.3).
      CHECK_FALSE(algorithm.has_value());
      continue;
    }
    REQUIRE(algorithm);
    ua::DigestInput input;
    input.algorithm = *algorithm;
    input.qop = row["qop"] == "auth-int" ? ua::Qop::kAuthInt
                : row["qop"] == "auth"   ? ua::Qop::kAuth
                                         : ua::Qop::kNone;
    input.user = row["user"], input.realm = row["realm"], input.password = row["pw"];
    input.nonce = row["nonce"], input.cnonce = row["cnonce"], input.nc = row["nc"];
    input.method = row["method"], input.uri = row["uri"], input.body = as_bytes(row["body"]);
    CHECK(compute(input) == row["response"]);
    ++computed;
  }
  CHECK(computed == 3);
}

TEST_CASE("RFC 7616 3.4.2, 3.4.3: session variants, no qop and auth-int differ from each other") {
  ua::DigestInput input;
  input.user = "alice", input.realm = "r", input.password = "p", input.nonce = "n",
  input.cnonce = "c";
  input.nc = "00000001", input.method = "INVITE", input.uri = "sip:b@x",
  input.body = as_bytes("v=0");
  std::vector<std::string> all;
  for (const auto algorithm : {ua::Algorithm::kMd5, ua::Algorithm::kMd5Sess, ua::Algorithm::kSha256,
                               ua::Algorithm::kSha256Sess}) {
    for (const auto qop : {ua::Qop::kNone, ua::Qop::kAuth, ua::Qop::kAuthInt}) {
      input.algorithm = algorithm, input.qop = qop;
      const std::string response = compute(input);
      CHECK(response.size() == (ua::algorithm_bit(algorithm) == ua::kAllowMd5 ? 32 : 64));
      CHECK(std::find(all.begin(), all.end(), response) == all.end());
      all.push_back(response);
    }
  }
}

TEST_CASE("RFC 7616 5: what the server makes of credentials") {
  test::TestContext context;
  ua::Authenticator server(context.memory, "example", ua::kAllowMd5 | ua::kAllowSha256,
                           300 * ua::kSecond);
  REQUIRE(server.seed(context.random));
  REQUIRE(server.set_account("alice", "secret"));
  const uint64_t issued = 1000 * ua::kSecond;
  std::array<uint8_t, 2048> room;
  sip::Writer w(room);
  w.response(401);
  REQUIRE(server.write_challenges(context.random, false, issued, w));
  const auto written = w.finish();
  REQUIRE(written);
  const std::string challenge(as_text(*written));
  CHECK(challenge.find("SHA-256") < challenge.find("algorithm=MD5"));
  const size_t at = challenge.find("nonce=\"") + 7;
  const std::string nonce = challenge.substr(at, challenge.find('"', at) - at);

  const auto judge = [&](std::string user, std::string password, std::string realm,
                         std::string used, std::string nc, std::string qop, uint64_t now) {
    ua::DigestInput input;
    input.algorithm = ua::Algorithm::kSha256, input.qop = ua::Qop::kAuth, input.user = user,
    input.realm = realm;
    input.password = password, input.nonce = used, input.cnonce = "c", input.nc = nc,
    input.method = "OPTIONS";
    input.uri = "sip:x";
    const std::string request =
        "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP a;branch=z9hG4bK1\r\nFrom: "
        "<sip:a@a>;tag=1\r\nTo: <sip:x>\r\n"
        "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nAuthorization: Digest username=\"" +
        user + "\", realm=\"" + realm + "\", nonce=\"" + used + "\", uri=\"sip:x\", response=\"" +
        compute(input) + "\", algorithm=SHA-256, cnonce=\"c\"" +
        (qop.empty() ? "" : ", qop=" + qop + ", nc=" + nc) + "\r\nContent-Length: 0\r\n\r\n";
    sip::Message message;
    REQUIRE(message.parse(std::string_view(request), sip::Transport::kStream));
    const auto verdict = server.check(message, now);
    REQUIRE(verdict);
    return *verdict;
  };
  using V = ua::AuthVerdict;
  const uint64_t now = issued + ua::kSecond;
  std::string forged = nonce;
  forged.back() = forged.back() == '0' ? '1' : '0';
  CHECK(judge("alice", "secret", "other", nonce, "00000001", "auth", now) == V::kChallenge);
  CHECK(judge("alice", "wrong", "example", nonce, "00000001", "auth", now) == V::kRefused);
  CHECK(judge("bob", "?", "example", nonce, "00000001", "auth", now) == V::kRefused);
  CHECK(judge("alice", "secret", "example", nonce, "00000001", "", now) == V::kRefused);
  CHECK(judge("alice", "secret", "example", nonce, "00000000", "auth", now) == V::kRefused);
  CHECK(judge("alice", "secret", "example", forged, "00000001", "auth", now) == V::kStale);
  CHECK(judge("alice", "secret", "example", nonce, "00000001", "auth",
              issued + 301 * ua::kSecond) == V::kStale);
  CHECK(judge("alice", "secret", "example", nonce, "00000002", "auth", now) == V::kAccepted);
  CHECK(judge("alice", "secret", "example", nonce, "00000002", "auth", now) == V::kStale);
  CHECK(judge("alice", "secret", "example", nonce, "00000001", "auth", now) == V::kStale);
  CHECK(judge("alice", "secret", "example", nonce, "00000003", "auth", now) == V::kAccepted);
}
