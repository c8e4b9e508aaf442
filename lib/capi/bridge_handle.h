// A bridge's handle.
#pragma once

#include <array>

#include "bridge/bridge.h"
#include "capi/e2ee_handle.h"
#include "capi/leg_handle.h"
#include "voxlock/bridge.h"

// Keeps its legs alive: bridge and legs are freed in any order.
struct voxlock_bridge : voxlock::capi::Handle {
  voxlock_bridge(voxlock_context* ctx, voxlock_leg* trunk, voxlock_leg* room,
                 const voxlock::bridge::BridgeConfig& config)
      : Handle(ctx), bridge(ctx->memory, *trunk->leg, *room->leg, config), legs{trunk, room} {}
  voxlock_bridge(const voxlock_bridge&) = delete;
  voxlock_bridge& operator=(const voxlock_bridge&) = delete;

  voxlock::bridge::Bridge bridge;
  std::array<voxlock_leg*, 2> legs;
  std::array<voxlock_frame_cryptor*, 2> cryptors{};
};
