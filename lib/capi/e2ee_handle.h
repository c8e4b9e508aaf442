// The frame cryptor as a handle.
#pragma once

#include <utility>

#include "capi/handle.h"
#include "e2ee/frame_cryptor.h"

struct voxlock_frame_cryptor : voxlock::capi::Handle {
  voxlock_frame_cryptor(voxlock_context* ctx, voxlock::Box<voxlock::e2ee::FrameCryptor>&& inner)
      : Handle(ctx), cryptor(std::move(inner)) {}

  voxlock::Box<voxlock::e2ee::FrameCryptor> cryptor;
};
