// Loaded before a program on 64-bit Arm: a processor that has nothing beyond what all have.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/auxv.h>

__attribute__((visibility("default"))) unsigned long getauxval(unsigned long type) {
  unsigned long (*real)(unsigned long);
  if (type == AT_HWCAP) return HWCAP_FP | HWCAP_ASIMD;
  if (type == AT_HWCAP2) return 0;
  *(void**)&real = dlsym(RTLD_NEXT, "getauxval");
  return real(type);
}
