# shellcheck shell=bash
help() {
  cat <<'TEXT'
usage: ./dev format [--check] [FILE...]

Runs clang-format over the C and C++ files of the tree, or those named. --check changes nothing and
fails when a file differs. clang-format 14 is the reference; later ones differ in small things.
TEXT
}

main() {
  local check='' files=() tool file bad=0
  while (($# > 0)); do
    case $1 in
      -h | --help) help; return ;;
      --check) check=1; shift ;;
      -*) misuse "unknown option '$1'" ;;
      *) [[ -f $1 ]] || misuse "no such file '$1'"; files+=("$1"); shift ;;
    esac
  done
  tool=$(command -v clang-format-14) || tool=$(need_tool clang-format)
  if ((${#files[@]} == 0)); then
    mapfile -t files < <(find include lib examples tests bindings -name '*.[ch]' -o -name '*.cpp' 2>/dev/null | sort)
  fi
  if [[ -z $check ]]; then
    "$tool" -i "${files[@]}"
    say "${#files[@]} files formatted"
    return
  fi
  for file in "${files[@]}"; do
    "$tool" --dry-run -Werror "$file" 2>/dev/null || { say "$file differs"; bad=$((bad + 1)); }
  done
  if ((bad == 0)); then result pass format; else result fail format "$bad of ${#files[@]} files differ (./dev format)"; fi
  summary
}
