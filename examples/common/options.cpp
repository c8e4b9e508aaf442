#include "common/options.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

namespace example {
namespace {

[[noreturn]] void print_help(const char* program, const char* summary,
                             std::span<const OptionSpec> specs) {
  std::printf("%s: %s\n\n", program, summary);
  for (const OptionSpec& spec : specs) {
    std::string left = std::string("--") + spec.name;
    if (spec.value != nullptr) left += std::string(" ") + spec.value;
    std::printf("  %-26s %s", left.c_str(), spec.help);
    if (spec.fallback != nullptr) std::printf(" (%s)", spec.fallback);
    std::printf("\n");
  }
  std::exit(0);
}

const OptionSpec* find_spec(std::span<const OptionSpec> specs, std::string_view name) {
  for (const OptionSpec& spec : specs) {
    if (name == spec.name) return &spec;
  }
  return nullptr;
}

}  // namespace

Options::Options(int argc, char** argv, const char* summary, std::span<const OptionSpec> specs) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--help" || arg == "-h") print_help(argv[0], summary, specs);
    const OptionSpec* spec = arg.starts_with("--") ? find_spec(specs, arg.substr(2)) : nullptr;
    if (spec == nullptr)
      throw std::runtime_error("unknown option " + std::string(arg) + ", see --help");
    if (spec->value == nullptr) {
      values_[spec->name] = "1";
    } else if (i + 1 < argc) {
      values_[spec->name] = argv[++i];
    } else {
      throw std::runtime_error("option " + std::string(arg) + " wants a value");
    }
  }
  for (const OptionSpec& spec : specs) {
    if (spec.fallback != nullptr && spec.value != nullptr)
      values_.try_emplace(spec.name, spec.fallback);
  }
}

std::string Options::get(const std::string& name) const {
  const auto found = values_.find(name);
  return found != values_.end() ? found->second : std::string();
}

int64_t Options::number(const std::string& name, int64_t min, int64_t max) const {
  const std::string text = get(name);
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < min || value > max) {
    throw std::runtime_error("--" + name + " wants a whole number between " + std::to_string(min) +
                             " and " + std::to_string(max) + ", not '" + text + "'");
  }
  return value;
}

double Options::real(const std::string& name, double min, double max) const {
  const std::string text = get(name);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= min && value <= max)) {
    throw std::runtime_error("--" + name + " wants a number between " + std::to_string(min) +
                             " and " + std::to_string(max) + ", not '" + text + "'");
  }
  return value;
}

int run_main(const char* program, int (*body)(int, char**), int argc, char** argv) {
  try {
    return body(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 1;
  }
}

}  // namespace example
