// The frame cryptor as a handle, shared by its owner and the bridges it works in.
#pragma once

#include <atomic>
#include <utility>

#include "capi/handle.h"
#include "e2ee/frame_cryptor.h"

struct voxlock_frame_cryptor : voxlock::capi::Handle {
  voxlock_frame_cryptor(voxlock_context* ctx, voxlock::Box<voxlock::e2ee::FrameCryptor>&& inner)
      : Handle(ctx), cryptor(std::move(inner)) {}

  voxlock::Box<voxlock::e2ee::FrameCryptor> cryptor;
  std::atomic<uint32_t> references{1};
};

namespace voxlock::capi {

// Drops one reference, NULL is allowed; the last one wipes the keys.
inline void release_cryptor(voxlock_frame_cryptor* cryptor) noexcept {
  if (cryptor != nullptr && cryptor->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    free_handle(cryptor);
}

}  // namespace voxlock::capi
