# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev interop [-R REGEX]

Runs the tests labelled "interop" against software no one here wrote: openssl, baresip, sipp, and
the Go and Python libraries where they are installed. What is missing is named and skipped.
TEXT
}

main() {
  local select=()
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      -R) need_value "$1" "$#"; select=(-R "$2"); shift 2 ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  export VOXLOCK_FROM_SOURCE=1
  packages "${INTEROP_PACKAGES[@]}"
  configure dev
  build dev
  run_ctest dev '' -L interop "${select[@]}"
  ((PASSED + FAILED + SKIPPED > 0)) || result skip interop "no case matches"
  summary
}
