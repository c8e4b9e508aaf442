#include "gateway/summary.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstdio>

#include "common/names.h"

namespace example {
namespace {

using nlohmann::json;

uint64_t cpu_us() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) {
    return static_cast<uint64_t>(t.tv_sec) * 1'000'000 + static_cast<uint64_t>(t.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

const char* key_exchange_name(int32_t keys) {
  if (keys == VOXLOCK_KEYS_DTLS) return "DTLS";
  return keys == VOXLOCK_KEYS_SDES ? "SDES" : "none";
}

// What nobody knows is null.
json quality_of(const voxlock_quality& quality) {
  const auto known = [&](uint32_t value, double divisor) {
    const bool is_known = quality.is_known != 0 && value != VOXLOCK_QUALITY_UNKNOWN;
    return is_known ? json(value / divisor) : json(nullptr);
  };
  return {
      {"r_factor", known(quality.r_factor, 1)}, {"mos_listening", known(quality.mos_lq, 10)},
      {"mos", known(quality.mos_cq, 10)},       {"lost", quality.lost},
      {"discarded", quality.discarded},         {"bursts", quality.bursts},
      {"burst_ms", quality.burst_ms},
  };
}

json hop_of(const Call& call, size_t leg, const voxlock_protection& protection,
            const SecurityInfo& security) {
  const auto media = call.media(leg);
  const auto stats = call.leg_stats(leg);
  const std::string codec = codec_name(media.codec);
  return {
      {"name", leg == kTrunk ? "trunk" : "room"},
      {"protocol", protection.transport[leg] == VOXLOCK_TRANSPORT_SRTP ? "SRTP" : "RTP"},
      {"key_exchange", key_exchange_name(protection.key_exchange[leg])},
      {"suite", suite_name(protection.suite_in[leg])},
      {"suite_out", suite_name(protection.suite_out[leg])},
      {"encrypted", protection.transport[leg] == VOXLOCK_TRANSPORT_SRTP},
      {"peer_verified", protection.peer_verified[leg] != 0},
      {"peer", protection.peer_name[leg]},
      {"scope", scope_name(protection.scope)},
      {"tls_version", security.version},
      {"tls_cipher", security.cipher},
      {"handshake_ms", security.handshake_ms},
      {"in",
       {{"codec", codec},
        {"packets", stats.packets_in},
        {"lost", stats.lost_in},
        {"nacked", stats.nacked_out},
        {"recovered", stats.recovered_in},
        {"redundant", stats.redundant_in}}},
      {"out",
       {{"codec", codec},
        {"packets", stats.packets_out},
        {"lost", stats.peer_lost},
        {"resent", stats.resent_out},
        {"redundant", stats.redundant_out},
        {"transport_feedback", stats.feedback_out}}},
      {"jitter_ms", static_cast<double>(stats.jitter_in_us) / 1000},
      {"quality", quality_of(call.quality(leg))},
      {"rekeys", stats.rekeys},
  };
}

// "sip.example.net ", or nothing.
std::string name_of_peer(const json& hop) {
  const auto name = hop.at("peer").get<std::string>();
  return name.empty() ? name : name + " ";
}

}  // namespace

void Summary::begin() {
  if (cpu_begin_us_ == 0) cpu_begin_us_ = cpu_us();
}

void Summary::add(const Call& call, const std::array<SecurityInfo, 2>& security,
                  uint64_t duration_ns, const std::string& ended) {
  const auto protection = call.protection();
  const auto stats = call.stats();
  ++calls_;
  ended_ = ended;
  digits_ = call.digits();
  hops_ = json::array();
  for (const size_t leg : {kTrunk, kRoom}) {
    hops_.push_back(hop_of(call, leg, protection, security[leg]));
    stages_[leg] = protection.stages[leg];
    auth_failures_ += call.leg_stats(leg).dropped[VOXLOCK_DROP_AUTH];
  }
  for (const size_t direction : {VOXLOCK_FORWARD, VOXLOCK_BACKWARD}) {
    in_ += stats.packets_in[direction];
    out_ += stats.packets_out[direction];
    lost_ += stats.lost[direction];
    recovered_ += stats.recovered[direction];
    const std::array<uint64_t, 4> measured{
        stats.plaintext_p50_ns[direction], stats.plaintext_p99_ns[direction],
        stats.plaintext_p999_ns[direction], stats.plaintext_max_ns[direction]};
    for (size_t i = 0; i < measured.size(); ++i) {
      if (measured[i] != UINT64_MAX) plaintext_ns_[i] = std::max(plaintext_ns_[i], measured[i]);
    }
  }
  call_ns_ += duration_ns;
  cpu_end_us_ = cpu_us();
}

void Summary::add_unanswered(const std::string& ended) {
  ++unanswered_;
  ended_ = ended;
}

json Summary::report(const Latency& latency) const {
  const auto us = [](uint64_t ns) { return static_cast<double>(ns) / 1000; };
  const double call_seconds = static_cast<double>(call_ns_) / 1e9;
  return {
      {"calls", calls_},
      {"unanswered", unanswered_},
      {"ended", ended_},
      {"hops", hops_},
      {"stages", {{"forward", stages_[VOXLOCK_FORWARD]}, {"backward", stages_[VOXLOCK_BACKWARD]}}},
      {"digits", digits_},
      {"packets", {{"in", in_}, {"out", out_}, {"lost", lost_}, {"recovered", recovered_}}},
      {"auth_failures", auth_failures_},
      {"latency_us", {{"p50", latency.percentile(0.5)}, {"p99", latency.percentile(0.99)}}},
      {"plaintext_us",
       {{"p50", us(plaintext_ns_[0])},
        {"p99", us(plaintext_ns_[1])},
        {"p999", us(plaintext_ns_[2])},
        {"max", us(plaintext_ns_[3])}}},
      {"call_seconds", call_seconds},
      {"cpu_us_per_call_second",
       call_seconds > 0 ? static_cast<double>(cpu_end_us_ - cpu_begin_us_) / call_seconds : 0.0},
  };
}

std::string describe(const json& report) {
  std::string out = std::to_string(report.at("calls").get<uint64_t>()) + " calls, " +
                    std::to_string(report.at("unanswered").get<uint64_t>()) +
                    " unanswered, the last ended by " + report.at("ended").get<std::string>() +
                    "\n";
  for (const json& hop : report.at("hops")) {
    out += "  " + hop.at("name").get<std::string>() + "  " +
           hop.at("tls_version").get<std::string>() + "  " + hop.at("protocol").get<std::string>() +
           " " + hop.at("suite").get<std::string>() + " (" +
           hop.at("key_exchange").get<std::string>() + ")  " +
           hop.at("in").at("codec").get<std::string>() + "  peer " + name_of_peer(hop) +
           (hop.at("peer_verified").get<bool>() ? "verified\n" : "not verified\n");
  }
  if (report.at("hops").empty()) return out;
  char line[256];
  std::snprintf(line, sizeof line,
                "  packets %llu in, %llu out, %llu lost  latency %.0f us p50  plaintext %.0f us "
                "p50, %.0f us max\n",
                report.at("packets").at("in").get<unsigned long long>(),
                report.at("packets").at("out").get<unsigned long long>(),
                report.at("packets").at("lost").get<unsigned long long>(),
                report.at("latency_us").at("p50").get<double>(),
                report.at("plaintext_us").at("p50").get<double>(),
                report.at("plaintext_us").at("max").get<double>());
  return out + line;
}

}  // namespace example
