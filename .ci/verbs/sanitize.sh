# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev sanitize [--short] [asan-ubsan|tsan]

Runs the unit and corpus tests under the address and undefined-behaviour sanitizers, then under
the thread sanitizer. --short leaves the thread sanitizer out. The tests of the build itself (lint,
ABI, install) do not depend on a sanitizer and are left out.
TEXT
}

main() {
  local presets=(asan-ubsan tsan) preset
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --short) presets=(asan-ubsan); shift ;;
      asan-ubsan | tsan) presets=("$1"); shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  export ASAN_OPTIONS=${ASAN_OPTIONS:-strict_string_checks=1:detect_stack_use_after_return=1:check_initialization_order=1}
  export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
  for preset in "${presets[@]}"; do
    configure "$preset" -DVOXLOCK_BUILD_EXAMPLES=OFF
    build "$preset"
    run_ctest "$preset" "$preset " -LE house
  done
  summary
}
