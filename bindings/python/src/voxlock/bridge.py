"""A bridge joins two legs: media of one peer is opened, decoded, processed, encoded and sealed for the
other within the call that brings it."""
from __future__ import annotations

import contextlib
from ctypes import addressof, byref
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Iterable, Iterator, Sequence

from . import _abi_constants as abi
from ._abi_structs import voxlock_bridge_config, voxlock_bridge_stats, voxlock_port_frame, voxlock_protection
from ._clock import deadline, now
from ._errors import ClosedError
from ._handle import Guard, Handle, configured, names_of, result
from ._library import lib
from ._memory import Address, Bytes, borrowed, pointed
from .audio import Stage, stage_structs
from .context import Context
from .e2ee import FrameCryptor
from .events import DatagramBatch, EventPoller, Intake, MediaEvent
from .leg import Leg, Signalling
from .port import Port, PortFrame
from .sdp import KeyExchange
from .srtp import Suite

FORWARD = abi.FORWARD  # from leg 0 (trunk) to leg 1 (room)
BACKWARD = abi.BACKWARD


class Scope(IntEnum):
    """How far the protection reaches."""

    NONE = abi.SCOPE_NONE
    HOP_BY_HOP = abi.SCOPE_HOP_BY_HOP  # content is open inside this bridge
    END_TO_END = abi.SCOPE_END_TO_END


class HopTransport(IntEnum):
    """How media goes over a hop."""

    NONE = abi.TRANSPORT_NONE
    RTP = abi.TRANSPORT_RTP
    SRTP = abi.TRANSPORT_SRTP
    HOST = abi.TRANSPORT_HOST  # a port: the host carries it


@dataclass(frozen=True, slots=True)
class HopProtection:
    """One leg."""

    transport: HopTransport
    key_exchange: KeyExchange
    suite_in: Suite | None  # of what the peer sends
    suite_out: Suite | None
    signalling: Signalling
    peer_verified: bool
    scope: Scope  # END_TO_END: frames are sealed as well, through that peer and what lies behind
    peer_fingerprint: bytes  # with DTLS: SHA-256 of the certificate that the peer proved; else empty
    peer_name: str  # whom the signalling reached, as told by Leg.set_signalling


@dataclass(frozen=True, slots=True)
class Protection:
    """The protection of the call as it is now."""

    scope: Scope
    trunk: HopProtection
    room: HopProtection
    content_opened: tuple[bool, bool]  # by direction
    stages: tuple[str, str]  # "decode,denoise,encode", by direction
    participant: bool  # this end holds keys of sealed frames: whoever shares them should be told
    taps: tuple[tuple[str, ...], tuple[str, ...]]  # who gets a copy of the audio, by direction


@dataclass(frozen=True, slots=True)
class LaneStats:
    """Counters of one direction."""

    packets_in: int
    packets_out: int
    lost: int
    concealed: int
    silences: int
    muted: int
    events_out: int
    bypassed: int
    latency_us: int
    unopened: int  # sealed frames that did not open, concealed as lost
    unsealed: int  # packets not sent because there was no key
    plaintext_count: int
    plaintext_p50_ns: int | None  # how long plaintext existed per packet; None: unknown
    plaintext_p99_ns: int | None
    plaintext_p999_ns: int | None
    plaintext_max_ns: int | None
    tapped: int  # frames of audio that taps were given


def names_in(text: bytes) -> tuple[str, ...]:
    """The names of a list with commas."""
    return tuple(text.decode().split(",")) if text else ()


@contextlib.contextmanager
def joined(handle: Handle, guard: Guard) -> Iterator[int]:
    """The C handle of an object that from now on has the guard of another, which is held already. Where
    the block fails it keeps its own."""
    state = handle._state
    former = state.guard
    if former is guard:
        if state.pointer is None:
            raise ClosedError(state.kind)
        yield state.pointer
        return
    pointer = state.__enter__()
    try:
        yield pointer
        state.guard = guard
    finally:
        former.release()


class Joint(Handle):
    """What Bridge and Relay have in common: datagrams, events and timers of two legs."""

    _NAME = ""  # of the C functions, set by each class

    def _join(self, context: Context, trunk: Leg | Port, room: Leg | Port, config: Any,
              keep: tuple[object, ...]) -> None:
        """Makes the C object; from now on it and both legs have one guard."""
        guard = trunk._state.guard
        with trunk._state as first, joined(room, guard) as second:
            pointer = context._make(self._function("new"), first, second, byref(config))
        super().__init__(pointer, (context._keep, trunk._keep, room._keep, *keep), guard)
        self._poller = EventPoller(self._function("poll"))
        self._intake = Intake(self._function("input"))

    def _function(self, name: str) -> Any:
        return getattr(lib, f"voxlock_{self._NAME}_{name}")

    def input(self, datagrams: DatagramBatch | Iterable[tuple[Bytes, Address, int]], now_ns: int | None = None) -> None:
        """Takes received datagrams of both legs, as (data, source, leg); leg is 0 (trunk) or 1 (room).
        Each is sealed for the other side before the call returns. A DatagramBatch is empty afterwards."""
        if isinstance(datagrams, DatagramBatch):
            self._intake.take(self, datagrams, now_ns)
        else:
            self._intake.copy(self, datagrams, now_ns)

    def events(self, now_ns: int | None = None) -> Iterator[MediaEvent]:
        """Runs timers and gives all events of both legs that wait, oldest first."""
        return self._poller.events(self, now_ns)

    @property
    def next_deadline_ns(self) -> int | None:
        """When to take events again, in the time of now_ns; None: never."""
        return deadline(int(self._call(self._function("next_deadline"))))

    def end(self, now_ns: int | None = None) -> None:
        """Ends both media sessions with RTCP BYE; take events once more."""
        self._do(self._function("close"), now(now_ns))

    def protection(self) -> Protection:
        """Follow ProtectionChanged."""
        out = result(voxlock_protection)
        self._do(self._function("protection"), byref(out))
        hops = [HopProtection(HopTransport(out.transport[i]), KeyExchange(out.key_exchange[i]),
                              Suite(out.suite_in[i]) if out.suite_in[i] else None,
                              Suite(out.suite_out[i]) if out.suite_out[i] else None,
                              Signalling(out.signalling[i]), bool(out.peer_verified[i]), Scope(out.hop_scope[i]),
                              bytes(out.peer_fingerprint[i]).strip(b"\0") and bytes(out.peer_fingerprint[i]),
                              out.peer_name[i].value.decode())
                for i in (0, 1)]
        opened = bool(out.content_opened[0]), bool(out.content_opened[1])
        return Protection(Scope(out.scope), hops[0], hops[1], opened,
                          (out.stages[0].value.decode(), out.stages[1].value.decode()),
                          bool(out.participant), (names_in(out.taps[0].value), names_in(out.taps[1].value)))


class Bridge(Joint):
    """Two legs joined; from now on datagrams, events and timers of both go through the bridge, offers and
    answers through the legs. Legs and bridge are used by one thread at a time together.

    denoise_db: by direction (forward, backward), the most that noise goes down, 1..45; 0: no denoiser.
    stages: further stages behind the denoiser, by direction.
    conceal_max_ms: a longer loss stays a gap, 0..200.
    cryptors: by leg: its peer's frames are sealed end to end, opened here before they are decoded and
        sealed again. Set their keys at any time, in the thread of the bridge.
    """

    _FREE, _NAME = "voxlock_bridge_free", "bridge"

    def __init__(self, context: Context, trunk: Leg | Port, room: Leg | Port, *, denoise_db: tuple[int, int] = (15, 0),
                 stages: tuple[Sequence[Stage], Sequence[Stage]] = ((), ()), conceal_max_ms: int = 100,
                 cryptors: tuple[FrameCryptor | None, FrameCryptor | None] = (None, None)) -> None:
        config = configured(voxlock_bridge_config, lib.voxlock_bridge_config_init)
        config.conceal_max_ms = conceal_max_ms
        config.denoise_db[:] = denoise_db
        kept: list[tuple[object, object]] = []
        for direction in (FORWARD, BACKWARD):
            rows, keep = stage_structs(stages[direction])
            kept.append((rows, keep))
            config.stage_count[direction] = len(rows)
            config.stages[direction] = addressof(rows) if len(rows) else None
        kept += [(None, lent) for lent in cryptors]
        with contextlib.ExitStack() as lent:
            for leg, cryptor in enumerate(cryptors):
                if cryptor is not None:
                    # The bridge uses it in its own calls: one guard for all of them.
                    config.cryptor[leg] = lent.enter_context(joined(cryptor, trunk._state.guard))
            self._join(context, trunk, room, config, tuple(callbacks for _, callbacks in kept))

    def put(self, leg: int, frames: Iterable[PortFrame], now_ns: int | None = None) -> None:
        """Takes frames from the host's peer of a port (leg 0 or 1), oldest first. Each is sealed for the
        other side before the call returns. Error (VOXLOCK_ERR_WRONG_STATE): that leg is no port of frames."""
        given = list(frames)
        keep = [borrowed(frame.data) for frame in given]
        rows = (voxlock_port_frame * len(given))()
        for row, frame, (data, size) in zip(rows, given, keep, strict=True):
            row.data, row.len = pointed(data) if type(data) is bytes else addressof(data), size
            row.timestamp, row.lost = frame.timestamp & 0xFFFFFFFF, frame.lost
            row.payload_type, row.marker = frame.payload_type, int(frame.marker)
        self._do(lib.voxlock_port_put, leg, rows, len(given), now(now_ns))

    def revoke_taps(self) -> None:
        """For good: no Tap and no HostProcessor of this bridge gets audio any more, and no Tap can be made."""
        self._do(lib.voxlock_bridge_revoke_taps)

    def stats(self) -> tuple[LaneStats, LaneStats]:
        """The counters, forward and backward; those of the legs by Leg.stats."""
        out = result(voxlock_bridge_stats)
        self._do(lib.voxlock_bridge_get_stats, byref(out))
        lanes = []
        for direction in (FORWARD, BACKWARD):
            values = {name: getattr(out, name)[direction] for name in names_of(LaneStats)}
            for name in ("plaintext_p50_ns", "plaintext_p99_ns", "plaintext_p999_ns", "plaintext_max_ns"):
                values[name] = deadline(values[name])
            lanes.append(LaneStats(**values))
        return lanes[0], lanes[1]


__all__ = ["BACKWARD", "FORWARD", "Bridge", "HopProtection", "HopTransport", "Joint", "LaneStats",
           "Protection", "Scope"]
