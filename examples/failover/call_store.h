// Where gateways leave the state of their calls for each other, and who of them is in charge.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace example {

class CallStore {
 public:
  virtual ~CallStore() = default;
  // Whether a gateway is in charge and has said so lately.
  virtual bool is_taken() = 0;
  // This one is in charge from now on; gives its epoch. Writes of all epochs before it fail.
  virtual uint64_t take_over() = 0;
  // Says that this one is there. False where another has taken over.
  virtual bool beat(uint64_t epoch) = 0;
  // Keeps or forgets the record of a call. False where another has taken over.
  virtual bool put(uint64_t epoch, uint64_t call, const std::string& record) = 0;
  virtual bool remove(uint64_t epoch, uint64_t call) = 0;
  virtual std::map<uint64_t, std::string> all() = 0;
};

// All of these throw std::runtime_error where the store does not answer in time.
std::unique_ptr<CallStore> make_call_store(const std::string& host, uint16_t port);

}  // namespace example
