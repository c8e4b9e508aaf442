// Calls between a trunk and a room: signalling of both sides, tied together (RFC 7092: a
// back-to-back user agent).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "common/sip_host.h"
#include "gateway/call.h"
#include "gateway/keeper.h"
#include "gateway/room.h"
#include "gateway/summary.h"

namespace example {

struct GatewayConfig {
  SipHostConfig sip;
  MediaConfig media;
  std::string forward;     // URI of a room that is a SIP peer
  uint64_t max_calls = 0;  // end after so many; 0: never
  // A held call is silent, so that this alone ends one whose peer is gone.
  uint64_t max_hold_ns = 1'800'000'000'000;
};

class Gateway final : private RoomHost {
 public:
  Gateway(EventLoop& loop, voxlock_context* ctx, GatewayConfig config);

  // Brings calls into this room from now on, instead of calling config.forward. Before run().
  using RoomMaker = std::function<std::unique_ptr<Room>(RoomHost&)>;
  void set_room(const RoomMaker& make) { room_ = make(*this); }

  // Keeps the calls in a store from now on, and goes on with those that lie there; gives their
  // number. Not with a room of set_room.
  size_t set_keeper(Keeper& keeper) {
    keeper_ = &keeper;
    return adopt();
  }

  [[nodiscard]] uint16_t port() const { return host_.port(); }
  // Runs until the last call is over, or a signal ended them all.
  nlohmann::json run();

 private:
  // How far one side was told that the other one holds the call.
  struct Passing {
    bool is_told = false;       // as of the last offer to this side
    bool is_under_way = false;  // that offer has no answer yet
    bool backs_off = false;     // it met an offer of this side's peer: until RETRY
  };
  // One call of the trunk and the one it caused to the room.
  struct Session {
    std::array<uint64_t, 2> ids{};  // of the user agent, by leg; 0: over, or no SIP call
    uint64_t number = 0;            // of a call in room_
    std::array<SecurityInfo, 2> security;
    std::array<Passing, 2> passing;  // by the leg that is told
    std::unique_ptr<Call> media;
    std::string trunk_sdp;                // what the trunk's 200 will hold
    std::string ended;                    // empty while both sides go on
    uint64_t begun_ns = 0;                // 0 until answered
    uint64_t held_ns = UINT64_MAX;        // since when a side holds
    std::array<int32_t, 2> signalling{};  // VOXLOCK_SIGNALLING_*, by leg
    uint64_t keep_ns = 0;                 // when it is written to the store next
    bool is_due = false;                  // a hold could not be passed on for want of room
  };
  struct Side {
    Session* session;
    size_t leg;
  };

  SdpStep room_offer(uint64_t call, uint32_t flags) override;
  SdpStep room_accept(uint64_t call, std::string_view answer) override;
  SdpStep room_answer(uint64_t call, std::string_view offer) override;
  void room_joined(uint64_t call, const SecurityInfo& security) override;
  void room_left(uint64_t call, uint32_t sip_status, const std::string& why) override;
  [[nodiscard]] const Call* room_media(uint64_t call) const override;

  void on_event(const SipEvent& event);
  void on_incoming(const SipEvent& event);
  void on_progress(const Side& side, const SipEvent& event);
  void on_answered(const Side& side, const SipEvent& event);
  void on_confirmed(const Side& side, const SipEvent& event);
  void note_connection(Session& session, size_t leg, const SipEvent& event);
  void on_offer(const Side& side, const SipEvent& event);
  void on_updated(const Side& side, const SipEvent& event);
  void on_digit(const Side& side, const SipEvent& event);
  void on_refused(const Side& side, const SipEvent& event);
  void on_ended(const Side& side, const SipEvent& event);

  bool call_room(Session& session, uint64_t trunk);
  void answer_trunk(Session& session);
  [[nodiscard]] Session* find(uint64_t number);
  void tell_room(Session& session);

  void pass_on_holds(Session& session);
  void pass_on_hold(Session& session, size_t leg);
  bool offer(Session& session, size_t leg, bool is_held);
  void reject(uint64_t call, uint32_t status, uint32_t warn_code, const std::string& warning);
  void reject(uint64_t call, const voxlock_verdict& verdict);
  void hang_up(Session& session);
  void hang_up_all();
  void end_other(Session& session, size_t leg, const SipEvent& event);
  void finish(Session& session);

  // failover.cpp
  void keep(Session& session);
  void keep_all();
  size_t adopt();
  void adopt(uint64_t number, const CallRecord& record);
  void take_in(Session& session, const CallRecord& record);

  [[nodiscard]] uint64_t hold_end_ns(const Session& session) const;
  uint64_t before_wait();
  void show_progress();
  [[nodiscard]] std::string progress_line() const;

  EventLoop& loop_;
  voxlock_context* ctx_;
  GatewayConfig config_;
  Latency latency_;
  Summary summary_;
  SipHost host_;
  Keeper* keeper_ = nullptr;
  uint64_t next_beat_ns_ = 0;
  bool is_fenced_ = false;
  std::unique_ptr<Room> room_;  // nullptr: SIP calls to config_.forward
  std::list<Session> sessions_;
  std::map<uint64_t, Side> sides_;  // by call of the user agent
  uint64_t started_calls_ = 0;
  uint64_t ended_calls_ = 0;
  uint64_t give_up_ns_ = UINT64_MAX;
  uint64_t next_progress_ns_ = 0;
  bool is_terminal_ = false;
  bool is_ending_ = false;
};

}  // namespace example
