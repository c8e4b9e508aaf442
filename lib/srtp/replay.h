// Our own copy of what libsrtp2 keeps for each source and does not show: packet index, replay windows,
// SRTCP index. It is asked before libsrtp2 and changed only after a packet was authenticated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/result.h"
#include "rtp/sequence.h"

namespace voxlock::srtp {

// RFC 3711 section 3.3.2: which of the last indexes were seen.
class ReplayWindow {
 public:
  static constexpr uint32_t kMaxSize = 1024;
  // RFC 3711 section 3.3.2 asks for 64 or more.
  static constexpr uint32_t kMinSize = 64;

  // OK, ERR_SRTP_REPLAYED or ERR_SRTP_TOO_OLD; changes nothing.
  [[nodiscard]] Result<void> check(uint64_t index, uint32_t size) const;
  // Takes an index that check accepted.
  void commit(uint64_t index);
  [[nodiscard]] bool has_any() const { return has_any_; }
  [[nodiscard]] uint64_t highest() const { return highest_; }
  // Mixes the whole state into a hash.
  [[nodiscard]] uint64_t mix(uint64_t hash) const;

 private:
  static constexpr size_t kWords = kMaxSize / 64;
  [[nodiscard]] bool test(uint64_t index) const {
    return (seen_[index / 64 % kWords] >> (index % 64) & 1) != 0;
  }

  // A ring of bits: index i lives at bit i mod kMaxSize.
  std::array<uint64_t, kWords> seen_{};
  uint64_t highest_ = 0;
  bool has_any_ = false;
};

// One SSRC.
struct Source {
  uint32_t ssrc = 0;
  rtp::SequenceExtender sequence;
  ReplayWindow rtp;
  ReplayWindow rtcp;

  [[nodiscard]] uint64_t mix(uint64_t hash) const;
};

// FNV-1a over eight bytes.
uint64_t mix_word(uint64_t hash, uint64_t word);

// A bounded table; the memory is taken when it is made.
class SourceTable {
 public:
  SourceTable(std::pmr::memory_resource& memory, uint32_t capacity) : sources_(&memory), capacity_(capacity) {
    sources_.reserve(capacity);
  }

  [[nodiscard]] Source* find(uint32_t ssrc);
  [[nodiscard]] const Source* find(uint32_t ssrc) const;
  [[nodiscard]] bool is_full() const { return sources_.size() >= capacity_; }
  // Not full, not there yet.
  Source& add(uint32_t ssrc);
  [[nodiscard]] size_t size() const { return sources_.size(); }
  [[nodiscard]] auto begin() const { return sources_.begin(); }
  [[nodiscard]] auto end() const { return sources_.end(); }

 private:
  std::pmr::vector<Source> sources_;
  uint32_t capacity_;
};

}  // namespace voxlock::srtp
