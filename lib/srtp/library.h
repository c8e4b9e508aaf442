// The calls into libsrtp2, with its status codes translated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>

#include "base/bytes.h"
#include "base/result.h"
#include "srtp/suite.h"

struct srtp_ctx_t_;

namespace voxlock::srtp::library {

// Everything libsrtp2 is told about a session, of a suite that is not AEAD. It never hears of MKIs:
// version 2.5 looks for the MKI of SRTCP with the tag length of SRTP, which differs in the 32-bit
// suites.
struct Policy {
  const Suite& suite;
  ByteView key_and_salt;
  bool is_inbound;
  uint32_t replay_window;
  bool is_rtcp_plain;
  std::pmr::memory_resource* memory = nullptr;  // for libsrtp2; nullptr: of the C library
};

// What libsrtp2 makes a source of; by default it makes none.
struct NewSource {
  const Suite* suite = nullptr;
  std::pmr::memory_resource* memory = nullptr;  // as in Policy
};

// A session with a template for every SSRC. Initialises libsrtp2 the first time, from any thread.
// ERR_UNSUPPORTED (a suite of AEAD too), ERR_NO_MEMORY.
Result<srtp_ctx_t_*> create(const Policy& policy);
void destroy(srtp_ctx_t_* session) noexcept;

// Opens in place; gives the new length. source: given where the packet is the first of its source
// and libsrtp2 is going to make one.
Result<size_t> unprotect(srtp_ctx_t_* session, MutableBytes packet, bool is_rtcp,
                         NewSource source = {});
// The same for the first packet of a source, with the counter at roc. Where it fails the session
// knows of the source what it knew before: nothing, or its SRTCP.
Result<size_t> unprotect_at(srtp_ctx_t_* session, const Policy& policy, uint32_t ssrc, uint32_t roc,
                            MutableBytes packet);
// Seals the first len bytes of out in place; out has room for the tag and the SRTCP index.
Result<size_t> protect(srtp_ctx_t_* session, MutableBytes out, size_t len, bool is_rtcp,
                       NewSource source = {});

// Makes the source known if it is not and sets its counter; only before its first packet.
Result<void> set_roc(srtp_ctx_t_* session, const Policy& policy, uint32_t ssrc, uint32_t roc);
// The counter inside libsrtp2; UINT64_MAX where it does not know the source.
uint64_t roc(srtp_ctx_t_* session, uint32_t ssrc);

}  // namespace voxlock::srtp::library
