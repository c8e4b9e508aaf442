#!/usr/bin/env python3
"""Plays the PBX and the SRTP peer of a program of external media: both must hear the other's tone. Or an answer
without keys, a frame that is too long, another call's UUID: the program must end with status 1 and say why.

usage: pbx_media.py audiosocket|external_media|websocket|misuse|stranger PROGRAM
"""
from __future__ import annotations

import array
import json
import socket
import struct
import subprocess
import sys
import time
import uuid

import voxlock
from voxlock import audio
from voxlock.events import Payload, Transmit
from voxlock.leg import Leg

from tones import FRAME, RATE, strength, tone

FRAMES = 100
CALL = uuid.UUID("40325ec2-5efd-4bd3-805f-53576e581d13")
PATIENCE_S = 20.0


class AudioSocket:
    """Asterisk's end of an AudioSocket."""

    def __init__(self, address: tuple[str, int], call: uuid.UUID = CALL) -> None:
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.socket.sendall(struct.pack(">BH", 0x01, 16) + call.bytes)
        self.socket.setblocking(False)
        self.waiting, self.heard, self.digits = b"", array.array("h"), ""

    def play(self, pcm: array.array[int], _number: int) -> None:
        # In two pieces, as TCP may cut it.
        frame = struct.pack(">BH", 0x10, 2 * len(pcm)) + struct.pack(f"<{len(pcm)}h", *pcm)
        self.socket.sendall(frame[:2])
        self.socket.sendall(frame[2:])

    def listen(self) -> None:
        try:
            self.waiting += self.socket.recv(65536)
        except BlockingIOError:
            return
        while len(self.waiting) >= 3:
            kind, length = struct.unpack(">BH", self.waiting[:3])
            if len(self.waiting) < 3 + length:
                return
            payload, self.waiting = self.waiting[3:3 + length], self.waiting[3 + length:]
            if kind == 0x10:
                self.heard.extend(struct.unpack(f"<{length // 2}h", payload))
            elif kind == 0x03:
                self.digits += payload.decode()

    def end(self) -> None:
        self.socket.sendall(struct.pack(">BH", 0x00, 0))


class WebSocket:
    """FreeSWITCH's end of an audio fork: a client of RFC 6455."""

    def __init__(self, address: tuple[str, int], path: str = str(CALL)) -> None:
        self.socket = socket.create_connection(address, PATIENCE_S)
        self.socket.sendall(f"GET /{path} HTTP/1.1\r\nHost: {address[0]}\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.waiting, self.heard, self.digits = b"", array.array("h"), ""
        while b"\r\n\r\n" not in self.waiting:
            piece = self.socket.recv(4096)
            if not piece:
                raise ConnectionError("the program closed the connection")
            self.waiting += piece
        head, self.waiting = self.waiting.split(b"\r\n\r\n", 1)
        if not head.startswith(b"HTTP/1.1 101 "):
            raise ConnectionError(head.decode())
        self.socket.setblocking(False)
        self.send(0x81, b'{"sampleRate": 8000}')

    def send(self, kind: int, data: bytes) -> None:
        """A frame with a mask of zeros, which changes no byte."""
        size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        self.socket.sendall(bytes([kind]) + size + bytes(4) + data)

    def play(self, pcm: array.array[int], _number: int) -> None:
        data = struct.pack(f"<{len(pcm)}h", *pcm)
        # A message in two frames.
        self.send(0x02, data[:100])
        self.send(0x80, data[100:])

    def listen(self) -> None:
        try:
            self.waiting += self.socket.recv(65536)
        except BlockingIOError:
            return
        while len(self.waiting) >= 4:
            head, size = 2, self.waiting[1]
            if size == 126:
                head, size = 4, int.from_bytes(self.waiting[2:4], "big")
            if len(self.waiting) < head + size:
                return
            kind, data, self.waiting = self.waiting[0], self.waiting[head:head + size], self.waiting[head + size:]
            if kind == 0x82:
                self.heard.extend(struct.unpack(f"<{size // 2}h", data))
            elif kind == 0x81:
                self.digits += json.loads(data)["digit"]

    def end(self) -> None:
        self.send(0x88, b"")


class ExternalMedia:
    """Asterisk's ExternalMedia channel: plain RTP, PCMU. A stranger sends to the same port."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.address, self.heard, self.digits = address, array.array("h"), ""
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        context = voxlock.Context()
        codec = audio.CodecConfig(audio.Codec.PCMU)
        self.encoder, self.decoder = audio.Encoder(context, codec), audio.Decoder(context, codec)

    def play(self, pcm: array.array[int], number: int) -> None:
        head = struct.pack(">BBHII", 0x80, 0, number, number * FRAME, 7)
        self.socket.sendto(head + self.encoder.encode(pcm), self.address)
        self.stranger.sendto(head + self.encoder.encode(tone(3000, number)), self.address)

    def listen(self) -> None:
        while True:
            try:
                packet = self.socket.recv(2048)
            except BlockingIOError:
                return
            self.heard.extend(self.decoder.decode(packet[12:]))

    def end(self) -> None:
        """The pause ends it."""


class Peer:
    """The SRTP peer: a leg, a socket and a codec."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        context = voxlock.Context()
        self.leg = Leg(context, self.socket.getsockname(), codecs=[audio.Codec.PCMU])
        codec = audio.CodecConfig(audio.Codec.PCMU)
        self.encoder, self.decoder = audio.Encoder(context, codec), audio.Decoder(context, codec)
        self.heard = array.array("h")

    def play(self, pcm: array.array[int], number: int) -> None:
        self.leg.send(0, self.encoder.encode(pcm), number * FRAME, marker=number == 0)

    def press(self, digit: int, number: int) -> None:
        """RFC 4733: 60 ms of a key, the last packet says so."""
        for packet in (1, 2, 3):
            event = struct.pack(">BBH", digit, 10 | (0x80 if packet == 3 else 0), packet * FRAME)
            self.leg.send(self.leg.media().event_type_send, event, number * FRAME, marker=packet == 1)

    def listen(self) -> None:
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                break
            self.leg.input([(data, address)])
        for event in self.leg.events():
            if isinstance(event, Transmit):
                self.socket.sendto(event.data, event.address)
            elif isinstance(event, Payload):
                self.heard.extend(self.decoder.decode(event.data))


def started(path: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen([path, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def address_of(program: subprocess.Popen[str]) -> tuple[str, int]:
    assert program.stdout is not None
    host, port = program.stdout.readline().strip().removeprefix("ws://").split("/")[0].split(":")
    return host, int(port)


def answer(program: subprocess.Popen[str], sdp: str) -> None:
    assert program.stdin is not None
    program.stdin.write(sdp + ".\n")
    program.stdin.flush()


def read_sdp(program: subprocess.Popen[str]) -> str:
    assert program.stdout is not None
    return "".join(iter(program.stdout.readline, ".\n"))


PBXES = {"audiosocket": AudioSocket, "external_media": ExternalMedia, "websocket": WebSocket}


def talk(pbx: AudioSocket | ExternalMedia | WebSocket, peer: Peer) -> None:
    """Two seconds at their own speed, with a key pressed half-way."""
    began = time.monotonic()
    for number in range(FRAMES):
        pbx.play(tone(440, number), number)
        peer.play(tone(1000, number), number)
        if number == FRAMES // 2:
            peer.press(5, number)
        for end in (peer, pbx):
            end.listen()
        time.sleep(max(0.0, began + (number + 1) * 0.02 - time.monotonic()))
    for end in (peer, pbx):
        end.listen()


def call(kind: str, path: str) -> None:
    with started(path, "1" if kind == "external_media" else str(CALL)) as program:
        try:
            address, offer, peer = address_of(program), read_sdp(program), Peer()
            assert "RTP/SAVP" in offer and "a=crypto" in offer
            answer(program, peer.leg.answer(offer.encode())[0].decode())
            pbx = PBXES[kind](address)
            talk(pbx, peer)
            pbx.end()
            assert program.stdout is not None
            said = program.stdout.read()
            assert program.wait(PATIENCE_S) == 0, said
        finally:
            program.kill()
    print(said.strip())
    assert pbx.digits == ("" if kind == "external_media" else "5"), f"keys: {pbx.digits!r}"
    # The first half second is the denoiser's to learn in.
    for who, heard, hz in (("peer", peer.heard, 440), ("PBX", pbx.heard, 1000)):
        last = heard[RATE // 2:]
        assert len(last) >= RATE, f"the {who} heard {len(heard)} samples"
        assert strength(last, hz) > 0.8, f"the {who} heard no {hz} Hz: {strength(last, hz):.2f}"
        assert strength(last, 3000) < 0.05, "the stranger was heard"


def misuse(path: str) -> None:
    for wrong in ([], ["40325ec2"], [CALL.hex + "00"]):
        assert subprocess.run([path, *wrong], stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False).returncode == 2
    for name in ("keys", "frame", "stranger"):
        with started(path, CALL.hex) as program:
            try:
                address, offer, peer = address_of(program), read_sdp(program), Peer()
                sdp = peer.leg.answer(offer.encode())[0].decode()
                if name == "keys":
                    answer(program, "\r\n".join(line for line in sdp.split("\r\n") if not line.startswith("a=crypto")))
                else:
                    answer(program, sdp)
                    pbx = AudioSocket(address, CALL if name == "frame" else uuid.UUID(int=1))
                    pbx.socket.sendall(struct.pack(">BH", 0x10, 65535 if name == "frame" else 0))
                assert program.stdout is not None
                said = program.stdout.read()
                assert program.wait(PATIENCE_S) == 1, said
                print(said.strip().splitlines()[-1])
            finally:
                program.kill()


def stranger(path: str) -> None:
    """Another path than the UUID is refused, and the PBX still gets in; a second one does not. Too long a message
    ends the call."""
    with started(path, CALL.hex) as program:
        try:
            address, offer, peer = address_of(program), read_sdp(program), Peer()
            answer(program, peer.leg.answer(offer.encode())[0].decode())
            for wrong in ("", "x", str(uuid.UUID(int=1)), CALL.hex + "00"):
                try:
                    WebSocket(address, wrong)
                except ConnectionError:
                    continue
                raise AssertionError(f"the path {wrong} was taken")
            pbx = WebSocket(address)
            try:
                WebSocket(address)
            except ConnectionError:
                pbx.send(0x82, bytes(4000))
                assert program.stdout is not None
                said = program.stdout.read()
                assert program.wait(PATIENCE_S) == 1, said
                print(said.strip().splitlines()[-1])
                return
            raise AssertionError("a second PBX was taken")
        finally:
            program.kill()


def main() -> None:
    kind, path = sys.argv[1:3]
    if kind in ("misuse", "stranger"):
        (misuse if kind == "misuse" else stranger)(path)
    else:
        call(kind, path)


main()
