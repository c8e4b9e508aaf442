# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev soak [--seconds N] [--seed N]

Runs the simulations of tests/sim (labelled "sim") again and again, each round with another seed,
for N seconds (default 600), and the fail-safe tests of memory beside them. The seed of a failing
round is printed; --seed N repeats it. Then a million small calls through each binding, which must leave
nothing behind; --seconds 0 does that alone.
TEXT
}

million() {
  configure dev
  build dev --target voxlock
  checked "python: a million calls" soak-python env VOXLOCK_PYTHON_CALLS=1000000 VOXLOCK_LIBRARY="$BUILD/dev/libvoxlock.so" \
    PYTHONPATH=bindings/python/src python3 -B bindings/python/tests/test_misuse.py Growth
  if command -v go >/dev/null; then
    checked "go: a million calls" soak-go env -C bindings/go VOXLOCK_GO_CALLS=1000000 PKG_CONFIG_PATH="$BUILD/dev" \
      CGO_LDFLAGS="-L$BUILD/dev" GOTOOLCHAIN=local GOFLAGS=-mod=readonly go test -count=1 -timeout 60m -run LeaveNothingBehind .
  fi
}

main() {
  local limit=600 seed='' end rounds=0
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --seconds) need_value "$1" "$#"; [[ $2 == 0 ]] || need_number "$1" "$2"; limit=$2; shift 2 ;;
      --seed) need_value "$1" "$#"; need_number "$1" "$2"; seed=$2; shift 2 ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  if ((limit == 0)); then
    million
    summary
    return
  fi
  configure asan-ubsan -DVOXLOCK_BUILD_EXAMPLES=OFF
  build asan-ubsan
  if ctest --test-dir "$BUILD/asan-ubsan" -N -L sim | grep -q 'Total Tests: 0'; then
    result skip soak "this tree has no simulations"
    summary
    return
  fi
  end=$((SECONDS + limit))
  while ((SECONDS < end && FAILED == 0)); do
    export VOXLOCK_SIM_SEED=${seed:-$((RANDOM * 32768 + RANDOM + 1))}
    if logged "soak" ctest --test-dir "$BUILD/asan-ubsan" -L sim -j "$JOBS" --output-on-failure; then
      rounds=$((rounds + 1))
    else
      result fail "round $((rounds + 1))" "repeat it with ./dev soak --seed $VOXLOCK_SIM_SEED"
    fi
    [[ -z $seed ]] || break
  done
  ((FAILED > 0)) || result pass soak
  [[ -n $seed ]] || million
  say "$rounds rounds"
  summary
}
