// Calls a SIP URI, plays a recording to its end, hangs up, and leaves what it heard.
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

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
    {"to", "URI", nullptr, "whom to call, sips:name@host:port"},
    {"play", "WAV", nullptr, "8 kHz recording to play; without it the far end hangs up"},
    {"record", "WAV", nullptr, "where what was heard goes"},
    {"report", "JSON", nullptr, "where the report goes"},
    {"wire", "FILE", nullptr, "where the sealed datagrams that came go, one line each"},
    {"ca", "PEM", nullptr, "authorities that the far end's certificate is verified with"},
    {"cert", "PEM", nullptr, "own certificate, for mutual TLS"},
    {"key", "PEM", nullptr, "its key"},
    {"codec", "LIST", "PCMU", "codecs, preferred first: PCMU,PCMA,opus"},
    {"suite", "LIST", "AES_CM_128_HMAC_SHA1_80", "SRTP suites, preferred first"},
    {"late", nullptr, nullptr, "ask the far end for its offer (INVITE without SDP)"},
    {"then", "LIST", nullptr, "what to do after so many seconds: hold@1,resume@2.5,rekey@3"},
    {"digits", "0-9*#A-D", nullptr, "keys to press"},
    {"info", nullptr, nullptr, "digits go by SIP INFO, no telephone-event is agreed"},
    {"header", "TEXT", nullptr, "a header of the INVITE, such as 'X-Customer: 17'"},
    {"media-timeout", "SECONDS", "5", "hang up after so long without a packet"},
    {"user", "NAME", nullptr, "for a far end that asks for credentials"},
    {"password", "TEXT", nullptr, "for the same"},
    {"realm", "TEXT", nullptr, "for the same"},
    {"ip", "ADDRESS", "127.0.0.1", "own address"},
    {"transport", "KIND", "tls", "tls, or tcp for tests"},
};

// After the last word, so that nothing on its way is cut off.
constexpr uint64_t kTailNs = 300'000'000;
constexpr uint64_t kHangupTimeoutNs = 3'000'000'000;
constexpr uint32_t kDigitMs = 100;

SipHostConfig host_config(const Options& options) {
  SipHostConfig config = sip_options(options);
  config.ip = options.get("ip");
  config.user = options.has("user") ? options.get("user") : "caller";
  if (options.has("header")) config.headers = options.get("header") + "\r\n";
  if (config.is_tls && config.authorities.empty())
    throw std::runtime_error("--ca is needed to verify the far end");
  return config;
}

PhoneConfig phone_config(const Options& options) {
  PhoneConfig config = phone_options(options);
  config.ip = options.get("ip");
  config.digits = options.get("digits");
  config.media_timeout_ms = static_cast<uint32_t>(options.number("media-timeout", 1, 3600)) * 1000;
  if (config.digits.find_first_not_of("0123456789*#ABCD") != std::string::npos) {
    throw std::runtime_error("--digits are of 0-9*#A-D, not '" + config.digits + "'");
  }
  config.signalling =
      options.get("transport") == "tls" ? VOXLOCK_SIGNALLING_VERIFIED : VOXLOCK_SIGNALLING_PLAIN;
  return config;
}

// One offer in mid-call.
struct Step {
  uint64_t after_ns;
  uint32_t flags;  // VOXLOCK_OFFER_*
};

std::vector<Step> parse_steps(const std::string& list) {
  std::vector<Step> out;
  std::stringstream in(list);
  for (std::string item; std::getline(in, item, ',');) {
    const size_t at = item.find('@');
    const std::string what = item.substr(0, at);
    Step step{0, 0};
    if (what == "hold") step.flags = VOXLOCK_OFFER_HOLD;
    if (what == "rekey") step.flags = VOXLOCK_OFFER_REKEY;
    char* end = nullptr;
    const double seconds = at == std::string::npos ? -1 : std::strtod(item.c_str() + at + 1, &end);
    const bool is_known = step.flags != 0 || what == "resume";
    if (!is_known || end == nullptr || *end != 0 || !(seconds >= 0 && seconds <= 3600)) {
      throw std::runtime_error("--then is hold, resume or rekey @ seconds, not '" + item + "'");
    }
    step.after_ns = static_cast<uint64_t>(seconds * 1e9);
    out.push_back(step);
  }
  return out;
}

class Caller {
 public:
  explicit Caller(const Options& options)
      : options_(options),
        steps_(parse_steps(options.get("then"))),
        ctx_(make_context()),
        phone_(loop_, ctx_.get(), phone_config(options)),
        host_(loop_, ctx_.get(), host_config(options),
              [this](const SipEvent& event) { on_event(event); }) {}

  int run() {
    if (options_.has("password")) {
      host_.set_credentials(options_.get("realm"), options_.get("user"), options_.get("password"));
    }
    int32_t status = VOXLOCK_OK;
    call_ = host_.invite(options_.get("to"), options_.has("late") ? "" : phone_.offer(), status);
    check(status, "cannot call " + options_.get("to"));
    loop_.run([this] { return before_wait(); }, [this] { hang_up(); });
    return finish();
  }

 private:
  void on_event(const SipEvent& event) {
    switch (event.event.type) {
      case VOXLOCK_UA_EV_ANSWERED:
        take_answer(event);
        break;
      case VOXLOCK_UA_EV_UPDATED:
        take_update(event);
        break;
      case VOXLOCK_UA_EV_REFUSED:
        phone_.rollback();
        is_offering_ = event.event.status == 491;
        if (!is_offering_) ++refused_updates_;
        break;
      case VOXLOCK_UA_EV_RETRY:
        offer_again();
        break;
      case VOXLOCK_UA_EV_REFRESH:
        if (!is_offering_) offer_again();
        break;
      case VOXLOCK_UA_EV_OFFER:
        answer_offer(event);
        break;
      case VOXLOCK_UA_EV_DIGIT:
        phone_.hear_digit(event.event.digit);
        break;
      case VOXLOCK_UA_EV_DIGIT_REFUSED:
        failure_ = "the far end takes no digits by INFO";
        break;
      case VOXLOCK_UA_EV_ENDED:
        note_end(event);
        break;
      default:
        break;
    }
  }

  void take_answer(const SipEvent& event) {
    auto verdict = make_result<voxlock_verdict>();
    const std::string sdp(event.sdp);
    std::string ours;
    const bool is_good = options_.has("late") ? !(ours = phone_.answer(sdp, verdict)).empty()
                                              : phone_.accept_answer(sdp, verdict);
    // A late offer is answered in the ACK.
    if (!ours.empty()) {
      (void)voxlock_ua_answer(host_.ua(), call_, reinterpret_cast<const uint8_t*>(ours.data()),
                              ours.size(), now_ns());
    }
    if (is_good) {
      headers_ = x_headers(ctx_.get(), event.data);
      security_ = host_.security(event.event.connection);
      is_answered_ = true;
      answered_ns_ = now_ns();
      phone_.start();
    } else {
      failure_ = std::string("the session description does not do: ") + verdict.warning;
      hang_up();
    }
  }

  void take_update(const SipEvent& event) {
    auto verdict = make_result<voxlock_verdict>();
    is_offering_ = false;
    if (phone_.accept_answer(std::string(event.sdp), verdict)) {
      ++updates_;
    } else {
      ++refused_updates_;
    }
  }

  void offer_again() {
    is_offering_ = true;
    // To refresh a session is to say the last thing once more (RFC 4028).
    const std::string sdp = phone_.offer(step_ == 0 ? 0 : steps_[step_ - 1].flags);
    if (voxlock_ua_offer(host_.ua(), call_, reinterpret_cast<const uint8_t*>(sdp.data()),
                         sdp.size(), now_ns()) == VOXLOCK_OK)
      return;
    phone_.rollback();
    is_offering_ = false;
  }

  [[nodiscard]] uint64_t next_step_ns() const {
    if (!is_answered_ || is_over_ || is_offering_ || step_ == steps_.size()) return UINT64_MAX;
    return answered_ns_ + steps_[step_].after_ns;
  }

  void answer_offer(const SipEvent& event) {
    auto verdict = make_result<voxlock_verdict>();
    const std::string sdp = phone_.answer(std::string(event.sdp), verdict);
    if (!sdp.empty()) {
      (void)voxlock_ua_answer(host_.ua(), call_, reinterpret_cast<const uint8_t*>(sdp.data()),
                              sdp.size(), now_ns());
      return;
    }
    host_.reject(call_, verdict);
  }

  void note_end(const SipEvent& event) {
    if (is_answered_) phone_.stop();
    is_over_ = true;
    ended_ = cause_name(event.event.cause);
    if (is_answered_ || !failure_.empty()) return;
    failure_ = "the call failed: ";
    // Where nobody answered, the status is this end's own.
    const bool is_own = event.event.status == 0 || event.event.cause == VOXLOCK_UA_CAUSE_TIMEOUT ||
                        event.event.cause == VOXLOCK_UA_CAUSE_TRANSPORT;
    failure_ +=
        is_own ? ended_ : std::to_string(event.event.status) + " " + std::string(event.reason);
    if (!event.warning.empty()) failure_ += ", warning " + std::string(event.warning);
  }

  void hang_up() {
    if (is_over_ || is_hanging_up_) return;
    is_hanging_up_ = true;
    give_up_ns_ = now_ns() + kHangupTimeoutNs;
    (void)voxlock_ua_hangup(host_.ua(), call_, now_ns());
  }

  uint64_t before_wait() {
    host_.advance();
    if (is_answered_ && !is_over_) follow_phone();
    const uint64_t now = now_ns();
    if (is_over_) give_up_ns_ = std::min(give_up_ns_, now + kHangupTimeoutNs);
    if ((is_over_ && host_.is_quiet()) || now >= give_up_ns_) loop_.stop();
    host_.advance();
    return std::min(
        {host_.next_deadline(), phone_.next_deadline(), next_step_ns(), give_up_ns_, tail_ns_});
  }

  void follow_phone() {
    phone_.advance();
    if (const char digit = phone_.take_info_digit(); digit != 0) {
      (void)voxlock_ua_send_digit(host_.ua(), call_, static_cast<uint32_t>(digit), kDigitMs,
                                  VOXLOCK_UA_DTMF_RELAY, now_ns());
    }
    if (now_ns() >= next_step_ns()) {
      ++step_;
      offer_again();
    }
    if (phone_.has_timed_out()) {
      failure_ = "no audio from the far end";
      hang_up();
    }
    if (!options_.has("play") || !phone_.has_played()) return;
    if (tail_ns_ == UINT64_MAX) tail_ns_ = now_ns() + kTailNs;
    if (now_ns() < tail_ns_) return;
    tail_ns_ = UINT64_MAX - 1;
    hang_up();
  }

  int finish() {
    if (is_over_ == false && failure_.empty())
      failure_ = "the far end did not confirm the end of the call";
    nlohmann::json report = report_of(phone_);
    report["answered"] = is_answered_;
    report["ended"] = ended_;
    report["headers"] = headers_;
    report["updates"] = updates_;
    report["refused_updates"] = refused_updates_;
    report["tls_version"] = security_.version;
    report["tls_cipher"] = security_.cipher;
    report["peer_verified"] = security_.is_peer_verified;
    std::printf("%s\n", report.dump().c_str());
    const bool has_report =
        is_saved("caller", [&] { write_report(options_.get("report"), report); });
    const bool has_recording = !options_.has("record") || is_saved("caller", [&] {
      write_wav(options_.get("record"), {8000, phone_.recorded()});
    });
    if (failure_.empty()) return is_answered_ && has_report && has_recording ? 0 : 1;
    std::fprintf(stderr, "caller: %s\n", failure_.c_str());
    return 1;
  }

  const Options& options_;
  std::vector<Step> steps_;
  EventLoop loop_;
  ContextHandle ctx_;
  Phone phone_;
  SipHost host_;
  SecurityInfo security_;
  nlohmann::json headers_ = nlohmann::json::object();
  std::string failure_;
  std::string ended_ = "unanswered";
  uint64_t call_ = 0;
  uint64_t answered_ns_ = 0;
  size_t step_ = 0;  // the next one
  uint32_t updates_ = 0;
  uint32_t refused_updates_ = 0;
  uint64_t give_up_ns_ = UINT64_MAX;
  uint64_t tail_ns_ = UINT64_MAX;
  bool is_answered_ = false;
  bool is_offering_ = false;
  bool is_hanging_up_ = false;
  bool is_over_ = false;
};

int call(int argc, char** argv) {
  const Options options(argc, argv, "calls a SIP URI and plays a recording", kOptions);
  if (!options.has("to")) throw std::runtime_error("--to is needed, see --help");
  Caller caller(options);
  return caller.run();
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  return example::run_main("caller", example::call, argc, argv);
}
