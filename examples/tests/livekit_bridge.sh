#!/usr/bin/env bash
# livekit-bridge, built with the race detector, and a LiveKit server: many calls in one process, and how calls end.
# Run by cases.sh, which made the certificates. Usage: livekit_bridge.sh FOLDER-OF-PROGRAMS CASE FOLDER
set -euo pipefail

bin=$1
case=$2
out=$3
tls=(--cert "$out/a.pem" --key "$out/a.key" --ca "$out/ca.pem")
# shellcheck source=examples/tests/livekit_case.sh
. "$(dirname "$0")/livekit_case.sh"

wait_live() { # calls so far
  local i
  for ((i = 0; i < 400; ++i)); do
    [ "$(grep -c 'live in room' "$out/bridge.log")" -ge "$1" ] && return 0
    sleep 0.05
  done
  fail "no $1 calls became live"
}

start_bridge() { # options ...: sets bridge and port
  : >"$out/bridge.log"
  "$gateway_program" "${tls[@]}" --listen 127.0.0.1:0 --report "$out/bridge.json" "${room_options[@]}" "$@" >"$out/bridge.log" 2>&1 &
  bridge=$!
  pids+=("$bridge")
  wait_for '^listening on' "$out/bridge.log" 10
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$out/bridge.log")
}

call() { # name, options ...: sets caller
  "$bin/caller" "${tls[@]}" --to "sips:$1@127.0.0.1:$port" --media-timeout 30 --play "$out/reply.wav" \
    --report "$out/$1.json" "${@:2}" >"$out/$1.log" 2>&1 &
  caller=$!
  pids+=("$caller")
}

expect_report() { # text ...
  local text
  for text in "$@"; do grep -q "$text" "$out/bridge.json" || fail "no $text in the report"; done
  if grep -q 'DATA RACE' "$out/bridge.log"; then fail 'a data race'; fi
}

make_tone() { # seconds
  python3 - "$out/reply.wav" "$1" <<'PYTHON'
import math, struct, sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
    for i in range(8000 * int(sys.argv[2])):
        out.writeframesraw(struct.pack("<h", int(6000 * math.sin(2 * math.pi * 440 * i / 8000))))
PYTHON
}

# Calls at once in rooms of their own, one of them an offer that comes late.
bridge_calls() {
  local callers=() number
  start_bridge --calls 4 --room 'call-*'
  for number in 101 102 103; do
    call "$number"
    callers+=("$caller")
  done
  call 104 --late
  callers+=("$caller")
  for caller in "${callers[@]}"; do wait "$caller" || fail 'a call failed'; done
  wait "$bridge" || fail 'the bridge failed'
  for number in 101 102 103 104; do
    grep -q "live in room call-$number as phone" "$out/bridge.log" || fail "no call in room call-$number"
  done
  expect_report '"calls": 4' '"unanswered": 0' '"ended": "bye"' '"auth_failures": 0' '"peer_verified": true'
}

# A stranger, headers of an answer, a wrong secret, a lost caller, Ctrl-C, and a room that goes.
bridge_ends() {
  local rc=0
  start_bridge --media-timeout 3s
  timeout 10 "$bin/caller" --ca "$out/ca.pem" --to "sips:x@127.0.0.1:$port" --play "$out/reply.wav" >"$out/stranger.log" 2>&1 || rc=$?
  [ "$rc" -ne 0 ] || fail 'a caller without a certificate was answered'
  call lost
  wait_for 'live in room' "$out/bridge.log" 20
  kill -KILL "$caller"
  wait "$caller" 2>/dev/null || true
  wait_for 'no audio from the trunk' "$out/bridge.log" 10
  # Who enters before that would leave with the lost phone.
  wait_for '"event":"left"' "$out/listener.log" 30
  livekit_options=(-passphrase "$(cat "$out/tls/e2ee")" -digits '42#' -attribute sip.h.x-agent=seven)
  livekit_enter "$out/again.ogg"
  # Its digits go by INFO, and so do those of the room (RFC 6086).
  call second --info --digits '7*'
  local second=$caller
  wait_live 2
  wait_for '"digit":"\*"' "$out/listener.log" 20
  wait_for '"digit":"7"' "$out/listener.log" 1
  sleep 2
  kill -INT "$bridge"
  wait "$second" || fail 'Ctrl-C said no BYE to the caller'
  grep -q '"digits": "42#"' "$out/second.json" || fail 'the digits of the room did not come by INFO'
  grep -q '"X-agent": "seven"' "$out/second.json" || fail 'an attribute of the room is no header of the answer'
  wait "$bridge" || true
  expect_report '"calls": 2' '"digits": "7\*"'

  printf 'another secret that is long enough\n' >"$out/wrong.secret"
  start_bridge --api-secret "@$out/wrong.secret" --calls 1
  rc=0
  call refused
  wait "$caller" || rc=$?
  [ "$rc" -ne 0 ] || fail 'a call without a room was answered'
  grep -q ' 503' "$out/refused.log" || fail 'the caller is not told 503'
  wait "$bridge" || fail 'the bridge failed'
  expect_report '"unanswered": 1'

  start_bridge --calls 1 --join-timeout 5s
  call gone
  wait_for 'live in room' "$out/bridge.log" 20
  kill -KILL "$livekit_pid"
  wait "$caller" || fail 'the caller was not told that the room is gone'
  wait "$bridge" || fail 'the bridge failed'
  grep -q 'the room is gone' "$out/bridge.log" || fail 'the bridge did not notice'
  expect_report '"calls": 1'
}

start_listener() { # options ...: sets listener and number
  : >"$out/phone.log"
  "$bin/listener" "${tls[@]}" --listen 127.0.0.1:0 --calls 1 --report "$out/phone.json" "$@" >"$out/phone.log" 2>&1 &
  listener=$!
  pids+=("$listener")
  wait_for '^listening on' "$out/phone.log" 5
  number=sips:77@127.0.0.1:$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$out/phone.log")
}

# A call that goes out, with an attribute of the room as a header, and is taken, one that is refused, and one whose room cannot be joined.
bridge_dials() {
  start_listener --play "$out/reply.wav" --info
  start_bridge --calls 1 --dial "$number"
  wait_for 'live in room voxlock as phone' "$out/bridge.log" 20
  wait_for '"sip.callStatus":"active"' "$out/listener.log" 10
  sleep 3
  kill -INT "$bridge"
  wait "$listener" || fail 'the number was not told that the call is over'
  wait "$bridge" || fail 'the bridge failed'
  expect_report '"calls": 1' '"peer_verified": true' '"auth_failures": 0'
  grep -q '"X-campaign": "blue"' "$out/phone.json" || fail 'an attribute of the room is no header of the INVITE'
  grep -q '"digits": "42#"' "$out/phone.json" || fail 'the digits of the room did not come by INFO'
  grep -q '"sip.callStatus":"dialing"' "$out/listener.log" || fail 'the room did not see the call dialing'
  grep -q '"sip.phoneNumber":"77"' "$out/listener.log" || fail 'the room was not told the number'

  start_listener --refuse 486
  start_bridge --calls 1 --dial "$number"
  wait "$bridge" || fail 'the bridge failed'
  expect_report '"calls": 0' '"unanswered": 1'

  printf 'another secret that is long enough\n' >"$out/wrong.secret"
  start_bridge --calls 1 --dial "$number" --api-secret "@$out/wrong.secret"
  wait "$bridge" || fail 'the bridge failed'
  grep -q 'is not called' "$out/bridge.log" || fail 'a number was called without a room'
}

mkdir -p "$out/tls"
if [ "$case" = bridge_calls ]; then make_tone 4; else make_tone 30; fi
if [ "$case" = bridge_dials ]; then livekit_options=(-attribute sip.h.x-campaign=blue); fi
livekit_e2ee_start "$bin/.." -race
"$case"
