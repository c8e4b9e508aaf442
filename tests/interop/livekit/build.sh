#!/usr/bin/env bash
# Builds the LiveKit server and a participant made with LiveKit's SDK, both from the Go module proxy.
# Usage: build.sh FOLDER. Exit status 77: this machine cannot, and the reason is the last line.
set -euo pipefail

mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")"

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v go >/dev/null || skip 'no go here to build a LiveKit server with'
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly
go version | grep -qE 'go1\.(2[6-9]|[3-9][0-9])' || skip "a LiveKit server needs Go 1.26, this is $(go version)"
go mod download >"$out/download.log" 2>&1 || skip "the modules of a LiveKit server cannot be had, see $out/download.log"
go build -o "$out/livekit-server" github.com/livekit/livekit-server/cmd/server
go build -o "$out/participant" .
