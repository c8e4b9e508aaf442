#include "hygiene/call.h"

#include <algorithm>
#include <cstring>

#include "audio/g711.h"
#include "base/beneath.h"
#include "capi/leg_handle.h"
#include "e2ee/frame_cryptor.h"
#include "rtp/dtmf.h"
#include "srtp/key_derivation.h"

namespace voxlock::test {
namespace {

constexpr uint64_t kFrameNs = 20'000'000;
constexpr size_t kFrame = 160;  // samples of 20 ms at 8000 Hz
constexpr uint32_t kRoom = 1;
constexpr const char* kNames[] = {"the trunk", "the room"};

std::string_view text(const uint8_t* data, size_t len) {
  return {reinterpret_cast<const char*>(data), len};
}

// 16-bit samples and what the codecs' and the denoiser's floating-point copies of them look like.
void add_pcm(Needles& needles, const std::string& kind, const std::vector<int16_t>& pcm) {
  std::vector<float> plain(pcm.begin(), pcm.end());
  std::vector<float> scaled(plain);
  for (float& sample : scaled) sample /= 32768;
  const auto bytes = [](const auto& samples) {
    return std::span(reinterpret_cast<const uint8_t*>(samples.data()),
                     samples.size() * sizeof samples[0]);
  };
  needles.add(kind + ", 16 bits", bytes(pcm));
  needles.add(kind + ", floats", bytes(plain));
  needles.add(kind + ", floats of 1", bytes(scaled));
}

// Keys of a description, as text and as what the text says (RFC 4568, section 6.1).
void add_keys(Needles& needles, const std::string& who, std::string_view sdp) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  size_t keys = 0;
  for (size_t at = sdp.find("inline:"); at != sdp.npos; at = sdp.find("inline:", at + 1), ++keys) {
    const std::string_view coded = sdp.substr(at + 7, sdp.find_first_of("|\r", at) - at - 7);
    Bytes key;
    uint32_t bits = 0, count = 0;
    for (const char c : coded.substr(0, coded.find('='))) {
      bits = bits << 6 | static_cast<uint32_t>(kLetters.find(c));
      count += 6;
      if (count >= 8) key.push_back(static_cast<uint8_t>(bits >> (count -= 8)));
    }
    needles.add(who + "'s key, text", std::string(coded));
    needles.add(who + "'s key", key);
  }
  REQUIRE(keys > 0);
}

// The session keys that are made of a master key (RFC 3711, section 4.3).
void add_session_keys(Needles& needles, const std::string& who, const srtp::Suite& suite,
                      ByteView master) {
  for (uint8_t label = 0; label < 6; ++label) {
    constexpr size_t kAuthLen = 20;
    const bool is_auth = label % 3 == 1;
    if (label % 3 == 2) continue;  // salts are too short to be looked for
    Bytes key(is_auth ? kAuthLen : suite.key_len);
    srtp::derive_key(suite, master, static_cast<srtp::KeyLabel>(label), key);
    needles.add(who + "'s session key", key);
  }
}

}  // namespace

std::string report(Victim& victim, const Needles& needles, Where where) {
  std::string out;
  const Shared& shared = victim.shared();
  for (const Hit& hit : scan(victim.process(), needles)) {
    const bool is_in_arena = hit.is_left_out || hit.address - shared.arena < shared.arena_size;
    if (is_in_arena && where == Where::kOutsideArena) continue;
    out += hit.kind + " in " + (is_in_arena ? "a block of the library" : hit.where) + "\n";
  }
  return out;
}

void give(Shared& shared, const void* data, size_t len) {
  REQUIRE(len <= sizeof shared.in);
  std::memcpy(shared.in, data, len);
  shared.in_len = len;
}

Call::Call(const Plan& plan) : plan_(plan) {
  victim.shared().fail_at = plan.fail_at;
  victim.shared().has_arenas = plan.has_arenas;
  legs_[0] = leg(host_, 20, is_of_frames() ? VOXLOCK_CODEC_OPUS : VOXLOCK_CODEC_PCMU);
  if (plan.make == Command::kMakeWebrtc) {
    PeerPlan peer;
    peer.address = ip_address("192.0.2.21", 4000);
    web_.emplace(world_, peer);
  } else {
    legs_[1] = leg(host_, 21);
  }
  make_codecs();
  if (plan.make == Command::kMakeParticipant) make_cryptor();
  run(plan.make, plan.argument);
  // The key went to the victim with the last command.
  std::memset(victim.shared().in, 0, sizeof victim.shared().in);
}

Call::~Call() {
  for (voxlock_leg* leg : legs_) voxlock_leg_free(leg);
  voxlock_decoder_free(decoder_);
  voxlock_encoder_free(encoder_);
  voxlock_frame_cryptor_free(cryptor_);
}

void Call::make_codecs() {
  voxlock_codec_config config;
  REQUIRE(voxlock_codec_config_init(&config, sizeof config) == VOXLOCK_OK);
  config.codec = VOXLOCK_CODEC_OPUS;
  REQUIRE(voxlock_decoder_new(host_.ctx, &config, &decoder_) == VOXLOCK_OK);
  REQUIRE(voxlock_encoder_new(host_.ctx, &config, &encoder_) == VOXLOCK_OK);
}

void Call::make_cryptor() {
  Bytes material(32), key(e2ee::kLivekitKeyLen);
  for (uint8_t& byte : material) byte = static_cast<uint8_t>(random_());
  REQUIRE(voxlock_frame_cryptor_new(host_.ctx, nullptr, &cryptor_) == VOXLOCK_OK);
  REQUIRE(voxlock_frame_cryptor_set_key(cryptor_, 0, VOXLOCK_E2EE_KDF_HKDF, material.data(),
                                        material.size(),
                                        VOXLOCK_E2EE_SEALS | VOXLOCK_E2EE_OPENS) == VOXLOCK_OK);
  const e2ee::LivekitKdf kdf{e2ee::Kdf::kHkdf, e2ee::FrameCryptorConfig{}.salt};
  REQUIRE(e2ee::derive_livekit(kdf, material, key));
  needles.add("the frames' material", material);
  needles.add("the frames' key", key);
  give(victim.shared(), material.data(), material.size());
}

bool Call::is_of_frames() const {
  return plan_.make == Command::kMakeRelay;
}

bool Call::run(Command command, uint32_t argument) {
  victim.shared().now_ns = now_;
  if (status_ == VOXLOCK_OK) status_ = victim.run(command, argument);
  return status_ == VOXLOCK_OK;
}

void Call::agree() {
  agree_on_trunk();
  if (status_ == VOXLOCK_OK) web_ ? agree_with_web() : agree_with_leg();
}

void Call::agree_on_trunk() {
  if (status_ != VOXLOCK_OK) return;
  Shared& shared = victim.shared();
  size_t len = sizeof shared.in;
  REQUIRE(voxlock_leg_offer(legs_[0], 0, shared.in, &len, 1) == VOXLOCK_OK);
  shared.in_len = len;
  add_keys(needles, "the trunk", text(shared.in, len));
  if (!run(Command::kAnswerTrunk)) return;
  add_keys(needles, "our trunk side", text(shared.out, shared.out_len));
  REQUIRE(voxlock_leg_accept_answer(legs_[0], shared.out, shared.out_len, nullptr, 1) ==
          VOXLOCK_OK);
  add_agreed_keys(legs_[0], "the trunk");
}

void Call::agree_with_leg() {
  Shared& shared = victim.shared();
  if (!run(Command::kOfferRoom)) return;
  add_keys(needles, "our room side", text(shared.out, shared.out_len));
  size_t len = sizeof shared.in;
  REQUIRE(voxlock_leg_answer(legs_[1], shared.out, shared.out_len, shared.in, &len, nullptr, 1) ==
          VOXLOCK_OK);
  shared.in_len = len;
  add_keys(needles, "the room", text(shared.in, len));
  run(Command::kAcceptRoom);
  add_agreed_keys(legs_[1], "the room");
}

void Call::agree_with_web() {
  Shared& shared = victim.shared();
  // RFC 5915: the number stands as 32 bytes in the key; mbedTLS holds its words the other way
  // round.
  if (!run(Command::kTellKey)) return;
  const uint8_t head[] = {0x04, 0x20};
  const uint8_t* const key = shared.out;
  const uint8_t* const end = key + shared.out_len;
  const uint8_t* const found = std::search(key, end, std::begin(head), std::end(head));
  REQUIRE(end - found >= 34);
  Bytes scalar(found + 2, found + 34);
  std::memset(shared.out, 0, sizeof shared.out);
  needles.add("the certificate's key in DER", scalar);
  std::reverse(scalar.begin(), scalar.end());
  // With arenas mbedTLS has it there, where it asks us for memory.
  Needles& kept = plan_.has_arenas && beneath::kIsPrivate ? needles : held_beneath;
  kept.add("the certificate's key", scalar);

  if (!run(Command::kOfferRoom)) return;
  const std::string answer = web_->answer(std::string(text(shared.out, shared.out_len)), now_);
  give(shared, answer.data(), answer.size());
  if (!run(Command::kAcceptRoom)) return;
  constexpr size_t kMost = 200;
  for (size_t i = 0; i < kMost && status_ == VOXLOCK_OK; ++i) {
    now_ += kFrameNs / 2;
    web_->advance(now_);
    poll(kRoom);
    while (poll_victim()) poll(kRoom);
    if (web_->is_connected()) break;
  }
  if (status_ != VOXLOCK_OK) return;
  REQUIRE(web_->is_connected());
  add_exported_keys();
}

// libsrtp2 holds the session keys of its suites where there are arenas in these, and else in memory
// of the C library.
void Call::add_master(const std::string& who, srtp::SuiteId id, ByteView master) {
  const srtp::Suite& suite = *srtp::find_suite(id);
  needles.add(who + "'s master key", master);
  add_session_keys(suite.is_aead || plan_.has_arenas ? needles : held_beneath, who, suite, master);
}

void Call::add_agreed_keys(const voxlock_leg* peer, const std::string& who) {
  const auto& keys = peer->leg->agreement()->keys;
  add_master(who, keys->local.suite, keys->local.key_and_salt.view());
  add_master("our side of " + who, keys->remote.suite, keys->remote.key_and_salt.view());
}

void Call::add_exported_keys() {
  const tls::SrtpKeys keys = must(web_->dtls->export_keys());
  const auto suite = srtp::SuiteId::kAesCm128HmacSha1_80;
  add_master("the room by DTLS", suite, keys.local.view());
  add_master("our room side by DTLS", suite, keys.remote.view());
}

void Call::speak_from_trunk() {
  if (status_ != VOXLOCK_OK) return;
  Bytes payload(kFrame);
  for (uint8_t& code : payload) code = static_cast<uint8_t>(random_());
  needles.add("the trunk's payload", payload);
  if (is_of_frames()) return pass(0, media_of(0).payload_type_send, payload, 960);
  std::vector<int16_t> pcm(kFrame);
  audio::ulaw_decode(payload.data(), pcm.data(), kFrame);
  add_pcm(needles, "the trunk's audio", pcm);
  pass(0, 0, payload, kFrame);
  if (!heard_.empty()) needles.add("the room's payload", opened(heard_));
}

void Call::speak_from_room() {
  if (status_ != VOXLOCK_OK) return;
  std::vector<int16_t> noise(kFrame);
  for (int16_t& sample : noise) {
    sample = static_cast<int16_t>(static_cast<int>(random_() % 20000) - 10000);
  }
  Bytes payload(VOXLOCK_MAX_OPUS_PAYLOAD);
  size_t len = payload.size();
  REQUIRE(voxlock_encoder_encode(encoder_, noise.data(), noise.size(), payload.data(), &len) ==
          VOXLOCK_OK);
  payload.resize(len);
  std::vector<int16_t> pcm(VOXLOCK_MAX_PACKET_SAMPLES);
  size_t samples = pcm.size();
  REQUIRE(voxlock_decoder_decode(decoder_, payload.data(), len, pcm.data(), &samples) ==
          VOXLOCK_OK);
  pcm.resize(samples);
  needles.add("the room's payload", payload);
  // At first the decoder's output only grows, in much the same way each time.
  const bool is_noise = timestamp_[1] != 0;
  if (is_noise) add_pcm(needles, "the room's audio", pcm);
  pass(1, media_of(1).payload_type_send, sealed(payload), 960);
  if (is_noise && !is_of_frames()) needles.add("the trunk's payload", heard_);
}

Bytes Call::sealed(const Bytes& frame) {
  if (cryptor_ == nullptr) return frame;
  Bytes out(frame.size() + VOXLOCK_E2EE_MAX_OVERHEAD);
  size_t len = out.size();
  REQUIRE(voxlock_frame_cryptor_seal(cryptor_, frame.data(), frame.size(), nullptr, 0, out.data(),
                                     &len) == VOXLOCK_OK);
  out.resize(len);
  return out;
}

Bytes Call::opened(const Bytes& frame) {
  if (cryptor_ == nullptr) return frame;
  Bytes out(frame.size());
  size_t len = out.size();
  REQUIRE(voxlock_frame_cryptor_open(cryptor_, frame.data(), frame.size(), nullptr, 0, out.data(),
                                     &len) == VOXLOCK_OK);
  out.resize(len);
  return out;
}

void Call::press(uint32_t from, char digit) {
  if (status_ != VOXLOCK_OK) return;
  const uint32_t type = media_of(from).event_type_send;
  const uint16_t duration = static_cast<uint16_t>(800 + random_() % 800);
  uint32_t ticks = from == 0 && !is_of_frames() ? kFrame : 960;
  for (const bool is_end : {false, true}) {
    if (status_ != VOXLOCK_OK) return;
    Bytes payload(rtp::kEventLen);
    bytes::Writer writer(payload);
    rtp::write_event({*rtp::code_of(digit), is_end, 10, duration}, writer);
    pressed_ = payload;
    pass(from, type, payload, ticks);
    pressed_.reset();
    ticks = 0;
  }
}

std::set<std::string> Call::pass_slowly(const Bytes& payload) {
  std::set<std::string> seen;
  look_ = [&] {
    for (const Hit& hit : scan(victim.process(), needles)) seen.insert(hit.kind);
  };
  pass(0, media_of(0).payload_type_send, payload, kFrame);
  CHECK(heard_ == payload);
  look_ = nullptr;
  return seen;
}

void Call::hear_nonsense() {
  std::mt19937 random(7);
  for (size_t len = 0; len < 300; len += 7) {
    Bytes datagram(len);
    for (uint8_t& byte : datagram) byte = static_cast<uint8_t>(random());
    if (len > 12) datagram[0] = 0x80;
    input(static_cast<uint32_t>(len % 2), datagram);
  }
}

void Call::input(uint32_t from, const Bytes& datagram) {
  give(victim.shared(), datagram.data(), datagram.size());
  constexpr uint32_t kStride = 250;  // instructions: of tens of thousands
  if (look_ == nullptr) {
    run(Command::kInput, from);
  } else {
    victim.shared().now_ns = now_;
    status_ = victim.step(Command::kInput, from, kStride, look_);
  }
}

voxlock_leg_media_info Call::media_of(uint32_t index) const {
  voxlock_leg_media_info info{};
  info.struct_size = sizeof info;
  if (index == kRoom && web_) {
    info.payload_type_send = web_->agreement().payload_type_send;
  } else {
    REQUIRE(voxlock_leg_media(legs_[index], &info) == VOXLOCK_OK);
  }
  return info;
}

// Sends a payload from one peer to the other; heard_ is what that one gets.
void Call::pass(uint32_t from, uint32_t type, const Bytes& payload, uint32_t ticks) {
  heard_.clear();
  now_ += kFrameNs;
  timestamp_[from] += ticks;
  send(from, type, payload);
  poll(from);
  (void)poll_victim();
  poll(1 - from);
}

void Call::send(uint32_t from, uint32_t type, const Bytes& payload) {
  if (from == kRoom && web_) {
    return web_->send(payload, static_cast<uint8_t>(type), timestamp_[from]);
  }
  REQUIRE(voxlock_leg_send(legs_[from], type, payload.data(), payload.size(), timestamp_[from], 0,
                           now_) == VOXLOCK_OK);
}

// What a peer has to send goes to the victim, what it hears to heard_.
void Call::poll(uint32_t index) {
  if (index == kRoom && web_) {
    for (const PeerDatagram& datagram : std::exchange(web_->out, {})) input(index, datagram.data);
    for (const WebrtcPeer::Heard& packet : std::exchange(web_->heard, {})) {
      heard_ = packet.payload;
      ++heard_count;
    }
    return;
  }
  voxlock_media_event events[8];
  uint8_t room[4096];
  size_t count = 0;
  REQUIRE(voxlock_leg_poll(legs_[index], events, 8, &count, room, sizeof room, now_) == VOXLOCK_OK);
  for (size_t i = 0; i < count; ++i) {
    const Bytes bytes(room + events[i].offset, room + events[i].offset + events[i].len);
    if (events[i].type == VOXLOCK_EV_TRANSMIT) {
      // The header is not sealed.
      if (pressed_ && events[i].is_rtcp == 0 && bytes.size() > rtp::kFixedHeaderLen) {
        Bytes plain(bytes.begin(), bytes.begin() + rtp::kFixedHeaderLen);
        plain.insert(plain.end(), pressed_->begin(), pressed_->end());
        needles.add_whole(std::string("a digit of ") + kNames[index], plain);
      }
      input(index, bytes);
    }
    if (events[i].type != VOXLOCK_EV_PAYLOAD) continue;
    heard_ = bytes;
    ++heard_count;
  }
}

// False where the victim had nothing to send.
bool Call::poll_victim() {
  if (!run(Command::kPoll)) return false;
  const Shared& shared = victim.shared();
  bool has_sent = false;
  for (size_t i = 0; i < shared.event_count; ++i) {
    const voxlock_media_event& event = shared.events[i];
    if (event.type == VOXLOCK_EV_DIGIT) {
      // Four numbers in a row, as the library's own events have them.
      const uint32_t row[] = {event.ssrc, event.timestamp, event.duration_ms, event.lost};
      needles.add_whole("a digit that was told",
                        std::span(reinterpret_cast<const uint8_t*>(row), sizeof row));
      ++digit_count;
    }
    if (event.type != VOXLOCK_EV_TRANSMIT) continue;
    has_sent = true;
    const uint8_t* const at = shared.out + event.offset;
    hear(event.leg, Bytes(at, at + event.len));
  }
  return has_sent;
}

void Call::hear(uint32_t index, const Bytes& datagram) {
  if (index == kRoom && web_) {
    web_->receive({datagram, ip_address("192.0.2.11", 4000), web_->plan.address}, now_);
    return;
  }
  if (pressed_) add_plain(index, datagram);
  voxlock_datagram raw{};
  raw.data = datagram.data();
  raw.len = datagram.size();
  raw.source.family = 4;
  REQUIRE(voxlock_leg_input(legs_[index], &raw, 1, now_) == VOXLOCK_OK);
}

// What the victim sealed for a leg.
void Call::add_plain(uint32_t to, const Bytes& datagram) {
  if (rtp::classify(datagram) != rtp::DatagramKind::kRtp) return;
  if (!openers_[to]) {
    const leg::Key& key = legs_[to]->leg->agreement()->keys->remote;
    srtp::SessionConfig config;
    config.suite = key.suite;
    config.key_and_salt = key.key_and_salt.view();
    openers_[to].emplace(must(srtp::Session::create(world_.context, config)));
  }
  Bytes plain(datagram.size());
  plain.resize(must(openers_[to]->open_rtp(datagram, plain)));
  if (plain.size() == rtp::kFixedHeaderLen + rtp::kEventLen)
    needles.add_whole(std::string("a digit for ") + kNames[to], plain);
}

}  // namespace voxlock::test
