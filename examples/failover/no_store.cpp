// A build without hiredis.
#include <stdexcept>

#include "failover/call_store.h"

namespace example {

std::unique_ptr<CallStore> make_call_store(const std::string& /*host*/, uint16_t /*port*/) {
  throw std::runtime_error("--store needs a build with libhiredis-dev");
}

}  // namespace example
