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

void write_report(const std::string& path, const nlohmann::json& report) {
  if (!path.empty()) write_file(path, report.dump(2) + '\n');
}

}  // namespace example
