#!/usr/bin/env bash
# A person at the gateway's page, played by a headless Chromium, in the middle of a call. Run by
# cases.sh. Usage: browser.sh FOLDER-OF-PROGRAMS browser_reload|browser_mute|browser_drop|browser_rejoin
set -euo pipefail

bin=$1
case=${2#browser_}
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
sounds=/usr/share/asterisk/sounds/en_US_f_Allison
out=$(mktemp -d)
pids=()

# shellcheck disable=SC2317 # run by the trap
clean_up() {
  for pid in "${pids[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  # Pictures are worth a look whatever the result.
  mkdir -p "$root/build/browser/pictures"
  for picture in "$out"/*.png; do
    [ -e "$picture" ] && cp "$picture" "$root/build/browser/pictures/$case-$(basename "$picture")"
  done
  rm -rf "$out"
}
trap clean_up EXIT

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  tail -n 5 "$out"/*.log >&2 2>/dev/null || true
  exit "${2:-1}"
}

# shellcheck source=examples/demo/browser.sh
. "$here/../demo/browser.sh"

# What the caller heard: the loudest half second from the one to the other second, in dB below full
# scale; negative seconds count from the end.
loudness() { # from, to
  python3 - "$out/caller-heard.wav" "$1" "$2" <<'PYTHON'
import array, math, sys, wave
with wave.open(sys.argv[1]) as f:
    samples = array.array("h", f.readframes(f.getnframes()))
begin, end = (int(float(x) * 8000) for x in sys.argv[2:])
part = samples[begin:end if end != 0 else None]
powers = [sum(x * x for x in part[i:i + 4000]) / 4000 for i in range(0, max(1, len(part) - 3999), 800)]
print(round(10 * math.log10(max(powers) / 32768 ** 2 + 1e-12)))
PYTHON
}

# The longest time the caller heard nothing, in tenths of a second.
longest_silence() {
  python3 - "$out/caller-heard.wav" <<'PYTHON'
import array, sys, wave
with wave.open(sys.argv[1]) as f:
    samples = array.array("h", f.readframes(f.getnframes()))
best = run = 0
for i in range(0, len(samples) - 799, 800):
    run = run + 1 if max(map(abs, samples[i:i + 800])) < 40 else 0
    best = max(best, run)
print(best)
PYTHON
}

mkdir -p "$out/tls"
browser_prepare
"$bin/demo_mix" --speech "$sounds/demo-instruct.wav" --seconds 30 --clean "$out/speech.wav" --noisy "$out/noisy.wav" --snr 20
"$bin/demo_mix" --speech "$sounds/demo-congrats.wav" --seconds 30 --clean "$out/reply.wav" --noisy "$out/noisy.wav" --snr 20
: >"$out/gateway.log"
"$bin/gateway" --transport tcp --listen 127.0.0.1:0 --room browser --calls 1 --report "$out/gateway.json" \
  >"$out/gateway.log" 2>&1 &
gateway=$!
pids+=("$gateway")
for ((i = 0; i < 100; ++i)); do
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$out/gateway.log")
  [ -z "$port" ] || break
  sleep 0.05
done
[ -n "$port" ] || fail 'the gateway did not start'
browser_url
browser_start "$case"
timeout 55 "$bin/caller" --transport tcp --to "sip:x@127.0.0.1:$port" --play "$out/speech.wav" --media-timeout 20 \
  --record "$out/caller-heard.wav" --report "$out/caller.json" >"$out/caller.log" 2>&1 &
caller=$!
pids+=("$caller")
wait "$browser_pid" || fail "the browser is not content: $(grep '^FAILED' "$out/listener.log" || true)"
wait "$caller" || fail 'the caller failed'
wait "$gateway" || fail 'the gateway failed'

grep -q '"ended": "hung up in the browser"' "$out/gateway.json" || fail 'the call did not end as it should'
db=$(loudness -3.5 0)
[ "$db" -gt -45 ] || fail "at the end the caller hears nothing: $db dB"
case $case in
  drop)
    python3 - "$out/gateway.json" <<'PYTHON' || fail 'the browser is not told about its packets, or sends nothing redundant'
import json, sys
gateway = json.load(open(sys.argv[1]))
room, packets = gateway["hops"][1], gateway["packets"]
print("to the browser:", room["out"], "from it:", room["in"], "bridged:", packets)
assert room["out"]["transport_feedback"] >= 30
assert room["in"]["redundant"] >= 100 and packets["recovered"] >= 5
PYTHON
    ;;
  mute)
    silence=$(longest_silence)
    [ "$silence" -ge 22 ] || fail "three seconds of mute are ${silence}00 ms of silence"
    grep -q '"digits": "159#"' "$out/caller.json" || fail 'the caller got other digits'
    ;;
esac
