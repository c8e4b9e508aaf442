#include "capi/layout.h"

#include <cstdint>

#include "voxlock/context.h"

namespace voxlock::capi {
namespace {

using TableFn = LayoutTable (*)();
constexpr TableFn kTables[] = {
    context_layouts,     audio_layouts, rtp_layouts,     srtp_layouts,   checkpoint_layouts,
    tls_layouts,         ice_layouts,   dtls_layouts,    sip_layouts,    sdp_layouts,
    negotiation_layouts, ua_layouts,    leg_layouts,     bridge_layouts, port_layouts,
    e2ee_layouts,        relay_layouts, quality_layouts, tap_layouts,
};

const StructLayout* find_layout(const char* type) {
  if (type == nullptr) return nullptr;
  for (const TableFn table : kTables) {
    for (const StructLayout& layout : table()) {
      if (layout.name == type) return &layout;
    }
  }
  return nullptr;
}

}  // namespace
}  // namespace voxlock::capi

extern "C" size_t voxlock_sizeof(const char* type) {
  const auto* layout = voxlock::capi::find_layout(type);
  return layout != nullptr ? layout->size : 0;
}

extern "C" size_t voxlock_offsetof(const char* type, const char* field) {
  const auto* layout = voxlock::capi::find_layout(type);
  if (layout == nullptr || field == nullptr) return SIZE_MAX;
  for (const auto& entry : layout->fields) {
    if (entry.name == field) return entry.offset;
  }
  return SIZE_MAX;
}
