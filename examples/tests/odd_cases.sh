# shellcheck shell=bash disable=SC2154 # part of cases.sh, which sets what is not set here
# Circumstances that nobody wishes for: wrong files, full disks, peers that break off or break rules.

# A WAV file of one second with another header: rate, channels, bits.
make_odd_wav() {
  {
    printf 'RIFF' && little 16036 4 && printf 'WAVEfmt '
    little 16 4 && little 1 2 && little "$3" 2 && little "$2" 4 && little $(($2 * $3 * $4 / 8)) 4
    little $(($3 * $4 / 8)) 2 && little "$4" 2 && printf 'data' && little 16000 4 && head -c 16000 /dev/zero
  } >"$1"
}

# One call over TCP, with more options of the caller; both have ended after it.
short_call() { # listener's options ...
  start listener listener --transport tcp --listen 127.0.0.1:0 --calls 1 "$@"
  listener=$pid
  call_in_background caller --transport tcp --to "sip:x@127.0.0.1:$port" --play "$dir/short.wav" "${caller_options[@]}"
  wait_end "$pid" 10 'the caller'
  caller_status=$status
  wait_end "$listener" 10 'the listener'
}

odd_files() {
  local to=(--transport tcp --to sip:x@127.0.0.1:1) server=(--listen 127.0.0.1:0)
  make_wav "$dir/short.wav" 1
  make_odd_wav "$dir/fast.wav" 44100 1 16
  make_odd_wav "$dir/stereo.wav" 8000 2 16
  make_odd_wav "$dir/bytes.wav" 8000 1 8
  printf 'RIFF\4\0\0\0WAVE' >"$dir/empty.wav"
  : >"$dir/empty.pem"
  expect_line 'fast.wav is not sampled at 8000 Hz' caller "${to[@]}" --play "$dir/fast.wav"
  expect_line 'stereo.wav is not 16-bit mono PCM' caller "${to[@]}" --play "$dir/stereo.wav"
  expect_line 'bytes.wav is not 16-bit mono PCM' listener --transport tcp "${server[@]}" --play "$dir/bytes.wav"
  expect_line 'empty.wav holds no audio' caller "${to[@]}" --play "$dir/empty.wav"
  expect_line 'cannot read .*: Is a directory' caller "${to[@]}" --play "$dir"
  expect_line 'larger than 64 MiB' caller "${to[@]}" --play /dev/zero
  expect_line 'cannot read certificate .*: Is a directory' listener "${server[@]}" --cert "$dir" --key "$dir/a.key"
  expect_line 'cannot read key .*: it is empty' listener "${server[@]}" --cert "$dir/a.pem" --key "$dir/empty.pem"
  expect_line 'cannot read authorities .*none' caller --to sips:x@127.0.0.1:1 --ca "$dir/none"
  head -c 3000 /dev/zero >"$dir/zeros.pem"
  expect_line 'zeros.pem: .*certificate' listener "${server[@]}" --cert "$dir/a.pem" --key "$dir/a.key" --ca "$dir/zeros.pem"
  expect_line 'zeros.pem: .*certificate' caller --to sips:x@127.0.0.1:1 --ca "$dir/zeros.pem"
  expect_line 'room nonsense: a URI' gateway --transport tcp "${server[@]}" --room nonsense
  expect_line 'room sips:x@127.0.0.1:1 is no URI' gateway --transport tcp "${server[@]}" --room sips:x@127.0.0.1:1
  expect_line 'cannot write .*: Is a directory' caller "${to[@]}" --wire "$dir"
  expect_line 'is not an IP address' listener --transport tcp --listen localhost:0
  expect_line 'cannot listen on 192.0.2.1:5061' gateway --transport tcp --listen 192.0.2.1:5061 --room sip:x@127.0.0.1:1
  # The call is not lost with its files: the report is printed all the same, and the status tells.
  caller_options=(--report "$dir/none/caller.json" --record /dev/full)
  short_call --record "$dir" --report /dev/full
  if [ "$caller_status" -ne 1 ] || [ "$status" -ne 1 ]; then fail "status $caller_status and $status without files"; fi
  local line
  for line in 'caller.json: No such file' '/dev/full: No space left' '"answered":true'; do
    grep -q "$line" "$dir/caller.log" || fail "the caller does not say '$line'"
  done
  for line in ': Is a directory' '/dev/full: No space left' '"ended":"bye"'; do
    grep -q "$line" "$dir/listener.log" || fail "the listener does not say '$line'"
  done
  start gateway gateway --transport tcp "${server[@]}" --room sip:x@127.0.0.1:1 --report /dev/full
  kill -TERM "$pid"
  wait_end "$pid" 5 'the gateway'
  [ "$status" -eq 1 ] || fail "gateway: status $status without its report"
  grep -q '^0 calls' "$dir/gateway.log" || fail 'the gateway printed no report'
  grep -q '/dev/full: No space left' "$dir/gateway.log" || fail 'the gateway does not say why it has no report'
}

# Peers that break rules, one after the other; then a good call gets through.
hostile_peers() {
  command -v python3 >/dev/null || exit 77
  start listener listener --transport tcp --listen 127.0.0.1:0
  listener=$pid
  local room=$port
  python3 "$here/hostile_peer.py" "$room" >"$dir/hostile.log" 2>&1 || fail 'the listener among hostile peers'
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room "sip:room@127.0.0.1:$room" --report "$dir/gateway.json"
  gateway=$pid
  python3 "$here/hostile_peer.py" "$port" >"$dir/hostile.log" 2>&1 || fail 'the gateway among hostile peers'
  make_wav "$dir/short.wav" 1
  caller_options=(--play "$dir/short.wav")
  start_caller
  wait_end "$caller" 10 'the caller behind hostile peers'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  local server
  for server in "$gateway" "$listener"; do
    kill -TERM "$server"
    wait_end "$server" 5 'a server after SIGTERM'
    [ "$status" -eq 0 ] || fail "a server after SIGTERM: status $status"
  done
  expect_in gateway '"ended": "bye"'
}

# Ctrl-C at the listener: its BYE goes all the way back to the caller.
listener_interrupted() {
  start_call
  kill -INT "$listener"
  wait_end "$listener" 5 'the listener after Ctrl-C'
  [ "$status" -eq 0 ] || fail "listener: status $status"
  expect_in listener '"ended": "bye"'
  wait_end "$caller" 5 'the caller'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  wait_end "$gateway" 5 'the gateway'
}

# Every address of the call is an IPv6 one, those in certificate, URI, Via and SDP included.
ipv6() {
  if ! grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 2>/dev/null; then exit 77; fi
  make_wav "$dir/short.wav" 1
  start listener listener --listen '[::1]:0' "${tls[@]}" --calls 1 --report "$dir/listener.json"
  listener=$pid
  start gateway gateway --listen '[::1]:0' "${tls[@]}" --room "sips:room@[::1]:$port" --calls 1 --report "$dir/gateway.json"
  gateway=$pid
  call_in_background caller --ip ::1 "${tls[@]}" --to "sips:x@[::1]:$port" --play "$dir/short.wav" --report "$dir/caller.json"
  wait_end "$pid" 10 'the caller'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  wait_end "$gateway" 5 'the gateway'
  wait_end "$listener" 5 'the listener'
  expect_in gateway '"calls": 1' '"ended": "bye"' '"lost": 0' '"peer": "CN=localhost"' '"peer": "\[::1\]"'
  expect_in caller '"peer_verified": true'
  [ "$(number_in listener packets)" -ge 40 ] || fail 'the listener heard nothing'
}

# A peer that is stopped answers no BYE: Ctrl-C waits for it, a second one does not.
twice_interrupted() {
  start_call
  kill -STOP "$listener" "$caller"
  kill -INT "$gateway"
  sleep 0.5
  kill -0 "$gateway" 2>/dev/null || fail 'the gateway did not wait for the answers to its BYE'
  kill -INT "$gateway"
  wait_end "$gateway" 2 'the gateway after the second Ctrl-C'
  grep -q '^1 calls' "$dir/gateway.log" || fail 'no report of the gateway'
  expect_in gateway '"calls": 1'
  kill -CONT "$listener" "$caller"
  wait_end "$caller" 10 'the caller'
  wait_end "$listener" 10 'the listener'
  # The far end takes the connection and says nothing.
  start listener listener --listen 127.0.0.1:0 "${tls[@]}"
  listener=$pid
  kill -STOP "$listener"
  call_in_background mute "${tls[@]}" --to "sips:x@127.0.0.1:$port" --play "$dir/long.wav"
  sleep 0.3
  kill -TERM "$pid"
  wait_end "$pid" 5 'the caller after SIGTERM'
  [ "$status" -eq 1 ] || fail "a caller that reached nobody: status $status"
  kill -KILL "$listener"
}

# A room may ring for longer than silence may last. A caller that says nothing after that is gone.
rings_long() {
  command -v python3 >/dev/null || exit 77
  make_wav "$dir/short.wav" 1
  start listener listener --transport tcp --listen 127.0.0.1:0 --ring 2.5 --calls 2
  listener=$pid
  start gateway gateway --transport tcp --listen 127.0.0.1:0 --room "sip:room@127.0.0.1:$port" --calls 2 \
    --media-timeout 1 --report "$dir/gateway.json"
  gateway=$pid
  python3 "$here/hostile_peer.py" "$port" mute >"$dir/mute.log" 2>&1 &
  mute=$!
  pids+=("$mute")
  caller_options=(--play "$dir/short.wav")
  start_caller
  wait_end "$caller" 10 'the caller'
  [ "$status" -eq 0 ] || fail "caller: status $status"
  wait_end "$mute" 10 'the caller without audio'
  [ "$status" -eq 0 ] || fail 'a caller without audio is not hung up on'
  wait_end "$gateway" 5 'the gateway'
  expect_in gateway '"calls": 2' '"unanswered": 0'
  wait_end "$listener" 5 'the listener'
}
