#include "common/phone_options.h"

#include <stdexcept>
#include <utility>

#include "common/names.h"
#include "common/wav.h"

namespace example {

SipHostConfig sip_options(const Options& options) {
  SipHostConfig config;
  config.certificate = options.get("cert");
  config.key = options.get("key");
  config.authorities = options.get("ca");
  const std::string transport = options.get("transport");
  if (transport != "tls" && transport != "tcp")
    throw std::runtime_error("--transport is tls or tcp, not '" + transport + "'");
  config.is_tls = transport == "tls";
  return config;
}

PhoneConfig phone_options(const Options& options) {
  PhoneConfig config;
  config.codecs = parse_codecs(options.get("codec"));
  config.suites = parse_suites(options.get("suite"));
  config.wire = options.get("wire");
  config.has_info_digits = options.has("info");
  if (!options.has("play")) return config;
  Wav wav = read_wav(options.get("play"));
  if (wav.rate != 8000)
    throw std::runtime_error(options.get("play") + " is not sampled at 8000 Hz");
  config.play = std::move(wav.samples);
  return config;
}

}  // namespace example
