// Calls of a gateway that go on in another one: what it keeps of them, and takes over from the one
// before.
#include <algorithm>
#include <cstdio>

#include "gateway/gateway.h"

namespace example {
namespace {

constexpr uint64_t kKeepNs = 500'000'000;
constexpr uint64_t kBeatNs = 100'000'000;

// What a call of the C ABI writes into a buffer of its own size.
template <typename Write>
std::string written(Write write) {
  std::string out(16'384, '\0');
  size_t len = out.size();
  int32_t status = write(reinterpret_cast<uint8_t*>(out.data()), &len);
  out.resize(len);
  if (status == VOXLOCK_ERR_BUFFER_TOO_SMALL)
    status = write(reinterpret_cast<uint8_t*>(out.data()), &len);
  check(status, "checkpoint");
  return out;
}

}  // namespace

std::string Call::save_leg(size_t leg, const voxlock_checkpoint_config& config, uint64_t& number) {
  return written([&](uint8_t* out, size_t* len) {
    return voxlock_leg_export(legs_[leg].handle.get(), &config, out, len, &number, now_ns());
  });
}

void Gateway::keep(Session& session) {
  const voxlock_checkpoint_config config = keeper_->checkpoint();
  CallRecord record;
  std::array<uint64_t, 2> numbers{};
  for (const size_t leg : {kTrunk, kRoom}) {
    record.legs[leg] = session.media->save_leg(leg, config, numbers[leg]);
    record.dialogs[leg] = written([&](uint8_t* out, size_t* len) {
      return voxlock_ua_export(host_.ua(), session.ids[leg], &config, out, len);
    });
    record.ports[leg] = session.media->port(leg);
    record.signalling[leg] = session.signalling[leg];
    record.peers[leg] = session.security[leg].peer;
  }
  if (!keeper_->put(session.number, record)) {
    is_fenced_ = true;
    return;
  }
  for (const size_t leg : {kTrunk, kRoom}) session.media->note_stored(leg, numbers[leg]);
}

// Calls that stand are kept twice a second, and after each step of their negotiation.
void Gateway::keep_all() {
  const uint64_t now = now_ns();
  if (keeper_ == nullptr || is_fenced_ || now < next_beat_ns_) return;
  next_beat_ns_ = now + kBeatNs;
  try {
    is_fenced_ = !keeper_->beat();
    for (Session& session : sessions_) {
      const bool stands = session.begun_ns != 0 && session.ended.empty() && session.ids[0] != 0 &&
                          session.ids[1] != 0;
      if (is_fenced_ || !stands || now < session.keep_ns) continue;
      session.keep_ns = now + kKeepNs;
      keep(session);
    }
  } catch (const std::exception& error) {
    // What was stored last still counts; the legs fall silent where that goes on.
    std::fprintf(stderr, "gateway: %s\n", error.what());
  }
  if (!is_fenced_) return;
  std::fprintf(stderr, "gateway: another one has taken over\n");
  sides_.clear();
  sessions_.clear();
  loop_.stop();
}

size_t Gateway::adopt() {
  for (const auto& [number, record] : keeper_->all()) {
    started_calls_ = std::max(started_calls_, number);
    try {
      adopt(number, record);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "gateway: call %llu is lost: %s\n",
                   static_cast<unsigned long long>(number), error.what());
      keeper_->remove(number);
    }
  }
  return sessions_.size();
}

void Gateway::adopt(uint64_t number, const CallRecord& record) {
  Session session;
  session.number = number;
  session.signalling = record.signalling;
  try {
    take_in(session, record);
    // A third gateway must not begin where this one does.
    keep(session);
  } catch (...) {
    // Its peers are told, as far as their dialogs are here.
    hang_up(session);
    throw;
  }
  summary_.begin();
  sessions_.push_back(std::move(session));
  for (const size_t leg : {kTrunk, kRoom})
    sides_[sessions_.back().ids[leg]] = {&sessions_.back(), leg};
}

void Gateway::take_in(Session& session, const CallRecord& record) {
  const voxlock_checkpoint_config config = keeper_->import();
  for (const size_t leg : {kTrunk, kRoom}) {
    const std::string& blob = record.dialogs[leg];
    check(voxlock_ua_import(host_.ua(), &config, reinterpret_cast<const uint8_t*>(blob.data()),
                            blob.size(), &session.ids[leg], now_ns()),
          "dialog");
  }
  session.media = std::make_unique<Call>(loop_, ctx_, config_.media, config, record, latency_);
  for (const size_t leg : {kTrunk, kRoom}) {
    session.security[leg].peer = record.peers[leg];
    session.media->set_signalling(leg, record.signalling[leg], record.peers[leg]);
  }
  session.begun_ns = now_ns();
  session.media->begin();
}

}  // namespace example
