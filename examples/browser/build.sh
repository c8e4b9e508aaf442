#!/usr/bin/env bash
# Makes what drives a Chromium ready, playwright-core from npm. Usage: build.sh FOLDER. Exit status 77:
# this machine cannot, and the reason is the last line.
set -euo pipefail

mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v chromium >/dev/null || skip 'no chromium here'
command -v node >/dev/null || skip 'no node here to drive chromium with'
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] || skip "Node 20 is needed, this is $(node --version)"
exec 9>"$out/lock"
flock 9
if ! cmp -s package-lock.json "$out/package-lock.json" || [ ! -d "$out/node_modules" ]; then
  command -v npm >/dev/null || skip 'no npm here to get playwright-core with'
  cp package.json package-lock.json "$out"
  (cd "$out" && npm ci --no-audit --no-fund) >"$out/npm.log" 2>&1 || {
    rm -f "$out/package-lock.json"
    skip "playwright-core cannot be had, see $out/npm.log"
  }
fi
