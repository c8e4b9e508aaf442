"""What ./dev demo leaves is what it says, and a call that went wrong is told as one.

Usage: demo_report.py FOLDER-OF-THE-DEMO DEMO_ANALYSE ROOM"""

import json
import pathlib
import subprocess
import sys
import wave

folder, analyse, room = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
NUMBER = (int, float)
FIELDS = {
    "packets": {"in": int, "out": int, "lost": int},
    "snr_db": {"before": NUMBER, "after": NUMBER},
    "latency_us": {"p50": NUMBER, "p99": NUMBER},
    "plaintext_us": {"p50": NUMBER, "p99": NUMBER, "p999": NUMBER, "max": NUMBER},
    "cpu_us_per_call_second": NUMBER,
}
HOP = {"name": str, "protocol": str, "key_exchange": str, "suite": str, "peer_verified": bool, "scope": str}
CHECK = {"name": str, "ok": bool, "detail": str}


def has(value, shape, where):
    if isinstance(shape, dict):
        for name, kind in shape.items():
            assert name in value, f"{where}: no {name}"
            has(value[name], kind, f"{where}.{name}")
    else:
        assert isinstance(value, shape), f"{where} is {value!r}"


report = json.loads((folder / "report.json").read_text())
has(report, FIELDS, "report")
assert len(report["hops"]) == 2, "not two hops"
for hop in report["hops"]:
    has(hop, HOP, "hop")
for check in report["checks"]:
    has(check, CHECK, "check")
    assert check["ok"], check
times = report["plaintext_us"]
assert 0 < times["p50"] <= times["p99"] <= times["p999"] <= times["max"], times
assert 0 < report["latency_us"]["p50"] <= report["latency_us"]["p99"]
assert report["cpu_us_per_call_second"] > 0 and report["packets"]["in"] > 100
for name in ("before", "after"):
    with wave.open(str(folder / f"{name}.wav")) as recording:
        assert recording.getnframes() > 4 * recording.getframerate(), name
assert (folder / "spectrogram.png").read_bytes().startswith(b"\x89PNG\r\n\x1a\n")

# The same call with one thing wrong at a time: that check fails, all others hold, and the status tells.
measured = json.loads((folder / "gateway.json").read_text())
WRONG = {
    "nothing failed to authenticate": {"auth_failures": 1},
    "calls ended by BYE": {"ended": "silence"},
    "no packet lost": {"packets": {**measured["packets"], "lost": 1}},
    "trunk encrypted": {"hops": [{**measured["hops"][0], "encrypted": False}, measured["hops"][1]]},
}
for name, change in WRONG.items():
    (folder / "gateway.json").write_text(json.dumps({**measured, **change}))
    status = subprocess.run([analyse, "--dir", folder, "--room", room], stdout=subprocess.DEVNULL, check=False).returncode
    failed = [check["name"] for check in json.loads((folder / "report.json").read_text())["checks"] if not check["ok"]]
    assert status == 1 and failed == [name], f"{name}: status {status}, failed {failed}"
