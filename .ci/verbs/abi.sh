# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev abi [--update]

Checks the C ABI of the dev build: the exported symbols against tests/abi/exports.txt, every public
header alone as C99 and C++20, and with abidiff the layouts against tests/abi/voxlock.abi.xml.
An addition is reported and allowed; a removal or a change fails.
--update stores the present state as the new baseline (say why in the commit and the CHANGELOG), and
writes the layouts of the bindings anew.
TEXT
}

baseline=tests/abi/voxlock.abi.xml

# Nothing of one machine in the file: no paths, no line numbers; only what the headers show.
dump() {
  abidw --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --type-id-style hash \
    --exported-interfaces-only --drop-private-types --headers-dir "$ROOT/include/voxlock" \
    --out-file "$1" build/dev/libvoxlock.so &&
    sed -i "s|path='$ROOT/|path='|" "$1" &&
    hides_handles "$1"
}
# abidw takes any header for public that is called like a public one. The inside of a handle must not
# get into the baseline: no host sees it, and it may change.
hides_handles() {
  local handle shown=0
  while read -r handle; do
    if grep -q "<class-decl name='$handle' size-in-bits" "$1"; then
      warn "the inside of $handle is in the dump: a header of lib/capi has the name of a public one"
      shown=1
    fi
  done < <(sed -nE 's/^typedef struct (voxlock_[a-z_]+) \1;$/\1/p' include/voxlock/*.h)
  return "$shown"
}

main() {
  local update=''
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --update) update=--update; shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  packages abigail-tools binutils
  configure dev
  build dev --target voxlock
  local check
  for check in exports headers; do
    if logged "abi-$check" "check_$check" "$update"; then
      result pass "$check"
    else
      result fail "$check"
    fi
  done
  if [[ -n $update ]]; then
    step "store $baseline" "abi-dump" dump "$baseline"
    step "write the layouts of the Python binding" "abi-python" python3 -B bindings/python/tools/generate.py
    if command -v gofmt >/dev/null; then
      step "write the layouts of the Go binding" "abi-go" python3 -B bindings/go/tools/generate.py
    else
      say "no gofmt here: python3 bindings/go/tools/generate.py is left for a machine with Go"
    fi
  fi
  check_layouts
  summary
}

check_exports() { tests/abi/exports.sh build/dev/libvoxlock.so tests/abi/exports.txt include ${1:+"$1"}; }
check_headers() { tests/abi/headers.sh include "${CC:-cc}" "${CXX:-c++}"; }

check_layouts() {
  if [[ ! -f $baseline ]]; then
    result skip layouts "no $baseline yet (./dev abi --update)"
    return
  fi
  if [[ $(uname -m) != x86_64 ]]; then
    result skip layouts "the baseline is of x86_64"
    return
  fi
  step "read the layouts" abi-dump dump build/dev/voxlock.abi.xml
  local options=(--no-show-locs --no-corpus-path)
  if logged abi-diff abidiff "${options[@]}" --no-added-syms "$baseline" build/dev/voxlock.abi.xml; then
    result pass layouts
  else
    result fail layouts "see build/log/abi-diff.log"
  fi
  abidiff "${options[@]}" "$baseline" build/dev/voxlock.abi.xml 2>/dev/null | grep -E '^ *\[A\]' || true
}
