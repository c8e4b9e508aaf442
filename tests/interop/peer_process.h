// A peer of an interop test in a process of its own: lines on its standard input and output.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <string>
#include <vector>

#include "support/catch.h"

namespace voxlock::test {

inline uint64_t steady_ns() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

// Builds a program of tests/interop/pion once; empty where go or its modules are not there.
inline std::string build_go(const std::string& source, const std::string& package,
                            const std::string& program) {
  const std::string command = "cd '" + source + "' && go build -buildvcs=false -o '" + program +
                              "' " + package + " >/dev/null 2>&1";
  return std::system(command.c_str()) == 0 ? program : std::string();
}

// Ended by its pid, and by the kernel if we die first.
class PeerProcess {
 public:
  explicit PeerProcess(const std::vector<std::string>& command) {
    int in[2];
    int out[2];
    REQUIRE(pipe2(in, O_CLOEXEC) == 0);
    REQUIRE(pipe2(out, O_CLOEXEC) == 0);
    pid_ = fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      dup2(in[0], 0);
      dup2(out[1], 1);
      std::vector<char*> arguments;
      for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
      arguments.push_back(nullptr);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(in[0]);
    close(out[1]);
    in_ = in[1];
    out_ = out[0];
  }
  ~PeerProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(in_);
    close(out_);
  }
  PeerProcess(const PeerProcess&) = delete;
  PeerProcess& operator=(const PeerProcess&) = delete;

  void tell(std::string line) const {
    line += '\n';
    REQUIRE(write(in_, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  [[nodiscard]] int fd() const { return out_; }
  // After poll said that there is something: false where the peer has ended.
  bool listen_once() {
    char raw[4096];
    const ssize_t n = read(out_, raw, sizeof raw);
    if (n <= 0) return false;
    rest_.append(raw, static_cast<size_t>(n));
    for (size_t end = rest_.find('\n'); end != std::string::npos; end = rest_.find('\n')) {
      lines.push_back(rest_.substr(0, end));
      rest_.erase(0, end + 1);
    }
    return true;
  }
  // Takes the first line that begins with a word: what follows the word, or nothing.
  bool take(const std::string& word, std::string& out) {
    const auto at = std::find_if(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.compare(0, word.size(), word) == 0;
    });
    if (at == lines.end()) return false;
    out = at->size() > word.size() ? at->substr(word.size() + 1) : "";
    lines.erase(at);
    return true;
  }
  [[nodiscard]] bool has_said(const std::string& line) const {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  }

  std::deque<std::string> lines;

 private:
  pid_t pid_ = -1;
  int in_ = -1;
  int out_ = -1;
  std::string rest_;
};

}  // namespace voxlock::test
