// libFuzzer brings its own main.
extern "C" const int voxlock_fuzz_uses_libfuzzer = 1;
