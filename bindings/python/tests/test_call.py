"""The call of tests/conformance/call.c, made through this binding: every byte and event that comes out is the same.

VOXLOCK_CALL is the program that makes it in C."""
from __future__ import annotations

import hashlib
import os
import subprocess
import unittest
from typing import Iterable

import voxlock
from voxlock import Bridge, Codec, CodecConfig, Leg, OfferFlags, UaEventKind
from voxlock import _abi_constants as abi

from support import MS, tone

WALL_NS = 1767225600 * 1_000_000_000
PACKETS = 100
ROOM_SIDE = ("192.0.2.2", 40002)
Datagrams = list[tuple[bytes, voxlock.Address, int]]
KINDS: dict[type, int] = {
    voxlock.Transmit: abi.EV_TRANSMIT, voxlock.Payload: abi.EV_PAYLOAD, voxlock.Digit: abi.EV_DIGIT,
    voxlock.Moved: abi.EV_ADDRESS, voxlock.Bye: abi.EV_BYE, voxlock.SourceChanged: abi.EV_SSRC,
    voxlock.ProtectionChanged: abi.EV_PROTECTION}


def line_of(who: str, event: voxlock.MediaEvent) -> str:
    words: list[object] = [who, KINDS[type(event)], event.leg]
    match event:
        case voxlock.Transmit():
            words += [f"{event.address[0]}:{event.address[1]}", int(event.is_rtcp), event.data.hex()]
        case voxlock.Payload():
            words += [event.payload_type, event.sequence, event.timestamp, event.ssrc, int(event.marker), event.lost,
                      event.data.hex()]
        case voxlock.Digit():
            words += [event.digit, event.duration_ms]
        case voxlock.Bye() | voxlock.SourceChanged():
            words.append(event.ssrc)
    return " ".join(map(str, words))


class Host:
    def __init__(self, name: str, seed: int, last: int) -> None:
        self.name, self.address = name, (f"192.0.2.{last}", 40000)
        self.context = voxlock.Context(seed=bytes([seed]) * 32, wall_time_ns=0)
        self.context.set_wall_time(WALL_NS, 0)
        self.connection = self.call = 0


class Agent(Host):
    """A phone or gateway: a host with a user agent."""

    def __init__(self, name: str, seed: int, last: int) -> None:
        super().__init__(name, seed, last)
        self.ua = voxlock.Ua(self.context, f"{name}.example.net")
        self.leg = Leg(self.context, self.address, codecs=[Codec.PCMU])

    def answer(self, offer: bytes, now: int) -> None:
        self.ua.answer(self.call, self.leg.answer(offer, now)[0], now)

    def handle(self, other: Agent, event: voxlock.UaEvent, now: int) -> None:
        match event.kind:
            case UaEventKind.CONNECT:
                self.connection = event.connection
                assert event.transport is not None
                other.connection = other.ua.accepted(event.transport, ("192.0.2.1", 40000), now)
                self.ua.connected(event.connection, now)
            case UaEventKind.TRANSMIT:
                assert other.ua.input(other.connection, event.data, now) == len(event.data)
            case UaEventKind.INCOMING:
                self.call = event.call
                self.ua.ring(event.call, 180, now_ns=now)
                self.answer(event.sdp, now)
            case UaEventKind.OFFER:
                self.answer(event.sdp, now)
            case UaEventKind.ANSWERED | UaEventKind.UPDATED:
                self.leg.accept_answer(event.sdp, now)


class Scene:
    def __init__(self) -> None:
        self.lines: list[str] = []
        self.phone, self.gateway, self.room = Agent("phone", 1, 1), Agent("gateway", 2, 2), Host("room", 3, 3)
        self.outward = Leg(self.gateway.context, ROOM_SIDE, codecs=[Codec.OPUS])
        self.listener = Leg(self.room.context, self.room.address, codecs=[Codec.OPUS])
        self.bridge = Bridge(self.gateway.context, self.gateway.leg, self.outward)
        self.encoder = voxlock.Encoder(self.room.context, CodecConfig(Codec.OPUS, sample_rate=16000))
        self.outward.accept_answer(self.listener.answer(self.outward.offer(now_ns=0), 0)[0], 0)
        offer = self.phone.leg.offer(now_ns=0)
        self.phone.call = self.phone.ua.invite("sips:room@gateway.example.net", offer, now_ns=0)
        self.signal(0)

    def signal(self, now: int) -> None:
        for one, other in [(self.phone, self.gateway), (self.gateway, self.phone)] * 6:
            for event in one.ua.events(now):
                self.lines.append(f"{one.name} sip {int(event.kind)} {event.status} {int(event.cause)} "
                                  f"{event.data.hex() or '-'} {event.sdp.hex() or '-'}")
                one.handle(other, event, now)

    def take(self, who: str, events: Iterable[voxlock.MediaEvent]) -> list[voxlock.Transmit]:
        seen = list(events)
        self.lines += [line_of(who, event) for event in seen]
        return [event for event in seen if isinstance(event, voxlock.Transmit)]

    def carry(self, packet: int, now: int) -> None:
        coming: Datagrams = [(e.data, self.phone.address, 0) for e in self.take("phone", self.phone.leg.events(now))]
        if packet == 40:
            coming = []
        if packet == 30:
            data, source, leg = coming[0]
            coming = [(data[:-1] + bytes([data[-1] ^ 1]), source, leg), coming[0]]
        coming += [(e.data, self.room.address, 1) for e in self.take("room", self.listener.events(now))]
        self.bridge.input(coming, now)
        out = self.take("bridge", self.bridge.events(now))
        self.phone.leg.input([(e.data, self.gateway.address) for e in out if e.leg == 0], now)
        self.listener.input([(e.data, ROOM_SIDE) for e in out if e.leg == 1], now)

    def speak(self, packet: int, now: int) -> None:
        media = self.phone.leg.media()
        payload = bytes((packet * 31 + i * 7) & 0xFF for i in range(160))
        self.phone.leg.send(media.payload_type_send, payload, packet * 160, packet == 0, now)
        if packet == 50:
            assert media.event_type_send is not None
            self.phone.leg.send(media.event_type_send, b"\x05\x8a\x03\x20", packet * 160, True, now)
        self.listener.send(self.listener.media().payload_type_send, self.encoder.encode(tone(320)), packet * 960,
                           packet == 0, now)

    def run(self) -> None:
        for packet in range(PACKETS):
            now = packet * 20 * MS
            if packet == 60:
                self.phone.ua.offer(self.phone.call, self.phone.leg.offer(OfferFlags.REKEY, now), now)
                self.signal(now)
            self.speak(packet, now)
            self.carry(packet, now)
        now = PACKETS * 20 * MS
        self.phone.ua.hang_up(self.phone.call, now)
        self.signal(now)
        self.bridge.end(now)
        self.carry(PACKETS, now)
        for lane in self.bridge.stats():
            self.lines.append(f"lane {lane.packets_in} {lane.packets_out} {lane.lost} {lane.concealed}")
        trunk = self.gateway.leg.stats()
        self.lines.append(f"trunk {trunk.packets_in} {trunk.dropped[voxlock.Drop.AUTH]} {trunk.rekeys}")


class SameCall(unittest.TestCase):
    def test_every_byte_is_that_of_the_call_in_c(self) -> None:
        program = os.environ.get("VOXLOCK_CALL", "")
        if not program:
            raise unittest.SkipTest("VOXLOCK_CALL is not set")
        in_c = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        scene = Scene()
        scene.run()
        for ours, theirs in zip(scene.lines, in_c.splitlines(), strict=False):
            self.assertEqual(ours, theirs)
        ours = "".join(line + "\n" for line in scene.lines)
        self.assertEqual(hashlib.sha256(ours.encode()).hexdigest(), hashlib.sha256(in_c.encode()).hexdigest())
        print(f"{len(scene.lines)} lines, SHA-256 {hashlib.sha256(ours.encode()).hexdigest()}")


if __name__ == "__main__":
    unittest.main()
