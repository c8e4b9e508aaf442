// Entry point of every test program. Catch2 2 puts its implementation where CATCH_CONFIG_MAIN is
// defined.
#define CATCH_CONFIG_MAIN
#include "support/catch.h"

#if defined(CATCH_VERSION_MAJOR) && CATCH_VERSION_MAJOR >= 3
int main(int argc, char* argv[]) {
  return Catch::Session().run(argc, argv);
}
#endif
