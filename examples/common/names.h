// Names of codecs and suites, as SDP writes them, and of what a report tells.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/voxlock.h"

namespace example {

std::string codec_name(uint32_t codec);
std::string suite_name(uint32_t suite);
std::string scope_name(int32_t scope);

// A list such as "opus,PCMU" or "AEAD_AES_256_GCM". Throws std::runtime_error on an unknown name.
std::vector<uint32_t> parse_codecs(const std::string& list);
std::vector<uint32_t> parse_suites(const std::string& list);

// Why a call ended, a VOXLOCK_UA_CAUSE_*, in a word: "bye", "cancelled", "rejected" ...
std::string cause_name(uint32_t cause);

struct HostPort {
  std::string host;
  uint16_t port = 0;
};
// "127.0.0.1:5061" or "[::1]:0". Throws std::runtime_error.
HostPort parse_host_port(const std::string& text);

}  // namespace example
