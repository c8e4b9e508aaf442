// The handle of a certificate and key, which TLS and DTLS take.
#pragma once

#include "capi/handle.h"
#include "crypto/identity.h"

struct voxlock_identity : voxlock::capi::Handle {
  voxlock_identity(voxlock_context* ctx, voxlock::crypto::Identity made)
      : Handle(ctx), identity(std::move(made)) {}
  voxlock::crypto::Identity identity;
};
