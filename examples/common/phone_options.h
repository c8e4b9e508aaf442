// What the command lines of the telephones have in common.
#pragma once

#include "common/options.h"
#include "common/phone.h"
#include "common/sip_host.h"

namespace example {

// --transport, --cert, --key and --ca. Throws std::runtime_error on another transport.
SipHostConfig sip_options(const Options& options);
// --codec, --suite, --info and --play, read. Throws std::runtime_error where they are wrong.
PhoneConfig phone_options(const Options& options);

}  // namespace example
