# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev package

Makes the Debian packages libvoxlock0, libvoxlock-dev and python3-voxlock in build/package/packages, has lintian
judge them, and compares the bills of materials inside with what is linked. The same commit on the same
system gives the same packages: their time is the commit's. Whom they name is the CMake cache variable VOXLOCK_MAINTAINER,
"Name <address>": a placeholder until cmake --preset package -DVOXLOCK_MAINTAINER=... sets it.
TEXT
}

main() {
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  packages dpkg-dev lintian
  SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null) || SOURCE_DATE_EPOCH=$(date +%s)
  export SOURCE_DATE_EPOCH
  # The changelogs are dated where cmake runs.
  step "configure package" configure-package cmake --preset package
  build package
  checked "packages" package-debs tests/package/debs.sh "$BUILD/package"
  local bill=$BUILD/package/sbom/libvoxlock
  checked "bill of the shared library" package-bill-so python3 -B tests/package/sbom.py "$bill.so.spdx.json" \
    "$BUILD/package/libvoxlock.so"
  checked "bill of the archive" package-bill-a python3 -B tests/package/sbom.py "$bill.a.spdx.json" \
    "$BUILD/package/archive/libvoxlock.a"
  local file
  for file in "$BUILD"/package/packages/*.deb; do say "${file#"$ROOT/"}"; done
  summary
}
