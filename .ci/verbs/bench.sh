# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev bench [--json FILE] [--only PART-OF-A-NAME]

Measures speed and memory beside the peers in the same run: parse against sofia-sip and osip2, SRTP
against libsrtp2 and its bare kernels, the bridge against its bare kernels, DTLS handshakes against
mbedTLS, STUN checks against HMAC-SHA1. Counts memory, and the round trips from the INVITE to the
first audio in a room. One row a figure, with its goal where it has one; the goals missed come again
at the end. The README's section "Speed" explains the rows.

PART-OF-A-NAME is one of bridge, dtls, first_audio, memory, sip_parse, srtp, stun, or a part of it.
TEXT
}

main() {
  local options=()
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --json | --only) need_value "$1" "$#"; options+=("$1" "$2"); shift 2 ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  [[ -f tests/bench/CMakeLists.txt ]] || die "this tree has no tests/bench"
  build_packages
  packages libsofia-sip-ua-dev libosip2-dev
  configure release -DVOXLOCK_BUILD_BENCH=ON
  build release --target voxlock_bench
  exec "$BUILD/release/tests/bench/voxlock_bench" "${options[@]}"
}
