// Field tables of the public structs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace voxlock::capi {

struct FieldLayout {
  std::string_view name;
  size_t offset;
  size_t size;
};

struct StructLayout {
  std::string_view name;
  size_t size;
  std::span<const FieldLayout> fields;
};

// Specialised by VOXLOCK_LAYOUT for every public struct.
template <typename T>
struct LayoutOf;

// VOXLOCK_LAYOUT(voxlock_x_config, VOXLOCK_FIELD(struct_size), VOXLOCK_FIELD(rate)) in the .cpp of
// the header that declares the struct, at global scope; list the struct in the file's table as
// well.
#define VOXLOCK_FIELD(field)                           \
  ::voxlock::capi::FieldLayout {                       \
#field, offsetof(Type, field), sizeof(Type::field) \
  }
#define VOXLOCK_LAYOUT(type, ...)                                                         \
  template <>                                                                             \
  struct voxlock::capi::LayoutOf<type> {                                                  \
    using Type = type;                                                                    \
    static constexpr ::voxlock::capi::FieldLayout kFields[] = {__VA_ARGS__};              \
    static constexpr ::voxlock::capi::StructLayout kLayout{#type, sizeof(type), kFields}; \
  };

// One table per public header, defined in its .cpp and collected in layout.cpp.
using LayoutTable = std::span<const StructLayout>;
LayoutTable context_layouts();
LayoutTable audio_layouts();
LayoutTable rtp_layouts();
LayoutTable srtp_layouts();
LayoutTable checkpoint_layouts();
LayoutTable tls_layouts();
LayoutTable dtls_layouts();
LayoutTable sip_layouts();
LayoutTable sdp_layouts();
LayoutTable negotiation_layouts();
LayoutTable ice_layouts();
LayoutTable e2ee_layouts();
LayoutTable ua_layouts();
LayoutTable leg_layouts();
LayoutTable bridge_layouts();
LayoutTable port_layouts();
LayoutTable relay_layouts();
LayoutTable tap_layouts();
LayoutTable quality_layouts();

}  // namespace voxlock::capi
