"""What failover/audit.py finds in notes of the wire: it passes a call that left indexes out, and no
call that used one twice.

Usage: failover_audit.py AUDIT"""

import pathlib
import subprocess
import sys
import tempfile

TAG = 10


def rtp(sequence: int, filling: int, ssrc: int = 7) -> bytes:
    return bytes([0x80, 0]) + (sequence % 65536).to_bytes(2, "big") + bytes(4) + ssrc.to_bytes(4, "big") + bytes([filling]) * 30


def rtcp(index: int, filling: int, ssrc: int = 7) -> bytes:
    head = bytes([0x80, 200, 0, 6]) + ssrc.to_bytes(4, "big") + bytes([filling]) * 20
    return head + (1 << 31 | index).to_bytes(4, "big") + bytes([filling]) * TAG


# Two processes: the second leaves 200 sequence numbers out, and the first ones are late.
CALL = [rtp(n, n % 251) for n in [65500, 65502, 65501, *range(65503, 65600), *range(65800, 65900)]] + [rtcp(n, n) for n in range(1, 9)]
ROWS = (
    ("a call", CALL, 0),
    ("the network's copy", CALL + [CALL[-20]], 0),
    ("another source with the same numbers", CALL + [rtp(65500, 1, ssrc=8), rtcp(1, 9, ssrc=8)], 0),
    ("an index of RTP used twice", CALL + [rtp(65850, 252)], 1),
    ("one of the first process, after the wrap", CALL[:60] + [rtp(65510, 253)] + CALL[60:], 1),
    ("an index of SRTCP used twice", CALL + [rtcp(3, 99)], 1),
    ("silence", CALL[-8:], 1),
)

with tempfile.TemporaryDirectory() as folder:
    for title, packets, expected in ROWS:
        path = pathlib.Path(folder) / "peer.wire"
        path.write_text("".join(f"{1000 + i} {packet.hex()}\n" for i, packet in enumerate(packets)))
        done = subprocess.run([sys.executable, sys.argv[1], str(TAG), path], capture_output=True, text=True, check=False)
        assert done.returncode == expected, f"{title}: {done.returncode} {done.stdout}{done.stderr}"
