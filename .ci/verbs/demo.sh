# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev demo [options]

Builds the release preset and runs a real call over loopback sockets: a caller (SIP over TLS, SRTP),
the gateway (decrypts, denoises, transcodes, re-encrypts) and a listener, or with --room livekit
somebody in a room of a real LiveKit server (livekit-e2ee: in one with end-to-end encryption on), with --room browser a Chromium at the gateway's page. Prints a
report and leaves before.wav, after.wav, spectrogram.png and report.json in build/demo.
TEXT
  if [[ -x $ROOT/examples/demo/demo.sh ]]; then
    say ""
    "$ROOT/examples/demo/demo.sh" --help
  fi
}

main() {
  local demo=$ROOT/examples/demo/demo.sh
  case "${1:-}" in
    -h | --help) help; return ;;
  esac
  [[ -x $demo ]] || die "this tree has no examples/demo/demo.sh"
  # A wrong option is told before anything is installed or built.
  "$demo" --check "$@" || return
  build_packages
  # Speech, a plotter, certificates; and a phone no one here wrote, where it shall call.
  packages openssl gnuplot-nox asterisk-core-sounds-en-wav
  [[ " $* " != *" --caller baresip "* ]] || packages baresip-core
  [[ " $* " != *" --room livekit"* ]] || packages opus-tools
  [[ " $* " != *" --room browser "* || " $* " == *" --open "* ]] || packages chromium
  configure release
  build release --target gateway caller listener demo_mix demo_analyse
  local rc=0
  # Ctrl-C is the demo's to answer: it hangs up and prints its report.
  trap : INT
  "$demo" "$@" || rc=$?
  if ((rc == 0)); then result pass demo; fi
  return "$rc"
}
