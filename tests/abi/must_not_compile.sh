#!/usr/bin/env bash
# A misuse that the compiler must refuse. The file compiles as it stands; with VOXLOCK_MISUSE it must
# not, and the message must match the file's "// expect: REGEX" line.
# usage: must_not_compile.sh FILE CXX FLAGS...
set -uo pipefail

file=$1 cxx=$2
shift 2
expect=$(sed -n 's|^// expect: ||p' "$file")
[[ -n $expect ]] || { echo "$file has no '// expect:' line"; exit 1; }
"$cxx" -std=c++20 -Wall -Wextra -Werror -fsyntax-only "$@" "$file" ||
  { echo "the right use does not compile"; exit 1; }
if message=$("$cxx" -std=c++20 -Wall -Wextra -Werror -fsyntax-only -DVOXLOCK_MISUSE "$@" "$file" 2>&1); then
  echo "the misuse compiles"
  exit 1
fi
grep -qE "error:.*($expect)" <<<"$message" || {
  printf 'refused, but not for the expected reason (%s):\n%s\n' "$expect" "$message"
  exit 1
}
