// The numbers of a gateway's calls, gathered as they end.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "common/sip_host.h"
#include "gateway/call.h"

namespace example {

class Summary {
 public:
  // An answered call begins: CPU time counts from the first.
  void begin();
  // A call is over. security: of both connections.
  void add(const Call& call, const std::array<SecurityInfo, 2>& security, uint64_t duration_ns,
           const std::string& ended);
  // A call that was never answered is over.
  void add_unanswered(const std::string& ended);

  [[nodiscard]] nlohmann::json report(const Latency& latency) const;

 private:
  nlohmann::json hops_ = nlohmann::json::array();  // of the call that ended last
  std::array<std::string, 2> stages_;
  std::string digits_;
  std::string ended_ = "no call";
  uint64_t calls_ = 0;
  uint64_t unanswered_ = 0;
  uint64_t in_ = 0;
  uint64_t out_ = 0;
  uint64_t lost_ = 0;
  uint64_t recovered_ = 0;  // of these: came along with a later packet
  uint64_t auth_failures_ = 0;
  std::array<uint64_t, 4> plaintext_ns_{};  // the worst call's p50, p99, p99.9, max
  uint64_t call_ns_ = 0;
  uint64_t cpu_begin_us_ = 0;
  uint64_t cpu_end_us_ = 0;
};

// For a person, several lines.
std::string describe(const nlohmann::json& report);

}  // namespace example
