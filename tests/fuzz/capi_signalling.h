// The signalling half of the C ABI as operations of a script: two user agents that talk to each
// other, SIP and SDP parsers, negotiations, TLS, DTLS and ICE.
#pragma once

#include <algorithm>
#include <map>

#include "capi_script.h"

namespace voxlock::test {

class SignallingHost {
 public:
  // identity: made once, for a key takes long.
  SignallingHost(voxlock_context* ctx, const voxlock_identity* identity)
      : ctx_(ctx), identity_(identity), pem_(4096) {
    size_t len = pem_.size();
    require(voxlock_identity_pem(identity_, 1, pem_.data(), &len) == VOXLOCK_OK);
    pem_.resize(len);
    len = print_.size();
    require(voxlock_fingerprint(ctx_, pem_.data(), pem_.size(), 1, print_.data(), &len) ==
            VOXLOCK_OK);
  }
  void free_all(Script& script) {
    for (uint32_t i = 0; i < 16; ++i) free_one(script);
    for (auto* agent : agents_) voxlock_ua_free(agent);
    for (auto* dtls : dtls_) voxlock_dtls_free(dtls);
    for (auto* negotiation : negotiations_) voxlock_negotiation_free(negotiation);
    voxlock_tls_free(tls_);
    voxlock_tls_settings_free(settings_);
    voxlock_ice_free(ice_);
    voxlock_sip_message_free(message_);
    voxlock_sip_framer_free(framer_);
    voxlock_sdp_free(sdp_);
  }
  void run(Script& script) {
    constexpr void (SignallingHost::*kSteps[])(Script&) = {
        &SignallingHost::make_agent, &SignallingHost::call,      &SignallingHost::command,
        &SignallingHost::command,    &SignallingHost::pump,      &SignallingHost::pump,
        &SignallingHost::pump,       &SignallingHost::bytes_in,  &SignallingHost::sip,
        &SignallingHost::sdp,        &SignallingHost::negotiate, &SignallingHost::tls,
        &SignallingHost::handshake,  &SignallingHost::handshake, &SignallingHost::ice,
        &SignallingHost::free_one};
    (this->*kSteps[script.below(static_cast<uint32_t>(std::size(kSteps)))])(script);
  }

 private:
  template <typename T, typename Make>
  void fill(T*& place, Make make) {
    if (place != nullptr) return;
    const int32_t status = known(make(&place));
    require((status == VOXLOCK_OK) == (place != nullptr));
  }

  void make_agent(Script& script) {
    using C = voxlock_ua_config;
    Stated<C> config(script, voxlock_ua_config_init, &C::survive, &C::port_tcp, &C::port_tls,
                     &C::algorithms, &C::nonce_lifetime_ns, &C::t1_ns, &C::t2_ns,
                     &C::max_connections, &C::max_calls, &C::max_transactions,
                     &C::session_expires_s, &C::min_se_s);
    // What the host pays for in memory is not what is looked for.
    config.value.max_calls = std::min(config.value.max_calls, 4u);
    config.value.max_transactions = std::min(config.value.max_transactions, 16u);
    config.value.max_connections = std::min(config.value.max_connections, 6u);
    config.value.max_message = 2048;
    config.value.max_output = 8192;
    config.value.host = "a.example";
    config.value.host_len = script.one_in(16) ? 0 : 9;
    if (script.one_in(3)) {
      config.value.realm = "r";
      config.value.realm_len = 1;
    }
    auto& agent = agents_[script.below(2)];
    fill(agent, [&](auto** out) { return voxlock_ua_new(ctx_, &config.value, out); });
    if (script.one_in(2)) known(voxlock_ua_set_account(agent, "u", script.one_in(4) ? "" : "p"));
    if (script.one_in(2))
      known(voxlock_ua_set_credentials(agent, "r", "", script.one_in(4) ? "" : "u",
                                       script.one_in(4) ? nullptr : "p"));
  }

  void call(Script& script) {
    using C = voxlock_ua_invite_config;
    Stated<C> config(script, voxlock_ua_invite_config_init, &C::transport, &C::connection);
    constexpr const char* kTo[] = {"sip:b@b.example;transport=tcp",
                                   "sips:b@b.example;transport=tcp", "tel:+1", "sip:", ""};
    config.value.to = kTo[script.one_in(4) ? script.below(5) : 0];
    config.value.to_len = std::strlen(config.value.to);
    config.value.sdp = reinterpret_cast<const uint8_t*>("v=0\r\n");
    config.value.sdp_len = script.one_in(3) ? 0 : 5;
    constexpr const char* kHeaders[] = {"",           "X-A: b\r\n",      "X-A: b",
                                        "Via: x\r\n", "X-A: b\r\nX\r\n", "X-A:\n\r\n"};
    config.value.headers = kHeaders[script.one_in(4) ? script.below(6) : 0];
    config.value.headers_len = std::strlen(config.value.headers);
    if (script.one_in(8)) {
      config.value.display_name = "a\r\nb";
      config.value.display_name_len = 4;
    }
    auto* agent = agents_[script.below(2)];
    uint64_t id = 0;
    const int32_t status =
        known(script.one_in(6) ? voxlock_ua_options(agent, &config.value, &id, script.now())
                               : voxlock_ua_invite(agent, &config.value, &id, script.now()));
    if (status == VOXLOCK_OK) calls_[agent == agents_[1]].push_back(id);
  }

  uint64_t a_call(Script& script, uint32_t agent) {
    const auto& calls = calls_[agent];
    if (calls.empty() || script.one_in(12)) return script.number();
    return calls[calls.size() - 1 - script.u8() % std::min<size_t>(calls.size(), 3)];
  }

  void command(Script& script) {
    const uint32_t which = script.below(2);
    auto* agent = agents_[which];
    const uint64_t id = a_call(script, which);
    const auto* sdp = reinterpret_cast<const uint8_t*>("v=0\r\n");
    const size_t len = script.one_in(6) ? 0 : 5;
    const uint64_t now = script.now();
    switch (script.below(7)) {
      case 0:
        known(voxlock_ua_ring(agent, id, script.one_in(4) ? script.number() : 180, sdp, len, now));
        break;
      case 1:
        known(voxlock_ua_answer(agent, id, sdp, len, now));
        break;
      case 2:
        known(voxlock_ua_answer_headers(agent, id, sdp, len, "X-A: 1\r\n", script.one_in(4) ? 7 : 8,
                                        now));
        break;
      case 3: {
        using C = voxlock_ua_refusal;
        Stated<C> refusal(script, voxlock_ua_refusal_init, &C::status, &C::warn_code,
                          &C::retry_after_s);
        known(voxlock_ua_reject(agent, id, &refusal.value, now));
        break;
      }
      case 4:
        known(voxlock_ua_offer(agent, id, sdp, len, now));
        break;
      case 5:
        known(voxlock_ua_send_digit(agent, id, script.one_in(4) ? script.number() : '5',
                                    script.one_in(4) ? script.number() : 160, script.below(4),
                                    now));
        break;
      default:
        known(voxlock_ua_hangup(agent, id, now));
    }
  }

  // Events of an agent; what it sends reaches the other one, or the connection breaks.
  void pump(Script& script) {
    const uint32_t from = script.below(2);
    std::array<voxlock_ua_event, 8> events{};
    std::vector<uint8_t> arena(script.one_in(16) ? script.number() % 5000 : 16384);
    size_t count = 0, used = arena.size();
    const uint64_t now = script.now();
    if (known(voxlock_ua_poll(agents_[from], events.data(), events.size(), &count, arena.data(),
                              &used, now)) != VOXLOCK_OK)
      return;
    require(count <= events.size() && used <= arena.size());
    for (size_t i = 0; i < count; ++i) {
      const auto& event = events[i];
      require(event.data_offset + event.data_len <= used &&
              event.sdp_offset + event.sdp_len <= used);
      if (event.call != 0) calls_[from].push_back(event.call);
      if (event.type == VOXLOCK_UA_EV_CONNECT) {
        connect(from, event, script);
      } else if (event.type == VOXLOCK_UA_EV_TRANSMIT) {
        transmit(from, event.connection, {arena.data() + event.data_offset, event.data_len},
                 script);
      } else if (event.type == VOXLOCK_UA_EV_CLOSE) {
        known(voxlock_ua_closed(agents_[from], event.connection, now));
      }
    }
    if (calls_[from].size() > 64)
      calls_[from].erase(calls_[from].begin(), calls_[from].begin() + 32);
  }

  void connect(uint32_t from, const voxlock_ua_event& event, Script& script) {
    uint64_t far = 0;
    const uint64_t now = script.now();
    if (script.one_in(6) || voxlock_ua_accept(agents_[1 - from], event.transport, "192.0.2.1", 9,
                                              4000, &far, now) != VOXLOCK_OK) {
      known(voxlock_ua_closed(agents_[from], event.connection, now));
      return;
    }
    links_[{from, event.connection}] = far;
    links_[{1 - from, far}] = event.connection;
    known(voxlock_ua_connected(agents_[from], event.connection, now));
  }

  void transmit(uint32_t from, uint64_t connection, ByteView bytes, Script& script) {
    const auto link = links_.find({from, connection});
    if (link == links_.end()) return;
    std::vector<uint8_t> sent(bytes.begin(), bytes.end());
    if (script.one_in(12) && !sent.empty()) sent[script.u32() % sent.size()] = script.u8();
    if (script.one_in(24)) return;
    size_t taken = 0;
    known(voxlock_ua_input(agents_[1 - from], link->second, sent.data(), sent.size(), &taken,
                           script.now()));
    require(taken <= sent.size());
    if (!script.one_in(32)) return;
    known(voxlock_ua_closed(agents_[from], connection, script.now()));
    known(voxlock_ua_closed(agents_[1 - from], link->second, script.now()));
  }

  void bytes_in(Script& script) {
    auto* agent = agents_[script.below(2)];
    uint64_t connection = script.number();
    if (script.one_in(2))
      (void)voxlock_ua_accept(agent, script.below(4), "192.0.2.7", script.below(12),
                              script.number(), &connection, script.now());
    const auto bytes = script.bytes(600);
    size_t taken = 0;
    known(voxlock_ua_input(agent, connection, bytes.data(), bytes.size(), &taken, script.now()));
    require(taken <= bytes.size());
    if (script.one_in(8)) known(voxlock_ua_closed(agent, connection, script.now()));
    voxlock_ua_stats stats{};
    stats.struct_size = sizeof stats;
    known(voxlock_ua_get_stats(agent, &stats));
    (void)voxlock_ua_next_deadline(agent);
  }

  void sip(Script& script) {
    using C = voxlock_sip_config;
    Stated<C> config(script, voxlock_sip_config_init, &C::max_message, &C::is_client, &C::reserved);
    fill(message_, [&](auto** out) { return voxlock_sip_message_new(ctx_, &config.value, out); });
    fill(framer_, [&](auto** out) { return voxlock_sip_framer_new(ctx_, &config.value, out); });
    const auto bytes = script.bytes(600);
    size_t consumed = 0;
    known(voxlock_sip_message_parse(message_, bytes.data(), bytes.size(),
                                    static_cast<int32_t>(script.below(3)), &consumed));
    voxlock_sip_summary summary{};
    summary.struct_size = sizeof summary;
    known(voxlock_sip_message_summary(message_, &summary));
    voxlock_sip_header header{};
    known(voxlock_sip_message_header(message_, script.one_in(2) ? nullptr : "Via", script.below(4),
                                     &header));
    voxlock_sip_text text{};
    known(voxlock_sip_message_value(message_, "Contact", script.below(3), &text));
    known(voxlock_sip_message_body(message_, "application/sdp", &text));
    size_t taken = 0;
    known(voxlock_sip_framer_feed(framer_, bytes.data(), bytes.size(), &taken));
    int32_t kind = 0;
    for (int i = 0; i < 4; ++i) known(voxlock_sip_framer_next(framer_, &kind, &text));
    voxlock_sip_uri uri{};
    uri.struct_size = sizeof uri;
    known(voxlock_sip_uri_parse(reinterpret_cast<const char*>(bytes.data()), bytes.size(), &uri));
  }

  void sdp(Script& script) {
    fill(sdp_, [&](auto** out) { return voxlock_sdp_new(ctx_, 1000 + script.below(3), out); });
    const auto bytes = script.bytes(600);
    known(voxlock_sdp_parse(sdp_, bytes.data(), bytes.size()));
    voxlock_sdp_summary summary{};
    summary.struct_size = sizeof summary;
    known(voxlock_sdp_get_summary(sdp_, &summary));
    voxlock_sdp_media media{};
    media.struct_size = sizeof media;
    known(voxlock_sdp_get_media(sdp_, script.number(), &media));
    voxlock_sip_header attribute{};
    known(voxlock_sdp_attribute(sdp_, static_cast<int32_t>(script.number()), nullptr,
                                script.number(), &attribute));
    voxlock_sdp_crypto crypto{};
    crypto.struct_size = sizeof crypto;
    known(voxlock_sdp_crypto_parse(reinterpret_cast<const char*>(bytes.data()), bytes.size(),
                                   &crypto));
    std::vector<uint8_t> out(script.below(400));
    size_t len = out.size();
    known(voxlock_sdp_crypto_write(&crypto, out.data(), &len));
  }

  void negotiate(Script& script) {
    using C = voxlock_negotiation_config;
    Stated<C> config(script, voxlock_negotiation_config_init, &C::key_exchange, &C::srtp_policy,
                     &C::ptime_ms, &C::rtcp_mux, &C::dtls_role, &C::ice_lite, &C::extensions,
                     &C::red);
    config.value.rtp_address = {{192, 0, 2, 1}, 4000, 4, 0};
    if (script.one_in(2)) {
      config.value.key_exchange = 2;
      config.value.fingerprint =
          "sha-256 "
          "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:"
          "DD:EE:FF";
    }
    auto& place = negotiations_[script.below(2)];
    fill(place, [&](auto** out) { return voxlock_negotiation_new(ctx_, &config.value, out); });
    auto* from = negotiations_[script.below(2)];
    auto* to = negotiations_[script.below(2)];
    std::vector<uint8_t> offer(8192), reply(8192);
    size_t len = offer.size(), reply_len = reply.size();
    if (known(voxlock_negotiation_offer(from, script.one_in(4) ? script.number() : 0, offer.data(),
                                        &len)) != VOXLOCK_OK)
      return;
    if (script.one_in(6)) offer[script.u32() % len] = script.u8();
    const int32_t answered =
        known(voxlock_negotiation_answer(to, offer.data(), len, reply.data(), &reply_len, nullptr));
    if (answered != VOXLOCK_OK || script.one_in(6)) {
      known(voxlock_negotiation_rollback(from));
    } else {
      known(voxlock_negotiation_accept_answer(from, reply.data(), reply_len, nullptr));
    }
    voxlock_negotiated agreed{};
    agreed.struct_size = sizeof agreed;
    known(voxlock_negotiation_get(from, &agreed));
    len = offer.size();
    known(
        voxlock_negotiation_text(from, static_cast<int32_t>(script.below(15)), offer.data(), &len));
  }

  void tls(Script& script) {
    using C = voxlock_tls_settings_config;
    Stated<C> config(script, voxlock_tls_settings_config_init, &C::role, &C::client_auth,
                     &C::requires_alpn);
    config.value.authorities = pem_.data();
    config.value.authorities_len = script.one_in(8) ? script.below(200) : pem_.size();
    fill(settings_, [&](auto** out) { return voxlock_tls_settings_new(ctx_, &config.value, out); });
    fill(tls_, [&](auto** out) {
      return voxlock_tls_new(ctx_, settings_, script.one_in(4) ? nullptr : "b.example", out);
    });
    const auto bytes = script.bytes(300);
    size_t consumed = 0;
    if (script.one_in(2)) known(voxlock_tls_start(tls_, script.now()));
    known(voxlock_tls_feed(tls_, bytes.data(), bytes.size(), &consumed, script.now()));
    std::vector<uint8_t> out(script.below(200));
    size_t len = out.size();
    known(voxlock_tls_take(tls_, out.data(), &len));
    len = out.size();
    known(voxlock_tls_read(tls_, out.data(), &len));
    known(voxlock_tls_write(tls_, bytes.data(), bytes.size(), &consumed));
    if (script.one_in(8)) known(voxlock_tls_end_input(tls_, script.now()));
    if (script.one_in(8)) known(voxlock_tls_close(tls_));
    voxlock_tls_info info{};
    info.struct_size = sizeof info;
    known(voxlock_tls_get_info(tls_, &info));
  }

  // Two ends of a DTLS association with each other's datagrams, some of them changed or lost.
  void handshake(Script& script) {
    for (uint32_t i = 0; i < 2; ++i) {
      using C = voxlock_dtls_config;
      Stated<C> config(script, voxlock_dtls_config_init, &C::mtu, &C::is_address_proven);
      config.value.role =
          script.one_in(16) ? static_cast<int32_t>(script.number()) : static_cast<int32_t>(i + 1);
      config.value.identity = identity_;
      fill(dtls_[i], [&](auto** out) { return voxlock_dtls_new(ctx_, &config.value, out); });
    }
    for (int round = 0; round < 6; ++round) {
      const uint32_t from = script.below(2);
      std::vector<uint8_t> datagram(2000);
      size_t len = datagram.size();
      known(voxlock_dtls_start(dtls_[from], script.now()));
      if (known(voxlock_dtls_take(dtls_[from], datagram.data(), &len)) != VOXLOCK_OK || len == 0) {
        known(voxlock_dtls_advance(dtls_[from], script.now()));
        continue;
      }
      if (script.one_in(12))
        datagram[script.u32() % len] ^= static_cast<uint8_t>(1 + script.below(255));
      if (!script.one_in(12))
        known(voxlock_dtls_receive(dtls_[1 - from], datagram.data(), len, script.now()));
    }
    if (script.one_in(3)) {
      const char* print = script.one_in(6) ? "sha-256 00" : print_.data();
      known(voxlock_dtls_expect(dtls_[script.below(2)], print, script.now()));
    }
    voxlock_dtls_info info{};
    info.struct_size = sizeof info;
    const bool is_known = voxlock_dtls_get_info(dtls_[0], &info) == VOXLOCK_OK;
    voxlock_dtls_keys keys{};
    keys.struct_size = sizeof keys;
    const int32_t exported = known(voxlock_dtls_export_keys(dtls_[0], &keys));
    require(!is_known || (exported == VOXLOCK_OK) == (info.media_allowed == 1));
    if (script.one_in(12)) known(voxlock_dtls_close(dtls_[script.below(2)], script.now()));
  }

  void ice(Script& script) {
    using C = voxlock_ice_config;
    Stated<C> config(script, voxlock_ice_config_init, &C::local_count, &C::consent_ms,
                     &C::max_errors_per_s);
    config.value.local[0] = {{192, 0, 2, 1}, 4000, 4, 0};
    if (script.one_in(2)) config.value.local_count = 1;
    fill(ice_, [&](auto** out) { return voxlock_ice_new(ctx_, &config.value, out); });
    if (script.one_in(4))
      known(voxlock_ice_set_remote(ice_, "abcd",
                                   script.one_in(4) ? "short" : "0123456789abcdefghijkl"));
    if (script.one_in(8))
      known(voxlock_ice_restart(ice_, nullptr, script.one_in(4) ? "x" : nullptr));
    const auto bytes = script.bytes(200);
    known(voxlock_ice_add_candidate(ice_, bytes.data(), bytes.size()));
    const voxlock_address from = {{192, 0, 2, 9}, static_cast<uint16_t>(script.number()), 4, 0};
    std::vector<uint8_t> response(script.one_in(8) ? 20 : VOXLOCK_ICE_MAX_RESPONSE);
    size_t len = response.size();
    known(voxlock_ice_receive(ice_, bytes.data(), bytes.size(), &from,
                              script.one_in(8) ? script.number() : 0, response.data(), &len,
                              script.now()));
    std::array<voxlock_ice_event, 3> events{};
    size_t count = 0;
    known(voxlock_ice_poll(ice_, events.data(), script.below(4), &count, script.now()));
    require(voxlock_ice_is_authenticated(ice_, 0, &from) <= 0);
    len = response.size();
    known(
        voxlock_ice_get_local(ice_, static_cast<int32_t>(script.below(5)), response.data(), &len));
  }

  template <typename T>
  static void drop(T*& place, void (*free)(T*)) {
    free(place);
    place = nullptr;
  }
  void free_one(Script& script) {
    switch (script.below(9)) {
      case 0:
        links_.clear();
        return drop(agents_[script.below(2)], voxlock_ua_free);
      case 1:
        return drop(dtls_[script.below(2)], voxlock_dtls_free);
      case 2:
        return drop(negotiations_[script.below(2)], voxlock_negotiation_free);
      case 3:
        return drop(tls_, voxlock_tls_free);
      case 4:
        return drop(settings_, voxlock_tls_settings_free);
      case 5:
        return drop(ice_, voxlock_ice_free);
      case 6:
        return drop(message_, voxlock_sip_message_free);
      case 7:
        return drop(framer_, voxlock_sip_framer_free);
      default:
        return drop(sdp_, voxlock_sdp_free);
    }
  }

  voxlock_context* ctx_;
  const voxlock_identity* identity_;
  std::vector<uint8_t> pem_;       // its certificate
  std::array<char, 200> print_{};  // and the fingerprint of that
  std::array<voxlock_ua*, 2> agents_{};
  std::map<std::pair<uint32_t, uint64_t>, uint64_t> links_;
  std::array<std::vector<uint64_t>, 2> calls_;
  std::array<voxlock_dtls*, 2> dtls_{};
  std::array<voxlock_negotiation*, 2> negotiations_{};
  voxlock_tls* tls_ = nullptr;
  voxlock_tls_settings* settings_ = nullptr;
  voxlock_ice* ice_ = nullptr;
  voxlock_sip_message* message_ = nullptr;
  voxlock_sip_framer* framer_ = nullptr;
  voxlock_sdp* sdp_ = nullptr;
};

}  // namespace voxlock::test
