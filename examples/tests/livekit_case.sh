# shellcheck shell=bash
# What both scripts with a LiveKit server share. Sourced with out: a folder for logs and recordings.
: "${out:?}"
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck disable=SC2034 # for ../demo/livekit.sh
root=$(cd "$here/../.." && pwd)
# shellcheck disable=SC2034
seconds=30
pids=()

end_processes() {
  local pid
  for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
}
trap end_processes EXIT

fail() {
  printf 'FAILED: %s\n' "$1" >&2
  tail -n 5 "$out"/*.log >&2 2>/dev/null || true
  exit "${2:-1}"
}

wait_for() { # text, file, seconds
  local i
  for ((i = 0; i < $3 * 20; ++i)); do
    grep -q "$1" "$2" 2>/dev/null && return 0
    sleep 0.05
  done
  fail "no '$1' in $(basename "$2")"
}

# shellcheck source=examples/demo/livekit.sh
. "$here/../demo/livekit.sh"
