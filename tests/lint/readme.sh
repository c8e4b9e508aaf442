#!/usr/bin/env bash
# The C programs of README.md compile without a warning, link and run.
# usage: readme.sh README INCLUDE_DIR LIBRARY WORK CC
set -euo pipefail

readme=$1 include=$2 library=$3 work=$4 cc=$5
rm -rf "$work"
mkdir -p "$work"
awk -v work="$work" '
  /^```c$/ { inside = 1; file = sprintf("%s/snippet%d.c", work, ++n); next }
  /^```/ { inside = 0 }
  inside { print > file }' "$readme"
count=0
for source in "$work"/*.c; do
  [[ -f $source ]] || { echo "README.md shows no C program"; exit 1; }
  "$cc" -std=c99 -Wall -Wextra -Wpedantic -Werror "-I$include" "$source" -o "${source%.c}" \
    "$library" "-Wl,-rpath,$(dirname "$library")"
  "${source%.c}"
  count=$((count + 1))
done
echo "$count programs"
