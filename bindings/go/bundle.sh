#!/usr/bin/env bash
# Makes a folder with the headers, the archive and no shared library, for programs that are to carry the
# library inside. Usage: bundle.sh [FOLDER]   (default: bundle beside this script)
#   PKG_CONFIG_PATH=FOLDER/lib/pkgconfig go build -tags voxlock_static
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$here/bundle}"
folder=$(cd "${1:-$here/bundle}" && pwd)
build=$folder/build

cmake -S "$here/../.." -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DBUILD_TESTING=OFF \
  -DVOXLOCK_BUILD_EXAMPLES=OFF -DCMAKE_INSTALL_PREFIX="$folder" -DCMAKE_INSTALL_LIBDIR=lib >"$folder/bundle.log"
cmake --build "$build" >>"$folder/bundle.log"
cmake --install "$build" >>"$folder/bundle.log"
# The linker takes a shared library where it finds one.
rm -rf "$folder"/lib/libvoxlock.so* "$folder/lib/cmake" "$build"
printf 'PKG_CONFIG_PATH=%s go build -tags voxlock_static\n' "$folder/lib/pkgconfig"
