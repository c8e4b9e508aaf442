#!/usr/bin/env bash
# The symbols of the shared library are exactly the stored list, and exactly what the headers declare.
# usage: exports.sh LIBRARY EXPORTS_TXT INCLUDE_DIR [--update]
set -euo pipefail

library=$1 list=$2 include=$3
export LC_ALL=C
actual=$(nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)
if [[ ${4:-} == --update ]]; then
  printf '%s\n' "$actual" >"$list"
fi
# A declaration starts with VOXLOCK_API and may go on over lines up to its first parenthesis.
declared=$(cat "$include"/voxlock/*.h | sed 's/^#.*//' | tr '\n' ' ' |
  grep -oE 'VOXLOCK_API [^;(]*\(' | grep -oE 'voxlock_[a-z0-9_]+ *\($' | tr -d ' (' | sort -u)

bad=0
differ() {
  local text
  text=$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | grep '^[<>]' || true)
  if [[ -n $text ]]; then
    printf '%s\n%s\n' "$1" "$text"
    bad=1
  fi
}
differ "< stored in exports.txt, > exported by the library (./dev abi --update stores):" \
  "$(cat "$list")" "$actual"
differ "< declared in the headers, > exported by the library:" "$declared" "$actual"
if foreign=$(grep -v '^voxlock_' <<<"$actual"); then
  printf 'symbols that are not ours leave the library:\n%s\n' "$foreign"
  bad=1
fi
echo "$(wc -l <<<"$actual") exports"
exit "$bad"
