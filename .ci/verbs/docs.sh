# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev docs

Makes the reference of the C headers with Doxygen in build/docs/html; a warning is an error.
TEXT
}

main() {
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  packages doxygen
  mkdir -p "$BUILD/docs"
  step "reference" docs doxygen .ci/Doxyfile
  say "build/docs/html/index.html"
}
