// A user agent's handle, shared by the ABI files that need it.
#pragma once

#include <utility>

#include "capi/handle.h"
#include "ua/endpoint.h"
#include "voxlock/ua.h"

struct voxlock_ua : voxlock::capi::Handle {
  voxlock_ua(voxlock_context* ctx, voxlock::Box<voxlock::ua::Endpoint> made)
      : Handle(ctx), endpoint(std::move(made)), imports(ctx->memory) {}

  voxlock::Box<voxlock::ua::Endpoint> endpoint;
  voxlock::crypto::Drbg random;  // of checkpoints
  voxlock::capi::ImportMemory imports;
  uint64_t chain = 0;  // where those of its calls begin; 0 before the first checkpoint
};
