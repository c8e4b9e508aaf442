// The bytes of a checkpoint around the state inside: version, kind and epoch in clear, the rest
// sealed.
//
//   "VXCP" | version 2 | kind 2 | epoch 8 | chain 8 | salt 32 | state | tag 16
#pragma once

#include <cstdint>
#include <memory_resource>
#include <vector>

#include "base/archive.h"
#include "capi/handle.h"
#include "voxlock/checkpoint.h"

namespace voxlock::capi {

enum class StateKind : uint16_t { kLeg = 1, kCall = 2 };

struct StateKey {
  ByteView key;
  uint64_t epoch = 0;
  uint64_t allowance = 0;
};

struct StateName {
  StateKind kind;
  uint64_t chain = 0;  // of all checkpoints of one object
};

// Where the state goes in the room for a checkpoint.
bytes::Writer state_writer(MutableBytes out);
// Seals the state that was written there, or tells the size it needs (ERR_BUFFER_TOO_SMALL).
// ERR_ENTROPY, ERR_NO_MEMORY.
Status seal_state(const StateKey& key, StateName name, RandomSource& random, MutableBytes out,
                  const bytes::Writer& state, size_t* len);

// An opened state. Wiped when it dies: the host's memory is.
struct OpenState {
  explicit OpenState(std::pmr::memory_resource& memory) : bytes(&memory) {}
  std::pmr::vector<uint8_t> bytes;
  uint64_t chain = 0;
};
// ERR_CHECKPOINT_*, ERR_NO_MEMORY.
Result<OpenState> open_state(ImportMemory& imports, const StateKey& key, StateKind kind,
                             ByteView blob);
// Nothing of this object is imported again. Cannot fail after open_state.
void note_import(ImportMemory& imports, uint64_t chain);

}  // namespace voxlock::capi
