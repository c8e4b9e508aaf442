"""The media of one call on asyncio: a leg with its sockets, the codec, and PCM in 20 ms frames."""
from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import Callable, Sequence

from .. import audio, rtp
from .._abi_constants import Status
from .._errors import Error, LegError
from .._memory import Address, Samples
from ..audio import Chain, Codec, CodecConfig, Decoder, Denoise, Encoder, Resample, Stage
from ..context import Context
from ..events import Digit, MediaTimeout, Payload, Transmit
from ..leg import Leg, LegStats, MediaInfo
from .ports import bind_pair

FRAME_MS = 20
# What an agent has not taken after a second is old: the oldest frame goes.
MAX_QUEUED_FRAMES = 50
MAX_QUEUED_DIGITS = 128
# A longer loss is heard as a gap; filling it in would only delay what follows.
MAX_CONCEALED = 5
# Playing runs ahead of the wire by so much: enough for a busy event loop, and soon interrupted.
AHEAD_MS = 200
# After a stall of the event loop nothing older than this is made up for.
MAX_BEHIND_S = 0.5
_DIGITS = "0123456789*#ABCD"
# A digit sounds for 100 ms, its end is sent three times, and a pause follows (RFC 4733, section 2.5.1.4).
_DIGIT_TICKS, _DIGIT_ENDS, _DIGIT_PERIOD = 5, 3, 15


class Inlet:
    """Payloads to 20 ms frames: decode, fill in, denoise, resample."""

    def __init__(self, context: Context, media: MediaInfo, rate: int, denoise_db: int) -> None:
        codec_rate = rate if media.codec is Codec.OPUS else 8000
        self._decoder = Decoder(context, CodecConfig(media.codec, codec_rate))
        stages: list[Stage] = [Denoise(denoise_db)] if denoise_db else []
        if codec_rate != rate:
            stages.append(Resample(rate))
        self._chain = Chain(context, stages, sample_rate=codec_rate)
        self._block = 2 * (codec_rate // 100)
        self._packet_samples = codec_rate * FRAME_MS // 1000
        self._frame = 2 * (rate * FRAME_MS // 1000)
        self._decoded = bytearray()
        self._ready = bytearray()
        self._source, self._last_sequence = 0, -1

    def take(self, event: Payload) -> list[memoryview]:
        """The frames that a payload completes, each a buffer of its own."""
        # Another source counts from a number of its own (RFC 3550, section 5.1).
        if event.ssrc == self._source and event.sequence <= self._last_sequence:
            return []
        self._source, self._last_sequence = event.ssrc, event.sequence
        try:
            for _ in range(min(event.lost, MAX_CONCEALED)):
                self._decoded += self._decoder.conceal(self._packet_samples, event.data).cast("B")
            pcm = self._decoder.decode(event.data)
        except Error:
            # A payload that is not of this codec counts as lost.
            return []
        finally:
            event.data[:] = bytes(len(event.data))
        self._packet_samples = len(pcm) or self._packet_samples
        self._decoded += pcm.cast("B")
        audio.wipe(pcm)
        return self._cut()

    def _cut(self) -> list[memoryview]:
        whole = len(self._decoded) // self._block * self._block
        if whole:
            out = self._chain.process(memoryview(self._decoded)[:whole])
            self._ready += out.cast("B")
            audio.wipe(out)
            drop(self._decoded, whole)
        frames = []
        while len(self._ready) >= self._frame:
            frames.append(memoryview(self._ready[:self._frame]).cast("h"))
            drop(self._ready, self._frame)
        return frames

    def close(self) -> None:
        self._decoder.close()
        self._chain.close()
        drop(self._decoded, len(self._decoded))
        drop(self._ready, len(self._ready))


class Outlet:
    """PCM to payloads: resample and encode."""

    def __init__(self, context: Context, media: MediaInfo, rate: int) -> None:
        codec_rate = rate if media.codec is Codec.OPUS else 8000
        self._encoder = Encoder(context, CodecConfig(media.codec, codec_rate))
        self._chain = Chain(context, [Resample(codec_rate)] if codec_rate != rate else [], sample_rate=rate)

    def encode(self, pcm: bytearray) -> bytes:
        samples = self._chain.process(pcm)
        try:
            return self._encoder.encode(samples)
        finally:
            audio.wipe(samples)

    def close(self) -> None:
        self._encoder.close()
        self._chain.close()


def drop(buffer: bytearray, size: int) -> None:
    """Takes bytes out at the front; what was there is overwritten first."""
    buffer[:size] = bytes(size)
    del buffer[:size]


class _Socket(asyncio.DatagramProtocol):
    def __init__(self, media: MediaSession) -> None:
        self._media = media

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._media.received(data, (addr[0], addr[1]))

    def error_received(self, exc: Exception) -> None:
        """A port that nobody listens on: RTCP and the timeout judge, not ICMP (RFC 8085, section 5.2)."""


class MediaSession:
    """A leg, its two sockets, and queues of frames and digits."""

    def __init__(self, context: Context, rate: int, denoise_db: int, on_timeout: Callable[[], None]) -> None:
        if rate not in (8000, 16000, 48000):
            raise ValueError("rate is 8000, 16000 or 48000 Hz")
        self._context, self.rate, self._denoise_db = context, rate, denoise_db
        self._on_timeout = on_timeout
        self._loop = asyncio.get_running_loop()
        self.leg: Leg
        self._rtp: asyncio.DatagramTransport
        self._rtcp: asyncio.DatagramTransport
        self.media: MediaInfo | None = None
        self._inlet: Inlet | None = None
        self._outlet: Outlet | None = None
        self.frames: deque[memoryview] = deque()
        self.digits: deque[str] = deque()
        self._is_info: bool | None = None  # how the peer's digits come; None: not known yet
        self.dropped_frames = 0
        self._pending = bytearray()  # what is still to be played
        self._interruptions = 0
        self._keys: deque[str] = deque()
        self._key_tick = 0
        self._key_timestamp = 0
        self._timestamp = 0
        self._is_first = True
        self._next_tick = 0.0
        self._tick: asyncio.TimerHandle | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.is_closed = False
        self._changed = asyncio.Event()

    async def open(self, ip: str, ports: range | None, make_leg: Callable[[Context, Address], Leg]) -> None:
        """Binds RTP and, one port above, RTCP, and makes the leg."""
        rtp_socket, rtcp_socket = bind_pair(ip, ports)
        self._rtp, _ = await self._loop.create_datagram_endpoint(lambda: _Socket(self), sock=rtp_socket)
        self._rtcp, _ = await self._loop.create_datagram_endpoint(lambda: _Socket(self), sock=rtcp_socket)
        self.leg = make_leg(self._context, (ip, rtp_socket.getsockname()[1]))

    def agreed(self) -> None:
        """Offer and answer changed something: follows the codec."""
        former, self.media = self.media, self.leg.media()
        if former is None or former.codec is not self.media.codec:
            self._close_codecs()
            self._inlet = Inlet(self._context, self.media, self.rate, self._denoise_db)
            self._outlet = Outlet(self._context, self.media, self.rate)
        self.drain()

    def start(self) -> None:
        """Begins to send: what is played, and silence in between, so that nobody takes the call for dead."""
        if self._tick is None and not self.is_closed:
            self._next_tick = self._loop.time()
            self._tick = self._loop.call_at(self._next_tick, self._on_tick)

    # What comes in.

    def received(self, data: bytes, source: Address) -> None:
        if self.is_closed:
            return
        self.leg.input([(data, source)])
        self.drain()

    def drain(self) -> None:
        """Does what the events of the leg ask for, and sets the timer."""
        for event in self.leg.events():
            match event:
                case Transmit(_, data, address, is_rtcp, _):
                    is_muxed = self.media is None or self.media.rtcp_mux
                    (self._rtcp if is_rtcp and not is_muxed else self._rtp).sendto(data, address)
                case Payload():
                    self._take_payload(event)
                case Digit(_, digit, _):
                    self.hear_digit(digit, is_info=False)
                case MediaTimeout():
                    self._loop.call_soon(self._on_timeout)
                case _:
                    pass
        self._set_timer()

    def hear_digit(self, digit: str, *, is_info: bool) -> None:
        """A key of the peer. Who tells each of them by RFC 4733 and by INFO pressed it once."""
        if self._is_info is None:
            self._is_info = is_info
        if self._is_info is is_info and len(self.digits) < MAX_QUEUED_DIGITS:
            self.digits.append(digit)
        self.wake()

    def _take_payload(self, event: Payload) -> None:
        if self._inlet is None or self.media is None or event.payload_type != self.media.payload_type_recv:
            return
        for frame in self._inlet.take(event):
            if len(self.frames) == MAX_QUEUED_FRAMES:
                audio.wipe(self.frames.popleft())
                self.dropped_frames += 1
            self.frames.append(frame)
            self.wake()

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        deadline = self.leg.next_deadline_ns
        if deadline is not None:
            delay = max(0.0, (deadline - time.monotonic_ns()) / 1e9)
            self._timer = self._loop.call_later(delay, self.drain)

    async def changed(self) -> None:
        """Waits until a frame or digit came, room to play is there, or the end."""
        self._changed.clear()
        await self._changed.wait()

    def wake(self) -> None:
        self._changed.set()

    # What goes out.

    async def play(self, pcm: Samples) -> bool:
        view = memoryview(pcm).cast("B")
        if view.nbytes % 2:
            raise ValueError("PCM has two bytes a sample, and here is an odd number of bytes")
        interruptions, ahead = self._interruptions, 2 * (self.rate * AHEAD_MS // 1000)
        while len(view) and not self.is_closed:
            space = max(0, ahead - len(self._pending))
            self._pending += view[:space]
            view = view[space:]
            if len(view):
                await self.changed()
            if self._interruptions != interruptions:
                return False
        return not self.is_closed

    async def played(self) -> None:
        while self._pending and not self.is_closed:
            await self.changed()

    def interrupt(self) -> int:
        samples = len(self._pending) // 2
        drop(self._pending, len(self._pending))
        self._interruptions += 1
        self.wake()
        return samples * 1000 // self.rate

    def press(self, keys: Sequence[str]) -> bool:
        """False: the peer takes no telephone-event (RFC 4733)."""
        if any(key not in _DIGITS or len(key) != 1 for key in keys):
            raise ValueError("keys are of 0123456789*#ABCD")
        if self.media is None or self.media.event_type_send is None:
            return False
        self._keys.extend(keys)
        return True

    def _on_tick(self) -> None:
        if self.is_closed or self.media is None:
            return
        step = self.media.ptime_ms / 1000
        behind = self._loop.time() - self._next_tick
        if behind > MAX_BEHIND_S:
            self._next_tick += behind
        self._send_packet(self.media)
        self._next_tick += step
        self._tick = self._loop.call_at(self._next_tick, self._on_tick)
        self.drain()
        self.wake()

    def _send_packet(self, media: MediaInfo) -> None:
        size = 2 * (self.rate * media.ptime_ms // 1000)
        pcm = self._pending[:size]
        drop(self._pending, min(size, len(self._pending)))
        pcm += bytes(size - len(pcm))
        try:
            if self._keys and media.event_type_send is not None:
                self._send_key(media, media.event_type_send)
            elif self._outlet is not None:
                payload = self._outlet.encode(pcm)
                self.leg.send(media.payload_type_send, payload, self._timestamp, self._is_first)
                self._is_first = False
        except LegError as error:
            # Held by the peer: what is played goes on unheard, as time does.
            if error.status not in (Status.ERR_LEG_HELD, Status.ERR_LEG_QUEUE_FULL):
                raise
        finally:
            drop(pcm, len(pcm))
        self._timestamp += media.rtp_clock_hz * media.ptime_ms // 1000

    def _send_key(self, media: MediaInfo, payload_type: int) -> None:
        """One packet of a digit; all of them carry the timestamp of its beginning (RFC 4733, section 2.5.1)."""
        at, self._key_tick = self._key_tick, self._key_tick + 1
        if self._key_tick == _DIGIT_PERIOD:
            self._key_tick = 0
        if at < _DIGIT_TICKS + _DIGIT_ENDS:
            if at == 0:
                self._key_timestamp = self._timestamp
            length = min(at + 1, _DIGIT_TICKS) * media.rtp_clock_hz * media.ptime_ms // 1000
            event = rtp.DtmfEvent(_DIGITS.index(self._keys[0]), length, at >= _DIGIT_TICKS)
            self.leg.send(payload_type, rtp.build_dtmf(event), self._key_timestamp, at == 0)
        if self._key_tick == 0:
            self._keys.popleft()

    def stats(self) -> LegStats:
        return self.leg.stats()

    def close(self) -> None:
        """RTCP BYE, then everything is given back and overwritten."""
        if self.is_closed:
            return
        for handle in (self._tick, self._timer):
            if handle is not None:
                handle.cancel()
        self.leg.end()
        self.drain()
        if self._timer is not None:
            self._timer.cancel()
        self.is_closed = True
        self.leg.close()
        self._close_codecs()
        self._rtp.close()
        self._rtcp.close()
        drop(self._pending, len(self._pending))
        self.wake()

    def _close_codecs(self) -> None:
        for end in (self._inlet, self._outlet):
            if end is not None:
                end.close()
        self._inlet = self._outlet = None
