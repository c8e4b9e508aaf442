"""A call as an agent sees it: answer, hear, speak, press keys, hang up."""
from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, AsyncIterator

from .._abi_constants import Status
from .._errors import Error
from .._memory import Samples
from ..leg import LegStats, MediaInfo
from ..sdp import OfferFlags, Verdict
from ..sip import SipMessage
from ..ua import Cause, Ua, UaEvent, UaEventKind
from .media import MediaSession

if TYPE_CHECKING:
    from .gateway import Gateway

# RFC 3261, section 21.4.19: both sides made an offer.
_GLARE = 491
_NOT_ACCEPTABLE = 488


class CallError(Exception):
    """The call cannot go on. status: SIP status code, 0 for none. cause: why it ended."""

    def __init__(self, text: str, status: int = 0, cause: Cause = Cause.NONE) -> None:
        super().__init__(text)
        self.status = status
        self.cause = cause


@dataclass(frozen=True, slots=True)
class CallReport:
    """What was agreed and how it went; str() is for people."""

    peer: str
    signalling: str  # "TLSv1.3, peer verified"
    media: MediaInfo | None
    stats: LegStats | None
    duration_s: float
    dropped_frames: int  # that the agent did not take in time
    cause: Cause

    @property
    def loss(self) -> float:
        """Share of packets that did not come, 0..1. RFC 3550, A.3"""
        if self.stats is None or not self.stats.packets_in:
            return 0.0
        return self.stats.lost_in / (self.stats.lost_in + self.stats.packets_in)

    def __str__(self) -> str:
        lines = [f"call with {self.peer}: {self.duration_s:.1f} s, ended: {self.cause.name.lower()}",
                 f"  signalling  {self.signalling}"]
        if self.media is not None and self.stats is not None:
            suite = self.media.suite_recv.name if self.media.suite_recv is not None else "none, plain RTP"
            lines += [f"  media       {self.media.codec.name}, SRTP {suite} ({self.media.key_exchange.name})",
                      f"  received    {self.stats.packets_in} packets, loss {100 * self.loss:.1f} %, "
                      f"jitter {self.stats.jitter_in_us / 1000:.1f} ms",
                      f"  sent        {self.stats.packets_out} packets"]
        return "\n".join(lines)


class Call:
    """One call. PCM both ways is 16-bit mono at `rate` Hz, see answer(). Gateways make it: call_id and
    connection are those of their Ua."""

    def __init__(self, gateway: Gateway, call_id: int, connection: int) -> None:
        self._gateway = gateway
        self._id = call_id
        self._connection = connection
        self._media: MediaSession | None = None
        self._ended = asyncio.get_running_loop().create_future()
        self._established = asyncio.get_running_loop().create_future()
        self._is_offering = False
        self._offer = b""
        self._signalling = ""
        self._began_ns = time.monotonic_ns()
        self._final: tuple[MediaInfo | None, LegStats | None, int] = (None, None, 0)
        self._ended_ns = 0
        self.cause = Cause.NONE
        #: URI and display name of the peer, and whom it called.
        self.peer = self.peer_name = self.called = ""
        #: Header fields of the INVITE, as (name, value).
        self.headers: list[tuple[str, str]] = []
        # Nobody need wait for either.
        for future in (self._ended, self._established):
            future.add_done_callback(lambda done: done.cancelled() or done.exception())

    def _read_invite(self, event: UaEvent, message: SipMessage) -> None:
        message.parse(event.data)
        summary = message.summary()
        self.peer, self.peer_name, self.called = summary.from_uri, summary.from_name, summary.uri
        self.headers = list(message.headers())
        self._offer = event.sdp

    @property
    def rate(self) -> int:
        """Hz of the PCM."""
        return self._session.rate

    @property
    def media(self) -> MediaInfo | None:
        """What was agreed; None before the answer."""
        return self._media.media if self._media is not None else None

    @property
    def is_ended(self) -> bool:
        """True once the call is over."""
        return self._ended.done()

    @property
    def _session(self) -> MediaSession:
        if self._media is None:
            raise CallError("the call has not been answered")
        return self._media

    def ring(self) -> None:
        """Tells the caller that it rings (180)."""
        self._gateway._command(lambda ua: ua.ring(self._id))

    async def answer(self, *, rate: int = 16000, denoise_db: int = 15) -> None:
        """Takes the call.

        rate: of the PCM in Hz: 8000, 16000 or 48000. denoise_db: how much noise goes down at most, 1..45;
        0: none. Raises CallError where the offer cannot be taken (it is refused then) or the call is over."""
        if self.is_ended:
            raise CallError("the call is over", cause=self.cause)
        self._media = await self._gateway._open_media(self, rate, denoise_db)
        if self._offer:
            sdp, verdict = self._media.leg.answer(self._offer)
            if verdict.refused:
                self._gateway._command(lambda ua: ua.reject_with(self._id, verdict))
                self._close_media()
                raise CallError(f"the offer was refused: {verdict.warning or verdict}", verdict.sip_status)
            self._media.agreed()
        else:
            # RFC 3261, section 13.2.1: an INVITE without an offer gets ours in the 200.
            sdp = self._media.leg.offer()
            self._is_offering = True
        try:
            self._gateway._command(lambda ua: ua.answer(self._id, sdp))
        except Error as error:
            self._close_media()
            raise CallError(f"the call is over: {error}", cause=self.cause) from None
        if self._offer:
            self._media.start()
        else:
            await self._established

    def reject(self, status: int = 603, reason: str = "") -> None:
        """Refuses the call with a SIP status of 300 to 699."""
        self._gateway._command(lambda ua: ua.reject(self._id, status, reason=reason))

    async def hang_up(self, *, wait: bool = True) -> None:
        """Ends the call in any state. wait: until the peer has confirmed, or it took too long."""
        self._hang_up()
        if wait:
            await self.wait()

    def _hang_up(self) -> None:
        if not self.is_ended:
            try:
                self._gateway._command(lambda ua: ua.hang_up(self._id))
            except Error as error:
                if error.status != Status.ERR_UA_NO_CALL:
                    raise

    async def wait(self) -> Cause:
        """Waits for the end of the call, whoever ends it, and tells why it ended."""
        await asyncio.shield(self._ended)
        return self.cause

    async def audio(self) -> AsyncIterator[memoryview]:
        """What the peer says, in frames of 20 ms: writable views of format "h" with rate / 50 samples,
        denoised, losses filled in. It ends with the call. No frames come while the peer sends nothing
        (hold, silence suppression); a second behind, the oldest are dropped."""
        session = self._session
        while True:
            while session.frames:
                yield session.frames.popleft()
            if self.is_ended:
                return
            await session.changed()

    async def digits(self) -> AsyncIterator[str]:
        """Keys that the peer presses: 0..9 * # A..D, F for flash. It ends with the call. They come as events in the
        media (RFC 4733) or by INFO (RFC 6086): the way of the first is that of the call, for some send both."""
        session = self._session
        while True:
            while session.digits:
                yield session.digits.popleft()
            if self.is_ended:
                return
            await session.changed()

    async def play(self, pcm: Samples) -> bool:
        """Plays samples of any number, behind what is playing. Returns when all but the last 200 ms are
        out: True, or False where interrupt() or the end of the call threw the rest away."""
        return await self._session.play(pcm)

    async def played(self) -> None:
        """Waits until everything is out."""
        await self._session.played()

    def interrupt(self) -> int:
        """Stops what is playing within 20 ms, and tells how many milliseconds were thrown away, beside
        what a play() under way had not handed over."""
        return self._session.interrupt()

    def press(self, keys: str) -> None:
        """Presses keys, one after the other, each for 100 ms: 0..9 * # A..D. They go as events in the media (RFC 4733),
        or by INFO (RFC 6086) where the peer takes none."""
        if self._session.press(keys):
            return
        for key in keys:
            self._gateway._command(partial(Ua.send_digit, call=self._id, digit=key))

    def report(self) -> CallReport:
        """What was agreed and how it goes, or went."""
        media, stats, dropped = self._final
        if self._media is not None and not self._media.is_closed:
            media, stats, dropped = self._media.media, self._media.stats(), self._media.dropped_frames
        end = self._ended_ns or time.monotonic_ns()
        return CallReport(self.peer, self._signalling, media, stats, (end - self._began_ns) / 1e9, dropped, self.cause)

    # What the gateway tells.

    def _on_event(self, event: UaEvent) -> None:
        match event.kind:
            case UaEventKind.ANSWERED:
                self._take_answered(event)
            case UaEventKind.CONFIRMED | UaEventKind.UPDATED:
                if event.sdp and self._is_offering:
                    self._take_answer(event.sdp)
                if event.kind is UaEventKind.CONFIRMED and not self._established.done() and not self.is_ended:
                    self._establish()
            case UaEventKind.OFFER:
                self._take_offer(event.sdp)
            case UaEventKind.OFFER_GONE | UaEventKind.REFUSED:
                self._roll_back()
            case UaEventKind.REFRESH | UaEventKind.RETRY:
                self._refresh()
            case UaEventKind.DIGIT:
                if self._media is not None:
                    self._media.hear_digit(event.digit, is_info=True)
            case UaEventKind.ENDED:
                self._end(event)
            case _:
                pass

    def _establish(self) -> None:
        self._began_ns = time.monotonic_ns()
        self._established.set_result(None)
        if self._media is not None:
            self._media.start()

    def _take_answered(self, event: UaEvent) -> None:
        if self._media is None:
            return
        self._connection = event.connection or self._connection
        self._signalling = self._gateway._signalling_of(self._connection)
        if self._take_answer(event.sdp):
            self._establish()

    def _take_answer(self, sdp: bytes) -> bool:
        """The answer to our offer; where it does not do at the start of a call, the call ends."""
        assert self._media is not None
        self._is_offering = False
        verdict = self._media.leg.accept_answer(sdp)
        if not verdict.refused:
            self._media.agreed()
            return True
        if not self._established.done():
            self._fail(f"the answer does not do: {verdict.warning or verdict}", verdict)
            self._hang_up()
        return False

    def _fail(self, text: str, verdict: Verdict) -> None:
        self._established.set_exception(CallError(text, verdict.sip_status))

    def _take_offer(self, offer: bytes) -> None:
        if self._media is None:
            self._gateway._command(lambda ua: ua.reject(self._id, _NOT_ACCEPTABLE))
            return
        try:
            if offer:
                sdp, verdict = self._media.leg.answer(offer)
                if verdict.refused:
                    self._gateway._command(lambda ua: ua.reject_with(self._id, verdict))
                    return
                self._media.agreed()
            else:
                sdp = self._media.leg.offer()
                self._is_offering = True
        except Error as error:
            if error.status != Status.ERR_WRONG_STATE:
                raise
            self._gateway._command(lambda ua: ua.reject(self._id, _GLARE))
            return
        self._gateway._command(lambda ua: ua.answer(self._id, sdp))

    def _roll_back(self) -> None:
        if self._media is not None and self._is_offering:
            self._is_offering = False
            self._media.leg.rollback()

    def _refresh(self) -> None:
        """RFC 4028, section 9: a refresh says the last thing once more."""
        if self._media is None or self._is_offering:
            return
        sdp = self._media.leg.offer(OfferFlags.NOTHING)
        self._is_offering = True
        try:
            self._gateway._command(lambda ua: ua.offer(self._id, sdp))
        except Error:
            # An exchange of the peer is under way, which refreshes as well.
            self._roll_back()

    def _end(self, event: UaEvent) -> None:
        self.cause = event.cause
        if not self._established.done():
            said = f"{event.status} {event.reason}" if event.status else event.cause.name.lower()
            text = f"the call failed: {said}" + (f", warning {event.warning}" if event.warning else "")
            self._established.set_exception(CallError(text, event.status, event.cause))
        self._ended_ns = time.monotonic_ns()
        self._close_media()
        self._ended.set_result(None)
        if self._media is not None:
            self._media.wake()

    def _close_media(self) -> None:
        if self._media is not None and not self._media.is_closed:
            self._final = self._media.media, self._media.stats(), self._media.dropped_frames
            self._media.close()
