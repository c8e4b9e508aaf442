#include "e2ee/livekit.h"

#include <cstdlib>
#include <string>
#include <vector>

#include "crypto/aes_gcm.h"
#include "e2ee/livekit_key.h"
#include "support/allocator.h"
#include "support/catch.h"
#include "support/guarded.h"
#include "support/json.h"
#include "support/vectors.h"

using namespace voxlock;
using namespace voxlock::e2ee;
using test::from_hex;
using test::Json;

namespace {

using Bytes = std::vector<uint8_t>;

const ByteView kSalt = as_bytes("LKFrameEncryptionKey");

std::string hex(ByteView bytes) {
  return test::to_hex(bytes.data(), bytes.size());
}

// The row's secret and how a key is made of it.
Bytes material_of(const Json& row, Kdf& kdf) {
  kdf = row.has("passphrase") ? Kdf::kPbkdf2 : Kdf::kHkdf;
  if (kdf == Kdf::kHkdf) return from_hex(row["key_material"].text());
  const std::string& text = row["passphrase"].text();
  return Bytes(text.begin(), text.end());
}

void check_frame(const Json& row) {
  Kdf kdf{};
  const Bytes material = material_of(row, kdf);
  Bytes derived(kLivekitKeyLen);
  REQUIRE(derive_livekit({kdf, kSalt}, material, derived).has_value());
  CHECK(hex(derived) == row["key"].text());
  const Bytes frame = from_hex(row["frame"].text());
  const Bytes plain = from_hex(row["plain"].text());
  const auto clear_len = static_cast<size_t>(row["unencrypted_bytes"].integer());
  const auto parsed = parse_livekit_frame(frame, clear_len);
  REQUIRE(parsed.has_value());
  CHECK(parsed->kid == row["key_index"].integer());
  if (row.has("iv")) CHECK(hex(parsed->iv) == row["iv"].text());
  test::TestContext host;
  LivekitKey key(host.memory, 0);
  REQUIRE(key.set({Kdf::kNone, kSalt}, derived).has_value());
  Bytes out(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(plain.size()));
  REQUIRE(key.open(*parsed, MutableBytes(out).subspan(clear_len)).has_value());
  CHECK(out == plain);
  Bytes tag(kLivekitTagLen);
  key.seal(parsed->iv, ByteView(out).first(clear_len), MutableBytes(out).subspan(clear_len), tag);
  CHECK(hex(out) + hex(tag) == hex(ByteView(frame).first(plain.size() + kLivekitTagLen)));
}

}  // namespace

TEST_CASE("LiveKit: all public frames open, and seal to the same bytes") {
  if (!test::has_vectors("e2ee/livekit/audio-public.json")) return;
  const Json rows = Json::parse(test::read_vector("e2ee/livekit/audio-public.json"));
  for (const Json& row : rows.items()) check_frame(row);
  CHECK(rows.items().size() > 3);
  const Json sdk = Json::parse(test::read_vector("e2ee/livekit/from-client-sdk-js.json"));
  for (const Json& row : sdk["frames"].items()) check_frame(row);
}

TEST_CASE("LiveKit: ratcheting a passphrase gives the keys of the client SDK") {
  if (!test::has_vectors("e2ee/livekit/from-client-sdk-js.json")) return;
  const Json all = Json::parse(test::read_vector("e2ee/livekit/from-client-sdk-js.json"));
  const Json& ratchet = all["ratchet"];
  test::TestContext host;
  LivekitKey key(host.memory, 0);
  REQUIRE(
      key.set({Kdf::kPbkdf2, kSalt, 100'000}, as_bytes(ratchet["passphrase"].text())).has_value());
  // Each step costs two PBKDF2: the first ones show the chain, VOXLOCK_LONG=1 walks all of it.
  const size_t steps = std::getenv("VOXLOCK_LONG") != nullptr ? ratchet["steps"].items().size() : 3;
  for (size_t step = 0; step < steps; ++step) {
    if (step != 0) {
      REQUIRE(key.make_next().has_value());
      key.go_on(1);
    }
    Bytes data = from_hex(ratchet["plaintext"].text());
    Bytes tag(kLivekitTagLen);
    key.seal(Nonce{}, {}, data, tag);
    CHECK(hex(data) + hex(tag) == ratchet["steps"][step]["ciphertext"].text());
    CHECK(key.steps() == step);
  }
}

TEST_CASE("LiveKit: every prefix of a frame is refused or another frame, at an unreadable page") {
  Bytes frame(60, 0x11);
  frame[58] = 12;
  for (size_t len = 0; len <= frame.size(); ++len) {
    const test::Guarded input(ByteView(frame).first(len));
    const auto parsed = parse_livekit_frame(input.bytes(), 1);
    CHECK(parsed.has_value() == (len == frame.size()));
    if (len < 31) CHECK(parsed.error() == Status::ERR_TRUNCATED);
    if (len >= 31 && len < frame.size()) CHECK(parsed.error() == Status::ERR_E2EE_FRAME);
  }
}

TEST_CASE("LiveKit: of a server's own frames only the exact silence counts") {
  const Bytes trailer = from_hex("deadbeef01020304");
  Bytes opus = from_hex("f8fffe");
  opus.resize(80, 0);
  const Bytes pcmu(160, 0xff);
  const Bytes pcma(160, 0xd5);
  CHECK(is_server_silence(opus, Silence::kOpus));
  CHECK(is_server_silence(pcmu, Silence::kPcmu));
  CHECK(is_server_silence(pcma, Silence::kPcma));
  // Silence of one codec is noise of another.
  CHECK_FALSE(is_server_silence(opus, Silence::kPcmu));
  CHECK_FALSE(is_server_silence(pcmu, Silence::kPcma));
  CHECK_FALSE(is_server_silence(pcma, Silence::kOpus));
  CHECK_FALSE(is_server_silence(opus, Silence::kNone));
  for (size_t i = 0; i < opus.size(); ++i) {
    Bytes other = opus;
    other[i] ^= 1;
    CHECK_FALSE(is_server_silence(other, Silence::kOpus));
    CHECK_FALSE(is_server_silence(ByteView(opus).first(i), Silence::kOpus));
  }
  Bytes frame = opus;
  frame.insert(frame.end(), trailer.begin(), trailer.end());
  CHECK(is_server_frame(frame, trailer));
  CHECK(is_server_frame(trailer, trailer));
  CHECK_FALSE(is_server_frame(ByteView(trailer).first(7), trailer));
  CHECK_FALSE(is_server_frame(opus, trailer));
  CHECK_FALSE(is_server_frame(frame, {}));
}
