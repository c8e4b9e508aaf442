// What is kept for each source: packet index, replay windows, SRTCP index. Asked before a packet is
// opened or sealed, and changed only after it was authenticated. libsrtp2 keeps SRTCP indexes of
// its own and does not show them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/result.h"
#include "rtp/sequence.h"

namespace voxlock::srtp {

// RFC 3711 section 3.3.2 asks for a window of 64 or more.
inline constexpr uint32_t kMinReplayWindow = 64;
inline constexpr uint32_t kMaxReplayWindow = 1024;
// libsrtp2 has no other for SRTCP.
inline constexpr uint32_t kRtcpReplayWindow = 128;

// FNV-1a over eight bytes.
uint64_t mix_word(uint64_t hash, uint64_t word);

// RFC 3711 section 3.3.2: which of the last indexes were seen. kBits is a multiple of 64.
template <uint32_t kBits>
class ReplayWindow {
 public:
  // Changes nothing. size <= kBits. ERR_SRTP_REPLAYED, ERR_SRTP_TOO_OLD.
  [[nodiscard]] Result<void> check(uint64_t index, uint32_t size) const {
    if (!has_any_ || index > highest_) return {};
    if (highest_ - index >= size) return Status::ERR_SRTP_TOO_OLD;
    if (is_seen(index)) return Status::ERR_SRTP_REPLAYED;
    return {};
  }
  // Takes an index that check accepted.
  void commit(uint64_t index) {
    if (!has_any_ || index > highest_) advance(index);
    seen_[index / 64 % kWords] |= uint64_t{1} << (index % 64);
  }
  [[nodiscard]] bool has_any() const { return has_any_; }
  [[nodiscard]] uint64_t highest() const { return highest_; }
  // Everything up to the highest index counts as seen.
  void close() { seen_.fill(~uint64_t{0}); }
  // For an archive (base/archive.h).
  template <typename Archive, typename Self>
  static void describe(Archive& archive, Self& window) {
    archive.number(window.highest_);
    archive.number(window.has_any_);
    archive.array(window.seen_);
    // So that highest + n does not wrap.
    archive.require(window.highest_ < rtp::SequenceExtender::kIndexes);
  }
  // Mixes the whole state into a hash.
  [[nodiscard]] uint64_t mix(uint64_t hash) const {
    for (const uint64_t word : seen_) hash = mix_word(hash, word);
    return mix_word(mix_word(hash, highest_), has_any_ ? 1 : 0);
  }

 private:
  static_assert(kBits % 64 == 0);
  static constexpr size_t kWords = kBits / 64;

  [[nodiscard]] bool is_seen(uint64_t index) const {
    return (seen_[index / 64 % kWords] >> (index % 64) & 1) != 0;
  }
  // Moves the front of the window; the bits it passes over belong to indexes not seen yet.
  void advance(uint64_t index) {
    if (!has_any_ || index - highest_ >= kBits) {
      seen_.fill(0);
    } else {
      for (uint64_t i = highest_ + 1; i <= index; ++i)
        seen_[i / 64 % kWords] &= ~(uint64_t{1} << (i % 64));
    }
    highest_ = index;
    has_any_ = true;
  }

  uint64_t highest_ = 0;
  bool has_any_ = false;
  // A ring: index i is bit i mod kBits.
  std::array<uint64_t, kWords> seen_{};
};

// One SSRC.
struct Source {
  uint32_t ssrc = 0;
  rtp::SequenceExtender sequence;
  ReplayWindow<kMaxReplayWindow> rtp;
  ReplayWindow<kRtcpReplayWindow> rtcp;

  [[nodiscard]] uint64_t mix(uint64_t hash) const;
};

// A bounded table; the memory is taken when it is made.
class SourceTable {
 public:
  SourceTable(std::pmr::memory_resource& memory, uint32_t capacity)
      : sources_(&memory), capacity_(capacity) {
    sources_.reserve(capacity);
  }

  [[nodiscard]] const Source* find(uint32_t ssrc) const {
    for (const Source& source : sources_) {
      if (source.ssrc == ssrc) return &source;
    }
    return nullptr;
  }
  [[nodiscard]] Source* find(uint32_t ssrc) {
    return const_cast<Source*>(static_cast<const SourceTable*>(this)->find(ssrc));
  }
  [[nodiscard]] bool is_full() const { return sources_.size() >= capacity_; }
  // Not full, not there yet.
  Source& add(uint32_t ssrc);
  [[nodiscard]] size_t size() const { return sources_.size(); }
  [[nodiscard]] uint32_t capacity() const { return capacity_; }
  [[nodiscard]] auto begin() const { return sources_.begin(); }
  [[nodiscard]] auto end() const { return sources_.end(); }

 private:
  std::pmr::vector<Source> sources_;
  uint32_t capacity_;
};

}  // namespace voxlock::srtp
