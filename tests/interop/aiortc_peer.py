#!/usr/bin/env python3
"""A WebRTC peer (aiortc) for the interop test: commands on standard input, one word and its argument
a line; what happened on standard output. Lines of a description are joined by '|'.

usage: aiortc_peer.py FOLDER

Without aiortc it makes a virtual environment in FOLDER; exit status 77 where that fails."""
import array
import asyncio
import fractions
import math
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from peers import need  # noqa: E402

RATE = 48000
FRAME = RATE // 50
OWN_HZ, PEER_HZ = 440, 1000


need("aiortc", "aiortc", sys.argv[1])

import aioice.ice  # noqa: E402
import av  # noqa: E402
from aiortc import (  # noqa: E402
    AudioStreamTrack, RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCSessionDescription)

# Loopback only; of its own accord aioice leaves it out.
aioice.ice.get_host_addresses = lambda *_, **__: ["127.0.0.1"]


def say(line):
    print(line, flush=True)


class Tone(AudioStreamTrack):
    """A sine of OWN_HZ, 20 ms a frame, in the pace of the clock."""

    def __init__(self):
        super().__init__()
        self.at = 0
        self.began = None

    async def recv(self):
        loop = asyncio.get_running_loop()
        self.began = self.began or loop.time()
        await asyncio.sleep(max(0, self.began + self.at / RATE - loop.time()))
        frame = av.AudioFrame(format="s16", layout="mono", samples=FRAME)
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.at, fractions.Fraction(1, RATE)
        step = 2 * math.pi * OWN_HZ / RATE
        frame.planes[0].update(array.array(
            "h", (int(8000 * math.sin(step * (self.at + i))) for i in range(FRAME))).tobytes())
        self.at += FRAME
        return frame


def share_of(hz, samples):
    """How much of the energy is at a frequency, 0..1 (Goertzel)."""
    step, energy = 2 * math.pi * hz / RATE, sum(s * s for s in samples)
    real = sum(s * math.cos(step * i) for i, s in enumerate(samples))
    imaginary = sum(s * math.sin(step * i) for i, s in enumerate(samples))
    return 2 * (real * real + imaginary * imaginary) / (len(samples) * energy) if energy else 0


async def hear(track):
    """Tells the share of the peer's tone in every 200 ms."""
    held = array.array("h")
    while True:
        frame = await track.recv()
        channels = len(frame.layout.channels)
        held.extend(array.array("h", bytes(frame.planes[0])[:2 * channels * frame.samples])[::channels])
        if len(held) >= RATE // 5:
            say(f"heard {share_of(PEER_HZ, held):.3f}")
            del held[:]


def watch_elements():
    """Tells once what came in headers of packets."""
    told, take = set(), RTCRtpReceiver._handle_rtp_packet

    async def taken(self, packet, arrival_time_ms):
        for line in (packet.extensions.mid and f"element mid {packet.extensions.mid}",
                     packet.extensions.audio_level is not None and "element level"):
            if line and line not in told:
                told.add(line)
                say(line)
        await take(self, packet, arrival_time_ms)

    RTCRtpReceiver._handle_rtp_packet = taken


async def watch_rtcp(connection):
    told = set()
    names = {"remote-inbound-rtp": "rtcp rr", "remote-outbound-rtp": "rtcp sr"}
    while True:
        await asyncio.sleep(0.3)
        for entry in (await connection.getStats()).values():
            line = names.get(entry.type)
            if line and line not in told:
                told.add(line)
                say(line)


async def run():
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(Tone())
    watch_elements()
    tasks = [asyncio.create_task(watch_rtcp(connection))]

    @connection.on("track")
    def on_track(track):
        tasks.append(asyncio.create_task(hear(track)))

    @connection.on("connectionstatechange")
    def on_state():
        if connection.connectionState == "connected":
            say(f"role {connection.getSenders()[0].transport.transport.role}")
        say(f"state {connection.connectionState}")

    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        word, _, rest = line.strip().partition(" ")
        text = rest.replace("|", "\r\n")
        if word == "answer":
            await connection.setRemoteDescription(RTCSessionDescription(text, "offer"))
            await connection.setLocalDescription(await connection.createAnswer())
        elif word == "accept":
            await connection.setRemoteDescription(RTCSessionDescription(text, "answer"))
            continue
        else:
            await connection.setLocalDescription(await connection.createOffer())
        say(word + " " + connection.localDescription.sdp.replace("\r\n", "|"))


asyncio.run(run())
