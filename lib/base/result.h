// Result<T>: a value or the Status that says why there is none. Member names are those of
// std::expected, which C++20 lacks.
#pragma once

#include <cassert>
#include <new>
#include <type_traits>
#include <utility>

#include "base/status.h"

namespace voxlock {

template <typename T>
class [[nodiscard]] Result {
  static_assert(!std::is_reference_v<T> && !std::is_same_v<std::remove_cv_t<T>, Status>);

 public:
  using value_type = T;

  Result(const T& value) : value_(value), status_(Status::OK) {}
  Result(T&& value) noexcept(std::is_nothrow_move_constructible_v<T>)
      : value_(std::move(value)), status_(Status::OK) {}
  // An error; never Status::OK.
  Result(Status error) noexcept : empty_(), status_(error) { assert(error != Status::OK); }

  Result(const Result& other) requires std::is_copy_constructible_v<T> : empty_(),
                                                                         status_(other.status_) {
    if (has_value()) new (&value_) T(other.value_);
  }
  Result(Result&& other) noexcept(std::is_nothrow_move_constructible_v<T>)
      : empty_(), status_(other.status_) {
    if (has_value()) new (&value_) T(std::move(other.value_));
  }
  Result& operator=(const Result&) = delete;
  Result& operator=(Result&&) = delete;
  ~Result() {
    if (has_value()) value_.~T();
  }

  [[nodiscard]] bool has_value() const noexcept { return status_ == Status::OK; }
  explicit operator bool() const noexcept { return has_value(); }
  // The error; Status::OK where there is a value.
  [[nodiscard]] Status error() const noexcept { return status_; }

  T& value() & noexcept { return assert(has_value()), value_; }
  const T& value() const& noexcept { return assert(has_value()), value_; }
  T&& value() && noexcept { return assert(has_value()), std::move(value_); }
  T& operator*() & noexcept { return value(); }
  const T& operator*() const& noexcept { return value(); }
  T&& operator*() && noexcept { return std::move(*this).value(); }
  T* operator->() noexcept { return &value(); }
  const T* operator->() const noexcept { return &value(); }
  T value_or(T other) const { return has_value() ? value_ : std::move(other); }

 private:
  struct Empty {};
  union {
    Empty empty_;
    T value_;
  };
  Status status_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() noexcept = default;
  Result(Status error) noexcept : status_(error) {}

  [[nodiscard]] bool has_value() const noexcept { return status_ == Status::OK; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] Status error() const noexcept { return status_; }

 private:
  Status status_ = Status::OK;
};

}  // namespace voxlock

// Evaluates an expression that gives a Result; on error returns its Status from the enclosing
// function. VOXLOCK_TRY(auto x, parse(y)); or VOXLOCK_TRY_VOID(check(y));
#define VOXLOCK_CONCAT_INNER_(a, b) a##b
#define VOXLOCK_CONCAT_(a, b) VOXLOCK_CONCAT_INNER_(a, b)
#define VOXLOCK_TRY(declaration, expression)                                                  \
  auto VOXLOCK_CONCAT_(result_, __LINE__) = (expression);                                     \
  if (!VOXLOCK_CONCAT_(result_, __LINE__)) return VOXLOCK_CONCAT_(result_, __LINE__).error(); \
  declaration = *std::move(VOXLOCK_CONCAT_(result_, __LINE__))
#define VOXLOCK_TRY_VOID(expression)                                                  \
  do {                                                                                \
    if (auto result_void_ = (expression); !result_void_) return result_void_.error(); \
  } while (false)
