#!/usr/bin/env bash
# Makes the site. Usage: build.sh FOLDER (FOLDER/html is what a server shows). Exit status 77: skipped, a
# line says why.
set -euo pipefail

mkdir -p "$1"
out=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."

for tool in doxygen python3; do
  command -v "$tool" >/dev/null || {
    printf 'skipped: no %s here\n' "$tool"
    exit 77
  }
done
VOXLOCK_VERSION=$(sed -n 's/^project(voxlock VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
export VOXLOCK_VERSION
rm -rf "$out/html"
python3 -B docs/site/site.py header "$out/header.html"
# Doxygen takes settings on its standard input; the last one counts.
{
  cat .ci/Doxyfile
  printf 'OUTPUT_DIRECTORY = "%s"\nHTML_HEADER = "%s/header.html"\n' "$out" "$out"
} | doxygen -
# Scripts and pictures of Doxygen's own look, which no page of ours uses.
rm -f "$out"/html/*.js "$out"/html/*.png "$out"/html/*.svg "$out"/html/tabs.css
