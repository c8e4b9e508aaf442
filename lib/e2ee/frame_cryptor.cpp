#include "e2ee/frame_cryptor.h"

#include <algorithm>
#include <cstring>

namespace voxlock::e2ee {
namespace {

constexpr uint32_t kMinIterations = 1000;
constexpr uint32_t kMaxIterations = 10'000'000;

bool is_valid(const FrameCryptorConfig& config) {
  const bool is_format = config.format == Format::kLivekit || config.format == Format::kSframe;
  const auto codec = static_cast<uint32_t>(config.server_silence);
  return is_format && config.ring_size >= 1 && config.ring_size <= kMaxRingSize &&
         config.max_frames >= 1 && config.max_frames <= kMaxFramesPerKey &&
         config.clear_len <= kMaxClearLen && config.ratchet_window <= kMaxRatchetWindow &&
         config.pbkdf2_iterations >= kMinIterations && config.pbkdf2_iterations <= kMaxIterations &&
         config.salt.size() <= kMaxSaltLen &&
         config.server_trailer.size() <= kMaxServerTrailerLen &&
         codec <= static_cast<uint32_t>(Silence::kOpus);
}

bool are_uses(uint32_t uses) {
  return uses != 0 && (uses & ~uint32_t{kSeals | kOpens}) == 0;
}

uint64_t mix(uint64_t hash, uint64_t word) {
  constexpr uint64_t kPrime = 0x100000001b3;
  for (int i = 0; i < 8; ++i) hash = (hash ^ (word >> (8 * i) & 0xff)) * kPrime;
  return hash;
}

}  // namespace

bool FrameCryptor::ReplayWindow::has(uint64_t ctr) const {
  if (seen == 0 || ctr > highest) return false;
  return highest - ctr >= 64 || (seen >> (highest - ctr) & 1) != 0;
}

void FrameCryptor::ReplayWindow::add(uint64_t ctr) {
  if (seen == 0) {
    highest = ctr;
    seen = 1;
  } else if (ctr > highest) {
    const uint64_t step = ctr - highest;
    seen = step >= 64 ? 1 : seen << step | 1;
    highest = ctr;
  } else {
    seen |= uint64_t{1} << (highest - ctr);
  }
}

Result<Box<FrameCryptor>> FrameCryptor::create(const Context& context,
                                               const FrameCryptorConfig& config) {
  if (!is_valid(config)) return Status::ERR_INVALID_ARGUMENT;
  const SframeSuite* const suite = find_sframe_suite(config.sframe_suite);
  if (suite == nullptr) return Status::ERR_UNSUPPORTED;
  auto cryptor = make_box<FrameCryptor>(context.memory(), context, config);
  cryptor->suite_ = suite;
  if (config.format == Format::kSframe) return cryptor;
  // 96 random bits to begin with: two senders with one key of a room, or one that starts anew,
  // would meet only where one begins within the frames of the other.
  uint8_t raw[kNonceLen];
  VOXLOCK_TRY_VOID(context.random().fill(raw));
  bytes::Reader reader(raw);
  const ByteView prefix = reader.take(cryptor->iv_prefix_.size());
  std::copy(prefix.begin(), prefix.end(), cryptor->iv_prefix_.begin());
  cryptor->counter_ = reader.u64();
  return cryptor;
}

FrameCryptor::FrameCryptor(const Context& context, const FrameCryptorConfig& config)
    : memory_(context.memory()),
      config_(config),
      counter_(config.first_counter),
      ring_(&context.memory()),
      openers_(&context.memory()) {
  (void)salt_.assign(config.salt);
  (void)server_trailer_.assign(config.server_trailer);
  config_.salt = {};
  config_.server_trailer = {};
  // All places at once, so that set_key does not fail for one when the key is made.
  if (config.format == Format::kLivekit)
    ring_.resize(config.ring_size);
  else
    openers_.reserve(config.ring_size);
}

Result<void> FrameCryptor::set_key(uint64_t kid, Kdf kdf, ByteView material, uint32_t uses) {
  if (!are_uses(uses)) return Status::ERR_INVALID_ARGUMENT;
  if (material.empty() || material.size() > kMaxMaterialLen) return Status::ERR_E2EE_KEY;
  if (config_.format == Format::kLivekit) return set_livekit_key(kid, kdf, material, uses);
  if (kdf != Kdf::kNone) return Status::ERR_INVALID_ARGUMENT;
  if (uses == (kSeals | kOpens)) return Status::ERR_E2EE_KEY_USE;
  return set_sframe_key(kid, material, uses);
}

Result<void> FrameCryptor::set_livekit_key(uint64_t kid, Kdf kdf, ByteView material,
                                           uint32_t uses) {
  if (kid >= config_.ring_size) return Status::ERR_E2EE_KEY_ID;
  const LivekitKdf settings{kdf, salt_.view(), config_.pbkdf2_iterations};
  Box<LivekitKey> opener;
  Box<LivekitKey> sealer;
  if ((uses & kOpens) != 0) {
    opener = make_box<LivekitKey>(memory_, memory_, config_.ratchet_window);
    VOXLOCK_TRY_VOID(opener->set(settings, material));
  }
  if ((uses & kSeals) != 0) {
    sealer = make_box<LivekitKey>(memory_, memory_, size_t{0});
    VOXLOCK_TRY_VOID(sealer->set(settings, material));
  }
  if (opener) ring_[kid] = std::move(opener);
  if (sealer) {
    sealer_ = std::move(sealer);
    sealer_kid_ = kid;
    sealed_with_key_ = 0;
  }
  return {};
}

Box<FrameCryptor::SframeOpener>* FrameCryptor::find_opener(uint64_t kid) {
  const auto at = std::find_if(openers_.begin(), openers_.end(),
                               [kid](const auto& opener) { return opener->key.kid() == kid; });
  return at != openers_.end() ? &*at : nullptr;
}

// RFC 9605 4.4.1: a base key belongs to one sender. With another KID it gives other keys.
Result<void> FrameCryptor::set_sframe_key(uint64_t kid, ByteView material, uint32_t uses) {
  Box<SframeOpener>* const present = find_opener(kid);
  if ((uses & kSeals) != 0) {
    auto key = make_box<SframeKey>(memory_);
    VOXLOCK_TRY_VOID(key->set(*suite_, kid, material));
    if (present != nullptr && key->is_same((*present)->key)) return Status::ERR_E2EE_KEY_USE;
    sframe_sealer_ = std::move(key);
    sealer_kid_ = kid;
    sealed_with_key_ = 0;
    return {};
  }
  if (present == nullptr && openers_.size() == config_.ring_size) return Status::ERR_LIMIT;
  auto opener = make_box<SframeOpener>(memory_);
  VOXLOCK_TRY_VOID(opener->key.set(*suite_, kid, material));
  if (sframe_sealer_ && opener->key.is_same(*sframe_sealer_)) return Status::ERR_E2EE_KEY_USE;
  if (present != nullptr)
    *present = std::move(opener);
  else
    openers_.push_back(std::move(opener));
  return {};
}

Result<void> FrameCryptor::remove_key(uint64_t kid, uint32_t uses) {
  if (!are_uses(uses)) return Status::ERR_INVALID_ARGUMENT;
  bool is_found = false;
  if ((uses & kSeals) != 0 && has_sealing_key() && sealer_kid_ == kid) {
    sealer_.reset();
    sframe_sealer_.reset();
    is_found = true;
  }
  if ((uses & kOpens) != 0) {
    if (kid < ring_.size() && ring_[kid]) {
      ring_[kid].reset();
      is_found = true;
    }
    if (Box<SframeOpener>* const opener = find_opener(kid); opener != nullptr) {
      openers_.erase(openers_.begin() + (opener - openers_.data()));
      is_found = true;
    }
  }
  return is_found ? Result<void>() : Status::ERR_NOT_FOUND;
}

Result<void> FrameCryptor::ratchet(uint64_t kid) {
  if (config_.format != Format::kLivekit) return Status::ERR_UNSUPPORTED;
  LivekitKey* const opener = kid < ring_.size() ? ring_[kid].get() : nullptr;
  LivekitKey* const sealer = sealer_ && sealer_kid_ == kid ? sealer_.get() : nullptr;
  if (opener == nullptr && sealer == nullptr) return Status::ERR_NOT_FOUND;
  // What can fail comes first for both: the second step only moves on.
  for (LivekitKey* const key : {opener, sealer}) {
    if (key != nullptr) VOXLOCK_TRY_VOID(key->make_next());
  }
  for (LivekitKey* const key : {opener, sealer}) {
    if (key != nullptr) key->go_on(1);
  }
  if (sealer != nullptr) sealed_with_key_ = 0;
  ++stats_.ratcheted;
  return {};
}

Result<size_t> FrameCryptor::prepare(size_t most) {
  size_t missing = 0;
  for (const Box<LivekitKey>& key : ring_) {
    if (!key) continue;
    for (; most > 0 && key->missing() > 0; --most) VOXLOCK_TRY_VOID(key->prepare());
    missing += key->missing();
  }
  return missing;
}

bool FrameCryptor::is_exhausted() const {
  return sealed_with_key_ >= config_.max_frames ||
         (config_.format == Format::kSframe && counter_ == UINT64_MAX);
}

void FrameCryptor::count_refusal(Status status) {
  switch (status) {
    case Status::ERR_E2EE_AUTH:
      ++stats_.auth_failed;
      break;
    case Status::ERR_E2EE_NO_KEY:
      ++stats_.no_key;
      break;
    case Status::ERR_E2EE_SERVER_FRAME:
      ++stats_.server_refused;
      break;
    case Status::ERR_E2EE_REPLAYED:
      ++stats_.replayed;
      break;
    case Status::ERR_E2EE_EXHAUSTED:
      ++stats_.exhausted;
      break;
    case Status::ERR_TRUNCATED:
    case Status::ERR_E2EE_FRAME:
      ++stats_.malformed;
      break;
    default:
      break;
  }
}

Result<size_t> FrameCryptor::seal(ByteView data, ByteView metadata, MutableBytes out) {
  const bool is_livekit = config_.format == Format::kLivekit;
  if (is_livekit && !metadata.empty()) return Status::ERR_INVALID_ARGUMENT;
  if (is_livekit && data.empty()) {
    ++stats_.empty;
    return size_t{0};
  }
  const Result<size_t> sealed = seal_checked(data, metadata, out);
  if (!sealed) return count_refusal(sealed.error()), sealed.error();
  ++counter_;
  ++sealed_with_key_;
  ++stats_.sealed;
  return *sealed;
}

Result<size_t> FrameCryptor::seal_checked(ByteView data, ByteView metadata, MutableBytes out) {
  if (!has_sealing_key()) return Status::ERR_E2EE_NO_KEY;
  if (is_exhausted()) return Status::ERR_E2EE_EXHAUSTED;
  if (sframe_sealer_) return sframe_sealer_->seal(counter_, data, metadata, out);
  return seal_livekit(data, out);
}

Result<size_t> FrameCryptor::seal_livekit(ByteView data, MutableBytes out) {
  if (data.size() < config_.clear_len) return Status::ERR_TRUNCATED;
  Nonce iv{};
  bytes::Writer nonce(iv);
  nonce.put(iv_prefix_);
  nonce.u64(counter_);
  bytes::Writer writer(out);
  writer.put(data);
  writer.fill(0, kLivekitTagLen);
  writer.put(iv);
  writer.u8(static_cast<uint8_t>(kNonceLen));
  writer.u8(static_cast<uint8_t>(sealer_kid_));
  if (!writer.ok()) return Status::ERR_BUFFER_TOO_SMALL;
  sealer_->seal(iv, out.first(config_.clear_len), out.first(data.size()).subspan(config_.clear_len),
                out.subspan(data.size(), kLivekitTagLen));
  return writer.size();
}

Result<size_t> FrameCryptor::open(ByteView data, ByteView metadata, MutableBytes out) {
  const bool is_livekit = config_.format == Format::kLivekit;
  if (is_livekit && !metadata.empty()) return Status::ERR_INVALID_ARGUMENT;
  if (is_livekit && data.empty()) {
    ++stats_.empty;
    return size_t{0};
  }
  if (is_livekit && is_server_frame(data, server_trailer_.view()))
    return open_server_frame(data, out);
  const Result<size_t> opened =
      is_livekit ? open_livekit(data, out) : open_sframe(data, metadata, out);
  if (!opened) return count_refusal(opened.error()), opened.error();
  ++stats_.opened;
  return *opened;
}

Result<size_t> FrameCryptor::open_server_frame(ByteView data, MutableBytes out) {
  const ByteView payload = data.first(data.size() - server_trailer_.size());
  if (!is_server_silence(payload, config_.server_silence)) {
    count_refusal(Status::ERR_E2EE_SERVER_FRAME);
    return Status::ERR_E2EE_SERVER_FRAME;
  }
  if (out.size() < payload.size()) return Status::ERR_BUFFER_TOO_SMALL;
  std::copy(payload.begin(), payload.end(), out.begin());
  ++stats_.server_frames;
  return payload.size();
}

Result<size_t> FrameCryptor::open_livekit(ByteView data, MutableBytes out) {
  VOXLOCK_TRY(const LivekitFrame frame, parse_livekit_frame(data, config_.clear_len));
  LivekitKey* const key = frame.kid < ring_.size() ? ring_[frame.kid].get() : nullptr;
  if (key == nullptr) return Status::ERR_E2EE_NO_KEY;
  const size_t len = frame.clear.size() + frame.sealed.size();
  if (out.size() < len) return Status::ERR_BUFFER_TOO_SMALL;
  const MutableBytes plain = out.first(len);
  std::copy_n(data.begin(), len, plain.begin());
  const auto steps = key->open(frame, plain.subspan(frame.clear.size()));
  if (!steps) {
    secure::wipe(plain);
    return steps.error();
  }
  stats_.ratcheted += *steps;
  return len;
}

Result<size_t> FrameCryptor::open_sframe(ByteView data, ByteView metadata, MutableBytes out) {
  VOXLOCK_TRY(const SframeHeader header, parse_sframe_header(data));
  Box<SframeOpener>* const opener = find_opener(header.kid);
  if (opener == nullptr) return Status::ERR_E2EE_NO_KEY;
  // Asked first, for it is cheap; told only once the tag has shown who wrote the counter.
  if ((*opener)->window.has(header.ctr)) return Status::ERR_E2EE_REPLAYED;
  VOXLOCK_TRY(const size_t len, (*opener)->key.open(header, data, metadata, out));
  (*opener)->window.add(header.ctr);
  return len;
}

size_t FrameCryptor::max_overhead() const {
  if (config_.format == Format::kLivekit) return kLivekitOverhead;
  return kMaxSframeHeaderLen + suite_->tag_len;
}

size_t FrameCryptor::opening_keys() const {
  const auto count =
      std::count_if(ring_.begin(), ring_.end(), [](const auto& key) { return !!key; });
  return openers_.size() + static_cast<size_t>(count);
}

uint64_t FrameCryptor::state_hash() const {
  uint64_t hash = mix(0xcbf29ce484222325, has_sealing_key() ? sealer_kid_ + 1 : 0);
  hash = mix(mix(hash, counter_), sealed_with_key_);
  if (sealer_) hash = mix(hash, sealer_->steps());
  for (const Box<LivekitKey>& key : ring_) {
    hash = mix(hash, key ? 1 : 0);
    if (key) hash = mix(mix(hash, key->steps()), key->ahead());
  }
  for (const Box<SframeOpener>& opener : openers_)
    hash = mix(mix(mix(hash, opener->key.kid()), opener->window.highest), opener->window.seen);
  return hash;
}

}  // namespace voxlock::e2ee
