#include "gateway/keeper.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

namespace example {
namespace {

// A gateway writes twice a second: so many packets of 20 ms bridge ten writes that fail.
constexpr uint32_t kAllowance = 250;
constexpr auto kLook = std::chrono::milliseconds(20);

nlohmann::json binary(const std::string& bytes) {
  return nlohmann::json::binary({bytes.begin(), bytes.end()});
}
std::string bytes_of(const nlohmann::json& value) {
  const auto& binary = value.get_binary();
  return {binary.begin(), binary.end()};
}

}  // namespace

Keeper::Keeper(KeeperConfig config)
    : config_(std::move(config)), store_(make_call_store(config_.host, config_.port)) {
  if (config_.key.size() != VOXLOCK_CHECKPOINT_KEY)
    throw std::runtime_error("--store-key wants a file of 32 bytes");
  epoch_ = store_->take_over();
}

void Keeper::wait_for_turn(const KeeperConfig& config) {
  const auto store = make_call_store(config.host, config.port);
  while (store->is_taken()) std::this_thread::sleep_for(kLook);
}

voxlock_checkpoint_config Keeper::checkpoint() const {
  auto out = make_config(voxlock_checkpoint_config_init);
  out.key = reinterpret_cast<const uint8_t*>(config_.key.data());
  out.key_len = config_.key.size();
  out.allowance = kAllowance;
  out.epoch = epoch_;
  return out;
}

voxlock_checkpoint_config Keeper::import() const {
  auto out = checkpoint();
  // A call that nobody has changed since keeps the epoch it was written in.
  out.epoch = 0;
  return out;
}

bool Keeper::put(uint64_t call, const CallRecord& record) {
  const nlohmann::json out = {{"legs", {binary(record.legs[0]), binary(record.legs[1])}},
                              {"dialogs", {binary(record.dialogs[0]), binary(record.dialogs[1])}},
                              {"ports", record.ports},
                              {"signalling", record.signalling},
                              {"peers", record.peers}};
  const auto bytes = nlohmann::json::to_cbor(out);
  return store_->put(epoch_, call, {bytes.begin(), bytes.end()});
}

std::map<uint64_t, CallRecord> Keeper::all() {
  std::map<uint64_t, CallRecord> out;
  for (const auto& [call, bytes] : store_->all()) {
    const auto in = nlohmann::json::from_cbor(bytes);
    CallRecord& record = out[call];
    for (const size_t leg : {0u, 1u}) {
      record.legs[leg] = bytes_of(in.at("legs").at(leg));
      record.dialogs[leg] = bytes_of(in.at("dialogs").at(leg));
      record.ports[leg] = in.at("ports").at(leg).get<uint16_t>();
      record.signalling[leg] = in.at("signalling").at(leg).get<int32_t>();
      record.peers[leg] = in.at("peers").at(leg).get<std::string>();
    }
  }
  return out;
}

}  // namespace example
