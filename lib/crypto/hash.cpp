#include "crypto/hash.h"

namespace voxlock::crypto {
namespace {

struct Row {
  mbedtls_md_type_t type;
  const char* name;
};

// In the order of HashId.
constexpr Row kRows[] = {
    {MBEDTLS_MD_MD5, "md5"},        {MBEDTLS_MD_SHA1, "sha-1"},     {MBEDTLS_MD_SHA256, "sha-256"},
    {MBEDTLS_MD_SHA384, "sha-384"}, {MBEDTLS_MD_SHA512, "sha-512"},
};

const Row& row_of(HashId id) {
  return kRows[static_cast<size_t>(id)];
}

Status status_of(int mbedtls_result) {
  if (mbedtls_result == 0) return Status::OK;
  return mbedtls_result == MBEDTLS_ERR_MD_ALLOC_FAILED ? Status::ERR_NO_MEMORY
                                                       : Status::ERR_INTERNAL;
}

}  // namespace

namespace detail {

MdContext::MdContext(HashId id, bool is_hmac) {
  mbedtls_md_init(&raw);
  status = status_of(
      mbedtls_md_setup(&raw, mbedtls_md_info_from_type(row_of(id).type), is_hmac ? 1 : 0));
}

MdContext::~MdContext() {
  mbedtls_md_free(&raw);
}

}  // namespace detail

Hash::Hash(HashId id) : id_(id), md_(id, false) {
  start();
}

void Hash::start() {
  if (md_.status == Status::OK) md_.status = status_of(mbedtls_md_starts(&md_.raw));
}

void Hash::update(ByteView data) {
  if (data.empty() || md_.status != Status::OK) return;
  md_.status = status_of(mbedtls_md_update(&md_.raw, data.data(), data.size()));
}

Result<Digest> Hash::finish() {
  Digest digest;
  if (md_.status == Status::OK) {
    md_.status = status_of(mbedtls_md_finish(&md_.raw, digest.resize(digest_size(id_)).data()));
  }
  if (md_.status != Status::OK) return md_.status;
  start();
  return digest;
}

Result<Digest> hash(HashId id, ByteView data) {
  Hash hash(id);
  hash.update(data);
  return hash.finish();
}

const char* hash_name(HashId id) {
  return row_of(id).name;
}

}  // namespace voxlock::crypto
