// Measuring by ratio: ours and a peer, interleaved in one pinned process, medians of the rounds.
// Absolute times drift with the machine; a row with a goal is a ratio or a count.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace voxlock::bench {

struct Row {
  std::string name;
  double value;
  std::string unit;
  std::optional<double> goal;  // value <= goal holds; none: for information
};

class Table {
 public:
  void add(Row row);
  // A line in the table for what could not be measured and why.
  void note(const std::string& text);
  [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

 private:
  std::vector<Row> rows_;
};

// Does a thing so many times.
using Work = std::function<void(size_t iterations)>;

// Nanoseconds of processor time of one iteration of each candidate: the median over rounds. A round
// runs every candidate once for about slice_ms, in turn, so that all see the same weather.
std::vector<double> measure_ns(const std::vector<Work>& candidates, size_t rounds = 9,
                               double slice_ms = 20);
// The same, round by round. A figure made of several candidates is made of each round first: what
// the machine's other users do then is in all of its parts.
struct Rounds {
  std::vector<std::vector<double>> ns;  // by round and candidate
  [[nodiscard]] double median(
      const std::function<double(const std::vector<double>&)>& figure) const;
};
Rounds measure_rounds(const std::vector<Work>& candidates, size_t rounds = 9, double slice_ms = 20);

// Keeps the compiler from removing a result.
template <typename T>
void keep(const T& value) {
  __asm__ __volatile__("" : : "g"(&value) : "memory");
}

// VOXLOCK_BENCH(sip_parse) { ... table.add(...); } at namespace scope of an x_bench.cpp.
struct Registration {
  Registration(const char* name, void (*run)(Table&));
};
#define VOXLOCK_BENCH(name)                                                             \
  static void bench_##name(::voxlock::bench::Table& table);                             \
  static const ::voxlock::bench::Registration registration_##name{#name, bench_##name}; \
  static void bench_##name(::voxlock::bench::Table& table)

}  // namespace voxlock::bench
