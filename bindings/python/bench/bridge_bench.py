#!/usr/bin/env python3
"""Packets through a bridge from Python, against the same bridge driven by C, batch by batch in turns.

usage: bridge_bench.py LOOP [--json FILE]

LOOP: the shared library made of bridge_loop.c. The figures are processor time of this thread, medians over
the batches; sealing the packets and putting them where a socket would is not in them. --json appends
the rows to those of voxlock_bench in FILE."""
from __future__ import annotations

import ctypes
import json
import pathlib
import statistics
import sys
import time
from array import array
from typing import Any

import voxlock
from voxlock.events import MAX_DATAGRAM

SLOT = MAX_DATAGRAM
PACKET_NS = 20_000_000
TRUNK, CALLER = ("127.0.0.1", 40000), ("127.0.0.1", 40002)
ROOM, LISTENER = ("127.0.0.1", 41000), ("127.0.0.1", 41002)


class Stream:
    """A call from a caller into a room, and the caller's packets, each of which a bridge takes once."""

    def __init__(self, to: voxlock.Codec, denoise_db: int) -> None:
        self.context = voxlock.Context()
        self.trunk = voxlock.Leg(self.context, TRUNK, codecs=[voxlock.Codec.PCMU])
        self.caller = voxlock.Leg(self.context, CALLER, codecs=[voxlock.Codec.PCMU], queue_bytes=1 << 20)
        self.room = voxlock.Leg(self.context, ROOM, codecs=[to], queue_bytes=1 << 20)
        self.listener = voxlock.Leg(self.context, LISTENER, codecs=[to])
        for leg, peer in ((self.trunk, self.caller), (self.room, self.listener)):
            answer, _ = leg.answer(peer.offer(now_ns=0), 0)
            peer.accept_answer(answer, 0)
        self.bridge = voxlock.Bridge(self.context, self.trunk, self.room, denoise_db=(denoise_db, 0))
        encoder = voxlock.Encoder(self.context)
        pcm = array("h", ((i * 997) % 12000 - 6000 for i in range(160)))
        self.payload = encoder.encode(pcm)
        self.sent = 0

    def packets(self, count: int) -> tuple[list[bytes], int]:
        """The caller's next packets, and the time of the last."""
        out: list[bytes] = []
        for _ in range(count):
            now = self.sent * PACKET_NS
            self.caller.send(0, self.payload, self.sent * 160, now_ns=now)
            out += [event.data for event in self.caller.events(now)
                    if isinstance(event, voxlock.Transmit) and len(event.data) > 160 and event.data[1] < 200]
            self.sent += 1
        return out, self.sent * PACKET_NS


def python_batch(stream: Stream, packets: list[bytes], now: int, batch: voxlock.DatagramBatch) -> tuple[int, int]:
    """(processor nanoseconds, bytes to be sent)"""
    for index, packet in enumerate(packets):
        batch._slots[index][:len(packet)] = packet
    total = 0
    start = time.thread_time_ns()
    for packet in packets:
        batch.commit(len(packet), CALLER)
    stream.bridge.input(batch, now)
    for event in stream.bridge.events(now):
        match event:
            case voxlock.Transmit(_, data, _, _, _):
                total += len(data)
    return time.thread_time_ns() - start, total


def c_batch(loop: Any, stream: Stream, packets: list[bytes], now: int) -> tuple[int, int]:
    slots = (ctypes.c_char * (SLOT * len(packets)))()
    for index, packet in enumerate(packets):
        ctypes.memmove(ctypes.addressof(slots) + index * SLOT, packet, len(packet))
    lens = (ctypes.c_size_t * len(packets))(*map(len, packets))
    source = voxlock._memory.to_address(CALLER)
    with stream.bridge._state as pointer:
        start = time.thread_time_ns()
        total = loop(pointer, slots, SLOT, lens, len(packets), ctypes.byref(source), now)
        return time.thread_time_ns() - start, total


def measure(loop: Any, to: voxlock.Codec, denoise_db: int, size: int, rounds: int) -> tuple[float, float]:
    """Nanoseconds a packet in Python and in C."""
    stream, batch = Stream(to, denoise_db), voxlock.DatagramBatch(64)
    samples: tuple[list[float], list[float]] = ([], [])
    for turn in range(2 * (rounds + 2)):
        packets, now = stream.packets(size)
        assert len(packets) == size
        if turn % 2 == 0:
            spent, total = python_batch(stream, packets, now, batch)
        else:
            spent, total = c_batch(loop, stream, packets, now)
        assert total > 20 * size, "the bridge sent too little"
        # The first turns make lanes and fill caches.
        if turn >= 4:
            samples[turn % 2].append(spent / size)
    return statistics.median(samples[0]), statistics.median(samples[1])


def main() -> int:
    module = ctypes.CDLL(sys.argv[1])
    loop = module.bridge_loop
    loop.restype = ctypes.c_size_t
    loop.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
                     ctypes.c_void_p, ctypes.c_uint64]
    rows: list[dict[str, object]] = []
    for title, codec, denoise_db, size, rounds in (
            ("PCMU to Opus with denoiser, 64 a call", voxlock.Codec.OPUS, 15, 64, 30),
            ("PCMU to PCMA, 64 a call", voxlock.Codec.PCMA, 0, 64, 150),
            ("PCMU to PCMA, one a call", voxlock.Codec.PCMA, 0, 1, 4000)):
        python_ns, c_ns = measure(loop, codec, denoise_db, size, rounds)
        for name, value, unit in (
                (f"python: bridge, {title}", python_ns / c_ns, "x of C"),
                (f"python: bridge, {title}, from Python", 1e9 / python_ns, "packets/s"),
                (f"python: bridge, {title}, from C", 1e9 / c_ns, "packets/s")):
            print(f"{name:<86} {value:10.4g} {unit:<10}", flush=True)
            rows.append({"name": name, "value": value, "unit": unit, "goal": None, "holds": True})
    if len(sys.argv) == 4 and sys.argv[2] == "--json":
        path = pathlib.Path(sys.argv[3])
        before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
        path.write_text(json.dumps(before + rows, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
