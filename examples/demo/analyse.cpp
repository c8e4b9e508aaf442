// Turns what the demo's processes measured and recorded into a table, report.json and the data of
// the spectrogram. Exit status 0 only if every check of the call held.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "common/files.h"
#include "common/options.h"
#include "common/wav.h"
#include "demo/signal.h"

namespace example {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr OptionSpec kOptions[] = {
    {"dir", "FOLDER", "build/demo",
     "where the processes left their files, and where the results go"},
    {"caller", "KIND", "voxlock", "who called: voxlock or baresip"},
    {"room", "KIND", "sip", "who was called: sip, livekit, livekit-e2ee or browser"},
    {"min-gain", "DB", "3", "least improvement of the SNR that counts as success"},
};

// A lag above this is no longer a call: jitter buffers and codecs stay below half a second.
constexpr size_t kMaxLagMs = 1500;
// A browser opens its microphone before the call is answered.
constexpr size_t kMaxBrowserLagMs = 4000;
constexpr double kMinCorrelation = 0.6;
// Its echo canceller, noise suppressor and gain control shape the microphone, to about 0.67; speech
// that is not the same gets 0.2.
constexpr double kMinMicrophone = 0.5;

struct Direction {
  double correlation = 0;
  double before_snr = 0;
  double after_snr = 0;
  double before_si_sdr = 0;
  double after_si_sdr = 0;
};

struct Heard {
  double correlation;
  double least;  // that counts as heard
};

json read_json(const fs::path& path) {
  std::ifstream file(path);
  if (!file)
    throw std::runtime_error("the call left no " + path.filename().string() +
                             " (see the logs beside it)");
  return json::parse(file);
}

double correlation_of(const Wav& sent, const Wav& heard, bool is_stretched) {
  const size_t max_lag = sent.rate * (is_stretched ? kMaxBrowserLagMs : kMaxLagMs) / 1000;
  return is_stretched ? align_pieces(sent.samples, heard.samples, sent.rate, max_lag)
                      : align(sent.samples, heard.samples, max_lag).correlation;
}

Direction measure(const Wav& clean, const Wav& before, const Wav& after, bool is_stretched) {
  const size_t max_lag = clean.rate * kMaxLagMs / 1000;
  const auto activity = find_activity(clean.samples, clean.rate);
  const Alignment heard = align(clean.samples, after.samples, max_lag);
  Direction out;
  out.correlation = is_stretched ? correlation_of(clean, after, true) : heard.correlation;
  out.before_snr = snr_db(before.samples, 0, activity, clean.rate);
  out.after_snr = snr_db(after.samples, heard.lag, activity, clean.rate);
  out.before_si_sdr = si_sdr_db(clean.samples, before.samples, 0);
  out.after_si_sdr = si_sdr_db(clean.samples, after.samples, heard.lag);
  return out;
}

void write_spectrogram(const fs::path& dir, const std::string& name, const Wav& wav) {
  std::ofstream file(dir / (name + ".spectrum"));
  const auto rows = spectrogram_db(wav.samples, wav.rate);
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t k = 0; k < kBins; ++k) {
      file << static_cast<double>(i) * 0.016 << ' '
           << static_cast<double>(k) * wav.rate / (2.0 * kBins) / 1000 << ' ' << rows[i][k] << '\n';
    }
    file << '\n';
  }
}

std::string text_of(const char* format, double value) {
  char out[64];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

class Checks {
 public:
  void add(const char* name, bool ok, const std::string& detail) {
    list_.push_back({{"name", name}, {"ok", ok}, {"detail", detail}});
    all_ = all_ && ok;
  }
  [[nodiscard]] const json& list() const { return list_; }
  [[nodiscard]] bool all() const { return all_; }

 private:
  json list_ = json::array();
  bool all_ = true;
};

void check_hops(Checks& checks, const json& hops) {
  checks.add("two hops", hops.size() == 2, std::to_string(hops.size()) + " hops");
  if (hops.size() != 2) return;
  for (const json& hop : hops) {
    const std::string name = hop.at("name");
    checks.add((name + " encrypted").c_str(), hop.at("encrypted"), hop.at("suite"));
    // Keys in the SDP need signalling that nobody reads along; DTLS brings its own.
    if (hop.at("key_exchange") == "SDES") {
      checks.add(
          (name + " signalling over TLS").c_str(),
          hop.at("tls_version").get<std::string>().starts_with("TLS"),
          hop.at("tls_version").get<std::string>() + " " + hop.at("tls_cipher").get<std::string>());
    } else {
      checks.add((name + " keys by DTLS").c_str(), hop.at("key_exchange") == "DTLS",
                 hop.at("key_exchange"));
    }
  }
  // Two SDES hops show by their suites that each has keys of its own; DTLS made keys for one alone.
  const auto keys_of = [](const json& hop) {
    return hop.at("suite").get<std::string>() + " by " + hop.at("key_exchange").get<std::string>();
  };
  checks.add("other keys on each hop", keys_of(hops[0]) != keys_of(hops[1]),
             keys_of(hops[0]) + " / " + keys_of(hops[1]));
}

void check_media(Checks& checks, const json& gateway, const json& listener,
                 const Direction& forward, const Heard& back, double min_gain) {
  const json& packets = gateway.at("packets");
  checks.add("audio flowed",
             packets.at("in").get<uint64_t>() > 100 && packets.at("out").get<uint64_t>() > 100,
             packets.dump());
  checks.add("no packet lost",
             packets.at("lost").get<uint64_t>() == 0 && listener.at("lost").get<uint64_t>() == 0,
             "gateway " + packets.at("lost").dump() + ", listener " + listener.at("lost").dump());
  checks.add("nothing failed to authenticate", gateway.at("auth_failures").get<uint64_t>() == 0,
             gateway.at("auth_failures").dump() + " packets");
  checks.add("room heard the caller", forward.correlation > kMinCorrelation,
             text_of("correlation %.2f", forward.correlation));
  checks.add("caller heard the room", back.correlation > back.least,
             text_of("correlation %.2f", back.correlation));
  checks.add("noise went down", forward.after_snr - forward.before_snr >= min_gain,
             text_of("%.1f dB", forward.before_snr) + text_of(" -> %.1f dB", forward.after_snr));
  checks.add("plaintext time measured", gateway.at("plaintext_us").at("max").get<double>() > 0,
             gateway.at("plaintext_us").dump());
  checks.add("calls ended by BYE", gateway.at("ended").get<std::string>() == "bye",
             gateway.at("ended"));
}

// The room's frames are sealed end to end by the gateway and by LiveKit's SDK.
void check_sealed(Checks& checks, const json& gateway, const json& listener, const json& caller) {
  const json& frames = gateway.at("frames");
  const std::string scope = gateway.at("hops").at(1).at("hop_scope");
  checks.add("room's frames sealed end to end", scope == "end to end", scope);
  checks.add(
      "the room's frames opened",
      frames.at("opened").get<uint64_t>() > 100 && frames.at("unopened").get<uint64_t>() == 0,
      frames.dump());
  checks.add(
      "LiveKit's SDK opened ours",
      frames.at("sealed").get<uint64_t>() > 100 && listener.at("sealed").get<bool>() &&
          listener.at("packets").get<uint64_t>() > 100 &&
          listener.at("failed").get<uint64_t>() == 0,
      listener.at("packets").dump() + " packets, " + listener.at("failed").dump() + " failed");
  checks.add("the gateway says that it has the key", gateway.at("participant"), "participant");
  const std::string pressed = listener.at("digits");
  checks.add("digits from the phone", pressed == "5" && gateway.at("digits") == pressed, pressed);
  const std::string dialled = caller.at("digits");
  checks.add("digits from the room", dialled == listener.at("dialled").get<std::string>(), dialled);
  const json& phone = listener.at("seen").at("phone");
  checks.add("participant of kind SIP", phone.at("kind") == "SIP", phone.at("kind"));
  const json& attributes = phone.at("attributes");
  checks.add("attributes of the call",
             attributes.value("sip.phoneNumber", "") == "caller" &&
                 attributes.value("sip.trunkPhoneNumber", "") == "demo" &&
                 !attributes.value("sip.callID", "").empty() &&
                 attributes.value("sip.h.x-customer", "") == "17",
             "X-Customer " + attributes.value("sip.h.x-customer", "missing"));
}

void print_table(const json& report) {
  std::printf("\n");
  for (const json& hop : report.at("hops")) {
    std::printf(
        "  %-9s %s %s, handshake %.1f ms, SRTP by %s, peer %s\n",
        hop.at("name").get<std::string>().c_str(), hop.at("tls_version").get<std::string>().c_str(),
        hop.at("key_exchange") == "DTLS" ? "and DTLS"
                                         : hop.at("tls_cipher").get<std::string>().c_str(),
        hop.at("handshake_ms").get<double>(), hop.at("key_exchange").get<std::string>().c_str(),
        hop.at("peer_verified").get<bool>() ? "verified" : "not verified");
    const std::string suite_in = hop.at("suite");
    const std::string suite_out = hop.value("suite_out", suite_in);
    for (const bool is_in : {true, false}) {
      const char* const direction = is_in ? "in" : "out";
      const json& media = hop.at(direction);
      std::printf("            %-3s %s, %s, %llu packets, %llu lost\n", direction,
                  (is_in ? suite_in : suite_out).c_str(),
                  media.at("codec").get<std::string>().c_str(),
                  media.at("packets").get<unsigned long long>(),
                  media.at("lost").get<unsigned long long>());
    }
  }
  const json& latency = report.at("latency_us");
  const json& plain = report.at("plaintext_us");
  std::printf("  scope     %s\n", report.at("hops")[0].at("scope").get<std::string>().c_str());
  std::printf("  latency   added %.0f us p50, %.0f us p99 (socket to socket)\n",
              latency.at("p50").get<double>(), latency.at("p99").get<double>());
  std::printf("  plaintext %.0f us p50, %.0f us p99, %.0f us p99.9, %.0f us max\n",
              plain.at("p50").get<double>(), plain.at("p99").get<double>(),
              plain.at("p999").get<double>(), plain.at("max").get<double>());
  std::printf("  cpu       %.0f us per call-second, all of the gateway\n",
              report.at("cpu_us_per_call_second").get<double>());
  if (report.contains("frames")) {
    std::printf("  sealed    %llu frames for the room, %llu of it opened\n",
                report.at("frames").at("sealed").get<unsigned long long>(),
                report.at("frames").at("opened").get<unsigned long long>());
  }
  std::printf("  audio     SNR %.1f -> %.1f dB, SI-SDR %.1f -> %.1f dB\n\n",
              report.at("snr_db").at("before").get<double>(),
              report.at("snr_db").at("after").get<double>(),
              report.at("si_sdr_db").at("before").get<double>(),
              report.at("si_sdr_db").at("after").get<double>());
  for (const json& check : report.at("checks")) {
    std::printf("  %s %-34s %s\n", check.at("ok").get<bool>() ? "ok  " : "FAIL",
                check.at("name").get<std::string>().c_str(),
                check.at("detail").get<std::string>().c_str());
  }
}

int analyse(int argc, char** argv) {
  const Options options(argc, argv, "measures a demo call", kOptions);
  const fs::path dir = options.get("dir");
  const json gateway = read_json(dir / "gateway.json");
  const json listener = read_json(dir / "listener.json");
  const Wav clean = read_wav(dir / "clean.wav");
  const Wav before = read_wav(dir / "before.wav");
  const Wav after = read_wav(dir / "after.wav");
  const Wav reply = read_wav(dir / "reply.wav");
  const Wav heard = read_wav(dir / "caller-heard.wav");

  const bool is_browser = options.get("room") == "browser";
  const Direction forward = measure(clean, before, after, is_browser);
  // The caller may have begun to record after the first words, too.
  const Heard back{
      std::max(correlation_of(reply, heard, is_browser), correlation_of(heard, reply, is_browser)),
      is_browser ? kMinMicrophone : kMinCorrelation};

  Checks checks;
  check_hops(checks, gateway.at("hops"));
  check_media(checks, gateway, listener, forward, back, options.real("min-gain", 0, 60));

  if (options.get("room") == "livekit-e2ee")
    check_sealed(checks, gateway, listener, read_json(dir / "caller.json"));

  json report = {
      {"caller", options.get("caller")},
      {"hops", gateway.at("hops")},
      {"packets", gateway.at("packets")},
      {"snr_db", {{"before", forward.before_snr}, {"after", forward.after_snr}}},
      {"si_sdr_db", {{"before", forward.before_si_sdr}, {"after", forward.after_si_sdr}}},
      {"latency_us", gateway.at("latency_us")},
      {"plaintext_us", gateway.at("plaintext_us")},
      {"cpu_us_per_call_second", gateway.at("cpu_us_per_call_second")},
      {"checks", checks.list()},
  };
  if (gateway.contains("frames")) report["frames"] = gateway.at("frames");
  write_file(dir / "report.json", report.dump(2) + '\n');
  write_spectrogram(dir, "before", before);
  write_spectrogram(dir, "after", after);
  print_table(report);
  return checks.all() ? 0 : 1;
}

}  // namespace
}  // namespace example

int main(int argc, char** argv) {
  return example::run_main("demo_analyse", example::analyse, argc, argv);
}
