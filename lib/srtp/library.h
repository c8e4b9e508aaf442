// The calls into libsrtp2, for the SRTCP of the suites of AES-CM, with its status codes translated.
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

// Opens in place; gives the new length. source: given where the packet is the first SRTCP of its
// source and libsrtp2 is going to make one.
Result<size_t> unprotect(srtp_ctx_t_* session, MutableBytes packet, NewSource source = {});
// Seals the first len bytes of out in place; out has room for the tag and the SRTCP index.
Result<size_t> protect(srtp_ctx_t_* session, MutableBytes out, size_t len, NewSource source = {});
// Makes a source known before its first packet.
Result<void> add_source(srtp_ctx_t_* session, const Policy& policy, uint32_t ssrc);

}  // namespace voxlock::srtp::library
