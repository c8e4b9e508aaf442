#include "crypto/hash.h"

#include <string>

#include "support/catch.h"
#include "support/vectors.h"

using namespace voxlock;
using crypto::HashId;

namespace {

struct Row {
  HashId id;
  std::string input;
  size_t repeat;
  const char* digest;
};

const std::string kTwoBlocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
const std::string kTwoLongBlocks =
    "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopq"
    "rs"
    "mnopqrstnopqrstu";
const std::string kEightBytesEightTimes =
    "0123456701234567012345670123456701234567012345670123456701234567";

const Row kRows[] = {
    // RFC 1321, appendix A.5
    {HashId::kMd5, "", 1, "d41d8cd98f00b204e9800998ecf8427e"},
    {HashId::kMd5, "a", 1, "0cc175b9c0f1b6a831c399e269772661"},
    {HashId::kMd5, "abc", 1, "900150983cd24fb0d6963f7d28e17f72"},
    {HashId::kMd5, "message digest", 1, "f96b697d7cb7938d525a2f31aaf161d0"},
    {HashId::kMd5, "abcdefghijklmnopqrstuvwxyz", 1, "c3fcd3d76192e4007dfb496cca67e13b"},
    // RFC 6234, section 8.5
    {HashId::kSha1, "abc", 1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
    {HashId::kSha1, kTwoBlocks, 1, "84983e441c3bd26ebaae4aa1f95129e5e54670f1"},
    {HashId::kSha1, kEightBytesEightTimes, 10, "dea356a2cddd90c7a7ecedc5ebb563934f460452"},
    {HashId::kSha256, "abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {HashId::kSha256, kTwoBlocks, 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {HashId::kSha256, kEightBytesEightTimes, 10,
     "594847328451bdfa85056225462cc1d867d877fb388df0ce35f25ab5562bfbb5"},
    {HashId::kSha384, "abc", 1,
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c82"
     "5a7"},
    {HashId::kSha384, kTwoLongBlocks, 1,
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a557e2db966c3e9fa91746"
     "039"},
    {HashId::kSha512, "abc", 1,
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {HashId::kSha512, kTwoLongBlocks, 1,
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018"
     "501d289e4900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

std::string hex(const crypto::Digest& digest) {
  return test::to_hex(digest.view().data(), digest.size());
}

}  // namespace

TEST_CASE("RFC 1321 A.5, RFC 6234 8.5: digests at once and in pieces of every size") {
  for (const Row& row : kRows) {
    std::string input;
    for (size_t i = 0; i < row.repeat; ++i) input += row.input;
    INFO(crypto::hash_name(row.id) << " of " << input);
    const auto whole = crypto::hash(row.id, as_bytes(input));
    REQUIRE(whole);
    CHECK(whole->size() == crypto::digest_size(row.id));
    CHECK(hex(*whole) == row.digest);
    crypto::Hash hash(row.id);
    for (size_t step = 1; step <= input.size(); ++step) {
      for (size_t at = 0; at < input.size(); at += step)
        hash.update(as_bytes(input).subspan(at, std::min(step, input.size() - at)));
      const auto digest = hash.finish();
      REQUIRE(digest);
      CHECK(hex(*digest) == row.digest);
    }
  }
}

TEST_CASE("a hash starts anew after finish") {
  crypto::Hash hash(HashId::kSha256);
  hash.update(as_bytes("something else"));
  REQUIRE(hash.finish());
  hash.update(as_bytes("abc"));
  CHECK(hex(*hash.finish()) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
