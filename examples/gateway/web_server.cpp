#include "gateway/web_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/epoll.h>

#include <exception>
#include <stdexcept>

namespace example {
namespace {

// An offer of a browser is about 4 kB, with many candidates less than 10.
constexpr size_t kMaxBody = 32 * 1024;
// Request line and headers, for each connection.
constexpr size_t kConnectionMemory = 32 * 1024;
// A browser opens up to six at once.
constexpr unsigned kMaxConnections = 24;
constexpr unsigned kIdleSeconds = 20;
constexpr uint64_t kNsPerMs = 1'000'000;

// Nothing but what this server itself gives may be loaded, and nobody may frame it. The token in
// the path stays out of Referer headers and caches.
constexpr const char* kSafety[][2] = {
    {"Content-Security-Policy",
     "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
     "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"Cross-Origin-Opener-Policy", "same-origin"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Permissions-Policy", "microphone=(self), camera=(), geolocation=()"},
    {"Cache-Control", "no-store"},
};

struct Pending {
  WebRequest request;
  bool is_too_long = false;
};

MHD_Result send(MHD_Connection* connection, const WebResponse& response) {
  MHD_Response* out =
      MHD_create_response_from_buffer(response.body.size(),
                                      // Copied: libmicrohttpd only wants no const.
                                      const_cast<char*>(response.body.data()),  // NOLINT
                                      MHD_RESPMEM_MUST_COPY);
  if (out == nullptr) return MHD_NO;
  for (const auto& [name, value] : kSafety) (void)MHD_add_response_header(out, name, value);
  if (!response.body.empty())
    (void)MHD_add_response_header(out, "Content-Type", response.content_type.c_str());
  if (!response.location.empty())
    (void)MHD_add_response_header(out, "Location", response.location.c_str());
  const MHD_Result result = MHD_queue_response(connection, response.status, out);
  MHD_destroy_response(out);
  return result;
}

}  // namespace

// The callbacks of libmicrohttpd: no exception may pass them.
struct WebServer::Access {
  static MHD_Result request(void* self, MHD_Connection* connection, const char* url,
                            const char* method, const char*, const char* data, size_t* len,
                            void** state) {
    try {
      return handle(*static_cast<WebServer*>(self), connection, {method, url, "", ""}, data, len,
                    state);
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }

  // Called first with headers alone, then for each piece of the body, and at its end.
  static MHD_Result handle(WebServer& server, MHD_Connection* connection, WebRequest&& head,
                           const char* data, size_t* len, void** state) {
    if (*state == nullptr) {
      const char* type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Type");
      if (type != nullptr) head.content_type = type;
      *state = std::make_unique<Pending>(Pending{std::move(head), false}).release();
      return MHD_YES;
    }
    Pending& pending = *static_cast<Pending*>(*state);
    if (*len != 0) {
      pending.is_too_long = pending.is_too_long || *len > kMaxBody - pending.request.body.size();
      if (!pending.is_too_long) pending.request.body.append(data, *len);
      *len = 0;
      return MHD_YES;
    }
    if (pending.is_too_long) return send(connection, {413, "text/plain", "too long\n", ""});
    return send(connection, server.handler_(pending.request));
  }

  static void completed(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
    const std::unique_ptr<Pending> ended(static_cast<Pending*>(*state));
    *state = nullptr;
  }
};

void WebServer::Stop::operator()(MHD_Daemon* daemon) const {
  MHD_stop_daemon(daemon);
}

WebServer::WebServer(EventLoop& loop, uint16_t port, Handler handler)
    : loop_(loop), handler_(std::move(handler)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  daemon_.reset(MHD_start_daemon(
      MHD_USE_EPOLL, 0, nullptr, nullptr, &Access::request, this, MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<sockaddr*>(&address), MHD_OPTION_NOTIFY_COMPLETED, &Access::completed,
      nullptr, MHD_OPTION_CONNECTION_LIMIT, kMaxConnections, MHD_OPTION_CONNECTION_TIMEOUT,
      kIdleSeconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END));
  if (!daemon_)
    throw std::runtime_error("cannot serve a page on 127.0.0.1:" + std::to_string(port));
  const MHD_DaemonInfo* info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_EPOLL_FD);
  if (info == nullptr) throw std::runtime_error("this libmicrohttpd has no epoll");
  epoll_ = info->epoll_fd;
  info = MHD_get_daemon_info(daemon_.get(), MHD_DAEMON_INFO_BIND_PORT);
  port_ = info != nullptr ? info->port : port;
  loop_.add(epoll_, EPOLLIN, [this](uint32_t) { run(); });
}

WebServer::~WebServer() {
  loop_.remove(epoll_);
}

void WebServer::run() {
  (void)MHD_run(daemon_.get());
  MHD_UNSIGNED_LONG_LONG ms = 0;
  due_ns_ = MHD_get_timeout(daemon_.get(), &ms) == MHD_YES
                ? now_ns() + static_cast<uint64_t>(ms) * kNsPerMs
                : UINT64_MAX;
}

void WebServer::advance() {
  if (now_ns() >= due_ns_) run();
}

}  // namespace example
