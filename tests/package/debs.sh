#!/usr/bin/env bash
# Makes the Debian packages of a build folder and has lintian judge them: its errors and warnings fail.
# usage: debs.sh BUILD [--debug-build]. Exit status 77: skipped, a line says why.
set -euo pipefail

build=$1 suppressed=''
# What a build with -O0 and debug information cannot have.
[[ ${2:-} != --debug-build ]] || suppressed=unstripped-binary-or-object,unstripped-static-library,hardening-no-fortify-functions

skip() {
  printf 'skipped: %s\n' "$1"
  exit 77
}
command -v dpkg-shlibdeps >/dev/null || skip 'no dpkg-shlibdeps here (package dpkg-dev)'
out=$build/packages
rm -rf "$out"
mkdir -p "$out"
(cd "$build" && cpack -G DEB -B "$out" >"$out/cpack.log" 2>&1) || { cat "$out/cpack.log"; exit 1; }
rm -rf "$out/_CPack_Packages"
for name in libvoxlock0 libvoxlock-dev python3-voxlock; do
  compgen -G "$out/${name}_*.deb" >/dev/null || { echo "no package $name"; exit 1; }
done
command -v lintian >/dev/null || skip 'the packages are made, but there is no lintian here to judge them'
lintian --fail-on error,warning --allow-root ${suppressed:+--suppress-tags "$suppressed"} "$out"/*.deb
echo 'lintian has nothing to say'
