"""Asks the gateway's page for what it must refuse. Usage: page.py URL, while a call rings."""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

url = urlsplit(sys.argv[1])
SDP = {"Content-Type": "application/sdp"}


def ask(method, path, body=None, headers=None, prefix=url.path):
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=5)
    connection.request(method, prefix + path, body, headers or {})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, response.headers, text


def expect(status, *request, **more):
    got, _, text = ask(*request, **more)
    if got != status:
        sys.exit(f"{request[:2]}: {got} {text!r}, not {status}")


status, headers, text = ask("GET", "")
assert status == 200 and "<title>" in text
assert "default-src 'none'" in headers["Content-Security-Policy"]
assert "unsafe" not in headers["Content-Security-Policy"]
assert headers["Referrer-Policy"] == "no-referrer" and headers["Cache-Control"] == "no-store"
assert "http" not in text, "the page loads nothing from elsewhere"
for name in ("style.css", "page.js"):
    expect(200, "GET", name)

# The token is all that opens the door: its length alone does not, nor does most of it.
wrong = url.path[:-2] + ("0" if url.path[-2] != "0" else "1") + "/"
for prefix in ("/", wrong, url.path[:-5], "//"):
    for method in ("GET", "POST", "DELETE"):
        expect(404, method, "state", prefix=prefix)
        expect(404, method, "calls/1", prefix=prefix)

for _ in range(100):
    calls = json.loads(ask("GET", "state")[2])["calls"]
    if calls:
        break
    time.sleep(0.05)
call = calls[0]
assert call["state"] == "ringing" and call["session"] == "", call

expect(404, "POST", "calls/99", "v=0\r\n", SDP)
expect(404, "POST", "calls/x", "v=0\r\n", SDP)
expect(404, "DELETE", "calls/")
expect(405, "PUT", f"calls/{call['id']}", "v=0\r\n", SDP)
expect(405, "POST", "state", "")
expect(415, "POST", f"calls/{call['id']}", "v=0\r\n")
expect(406, "POST", f"calls/{call['id']}", "v=0\r\n", SDP)
expect(406, "POST", f"calls/{call['id']}", "", SDP)
expect(413, "POST", f"calls/{call['id']}", "a" * 40_000, SDP)
expect(404, "DELETE", f"calls/{call['id']}/nobody")
expect(404, "DELETE", f"calls/{call['id']}/")
expect(404, "GET", "../etc/passwd")
assert json.loads(ask("GET", "state")[2])["calls"][0]["state"] == "ringing"
expect(204, "DELETE", f"calls/{call['id']}")
