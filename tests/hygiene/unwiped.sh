#!/usr/bin/env bash
# Expects test_hygiene, in a program whose library wipes nothing, to find what that leaves behind.
# usage: unwiped.sh PROGRAM
set -uo pipefail

program=$1
# Each of these has to see something that was left.
status=0
for name in "between two calls*" "after a call*" "bad packets*" "wherever memory ends, *" "passwords*" \
  "every kind of call*" "wherever memory ends in any kind*" "digits in SIP*"; do
  found=$("$program" "$name" 2>&1)
  if [[ $found == *"All tests passed"* || $found != *" in "* ]]; then
    echo "without wiping '$name' still passes"
    status=1
  fi
done
exit "$status"
