"""ICE-lite: answers the connectivity checks of a full, controlling agent (RFC 8445, 8489, 7675)."""
from __future__ import annotations

from ctypes import byref, c_char, c_size_t, string_at
from dataclasses import dataclass
from enum import IntEnum
from typing import Iterator, Sequence

from . import _abi_constants as abi
from ._abi_structs import voxlock_ice_config, voxlock_ice_event, voxlock_ice_info
from ._clock import deadline, now
from ._handle import Handle, configured, names_of, result
from ._library import check, lib
from ._memory import Address, Bytes, borrowed, c_text, from_address, point_text, taken, to_address
from .context import Context


class IceEventKind(IntEnum):
    """What happened to the path."""

    SELECTED = abi.ICE_SELECTED  # media goes from local to remote now
    CONSENT_LOST = abi.ICE_CONSENT_LOST  # stop sending, RFC 7675
    CONSENT_RESTORED = abi.ICE_CONSENT_RESTORED


@dataclass(frozen=True, slots=True)
class IceEvent:
    """local: index in the list of own addresses."""

    kind: IceEventKind
    local: int
    remote: Address | None


@dataclass(frozen=True, slots=True)
class IceInfo:
    """Where media goes, and counters."""

    is_selected: bool
    selected_local: int
    selected_remote: Address | None
    has_consent: bool
    checks: int  # authenticated requests
    repeated: int
    role_conflicts: int  # answered 487
    unknown_required: int  # answered 420
    errors_sent: int
    errors_withheld: int
    not_stun: int
    not_request: int
    bad_request: int
    bad_username: int
    bad_integrity: int
    replayed: int


class IceAgent(Handle):
    """The lite end of ICE.

    local: where the host's sockets can be reached, most wanted first, 1 to 8.
    ufrag, pwd: own credentials; None, both: made here.
    consent_s: without a check of the peer for so long media must stop, at least 1.
    """

    _FREE = "voxlock_ice_free"

    def __init__(self, context: Context, local: Sequence[Address], *, ufrag: str | None = None, pwd: str | None = None,
                 consent_s: float = 30.0, max_errors_per_s: int = 10) -> None:
        config = configured(voxlock_ice_config, lib.voxlock_ice_config_init)
        if len(local) > abi.ICE_MAX_LOCAL:
            raise ValueError(f"at most {abi.ICE_MAX_LOCAL} addresses")
        config.local_count = len(local)
        for index, address in enumerate(local):
            config.local[index] = to_address(address)
        keep = point_text(config, "ufrag", ufrag), point_text(config, "pwd", pwd)
        config.consent_ms, config.max_errors_per_s = round(consent_s * 1000), max_errors_per_s
        super().__init__(context._make(lib.voxlock_ice_new, byref(config)), context._keep)
        self._room = (c_char * abi.ICE_MAX_RESPONSE)()
        del keep

    def receive(self, datagram: Bytes, source: Address, local: int = 0, now_ns: int | None = None) -> bytes:
        """Takes a STUN datagram and gives what to send back to source from local; empty: nothing."""
        data, size = borrowed(datagram)
        address, length = to_address(source), c_size_t(abi.ICE_MAX_RESPONSE)
        with self._state as pointer:
            check(lib.voxlock_ice_receive(pointer, data, size, byref(address), local, self._room, byref(length),
                                          now(now_ns)))
            return string_at(self._room, length.value)

    def events(self, now_ns: int | None = None) -> Iterator[IceEvent]:
        """Runs timers and gives what happened, oldest first."""
        rows, count = (voxlock_ice_event * 4)(), c_size_t()
        while True:
            self._do(lib.voxlock_ice_poll, rows, len(rows), byref(count), now(now_ns))
            for row in rows[:count.value]:
                yield IceEvent(IceEventKind(row.type), row.local, from_address(row.remote))
            if count.value < len(rows):
                return

    @property
    def next_deadline_ns(self) -> int | None:
        """When to take events again, in the time of now_ns; None: never."""
        return deadline(int(self._call(lib.voxlock_ice_next_deadline)))

    def _local(self, part: int) -> str:
        return taken(lambda out, n: self._call(lib.voxlock_ice_get_local, part, out, n)).decode()

    @property
    def ufrag(self) -> str:
        """a=ice-ufrag."""
        return self._local(abi.ICE_UFRAG)

    @property
    def pwd(self) -> str:
        """a=ice-pwd: a secret."""
        return self._local(abi.ICE_PWD)

    @property
    def candidates(self) -> list[str]:
        """Own candidates as "candidate:..."; without a=."""
        return self._local(abi.ICE_CANDIDATES).split("\r\n")[:-1]

    def set_remote(self, ufrag: str, pwd: str) -> None:
        """Tells the peer's credentials. Raises IceError."""
        self._do(lib.voxlock_ice_set_remote, c_text(ufrag), c_text(pwd))

    def add_candidate(self, line: str) -> None:
        """Tells a candidate of the peer, with or without "a=". Raises IceError."""
        data = line.encode()
        self._do(lib.voxlock_ice_add_candidate, data, len(data))

    def restart(self, ufrag: str | None = None, pwd: str | None = None) -> None:
        """Makes new local credentials, or takes given ones. RFC 8445, section 9"""
        self._do(lib.voxlock_ice_restart, c_text(ufrag), c_text(pwd))

    def is_authenticated(self, remote: Address, local: int = 0) -> bool:
        """Whether a check of the peer came this way of late: ask before DTLS is read from an address."""
        address = to_address(remote)
        return bool(self._call(lib.voxlock_ice_is_authenticated, local, byref(address)))

    def info(self) -> IceInfo:
        """Path and counters."""
        out = result(voxlock_ice_info)
        self._do(lib.voxlock_ice_get_info, byref(out))
        return IceInfo(bool(out.is_selected), out.selected_local, from_address(out.selected_remote),
                       bool(out.has_consent), *(getattr(out, name) for name in names_of(IceInfo)[4:]))
