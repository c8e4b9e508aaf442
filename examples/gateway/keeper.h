// Keeps the calls of a gateway in a store, from which another gateway goes on with them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "common/voxlock.h"
#include "failover/call_store.h"

namespace example {

// One call as the store has it: sealed states, and what the host has to bind.
struct CallRecord {
  std::array<std::string, 2> legs;
  std::array<std::string, 2> dialogs;
  std::array<uint16_t, 2> ports{};
  std::array<int32_t, 2> signalling{};
  std::array<std::string, 2> peers;  // whom TLS verified
};

struct KeeperConfig {
  std::string host;
  uint16_t port = 0;
  std::string key;  // VOXLOCK_CHECKPOINT_KEY bytes
};

class Keeper {
 public:
  // Takes over. Throws std::runtime_error.
  explicit Keeper(KeeperConfig config);
  // Waits until no gateway is in charge.
  static void wait_for_turn(const KeeperConfig& config);

  [[nodiscard]] voxlock_checkpoint_config checkpoint() const;
  // The same, to read what the gateway before this one wrote.
  [[nodiscard]] voxlock_checkpoint_config import() const;
  // False: another gateway has taken over, and this one has to stop.
  bool beat() { return store_->beat(epoch_); }
  bool put(uint64_t call, const CallRecord& record);
  void remove(uint64_t call) { (void)store_->remove(epoch_, call); }
  // What the gateway before left.
  std::map<uint64_t, CallRecord> all();

 private:
  KeeperConfig config_;
  std::unique_ptr<CallStore> store_;
  uint64_t epoch_ = 0;
};

}  // namespace example
