# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev fuzz [--seconds N] [--list] [TARGET...]

Runs each fuzz target (or those named) for N seconds (default 60) with clang's libFuzzer under the
address and undefined-behaviour sanitizers. Corpora are seeded from the public vectors and kept in
build/fuzz-corpus; an input that fails is kept in build/fuzz-crashes, with the command that repeats it.
TEXT
}

clang_packages() {
  local tool
  tool=$(need_tool clang++ clang)
  # libFuzzer's run time is a package of its own.
  if [[ ! -f $("$tool" -print-resource-dir)/lib/linux/libclang_rt.fuzzer-x86_64.a &&
    -z $(find "$("$tool" -print-resource-dir)/lib" -name 'libclang_rt.fuzzer*' 2>/dev/null) ]]; then
    packages "libclang-rt-$("$tool" -dumpversion | cut -d. -f1)-dev"
  fi
}

run_target() {
  local name=$1 program=$2 seeds=$3 corpus=$BUILD/fuzz-corpus/$1 crashes=$BUILD/fuzz-crashes/$1 folders=() seed found
  mkdir -p "$corpus" "$crashes"
  while read -r -d ';' seed; do
    [[ ! -d $seed ]] || folders+=("$seed")
  done <<<"$seeds;"
  if logged "fuzz-$name" "$program" -max_total_time="$SECONDS_EACH" -timeout=10 -rss_limit_mb=2048 \
    -max_len=16384 -print_final_stats=1 -artifact_prefix="$crashes/" "$corpus" "${folders[@]}"; then
    result pass "$name"
    say "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$LOGS/fuzz-$name.log") runs, $(find "$corpus" -type f | wc -l) inputs kept"
    return
  fi
  result fail "$name" "see build/log/fuzz-$name.log"
  found=$(sed -n 's/.*Test unit written to //p' "$LOGS/fuzz-$name.log" | tail -n 1)
  [[ -z $found ]] || say "repeat it with: ${program#"$ROOT/"} ${found#"$ROOT/"}"
}

main() {
  local wanted=() list='' name program seeds clang one
  SECONDS_EACH=60
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --seconds) need_value "$1" "$#"; need_number "$1" "$2"; SECONDS_EACH=$2; shift 2 ;;
      --list) list=1; shift ;;
      -*) misuse "unknown option '$1'" ;;
      *) wanted+=("${1#fuzz_}"); shift ;;
    esac
  done
  for one in "${wanted[@]}"; do
    grep -q "^ *voxlock_fuzz($one " tests/fuzz/CMakeLists.txt || misuse "no such target '$one'"
  done
  export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_stack_use_after_return=1}
  build_packages
  clang_packages
  clang=$(newest_tool clang)
  if [[ ! -f $BUILD/fuzz/build.ninja ]]; then
    configure fuzz -DCMAKE_C_COMPILER="$clang" -DCMAKE_CXX_COMPILER="$(newest_tool clang++)"
  else
    # Refresh the list of targets before anything is built.
    logged configure-fuzz cmake "$BUILD/fuzz" || die "configure failed"
  fi
  local table=$BUILD/fuzz/fuzz_targets.txt names=()
  while IFS=$'\t' read -r name program seeds; do
    [[ -n $name ]] || continue
    names+=("${name#fuzz_}")
  done <"$table"
  if ((${#names[@]} == 0)); then
    result skip fuzz "this tree has no fuzz targets"
    summary
    return
  fi
  if [[ -n $list ]]; then
    printf '%s\n' "${names[@]}"
    return
  fi
  ((${#wanted[@]} > 0)) || wanted=("${names[@]}")
  build fuzz --target "${wanted[@]/#/fuzz_}"
  while IFS=$'\t' read -r name program seeds; do
    [[ -n $name && " ${wanted[*]} " == *" ${name#fuzz_} "* ]] || continue
    run_target "${name#fuzz_}" "$program" "$seeds"
  done <"$table"
  summary
}
