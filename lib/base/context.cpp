#include "base/context.h"

namespace voxlock {

uint64_t Context::wall_ns(uint64_t now_ns) const {
  const uint64_t offset = wall_offset_.load(std::memory_order_relaxed);
  return offset == kUnknown ? 0 : now_ns + offset;
}

void Context::set_wall(uint64_t unix_ns, uint64_t now_ns) {
  wall_offset_.store(unix_ns == 0 ? kUnknown : unix_ns - now_ns, std::memory_order_relaxed);
}

void Context::log(LogLevel level, std::string_view text) const {
  if (log_.write == nullptr || level > log_.level) return;
  log_.write(log_.user, static_cast<int32_t>(level), text.data(), text.size());
}

}  // namespace voxlock
