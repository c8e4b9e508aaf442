// A process that runs a bridge for a host which tells it what to do. Everything that the host says
// or gets lies in memory that both share, so that the victim's own memory holds what the library
// puts there.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>

#include "voxlock/voxlock.h"

namespace voxlock::test {

enum class Command : uint32_t {
  kMakeBridge,       // argument: denoise_db forward, or kResampled
  kMakeWebrtc,       // a bridge whose room side has its keys by DTLS
  kMakeParticipant,  // a bridge whose room seals its frames; in: the key's material
  kMakeRelay,        // argument: is_sealed
  kTellKey,          // out: the certificate's key of the room's leg, in DER
  kAnswerTrunk,      // in: the trunk's offer; out: the answer
  kOfferRoom,        // out: the offer
  kAcceptRoom,       // in: the room's answer
  kInput,            // argument: leg; in: a datagram
  kPoll,             // out: bytes of the events
  kClose,            // hangs up
  kMakeUa,           // in: user, NUL, password, NUL
  kUaConnect,        // a connection to the peer stands: INVITE; then as kUaPoll
  kUaInput,          // in: bytes from the peer
  kUaPoll,           // out: bytes for the peer
  kUaDigit,          // argument: a digit for INFO, and 2^8 times its milliseconds; then as kUaPoll
  kMakeTls,          // a server; out: its certificate and its key in DER, both behind their length
  kTlsInput,         // in: from the client; out: for it. What it said is in `in` then
  kKeep,             // copies what is in: a leak made on purpose
  kFree,             // everything
  kQuit,
};

// The trunk's audio goes through two resamplers, and no denoiser.
inline constexpr uint32_t kResampled = 1000;

struct Shared {
  Command command;
  uint32_t argument;
  uint64_t now_ns;
  uint64_t fail_at;  // the allocation that fails, counted from 0; UINT64_MAX: none
  bool has_arenas;   // the context has no allocator of the host: the library maps its own memory
  int32_t status;
  uint32_t served;  // commands
  uintptr_t arena;  // where the library's memory lies
  size_t arena_size;
  size_t event_count;
  voxlock_media_event events[16];
  size_t ua_event_count;
  voxlock_ua_event ua_events[8];
  size_t in_len;
  size_t out_len;
  uint8_t in[1 << 16];
  uint8_t out[1 << 16];
};

class Victim {
 public:
  Victim();
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  // Has a command done, and leaves the victim waiting for the next one.
  int32_t run(Command command, uint32_t argument = 0);
  // The same one instruction after the other: look is called between so many, while it holds still.
  int32_t step(Command command, uint32_t argument, uint32_t stride,
               const std::function<void()>& look);
  [[nodiscard]] Shared& shared() { return *shared_; }
  [[nodiscard]] pid_t process() const { return process_; }

 private:
  void begin(Command command, uint32_t argument);
  int32_t finish();

  Shared* shared_ = nullptr;
  pid_t process_ = -1;
  int wake_ = -1;
  int done_ = -1;
};

}  // namespace voxlock::test
