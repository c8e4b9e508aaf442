#include "common/event_loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <ctime>
#include <stdexcept>
#include <string>

namespace example {
namespace {

uint64_t read_clock(clockid_t clock) {
  timespec ts{};
  clock_gettime(clock, &ts);
  return static_cast<uint64_t>(ts.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(ts.tv_nsec);
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

// epoll_pwait2 is younger than Debian 12's oldest supported kernels: milliseconds, rounded up.
int timeout_ms(uint64_t deadline) {
  constexpr uint64_t kLongest = 1000;
  const uint64_t now = now_ns();
  if (deadline <= now) return 0;
  const uint64_t ms = (deadline - now + 999'999) / 1'000'000;
  return static_cast<int>(ms < kLongest ? ms : kLongest);
}

}  // namespace

uint64_t now_ns() {
  return read_clock(CLOCK_MONOTONIC);
}
uint64_t wall_ns() {
  return read_clock(CLOCK_REALTIME);
}

void Fd::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  const sigset_t set = handled_signals();
  sigprocmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  signals_ = Fd(signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!epoll_ || !signals_) throw std::runtime_error(std::string("epoll: ") + std::strerror(errno));
}

EventLoop::~EventLoop() {
  const sigset_t set = handled_signals();
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
}

void EventLoop::add(int fd, uint32_t epoll_events, Handler handler) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.fd = fd;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    throw std::runtime_error(std::string("epoll: ") + std::strerror(errno));
  }
  handlers_[fd] = std::make_shared<Handler>(std::move(handler));
}

void EventLoop::modify(int fd, uint32_t epoll_events) {
  epoll_event event{};
  event.events = epoll_events;
  event.data.fd = fd;
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::remove(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

void EventLoop::handle_signal(const std::function<void()>& on_signal) {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof info) == sizeof info) {
    if (info.ssi_signo == SIGHUP) {
      if (on_reload_) on_reload_();
    } else if (has_signal_) {
      stop();
    } else {
      has_signal_ = true;
      on_signal();
    }
  }
}

void EventLoop::run(const std::function<uint64_t()>& before_wait,
                    const std::function<void()>& on_signal) {
  add(signals_.get(), EPOLLIN, [&](uint32_t) { handle_signal(on_signal); });
  while (!is_stopped_) {
    const uint64_t deadline = before_wait();
    if (is_stopped_) break;
    epoll_event events[64];
    const int n = epoll_wait(epoll_.get(), events, 64, timeout_ms(deadline));
    for (int i = 0; i < n && !is_stopped_; ++i) {
      // A handler may have removed this descriptor, or be removed while it runs.
      const auto found = handlers_.find(events[i].data.fd);
      if (found == handlers_.end()) continue;
      const std::shared_ptr<Handler> handler = found->second;
      (*handler)(events[i].events);
    }
  }
  remove(signals_.get());
}

}  // namespace example
