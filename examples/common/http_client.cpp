#include "common/http_client.h"

#include <curl/curl.h>
#include <sys/epoll.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <stdexcept>
#include <unordered_map>

namespace example {
namespace {

constexpr size_t kMaxBody = 64 * 1024;
constexpr long kMaxRedirects = 3;
constexpr long kConnectTimeoutMs = 5'000;

struct EasyFreer {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListFreer {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MultiFreer {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using List = std::unique_ptr<curl_slist, ListFreer>;

struct Transfer {
  HttpRequest request;
  HttpClient::Handler handler;
  HttpResponse response;
  List headers;
  std::unique_ptr<CURL, EasyFreer> easy;  // goes first: it uses what stands above
};

size_t keep_body(char* data, size_t size, size_t count, void* user) {
  auto& response = *static_cast<HttpResponse*>(user);
  const size_t len = size * count;
  if (len > kMaxBody - response.body.size()) return 0;
  response.body.append(data, len);
  return len;
}

std::string header_of(CURL* easy, const char* name) {
  curl_header* header = nullptr;
  if (curl_easy_header(easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK) return {};
  return header->value;
}

// RFC 3986, section 5: relative to where the answer came from.
std::string resolve(const char* base, const std::string& location) {
  if (location.empty() || base == nullptr) return {};
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  char* text = nullptr;
  if (curl_url_set(url.get(), CURLUPART_URL, base, 0) != CURLUE_OK ||
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) != CURLUE_OK ||
      curl_url_get(url.get(), CURLUPART_URL, &text, 0) != CURLUE_OK) {
    return {};
  }
  const std::string out = text;
  curl_free(text);
  return out;
}

void set_up(Transfer& transfer) {
  CURL* const easy = transfer.easy.get();
  const HttpRequest& request = transfer.request;
  List list;
  for (const std::string& header : request.headers) {
    curl_slist* const longer = curl_slist_append(list.get(), header.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    (void)list.release();
    list.reset(longer);
  }
  transfer.headers = std::move(list);
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR,
                   request.url.starts_with("https:") ? "https" : "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_ALL));
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, keep_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer.response);
  if (!request.body.empty() || request.method == "POST") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(request.body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  if (!request.bearer.empty()) {
    curl_easy_setopt(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BEARER));
    curl_easy_setopt(easy, CURLOPT_XOAUTH2_BEARER, request.bearer.c_str());
  }
  if (!request.authorities.empty())
    curl_easy_setopt(easy, CURLOPT_CAINFO, request.authorities.c_str());
}

// Parts of a URL in lower case, a space behind each but the last; empty where one is missing.
std::string parts_of(const std::string& text, std::initializer_list<CURLUPart> parts) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return {};
  std::string out;
  for (const CURLUPart part : parts) {
    char* value = nullptr;
    if (curl_url_get(url.get(), part, &value, CURLU_DEFAULT_PORT) != CURLUE_OK) return {};
    if (!out.empty()) out += ' ';
    for (const char* c = value; *c != '\0'; ++c)
      out += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c | 0x20) : *c;
    curl_free(value);
  }
  return out;
}

std::string origin_of(const std::string& url) {
  return parts_of(url, {CURLUPART_SCHEME, CURLUPART_HOST, CURLUPART_PORT});
}

}  // namespace

bool is_same_origin(const std::string& a, const std::string& b) {
  const std::string origin = origin_of(a);
  return !origin.empty() && origin == origin_of(b);
}

std::string host_of(const std::string& url) {
  return parts_of(url, {CURLUPART_HOST});
}

struct HttpClient::State {
  explicit State(EventLoop& event_loop) : loop(event_loop) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw std::runtime_error("libcurl");
    multi.reset(curl_multi_init());
    if (multi == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }
  ~State() {
    while (!transfers.empty()) end(transfers.begin()->first);
    multi.reset();
    curl_global_cleanup();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  static int on_socket(CURL* /*easy*/, curl_socket_t fd, int what, void* user, void* /*socket*/) {
    auto& state = *static_cast<State*>(user);
    uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    const auto known = state.sockets.find(fd);
    if (what == CURL_POLL_REMOVE) {
      if (known == state.sockets.end()) return 0;
      state.loop.remove(fd);
      state.sockets.erase(known);
    } else if (known == state.sockets.end()) {
      state.loop.add(fd, events, [&state, fd](uint32_t ready) { state.act(fd, ready); });
      state.sockets[fd] = events;
    } else {
      state.loop.modify(fd, events);
    }
    return 0;
  }

  static int on_timer(CURLM* /*multi*/, long timeout_ms, void* user) {
    static_cast<State*>(user)->timer_ns =
        timeout_ms < 0 ? UINT64_MAX : now_ns() + static_cast<uint64_t>(timeout_ms) * 1'000'000;
    return 0;
  }

  void act(int fd, uint32_t ready) {
    int mask = 0;
    if ((ready & EPOLLIN) != 0) mask |= CURL_CSELECT_IN;
    if ((ready & EPOLLOUT) != 0) mask |= CURL_CSELECT_OUT;
    if ((ready & (EPOLLERR | EPOLLHUP)) != 0) mask |= CURL_CSELECT_ERR;
    int running = 0;
    (void)curl_multi_socket_action(multi.get(), fd, mask, &running);
  }

  void end(uint64_t id) {
    const auto found = transfers.find(id);
    if (found == transfers.end()) return;
    (void)curl_multi_remove_handle(multi.get(), found->second->easy.get());
    transfers.erase(found);
  }

  // Hands over what is done.
  void finish() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto found = std::find_if(transfers.begin(), transfers.end(), [&](const auto& entry) {
        return entry.second->easy.get() == easy;
      });
      if (found == transfers.end()) continue;
      HttpResponse response = std::move(found->second->response);
      if (code == CURLE_OK) {
        const char* url = nullptr;
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
        curl_easy_getinfo(easy, CURLINFO_EFFECTIVE_URL, &url);
        if (url != nullptr) response.host = host_of(url);
        response.location = resolve(url, header_of(easy, "Location"));
        response.etag = header_of(easy, "ETag");
      } else {
        response.error = curl_easy_strerror(code);
      }
      const Handler handler = std::move(found->second->handler);
      end(found->first);
      handler(response);
    }
  }

  EventLoop& loop;
  std::unique_ptr<CURLM, MultiFreer> multi;
  std::map<uint64_t, std::unique_ptr<Transfer>> transfers;
  std::unordered_map<int, uint32_t> sockets;
  uint64_t timer_ns = UINT64_MAX;
  uint64_t last_id = 0;
};

HttpClient::HttpClient(EventLoop& loop) : state_(std::make_unique<State>(loop)) {}
HttpClient::~HttpClient() = default;

uint64_t HttpClient::send(const HttpRequest& request, Handler handler) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = request;
  transfer->handler = std::move(handler);
  transfer->easy.reset(curl_easy_init());
  if (transfer->easy == nullptr) throw std::bad_alloc();
  set_up(*transfer);
  const uint64_t id = ++state_->last_id;
  CURL* const easy = transfer->easy.get();
  state_->transfers[id] = std::move(transfer);
  if (curl_multi_add_handle(state_->multi.get(), easy) != CURLM_OK) {
    state_->transfers.erase(id);
    throw std::runtime_error("libcurl takes no request");
  }
  return id;
}

void HttpClient::cancel(uint64_t id) {
  state_->end(id);
}

bool HttpClient::is_idle() const {
  return state_->transfers.empty();
}

void HttpClient::advance() {
  if (now_ns() >= state_->timer_ns) {
    state_->timer_ns = UINT64_MAX;
    int running = 0;
    (void)curl_multi_socket_action(state_->multi.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  }
  state_->finish();
}

uint64_t HttpClient::next_deadline() const {
  return state_->timer_ns;
}

}  // namespace example
