"""Exceptions: one for each family of statuses, all of them Error with the status and its name."""
from __future__ import annotations

from ._abi_constants import Status


class Error(Exception):
    """A call was refused; by the contract of the library nothing has changed.

    status: the Status, or the plain number where this package is older than the library.
    name: as in the C headers, for example "VOXLOCK_ERR_SYNTAX".
    needed: bytes or samples, where a buffer was too small; else None.
    """

    def __init__(self, status: int, name: str, text: str, needed: int | None = None) -> None:
        super().__init__(f"{name}: {text}")
        try:
            self.status: int = Status(status)
        except ValueError:
            self.status = status
        self.name = name
        self.needed = needed


class ClosedError(Error):
    """The object was closed before. Raised here; the library is not asked."""

    def __init__(self, what: str) -> None:
        super().__init__(Status.ERR_WRONG_STATE, "VOXLOCK_ERR_WRONG_STATE", f"this {what} is closed")


class ThreadError(Error):
    """Another thread is inside a call with this object (or one that is joined with it): objects may
    move between threads, but only one may use them at a time."""

    def __init__(self, what: str) -> None:
        super().__init__(Status.ERR_WRONG_STATE, "VOXLOCK_ERR_WRONG_STATE", f"another thread uses this {what} now")


class SipError(Error):
    """-100 to -199: a SIP message. RFC 3261"""


class SdpError(Error):
    """-200 to -299: a session description, or offer and answer. RFC 8866, 3264"""


class RtpError(Error):
    """-300 to -399: an RTP or RTCP packet. RFC 3550"""


class SrtpError(Error):
    """-400 to -499: an SRTP or SRTCP packet to drop, or an expired key. RFC 3711"""


class TlsError(Error):
    """-500 to -599: TLS and DTLS. RFC 8446, 6347"""


class AudioError(Error):
    """-600 to -699: codecs and processing."""


class LegError(Error):
    """-700 to -799: legs and bridges."""


class UaError(Error):
    """-800 to -899: the SIP user agent."""


class IceError(Error):
    """-900 to -999: STUN and ICE. RFC 8445, 8489"""


class E2eeError(Error):
    """-1000 to -1099: frames sealed end to end. RFC 9605"""


_FAMILIES: tuple[type[Error], ...] = (
    Error, SipError, SdpError, RtpError, SrtpError, TlsError, AudioError, LegError, UaError, IceError, E2eeError)


def family(status: int) -> type[Error]:
    """The class that stands for a status."""
    index = -status // 100
    return _FAMILIES[index] if 0 <= index < len(_FAMILIES) else Error
