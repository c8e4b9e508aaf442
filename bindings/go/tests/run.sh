#!/usr/bin/env bash
# Runs the tests of the Go package against the library in a build folder.
# Usage: run.sh test|race|style BUILD VECTORS. Exit status 77: skipped, a line says why.
set -euo pipefail

cd "$(dirname "$0")/.."
name=$1
# Go keeps what pkg-config said, whatever PKG_CONFIG_PATH was then: the flag tells the folders apart.
export PKG_CONFIG_PATH=$2 CGO_LDFLAGS=-L$2 VOXLOCK_VECTORS=$3
# The call in C that one test compares with.
[ ! -x "$2/tests/conformance/conformance_call" ] || export VOXLOCK_CALL=$2/tests/conformance/conformance_call
export GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=1

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}

command -v go >/dev/null || skip 'no go here'
command -v pkg-config >/dev/null || skip 'no pkg-config here'
go version | grep -qE 'go(1\.(2[4-9]|[3-9][0-9])|[2-9]\.)' || skip "the package needs Go 1.24, this is $(go version)"

case $name in
  test) exec go test -count=1 ./... ;;
  race) exec go test -count=1 -race ./... ;;
  style)
    unformatted=$(gofmt -l .)
    [ -z "$unformatted" ] || {
      printf 'gofmt would change %s\n' "$unformatted"
      exit 1
    }
    # What is written from the headers is what they say now.
    if command -v python3 >/dev/null; then python3 -B tools/generate.py --check; fi
    go vet ./...
    exec go vet -tags voxlock_bench ./...
    ;;
  *)
    printf 'run.sh: no such part %s\n' "$name" >&2
    exit 2
    ;;
esac
