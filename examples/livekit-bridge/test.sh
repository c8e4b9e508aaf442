#!/usr/bin/env bash
# Tests livekit-bridge as far as no server is needed, with the race detector, against the library of a build folder.
# Usage: test.sh BUILD. Exit status 77: skipped, a line says why.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
PKG_CONFIG_PATH=$(cd "$1" && pwd)
# Go keeps what pkg-config said, whatever PKG_CONFIG_PATH was then: the flag tells the folders apart.
export PKG_CONFIG_PATH CGO_LDFLAGS=-L$PKG_CONFIG_PATH GOTOOLCHAIN=local GOFLAGS=-mod=readonly CGO_ENABLED=1
"$here/build.sh" "$PKG_CONFIG_PATH/livekit-bridge" "$PKG_CONFIG_PATH"
cd "$here"
unformatted=$(gofmt -l .)
[ -z "$unformatted" ] || {
  printf 'gofmt would change %s\n' "$unformatted"
  exit 1
}
go vet ./...
exec go test -count=1 -race ./...
