#!/usr/bin/env bash
# Every public header compiles alone, twice, as C99 and as C++20.
# usage: headers.sh INCLUDE_DIR CC CXX
set -uo pipefail

include=$1 cc=$2 cxx=$3 bad=0 count=0
flags=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only "-I$include")
for header in "$include"/voxlock/*.h; do
  name=voxlock/${header##*/}
  text=$(printf '#include "%s"\n#include "%s"\nint voxlock_header_test(void);\n' "$name" "$name")
  count=$((count + 1))
  "$cc" -std=c99 "${flags[@]}" -x c - <<<"$text" || { echo "$name fails as C99"; bad=1; }
  "$cxx" -std=c++20 "${flags[@]}" -x c++ - <<<"$text" || { echo "$name fails as C++20"; bad=1; }
done
echo "$count headers"
exit "$((bad != 0 || count == 0))"
