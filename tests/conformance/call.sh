#!/usr/bin/env bash
# The call of call.c is one: it begins, its audio and its key come through, and it ends; and a second one is the
# same. usage: call.sh PROGRAM
set -euo pipefail

once=$("$1")
[ "$once" = "$("$1")" ] || {
  echo 'the same seeds made another call'
  exit 1
}
for line in '^phone sip 12 200 ' '^gateway sip 13 ' '^phone sip 15 200 ' '^bridge 3 0 5 100$' '^gateway sip 19 0 2 ' \
  '^lane 99 100 1 1$' '^lane 100 100 0 0$' '^trunk 100 1 1$'; do
  grep -qE "$line" <<<"$once" || {
    echo "no line matches $line"
    grep -E '^(lane|trunk)| sip | 3 0 ' <<<"$once" | cut -c1-80
    exit 1
  }
done
