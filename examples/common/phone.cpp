#include "common/phone.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "common/addresses.h"
#include "common/sdp_step.h"

namespace example {
namespace {

constexpr uint32_t kRate = 8000;
constexpr size_t kFrameSamples = kRate / 50;
constexpr uint64_t kFrameNs = 20'000'000;
// A recording longer than this is cut: an hour.
constexpr size_t kMaxRecorded = size_t{kRate} * 3600;
// A digit lasts 100 ms, its end is sent three times, and 140 ms of pause follow.
constexpr size_t kDigitFrames = 5;
constexpr size_t kDigitEnds = 3;
constexpr size_t kDigitPeriod = 15;
constexpr char kDigitCodes[] = "0123456789*#ABCD";
constexpr uint32_t kNoPayloadType = 255;
constexpr size_t kArena = 64 * 1024;

template <size_t N>
void copy_list(const std::vector<uint32_t>& from, uint32_t (&to)[N]) {
  if (from.empty()) return;
  std::fill(std::begin(to), std::end(to), 0u);
  std::copy_n(from.begin(), std::min(from.size(), N), to);
}

// The peer does not want to hear anything.
bool is_held(const voxlock_leg_media_info& media) {
  return media.codec != 0 &&
         (media.direction == VOXLOCK_RECVONLY || media.direction == VOXLOCK_INACTIVE);
}

}  // namespace

Phone::Phone(EventLoop& loop, voxlock_context* ctx, PhoneConfig config)
    : loop_(loop),
      ctx_(ctx),
      config_(std::move(config)),
      socket_(bind_udp(config_.ip, 0)),
      arena_(kArena) {
  if (!config_.wire.empty()) {
    wire_.open(config_.wire);
    if (!wire_)
      throw std::runtime_error("cannot write " + config_.wire + ": " + std::strerror(errno));
  }
  auto leg_config = make_config(voxlock_leg_config_init);
  leg_config.rtcp_xr = 1;
  copy_list(config_.codecs, leg_config.codecs);
  copy_list(config_.suites, leg_config.suites);
  leg_config.rtp_address = to_voxlock(make_address(config_.ip, local_port(socket_.get())));
  leg_config.signalling = config_.signalling;
  leg_config.telephone_event = config_.has_info_digits ? 0 : 1;
  leg_config.media_timeout_ms = config_.media_timeout_ms;
  voxlock_leg* leg = nullptr;
  check(voxlock_leg_new(ctx_, &leg_config, &leg), "leg");
  leg_.reset(leg);
  loop_.add(socket_.get(), EPOLLIN, [this](uint32_t) { read_socket(); });
}

Phone::~Phone() {
  loop_.remove(socket_.get());
}

std::string Phone::offer(uint32_t flags) {
  rollback();
  SdpStep step = make_offer(leg_.get(), flags);
  check(step.is_refused() ? step.verdict.reason : VOXLOCK_OK, "offer");
  return std::move(step.sdp);
}

std::string Phone::answer(const std::string& offer, voxlock_verdict& verdict) {
  SdpStep step = make_answer(leg_.get(), offer);
  verdict = step.verdict;
  if (!step.is_refused()) refresh_codec();
  return std::move(step.sdp);
}

bool Phone::accept_answer(const std::string& answer, voxlock_verdict& verdict) {
  verdict = take_answer(leg_.get(), answer).verdict;
  if (verdict.kind == VOXLOCK_REFUSED) return false;
  refresh_codec();
  return true;
}

void Phone::refresh_codec() {
  const uint32_t codec_before = media_.codec;
  const bool was_held = is_held(media_);
  media_ = make_result<voxlock_leg_media_info>();
  check(voxlock_leg_media(leg_.get(), &media_), "media");
  if (is_held(media_) && !was_held) ++holds_;
  if (media_.codec == codec_before) return;
  auto codec = make_config(voxlock_codec_config_init);
  codec.codec = media_.codec;
  codec.sample_rate = kRate;
  voxlock_encoder* encoder = nullptr;
  check(voxlock_encoder_new(ctx_, &codec, &encoder), "encoder");
  encoder_.reset(encoder);
  voxlock_decoder* decoder = nullptr;
  check(voxlock_decoder_new(ctx_, &codec, &decoder), "decoder");
  decoder_.reset(decoder);
}

void Phone::start() {
  if (next_frame_ns_ == UINT64_MAX) next_frame_ns_ = now_ns();
}

void Phone::stop() {
  next_frame_ns_ = UINT64_MAX;
  (void)voxlock_leg_close(leg_.get(), now_ns());
  drain();
}

uint64_t Phone::next_deadline() const {
  return std::min(next_frame_ns_, voxlock_leg_next_deadline(leg_.get()));
}

void Phone::advance() {
  // After a long stall only the newest second is made up for.
  const uint64_t now = now_ns();
  if (next_frame_ns_ < now && now - next_frame_ns_ > 50 * kFrameNs) next_frame_ns_ = now;
  while (next_frame_ns_ <= now) {
    play_frame();
    next_frame_ns_ += kFrameNs;
  }
  drain();
}

bool Phone::play_digit() {
  const size_t at = digit_frame_ % kDigitPeriod;
  const size_t index = digit_frame_ / kDigitPeriod;
  const bool has_way = config_.has_info_digits || media_.event_type_send != kNoPayloadType;
  if (index >= config_.digits.size() || !has_way) return false;
  ++digit_frame_;
  if (config_.has_info_digits) {
    if (at == 0) info_digit_ = config_.digits[index];
    return false;
  }
  if (at >= kDigitFrames + kDigitEnds) return false;
  if (at == 0) digit_timestamp_ = timestamp_;
  auto event = make_result<voxlock_dtmf_event>();
  const std::string_view codes = kDigitCodes;
  event.code = static_cast<uint32_t>(codes.find(config_.digits[index]));
  event.is_end = at >= kDigitFrames ? 1 : 0;
  event.volume = 10;
  event.duration =
      static_cast<uint32_t>(std::min(at + 1, kDigitFrames)) * (media_.rtp_clock_hz / 50);
  uint8_t payload[4];
  size_t len = sizeof payload;
  check(voxlock_dtmf_build(&event, payload, &len), "digit");
  // RFC 4733, section 2.5.1: all packets of an event carry the timestamp of its beginning.
  (void)voxlock_leg_send(leg_.get(), media_.event_type_send, payload, len, digit_timestamp_,
                         at == 0 ? 1 : 0, now_ns());
  return true;
}

char Phone::take_info_digit() {
  return std::exchange(info_digit_, '\0');
}

void Phone::play_frame() {
  int16_t pcm[kFrameSamples] = {};
  const size_t left = config_.play.size() - std::min(position_, config_.play.size());
  std::copy_n(config_.play.begin() + static_cast<std::ptrdiff_t>(config_.play.size() - left),
              std::min(left, kFrameSamples), pcm);
  position_ += kFrameSamples;
  if (play_digit()) {
    timestamp_ += media_.rtp_clock_hz / 50;
    return;
  }
  uint8_t payload[VOXLOCK_MAX_OPUS_PAYLOAD];
  size_t len = sizeof payload;
  check(voxlock_encoder_encode(encoder_.get(), pcm, kFrameSamples, payload, &len), "encode");
  // Held by the peer or not agreed yet: the recording plays on unheard.
  (void)voxlock_leg_send(leg_.get(), media_.payload_type_send, payload, len, timestamp_,
                         is_first_frame_ ? 1 : 0, now_ns());
  is_first_frame_ = false;
  timestamp_ += media_.rtp_clock_hz / 50;
}

void Phone::read_socket() {
  for (;;) {
    const auto packets = batch_.receive(socket_.get());
    for (const Packet& packet : packets) {
      if (wire_.is_open()) note(packet);
      const voxlock_datagram datagram{packet.data, packet.len, to_voxlock(packet.address), 0, 0, 0};
      (void)voxlock_leg_input(leg_.get(), &datagram, 1, now_ns());
      drain();
    }
    if (packets.size() < UdpBatch::kMax) return;
  }
}

// As it came, sealed: its time in ns and its bytes.
void Phone::note(const Packet& packet) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string line = std::to_string(now_ns()) + ' ';
  for (size_t i = 0; i < packet.len; ++i) {
    line += kDigits[packet.data[i] >> 4];
    line += kDigits[packet.data[i] & 15];
  }
  wire_ << line << '\n';
}

void Phone::drain() {
  voxlock_media_event events[32];
  size_t count = 0;
  do {
    check(voxlock_leg_poll(leg_.get(), events, 32, &count, arena_.data(), arena_.size(), now_ns()),
          "poll");
    for (size_t i = 0; i < count; ++i) {
      const voxlock_media_event& event = events[i];
      switch (event.type) {
        case VOXLOCK_EV_TRANSMIT:
          batch_.queue(socket_.get(), to_socket(event.address), arena_.data() + event.offset,
                       event.len);
          break;
        case VOXLOCK_EV_PAYLOAD:
          record(event);
          break;
        case VOXLOCK_EV_DIGIT:
          digits_ += static_cast<char>(event.digit);
          break;
        case VOXLOCK_EV_TIMEOUT:
          // A peer that holds need not play music (RFC 3264, section 8.4).
          has_timed_out_ = has_timed_out_ || media_.direction == VOXLOCK_SENDRECV;
          break;
        default:
          break;
      }
    }
  } while (count == 32);
  batch_.send();
}

void Phone::record(const voxlock_media_event& event) {
  if (!decoder_ || recorded_.size() > kMaxRecorded) return;
  int16_t pcm[VOXLOCK_MAX_PACKET_SAMPLES];
  const uint8_t* payload = arena_.data() + event.offset;
  for (uint32_t i = 0; i < std::min(event.lost, 10u); ++i) {
    if (voxlock_decoder_conceal(decoder_.get(), payload, event.len, pcm, kFrameSamples) !=
        VOXLOCK_OK)
      break;
    recorded_.insert(recorded_.end(), pcm, pcm + kFrameSamples);
  }
  size_t samples = VOXLOCK_MAX_PACKET_SAMPLES;
  if (voxlock_decoder_decode(decoder_.get(), payload, event.len, pcm, &samples) != VOXLOCK_OK)
    return;
  recorded_.insert(recorded_.end(), pcm, pcm + samples);
}

PhoneStats Phone::stats() const {
  PhoneStats out{make_result<voxlock_leg_stats>(), media_, digits_, holds_};
  check(voxlock_leg_get_stats(leg_.get(), &out.leg), "stats");
  return out;
}

}  // namespace example
