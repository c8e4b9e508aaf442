#include "common/names.h"

#include <strings.h>

#include <charconv>
#include <sstream>
#include <stdexcept>

namespace example {
namespace {

struct CodecName {
  uint32_t codec;
  const char* name;
};
constexpr CodecName kCodecs[] = {{VOXLOCK_CODEC_PCMU, "PCMU"},
                                 {VOXLOCK_CODEC_PCMA, "PCMA"},
                                 {VOXLOCK_CODEC_OPUS, "opus"},
                                 {VOXLOCK_CODEC_L16, "L16"}};

template <typename Find>
std::vector<uint32_t> parse_list(const std::string& list, const char* what, Find find) {
  std::vector<uint32_t> out;
  std::istringstream names(list);
  for (std::string name; std::getline(names, name, ',');) {
    const uint32_t id = find(name);
    if (id == 0) throw std::runtime_error("there is no " + std::string(what) + " '" + name + "'");
    out.push_back(id);
  }
  if (out.empty() || out.size() > 8)
    throw std::runtime_error("give one to eight names of a " + std::string(what));
  return out;
}

}  // namespace

std::string codec_name(uint32_t codec) {
  for (const CodecName& row : kCodecs) {
    if (row.codec == codec) return row.name;
  }
  return "none";
}

std::string suite_name(uint32_t suite) {
  auto row = make_result<voxlock_srtp_suite>();
  if (suite == 0 || voxlock_srtp_suite_info(static_cast<int32_t>(suite), &row) != VOXLOCK_OK)
    return "none";
  return row.name;
}

std::string scope_name(int32_t scope) {
  if (scope == VOXLOCK_SCOPE_END_TO_END) return "end to end";
  return scope == VOXLOCK_SCOPE_HOP_BY_HOP ? "hop by hop" : "none";
}

std::vector<uint32_t> parse_codecs(const std::string& list) {
  return parse_list(list, "codec", [](const std::string& name) {
    for (const CodecName& row : kCodecs) {
      if (strcasecmp(row.name, name.c_str()) == 0) return row.codec;
    }
    return 0u;
  });
}

std::vector<uint32_t> parse_suites(const std::string& list) {
  return parse_list(list, "suite", [](const std::string& name) {
    auto row = make_result<voxlock_srtp_suite>();
    for (int32_t i = 1; voxlock_srtp_suite_info(i, &row) == VOXLOCK_OK; ++i) {
      if (name == row.name) return static_cast<uint32_t>(row.suite);
    }
    return 0u;
  });
}

std::string cause_name(uint32_t cause) {
  switch (cause) {
    case VOXLOCK_UA_CAUSE_LOCAL:
    case VOXLOCK_UA_CAUSE_REMOTE:
      return "bye";
    case VOXLOCK_UA_CAUSE_CANCELLED:
      return "cancelled";
    case VOXLOCK_UA_CAUSE_REJECTED:
      return "rejected";
    case VOXLOCK_UA_CAUSE_CHALLENGED:
      return "not authorized";
    case VOXLOCK_UA_CAUSE_TIMEOUT:
      return "timeout";
    case VOXLOCK_UA_CAUSE_NO_ACK:
      return "no ACK";
    case VOXLOCK_UA_CAUSE_TRANSPORT:
      return "connection failed";
    case VOXLOCK_UA_CAUSE_EXPIRED:
      return "expired";
    case VOXLOCK_UA_CAUSE_LOST:
      return "lost";
    default:
      return "protocol error";
  }
}

HostPort parse_host_port(const std::string& text) {
  const size_t colon = text.rfind(':');
  HostPort out;
  if (colon != std::string::npos) {
    out.host = text.substr(0, colon);
    if (out.host.starts_with('[') && out.host.ends_with(']'))
      out.host = out.host.substr(1, out.host.size() - 2);
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, out.port);
    if (parsed.ec == std::errc() && parsed.ptr == end && !out.host.empty()) return out;
  }
  throw std::runtime_error("'" + text + "' is not of the form HOST:PORT");
}

}  // namespace example
