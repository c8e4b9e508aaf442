#include "capi/sealed_state.h"

#include <algorithm>
#include <array>

#include "crypto/aes_gcm.h"
#include "crypto/kdf.h"

namespace voxlock::capi {
namespace {

constexpr uint32_t kMagic = 0x56584350;  // "VXCP"
constexpr uint16_t kVersion = 1;
constexpr size_t kSaltLen = 32;
constexpr size_t kHeadLen = 4 + 2 + 2 + 8 + 8 + kSaltLen;
constexpr size_t kTagLen = crypto::AesGcm::kTagLen;
constexpr size_t kImports = 4096;

// Each checkpoint has a key of its own, so that one nonce does for all.
Result<void> set_key(crypto::AesGcm& cipher, ByteView host_key, ByteView salt) {
  secure::Secret<VOXLOCK_CHECKPOINT_KEY> key;
  VOXLOCK_TRY_VOID(crypto::hkdf(crypto::HashId::kSha256, host_key, salt,
                                as_bytes("voxlock checkpoint 1"),
                                key.resize(VOXLOCK_CHECKPOINT_KEY)));
  return cipher.set_key(key.view()) ? Result<void>() : Status::ERR_INTERNAL;
}

constexpr std::array<uint8_t, crypto::AesGcm::kNonceLen> kNonce{};

}  // namespace

bytes::Writer state_writer(MutableBytes out) {
  return bytes::Writer(out.size() > kHeadLen + kTagLen
                           ? out.subspan(kHeadLen, out.size() - kHeadLen - kTagLen)
                           : MutableBytes());
}

Status seal_state(const StateKey& key, StateName name, RandomSource& random, MutableBytes out,
                  const bytes::Writer& state, size_t* len) {
  *len = kHeadLen + state.size() + kTagLen;
  if (!state.ok()) {
    if (out.size() > kHeadLen) secure::wipe(out.subspan(kHeadLen));
    return Status::ERR_BUFFER_TOO_SMALL;
  }
  const MutableBytes head = out.first(kHeadLen);
  const MutableBytes body = out.subspan(kHeadLen, state.size());
  bytes::Writer writer(head);
  writer.u32(kMagic);
  writer.u16(kVersion);
  writer.u16(static_cast<uint16_t>(name.kind));
  writer.u64(key.epoch);
  writer.u64(name.chain);
  crypto::AesGcm cipher;
  Result<void> ready = random.fill(head.last(kSaltLen));
  if (ready) {
    if (const auto set = set_key(cipher, key.key, head.last(kSaltLen)); !set) {
      secure::wipe(body);
      return set.error();
    }
    cipher.start(kNonce);
    cipher.aad(head);
    cipher.seal(body, out.subspan(kHeadLen + state.size(), kTagLen));
    return Status::OK;
  }
  secure::wipe(body);
  return ready.error();
}

Result<OpenState> open_state(ImportMemory& imports, const StateKey& key, StateKind kind,
                             ByteView blob) {
  if (blob.size() < kHeadLen + kTagLen) return Status::ERR_CHECKPOINT_FORMAT;
  const ByteView head = blob.first(kHeadLen);
  bytes::Reader reader(head);
  const bool is_ours = reader.u32() == kMagic && reader.u16() == kVersion &&
                       reader.u16() == static_cast<uint16_t>(kind);
  if (!is_ours) return Status::ERR_CHECKPOINT_FORMAT;
  const uint64_t epoch = reader.u64();
  OpenState out(*imports.chains.get_allocator().resource());
  out.chain = reader.u64();
  const ByteView body = blob.subspan(kHeadLen, blob.size() - kHeadLen - kTagLen);
  out.bytes.assign(body.begin(), body.end());
  crypto::AesGcm cipher;
  VOXLOCK_TRY_VOID(set_key(cipher, key.key, head.last(kSaltLen)));
  cipher.start(kNonce);
  cipher.aad(head);
  if (!cipher.open(out.bytes, blob.last(kTagLen))) return Status::ERR_CHECKPOINT_AUTH;
  if (epoch < key.epoch) return Status::ERR_CHECKPOINT_EPOCH;
  auto& known = imports.chains;
  if (std::find(known.begin(), known.end(), out.chain) != known.end())
    return Status::ERR_CHECKPOINT_USED;
  if (known.size() < kImports && known.size() == known.capacity())
    known.reserve(std::min(kImports, 2 * known.size() + 8));
  return out;
}

void note_import(ImportMemory& imports, uint64_t chain) {
  if (imports.chains.size() < kImports) return imports.chains.push_back(chain);
  imports.chains[imports.next++ % kImports] = chain;
}

}  // namespace voxlock::capi
