/* voxlock: a secure SIP trunk in, a WebRTC room out, one sans-I/O library between them.
 *
 * The contract of every function in these headers:
 *  1. Handles are opaque. X_new(ctx, const X_config *, X **out) makes one, X_free takes it back
 *     (NULL allowed, any order). Three leaf callbacks exist (allocator, log sink, host audio
 *     processor); they must not call voxlock. Everything else is polled.
 *  2. Config and result structs start with uint32_t struct_size. X_config_init fills in defaults. A
 *     shorter struct means defaults for its missing tail, a longer one is accepted while the tail
 *     that this version does not know is zero.
 *  3. Functions return int32_t: VOXLOCK_OK (0) or a negative status, see voxlock_strerror. Having
 *     nothing to do is not an error.
 *  4. Input is (const uint8_t *, size_t), borrowed for the call. Output goes into the caller's
 *     buffer: *len holds its capacity on entry and the length on return. If it is too small the
 * call returns VOXLOCK_ERR_BUFFER_TOO_SMALL, *len tells the needed size and nothing is lost.
 *  5. All or nothing: on any error the handle is as it was before the call.
 *  6. Events are polled in batches: X_poll(obj, events, cap, &n, arena, arena_cap, now_ns). Bytes
 * that belong to an event lie in the caller's arena. Queues are bounded; an overflow is an event.
 *  7. now_ns is monotonic time in nanoseconds of any epoch, always the last parameter. A step back
 *     counts as no step. X_next_deadline tells when to call again, UINT64_MAX for never.
 *  8. No sockets, threads, files, clocks or global state that a host could see.
 *  9. One thread at a time per handle, any thread; two handles share nothing mutable.
 * 10. Names, numbers and layouts are stable; voxlock_sizeof and voxlock_offsetof let a binding
 * check. */
#ifndef VOXLOCK_VOXLOCK_H
#define VOXLOCK_VOXLOCK_H

#include "voxlock/address.h"
#include "voxlock/audio.h"
#include "voxlock/bridge.h"
#include "voxlock/checkpoint.h"
#include "voxlock/context.h"
#include "voxlock/dtls.h"
#include "voxlock/e2ee.h"
#include "voxlock/ice.h"
#include "voxlock/leg.h"
#include "voxlock/port.h"
#include "voxlock/quality.h"
#include "voxlock/relay.h"
#include "voxlock/rtp.h"
#include "voxlock/sdp.h"
#include "voxlock/sip.h"
#include "voxlock/srtp.h"
#include "voxlock/status.h"
#include "voxlock/tap.h"
#include "voxlock/tls.h"
#include "voxlock/ua.h"

#endif
