# shellcheck shell=bash
# The far side of demo.sh as a room of a LiveKit server on loopback, with somebody in it who speaks
# and listens by LiveKit's own SDK. Sourced by demo.sh and tests/livekit.sh, which set out, root, seconds
# and pids.
# livekit_options: further ones of who is in the room. Without -reply the phone, which is there later,
# hears that speech from its middle.
# shellcheck disable=SC2034,SC2154
livekit_options=(-reply)

# Three free ports of loopback: HTTP, ICE over TCP, ICE over UDP.
free_ports() {
  python3 - <<'PYTHON'
import socket
kinds = [socket.SOCK_STREAM, socket.SOCK_STREAM, socket.SOCK_DGRAM]
sockets = [socket.socket(socket.AF_INET, kind) for kind in kinds]
for s in sockets:
    s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in sockets))
PYTHON
}

livekit_configure() {
  local http tcp udp
  read -r http tcp udp < <(free_ports)
  livekit_port=$http
  openssl rand -hex 24 >"$out/tls/livekit.secret"
  cat >"$out/tls/livekit.yaml" <<YAML
port: $http
bind_addresses: ["127.0.0.1"]
rtc:
  tcp_port: $tcp
  udp_port: $udp
  node_ip: 127.0.0.1
  enable_loopback_candidate: true
  interfaces: {includes: [lo]}
keys: {demo: $(cat "$out/tls/livekit.secret")}
YAML
  chmod 600 "$out/tls/livekit.yaml" "$out/tls/livekit.secret"
}

livekit_serve() {
  "$livekit/livekit-server" --config "$out/tls/livekit.yaml" >>"$out/livekit.log" 2>&1 &
  livekit_pid=$!
  pids+=("$livekit_pid")
  local i
  for ((i = 0; i < 200; ++i)); do
    if (: <>"/dev/tcp/127.0.0.1/$livekit_port") 2>/dev/null; then return 0; fi
    kill -0 "$livekit_pid" 2>/dev/null || fail "the LiveKit server did not start: $(tail -n 1 "$out/livekit.log")"
    sleep 0.05
  done
  fail 'the LiveKit server did not start in time'
}

# Somebody enters the room, speaks, and records the phone into a file.
livekit_enter() { # file
  # Who was here before may still write to the old one.
  rm -f "$out/listener.log"
  "$livekit/participant" -url "ws://127.0.0.1:$livekit_port" -key demo -secret "$(cat "$out/tls/livekit.secret")" \
    -publish "$out/reply.ogg" -record "$1" -from phone -until phone -duration "$((seconds + 40))s" \
    -report "$out/listener.json" "${livekit_options[@]}" >"$out/listener.log" 2>&1 &
  pids+=($!)
  local i
  for ((i = 0; i < 200; ++i)); do
    grep -q '"published"' "$out/listener.log" && break
    kill -0 "${pids[-1]}" 2>/dev/null || fail "nobody could enter the room: $(tail -n 1 "$out/listener.log")"
    sleep 0.05
  done
}

# Sets room_options of the gateway.
livekit_start() {
  livekit=$root/build/livekit
  printf 'building the LiveKit server, if it is not built yet\n'
  local rc=0
  "$root/tests/interop/livekit/build.sh" "$livekit" >"$out/livekit-build.log" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || fail "$(tail -n 1 "$out/livekit-build.log")" "$rc"
  opusenc --quiet --max-delay 20 --framesize 20 "$out/reply.wav" "$out/reply.ogg"
  livekit_configure
  livekit_serve
  livekit_enter "$out/after.ogg"
  room_options=(--room "whip:http://127.0.0.1:$livekit_port/whip/v1" --api-key demo
    --api-secret "@$out/tls/livekit.secret" --room-hear agent:voice)
}

# The same room with end-to-end encryption on, and livekit-bridge as the gateway: sets gateway_program too.
livekit_e2ee_start() { # folder of the library's build, options of go build ...
  gateway_program=$root/build/livekit/livekit-bridge
  local rc=0
  "$root/examples/livekit-bridge/build.sh" "$gateway_program" "$@" >"$out/bridge-build.log" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || fail "$(tail -n 1 "$out/bridge-build.log")" "$rc"
  openssl rand -hex 16 >"$out/tls/e2ee"
  chmod 600 "$out/tls/e2ee"
  livekit_options+=(-passphrase "$(cat "$out/tls/e2ee")" -reply -digits '42#')
  livekit_start
  room_options=(--url "ws://127.0.0.1:$livekit_port" --api-key demo --api-secret "@$out/tls/livekit.secret"
    --e2ee "@$out/tls/e2ee")
}

# What was heard in the room, as demo_analyse reads it: at 8 kHz, and with half a second of silence in
# front, since the recording begins a moment after the call.
livekit_decode() {
  opusdec --quiet --rate 8000 "$out/after.ogg" "$out/room.wav" || fail 'nothing was heard in the room'
  python3 - "$out/room.wav" "$out/after.wav" <<'PYTHON'
import sys, wave
with wave.open(sys.argv[1]) as heard, wave.open(sys.argv[2], "wb") as out:
    out.setparams(heard.getparams())
    out.writeframes(bytes(2 * 4000) + heard.readframes(heard.getnframes()))
PYTHON
  rm -f "$out/room.wav"
}
