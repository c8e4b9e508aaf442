# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev cross [-R REGEX]

Builds the unit tests for 64-bit Arm and runs them under qemu-user: all of them on a processor with the instructions
for AES, GHASH and SHA-1, then those of crypto and srtp on one without. They link Debian's arm64 packages, which are
unpacked in build/sysroot-arm64; what is installed on this machine stays as it is, but for the cross compiler and
qemu-user. Where these are missing and cannot be installed, the run is skipped.

  -R REGEX    only the cases whose name matches
TEXT
}

CROSS_PACKAGES=(g++-aarch64-linux-gnu qemu-user)
SYSROOT=$BUILD/sysroot-arm64
CASES=(base crypto constant_flow sip sdp rtp audio srtp srtp_differential tls ice e2ee ua leg bridge capi)

# Why it cannot run here, or nothing.
obstacle() {
  if [[ $(uname -m) == aarch64 ]]; then
    say "this is 64-bit Arm: ./dev test"
  elif ! command -v apt-get >/dev/null || [[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
    say "wants Debian's arm64 packages"
  elif ! command -v aarch64-linux-gnu-g++ >/dev/null || ! command -v qemu-aarch64 >/dev/null; then
    ((EUID == 0)) || command -v sudo >/dev/null || say "wants ${CROSS_PACKAGES[*]}"
  fi
}

sysroot_packages() {
  local version
  version=$(aarch64-linux-gnu-g++ -dumpversion)
  printf '%s\n' libc6-dev "libstdc++-${version%%.*}-dev" libsrtp2-dev libmbedtls-dev libopus-dev libspeexdsp-dev catch2
}

# An apt of its own, which knows nothing but arm64 and no installed package, finds what is needed.
make_sysroot() {
  local apt=$SYSROOT.apt deb wanted
  rm -rf --one-file-system "$SYSROOT" "$apt"
  mkdir -p "$SYSROOT" "$apt/state/lists/partial" "$apt/cache/archives/partial"
  : >"$apt/state/status"
  apt_settings >"$apt/apt.conf"
  cat >>"$apt/apt.conf" <<CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Sandbox::User "";
Debug::NoLocking "true";
Dir::State "$apt/state";
Dir::State::status "$apt/state/status";
Dir::Cache "$apt/cache";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "-";
CONF
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s %s main\n' \
    "$(debian_mirror)" "$(. /etc/os-release && printf %s "$VERSION_CODENAME")" >"$apt/sources.list"
  mapfile -t wanted < <(sysroot_packages)
  APT_CONFIG=$apt/apt.conf apt-get -q update
  APT_CONFIG=$apt/apt.conf apt-get -q -y --no-install-recommends --download-only install "${wanted[@]}"
  for deb in "$apt"/cache/archives/*.deb; do dpkg-deb -x "$deb" "$SYSROOT"; done
  # From Debian 13 on another package than libc6 makes this link.
  [[ -e $SYSROOT/lib ]] || ln -s usr/lib "$SYSROOT/lib"
  rm -rf --one-file-system "$apt"
  touch "$SYSROOT/complete"
}

# run_cases PREFIX CASE...
run_cases() {
  local prefix=$1
  shift
  run_ctest arm64 "$prefix" -R "^($(IFS='|' && printf %s "$*"))\$"
}

main() {
  local regex='' name why cases=() targets=()
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      -R) need_value "$1" "$#"; regex=$2; shift 2 ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  for name in "${CASES[@]}"; do
    if [[ $name =~ $regex ]]; then
      cases+=("$name")
      targets+=("test_$name")
    fi
  done
  ((${#cases[@]} > 0)) || die "no case matches"
  why=$(obstacle)
  if [[ -n $why ]]; then
    result skip cross "$why"
    summary
    return
  fi
  packages pkg-config cmake ninja-build "${CROSS_PACKAGES[@]}"
  [[ -f $SYSROOT/complete ]] || step "unpack the arm64 packages" sysroot-arm64 make_sysroot
  configure arm64
  build arm64 --target "${targets[@]}" voxlock_plain_processor
  run_cases 'arm64 ' "${cases[@]}"
  name="^(crypto|srtp|srtp_differential)\$"
  mapfile -t cases < <(printf '%s\n' "${cases[@]}" | grep -E "$name")
  ((${#cases[@]} == 0)) ||
    QEMU_SET_ENV=LD_PRELOAD=$BUILD/arm64/tests/support/libvoxlock_plain_processor.so \
      run_cases 'arm64 without extensions: ' "${cases[@]}"
  summary
}
