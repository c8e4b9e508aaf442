#!/usr/bin/env python3
"""Reads what peers noted of the wire (--wire): no index may come twice, and how long the gap was.

usage: audit.py SUITE-TAG-LENGTH FILE...

SUITE-TAG-LENGTH: bytes of the SRTCP tag behind its index: 10, or 0 for AEAD. All packets of a file
are of one key, for nothing was negotiated anew: what repeats is an SSRC with its 48-bit index (RFC
3711, section 9.1), or an SSRC with its SRTCP index. The same bytes twice are the network's doing."""
from __future__ import annotations

import sys


class Stream:
    """One SSRC: its packets by extended sequence number."""

    def __init__(self) -> None:
        self.newest: int | None = None
        self.packets: dict[int, bytes] = {}

    def index_of(self, sequence: int) -> int:
        if self.newest is None:
            return sequence
        step = (sequence - self.newest + 0x8000) % 0x10000 - 0x8000
        return self.newest + step


def audit(path: str, tag_len: int) -> tuple[int, int, int, float, int]:
    """Packets of RTP and RTCP, repeats, the longest gap in ms, sequence numbers left out."""
    streams: dict[int, Stream] = {}
    reports: dict[tuple[int, int], bytes] = {}
    rtp = repeats = left_out = 0
    gap_ns, last_ns = 0, None
    for line in open(path, encoding="ascii"):
        time_text, text = line.split()
        packet, now_ns = bytes.fromhex(text), int(time_text)
        if 192 <= packet[1] <= 223:
            behind = len(packet) - tag_len
            index = int.from_bytes(packet[behind - 4:behind], "big") & 0x7FFFFFFF
            key = (int.from_bytes(packet[4:8], "big"), index)
            repeats += reports.get(key, packet) != packet
            reports[key] = packet
            continue
        rtp += 1
        if last_ns is not None:
            gap_ns = max(gap_ns, now_ns - last_ns)
        last_ns = now_ns
        stream = streams.setdefault(int.from_bytes(packet[8:12], "big"), Stream())
        index = stream.index_of(int.from_bytes(packet[2:4], "big"))
        repeats += stream.packets.get(index, packet) != packet
        if stream.newest is not None and index > stream.newest:
            left_out += index - stream.newest - 1
        stream.newest = max(index, stream.newest or 0)
        stream.packets[index] = packet
    return rtp, len(reports), repeats, gap_ns / 1e6, left_out


def main() -> int:
    tag_len, bad = int(sys.argv[1]), 0
    for path in sys.argv[2:]:
        rtp, rtcp, repeats, gap_ms, left_out = audit(path, tag_len)
        name = path.rsplit("/", 1)[-1]
        print(f"{name}: {rtp} RTP and {rtcp} RTCP packets, {repeats} indexes used twice, "
              f"longest gap {gap_ms:.0f} ms, {left_out} sequence numbers left out")
        bad += repeats != 0 or rtp == 0
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
