// Stands in for Catch2 where the worlds of the tests are measured: what a test would report ends
// the benchmark.
#pragma once

#include <cstdio>
#include <cstdlib>

#define REQUIRE(...)                                                                 \
  do {                                                                               \
    if (!(__VA_ARGS__)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #__VA_ARGS__); \
      std::abort();                                                                  \
    }                                                                                \
  } while (false)
#define CHECK(...) REQUIRE(__VA_ARGS__)
#define REQUIRE_FALSE(...) REQUIRE(!(__VA_ARGS__))
#define CHECK_FALSE(...) REQUIRE(!(__VA_ARGS__))
#define INFO(...) \
  do {            \
  } while (false)
