#include "common/report.h"

#include "common/files.h"
#include "common/names.h"

namespace example {

nlohmann::json report_of(const Phone& phone) {
  const PhoneStats stats = phone.stats();
  return {
      {"packets", stats.leg.packets_in},
      {"packets_sent", stats.leg.packets_out},
      {"lost", stats.leg.lost_in},
      {"auth_failures", stats.leg.dropped[VOXLOCK_DROP_AUTH]},
      {"codec", codec_name(stats.media.codec)},
      {"suite", suite_name(stats.media.suite_recv)},
      {"digits", stats.digits},
      {"holds", stats.holds},
      {"rekeys", stats.leg.rekeys},
      {"recorded_seconds", static_cast<double>(phone.recorded().size()) / 8000.0},
  };
}

nlohmann::json x_headers(voxlock_context* ctx, std::string_view message) {
  nlohmann::json out = nlohmann::json::object();
  voxlock_sip_message* made = nullptr;
  if (voxlock_sip_message_new(ctx, nullptr, &made) != VOXLOCK_OK) return out;
  const Handle<voxlock_sip_message, voxlock_sip_message_free> owner(made);
  if (voxlock_sip_message_parse(made, reinterpret_cast<const uint8_t*>(message.data()),
                                message.size(), VOXLOCK_SIP_STREAM, nullptr) != VOXLOCK_OK)
    return out;
  voxlock_sip_header header{};
  for (size_t i = 0; voxlock_sip_message_header(made, nullptr, i, &header) == VOXLOCK_OK; ++i) {
    const std::string name(header.name.data, header.name.len);
    if (name.rfind("X-", 0) == 0) out[name] = std::string(header.value.data, header.value.len);
  }
  return out;
}

void write_report(const std::string& path, const nlohmann::json& report) {
  if (!path.empty()) write_file(path, report.dump(2) + '\n');
}

}  // namespace example
