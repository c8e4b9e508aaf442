// The media half of the C ABI as operations of a script: legs, bridges, relays, ports, cryptors,
// SRTP, codecs and chains.
#pragma once

#include <algorithm>

#include "capi_script.h"

namespace voxlock::test {

class MediaHost {
 public:
  explicit MediaHost(voxlock_context* ctx) : ctx_(ctx) {}
  // In an order of the script's: no order may matter.
  void free_all(Script& script) {
    for (uint32_t i = 0; i < 64; ++i) free_one(script);
    for (auto& leg : legs_) voxlock_leg_free(leg);
    for (auto& bridge : bridges_) voxlock_bridge_free(bridge);
    voxlock_relay_free(relay_);
    voxlock_tap_free(tap_);
    voxlock_frame_cryptor_free(cryptor_);
    voxlock_srtp_free(srtp_);
    voxlock_chain_free(chain_);
    voxlock_encoder_free(encoder_);
    voxlock_decoder_free(decoder_);
  }
  void run(Script& script) {
    constexpr void (MediaHost::*kSteps[])(Script&) = {
        &MediaHost::make_leg,    &MediaHost::make_leg,    &MediaHost::make_port,
        &MediaHost::make_bridge, &MediaHost::agree,       &MediaHost::agree,
        &MediaHost::agree,       &MediaHost::hostile_sdp, &MediaHost::poll,
        &MediaHost::poll,        &MediaHost::poll,        &MediaHost::input,
        &MediaHost::send,        &MediaHost::send,        &MediaHost::put,
        &MediaHost::look,        &MediaHost::close_one,   &MediaHost::free_one,
        &MediaHost::cryptor,     &MediaHost::srtp,        &MediaHost::audio,
        &MediaHost::make_relay,  &MediaHost::tap};
    (this->*kSteps[script.below(static_cast<uint32_t>(std::size(kSteps)))])(script);
  }

 private:
  static constexpr uint32_t kLegs = 4;

  voxlock_leg*& leg(Script& script) { return legs_[script.below(kLegs)]; }
  voxlock_bridge*& bridge(Script& script) { return bridges_[script.below(2)]; }
  // A place, mostly one that has a handle: what is called with NULL does not get far.
  template <typename Places>
  static auto* used(Script& script, const Places& places) {
    size_t at = script.below(static_cast<uint32_t>(places.size()));
    if (!script.one_in(16)) {
      for (size_t i = 0; i < places.size() && places[at] == nullptr; ++i)
        at = (at + 1) % places.size();
    }
    return places[at];
  }
  voxlock_leg* used_leg(Script& script) { return used(script, legs_); }
  voxlock_bridge* used_bridge(Script& script) { return used(script, bridges_); }
  // The handle is not given away while one lives in its place.
  template <typename T, typename Make>
  void fill(T*& place, Make make) {
    if (place != nullptr) return;
    const int32_t status = known(make(&place));
    require((status == VOXLOCK_OK) == (place != nullptr));
  }

  void make_leg(Script& script) {
    using C = voxlock_leg_config;
    Stated<C> config(script, voxlock_leg_config_init, &C::srtp_policy, &C::ptime_ms,
                     &C::telephone_event, &C::rtcp_mux, &C::symmetric, &C::signalling,
                     &C::opus_bitrate, &C::opus_complexity, &C::rekey_overlap_ms,
                     &C::media_timeout_ms, &C::queue_bytes, &C::key_exchange, &C::dtls_client,
                     &C::consent_ms, &C::reserved);
    auto& place = leg(script);
    config.value.rtp_address = {
        {192, 0, 2, static_cast<uint8_t>(1 + (&place - legs_.data()))}, 4000, 4, 0};
    if (script.one_in(3)) config.value.codecs[0] = 1 + script.below(5);
    if (script.one_in(4)) config.value.suites[script.below(4)] = script.below(8);
    fill(place, [&](auto** out) { return voxlock_leg_new(ctx_, &config.value, out); });
  }

  void make_port(Script& script) {
    using C = voxlock_port_config;
    Stated<C> config(script, voxlock_port_config_init, &C::format, &C::codec, &C::sample_rate,
                     &C::ptime_ms, &C::payload_type, &C::event_type, &C::host_protects,
                     &C::signalling, &C::opus_bitrate, &C::queue_bytes);
    fill(leg(script), [&](auto** out) { return voxlock_port_new(ctx_, &config.value, out); });
  }

  void make_bridge(Script& script) {
    using C = voxlock_bridge_config;
    Stated<C> config(script, voxlock_bridge_config_init, &C::conceal_max_ms);
    if (script.one_in(3)) config.value.denoise_db[script.below(2)] = script.number();
    if (script.one_in(4)) config.value.cryptor[script.below(2)] = cryptor_;
    voxlock_stage stage;
    require(voxlock_stage_init(&stage, sizeof stage, VOXLOCK_STAGE_GAIN) == VOXLOCK_OK);
    if (script.one_in(3)) {
      stage.kind = script.below(7);
      stage.gain_cdb = static_cast<int32_t>(script.number());
      stage.out_rate = script.number();
      const uint32_t side = script.below(2);
      config.value.stages[side] = script.one_in(8) ? nullptr : &stage;
      config.value.stage_count[side] = script.one_in(8) ? 0 : 1;
    }
    voxlock_leg* trunk = used_leg(script);
    voxlock_leg* room = used_leg(script);
    fill(bridge(script),
         [&](auto** out) { return voxlock_bridge_new(ctx_, trunk, room, &config.value, out); });
  }

  void make_relay(Script& script) {
    using C = voxlock_relay_config;
    Stated<C> config(script, voxlock_relay_config_init, &C::digits, &C::levels, &C::is_sealed);
    voxlock_leg* trunk = used_leg(script);
    voxlock_leg* room = used_leg(script);
    fill(relay_,
         [&](auto** out) { return voxlock_relay_new(ctx_, trunk, room, &config.value, out); });
  }

  // What a refused or failed step may not change.
  static uint32_t generation(const voxlock_leg* leg) {
    voxlock_leg_media_info info{};
    info.struct_size = sizeof info;
    return voxlock_leg_media(leg, &info) == VOXLOCK_OK ? info.generation : 0;
  }

  int32_t answer(voxlock_leg* to, const std::vector<uint8_t>& offer, std::vector<uint8_t>& out,
                 Script& script) {
    const uint32_t before = generation(to);
    voxlock_verdict verdict{};
    verdict.struct_size = sizeof verdict;
    out.assign(script.one_in(16) ? 100 : 8192, 0);
    size_t len = out.size();
    const int32_t status = known(voxlock_leg_answer(to, offer.data(), offer.size(), out.data(),
                                                    &len, &verdict, script.now()));
    if (status != VOXLOCK_OK || verdict.kind == VOXLOCK_REFUSED) require(generation(to) == before);
    out.resize(status == VOXLOCK_OK ? std::min(len, out.size()) : 0);
    return status;
  }

  // Offer and answer between two legs, or only a part of it.
  void agree(Script& script) {
    voxlock_leg* from = used_leg(script);
    voxlock_leg* to = used_leg(script);
    std::vector<uint8_t> offer(8192), reply;
    size_t len = offer.size();
    const int32_t offered = known(voxlock_leg_offer(from, script.one_in(6) ? script.number() : 0,
                                                    offer.data(), &len, script.now()));
    if (offered != VOXLOCK_OK) return;
    offer.resize(len);
    if (script.one_in(8)) return;
    if (script.one_in(8))
      offer[script.u32() % offer.size()] ^= static_cast<uint8_t>(1 + script.below(255));
    if (answer(to, offer, reply, script) != VOXLOCK_OK && script.one_in(2)) return;
    const uint32_t before = generation(from);
    if (!reply.empty() && script.one_in(8)) reply[script.u32() % reply.size()] ^= 1;
    voxlock_verdict verdict{};
    verdict.struct_size = sizeof verdict;
    if (script.one_in(8)) {
      known(voxlock_leg_rollback(from));
    } else {
      const int32_t status = known(
          voxlock_leg_accept_answer(from, reply.data(), reply.size(), &verdict, script.now()));
      if (status != VOXLOCK_OK || verdict.kind == VOXLOCK_REFUSED)
        require(generation(from) == before);
    }
  }

  void hostile_sdp(Script& script) {
    std::vector<uint8_t> reply;
    auto text = script.bytes(400);
    voxlock_leg* to = used_leg(script);
    if (script.one_in(2)) {
      answer(to, text, reply, script);
    } else {
      known(voxlock_leg_accept_answer(to, text.data(), text.size(), nullptr, script.now()));
      known(voxlock_leg_accept_fork(to, text.data(), text.size(), nullptr, script.now()));
    }
  }

  // Takes events and carries datagrams to where they are addressed, if a leg is there.
  void poll(Script& script) {
    std::array<voxlock_media_event, 8> events{};
    std::vector<uint8_t> arena(script.one_in(8) ? script.number() % 3000 : 4096);
    size_t count = 0;
    const size_t cap = script.one_in(8) ? script.below(3) : events.size();
    const uint64_t now = script.now();
    const uint32_t which = script.below(kLegs + 3);
    int32_t status = VOXLOCK_OK;
    if (which < kLegs) {
      status = voxlock_leg_poll(legs_[which], events.data(), cap, &count, arena.data(),
                                arena.size(), now);
    } else if (which < kLegs + 2) {
      status = voxlock_bridge_poll(bridges_[which - kLegs], events.data(), cap, &count,
                                   arena.data(), arena.size(), now);
    } else {
      status =
          voxlock_relay_poll(relay_, events.data(), cap, &count, arena.data(), arena.size(), now);
    }
    if (known(status) != VOXLOCK_OK) return;
    require(count <= cap);
    for (size_t i = 0; i < count; ++i) {
      const auto& event = events[i];
      require(event.offset <= arena.size() && event.len <= arena.size() - event.offset);
      if (event.type != VOXLOCK_EV_TRANSMIT || event.len == 0) continue;
      last_.assign(arena.begin() + static_cast<ptrdiff_t>(event.offset),
                   arena.begin() + static_cast<ptrdiff_t>(event.offset + event.len));
      deliver(event.address.ip[3], script);
    }
  }

  // Whoever owns the leg takes the datagram.
  void deliver(uint32_t host, Script& script) {
    if (host == 0 || host > kLegs) return;
    voxlock_datagram datagram{};
    datagram.data = last_.data();
    datagram.len = last_.size();
    datagram.source = {{192, 0, 2, static_cast<uint8_t>(1 + script.below(kLegs))}, 4000, 4, 0};
    if (script.one_in(8))
      last_[script.u32() % last_.size()] ^= static_cast<uint8_t>(1 + script.below(255));
    const uint64_t now = script.now();
    if (voxlock_leg_input(legs_[host - 1], &datagram, 1, now) != VOXLOCK_ERR_LEG_ATTACHED) return;
    datagram.leg = script.below(2);
    for (auto* bridge : bridges_) known(voxlock_bridge_input(bridge, &datagram, 1, now));
    known(voxlock_relay_input(relay_, &datagram, 1, now));
  }

  void input(Script& script) {
    auto bytes = script.bytes(200);
    if (script.one_in(3)) bytes = last_;  // once more: a replay
    voxlock_datagram datagram{};
    datagram.data = script.one_in(16) ? nullptr : bytes.data();
    datagram.len = bytes.size();
    datagram.source = {{192, 0, 2, 9},
                       static_cast<uint16_t>(script.number()),
                       static_cast<uint8_t>(script.below(7)),
                       0};
    datagram.leg = script.below(3);
    datagram.local = script.one_in(8) ? script.number() : 0;
    const uint64_t now = script.now();
    known(voxlock_leg_input(used_leg(script), &datagram, 1, now));
    known(voxlock_bridge_input(used_bridge(script), &datagram, 1, now));
    known(voxlock_relay_input(relay_, &datagram, 1, now));
  }

  void send(Script& script) {
    const auto payload = script.bytes(1500);
    constexpr uint32_t kTypes[] = {0, 8, 111, 101, 13};
    known(voxlock_leg_send(
        used_leg(script), script.one_in(8) ? script.number() : kTypes[script.below(5)],
        payload.data(), payload.size(), timestamp_ += 160, script.below(3), script.now()));
  }

  void put(Script& script) {
    const auto payload = script.bytes(1500);
    voxlock_port_frame frame{};
    frame.data = payload.data();
    frame.len = payload.size();
    frame.timestamp = timestamp_ += 960;
    frame.lost = script.one_in(4) ? script.number() : 0;
    frame.payload_type = script.one_in(2) ? 111 : script.number();
    frame.marker = script.below(2);
    known(voxlock_port_put(used_bridge(script), script.below(3), &frame, 1, script.now()));
  }

  void tap(Script& script) {
    using C = voxlock_tap_config;
    Stated<C> config(script, voxlock_tap_config_init, &C::buffer_ms);
    const char* const names[] = {nullptr, "agent", "a,b", ""};
    config.value.name = names[script.one_in(4) ? script.below(4) : 0];
    voxlock_leg* const heard = used_leg(script);
    fill(tap_, [&](auto** out) { return voxlock_tap_new(ctx_, heard, &config.value, out); });
    std::array<int16_t, VOXLOCK_MAX_PACKET_SAMPLES> pcm{};
    for (uint32_t i = script.below(4); i != 0; --i) {
      size_t samples = script.one_in(4) ? script.number() % pcm.size() : pcm.size();
      voxlock_tap_frame frame{};
      frame.struct_size = script.one_in(8) ? script.below(sizeof frame) : sizeof frame;
      known(voxlock_tap_read(tap_, pcm.data(), &samples, &frame));
    }
    if (script.one_in(8)) known(voxlock_tap_revoke(tap_));
    if (script.one_in(16)) known(voxlock_bridge_revoke_taps(used_bridge(script)));
    if (script.one_in(4)) drop(tap_, voxlock_tap_free);
  }

  void look(Script& script) {
    voxlock_leg_stats stats{};
    stats.struct_size = script.one_in(4) ? script.number() % 600 : sizeof stats;
    if (stats.struct_size <= sizeof stats) known(voxlock_leg_get_stats(used_leg(script), &stats));
    voxlock_protection protection{};
    protection.struct_size = sizeof protection;
    known(voxlock_bridge_protection(used_bridge(script), &protection));
    known(voxlock_relay_protection(relay_, &protection));
    voxlock_bridge_stats totals{};
    totals.struct_size = sizeof totals;
    known(voxlock_bridge_get_stats(used_bridge(script), &totals));
    (void)voxlock_leg_next_deadline(used_leg(script));
    (void)voxlock_bridge_next_deadline(used_bridge(script));
    (void)voxlock_relay_next_deadline(relay_);
    const uint32_t before = generation(used_leg(script));
    require(before < 100000);
  }

  void close_one(Script& script) {
    if (!script.one_in(4)) return;
    const uint64_t now = script.now();
    known(voxlock_leg_close(used_leg(script), now));
    if (script.one_in(2)) known(voxlock_bridge_close(used_bridge(script), now));
    if (script.one_in(2)) known(voxlock_relay_close(relay_, now));
  }

  template <typename T>
  static void drop(T*& place, void (*free)(T*)) {
    free(place);
    place = nullptr;
  }
  void free_one(Script& script) {
    switch (script.below(8)) {
      case 0:
        return drop(leg(script), voxlock_leg_free);
      case 1:
        return drop(bridge(script), voxlock_bridge_free);
      case 2:
        return drop(relay_, voxlock_relay_free);
      case 3:
        return drop(cryptor_, voxlock_frame_cryptor_free);
      case 4:
        return drop(srtp_, voxlock_srtp_free);
      case 5:
        return drop(chain_, voxlock_chain_free);
      case 6:
        return drop(encoder_, voxlock_encoder_free);
      default:
        return drop(decoder_, voxlock_decoder_free);
    }
  }

  void cryptor(Script& script) {
    using C = voxlock_frame_cryptor_config;
    Stated<C> config(script, voxlock_frame_cryptor_config_init, &C::format, &C::ring_size,
                     &C::clear_len, &C::ratchet_window, &C::server_codec, &C::sframe_suite,
                     &C::first_counter, &C::max_frames);
    config.value.pbkdf2_iterations = 1;
    fill(cryptor_, [&](auto** out) { return voxlock_frame_cryptor_new(ctx_, &config.value, out); });
    const auto material = script.bytes(300);
    known(voxlock_frame_cryptor_set_key(cryptor_, script.below(20),
                                        static_cast<int32_t>(script.below(4)), material.data(),
                                        material.size(), script.below(5)));
    if (script.one_in(4)) known(voxlock_frame_cryptor_ratchet(cryptor_, script.below(20)));
    size_t left = 0;
    if (script.one_in(4)) known(voxlock_frame_cryptor_prepare(cryptor_, script.below(3), &left));
    if (script.one_in(8))
      known(voxlock_frame_cryptor_remove_key(cryptor_, script.below(20), script.below(4)));
    std::vector<uint8_t> sealed(400), opened(400);
    size_t sealed_len = sealed.size(), opened_len = opened.size();
    if (known(voxlock_frame_cryptor_seal(cryptor_, material.data(), material.size(), nullptr, 0,
                                         sealed.data(), &sealed_len)) != VOXLOCK_OK)
      return;
    require(sealed_len <= material.size() + voxlock_frame_cryptor_max_overhead(cryptor_));
    if (script.one_in(3) && sealed_len != 0) sealed[script.u32() % sealed_len] ^= 1;
    known(voxlock_frame_cryptor_open(cryptor_, sealed.data(), sealed_len, nullptr, 0, opened.data(),
                                     &opened_len));
  }

  void srtp(Script& script) {
    using C = voxlock_srtp_config;
    Stated<C> config(script, voxlock_srtp_config_init, &C::replay_window, &C::max_ssrcs,
                     &C::rtp_lifetime, &C::rtcp_lifetime, &C::flags);
    const std::vector<uint8_t> key(46, 7);
    constexpr size_t kLens[] = {30, 28, 44, 46, 0, 31};
    config.value.suite = static_cast<int32_t>(script.below(8));
    config.value.key = key.data();
    config.value.key_len = kLens[script.below(6)];
    fill(srtp_, [&](auto** out) { return voxlock_srtp_new(ctx_, &config.value, out); });
    auto packet = script.bytes(200);
    if (packet.size() > 12 && !script.one_in(8)) packet[0] = 0x80;
    std::vector<uint8_t> out(packet.size() + 300);
    size_t len = out.size();
    known(voxlock_srtp_set_roc(srtp_, script.below(3) - 1, script.below(3), script.number()));
    const bool is_rtcp = script.one_in(4);
    const int32_t status = known(
        is_rtcp ? voxlock_srtp_seal_rtcp(srtp_, packet.data(), packet.size(), out.data(), &len)
                : voxlock_srtp_seal(srtp_, packet.data(), packet.size(), out.data(), &len));
    if (status != VOXLOCK_OK) return;
    if (script.one_in(3)) out[script.u32() % len] ^= 1;
    size_t opened_len = packet.size() + 300;
    std::vector<uint8_t> opened(opened_len);
    known(is_rtcp ? voxlock_srtp_open_rtcp(srtp_, out.data(), len, opened.data(), &opened_len,
                                           script.now())
                  : voxlock_srtp_open(srtp_, out.data(), len, opened.data(), &opened_len,
                                      script.now()));
    voxlock_srtp_packet batch[] = {
        {srtp_, out.data(), len, opened.data(), opened.size(), 0, script.one_in(9) ? 1u : 0u},
        {script.one_in(5) ? nullptr : srtp_, packet.data(), packet.size(), out.data(), len, 0, 0}};
    known(script.one_in(2) ? voxlock_srtp_open_batch(batch, 2, script.now())
                           : voxlock_srtp_seal_batch(batch, 2));
  }

  void audio(Script& script) {
    using C = voxlock_codec_config;
    Stated<C> codec(script, voxlock_codec_config_init, &C::codec, &C::sample_rate, &C::opus_bitrate,
                    &C::opus_complexity, &C::opus_packet_loss_perc, &C::opus_fec, &C::opus_dtx,
                    &C::opus_vbr);
    if (script.one_in(2)) codec.value.codec = 1 + script.below(4);
    if (script.one_in(2))
      fill(encoder_, [&](auto** out) { return voxlock_encoder_new(ctx_, &codec.value, out); });
    if (script.one_in(2))
      fill(decoder_, [&](auto** out) { return voxlock_decoder_new(ctx_, &codec.value, out); });
    using D = voxlock_chain_config;
    Stated<D> chain(script, voxlock_chain_config_init, &D::sample_rate, &D::block_samples);
    fill(chain_, [&](auto** out) { return voxlock_chain_new(ctx_, &chain.value, out); });
    std::vector<int16_t> pcm(6000, 100);
    std::vector<uint8_t> payload(12000);
    const size_t samples = script.one_in(4) ? script.number() % pcm.size() : 160;
    size_t len = script.one_in(8) ? script.below(40) : payload.size();
    if (known(voxlock_encoder_encode(encoder_, pcm.data(), samples, payload.data(), &len)) !=
        VOXLOCK_OK)
      len = script.below(200);
    size_t got = script.one_in(8) ? script.number() % pcm.size() : pcm.size();
    known(voxlock_decoder_decode(decoder_, payload.data(), len, pcm.data(), &got));
    known(voxlock_decoder_conceal(decoder_, nullptr, 0, pcm.data(), samples));
    std::vector<int16_t> out(12000);
    size_t out_len = out.size();
    known(voxlock_chain_process(chain_, pcm.data(), samples, out.data(), &out_len));
    if (script.one_in(4)) known(voxlock_encoder_configure(encoder_, &codec.value));
  }

  voxlock_context* ctx_;
  std::array<voxlock_leg*, kLegs> legs_{};
  std::array<voxlock_bridge*, 2> bridges_{};
  voxlock_relay* relay_ = nullptr;
  voxlock_tap* tap_ = nullptr;
  voxlock_frame_cryptor* cryptor_ = nullptr;
  voxlock_srtp* srtp_ = nullptr;
  voxlock_chain* chain_ = nullptr;
  voxlock_encoder* encoder_ = nullptr;
  voxlock_decoder* decoder_ = nullptr;
  std::vector<uint8_t> last_ = std::vector<uint8_t>(20);
  uint32_t timestamp_ = 0;
};

}  // namespace voxlock::test
