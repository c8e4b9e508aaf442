# Shared by every verb of ./dev: messages, logs, packages, configure and build. Sourced by bash.
# shellcheck shell=bash disable=SC2034

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
BUILD=$ROOT/build
LOGS=$BUILD/log
JOBS=${JOBS:-$(nproc)}
VERB=dev
export CTEST_OUTPUT_ON_FAILURE=1

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
  C_RED=$'\e[31m' C_GREEN=$'\e[32m' C_YELLOW=$'\e[33m' C_DIM=$'\e[2m' C_OFF=$'\e[0m'
else
  C_RED='' C_GREEN='' C_YELLOW='' C_DIM='' C_OFF=''
fi

say() { printf '%s\n' "$*"; }
warn() { printf '%s%s%s\n' "$C_YELLOW" "$*" "$C_OFF" >&2; }
die() {
  printf '%s%s: %s%s\n' "$C_RED" "$VERB" "$*" "$C_OFF" >&2
  exit 1
}
# A mistake of the person at the keyboard: one line, status 2.
misuse() {
  printf '%s: %s (./dev %s --help)\n' "$VERB" "$*" "$VERB" >&2
  exit 2
}
# need_value FLAG "$#": the flag at $1 must be followed by a value.
need_value() { (($2 >= 2)) || misuse "$1 wants a value"; }
need_number() { [[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || misuse "$1 wants a number of at least 1, not '$2'"; }

# result pass|fail|skip NAME [DETAIL]: one check, counted for the summary line.
PASSED=0 FAILED=0 SKIPPED=0
result() {
  case $1 in
    pass) PASSED=$((PASSED + 1)) ;;
    fail)
      FAILED=$((FAILED + 1))
      say "${C_RED}failed${C_OFF}  $2${3:+: $3}"
      ;;
    skip)
      SKIPPED=$((SKIPPED + 1))
      say "${C_YELLOW}skipped${C_OFF} $2${3:+: $3}"
      ;;
  esac
  # .ci/run collects the counts of the verbs it calls.
  if [[ -n ${VOXLOCK_RESULTS:-} ]]; then printf '%s\t%s\t%s\n' "$1" "$VERB" "$2" >>"$VOXLOCK_RESULTS"; fi
}
# The summary is the last line; the status says whether all held.
summary() {
  say "$PASSED passed, $FAILED failed, $SKIPPED skipped"
  ((FAILED == 0))
}

# logged NAME COMMAND...: runs quietly into build/log/NAME.log; on failure shows the log's end.
logged() {
  local log=$LOGS/$1.log start=$SECONDS rc=0
  shift
  mkdir -p "$LOGS"
  if [[ -n ${VERBOSE:-} ]]; then
    "$@" 2>&1 | tee "$log" || rc=$?
  else
    "$@" >"$log" 2>&1 </dev/null || rc=$?
  fi
  if ((rc != 0)); then
    if [[ -z ${VERBOSE:-} ]]; then
      printf '%s--- the end of %s%s\n' "$C_DIM" "${log#"$ROOT/"}" "$C_OFF" >&2
      tail -n "${LOG_TAIL:-40}" "$log" >&2
    fi
  fi
  LAST_SECONDS=$((SECONDS - start))
  return "$rc"
}
# checked NAME LOG COMMAND...: logged, and counted as one check.
checked() {
  local name=$1
  shift
  if logged "$@"; then result pass "$name"; else result fail "$name"; fi
}
# step TITLE LOG COMMAND...: logged, with one line for the person; leaves the script on failure.
step() {
  local title=$1 log=$2
  shift 2
  [[ ! -t 1 ]] || printf '%s ...\r' "$title"
  if logged "$log" "$@"; then
    say "$title: ${C_GREEN}done${C_OFF} ($LAST_SECONDS s)"
  else
    die "$title failed, see build/log/$log.log"
  fi
}

as_root() {
  if ((EUID == 0)); then
    "$@"
  else
    sudo "$@"
  fi
}

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o Dpkg::Use-Pty=0 \
    -o DPkg::Lock::Timeout=300 "$@" </dev/null
}
# The lists of a fresh machine are missing or old: try with what there is, then update once.
apt_install() { apt_get install --no-install-recommends "$@" || { apt_get update && apt_get install --no-install-recommends "$@"; }; }

# have_package NAME: installed?
have_package() {
  local state
  state=$(dpkg-query -W -f='${db:Status-Abbrev}' "$1" 2>/dev/null) && [[ $state == ii* ]]
}
# packages NAME...: installs what is missing.
packages() {
  local name missing=()
  for name in "$@"; do have_package "$name" || missing+=("$name"); done
  ((${#missing[@]} == 0)) && return 0
  command -v apt-get >/dev/null || die "these Debian packages are needed: ${missing[*]}"
  if ((EUID != 0)) && ! command -v sudo >/dev/null; then
    die "not root and no sudo; ask an administrator to run: apt-get install ${missing[*]}"
  fi
  step "install ${missing[*]}" "apt-${VERB}" apt_install "${missing[@]}"
}

BUILD_PACKAGES=(g++ cmake ninja-build pkg-config libsrtp2-dev libmbedtls-dev libopus-dev libspeexdsp-dev catch2
  nlohmann-json3-dev libcurl4-openssl-dev libjwt-dev libmicrohttpd-dev)
TEST_PACKAGES=(openssl python3)
# What the tests labelled "interop" talk to, the demo's speech, valgrind for crypto_constant_time and
# linear_cost, the store of examples/failover, the WebSockets and the baresip of
# examples/pbx, and lintian for the packages. ./dev test takes what is here;
# ./dev interop and CI bring it.
INTEROP_PACKAGES=(openssl baresip-core sip-tester opus-tools gnuplot-nox asterisk-core-sounds-en-wav espeak-ng
  chromium python3-venv mypy valgrind dpkg-dev lintian libhiredis-dev redis-server
  libwebsockets-dev libre-dev gdb)
build_packages() { packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"; }

# The archive this machine installs Debian from, whatever form its sources have.
debian_mirror() {
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Component: main' 2>/dev/null |
    grep -E '/debian/?$' | head -n 1
}
# How this machine's apt reaches it: proxies and checks, never credentials in a URL of ours.
apt_settings() {
  apt-config dump | grep -E '^Acquire::(http|https|Retries|Check-Date|Check-Valid-Until)[: ]' || true
}

# newest_tool NAME: NAME or the newest NAME-<n> on the path, printed; fails when there is none.
newest_tool() {
  local n
  if command -v "$1" 2>/dev/null; then return 0; fi
  for n in 22 21 20 19 18 17 16 15 14; do
    if command -v "$1-$n" 2>/dev/null; then return 0; fi
  done
  return 1
}

# need_tool NAME [PACKAGE]: the same, installing the package (default: of that name) where there is none.
need_tool() {
  newest_tool "$1" && return 0
  # What this prints is the tool's path alone.
  packages "${2:-$1}" >&2
  newest_tool "$1"
}

# configure PRESET [ARGS...]: cmake runs when the cache is missing or arguments are given;
# afterwards ninja itself reruns it as needed.
configure() {
  local preset=$1
  shift
  if (($# > 0)) || [[ ! -f $BUILD/$preset/build.ninja ]]; then
    step "configure $preset" "configure-$preset" cmake --preset "$preset" "$@"
  fi
}
build() {
  local preset=$1
  shift
  step "build $preset" "build-$preset" cmake --build "$BUILD/$preset" --parallel "$JOBS" "$@"
}

# run_ctest PRESET PREFIX [CTEST ARGS...]: runs and counts every case; names the skipped ones.
run_ctest() {
  local preset=$1 prefix=$2 rc=0 xml log
  shift 2
  xml=$BUILD/$preset/ctest.xml
  log=$LOGS/test-$preset.log
  mkdir -p "$LOGS"
  rm -f "$xml"
  if [[ -n ${VERBOSE:-} ]]; then
    ctest --test-dir "$BUILD/$preset" --output-on-failure -j "$JOBS" --output-junit "$xml" "$@" 2>&1 | tee "$log" || rc=$?
  else
    ctest --test-dir "$BUILD/$preset" --output-on-failure -j "$JOBS" --output-junit "$xml" "$@" >"$log" 2>&1 </dev/null || rc=$?
  fi
  count_junit "$xml" "$prefix"
  if ((rc != 0)); then
    ((FAILED > 0)) || result fail "${prefix}ctest" "ended with status $rc"
    printf '%s--- the failures, from build/log/test-%s.log%s\n' "$C_DIM" "$preset" "$C_OFF" >&2
    if ! grep -q '\*\*\*' "$log"; then
      tail -n 40 "$log" >&2
    else
      sed -n '/\*\*\*\(Failed\|Exception\|Timeout\|Not Run\)/,/^ *[0-9]*\/[0-9]* Test\|^ *Start /p' "$log" | tail -n 120 >&2
    fi
  fi
  return 0
}
count_junit() {
  local status name why
  [[ -f $1 ]] || return 0
  while IFS=$'\t' read -r status name why; do
    case $status in
      run) result pass "$2$name" ;;
      notrun | disabled)
        if [[ $why == *"executable"* ]]; then
          result fail "$2$name" "its program was not built"
        else
          result skip "$2$name" "${why:-not available here}"
        fi
        ;;
      *) result fail "$2$name" ;;
    esac
  done < <(junit_rows "$1")
}
# One line per case: status, name, reason. A case that skips says why in its last "skipped:" line.
junit_rows() {
  awk '
    function flush() { if (name != "") printf "%s\t%s\t%s\n", status, name, why; name = ""; why = "" }
    /<testcase / {
      flush()
      name = $0; sub(/.*<testcase name="/, "", name); sub(/".*/, "", name)
      status = $0; sub(/.*status="/, "", status); sub(/".*/, "", status)
    }
    /<skipped message="/ && /executable/ { why = "executable" }
    /skipped: / && name != "" && why == "" { why = $0; sub(/.*skipped: /, "", why); sub(/<.*/, "", why) }
    END { flush() }' "$1"
}
