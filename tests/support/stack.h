// Runs code on a stack of our own that was painted before, and looks at what it left.
#pragma once

#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "support/catch.h"

namespace voxlock::test {

// Frames of the test itself and those of the thread's end lie above what is looked at.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
inline constexpr size_t kOwnFrames = 4 * 1024;
#else
inline constexpr size_t kOwnFrames = 2 * 1024;
#endif

class PaintedStack {
 public:
  PaintedStack() : memory_(kSize + kPage) {}

  void run(const std::function<void()>& work) {
    const auto begin = reinterpret_cast<uintptr_t>(memory_.data());
    auto* stack = reinterpret_cast<uint8_t*>((begin + kPage - 1) / kPage * kPage);
    std::memset(memory_.data(), kPaint, memory_.size());
    Job job{&work, nullptr};
    pthread_attr_t attributes;
    pthread_t thread;
    REQUIRE(pthread_attr_init(&attributes) == 0);
    REQUIRE(pthread_attr_setstack(&attributes, stack, kSize) == 0);
    REQUIRE(pthread_create(&thread, &attributes, enter, &job) == 0);
    REQUIRE(pthread_join(thread, nullptr) == 0);
    pthread_attr_destroy(&attributes);
    used_ = {stack, job.frame};
  }

  // Bytes from the frame that called the work to the deepest one that was written.
  [[nodiscard]] size_t depth() const { return used_.size() - paint_before(used_); }
  // True where more than the return addresses of the burn itself is left below the frames of the
  // test: bytes that are neither paint nor zero. Not to be told where the thread sanitizer keeps
  // its own things on the stack of a thread: false.
  [[nodiscard]] bool has_traces() const {
#if defined(__SANITIZE_THREAD__)
    return false;
#endif
    auto below = used_.first(used_.size() - kOwnFrames);
    below = below.subspan(paint_before(below));
    return std::count_if(below.begin(), below.end(),
                         [](uint8_t b) { return b != kPaint && b != 0; }) > 64;
  }
  [[nodiscard]] size_t count(uint8_t value) const {
    return static_cast<size_t>(std::count(memory_.begin(), memory_.end(), value));
  }

 private:
#if defined(__SANITIZE_THREAD__)
  static constexpr size_t kSize = 2 * 1024 * 1024;  // the sanitizer has a part of it
#else
  static constexpr size_t kSize = 256 * 1024;
#endif
  static constexpr size_t kPage = 4096;
  static constexpr uint8_t kPaint = 0xa5;

  struct Job {
    const std::function<void()>* work;
    uint8_t* frame;
  };
  static void* enter(void* argument) {
    auto* job = static_cast<Job*>(argument);
    job->frame = static_cast<uint8_t*>(__builtin_frame_address(0));
    (*job->work)();
    return nullptr;
  }

  // By blocks first: this runs thousands of times.
  static size_t paint_before(std::span<const uint8_t> bytes) {
    constexpr size_t kBlock = 1024;
    static const std::vector<uint8_t> paint(kBlock, kPaint);
    size_t at = 0;
    while (at + kBlock <= bytes.size() && std::memcmp(bytes.data() + at, paint.data(), kBlock) == 0)
      at += kBlock;
    while (at < bytes.size() && bytes[at] == kPaint) ++at;
    return at;
  }

  std::vector<uint8_t> memory_;
  std::span<const uint8_t> used_;
};

}  // namespace voxlock::test
