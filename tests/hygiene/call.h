// A call through a victim whose peers are here, and what of it must not be found in the victim.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "hygiene/memory_scan.h"
#include "hygiene/victim.h"
#include "srtp/session.h"
#include "support/c_legs.h"
#include "support/webrtc_peer.h"

namespace voxlock::test {

using Bytes = std::vector<uint8_t>;

// All hits, or those that do not lie where the library's own blocks do: where the host gave them,
// or in what the library mapped for itself.
enum class Where { kAnywhere, kOutsideArena };
std::string report(Victim& victim, const Needles& needles, Where where);

void give(Shared& shared, const void* data, size_t len);

struct Kind {
  Command make;
  const char* title;
};
inline constexpr Kind kKinds[] = {
    {Command::kMakeBridge, "a bridge"},
    {Command::kMakeWebrtc, "a bridge whose room has its keys by DTLS"},
    {Command::kMakeParticipant, "a bridge that opens what a room seals end to end"},
    {Command::kMakeRelay, "a relay"}};

struct Plan {
  Command make = Command::kMakeBridge;
  uint32_t argument = 0;  // of make
  bool has_arenas = false;
  uint64_t fail_at = UINT64_MAX;
};

class Call {
 public:
  explicit Call(const Plan& plan = {});
  ~Call();

  // Status of the first thing that failed; nothing is done any more then.
  [[nodiscard]] int32_t status() const { return status_; }

  // Offers and answers, and where the room is a WebRTC peer the handshake.
  void agree();
  // 20 ms of noise from the trunk, heard in the room.
  void speak_from_trunk();
  // 20 ms of noise from the room, heard at the trunk.
  void speak_from_room();
  // A digit of peer 0 (trunk) or 1 (room) as telephone events, heard by the other one.
  void press(uint32_t from, char digit);
  // A packet from the trunk to the room, over a relay: what of the needles the victim's memory
  // held at any of many instants while it was taken.
  std::set<std::string> pass_slowly(const Bytes& payload);
  // Noise instead of packets.
  void hear_nonsense();
  void hang_up() { run(Command::kClose); }
  void input(uint32_t from, const Bytes& datagram);

  size_t heard_count = 0;
  size_t digit_count = 0;  // that the victim told
  Victim victim;
  Needles needles;
  Needles held_beneath;  // what the libraries beneath keep in memory of the C library

 private:
  void make_codecs();
  void make_cryptor();
  [[nodiscard]] bool is_of_frames() const;  // no audio that the victim could open
  bool run(Command command, uint32_t argument = 0);
  void agree_on_trunk();
  void agree_with_leg();
  void agree_with_web();
  void add_master(const std::string& who, srtp::SuiteId id, ByteView master);
  void add_agreed_keys(const voxlock_leg* peer, const std::string& who);
  void add_exported_keys();
  [[nodiscard]] Bytes sealed(const Bytes& frame);
  [[nodiscard]] Bytes opened(const Bytes& frame);
  void pass(uint32_t from, uint32_t type, const Bytes& payload, uint32_t ticks);
  void send(uint32_t from, uint32_t type, const Bytes& payload);
  void poll(uint32_t index);
  bool poll_victim();
  void hear(uint32_t index, const Bytes& datagram);
  void add_plain(uint32_t to, const Bytes& datagram);
  [[nodiscard]] voxlock_leg_media_info media_of(uint32_t index) const;

  Plan plan_;
  std::function<void()> look_;
  Host host_;
  TestContext world_;
  voxlock_leg* legs_[2] = {};
  std::optional<WebrtcPeer> web_;            // in place of the second leg
  std::optional<srtp::Session> openers_[2];  // of what the legs hear
  voxlock_decoder* decoder_ = nullptr;
  voxlock_encoder* encoder_ = nullptr;
  voxlock_frame_cryptor* cryptor_ = nullptr;  // of the room: its frames are sealed end to end
  std::mt19937 random_{std::random_device()()};
  std::optional<Bytes> pressed_;  // payload of a digit that is on its way
  Bytes heard_;
  uint32_t timestamp_[2] = {};
  uint64_t now_ = 1'000'000'000;
  int32_t status_ = VOXLOCK_OK;
};

}  // namespace voxlock::test
