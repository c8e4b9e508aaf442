#include "bench/harness.h"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <string_view>

namespace voxlock::bench {
namespace {

struct Entry {
  const char* name;
  void (*run)(Table&);
};

std::vector<Entry>& entries() {
  static std::vector<Entry> list;
  return list;
}

// Every row is made, and of those with a goal only what is no ratio of times is judged.
bool is_short = false;

// The time this thread had the processor: what other processes took meanwhile is not in it.
double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double seconds_of(const Work& work, size_t iterations) {
  const double start = thread_seconds();
  work(iterations);
  return thread_seconds() - start;
}

// How many iterations take about slice_ms. The first of all may do what is done once in a process,
// and does not count.
size_t calibrate(const Work& work, double slice_ms) {
  work(1);
  for (size_t n = 1;; n *= 2) {
    const double ms = seconds_of(work, n) * 1000;
    if (ms < slice_ms / 4 && n < size_t{1} << 30) continue;
    const double wanted = static_cast<double>(n) * slice_ms / std::max(ms, 1e-6);
    return std::max<size_t>(1, static_cast<size_t>(wanted));
  }
}

// The last core this process may use: the first ones serve most interrupts.
void pin_to_one_core() {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  for (int cpu = CPU_SETSIZE - 1; cpu >= 0; --cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    return;
  }
}

bool is_judged(const Row& row) {
  return row.goal && (!is_short || row.unit != "ratio");
}

bool holds(const Row& row) {
  return !is_judged(row) || row.value <= *row.goal;
}

void print_row(const Row& row) {
  std::printf("%-86s %10.4g %-10s", row.name.c_str(), row.value, row.unit.c_str());
  if (is_judged(row)) std::printf(" %9.4g  %s", *row.goal, holds(row) ? "holds" : "MISSED");
  std::printf("\n");
  std::fflush(stdout);
}

// What a reader looks for first, once more and together; gives how many goals were missed.
size_t print_missed(const Table& table) {
  size_t goals = 0, missed = 0;
  for (const Row& row : table.rows()) {
    goals += is_judged(row) ? 1 : 0;
    missed += holds(row) ? 0 : 1;
  }
  if (missed != 0) std::printf("\ngoals missed:\n");
  for (const Row& row : table.rows()) {
    if (!holds(row)) print_row(row);
  }
  std::printf("\n%zu rows, %zu goals: %zu hold, %zu missed\n", table.rows().size(), goals,
              goals - missed, missed);
  return missed;
}

bool write_json(const char* path, const Table& table) {
  std::ofstream file(path);
  file << "[\n";
  for (size_t i = 0; i < table.rows().size(); ++i) {
    const Row& row = table.rows()[i];
    file << "  {\"name\": \"" << row.name << "\", \"value\": " << row.value << ", \"unit\": \""
         << row.unit << "\", \"goal\": " << (row.goal ? std::to_string(*row.goal) : "null")
         << ", \"holds\": " << (holds(row) ? "true" : "false") << "}"
         << (i + 1 < table.rows().size() ? ",\n" : "\n");
  }
  file << "]\n";
  return static_cast<bool>(file.flush());
}

struct Arguments {
  const char* json = nullptr;
  std::string_view only;
};

int run_all(const Arguments& arguments) {
  pin_to_one_core();
  std::sort(entries().begin(), entries().end(),
            [](const Entry& a, const Entry& b) { return std::string_view(a.name) < b.name; });
  std::printf("%-86s %10s %-10s %9s\n", "what", "value", "unit", "at most");
  Table table;
  for (const Entry& entry : entries()) {
    if (std::string_view(entry.name).find(arguments.only) != std::string_view::npos)
      entry.run(table);
  }
  const size_t missed = print_missed(table);
  if (arguments.json != nullptr && !write_json(arguments.json, table)) {
    std::fprintf(stderr, "bench: cannot write %s\n", arguments.json);
    return 1;
  }
  // A ratio is a matter of the machine's weather; a count is not.
  return is_short && missed != 0 ? 1 : 0;
}

}  // namespace

void Table::add(Row row) {
  print_row(row);
  rows_.push_back(std::move(row));
}

void Table::note(const std::string& text) {
  std::printf("  note: %s\n", text.c_str());
}

double Rounds::median(const std::function<double(const std::vector<double>&)>& figure) const {
  std::vector<double> figures;
  for (const std::vector<double>& round : ns) figures.push_back(figure(round));
  const auto middle = figures.begin() + static_cast<std::ptrdiff_t>(figures.size() / 2);
  std::nth_element(figures.begin(), middle, figures.end());
  return *middle;
}

Rounds measure_rounds(const std::vector<Work>& candidates, size_t rounds, double slice_ms) {
  if (is_short) {
    rounds = 1;
    slice_ms = 0.1;
  }
  std::vector<size_t> iterations;
  for (const Work& work : candidates) iterations.push_back(calibrate(work, slice_ms));
  Rounds out;
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<double>& ns = out.ns.emplace_back();
    for (size_t i = 0; i < candidates.size(); ++i) {
      ns.push_back(seconds_of(candidates[i], iterations[i]) * 1e9 /
                   static_cast<double>(iterations[i]));
    }
  }
  return out;
}

std::vector<double> measure_ns(const std::vector<Work>& candidates, size_t rounds,
                               double slice_ms) {
  const Rounds measured = measure_rounds(candidates, rounds, slice_ms);
  std::vector<double> medians;
  for (size_t i = 0; i < candidates.size(); ++i)
    medians.push_back(measured.median([i](const std::vector<double>& ns) { return ns[i]; }));
  return medians;
}

Registration::Registration(const char* name, void (*run)(Table&)) {
  entries().push_back({name, run});
}

}  // namespace voxlock::bench

int main(int argc, char** argv) {
  voxlock::bench::Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--json" && i + 1 < argc) {
      arguments.json = argv[++i];
    } else if (arg == "--only" && i + 1 < argc) {
      arguments.only = argv[++i];
    } else if (arg == "--short") {
      voxlock::bench::is_short = true;
    } else {
      std::fprintf(stderr, "usage: bench [--json FILE] [--only PART-OF-A-NAME] [--short]\n");
      return arg == "--help" ? 0 : 2;
    }
  }
  return voxlock::bench::run_all(arguments);
}
