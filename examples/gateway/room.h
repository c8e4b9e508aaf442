// A room that calls are brought to by other means than a SIP call: a WHIP server, a browser. Its
// leg of the bridge is WebRTC. The gateway owns the call and its media and answers the trunk; a
// room owns what travels beside the media. Calls go by a number that is never given twice.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/sip_host.h"
#include "gateway/call.h"

namespace example {

// What a room asks of the gateway. None of these calls back into the room.
class RoomHost {
 public:
  virtual ~RoomHost() = default;
  // Steps of the room's leg; one that fails is refused. An offer withdraws one that is still out.
  virtual SdpStep room_offer(uint64_t call, uint32_t flags) = 0;
  virtual SdpStep room_accept(uint64_t call, std::string_view answer) = 0;
  virtual SdpStep room_answer(uint64_t call, std::string_view offer) = 0;
  // The call is heard in the room: the trunk is answered, once.
  virtual void room_joined(uint64_t call, const SecurityInfo& security) = 0;
  // The room gives the call up: it ends, with this status where the trunk has no answer yet. The
  // room's leave() follows.
  virtual void room_left(uint64_t call, uint32_t sip_status, const std::string& why) = 0;
  // The media of a call, nullptr where it is over.
  [[nodiscard]] virtual const Call* room_media(uint64_t call) const = 0;
};

class Room {
 public:
  virtual ~Room() = default;
  // How the leg's descriptions travel, a VOXLOCK_SIGNALLING_*.
  [[nodiscard]] virtual int32_t signalling() const = 0;
  // A call of the trunk rings and wants into the room.
  virtual void join(uint64_t call) = 0;
  // The call is over.
  virtual void leave(uint64_t call) = 0;
  // VOXLOCK_EV_CONNECTED, DISCONNECTED, SECURED or FAILED of the room's leg.
  virtual void on_media(uint64_t call, const voxlock_media_event& event) = 0;
  // Does what is due; called before each wait.
  virtual void advance() = 0;
  [[nodiscard]] virtual uint64_t next_deadline() const = 0;
  // Nothing waits to be sent to the room any more.
  [[nodiscard]] virtual bool is_quiet() const = 0;
};

}  // namespace example
