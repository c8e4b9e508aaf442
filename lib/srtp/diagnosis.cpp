#include "srtp/diagnosis.h"

#include <algorithm>

namespace voxlock::srtp {
namespace {

// RFC 4568 section 6.1 allows 1 to 128 bytes; these are the lengths that are met.
constexpr size_t kMkiLens[] = {1, 2, 3, 4, 8, 16, 32};
constexpr size_t kShortTag = 4;
constexpr size_t kLongTag = 10;

bool is_of_interest(Status why) {
  return why == Status::ERR_SRTP_AUTH || why == Status::ERR_SRTP_MKI ||
         why == Status::ERR_SRTP_TOO_OLD || why == Status::ERR_TRUNCATED;
}

}  // namespace

struct Diagnosis::Question {
  ByteView packet;
  Status why;
  const Evidence& evidence;
  TagLayout layout;                // as the receive key has it
  uint64_t guess = 0;              // the index that the receiver takes the packet for
  std::optional<uint64_t> newest;  // nothing where the receiver has not opened any of the source
  Finding found;
};

void Diagnosis::forget(uint32_t ssrc) {
  for (Slot& slot : slots_) {
    if (slot.failures == 0 || slot.ssrc != ssrc) continue;
    slot = Slot();
    --used_;
  }
}

// Where all are taken the next one in turn goes: a flood of sources finds none with patience left.
Diagnosis::Slot& Diagnosis::slot_of(uint32_t ssrc) {
  Slot* free = nullptr;
  for (Slot& slot : slots_) {
    if (slot.failures != 0 && slot.ssrc == ssrc) return slot;
    if (slot.failures == 0 && free == nullptr) free = &slot;
  }
  if (free == nullptr) {
    free = &slots_[next_victim_++ % kSlots];
    *free = Slot();
    --used_;
  }
  free->ssrc = ssrc;
  ++used_;
  return *free;
}

bool Diagnosis::may_ask(uint64_t now_ns) {
  latest_ns_ = std::max(latest_ns_, now_ns);
  if (latest_ns_ >= refill_at_ns_ && left_ < kBurst) {
    const uint64_t seconds = (latest_ns_ - refill_at_ns_) / kNsPerSecond + 1;
    left_ = static_cast<uint32_t>(std::min<uint64_t>(kBurst, left_ + seconds));
    refill_at_ns_ = after(latest_ns_, kNsPerSecond);
  }
  if (left_ == 0) return false;
  if (left_-- == kBurst) refill_at_ns_ = after(latest_ns_, kNsPerSecond);
  return true;
}

// Notes one failure; whether it is time to ask.
bool Diagnosis::note(Slot& slot, uint16_t sequence, ByteView payload, size_t frame_len) {
  if (slot.failures != 0 && sequence == slot.sequence) return false;
  if (slot.failures != 0 && payload[0] != slot.first_byte) slot.is_constant = false;
  if (frame_len == 0 || payload.size() % frame_len != 0) slot.is_framed = false;
  slot.sequence = sequence;
  slot.first_byte = payload[0];
  ++slot.failures;
  if (slot.failures < slot.ask_at) return false;
  slot.ask_at = slot.failures + slot.patience;
  slot.patience = std::min(2 * slot.patience, kMostPatience);
  return true;
}

std::optional<Finding> Diagnosis::on_failure(ByteView packet, Status why, const Evidence& evidence,
                                             uint64_t now_ns) {
  if (!is_of_interest(why) || packet.size() > kMaxCheckedLen) return std::nullopt;
  const auto header = rtp::parse_outline(packet);
  if (!header || header->len >= packet.size()) return std::nullopt;
  Slot& slot = slot_of(header->ssrc);
  const bool is_time =
      note(slot, header->sequence, packet.subspan(header->len), evidence.frame_len);
  if (!is_time || !may_ask(now_ns)) return std::nullopt;
  ++stats_.asked;
  // Session keys pass through small functions.
  const secure::StackBurn burn(secure::kShallowStack);
  const Session& inbound = evidence.inbound;
  const TagLayout layout{*header, inbound.suite().rtp_tag_len, inbound.mki_len()};
  Question question{packet, why, evidence, layout, 0, inbound.newest(header->ssrc), Finding()};
  question.guess = inbound.guess(header->ssrc, header->sequence);
  Finding& found = question.found;
  found.ssrc = header->ssrc;
  // Sealed payloads begin with any byte: eight alike are chance once in 2^56. A frame of fixed
  // length has no room for a tag.
  const bool is_plain = slot.is_constant || slot.is_framed;
  const bool is_known = is_plain || is_counter(question) || is_layout(question) ||
                        is_own(question) || is_trace(question);
  if (is_plain) found.fault = Fault::kPlain;
  if (!is_known) found.fault = Fault::kUnknown;
  found.is_news = found.fault != slot.told;
  if (found.is_news) {
    slot.told = found.fault;
    ++stats_.told;
    stats_.last = found;
  }
  return found;
}

bool Diagnosis::check(TagCheck& key, Question& question, const TagLayout& layout, uint32_t roc) {
  ++stats_.checks;
  return key.matches(question.packet, layout, roc);
}

// The right key with another counter. One that is ahead can be followed; one that is behind would
// repeat indexes, and so would a source that starts over.
bool Diagnosis::is_counter(Question& question) {
  TagCheck key(question.evidence.inbound.suite(), question.evidence.inbound.key_and_salt());
  const auto roc = static_cast<uint32_t>(question.guess >> 16);
  Finding& found = question.found;
  for (uint32_t rounds = 0; rounds <= kMostRounds; ++rounds) {
    found.rounds = rounds;
    if (rounds <= UINT32_MAX - roc && check(key, question, question.layout, roc + rounds)) {
      found.roc = roc + rounds;
      found.fault = ahead_or_restarted(question);
      return true;
    }
    if (rounds == 0 || rounds > roc || !check(key, question, question.layout, roc - rounds))
      continue;
    found.roc = roc - rounds;
    found.fault = behind_or_restarted(question);
    return true;
  }
  found.rounds = 0;
  return false;
}

Fault Diagnosis::ahead_or_restarted(const Question& question) {
  const bool is_counter_right = question.found.rounds == 0;
  if (is_counter_right && question.why == Status::ERR_SRTP_MKI) return Fault::kMkiMissing;
  const uint64_t index = uint64_t{question.found.roc} << 16 | question.layout.header.sequence;
  return !question.newest || index > *question.newest ? Fault::kRocAhead : Fault::kRestarted;
}

// A counter that was reset goes on near the newest sequence number; a new beginning is anywhere.
Fault Diagnosis::behind_or_restarted(const Question& question) {
  constexpr uint16_t kNear = 4096;
  if (!question.newest) return Fault::kRocBehind;
  const auto step = static_cast<uint16_t>(question.layout.header.sequence - *question.newest);
  return step <= kNear ? Fault::kRocBehind : Fault::kRestarted;
}

// The right key and counter with the tag or MKI of another agreement.
bool Diagnosis::is_layout(Question& question) {
  const Session& inbound = question.evidence.inbound;
  TagCheck key(inbound.suite(), inbound.key_and_salt());
  const auto roc = static_cast<uint32_t>(question.guess >> 16);
  const auto fits = [&](size_t tag_len, size_t mki_len) {
    return check(key, question, {question.layout.header, tag_len, mki_len}, roc);
  };
  const size_t tag_len = question.layout.tag_len;
  const size_t mki_len = question.layout.mki_len;
  question.found.fault = Fault::kTagLength;
  const size_t other_tag = tag_len == kShortTag ? kLongTag : kShortTag;
  if (!inbound.suite().is_aead && fits(other_tag, mki_len)) return true;
  question.found.fault = Fault::kMkiMissing;
  // With another MKI of the same length is_counter has found the key right.
  if (mki_len != 0) return fits(tag_len, 0);
  question.found.fault = Fault::kMkiPresent;
  return std::any_of(std::begin(kMkiLens), std::end(kMkiLens),
                     [&](size_t len) { return fits(tag_len, len); });
}

bool Diagnosis::is_own(Question& question) {
  const Session* own = question.evidence.own;
  if (own == nullptr) return false;
  TagCheck key(own->suite(), own->key_and_salt());
  const TagLayout layout{question.layout.header, own->suite().rtp_tag_len, own->mki_len()};
  const auto roc =
      static_cast<uint32_t>(own->guess(layout.header.ssrc, layout.header.sequence) >> 16);
  question.found.fault = Fault::kOwnKey;
  return check(key, question, layout, roc);
}

bool Diagnosis::is_trace(Question& question) {
  const auto roc = static_cast<uint32_t>(question.guess >> 16);
  for (const Trace& trace : traces_) {
    if (trace.fault == Fault::kNone) continue;
    TagCheck key(trace.auth_key.view());
    question.found.fault = trace.fault;
    const TagLayout layout{question.layout.header, trace.tag_len, trace.mki_len};
    if (check(key, question, layout, roc) || (roc != 0 && check(key, question, layout, 0)) ||
        check(key, question, layout, roc + 1)) {
      return true;
    }
  }
  return false;
}

void Diagnosis::remember(const Session& left, Fault as) {
  if (left.suite().is_aead) return;
  Trace& trace = traces_[next_trace_++ % kTraces];
  trace.fault = as;
  trace.tag_len = left.suite().rtp_tag_len;
  trace.mki_len = left.mki_len();
  trace.auth_key = auth_key(left.suite(), left.key_and_salt());
}

}  // namespace voxlock::srtp
