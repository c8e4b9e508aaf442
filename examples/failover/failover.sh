#!/usr/bin/env bash
# Two gateways and a Redis: the first is killed in the middle of a call, the second goes on with it,
# then a third. Prints the gaps that the peers heard, and checks that no index was used twice.
# Usage: failover.sh FOLDER-OF-PROGRAMS FOLDER; exit status 77: something is not installed.
set -euo pipefail

bin=$1
dir=$2
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$dir"
rm -f "$dir"/*.log "$dir"/*.json "$dir"/*.wire
pids=()

# shellcheck disable=SC2317 # run by the trap
clean_up() {
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap clean_up EXIT

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  tail -n 5 "$dir"/*.log >&2 2>/dev/null || true
  exit 1
}
skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}
command -v redis-server >/dev/null || skip 'redis-server is not installed'
command -v openssl >/dev/null || skip 'openssl is not installed'
if "$bin/gateway" --store 127.0.0.1:1 --room sip:x@127.0.0.1 --transport tcp --listen 127.0.0.1:0 2>&1 | grep -q hiredis; then
  skip 'the gateway was built without libhiredis-dev'
fi

# until_line NAME PATTERN: waits until the log has it.
until_line() {
  local i
  for ((i = 0; i < 200; ++i)); do
    ! grep -q "$2" "$dir/$1.log" || return 0
    sleep 0.05
  done
  fail "$1 does not say '$2'"
}
start() { # name, command ...: sets pid
  local name=$1
  shift
  : >"$dir/$name.log"
  "$@" >"$dir/$name.log" 2>&1 &
  pid=$!
  pids+=("$pid")
}
port_of() { sed -n 's/^listening on .*:\([0-9]*\)$/\1/p' "$dir/$1.log"; }

(
  cd "$dir"
  openssl ecparam -name prime256v1 -genkey -noout -out a.key
  openssl req -x509 -new -key a.key -subj '/CN=127.0.0.1' -addext 'subjectAltName=IP:127.0.0.1' -days 2 -sha256 -out a.pem
  openssl rand -out store.key 32
  { # 14 seconds of silence at 8 kHz
    printf 'RIFF\x24\x6b\x03\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x40\x1f\x00\x00\x80\x3e\x00\x00\x02\x00\x10\x00data\x00\x6b\x03\x00'
    head -c 224000 /dev/zero
  } >silence.wav
) >"$dir/openssl.log" 2>&1 || fail 'openssl made no certificate'
tls=(--cert "$dir/a.pem" --key "$dir/a.key" --ca "$dir/a.pem")

# A port that is free: Redis cannot choose one itself.
for ((try = 0; try < 20; ++try)); do
  store=$((20000 + RANDOM % 20000))
  start redis redis-server --bind 127.0.0.1 --port "$store" --save '' --appendonly no --dir "$dir"
  sleep 0.2
  kill -0 "$pid" 2>/dev/null && break
done
until_line redis 'Ready to accept'

start listener "$bin/listener" "${tls[@]}" --listen 127.0.0.1:0 --calls 1 --play "$dir/silence.wav" --wire "$dir/room.wire"
until_line listener '^listening'
gateway=("$bin/gateway" "${tls[@]}" --room "sips:room@127.0.0.1:$(port_of listener)" --calls 1
  --store "127.0.0.1:$store" --store-key "$dir/store.key" --room-suite AES_CM_128_HMAC_SHA1_80)
start first "${gateway[@]}" --listen 127.0.0.1:0
first=$pid
until_line first '^listening'
at=$(port_of first)
start second "${gateway[@]}" --listen "127.0.0.1:$at" --standby
second=$pid
start caller "$bin/caller" "${tls[@]}" --to "sips:x@127.0.0.1:$at" --play "$dir/silence.wav" \
  --suite AES_CM_128_HMAC_SHA1_80 --wire "$dir/trunk.wire" --report "$dir/caller.json"
caller=$pid

sleep 4
kill -KILL "$first"
until_line second '^took 1 calls'
start third "${gateway[@]}" --listen "127.0.0.1:$at" --standby --report "$dir/gateway.json"
sleep 4
kill -KILL "$second"
until_line third '^took 1 calls'
wait "$caller" || fail 'the caller'
for ((i = 0; i < 100; ++i)); do
  [ -s "$dir/gateway.json" ] && break
  sleep 0.05
done
grep -q '"ended": "bye"' "$dir/gateway.json" || fail 'the third gateway was not told of the end'
grep -h '^took' "$dir/second.log" "$dir/third.log"
python3 "$here/audit.py" 10 "$dir/trunk.wire" "$dir/room.wire" || fail 'an index was used twice'
