#!/usr/bin/env bash
# Builds the library without its wiping and expects test_hygiene to find what that leaves behind.
# usage: unwiped.sh SOURCE BUILD CXX CC VECTORS   Skipped unless CI is set: it is a whole build.
set -uo pipefail

source=$1 build=$2 cxx=$3 cc=$4 vectors=$5
if [[ -z ${CI:-} ]]; then
  echo "skipped: CI is not set, and this builds the library once more"
  exit 77
fi
cmake -G Ninja -S "$source" -B "$build" -DCMAKE_BUILD_TYPE=Debug -DVOXLOCK_UNWIPED=ON -DVOXLOCK_VECTORS="$vectors" \
  -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_COMPILER="$cc" >/dev/null || exit 1
cmake --build "$build" --target test_hygiene >"$build/build.log" 2>&1 || { tail -n 30 "$build/build.log"; exit 1; }

# Each of these has to see something that was left.
status=0
for name in "between two calls*" "after a call*" "bad packets*" "wherever memory ends, *" "passwords*" \
  "every kind of call*" "wherever memory ends in any kind*" "digits in SIP*"; do
  found=$("$build/tests/hygiene/test_hygiene" "$name" 2>&1)
  if [[ $found == *"All tests passed"* || $found != *" in "* ]]; then
    echo "without wiping '$name' still passes"
    status=1
  fi
done
exit "$status"
