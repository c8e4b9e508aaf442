# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev bench [--json FILE] [--only PART-OF-A-NAME] [--short]

Measures speed and memory beside the peers in the same run: parse against sofia-sip and osip2, SRTP
against libsrtp2 and its bare kernels, the bridge against its bare kernels, DTLS handshakes against
mbedTLS, STUN checks against HMAC-SHA1, RTCP against the packets of media, the bridge driven from Python
and from Go against C. Counts memory, and
the round trips from the INVITE to the first audio in a room. One row a figure, with its goal where
it has one; the goals missed come again at the end. The README's section "Speed" explains the rows.

--short makes every row of the C++ ones once and judges counts alone (memory, allocations, round trips): does
the bench still run?

PART-OF-A-NAME is one of bridge, dtls, first_audio, go, memory, python, rtcp, sip_parse, srtp, stun, or a part of it.
TEXT
}

# The binding beside C, in one process of Python.
python_rows() {
  if ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    say "skipped: the binding's rows need Python 3.11"
    return 0
  fi
  VOXLOCK_LIBRARY=$BUILD/release/libvoxlock.so PYTHONPATH=bindings/python/src python3 -B \
    bindings/python/bench/bridge_bench.py "$BUILD/release/tests/bench/python_bench_loop.so" ${1:+--json "$1"}
}

go_rows() {
  if ! command -v go >/dev/null; then
    say "skipped: the rows of the Go binding need Go 1.24"
    return 0
  fi
  local file=${1:+$(realpath -m "$1")}
  # Go keeps a linked program by its sources, and not by the library that pkg-config names.
  (cd bindings/go && PKG_CONFIG_PATH=$BUILD/release LD_LIBRARY_PATH=$BUILD/release GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
    VOXLOCK_BENCH_JSON=$file go test -tags voxlock_bench -count=1 -run TestBridgeBesideC -v . | grep '^go: ')
}

main() {
  local options=() json='' only='' short=''
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --json) need_value "$1" "$#"; options+=("$1" "$2"); json=$2; shift 2 ;;
      --only) need_value "$1" "$#"; options+=("$1" "$2"); only=$2; shift 2 ;;
      --short) options+=("$1"); short=1; shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  [[ -f tests/bench/CMakeLists.txt ]] || die "this tree has no tests/bench"
  build_packages
  packages libsofia-sip-ua-dev libosip2-dev
  configure release -DVOXLOCK_BUILD_BENCH=ON
  build release --target voxlock_bench voxlock python_bench_loop
  if [[ -n $short ]]; then
    [[ -n $json ]] || json=$BUILD/bench-short.json options+=(--json "$BUILD/bench-short.json")
    checked voxlock_bench bench-short "$BUILD/release/tests/bench/voxlock_bench" "${options[@]}"
    checked "bench: rows as JSON" bench-json python3 -B tests/bench/check_rows.py "$json"
    summary
    return
  fi
  "$BUILD/release/tests/bench/voxlock_bench" "${options[@]}"
  if [[ -z $only || python == *"$only"* ]]; then python_rows "$json"; fi
  if [[ -z $only || go == *"$only"* ]]; then go_rows "$json"; fi
}
