// epoll, one timer, and SIGINT/SIGTERM as an ordinary event. This is the host's side: the library
// itself has no sockets and no clock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

namespace example {

// Monotonic nanoseconds, what voxlock calls now_ns.
uint64_t now_ns();
// Unix time in nanoseconds.
uint64_t wall_ns();

// A file descriptor that closes itself.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() { reset(); }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  Fd(Fd&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Fd& operator=(Fd&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = other.fd_;
      other.fd_ = -1;
    }
    return *this;
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset();

 private:
  int fd_ = -1;
};

class EventLoop {
 public:
  using Handler = std::function<void(uint32_t epoll_events)>;

  // Takes SIGINT, SIGTERM and SIGHUP over for the life of the loop.
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Calls handler when fd is ready. A handler may remove any descriptor, its own too.
  void add(int fd, uint32_t epoll_events, Handler handler);
  void modify(int fd, uint32_t epoll_events);
  void remove(int fd);

  // Runs until stop(). before_wait is called before each wait and returns the next deadline
  // (UINT64_MAX: none); on_signal is called for the first SIGINT or SIGTERM, a second one ends the
  // loop.
  void run(const std::function<uint64_t()>& before_wait, const std::function<void()>& on_signal);
  void stop() { is_stopped_ = true; }
  // Called for SIGHUP; without it SIGHUP is ignored.
  void set_reload(std::function<void()> on_reload) { on_reload_ = std::move(on_reload); }

 private:
  void handle_signal(const std::function<void()>& on_signal);

  Fd epoll_;
  Fd signals_;
  std::unordered_map<int, std::shared_ptr<Handler>> handlers_;
  std::function<void()> on_reload_;
  bool is_stopped_ = false;
  bool has_signal_ = false;
};

}  // namespace example
