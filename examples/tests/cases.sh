#!/usr/bin/env bash
# What a user of the example programs meets besides a good call. Run by CTest, one case at a time.
# Usage: cases.sh FOLDER-OF-PROGRAMS CASE; exit status 77: something the case needs is not installed.
set -euo pipefail

bin=$1
case=$2
here=$(cd "$(dirname "$0")" && pwd)
dir=$(mktemp -d)
pids=()

# shellcheck disable=SC2317 # run by the trap
clean_up() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$dir"
}
trap clean_up EXIT

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  tail -n 5 "$dir"/*.log >&2 2>/dev/null || true
  exit 1
}

make_certificates() {
  (
    cd "$dir"
    openssl ecparam -name prime256v1 -genkey -noout -out ca.key
    openssl req -x509 -new -key ca.key -subj '/CN=test authority' -days 2 -sha256 -out ca.pem
    openssl ecparam -name prime256v1 -genkey -noout -out a.key
    openssl req -new -key a.key -subj '/CN=localhost' -out a.csr
    printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n' >a.ext
    openssl x509 -req -in a.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -sha256 -extfile a.ext -out a.pem
  ) >"$dir/openssl.log" 2>&1 || fail 'openssl made no certificates'
  tls=(--cert "$dir/a.pem" --key "$dir/a.key" --ca "$dir/ca.pem")
}

# So many seconds of silence at 8 kHz, by hand: the tests need no sound package.
make_wav() {
  local bytes=$(($2 * 16000))
  {
    printf 'RIFF'
    little $((36 + bytes)) 4
    printf 'WAVEfmt '
    little 16 4 && little 1 2 && little 1 2 && little 8000 4 && little 16000 4 && little 2 2 && little 16 2
    printf 'data'
    little "$bytes" 4
    head -c "$bytes" /dev/zero
  } >"$1"
}
little() {
  local i
  for ((i = 0; i < $2; ++i)); do printf '%b' "\\x$(printf '%02x' $(($1 >> (8 * i) & 255)))"; done
}

start() { # name, program, options ...: sets port and pid
  local name=$1
  shift
  : >"$dir/$name.log"
  "$bin/$1" "${@:2}" >"$dir/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
  local i
  for ((i = 0; i < 100; ++i)); do
    port=$(sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$dir/$name.log")
    if [ -n "$port" ]; then return 0; fi
    kill -0 "$pid" 2>/dev/null || fail "$name did not start"
    sleep 0.05
  done
  fail "$name did not start in time"
}

call_in_background() { # name, options ...: sets pid
  local name=$1
  shift
  "$bin/caller" "$@" >"$dir/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
}

wait_for() { # text, file, seconds
  local i
  for ((i = 0; i < $3 * 20; ++i)); do
    if grep -q "$1" "$2" 2>/dev/null; then return 0; fi
    sleep 0.05
  done
  fail "no '$1' in $(basename "$2")"
}

wait_end() { # pid, seconds, what: sets status
  local i
  for ((i = 0; i < $2 * 20; ++i)); do
    if ! kill -0 "$1" 2>/dev/null; then
      status=0
      wait "$1" || status=$?
      return 0
    fi
    sleep 0.05
  done
  fail "$3 did not end"
}

# A wrong use: one line on standard error that holds the text, and a status that is not zero.
expect_line() { # text, program, options ...
  local text=$1 rc=0
  shift
  timeout 5 "$bin/$1" "${@:2}" >"$dir/out.log" 2>"$dir/err.log" || rc=$?
  if [ "$rc" -eq 0 ] || [ "$rc" -ge 124 ]; then fail "$1 ${*:2}: status $rc"; fi
  [ "$(wc -l <"$dir/err.log")" -eq 1 ] || fail "$1 ${*:2}: not one line"
  grep -q -- "$text" "$dir/err.log" || fail "$1 ${*:2}: no '$text' in '$(cat "$dir/err.log")'"
}

# listener, gateway before it and one call through both, of a caller that does not hang up.
start_call() {
  make_wav "$dir/long.wav" 30
  start listener listener --listen 127.0.0.1:0 "${tls[@]}" --calls 1 --report "$dir/listener.json"
  listener=$pid
  start gateway gateway --listen 127.0.0.1:0 "${tls[@]}" --room "sips:room@127.0.0.1:$port" --calls 1 \
    --media-timeout 2 --report "$dir/gateway.json"
  gateway=$pid
  call_in_background caller "${tls[@]}" --to "sips:x@127.0.0.1:$port" --play "$dir/long.wav" --report "$dir/caller.json"
  caller=$pid
  wait_for '1 live' "$dir/gateway.log" 10
}

wrong_use() {
  make_wav "$dir/short.wav" 1
  local program
  for program in gateway caller listener; do
    expect_line 'unknown option' "$program" --nonsense
    expect_line 'wants a value' "$program" --cert
  done
  expect_line 'cannot read certificate' listener --listen 127.0.0.1:0 --cert "$dir/none.pem" --key "$dir/a.key"
  expect_line 'cannot read key' listener --listen 127.0.0.1:0 --cert "$dir/a.pem" --key "$dir/none.key"
  expect_line 'private key' listener --listen 127.0.0.1:0 --cert "$dir/a.pem" --key "$dir/ca.key"
  expect_line 'certificate' listener --listen 127.0.0.1:0 --cert "$dir/a.key" --key "$dir/a.key"
  expect_line 'cannot read .*none.wav' caller "${tls[@]}" --to sips:x@127.0.0.1:1 --play "$dir/none.wav"
  expect_line 'not a WAV file' caller "${tls[@]}" --to sips:x@127.0.0.1:1 --play "$dir/a.pem"
  expect_line 'there is no suite' caller "${tls[@]}" --to sips:x@127.0.0.1:1 --suite NONE
  expect_line 'there is no codec' caller "${tls[@]}" --to sips:x@127.0.0.1:1 --codec none
  expect_line 'cannot call' caller "${tls[@]}" --to mailto:x
  expect_line 'HOST:PORT' listener "${tls[@]}" --listen 127.0.0.1
  expect_line 'hold, resume or rekey' caller "${tls[@]}" --to sips:x@127.0.0.1:1 --then hold@x
  expect_line 'between 400 and' listener "${tls[@]}" --refuse 200
  expect_line 'between 0 and' gateway "${tls[@]}" --room sips:x@127.0.0.1:1 --calls many
  expect_line '--room' gateway "${tls[@]}"
  start listener listener --listen 127.0.0.1:0 "${tls[@]}"
  expect_line "cannot listen on 127.0.0.1:$port" gateway "${tls[@]}" --listen "127.0.0.1:$port" --room sips:x@127.0.0.1:1
}

# Nobody there, no SRTP in common, another authority: the caller says why and ends.
refusals() {
  local rc=0
  timeout 10 "$bin/caller" "${tls[@]}" --to sips:x@127.0.0.1:1 >"$dir/caller.log" 2>&1 || rc=$?
  [ "$rc" -eq 1 ] || fail "a caller without a far end: status $rc"
  grep -q 'refused' "$dir/caller.log" || fail 'no reason for a refused connection'

  start listener listener --listen 127.0.0.1:0 "${tls[@]}"
  start gateway gateway --listen 127.0.0.1:0 "${tls[@]}" --room "sips:room@127.0.0.1:$port" --suite AEAD_AES_256_GCM
  rc=0
  timeout 10 "$bin/caller" "${tls[@]}" --to "sips:x@127.0.0.1:$port" --suite AES_CM_128_HMAC_SHA1_80 \
    >"$dir/caller.log" 2>&1 || rc=$?
  [ "$rc" -eq 1 ] || fail "a refused caller: status $rc"
  grep -q '488 .*warning 3' "$dir/caller.log" || fail 'no 488 with a Warning'

  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout "$dir/other.key" \
    -subj '/CN=other authority' -days 2 -out "$dir/other.pem" 2>/dev/null
  rc=0
  timeout 10 "$bin/caller" --ca "$dir/other.pem" --to "sips:x@127.0.0.1:$port" >"$dir/caller.log" 2>&1 || rc=$?
  [ "$rc" -eq 1 ] || fail "a caller with another authority: status $rc"
  grep -q 'not issued by a trusted authority' "$dir/caller.log" || fail 'no reason for an unknown authority'

  # The room is busy: its status reaches the trunk.
  start busy listener --listen 127.0.0.1:0 "${tls[@]}" --suite AES_CM_128_HMAC_SHA1_32
  start gateway2 gateway --listen 127.0.0.1:0 "${tls[@]}" --room "sips:room@127.0.0.1:$port"
  rc=0
  timeout 10 "$bin/caller" "${tls[@]}" --to "sips:x@127.0.0.1:$port" >"$dir/caller.log" 2>&1 || rc=$?
  [ "$rc" -eq 1 ] || fail "a caller whom the room refuses: status $rc"
  grep -q '488 ' "$dir/caller.log" || fail "the room's refusal did not reach the caller"
}

interrupted() {
  start_call
  kill -INT "$gateway"
  wait_end "$gateway" 5 'the gateway after Ctrl-C'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  grep -q '^1 calls' "$dir/gateway.log" || fail 'no report of the gateway'
  grep -q '"ended": "bye"' "$dir/gateway.json" || fail 'the gateway did not hang up by BYE'
  wait_end "$caller" 5 'the caller'
  wait_end "$listener" 5 'the listener'
  grep -q '"ended": "bye"' "$dir/listener.json" || fail 'the listener got no BYE'
}

caller_interrupted() {
  start_call
  kill -INT "$caller"
  wait_end "$caller" 5 'the caller after Ctrl-C'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  grep -q '"ended": "bye"' "$dir/caller.json" || fail 'no report of the caller'
  wait_end "$gateway" 5 'the gateway'
  wait_end "$listener" 5 'the listener'
}

# The kernel closes the caller's connections, and no BYE comes: silence ends the call.
caller_killed() {
  start_call
  kill -KILL "$caller"
  wait_end "$gateway" 10 'the gateway'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  expect_in gateway '"calls": 1' '"ended": "silence"'
  wait_end "$listener" 10 'the listener'
  expect_in listener '"ended": "bye"'
}

listener_killed() {
  start_call
  kill -KILL "$listener"
  wait_end "$gateway" 10 'the gateway'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  wait_end "$caller" 10 'the caller'
}

# Many calls at once, digits on their way, over TCP without TLS.
many_calls() {
  local count=8 i rc=0
  make_wav "$dir/two.wav" 2
  start listener listener --transport tcp --listen 127.0.0.1:0 --calls $count --report "$dir/listener.json"
  listener=$pid
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room "sip:room@127.0.0.1:$port" --calls $count \
    --report "$dir/gateway.json"
  gateway=$pid
  callers=()
  for ((i = 0; i < count; ++i)); do
    call_in_background "caller$i" --transport tcp --to "sip:x@127.0.0.1:$port" --play "$dir/two.wav" --digits '12#'
    callers+=("$pid")
  done
  for pid in "${callers[@]}"; do
    wait_end "$pid" 20 'a caller'
    [ "$status" -eq 0 ] || rc=1
  done
  [ "$rc" -eq 0 ] || fail 'a call failed'
  wait_end "$gateway" 5 'the gateway'
  wait_end "$listener" 5 'the listener'
  grep -q "\"calls\": $count" "$dir/gateway.json" || fail "not $count calls"
  grep -q '"digits": "12#"' "$dir/gateway.json" || fail 'the gateway saw other digits'
  grep -q '"digits": "12#"' "$dir/listener.json" || fail 'the listener got other digits'
  grep -q '"lost": 0' "$dir/listener.json" || fail 'packets were lost'
}

# A call over TCP through a gateway, which ends after it. More options of the caller, the listener
# and the gateway come from these lists.
caller_options=() listener_options=() gateway_options=()
start_servers() {
  start listener listener --transport tcp --listen 127.0.0.1:0 --calls 1 --report "$dir/listener.json" \
    "${listener_options[@]}"
  listener=$pid
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room "sip:room@127.0.0.1:$port" --calls 1 \
    --media-timeout 1 --report "$dir/gateway.json" "${gateway_options[@]}"
  gateway=$pid
}
start_caller() {
  call_in_background caller --transport tcp --to "sip:x@127.0.0.1:$port" --report "$dir/caller.json" \
    "${caller_options[@]}"
  caller=$pid
}
end_call() {
  wait_end "$caller" 20 'the caller'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  wait_end "$gateway" 5 'the gateway'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  wait_end "$listener" 5 'the listener'
}
expect_in() { # report, texts ...
  local text
  for text in "${@:2}"; do
    grep -q "$text" "$dir/$1.json" || fail "no $text in the report of the $1"
  done
}
number_in() { sed -n "s/^ *\"$2\": \([0-9]*\),\{0,1\}$/\1/p" "$dir/$1.json"; } # report, name

# RFC 3264, section 8.4: the hold of one side reaches the other, longer than silence may last; then
# both talk again, and once more.
hold() {
  make_wav "$dir/six.wav" 5
  caller_options=(--play "$dir/six.wav" --then 'hold@0.5,resume@2.5,hold@3,resume@3.5')
  start_servers
  start_caller
  end_call
  expect_in caller '"updates": 4' '"refused_updates": 0' '"holds": 0'
  expect_in listener '"ended": "bye"' '"holds": 2'
  # Fifty packets a second to the listener all the time, and back all but for two and a half.
  [ "$(number_in listener packets)" -ge 230 ] || fail 'the listener heard no music while held'
  local sent
  sent=$(number_in listener packets_sent)
  if [ "$sent" -lt 90 ] || [ "$sent" -gt 160 ]; then fail "the listener sent $sent packets, held for half of them"; fi
}

# A caller that is gone while it holds: no silence tells, so that a limit has to.
killed_in_hold() {
  make_wav "$dir/long.wav" 30
  caller_options=(--play "$dir/long.wav" --then 'hold@0.3')
  gateway_options=(--hold-timeout 2)
  start_servers
  start_caller
  wait_for '1 live' "$dir/gateway.log" 5
  sleep 1
  kill -KILL "$caller"
  wait_end "$gateway" 10 'the gateway'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  expect_in gateway '"calls": 1' '"ended": "held too long"'
  wait_end "$listener" 5 'the listener'
  expect_in listener '"ended": "bye"' '"holds": 1'
}

# RFC 4568, section 7.1.4: new keys in mid-call, and no packet is lost by it. Meanwhile digits go by INFO (RFC 6086).
rekey() {
  make_wav "$dir/three.wav" 3
  caller_options=(--play "$dir/three.wav" --then 'rekey@0.7,rekey@1.4' --digits '12#' --info)
  start_servers
  start_caller
  end_call
  expect_in caller '"updates": 2' '"refused_updates": 0' '"auth_failures": 0'
  expect_in gateway '"rekeys": [1-9]' '"auth_failures": 0' '"lost": 0' '"digits": "12#"'
  expect_in listener '"lost": 0' '"holds": 0' '"rekeys": 0' '"digits": "12#"'
}

late_offer() {
  make_wav "$dir/two.wav" 2
  caller_options=(--play "$dir/two.wav" --late)
  start_servers
  start_caller
  end_call
  expect_in caller '"answered": true' '"ended": "bye"'
  [ "$(number_in listener packets)" -ge 90 ] || fail 'the listener heard nothing'
}

# RFC 3261, section 9: the caller gives up while the room rings.
cancel() {
  listener_options=(--ring 30)
  start_servers
  start_caller
  wait_for 'connecting to the room' "$dir/gateway.log" 5
  sleep 0.3
  kill -INT "$caller"
  wait_end "$caller" 5 'the caller after Ctrl-C'
  [ "$status" -eq 1 ] || fail "caller: status $status"
  grep -q '487 ' "$dir/caller.log" || fail 'the caller saw no 487'
  wait_end "$gateway" 5 'the gateway'
  expect_in gateway '"unanswered": 1' '"ended": "cancelled"'
  wait_end "$listener" 5 'the listener'
  expect_in listener '"cancelled": 1'
}

busy() {
  local code
  for code in 486 488 603; do
    listener_options=(--refuse "$code")
    start_servers
    start_caller
    wait_end "$caller" 5 "the caller whom $code meets"
    [ "$status" -eq 1 ] || fail "caller: status $status"
    grep -q "the call failed: $code " "$dir/caller.log" || fail "the caller did not see $code"
    wait_end "$gateway" 5 'the gateway'
    expect_in gateway '"unanswered": 1' '"calls": 0'
    kill -TERM "$listener"
    wait_end "$listener" 5 'the listener'
  done
}

# Strangers who connect and never speak, more than there are descriptors: a call still gets through.
silent_peers() {
  local peers
  command -v python3 >/dev/null || exit 77
  make_wav "$dir/short.wav" 1
  start listener listener --listen 127.0.0.1:0 "${tls[@]}" --calls 1
  ulimit -S -n 96
  start gateway gateway --listen 127.0.0.1:0 "${tls[@]}" --room "sips:room@127.0.0.1:$port" --calls 1 \
    --report "$dir/gateway.json"
  ulimit -S -n "$(ulimit -H -n)"
  gateway=$pid
  python3 -c '
import signal, socket, sys
peers = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(200)]
for peer in peers[::2]:
    peer.sendall(b"\x16\x03\x01\x02")
print("connected", flush=True)
signal.pause()' "$port" >"$dir/peers.log" &
  peers=$!
  pids+=("$peers")
  wait_for 'connected' "$dir/peers.log" 10
  local rc=0
  timeout 20 "$bin/caller" "${tls[@]}" --to "sips:x@127.0.0.1:$port" --play "$dir/short.wav" \
    >"$dir/caller.log" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || fail "the caller among silent peers: status $rc"
  wait_end "$gateway" 10 'the gateway'
  [ "$status" -eq 0 ] || fail "gateway: status $status"
  expect_in gateway '"calls": 1' '"ended": "bye"'
  kill -KILL "$peers"
}

# Files that are not what they should be, and a peer that is not there in the end.
# shellcheck source=examples/tests/odd_cases.sh
. "$here/odd_cases.sh"

need_sipp() {
  if ! command -v sipp >/dev/null; then
    echo 'skipped: the program sipp is not installed'
    exit 77
  fi
}
start_sipp() { # scenario, options ...: sets pid
  (cd "$dir" && TERM=xterm exec sipp -sf "$here/sipp/$1.xml" -t t1 -i 127.0.0.1 -m 1 -nostdin -timeout 30 -timeout_error \
    -trace_err -error_file "$dir/sipp.log" "${@:2}") >/dev/null 2>&1 &
  pid=$!
  pids+=("$pid")
}
end_sipp() {
  wait_end "$1" 30 sipp
  [ "$status" -eq 0 ] || fail "sipp: status $status"
}

# A hold by a caller no one here wrote, which sends no audio at all.
sipp_holds() {
  need_sipp
  gateway_options=(--media-timeout 20)
  start_servers
  start_sipp caller_holds "127.0.0.1:$port"
  end_sipp "$pid"
  wait_end "$gateway" 5 'the gateway'
  expect_in gateway '"calls": 1' '"ended": "bye"'
  wait_end "$listener" 5 'the listener'
  expect_in listener '"holds": 1' '"ended": "bye"'
}

sipp_cancels() {
  need_sipp
  listener_options=(--ring 30)
  start_servers
  start_sipp caller_cancels "127.0.0.1:$port"
  end_sipp "$pid"
  wait_end "$gateway" 5 'the gateway'
  expect_in gateway '"unanswered": 1' '"ended": "cancelled"'
  wait_end "$listener" 5 'the listener'
  expect_in listener '"cancelled": 1'
}

# A room no one here wrote refuses a hold and meets a resume with 491: the call goes on.
sipp_refuses() {
  need_sipp
  local room
  make_wav "$dir/eight.wav" 8
  # Any free port: sipp has no way to tell which one it took.
  start port listener --transport tcp --listen 127.0.0.1:0
  kill -KILL "$pid"
  wait_end "$pid" 5 'the listener'
  start_sipp room_refuses -p "$port"
  room=$pid
  sleep 0.5
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room "sip:room@127.0.0.1:$port" --calls 1 \
    --media-timeout 30 --room-codec PCMU --room-suite AES_CM_128_HMAC_SHA1_80 --report "$dir/gateway.json"
  gateway=$pid
  caller_options=(--play "$dir/eight.wav" --then 'hold@0.5,resume@1.5' --media-timeout 30)
  start_caller
  wait_end "$caller" 20 'the caller'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  expect_in caller '"updates": 2' '"refused_updates": 0'
  end_sipp "$room"
  wait_end "$gateway" 5 'the gateway'
  expect_in gateway '"calls": 1' '"ended": "bye"'
}

# The page without a browser: what a request must bring, and what nobody gets.
browser_page() {
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room browser --calls 1 --report "$dir/gateway.json"
  gateway=$pid
  make_wav "$dir/short.wav" 1
  call_in_background caller --transport tcp --to "sip:x@127.0.0.1:$port" --play "$dir/short.wav"
  caller=$pid
  python3 "$here/page.py" "$(sed -n 's/^open \(http.*\) in a browser$/\1/p' "$dir/gateway.log")" || fail 'the page is not as it should be'
  # It hung up at the end: the caller was refused.
  wait_end "$caller" 10 'the caller'
  [ "$status" -eq 1 ] || fail "caller: status $status"
  grep -q '603' "$dir/caller.log" || fail 'the caller is not told 603'
  wait_end "$gateway" 5 'the gateway'
  grep -q '"unanswered": 1' "$dir/gateway.json" || fail 'the call counts as answered'
  expect_line 'wants a port' gateway --transport tcp --room browser:70000
}

run_demo() { # caller, room
  local tool
  for tool in gnuplot "$([ "$1" = baresip ] && printf baresip || printf openssl)"; do
    command -v "$tool" >/dev/null || exit 77
  done
  [ -r /usr/share/asterisk/sounds/en_US_f_Allison/demo-instruct.wav ] || exit 77
  bash "$here/../demo/demo.sh" --bin "$bin" --out "$dir/demo" --seconds 6 --caller "$1" --room "${2:-sip}" || exit
  local name
  for name in before.wav after.wav spectrogram.png report.json; do
    [ -s "$dir/demo/$name" ] || fail "the demo left no $name"
  done
  if [ "${2:-sip}" = sip ]; then
    python3 "$here/demo_report.py" "$dir/demo" "$bin/demo_analyse" sip || fail 'the report is not as it should be'
  fi
  if [ "${2:-sip}" = browser ]; then
    mkdir -p "$here/../../build/browser/pictures"
    cp "$dir/demo/page.png" "$here/../../build/browser/pictures/demo-page.png"
  fi
}

command -v openssl >/dev/null || exit 77
case $case in
  demo) run_demo voxlock ;;
  demo_baresip) run_demo baresip ;;
  demo_livekit | demo_livekit_e2ee | livekit_restart | livekit_refuses | livekit_red | bridge_calls | bridge_ends | bridge_dials)
    command -v opusenc >/dev/null || { printf 'skipped: opus-tools is not installed\n'; exit 77; }
    if [ "$case" = demo_livekit ]; then
      run_demo voxlock livekit
    elif [ "$case" = demo_livekit_e2ee ]; then
      command -v go >/dev/null || { printf 'skipped: no go here\n'; exit 77; }
      run_demo voxlock livekit-e2ee
    elif [[ $case == bridge_* ]]; then
      make_certificates
      "$here/livekit_bridge.sh" "$bin" "$case" "$dir"
    else
      "$here/livekit.sh" "$bin" "$case"
    fi
    ;;
  demo_browser) run_demo voxlock browser ;;
  browser_reload | browser_mute | browser_drop | browser_rejoin)
    [ -r /usr/share/asterisk/sounds/en_US_f_Allison/demo-instruct.wav ] || exit 77
    "$here/browser.sh" "$bin" "$case"
    ;;
  browser_page | wrong_use | refusals | interrupted | caller_interrupted | caller_killed | listener_killed | many_calls | hold | \
    rekey | late_offer | cancel | busy | killed_in_hold | silent_peers | listener_interrupted | odd_files | hostile_peers | rings_long | ipv6 | \
    twice_interrupted | sipp_holds | sipp_cancels | \
    sipp_refuses)
    make_certificates
    "$case"
    ;;
  *) fail "no such case '$case'" ;;
esac
