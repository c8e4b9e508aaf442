# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev test [-p PRESET] [-R REGEX] [-E REGEX] [--list]

Builds the dev preset (or PRESET) and runs the tests: units, RFC vectors, corpora of the fuzz
targets, ABI, lint, bindings. A part whose tool or vectors are not on this machine says "skipped".

  -R REGEX    only the cases whose name matches
  -E REGEX    leaves out the cases whose name matches
  --list      names the cases and runs nothing
TEXT
}

main() {
  local preset=dev select=() list=''
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      -p) need_value "$1" "$#"; preset=$2; shift 2 ;;
      -R) need_value "$1" "$#"; select+=(-R "$2"); shift 2 ;;
      -E) need_value "$1" "$#"; select+=(-E "$2"); shift 2 ;;
      --list) list=1; shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  [[ $preset =~ ^(dev|release|asan-ubsan|tsan|coverage)$ ]] || misuse "no such preset '$preset'"
  build_packages
  [[ -z ${CI:-} ]] || packages "${INTEROP_PACKAGES[@]}"
  configure "$preset"
  build "$preset"
  if [[ -n $list ]]; then
    ctest --test-dir "$BUILD/$preset" -N "${select[@]}"
    return
  fi
  run_ctest "$preset" '' "${select[@]}"
  ((PASSED + FAILED + SKIPPED > 0)) || die "no case matches"
  summary
}
