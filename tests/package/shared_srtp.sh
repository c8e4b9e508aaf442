#!/usr/bin/env bash
# Where a system has libsrtp2 as a shared library only: the library is built on that one, says so, and works.
# usage: shared_srtp.sh CMAKE ROOT WORK CC CXX. Exit status 77: skipped, a line says why.
set -euo pipefail

cmake=$1 root=$2 work=$3 cc=$4 cxx=$5
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
if [[ -z ${VOXLOCK_FROM_SOURCE:-} ]]; then
  printf 'skipped: VOXLOCK_FROM_SOURCE is not set: ./dev interop builds the library on the shared libsrtp2\n'
  exit 77
fi
rm -rf "$work"
mkdir -p "$work"
"$cmake" -G Ninja -S "$root" -B "$work/build" -DVOXLOCK_SHARED_SRTP=ON -DVOXLOCK_BUILD_EXAMPLES=OFF -DBUILD_TESTING=OFF \
  -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_COMPILER=$cc" "-DCMAKE_CXX_COMPILER=$cxx" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
"$cmake" --build "$work/build" --parallel 2 >"$work/log" 2>&1 || { tail -n 40 "$work/log"; exit 1; }
"$cmake" --install "$work/build" --prefix "$work/stage" >"$work/log" 2>&1 || { tail -n 20 "$work/log"; exit 1; }
library=$(find "$work/stage" -name libvoxlock.so)
readelf -d "$library" | grep -q 'NEEDED.*libsrtp2' || { echo 'libvoxlock.so does not want the shared libsrtp2'; exit 1; }
for kind in shared static; do
  said=$("$here/../abi/consumer.sh" "$work/stage" "$work/$kind" pkg-config "$kind" c "$cc")
  [[ $said == *" 0" ]] || { echo "the $kind library says '$said'"; exit 1; }
done
"$cc" -std=c99 "-I$work/stage/include" "$root/examples/srtp_loop.c" -o "$work/srtp_loop" "$library" "-Wl,-rpath,$(dirname "$library")"
for suite in AES_CM_128_HMAC_SHA1_80 AES_256_CM_HMAC_SHA1_80 AEAD_AES_256_GCM; do "$work/srtp_loop" "$suite"; done
