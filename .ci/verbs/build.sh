# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev build [PRESET] [-- CMAKE ARGUMENTS]

Configures and builds a preset into build/PRESET: dev (default), release, asan-ubsan, tsan,
coverage. What is missing is installed with apt.
TEXT
}

main() {
  local preset=dev
  case "${1:-}" in
    -h | --help) help; return ;;
    -- | "") ;;
    -*) misuse "unknown option '$1'" ;;
    dev | release | asan-ubsan | tsan | coverage) preset=$1; shift ;;
    fuzz) misuse "./dev fuzz builds the fuzz preset" ;;
    *) misuse "no such preset '$1'" ;;
  esac
  if (($# > 0)); then
    [[ $1 == -- ]] || misuse "unexpected '$1'"
    shift
  fi
  build_packages
  configure "$preset" "$@"
  build "$preset"
}
