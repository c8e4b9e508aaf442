#!/usr/bin/env bash
# The Conan recipe makes a package of each kind of library, and its test package runs. The third-party
# libraries are this machine's, so that no remote is asked.
# usage: conan.sh ROOT WORK. Exit status 77: skipped, a line says why.
set -euo pipefail

root=$1 work=$2
skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}
command -v conan >/dev/null || skip 'no conan here'
[[ -n ${VOXLOCK_FROM_SOURCE:-} ]] || skip 'VOXLOCK_FROM_SOURCE is not set: ./dev interop builds the package'
mkdir -p "$work"
export CONAN_HOME=$work/home
conan profile detect --exist-ok >/dev/null 2>&1
for shared in True False; do
  conan create "$root/packaging/conan" --no-remote -o '&:system_libraries=True' -o "&:shared=$shared" \
    -c tools.cmake.cmake_layout:test_folder="$work/test" >"$work/conan-$shared.log" 2>&1 || { tail -n 40 "$work/conan-$shared.log"; exit 1; }
  grep -qE '^[0-9.]+ 1$' "$work/conan-$shared.log" || { echo "the consumer said nothing"; exit 1; }
done
