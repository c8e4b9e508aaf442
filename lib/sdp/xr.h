// a=rtcp-xr, RFC 3611 section 5.1: which extended reports a side wants to get.
#pragma once

#include "base/bytes.h"
#include "sdp/session.h"

namespace voxlock::sdp {

struct XrWishes {
  bool is_offered = false;        // the attribute is there, whatever it asks for
  bool has_voip_metrics = false;  // "voip-metrics"
  bool has_rtt = false;           // "rcvr-rtt": reference times and their answers, both ways
};

// Of the section, or of the session where the section says nothing. What is unknown is passed over.
XrWishes read_xr(const Session& session, const Media& media);

// Our line: metrics, and round trips where the peer does its part (RFC 3611 5.2).
void write_xr(bytes::Writer& out, bool has_rtt);

}  // namespace voxlock::sdp
