#!/usr/bin/env bash
# One real call over loopback: caller -> gateway -> listener and back, three processes, measured.
# Run by ./dev demo, which builds first. Usage: demo.sh [--bin FOLDER] [--out FOLDER]
# [--caller voxlock|baresip] [--room sip|livekit|livekit-e2ee|browser] [--open] [--seconds N] [--check: only look at the options]
# --room livekit: the call goes into a room of a real LiveKit server instead (needs Go 1.26); livekit-e2ee: into one with
# end-to-end encryption on, by livekit-bridge.
# --room browser: a headless Chromium answers the call at the gateway's page; with --open you do, in your own.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
bin=$root/build/release/examples
out=$root/build/demo
caller=voxlock
room=sip
seconds=14
check_only=
open=
sounds=/usr/share/asterisk/sounds/en_US_f_Allison

fail() {
  printf 'demo: %s\n' "$1" >&2
  exit "${2:-1}"
}

while [ $# -gt 0 ]; do
  case $1 in
    --bin | --out | --caller | --room | --seconds)
      [ $# -ge 2 ] || fail "$1 wants a value" 2
      declare "${1#--}=$2"
      shift 2
      ;;
    --check | --open)
      if [ "$1" = --open ]; then open=1; else check_only=1; fi
      shift
      ;;
    --help | -h)
      sed -n '2,7s/^# //p' "$0"
      exit 0
      ;;
    *) fail "unknown option $1, see --help" 2 ;;
  esac
done
case $caller in voxlock | baresip) ;; *) fail "--caller is voxlock or baresip, not '$caller'" 2 ;; esac
case $room in sip | livekit | livekit-e2ee | browser) ;; *) fail "--room is sip, livekit, livekit-e2ee or browser, not '$room'" 2 ;; esac
if [ "$room" = livekit-e2ee ] && [ "$caller" != voxlock ]; then fail '--room livekit-e2ee goes with --caller voxlock' 2; fi
[ -z "$open" ] || [ "$room" = browser ] || fail '--open goes with --room browser' 2
case $seconds in '' | *[!0-9]*) fail "--seconds wants a whole number, not '$seconds'" 2 ;; esac
if [ "$seconds" -lt 5 ] || [ "$seconds" -gt 60 ]; then fail '--seconds is 5 to 60' 2; fi
[ -z "$check_only" ] || exit 0
for tool in openssl gnuplot; do
  command -v "$tool" >/dev/null || fail "$tool is not installed; ./dev demo installs it"
done
if [[ $room == livekit* ]]; then
  command -v go >/dev/null || fail "--room $room needs Go 1.26, and there is no go here"
  for tool in opusenc opusdec; do
    command -v "$tool" >/dev/null || fail "$tool is not installed; ./dev demo --room $room installs it"
  done
fi
[ "$caller" = voxlock ] || command -v baresip >/dev/null || fail 'baresip is not installed; ./dev demo --caller baresip installs it'
[ -r "$sounds/demo-instruct.wav" ] || fail 'no speech: install asterisk-core-sounds-en-wav; ./dev demo installs it'
[ -x "$bin/gateway" ] || fail "no programs in $bin; ./dev demo builds them"

rm -rf "$out"
mkdir -p "$out/tls"
out=$(cd "$out" && pwd)

pids=()
stop_all() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  pids=()
}
# shellcheck disable=SC2317 # run by the trap
interrupted() {
  printf '\ndemo: interrupted, hanging up\n' >&2
  stop_all
  exit 130
}
trap interrupted INT TERM
trap stop_all EXIT

# A certificate authority and one certificate for each party, gone with the folder.
make_certificates() {
  cd "$out/tls"
  openssl ecparam -name prime256v1 -genkey -noout -out ca.key
  openssl req -x509 -new -key ca.key -subj '/CN=demo authority' -days 2 -sha256 -out ca.pem \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  local name
  for name in gateway listener caller; do
    openssl ecparam -name prime256v1 -genkey -noout -out "$name.key"
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n' >"$name.ext"
    openssl x509 -req -in "$name.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 \
      -extfile "$name.ext" -out "$name.pem"
    cat "$name.pem" "$name.key" >"$name-both.pem"
  done
  rm -f ca.key
  cd - >/dev/null
}
make_certificates >"$out/tls/log" 2>&1 || fail "openssl could not make certificates, see $out/tls/log"

"$bin/demo_mix" --speech "$sounds/demo-echotest.wav,$sounds/demo-instruct.wav" --seconds "$seconds" \
  --clean "$out/clean.wav" --noisy "$out/before.wav" --snr 10
"$bin/demo_mix" --speech "$sounds/demo-congrats.wav" --seconds "$seconds" \
  --clean "$out/reply.wav" --noisy "$out/reply-noisy.wav" --snr 20
rm -f "$out/reply-noisy.wav"

tls_of() {
  printf -- '--cert\n%s\n--key\n%s\n--ca\n%s\n' "$out/tls/$1.pem" "$out/tls/$1.key" "$out/tls/ca.pem"
}

# Starts a server program; its first line of output says where it listens.
start() {
  local name=$1
  shift
  mapfile -t tls < <(tls_of "$name")
  : >"$out/$name.log"
  local program=$bin/$name
  [ "$name" != gateway ] || program=$gateway_program
  "$program" "${tls[@]}" "$@" --report "$out/$name.json" >"$out/$name.log" 2>&1 &
  pids+=($!)
  local i
  for ((i = 0; i < 100; ++i)); do
    port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$out/$name.log")
    [ -n "$port" ] && return 0
    kill -0 $! 2>/dev/null || fail "$name did not start: $(tail -n 1 "$out/$name.log")"
    sleep 0.05
  done
  fail "$name did not start in time"
}

gateway_program=$bin/gateway
caller_options=()
# What is a room here: a peer that answers SIP calls, or one in a room of a LiveKit server.
if [ "$room" = livekit ]; then
  # shellcheck source=examples/demo/livekit.sh
  . "$here/livekit.sh"
  livekit_start
elif [ "$room" = livekit-e2ee ]; then
  # shellcheck source=examples/demo/livekit.sh
  . "$here/livekit.sh"
  livekit_e2ee_start "$bin/.."
  caller_options=(--digits 5 --header 'X-Customer: 17')
elif [ "$room" = browser ]; then
  # shellcheck source=examples/demo/browser.sh
  . "$here/browser.sh"
  [ -n "$open" ] || browser_prepare
  room_options=(--room browser)
else
  start listener --listen 127.0.0.1:0 --play "$out/reply.wav" --record "$out/after.wav" --calls 1
  room_options=(--room "sips:room@127.0.0.1:$port")
fi
listener_pid=${pids[*]: -1}
start gateway --listen 127.0.0.1:0 "${room_options[@]}" --calls 1
gateway_pid=$!
if [ "$room" = browser ]; then
  browser_url
  if [ -n "$open" ]; then printf 'open %s\n' "$url"; else browser_start demo; fi
  listener_pid=${browser_pid:-}
fi

run_caller() {
  mapfile -t tls < <(tls_of caller)
  "$bin/caller" "${tls[@]}" --to "sips:demo@127.0.0.1:$port" --play "$out/before.wav" \
    --record "$out/caller-heard.wav" --report "$out/caller.json" "${caller_options[@]}" >"$out/caller.log" 2>&1
}

run_baresip() {
  "$here/baresip.sh" "$out" "$port" "$seconds" >"$out/caller.log" 2>&1
}

# One live line while the call runs.
progress() {
  local begin=$SECONDS
  while kill -0 "$1" 2>/dev/null; do
    local line
    line=$(tail -n 1 "$out/gateway.log" 2>/dev/null | tr -d '\r' | cut -c1-100)
    if [ -t 1 ]; then printf '\r\033[Kcall %2d s  %s' $((SECONDS - begin)) "$line"; fi
    sleep 0.25
    if [ $((SECONDS - begin)) -gt $((seconds + 30 + 60 * ${open:-0})) ]; then
      kill -TERM "$1" 2>/dev/null || true
      return
    fi
  done
  if [ -t 1 ]; then printf '\r\033[K'; fi
}

if [ "$room" = livekit ]; then
  printf 'calling: %s -> gateway (TLS, SRTP) -> LiveKit room (DTLS-SRTP), %s s\n' "$caller" "$seconds"
elif [ "$room" = livekit-e2ee ]; then
  printf 'calling: %s -> livekit-bridge (TLS, SRTP) -> LiveKit room (DTLS-SRTP, frames sealed end to end), %s s\n' "$caller" "$seconds"
elif [ "$room" = browser ]; then
  printf 'calling: %s -> gateway (TLS, SRTP) -> browser (DTLS-SRTP), %s s\n' "$caller" "$seconds"
else
  printf 'calling: %s -> gateway (TLS, SRTP) -> listener, %s s\n' "$caller" "$seconds"
fi
if [ "$caller" = baresip ]; then run_baresip & else run_caller & fi
caller_pid=$!
pids+=("$caller_pid")
progress "$caller_pid"
wait "$caller_pid" || fail "the caller failed: $(tail -n 1 "$out/caller.log")"
# Both end by themselves after one call.
for pid in "$gateway_pid" ${listener_pid:+"$listener_pid"}; do
  for ((i = 0; i < 100; ++i)); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.05
  done
done
stop_all
if [ -n "$open" ]; then
  # What a person heard is not recorded.
  tail -n 4 "$out/gateway.log"
  exit 0
fi
case $room in
  livekit*) livekit_decode ;;
  browser) browser_check ;;
esac

status=0
"$bin/demo_analyse" --dir "$out" --caller "$caller" --room "$room" || status=$?
(cd "$out" && gnuplot "$here/spectrogram.gp") 2>"$out/gnuplot.log" || fail "gnuplot failed, see $out/gnuplot.log"
rm -f "$out"/*.spectrum
printf '\nleft in %s: before.wav after.wav spectrogram.png report.json%s\n' "$out" "$([ "$room" = browser ] && printf ' page.png')"
exit "$status"
