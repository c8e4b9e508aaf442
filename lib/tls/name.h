// Does a certificate belong to the host that was dialled? (RFC 6125, RFC 5922)
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"

namespace voxlock::tls {

// A host name to expect: letters, digits, '-', '_' and '.' in labels of 1..63, at most 253 in all,
// or an IPv4 or IPv6 literal (IPv6 with or without brackets).
[[nodiscard]] bool is_host(std::string_view host);
[[nodiscard]] bool is_ip_literal(std::string_view host);

// Compares the subjectAltName of a certificate with the expected host.
// extensions: the DER of the certificate's Extensions (a SEQUENCE, or empty).
// OK; ERR_TLS_CERT_NUL where any name holds a NUL byte, even beside a matching one;
// ERR_TLS_CERT_NAME otherwise.
//  - dNSName: without case; "*" only as the whole leftmost label, over at least two more labels
//    (RFC 6125, section 6.4.3; RFC 5922, section 7.2 would forbid it, trunks in the field need it).
//  - URI: "sip:host" without a user, never with a wildcard (RFC 5922, section 7.1).
//  - iPAddress: only for an IP literal, byte by byte.
// The subject's CN is never consulted.
[[nodiscard]] Status check_names(ByteView extensions, std::string_view host);

}  // namespace voxlock::tls
