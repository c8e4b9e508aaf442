# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev lint [--seconds N] [--all | FILE...]

Checks the rules of tests/lint (layers, forbidden calls, documentation of the ABI ...), every shell
script with shellcheck, and the sources with clang-tidy: those that differ from main and what is not
committed, or --all, or those named. clang-tidy stops after N seconds (default 600) and says how far it came.
TEXT
}

lint_tree() { python3 -B tests/lint/lint.py && python3 -B tests/lint/lint.py --self-test; }

lint_shell() {
  local scripts=()
  mapfile -t scripts < <({ git ls-files '*.sh' 2>/dev/null || find .ci tests examples -name '*.sh'; } | sort)
  shellcheck -x dev .ci/run "${scripts[@]}"
}

# Sources that differ from main; where there is no main (a shallow clone), or nothing differs, all.
changed_sources() {
  local base
  base=$(git merge-base HEAD origin/main 2>/dev/null || git merge-base HEAD main 2>/dev/null) || return 0
  { git diff --name-only --diff-filter=d "$base"; git ls-files -o --exclude-standard; } |
    grep -E '^(lib|examples)/.*\.cpp$' | sort -u || true
}

# Of the sources on the input those that this machine compiles: kernels of other processors are none.
compiled_here() {
  local file
  while read -r file; do
    if grep -qF "/$file\"" "$BUILD/dev/compile_commands.json"; then say "$file"; fi
  done
}

run_tidy() {
  local tidy=$1 left=$2 file rc=0 done_count=0 end=$((SECONDS + $2)) pids=()
  shift 2
  local out=$BUILD/tidy
  rm -rf "$out"
  mkdir -p "$out"
  while (($# > 0)) && ((SECONDS < end)); do
    left=$((end - SECONDS))
    pids=()
    while (($# > 0 && ${#pids[@]} < JOBS)); do
      file=$1
      shift
      timeout "$((left > 0 ? left : 1))" "$tidy" --quiet --extra-arg=-Wno-unknown-warning-option -p "$BUILD/dev" "$file" >"$out/${file//\//_}.txt" 2>/dev/null &
      pids+=($!)
    done
    for pid in "${pids[@]}"; do
      rc=0
      wait "$pid" || rc=$?
      # 124: out of time, which the count below tells.
      ((rc == 124)) || done_count=$((done_count + 1))
      ((rc == 0 || rc == 124)) || TIDY_BAD=$((TIDY_BAD + 1))
    done
  done
  TIDY_DONE=$done_count
}

main() {
  local limit=600 files=() all='' tidy pid total
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --seconds) need_value "$1" "$#"; need_number "$1" "$2"; limit=$2; shift 2 ;;
      --all) all=1; shift ;;
      -*) misuse "unknown option '$1'" ;;
      *) [[ -f $1 ]] || misuse "no such file '$1'"; files+=("$1"); shift ;;
    esac
  done
  build_packages
  packages shellcheck
  tidy=$(need_tool clang-tidy)
  configure dev
  checked "rules of the tree" lint-tree lint_tree
  checked shellcheck lint-shell lint_shell

  if ((${#files[@]} == 0)); then
    [[ -n $all ]] || mapfile -t files < <(changed_sources | compiled_here)
    ((${#files[@]} > 0)) || mapfile -t files < <(find lib -name '*.cpp' | sort | compiled_here)
  fi
  TIDY_BAD=0 TIDY_DONE=0
  total=${#files[@]}
  run_tidy "$tidy" "$limit" "${files[@]}"
  if ((TIDY_BAD > 0)); then
    cat "$BUILD"/tidy/*.txt >"$LOGS/lint-tidy.log"
    grep -hE '(warning|error):' "$LOGS/lint-tidy.log" | sed "s|$ROOT/||" | sort -u | head -n 40
    result fail "clang-tidy" "$TIDY_BAD files, see build/log/lint-tidy.log"
  else
    result pass "clang-tidy"
    say "clang-tidy: $TIDY_DONE of $total files clean$( ((TIDY_DONE == total)) || echo ", the others did not fit into $limit s")"
  fi
  summary
}
