// Answers calls, plays a recording to them and leaves what it heard.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "common/files.h"
#include "common/names.h"
#include "common/options.h"
#include "common/phone.h"
#include "common/phone_options.h"
#include "common/report.h"
#include "common/sip_host.h"
#include "common/wav.h"

namespace example {
namespace {

constexpr OptionSpec kOptions[] = {
    {"listen", "HOST:PORT", "127.0.0.1:5061", "where to wait for calls; port 0: any"},
    {"cert", "PEM", nullptr, "own certificate"},
    {"key", "PEM", nullptr, "its key"},
    {"ca", "PEM", nullptr, "authorities that callers' certificates are verified with"},
    {"play", "WAV", nullptr, "8 kHz recording to play to callers"},
    {"record", "WAV", nullptr, "where what was heard goes, at 8 kHz; later calls get -2, -3 ..."},
    {"report", "JSON", nullptr, "where the report goes"},
    {"wire", "FILE", nullptr, "where the sealed datagrams that came go, one line each"},
    {"codec", "LIST", "opus,PCMU,PCMA", "codecs, preferred first"},
    {"suite", "LIST", "AEAD_AES_256_GCM,AEAD_AES_128_GCM,AES_CM_128_HMAC_SHA1_80",
     "SRTP suites, preferred first"},
    {"calls", "N", "0", "end after so many calls; 0: never"},
    {"info", nullptr, nullptr, "digits come by SIP INFO, no telephone-event is agreed"},
    {"ring", "SECONDS", "0", "ring for so long before answering"},
    {"refuse", "STATUS", nullptr, "refuse every call with this SIP status, 400 to 699"},
    {"transport", "KIND", "tls", "tls, or tcp for tests"},
};

constexpr uint64_t kHangupTimeoutNs = 3'000'000'000;

SipHostConfig host_config(const Options& options) {
  SipHostConfig config = sip_options(options);
  const HostPort at = parse_host_port(options.get("listen"));
  config.ip = at.host;
  config.port = at.port;
  config.listens = true;
  config.user = "listener";
  if (config.is_tls && (config.certificate.empty() || config.key.empty())) {
    throw std::runtime_error("--cert and --key are needed");
  }
  return config;
}

PhoneConfig phone_config(const Options& options) {
  PhoneConfig config = phone_options(options);
  config.ip = parse_host_port(options.get("listen")).host;
  return config;
}

class Listener {
 public:
  explicit Listener(const Options& options)
      : options_(options),
        max_calls_(options.number("calls", 0, 1'000'000)),
        ring_ns_(static_cast<uint64_t>(options.real("ring", 0, 60) * 1e9)),
        refuse_(options.has("refuse") ? static_cast<uint32_t>(options.number("refuse", 400, 699))
                                      : 0),
        ctx_(make_context()),
        phone_config_(phone_config(options)),
        host_(loop_, ctx_.get(), host_config(options),
              [this](const SipEvent& event) { on_event(event); }) {}

  int run() {
    const HostPort at = parse_host_port(options_.get("listen"));
    const bool is_v6 = at.host.find(':') != std::string::npos;
    std::printf("listening on %s%s%s:%u\n", is_v6 ? "[" : "", at.host.c_str(), is_v6 ? "]" : "",
                host_.port());
    std::fflush(stdout);
    loop_.set_reload([this] { host_.reload(); });
    loop_.run([this] { return before_wait(); }, [this] { hang_up_all(); });
    report_["calls"] = ended_calls_;
    report_["cancelled"] = cancelled_calls_;
    std::printf("%s\n", report_.dump().c_str());
    save([&] { write_report(options_.get("report"), report_); });
    return is_all_saved_ ? 0 : 1;
  }

 private:
  struct Line {
    std::unique_ptr<Phone> phone;
    std::string offer;                // of a call that rings
    nlohmann::json headers;           // of its INVITE, those with X-
    uint64_t answer_ns = UINT64_MAX;  // when it is answered; UINT64_MAX: it was
  };

  void on_event(const SipEvent& event) {
    const uint64_t call = event.event.call;
    switch (event.event.type) {
      case VOXLOCK_UA_EV_INCOMING:
        take_call(event);
        break;
      case VOXLOCK_UA_EV_CONFIRMED:
        confirm(event);
        break;
      case VOXLOCK_UA_EV_OFFER:
        if (const auto found = lines_.find(call); found != lines_.end())
          answer(call, *found->second.phone, event.sdp);
        break;
      case VOXLOCK_UA_EV_REFRESH:
        refresh(call);
        break;
      case VOXLOCK_UA_EV_UPDATED:
        update(event);
        break;
      case VOXLOCK_UA_EV_REFUSED:
        if (const auto found = lines_.find(call); found != lines_.end())
          found->second.phone->rollback();
        break;
      case VOXLOCK_UA_EV_DIGIT:
        if (const auto found = lines_.find(call); found != lines_.end())
          found->second.phone->hear_digit(event.event.digit);
        break;
      case VOXLOCK_UA_EV_ENDED:
        end_call(call, event.event.cause);
        break;
      default:
        break;
    }
  }

  void reject(uint64_t call, uint32_t status) {
    auto refusal = make_config(voxlock_ua_refusal_init);
    refusal.status = status;
    (void)voxlock_ua_reject(host_.ua(), call, &refusal, now_ns());
  }

  void take_call(const SipEvent& event) {
    const uint64_t call = event.event.call;
    const bool is_busy = is_ending_ || (max_calls_ != 0 && started_calls_ >= max_calls_);
    if (is_busy || refuse_ != 0) {
      reject(call, is_busy ? 486 : refuse_);
      return;
    }
    phone_config_.signalling = host_.signalling(event.event.connection);
    Line line;
    try {
      line.phone = std::make_unique<Phone>(loop_, ctx_.get(), phone_config_);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "listener: call refused: %s\n", error.what());
      reject(call, 500);
      return;
    }
    line.headers = x_headers(ctx_.get(), event.data);
    if (ring_ns_ != 0) {
      (void)voxlock_ua_ring(host_.ua(), call, 180, nullptr, 0, now_ns());
      line.offer = event.sdp;
      line.answer_ns = now_ns() + ring_ns_;
    } else if (!answer(call, *line.phone, event.sdp)) {
      return;
    }
    ++started_calls_;
    lines_[call] = std::move(line);
  }

  // An INVITE without an offer gets ours in the 200; its answer comes with the ACK.
  bool answer(uint64_t call, Phone& phone, std::string_view offer) {
    auto verdict = make_result<voxlock_verdict>();
    const std::string sdp =
        offer.empty() ? phone.offer() : phone.answer(std::string(offer), verdict);
    if (!sdp.empty()) {
      return voxlock_ua_answer(host_.ua(), call, reinterpret_cast<const uint8_t*>(sdp.data()),
                               sdp.size(), now_ns()) == VOXLOCK_OK;
    }
    host_.reject(call, verdict);
    return false;
  }

  void confirm(const SipEvent& event) {
    const auto found = lines_.find(event.event.call);
    if (found == lines_.end()) return;
    Phone& phone = *found->second.phone;
    auto verdict = make_result<voxlock_verdict>();
    if (!event.sdp.empty() && !phone.accept_answer(std::string(event.sdp), verdict)) {
      (void)voxlock_ua_hangup(host_.ua(), event.event.call, now_ns());
      return;
    }
    phone.start();
  }

  // An answer that does not do leaves the media as it was, and the call too.
  void update(const SipEvent& event) {
    const auto found = lines_.find(event.event.call);
    auto verdict = make_result<voxlock_verdict>();
    if (found != lines_.end())
      (void)found->second.phone->accept_answer(std::string(event.sdp), verdict);
  }

  // RFC 4028: the session lasts on by a re-INVITE that changes nothing.
  void refresh(uint64_t call) {
    const auto found = lines_.find(call);
    if (found == lines_.end()) return;
    const std::string sdp = found->second.phone->offer();
    if (voxlock_ua_offer(host_.ua(), call, reinterpret_cast<const uint8_t*>(sdp.data()), sdp.size(),
                         now_ns()) != VOXLOCK_OK)
      found->second.phone->rollback();
  }

  void end_call(uint64_t call, uint32_t cause) {
    const auto found = lines_.find(call);
    if (found == lines_.end()) return;
    ++ended_calls_;
    if (max_calls_ != 0 && ended_calls_ >= max_calls_) is_ending_ = true;
    if (found->second.answer_ns != UINT64_MAX) {
      ++cancelled_calls_;
      lines_.erase(found);
      return;
    }
    Phone& phone = *found->second.phone;
    phone.stop();
    report_ = report_of(phone);
    report_["headers"] = found->second.headers;
    report_["ended"] = phone.has_timed_out() ? "silence" : cause_name(cause);
    if (options_.has("record")) save([&] { write_wav(record_path(), {8000, phone.recorded()}); });
    lines_.erase(found);
  }

  void save(const std::function<void()>& write) {
    is_all_saved_ = is_saved("listener", write) && is_all_saved_;
  }

  [[nodiscard]] std::string record_path() const {
    std::string path = options_.get("record");
    if (ended_calls_ < 2) return path;
    const size_t dot = path.ends_with(".wav") ? path.size() - 4 : path.size();
    return path.insert(dot, "-" + std::to_string(ended_calls_));
  }

  void hang_up_all() {
    is_ending_ = true;
    give_up_ns_ = now_ns() + kHangupTimeoutNs;
    for (const auto& [call, line] : lines_) (void)voxlock_ua_hangup(host_.ua(), call, now_ns());
  }

  uint64_t before_wait() {
    host_.advance();
    for (auto& [call, line] : lines_) {
      if (line.answer_ns <= now_ns()) {
        line.answer_ns = UINT64_MAX;
        (void)answer(call, *line.phone, line.offer);
      }
      line.phone->advance();
      if (line.phone->has_timed_out()) (void)voxlock_ua_hangup(host_.ua(), call, now_ns());
    }
    host_.advance();
    const bool is_done = is_ending_ && lines_.empty();
    if (is_done) give_up_ns_ = std::min(give_up_ns_, now_ns() + kHangupTimeoutNs);
    if ((is_done && host_.is_quiet()) || now_ns() >= give_up_ns_) loop_.stop();
    uint64_t deadline = std::min(host_.next_deadline(), give_up_ns_);
    for (const auto& [call, line] : lines_)
      deadline = std::min({deadline, line.answer_ns, line.phone->next_deadline()});
    return deadline;
  }

  const Options& options_;
  int64_t max_calls_;
  uint64_t ring_ns_;
  uint32_t refuse_;
  EventLoop loop_;
  ContextHandle ctx_;
  PhoneConfig phone_config_;
  SipHost host_;
  std::map<uint64_t, Line> lines_;  // by call of the user agent
  nlohmann::json report_ = nlohmann::json::object();
  int64_t started_calls_ = 0;
  int64_t ended_calls_ = 0;
  int64_t cancelled_calls_ = 0;
  uint64_t give_up_ns_ = UINT64_MAX;
  bool is_ending_ = false;
  bool is_all_saved_ = true;
};

int listen(int argc, char** argv) {
  const Options options(argc, argv, "answers calls and records them", kOptions);
  Listener listener(options);
  return listener.run();
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  return example::run_main("listener", example::listen, argc, argv);
}
