#!/usr/bin/env bash
# Runs smoke.mjs against a library. Usage: run.sh LIBRARY FOLDER; koffi comes from npm, once, into FOLDER.
# Exit status 77: skipped, a line says why.
set -euo pipefail

library=$1
mkdir -p "$2"
out=$(cd "$2" && pwd)
cd "$(dirname "$0")"

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v node >/dev/null || skip 'no node here'
[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 18 ] || skip "Node 18 is needed, this is $(node --version)"
if ! cmp -s package-lock.json "$out/package-lock.json" || [ ! -d "$out/node_modules" ]; then
  command -v npm >/dev/null || skip 'no npm here to get koffi with'
  cp package.json package-lock.json "$out"
  (cd "$out" && timeout 120 npm ci --no-audit --no-fund) >"$out/npm.log" 2>&1 || {
    rm -f "$out/package-lock.json"
    skip "koffi cannot be had, see $out/npm.log"
  }
fi
# A module finds its packages from where it lies.
cp smoke.mjs "$out"
node "$out/smoke.mjs" "$library"
