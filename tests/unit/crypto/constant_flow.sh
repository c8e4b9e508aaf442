#!/bin/sh
# usage: constant_flow.sh PROGRAM EMULATOR...
# PROGRAM (constant_time.cpp) takes the same way through its code for every secret. qemu-user names each block of code
# that it enters; without random addresses two runs differ in nothing but where qemu itself keeps the block.
set -eu
program=$1
shift
emulator=$*
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# way SECRET [branch]: a sum and the size of all blocks in their order.
way() {
  # shellcheck disable=SC2086
  setarch -R $emulator -d exec,nochain -D "$log" "$program" "$@" >/dev/null
  sed 's/^Trace [0-9]*: 0x[0-9a-f]* //' "$log" | cksum
}

first=$(way 1)
for secret in 2 3 4; do
  if [ "$(way $secret)" != "$first" ]; then
    echo "failed: secret $secret takes another way than secret 1"
    exit 1
  fi
done
if [ "$(way 1 branch)" = "$(way 2 branch)" ]; then
  echo "failed: a branch on a secret was not seen"
  exit 1
fi
blocks=$(wc -l <"$log")
[ "$blocks" -gt 100000 ] || { echo "failed: the emulator tells of $blocks blocks only"; exit 1; }
echo "$blocks blocks, the same for every secret"
