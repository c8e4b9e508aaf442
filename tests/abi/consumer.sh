#!/usr/bin/env bash
# Builds and runs an outside program against a staged installation.
# usage: consumer.sh STAGE WORK cmake|pkg-config shared|static c|c++ COMPILER
set -euo pipefail

stage=$1 work=$2 way=$3 kind=$4 language=$5 compiler=$6
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source=$here/consumer/main.c
[[ $language == c ]] || source=$here/consumer/main.cpp

rm -rf "$work"
mkdir -p "$work"
if [[ $way == cmake ]]; then
  library=voxlock
  [[ $kind == shared ]] || library=voxlock_static
  tongue=C
  [[ $language == c ]] || tongue=CXX
  cmake -G Ninja -S "$here/consumer" -B "$work" -DCMAKE_PREFIX_PATH="$stage" -DLANGUAGE=$tongue \
    -DLIBRARY=$library "-DCMAKE_${tongue}_COMPILER=$compiler"
  cmake --build "$work"
else
  pc=$(dirname "$(find "$stage" -name voxlock.pc)")
  export PKG_CONFIG_PATH=$pc
  read -ra cflags < <(pkg-config --cflags voxlock)
  if [[ $kind == shared ]]; then
    read -ra libs < <(pkg-config --libs voxlock)
  else
    # The stage holds both libraries; a static user names the archive.
    read -ra libs < <(pkg-config --static --libs voxlock | sed 's/-lvoxlock/-l:libvoxlock.a/')
  fi
  "$compiler" "${cflags[@]}" "$source" -o "$work/consumer" "${libs[@]}"
  if [[ $kind == shared ]]; then
    LD_LIBRARY_PATH=$(pkg-config --variable=libdir voxlock)
    export LD_LIBRARY_PATH
  fi
fi

# The program says which library it runs on, so that a shared build that took the archive shows.
needed=$(readelf -d "$work/consumer" | grep -c 'NEEDED.*libvoxlock' || true)
if [[ $kind == shared && $needed != 1 ]] || [[ $kind == static && $needed != 0 ]]; then
  echo "the program was linked the wrong way: $needed references to libvoxlock.so"
  exit 1
fi
"$work/consumer"
