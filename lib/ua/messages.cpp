#include "ua/messages.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "sip/multipart.h"
#include "sip/writer.h"
#include "ua/digest_header.h"
#include "ua/digit.h"
#include "ua/session_timer.h"

namespace voxlock::ua {
namespace {

using sip::HeaderId;

constexpr std::string_view kAllow = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO";
constexpr std::string_view kSupported = "timer";
constexpr std::string_view kSdpType = "application/sdp";
constexpr uint64_t kMaxForwards = 70;

// Fields beyond the unknown ones that a host may add to a request.
constexpr HeaderId kHostHeaders[] = {
    HeaderId::kSubject, HeaderId::kPAssertedIdentity, HeaderId::kPPreferredIdentity,
    HeaderId::kPrivacy, HeaderId::kOrganization,      HeaderId::kPriority,
    HeaderId::kDate,    HeaderId::kReferredBy,        HeaderId::kReplyTo,
    HeaderId::kExpires, HeaderId::kAcceptLanguage,    HeaderId::kReason,
    HeaderId::kOther,
};

std::string_view transport_name(Transport transport) {
  return transport == Transport::kTls ? "TLS" : "TCP";
}

uint16_t our_port(const Core& core, Transport transport) {
  return transport == Transport::kTls ? core.config.port_tls : core.config.port_tcp;
}

void put_via(const Core& core, sip::Writer& w, const Connection& connection,
             std::string_view branch) {
  const PortText port(our_port(core, connection.transport));
  w.header(HeaderId::kVia, {"SIP/2.0/", transport_name(connection.transport), " ", core.host, ":",
                            port.view(), ";branch=", sip::kMagicCookie, branch});
}

// RFC 3261 12.1.1: a sips dialog has a sips Contact.
void put_contact(const Core& core, sip::Writer& w, const Connection& connection, bool is_sips) {
  const PortText port(our_port(core, connection.transport));
  const std::string_view transport = connection.transport == Transport::kTls ? "tls" : "tcp";
  if (is_sips) {
    w.header(HeaderId::kContact, {"<sips:", core.user, "@", core.host, ":", port.view(), ">"});
  } else {
    w.header(HeaderId::kContact,
             {"<sip:", core.user, "@", core.host, ":", port.view(), ";transport=", transport, ">"});
  }
}

bool is_sips(std::string_view uri) {
  return text::equals_ignore_case(uri.substr(0, 5), "sips:");
}

// RFC 3261 12.2.1.1: the first route decides; a strict router gets the request in its own name and
// the peer's URI at the end of the Route.
struct Routing {
  std::string_view request_uri;
  size_t first_route = 0;
  bool is_strict = false;
};

Routing route_of(const Dialog& dialog) {
  if (dialog.routes.empty()) return {dialog.target};
  const auto first = sip::parse_address(std::string_view(dialog.routes.front()));
  if (!first || first->uri.has_lr()) return {dialog.target};
  std::string_view uri = first->uri.text;
  return {text::cut(uri, '?'), 1, true};
}

void put_identity(const Dialog& dialog, sip::Writer& w) {
  w.header(HeaderId::kFrom, {dialog.local, ";tag=", dialog.local_tag});
  if (dialog.remote_tag.empty()) {
    w.header(HeaderId::kTo, dialog.remote);
  } else {
    w.header(HeaderId::kTo, {dialog.remote, ";tag=", dialog.remote_tag});
  }
  w.header(HeaderId::kCallId, dialog.call_id);
}

void put_routes(const Dialog& dialog, const Routing& routing, sip::Writer& w) {
  for (size_t i = routing.first_route; i < dialog.routes.size(); ++i) {
    w.header(HeaderId::kRoute, dialog.routes[i]);
  }
  if (routing.is_strict) w.header(HeaderId::kRoute, {"<", dialog.target, ">"});
}

// Calls visit(name, value) for each line; false where a line is malformed.
template <typename Visit>
bool for_each_line(std::string_view headers, Visit&& visit) {
  while (!headers.empty()) {
    const size_t end = headers.find("\r\n");
    if (end == std::string_view::npos) return false;
    std::string_view value = headers.substr(0, end);
    headers.remove_prefix(end + 2);
    const size_t colon = value.find(':');
    if (colon == std::string_view::npos) return false;
    const std::string_view name = text::cut(value, ':');
    if (!visit(name, text::trim(value))) return false;
  }
  return true;
}

// Lines that check_headers accepted.
void put_lines(std::string_view headers, sip::Writer& w) {
  for_each_line(headers, [&](std::string_view name, std::string_view value) {
    w.header(name, value);
    return true;
  });
}

bool is_header_name(std::string_view name) {
  constexpr std::string_view kMarks = "-.!%*_+`'~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return text::is_alpha(c) || text::is_digit(c) || kMarks.find(c) != std::string_view::npos;
  });
}

AuthRules rules_for(const Core& core, const Connection& connection) {
  return {core.credentials, connection.peer_host, core.config.algorithms};
}

// Too long a message is a limit, not a buffer of the host's.
Result<ByteView> finish(Core& core, sip::Writer& w, std::string_view type, std::string_view body) {
  auto result = w.finish(type, body);
  core.scratch_used = std::max(core.scratch_used, result ? result->size() : core.scratch.size());
  if (!result && result.error() == Status::ERR_BUFFER_TOO_SMALL) return Status::ERR_LIMIT;
  return result;
}

// What follows a request of ours on its own way: same URI, Via, Route, Call-ID and number. The To
// is that of the request (RFC 3261 9.1) or of its response (17.1.1.3).
Result<ByteView> write_beside(Core& core, sip::Method method, const sip::Message& request,
                              const sip::Message& to) {
  sip::Writer w(core.scratch);
  w.request(method, request.start_line().uri_text);
  w.copy(request, HeaderId::kVia);
  w.header(HeaderId::kMaxForwards, kMaxForwards);
  w.copy(request, HeaderId::kRoute);
  w.copy(request, HeaderId::kFrom);
  w.copy(to, HeaderId::kTo);
  w.copy(request, HeaderId::kCallId);
  w.cseq(request.cseq().number, sip::method_text(method));
  return finish(core, w, {}, {});
}

// The topmost Via with received (RFC 3261 18.2.1) and rport (RFC 3581 4).
Result<std::string_view> received_via(Core& core, const Incoming& in) {
  const sip::Via& via = in.message.via();
  bytes::Writer out(core.side);
  out.put("SIP/2.0/");
  out.put(via.transport);
  out.put(' ');
  out.put(via.host);
  if (via.has_port) {
    out.put(':');
    out.decimal(via.port);
  }
  auto cursor = via.params.begin();
  while (const auto param = cursor.next()) {
    if (text::equals_ignore_case(param->name, "received") ||
        text::equals_ignore_case(param->name, "rport"))
      continue;
    out.put(';');
    out.put(param->name);
    if (!param->has_value) continue;
    out.put('=');
    if (param->is_quoted) out.put('"');
    out.put(param->value);
    if (param->is_quoted) out.put('"');
  }
  if (via.host != std::string_view(in.connection.peer_host) || via.has_rport()) {
    out.put(";received=");
    out.put(in.connection.peer_host);
  }
  if (via.has_rport()) {
    out.put(";rport=");
    out.decimal(in.connection.peer_port);
  }
  if (!out.ok()) return Status::ERR_LIMIT;
  return as_text(out.written());
}

void put_vias(Core& core, const Incoming& in, sip::Writer& w) {
  auto cursor = in.message.values(HeaderId::kVia);
  bool is_top = true;
  while (const auto value = cursor.next()) {
    const auto top =
        is_top && !in.connection.peer_host.empty() ? received_via(core, in) : unfold(core, *value);
    const auto plain = top ? *top : *value;
    w.header(HeaderId::kVia, plain);
    is_top = false;
  }
}

// delta-seconds with the refresher, RFC 4028 4.
void put_session(Core& core, sip::Writer& w, uint32_t interval_s, std::string_view refresher) {
  bytes::Writer value(core.side);
  value.decimal(interval_s);
  if (!refresher.empty()) {
    value.put(";refresher=");
    value.put(refresher);
  }
  w.header(HeaderId::kSessionExpires, as_text(value.written()));
}

// RFC 4028 7.1, 7.4: every INVITE says that timers are known.
void put_request_session(Core& core, const Outgoing& out, sip::Writer& w) {
  w.header(HeaderId::kSupported, kSupported);
  if (out.session_s != 0)
    put_session(core, w, std::max(out.session_s, out.min_se_s), out.refresher);
  if (out.min_se_s != 0) w.header(HeaderId::kMinSe, out.min_se_s);
}

// RFC 3261 8.2.3.
void put_accepted(sip::Method method, sip::Writer& w) {
  if (method == sip::Method::kInfo) {
    w.header(HeaderId::kAccept, {kRelayType, ", ", kPlainType});
  } else {
    w.header(HeaderId::kAccept, kSdpType);
  }
  w.header(HeaderId::kAcceptEncoding, "identity");
}

void put_reply_details(Core& core, sip::Method method, const Reply& reply, sip::Writer& w) {
  if (reply.code == 405) w.header(HeaderId::kAllow, kAllow);
  if (reply.code == 415) put_accepted(method, w);
  if (reply.code == 469) w.header("Recv-Info", {});  // RFC 6086 4.2.2: none
  if (!reply.unsupported.empty()) w.header(HeaderId::kUnsupported, reply.unsupported);
  if (reply.min_se_s != 0) w.header(HeaderId::kMinSe, reply.min_se_s);
  if (reply.retry_after_s != 0) w.header(HeaderId::kRetryAfter, reply.retry_after_s);
  if (reply.warn_code != 0) {
    bytes::Writer value(core.side);
    value.decimal(reply.warn_code);
    value.put(' ');
    value.put(core.host);
    value.put(' ');
    put_quoted_text(value, reply.warning);
    w.header(HeaderId::kWarning, as_text(value.written()));
  }
}

}  // namespace

PortText::PortText(uint16_t port) {
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), port).ptr;
  len = static_cast<size_t>(end - digits.data());
}

Result<std::string_view> unfold(Core& core, std::string_view value) {
  bytes::Writer out(core.side);
  for (size_t i = 0; i < value.size(); ++i) {
    if (value[i] != '\r' && value[i] != '\n') {
      out.put(value[i]);
    } else if (value[i] == '\n') {
      out.put(' ');
    }
  }
  if (!out.ok()) return Status::ERR_LIMIT;
  return as_text(out.written());
}

Result<ByteView> write_request(Core& core, const Dialog& dialog, const Connection& connection,
                               const Outgoing& out) {
  sip::Writer w(core.scratch);
  const std::string_view method = sip::method_text(out.method);
  const Routing routing = route_of(dialog);
  w.request(out.method, routing.request_uri);
  put_via(core, w, connection, out.branch);
  w.header(HeaderId::kMaxForwards, kMaxForwards);
  put_routes(dialog, routing, w);
  put_identity(dialog, w);
  w.cseq(out.cseq, method);
  if (out.method == sip::Method::kInvite || out.method == sip::Method::kOptions) {
    put_contact(core, w, connection, is_sips(dialog.target));
    w.header(HeaderId::kAllow, kAllow);
    w.header(HeaderId::kAccept, kSdpType);
  }
  if (out.method == sip::Method::kInvite) put_request_session(core, out, w);
  if (!core.product.empty()) w.header(HeaderId::kUserAgent, core.product);
  if (out.auth != nullptr) {
    VOXLOCK_TRY_VOID(write_credentials(*out.auth, rules_for(core, connection),
                                       {method, routing.request_uri}, core.random, w));
  }
  if (out.invite != nullptr) {
    w.copy(*out.invite, HeaderId::kAuthorization);
    w.copy(*out.invite, HeaderId::kProxyAuthorization);
  }
  put_lines(out.headers, w);
  const std::string_view type = out.type.empty() ? kSdpType : out.type;
  return finish(core, w, out.sdp.empty() ? std::string_view() : type, as_text(out.sdp));
}

Result<ByteView> write_again(Core& core, const Again& again) {
  const sip::Message& request = again.request;
  sip::Writer w(core.scratch);
  w.request(request.method_text(), request.start_line().uri_text);
  put_via(core, w, again.connection, again.branch);
  for (size_t i = 0; i < request.header_count(); ++i) {
    const sip::Header field = request.header(i);
    switch (field.id) {
      case HeaderId::kVia:
      case HeaderId::kAuthorization:
      case HeaderId::kProxyAuthorization:
      case HeaderId::kContentLength:
      case HeaderId::kContentType:
        break;
      case HeaderId::kMinSe:
      case HeaderId::kSessionExpires:
        if (again.min_se_s == 0) w.header(field.name, field.value);
        break;
      case HeaderId::kCSeq:
        w.cseq(again.cseq, request.method_text());
        break;
      default:
        w.header(field.name, field.value);
    }
  }
  if (again.min_se_s != 0) {
    put_session(core, w, again.min_se_s, {});
    w.header(HeaderId::kMinSe, again.min_se_s);
  }
  const AuthTarget target{request.method_text(), request.start_line().uri_text};
  VOXLOCK_TRY_VOID(
      write_credentials(again.auth, rules_for(core, again.connection), target, core.random, w));
  return finish(core, w, request.find(HeaderId::kContentType).value_or(std::string_view()),
                request.body());
}

Result<ByteView> write_failure_ack(Core& core, const sip::Message& request,
                                   const sip::Message& response) {
  return write_beside(core, sip::Method::kAck, request, response);
}

Result<ByteView> write_cancel(Core& core, const sip::Message& request) {
  return write_beside(core, sip::Method::kCancel, request, request);
}

Result<ByteView> write_reply(Core& core, const Incoming& in, const Reply& reply) {
  const sip::Message& request = in.message;
  sip::Writer w(core.scratch);
  w.response(reply.code, reply.reason);
  put_vias(core, in, w);
  w.copy(request, HeaderId::kFrom);
  if (reply.to_tag.empty() || !request.to().tag().empty()) {
    w.copy(request, HeaderId::kTo);
  } else {
    VOXLOCK_TRY(const std::string_view to,
                unfold(core, request.find(HeaderId::kTo).value_or(std::string_view())));
    w.header(HeaderId::kTo, {to, ";tag=", reply.to_tag});
  }
  w.copy(request, HeaderId::kCallId);
  w.copy(request, HeaderId::kCSeq);
  const bool is_invite = request.method() == sip::Method::kInvite;
  const bool is_options = request.method() == sip::Method::kOptions;
  if (reply.code > 100 && reply.code < 300 && is_invite) {
    w.copy(request, HeaderId::kRecordRoute);
    put_contact(core, w, in.connection, request.request_uri().scheme == sip::Scheme::kSips);
  }
  if (reply.code / 100 == 2 && (is_invite || is_options)) {
    w.header(HeaderId::kAllow, kAllow);
    w.header(HeaderId::kAccept, kSdpType);
    w.header(HeaderId::kAcceptEncoding, "identity");
    w.header(HeaderId::kAcceptLanguage, "en");
    w.header(HeaderId::kSupported, kSupported);
  }
  if (reply.session.interval_s != 0) {
    put_session(core, w, reply.session.interval_s, reply.session.is_ours ? "uas" : "uac");
    // RFC 4028 9: a peer that is to refresh must know how.
    if (!reply.session.is_ours) w.header(HeaderId::kRequire, kSupported);
  }
  put_reply_details(core, request.method(), reply, w);
  if (reply.is_challenge) {
    VOXLOCK_TRY_VOID(
        core.authenticator.write_challenges(core.random, reply.is_stale, core.now_ns, w));
  }
  if (!core.product.empty() && reply.code != 100) w.header(HeaderId::kServer, core.product);
  put_lines(reply.headers, w);
  return finish(core, w, reply.sdp.empty() ? std::string_view() : kSdpType, as_text(reply.sdp));
}

Result<void> check_headers(std::string_view headers) {
  const bool is_good = for_each_line(headers, [](std::string_view name, std::string_view value) {
    if (!is_header_name(name) ||
        value.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
      return false;
    const HeaderId id = sip::header_id(name);
    return std::find(std::begin(kHostHeaders), std::end(kHostHeaders), id) !=
           std::end(kHostHeaders);
  });
  if (!is_good) return Status::ERR_UA_HEADER;
  return {};
}

Token stateless_tag(const Core& core, const sip::Message& request) {
  Token out;
  uint64_t hash = core.hash.of({request.call_id(), request.from().tag(), request.via().branch()});
  for (char& c : out.chars) {
    c = "0123456789abcdef"[hash & 15];
    hash = hash >> 4 | hash << 60;
  }
  return out;
}

std::string_view sdp_of(const sip::Message& message) {
  if (message.body().empty()) return {};
  return sip::find_body(message.content_type(), message.body(), kSdpType)
      .value_or(std::string_view());
}

void push_message(Core& core, Event event, const Incoming& in, std::string_view body) {
  const auto* base = reinterpret_cast<const char*>(in.raw.data());
  const auto range = [&](std::string_view part) -> Range {
    if (part.empty()) return {};
    return {static_cast<uint32_t>(part.data() - base), static_cast<uint32_t>(part.size())};
  };
  event.connection = in.connection.id;
  event.sdp = range(body);
  event.reason = range(in.message.reason());
  event.warning = range(in.message.find(HeaderId::kWarning).value_or(std::string_view()));
  if (event.status == 0) event.status = in.message.status_code();
  const auto retry = in.message.find(HeaderId::kRetryAfter);
  if (retry) {
    std::string_view digits = *retry;
    digits = digits.substr(0, std::min(digits.size(), digits.find_first_not_of("0123456789")));
    event.retry_after_s =
        static_cast<uint32_t>(text::parse_decimal(digits, UINT32_MAX).value_or(0));
  }
  core.output.push(event, in.raw);
}

}  // namespace voxlock::ua
