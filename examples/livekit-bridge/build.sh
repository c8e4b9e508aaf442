#!/usr/bin/env bash
# Builds livekit-bridge against the library of a build folder. Further options go to go build, such as -race.
# Usage: build.sh PROGRAM BUILD [OPTION ...]. Exit status 77: this machine cannot, and the reason is the last line.
set -euo pipefail

program=$(realpath -m "$1")
PKG_CONFIG_PATH=$(cd "$2" && pwd)
# Go keeps what pkg-config said, whatever PKG_CONFIG_PATH was then: the flag tells the folders apart.
export PKG_CONFIG_PATH CGO_LDFLAGS=-L$PKG_CONFIG_PATH GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=1
cd "$(dirname "$0")"

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v go >/dev/null || skip 'no go here to build livekit-bridge with'
command -v pkg-config >/dev/null || skip 'no pkg-config here'
go version | grep -qE 'go1\.(2[6-9]|[3-9][0-9])' || skip "livekit-bridge needs Go 1.26, this is $(go version)"
mkdir -p "$(dirname "$program")"
go mod download >"$program.log" 2>&1 || skip "the modules of livekit-bridge cannot be had, see $program.log"
exec go build "${@:3}" -o "$program" .
