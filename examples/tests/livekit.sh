#!/usr/bin/env bash
# The gateway and a LiveKit server that restarts in the middle of a call, or refuses it. Run by
# cases.sh. Usage: livekit.sh FOLDER-OF-PROGRAMS livekit_restart|livekit_refuses|livekit_red
set -euo pipefail

bin=$1
case=$2
out=$(mktemp -d)
# shellcheck source=examples/tests/livekit_case.sh
. "$(dirname "$0")/livekit_case.sh"
trap 'end_processes; rm -rf "$out"' EXIT

start_gateway() { # options ...
  : >"$out/gateway.log"
  "$bin/gateway" --transport tcp --listen 127.0.0.1:0 --calls 1 --report "$out/gateway.json" "$@" \
    >"$out/gateway.log" 2>&1 &
  gateway=$!
  pids+=("$gateway")
  wait_for '^listening on' "$out/gateway.log" 5
  port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$out/gateway.log")
}

call() { # seconds
  timeout "$(($1 + 10))" "$bin/caller" --transport tcp --to "sip:x@127.0.0.1:$port" --play "$out/reply.wav" \
    --media-timeout 30 --record "$out/heard.wav" --report "$out/caller.json" >"$out/caller.log" 2>&1 &
  caller=$!
  pids+=("$caller")
}

# Speech is not needed: a tone for as many seconds.
make_tone() { # seconds
  python3 - "$out/reply.wav" "$1" <<'PYTHON'
import math, struct, sys, wave
with wave.open(sys.argv[1], "wb") as out:
    out.setparams((1, 2, 8000, 0, "NONE", "not compressed"))
    for i in range(8000 * int(sys.argv[2])):
        out.writeframesraw(struct.pack("<h", int(6000 * math.sin(2 * math.pi * 440 * i / 8000))))
PYTHON
}

# What was lost on the way to the server and from it came again, because the other end asked. A LiveKit
# server takes no notice of requests in the first 100 ms, so that not all of it comes.
check_repairs() {
  python3 - "$out/gateway.json" "$out/listener.json" <<'PYTHON' || fail 'losses are not mended'
import json, sys
room = json.load(open(sys.argv[1]))["hops"][1]
heard = json.load(open(sys.argv[2]))
print("to the room:", room["out"], "heard there:", {k: heard[k] for k in ("packets", "lost", "late")})
print("from the room:", room["in"])
assert room["out"]["resent"] >= 5 and heard["late"] >= 5, "packets of the phone came again"
assert heard["lost"] * 50 <= heard["packets"], "hardly any of them is missing"
assert room["in"]["nacked"] >= 5 and room["in"]["recovered"] >= 2, "packets of the room came again"
PYTHON
}

# Redundant audio (RFC 2198) stands in for one packet in eight, for somebody who cannot read it: the
# server unpacks it. It makes none of its own, and passes on that of participants who send it.
livekit_red() {
  make_tone 7
  livekit_start
  start_gateway "${room_options[@]}" --lose-every 8
  call 7
  wait "$caller" || fail 'the call did not last'
  wait "$gateway" || fail 'the gateway failed'
  wait "${pids[1]}" 2>/dev/null || true
  python3 - "$out/gateway.json" "$out/listener.json" <<'PYTHON' || fail 'redundancy is of no use'
import json, sys
room = json.load(open(sys.argv[1]))["hops"][1]
heard = json.load(open(sys.argv[2]))
print("to the room:", room["out"], "heard there:", {k: heard[k] for k in ("packets", "lost", "late")})
print("from the room:", room["in"])
assert room["out"]["redundant"] >= 200, "packets bring earlier frames along"
assert heard["packets"] >= 250 and heard["lost"] <= 2, "nothing is missing"
PYTHON
}

# The server dies and comes back: the call goes on, with new keys in a new room. One in 20 packets is
# lost all the time, and without redundancy has to come again.
livekit_restart() {
  make_tone 24
  livekit_start
  start_gateway "${room_options[@]}" --no-red --lose-every 20
  call 24
  wait_for '1 live, [2-9] s' "$out/gateway.log" 20
  kill -KILL "$livekit_pid"
  # The participant stands for everyone in the room: it leaves with the server and enters anew.
  kill -TERM "${pids[1]}"
  wait "$livekit_pid" "${pids[1]}" 2>/dev/null || true
  livekit_serve
  livekit_enter "$out/again.ogg"
  wait_for '"hears"' "$out/listener.log" 20
  wait "$caller" || fail 'the call did not last'
  wait "$gateway" || fail 'the gateway failed'
  grep -q 'the room is lost' "$out/gateway.log" || fail 'the gateway did not notice'
  wait "${pids[-1]}" 2>/dev/null || true
  [ "$(stat -c %s "$out/again.ogg")" -gt 5000 ] || fail 'the room hears nothing after its restart'
  check_repairs
}

# A wrong secret, a path that nobody serves, no server: the caller is told, the gateway goes on.
livekit_refuses() {
  make_tone 3
  livekit_start
  printf 'another secret that is long enough\n' >"$out/wrong.secret"
  start_gateway --room "whip:http://127.0.0.1:$livekit_port/whip/v1" --api-key demo --api-secret "@$out/wrong.secret" --calls 4
  expect_refusal 503 'the room says 401'
  kill -TERM "$gateway"
  wait "$gateway" || fail 'the gateway failed'
  start_gateway --room "whip:http://127.0.0.1:$livekit_port/nowhere" --api-key demo --api-secret "@$out/tls/livekit.secret"
  expect_refusal 404 'the room says 404'
  wait "$gateway" || fail 'the gateway failed'
  kill -TERM "$livekit_pid"
  wait "$livekit_pid" || true
  start_gateway "${room_options[@]}"
  expect_refusal 503 'the room does not answer'
  wait "$gateway" || fail 'the gateway failed'
}

expect_refusal() { # status, what the gateway says
  call 3
  local rc=0
  wait "$caller" || rc=$?
  [ "$rc" -ne 0 ] || fail 'the call was answered'
  grep -q "$1" "$out/caller.log" || fail "the caller is not told $1"
  grep -q "$2" "$out/gateway.log" || fail "the gateway does not say '$2'"
}

mkdir -p "$out/tls"
"$case"
