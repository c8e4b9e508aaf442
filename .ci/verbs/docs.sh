# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev docs

Makes the site in build/docs/html: the guides of docs/ and the reference of the C headers, by Doxygen. A warning
is an error. With a chromium on the machine it takes pictures of some pages too, in build/docs/pictures.
TEXT
}

main() {
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  packages doxygen python3
  step "site" docs docs/site/build.sh "$BUILD/docs"
  say "build/docs/html/index.html"
  if logged docs-pictures python3 -B tests/docs/pictures.py "$BUILD/docs/html" "$BUILD/docs/pictures"; then
    say "build/docs/pictures"
  else
    say "$(tail -n 1 "$LOGS/docs-pictures.log")"
  fi
}
