/* Context, version and layout queries: what every other object is made from. */
#ifndef VOXLOCK_CONTEXT_H
#define VOXLOCK_CONTEXT_H

#include <stddef.h>
#include <stdint.h>

#include "voxlock/export.h"
#include "voxlock/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VOXLOCK_VERSION_MAJOR 0
#define VOXLOCK_VERSION_MINOR 1
#define VOXLOCK_VERSION_PATCH 0

/* Returns the version of the linked library as major * 1000000 + minor * 1000 + patch. */
VOXLOCK_API uint32_t voxlock_version(void);

/* Returns the version of the linked library as text, for example "0.1.0". Static, never NULL. */
VOXLOCK_API const char* voxlock_version_string(void);

/* Tells whether this build and the libraries it runs on have a feature.
 * feature: a name such as "tls.1.3", "dtls.gcm", "srtp.private", "memory.private", "codec.opus".
 * Returns 1 when it is there, 0 when it is not or the name is unknown or NULL. */
VOXLOCK_API int32_t voxlock_has(const char* feature);

/* Size in bytes of a public struct as the library was compiled, for bindings to check at load.
 * type: the struct's name, for example "voxlock_context_config". Returns 0 when unknown or NULL. */
VOXLOCK_API size_t voxlock_sizeof(const char* type);

/* Offset in bytes of a field of a public struct.
 * type, field: names as in the headers. Returns SIZE_MAX when either is unknown or NULL. */
VOXLOCK_API size_t voxlock_offsetof(const char* type, const char* field);

/* Memory source. Both functions are leaf callbacks: they must not call voxlock. They may be called
 * from any thread that uses an object made from the context. */
typedef struct voxlock_allocator {
  uint32_t struct_size; /* sizeof(voxlock_allocator) */
  uint32_t reserved;    /* 0 */
  void* user;           /* handed to both functions, may be NULL */
  /* Returns size bytes (>= 1) aligned to align (a power of two), or NULL when there is none. */
  void* (*alloc)(void* user, size_t size, size_t align);
  /* Takes a block back, with the size and alignment it was asked with. The library has already
   * overwritten the block with zeros. */
  void (*free)(void* user, void* ptr, size_t size, size_t align);
} voxlock_allocator;

#define VOXLOCK_LOG_ERROR 1
#define VOXLOCK_LOG_WARNING 2
#define VOXLOCK_LOG_INFO 3
#define VOXLOCK_LOG_DEBUG 4

/* Log sink: a leaf callback that must not call voxlock. text is UTF-8 of len bytes, not
 * NUL-terminated, valid for the call only. It never holds keys, audio, digits or credentials. */
typedef void (*voxlock_log_fn)(void* user, int32_t level, const char* text, size_t len);

/* Where objects lie, with their keys and audio. Arenas are pages of the library's own: locked, left
 * out of core dumps, between guard pages, and zero in a child of fork. mbedTLS and SpeexDSP
 * keep states of their own in memory of the C library: see docs/threats.md. */
#define VOXLOCK_MEMORY_AUTO 0   /* arenas; with an allocator: that alone, which is to protect it */
#define VOXLOCK_MEMORY_ARENA 1  /* arenas, also with an allocator, which gets their books */
#define VOXLOCK_MEMORY_LOCKED 2 /* the same, and what cannot be locked fails: ERR_NO_MEMORY */

typedef struct voxlock_context_config {
  uint32_t struct_size; /* set by voxlock_context_config_init */
  int32_t log_level;    /* highest VOXLOCK_LOG_* passed on; default VOXLOCK_LOG_WARNING */
  const voxlock_allocator* allocator; /* NULL: malloc; copied */
  voxlock_log_fn log;                 /* NULL: no log */
  void* log_user;                     /* handed to log */
  const uint8_t* seed;                /* NULL: entropy of the operating system. Otherwise the run is
                                         reproducible bit for bit and its keys are NOT secret:
                                         for tests and simulations only */
  size_t seed_len;                    /* bytes, 16..64 when seed is given, else 0 */
  uint64_t wall_time_ns;              /* see voxlock_context_set_wall_time; 0: unknown */
  uint32_t memory;                    /* VOXLOCK_MEMORY_*; default VOXLOCK_MEMORY_AUTO: locked as
                                         far as the process may (RLIMIT_MEMLOCK), which
                                         voxlock_context_memory tells */
  uint32_t reserved;                  /* 0 */
} voxlock_context_config;

/* What the arenas of a context hold. */
typedef struct voxlock_memory_info {
  uint32_t struct_size;    /* set by the caller: sizeof(voxlock_memory_info) */
  uint32_t is_locked;      /* 1: all of the arenas is locked. 0: not all, or there are none */
  uint64_t reserved_bytes; /* pages of the arenas; 0: there are none */
  uint64_t locked_bytes;   /* of these: never written to swap */
  uint64_t used_bytes;     /* of these: in live objects */
} voxlock_memory_info;

/* A context holds allocator, log sink, entropy and wall time. Objects made from it keep it alive:
 * free contexts and objects in any order. One thread at a time may call with a context (making an
 * object from it counts); objects made from it may then live on other threads. */
typedef struct voxlock_context voxlock_context;

/* Fills a config with defaults.
 * config: the struct; size: sizeof it as the caller was compiled.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_context_config_init(voxlock_context_config* config, size_t size);

/* Makes a context.
 * config: NULL for defaults. out: receives the handle; set to NULL on failure.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (out NULL, an allocator without both functions,
 * seed_len or memory outside its range), VOXLOCK_ERR_STRUCT_SIZE, VOXLOCK_ERR_NO_MEMORY (with
 * VOXLOCK_MEMORY_LOCKED also: RLIMIT_MEMLOCK allows too little), VOXLOCK_ERR_ENTROPY (the
 * operating system gave none). */
VOXLOCK_API int32_t voxlock_context_new(const voxlock_context_config* config,
                                        voxlock_context** out) VOXLOCK_CHECK;

/* Gives the handle back; NULL is allowed. Objects made from the context go on working. */
VOXLOCK_API void voxlock_context_free(voxlock_context* ctx);

/* Tells the context the wall clock, used for certificate dates, SIP Date and RTCP NTP timestamps.
 * unix_ns: nanoseconds since 1970-01-01 UTC, 0 = unknown. now_ns: the monotonic time it belongs to.
 * Call it at start and every few minutes. Callable from any thread.
 * Returns VOXLOCK_OK or VOXLOCK_ERR_INVALID_ARGUMENT (ctx NULL). */
VOXLOCK_API int32_t voxlock_context_set_wall_time(voxlock_context* ctx, uint64_t unix_ns,
                                                  uint64_t now_ns);

/* Tells what the arenas hold and whether they are locked. After fork objects work in the parent
 * alone: in the child they are wiped, freeing them does nothing, and making one is
 * VOXLOCK_ERR_NO_MEMORY, for it would draw the random numbers of the parent. Make a context after
 * fork. Callable from any thread.
 * Returns VOXLOCK_OK, VOXLOCK_ERR_INVALID_ARGUMENT (NULL), VOXLOCK_ERR_STRUCT_SIZE. */
VOXLOCK_API int32_t voxlock_context_memory(voxlock_context* ctx, voxlock_memory_info* info);

#ifdef __cplusplus
}
#endif

#endif
