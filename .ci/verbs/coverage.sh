# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev coverage [--html]

Runs the tests in the coverage preset and prints which share of each module's lines they reach.
--html also writes build/coverage/html/index.html.
TEXT
}

main() {
  local html=''
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --html) html=1; shift ;;
      *) misuse "unknown option '$1'" ;;
    esac
  done
  build_packages
  packages gcovr
  configure coverage -DVOXLOCK_BUILD_EXAMPLES=OFF
  build coverage
  find "$BUILD/coverage" -name '*.gcda' -delete
  run_ctest coverage ''
  local options=(--root "$ROOT" --filter "$ROOT/lib/" --gcov-ignore-parse-errors --exclude-throw-branches)
  if [[ -n $html ]]; then
    mkdir -p "$BUILD/coverage/html"
    options+=(--html-details "$BUILD/coverage/html/index.html")
  fi
  step "read the counters" coverage gcovr "${options[@]}" --csv "$BUILD/coverage/lines.csv" "$BUILD/coverage"
  per_module "$BUILD/coverage/lines.csv"
  summary
}

per_module() {
  awk -F, '
    NR > 1 { split($1, part, "/"); total[part[2]] += $2; hit[part[2]] += $3; lines += $2; hits += $3 }
    END {
      if (lines == 0) exit 1
      printf "%-10s %8s %8s %7s\n", "module", "lines", "reached", "share"
      for (m in total) printf "%-10s %8d %8d %6.1f%%\n", m, total[m], hit[m], 100 * hit[m] / total[m] | "sort"
      close("sort")
      printf "%-10s %8d %8d %6.1f%%\n", "all", lines, hits, 100 * hits / lines
    }' "$1"
}
