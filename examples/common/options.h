// Command lines of the form --name value and --flag.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace example {

struct OptionSpec {
  const char* name;      // without the dashes
  const char* value;     // what the value is called in the help, nullptr for a flag
  const char* fallback;  // nullptr: none
  const char* help;
};

class Options {
 public:
  // Prints the help and exits with 0 on --help; throws std::runtime_error on anything unknown.
  Options(int argc, char** argv, const char* summary, std::span<const OptionSpec> specs);

  [[nodiscard]] bool has(const std::string& name) const { return values_.contains(name); }
  // The value, or the fallback; empty where there is neither.
  [[nodiscard]] std::string get(const std::string& name) const;
  // A whole number between min and max; throws std::runtime_error otherwise.
  [[nodiscard]] int64_t number(const std::string& name, int64_t min, int64_t max) const;
  // A number between min and max; throws std::runtime_error otherwise.
  [[nodiscard]] double real(const std::string& name, double min, double max) const;

 private:
  std::map<std::string, std::string> values_;
};

// Runs body and turns an exception into one line on standard error and exit status 1.
int run_main(const char* program, int (*body)(int, char**), int argc, char** argv);

}  // namespace example
