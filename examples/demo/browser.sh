# shellcheck shell=bash
# The far side of demo.sh as a headless Chromium at the gateway's page, driven by playwright-core. Its
# microphone is a file. Sourced by demo.sh and by the tests, which set out, root and pids.
# shellcheck disable=SC2034,SC2154

browser_prepare() {
  driver=$root/build/browser
  local rc=0
  "$root/examples/browser/build.sh" "$driver" >"$out/browser-build.log" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || fail "$(tail -n 1 "$out/browser-build.log")" "$rc"
}

# Sets url, where the gateway serves its page.
browser_url() {
  url=$(sed -n 's/^open \(http.*\) in a browser$/\1/p' "$out/gateway.log")
  [ -n "$url" ] || fail 'the gateway serves no page'
}

browser_start() { # case
  : >"$out/listener.log"
  node "$root/examples/browser/drive.mjs" "$1" "$url" "$out/reply.wav" "$out" "$driver" >"$out/listener.log" 2>&1 &
  browser_pid=$!
  pids+=("$browser_pid")
  local i
  for ((i = 0; i < 400; ++i)); do
    if grep -q '^ready' "$out/listener.log"; then return 0; fi
    kill -0 "$browser_pid" 2>/dev/null || fail "the browser did not start: $(tail -n 1 "$out/listener.log")"
    sleep 0.05
  done
  fail 'the browser did not start in time'
}

browser_check() {
  if grep '^FAILED' "$out/listener.log"; then fail 'the browser is not content'; fi
  local end words
  for end in gateway browser; do
    words=$(sed -n "s/^words $end //p" "$out/listener.log")
    if ! grep -qE '^([a-z]{5}-){5}[a-z]{5}$' <<<"$words" || ! grep -qx "  $end $words" "$out/gateway.log"; then
      fail "the page and the terminal show other words of the $end"
    fi
  done
  mv "$out/heard.wav" "$out/after.wav"
}
