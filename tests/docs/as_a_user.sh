#!/usr/bin/env bash
# In a bare Debian, as root: follows every guide literally, the first one first, which makes the packages.
# usage: as_a_user.sh FOLDER
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
# What a guide takes for granted: sudo, and a python3 for the one who types here.
apt-get install -y -q --no-install-recommends sudo python3
count=0
for guide in start c cpp python pbx moving go; do
  if [[ $guide == go ]]; then
    apt-get install -y -q --no-install-recommends golang-go
    if ! go version | grep -qE 'go(1\.(2[4-9]|[3-9][0-9])|[2-9]\.)'; then
      echo "go.md is left out: $(go version) is too old"
      continue
    fi
  fi
  echo "== $guide.md"
  python3 -B "$here/guides.py" "$root/docs/$guide.md" "$1/$guide" --root "$root" --as-a-user
  count=$((count + 1))
done
echo "$count guides followed"
