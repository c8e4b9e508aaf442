# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev fresh [--only VERB] [bookworm] [trixie]

Runs ./dev test and ./dev demo in a bare Debian 12 (bookworm) and 13 (trixie), made by debootstrap,
holding nothing but a clone of HEAD (uncommitted work is not in it). Then makes the Debian packages there
with ./dev package, and installs, uses and removes them in a second bare system; and follows the guides of
docs/ in a third, typing what they say. Needs root and may mount. The mirror and the proxy are those of this
machine's apt. The bare systems are kept in build/fresh; --only runs one of test, demo, packages and guides.
TEXT
}

FRESH=$BUILD/fresh

proxy_of_apt() { apt-config dump Acquire::http::Proxy | sed -n 's/^Acquire::http::Proxy "\(.*\)";$/\1/p'; }

clean() {
  local tree
  for tree in "$FRESH"/root-* "$FRESH"/partial-*; do rm -rf --one-file-system "$tree"; done
}

make_base() {
  local suite=$1 from=$2 partial=$FRESH/partial-$1
  rm -rf --one-file-system "$partial"
  mkdir -p "$partial"
  debootstrap --variant=minbase --include=git,ca-certificates "$suite" "$partial" "$from"
  apt_settings >"$partial/etc/apt/apt.conf.d/99machine"
  rm -rf "$partial"/var/cache/apt/archives/*.deb
  tar -C "$partial" --one-file-system -cf "$FRESH/base-$suite.tar.part" .
  mv "$FRESH/base-$suite.tar.part" "$FRESH/base-$suite.tar"
  rm -rf --one-file-system "$partial"
}

unpack() {
  local suite=$1 root=$FRESH/root-$1 file
  rm -rf --one-file-system "$root"
  mkdir -p "$root"
  tar -C "$root" -xpf "$FRESH/base-$suite.tar"
  for file in resolv.conf hosts; do cat "/etc/$file" >"$root/etc/$file"; done
  # shellcheck disable=SC2153
  git clone -q --no-hardlinks "file://$ROOT" "$root/src/voxlock"
  mkdir -p "$root/src/shared/vectors"
}

# inside SUITE COMMAND: in the clone, in mount and process namespaces of its own, so that nothing of it outlives the
# command, however that ends. The quoted text is the inner shell's.
inside() {
  local root=$FRESH/root-$1 vectors=$ROOT/../shared/vectors
  [[ -d $vectors ]] || vectors=''
  # shellcheck disable=SC2016
  unshare --mount --propagation private --pid --fork --kill-child bash -euc '
    root=$1 vectors=$2 command=$3 jobs=$4
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    if [[ -n $vectors ]]; then
      mount --bind "$vectors" "$root/src/shared/vectors"
      mount -o remount,bind,ro "$root/src/shared/vectors"
    fi
    exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb \
      http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-}" no_proxy="${no_proxy:-}" \
      JOBS="$jobs" NO_COLOR=1 sh -c "cd /src/voxlock && $command"
  ' bash "$root" "$vectors" "$2" "$JOBS"
}

# Another bare system than the one that built them has nothing that they forgot to ask for.
packages_of() {
  local suite=$1 debs=$FRESH/debs-$1
  inside "$suite" './dev package' || return 1
  rm -rf "$debs"
  cp -r "$FRESH/root-$suite/src/voxlock/build/package/packages" "$debs" || return 1
  unpack "$suite" || return 1
  cp -r "$debs" "$FRESH/root-$suite/src/debs" || return 1
  inside "$suite" 'tests/package/installed.sh /src/debs'
}

# run_one SUITE VERB
run_one() {
  case $2 in
    packages) packages_of "$1" ;;
    guides) unpack "$1" && inside "$1" 'tests/docs/as_a_user.sh /src/guides' ;;
    *) inside "$1" "./dev $2" ;;
  esac
}

main() {
  local suites=() verbs=(test demo packages guides) suite verb from
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --only)
        need_value "$1" "$#"
        [[ $2 =~ ^(test|demo|packages|guides)$ ]] || misuse "--only wants test, demo, packages or guides, not '$2'"
        verbs=("$2")
        shift 2
        ;;
      bookworm | trixie) suites+=("$1"); shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  ((${#suites[@]} > 0)) || suites=(bookworm trixie)
  ((EUID == 0)) || die "making a bare system needs root: sudo ./dev fresh"
  unshare --mount --pid --fork true 2>/dev/null || die "this machine does not allow mount namespaces"
  packages debootstrap git
  from=$(debian_mirror)
  [[ -n $from ]] || die "apt on this machine names no Debian archive"
  http_proxy=${http_proxy:-$(proxy_of_apt)}
  export http_proxy
  mkdir -p "$FRESH"
  trap clean EXIT
  trap 'exit 130' INT TERM
  for suite in "${suites[@]}"; do
    if [[ ! -f $FRESH/base-$suite.tar ]]; then
      step "bare $suite" "fresh-base-$suite" make_base "$suite" "$from"
    fi
    step "unpack $suite" "fresh-unpack-$suite" unpack "$suite"
    for verb in "${verbs[@]}"; do
      if logged "fresh-$suite-$verb" run_one "$suite" "$verb"; then
        result pass "$suite $verb"
        say "$suite $verb: $(tail -n 1 "$LOGS/fresh-$suite-$verb.log") ($LAST_SECONDS s)"
      else
        result fail "$suite $verb" "see build/log/fresh-$suite-$verb.log"
      fi
    done
  done
  summary
}
