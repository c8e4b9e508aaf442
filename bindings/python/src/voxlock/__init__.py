"""voxlock: SIP over TLS, SRTP, DTLS-SRTP, ICE and speech processing, without sockets or threads.

The host owns sockets, threads and the clock: bytes go in, bytes and events come out. Time is now_ns,
monotonic nanoseconds of any epoch; left out, time.monotonic_ns() counts. Calls release the GIL.
voxlock.aio runs all of it on asyncio. Objects may be closed in any order and move between threads, but
one thread at a time uses an object.
"""
from __future__ import annotations

from . import audio, rtp, sip
from ._abi_constants import Status
from ._errors import (
    AudioError, ClosedError, E2eeError, Error, IceError, LegError, RtpError, SdpError, SipError, SrtpError, ThreadError,
    TlsError, UaError,
)
from ._library import has, status_name, strerror, version
from ._memory import Address
from .audio import Chain, Codec, CodecConfig, Decoder, Denoise, Encoder, Gain, HostProcessor, Resample
from .bridge import Bridge, HopTransport, Protection, Scope
from .context import Context, Memory, MemoryInfo
from .dtls import Dtls, DtlsState, FingerprintHash, fingerprint
from .e2ee import FrameCryptor, FrameFormat, Kdf, KeyUse, SframeSuite
from .events import (
    Bye, Connected, DatagramBatch, Digit, Disconnected, Failed, MediaEvent, MediaTimeout, Moved, Overflow, Payload,
    PortPacket, ProtectionChanged, Secured, SourceChanged, SourceFault, Transmit,
    UnknownEvent,
)
from .ice import IceAgent, IceEvent, IceEventKind
from .leg import Drop, Leg, LegStats, MediaInfo, Quality, Side, Signalling
from .port import Port, PortFormat, PortFrame
from .relay import Relay, RelayStats
from .sdp import (
    Crypto, KeyExchange, MediaDirection, Negotiated, NegotiatedText, Negotiation, OfferFlags, Sdp, SrtpPolicy, Verdict,
    VerdictKind,
)
from .sip import SipFramer, SipMessage
from .srtp import Direction, SrtpSession, Suite, suite_info
from .srtp_batch import SrtpBatch
from .tap import Tap, TapFrame
from .tls import ClientAuth, Identity, TlsRole, TlsSettings, TlsState, TlsStream
from .ua import Cause, Digest, DigitForm, Ua, UaEvent, UaEventKind, UaTransport

__version__ = version()

__all__ = [
    "Address", "AudioError", "Bridge", "Bye", "Cause", "Chain", "ClientAuth", "ClosedError", "Codec", "CodecConfig",
    "Connected", "Context", "Crypto", "DatagramBatch", "Decoder", "Denoise", "Digest", "Digit", "DigitForm",
    "Direction", "Disconnected", "Drop", "Dtls", "DtlsState", "E2eeError", "Encoder", "Error", "Failed", "FingerprintHash",
    "FrameCryptor", "FrameFormat", "Gain", "HopTransport", "HostProcessor", "IceAgent", "IceError", "IceEvent",
    "IceEventKind", "Identity", "Kdf", "KeyExchange", "KeyUse", "Leg", "LegError", "LegStats", "MediaDirection",
    "MediaEvent", "MediaInfo", "MediaTimeout", "Memory", "MemoryInfo", "Moved", "Negotiated", "NegotiatedText", "Negotiation", "OfferFlags",
    "Overflow", "Payload", "Port", "PortFormat", "PortFrame", "PortPacket", "Protection", "ProtectionChanged",
    "Quality", "Relay", "RelayStats", "Resample", "RtpError", "Scope", "Sdp", "SdpError", "Secured", "SframeSuite", "Side", "Signalling",
    "SipError", "SipFramer", "SipMessage", "SourceChanged", "SourceFault", "SrtpBatch", "SrtpError", "SrtpPolicy", "SrtpSession",
    "Status", "Suite", "Tap", "TapFrame", "ThreadError", "TlsError", "TlsRole", "TlsSettings", "TlsState", "TlsStream", "Transmit", "Ua",
    "UaError", "UaEvent", "UaEventKind", "UaTransport", "UnknownEvent", "Verdict", "VerdictKind", "audio",
    "fingerprint", "has", "rtp", "sip", "status_name", "strerror", "suite_info", "version",
]
