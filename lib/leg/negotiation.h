// Offer and answer of a leg: text in and out by sdp, what was agreed goes to Leg::apply.
#pragma once

#include <string_view>

#include "leg/leg.h"
#include "sdp/offer_answer.h"

namespace voxlock::leg {

class Negotiation {
 public:
  // random must outlive it. The statuses of sdp::OfferAnswer::create.
  static Result<Negotiation> create(const Leg& leg, RandomSource& random);

  // As sdp::OfferAnswer, and ERR_NO_MEMORY, ERR_LEG_CLOSED. All or nothing: the transport is made
  // before the agreement counts.
  Result<sdp::Verdict> answer(Leg& leg, std::string_view offer, bytes::Writer& out,
                              uint64_t now_ns);
  Result<sdp::Verdict> accept_answer(Leg& leg, std::string_view answer, uint64_t now_ns);
  // As sdp::OfferAnswer::accept_fork.
  Result<sdp::Verdict> accept_fork(Leg& leg, std::string_view answer, uint64_t now_ns);
  Result<void> offer(Leg& leg, sdp::OfferFlags flags, bytes::Writer& out);
  Result<void> save(bytes::Writer& writer) const { return state_.save(writer); }
  // Of a leg that Leg::load gave. The statuses of create; ERR_SYNTAX.
  static Result<Negotiation> load(const Leg& leg, RandomSource& random, Loader& loader);
  void rollback(Leg& leg) {
    state_.rollback();
    leg.early().forget();
    if (Association* association = leg.association()) association->early().forget();
  }

 private:
  explicit Negotiation(sdp::OfferAnswer state) : state_(std::move(state)) {}
  Result<sdp::Verdict> take(Leg& leg, sdp::Step& step, uint64_t now_ns);

  sdp::OfferAnswer state_;
};

}  // namespace voxlock::leg
