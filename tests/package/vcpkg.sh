#!/usr/bin/env bash
# The vcpkg port builds with the functions that vcpkg gives it, and a project finds each kind of library.
# usage: vcpkg.sh CMAKE WORK CC. Exit status 77: skipped, a line says why.
set -euo pipefail

cmake=$1 work=$2 cc=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ -z ${VOXLOCK_FROM_SOURCE:-} ]]; then
  printf 'skipped: VOXLOCK_FROM_SOURCE is not set: ./dev interop builds the port\n'
  exit 77
fi
mkdir -p "$work"
for pair in static:static dynamic:shared; do
  "$cmake" -DWORK="$work" -DVCPKG_LIBRARY_LINKAGE="${pair%:*}" -P "$here/vcpkg.cmake"
  "$here/../abi/consumer.sh" "$work/packages" "$work/consumer" cmake "${pair#*:}" c "$cc"
done
