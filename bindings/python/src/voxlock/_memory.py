"""Bytes, samples and addresses on their way to and from the library."""
from __future__ import annotations

import functools
import socket
import struct
from array import array
from ctypes import Array, addressof, c_char, c_char_p, c_int16, c_size_t, c_void_p, byref, cast, memset, string_at
from typing import Any, Protocol, Tuple, Union

from ._abi_structs import voxlock_address, voxlock_sip_text
from ._library import check, fail
from ._abi_constants import Status

Bytes = Union[bytes, bytearray, memoryview]
# 16-bit samples in host byte order: an array("h"), a memoryview of format "h" or a numpy int16 array;
# bytes work as well. Declared as Any because buffers have no common type before Python 3.12.
Samples = Any
# Host as text, numeric, and port: ("192.0.2.1", 5004) or ("2001:db8::1", 5004).
Address = Tuple[str, int]

_ADDRESS = struct.Struct("=16sHBB")


class Clock(Protocol):
    """A monotonic clock in nanoseconds of any epoch, such as time.monotonic_ns."""

    def __call__(self) -> int: ...


def borrowed(data: Bytes) -> tuple[Any, int]:
    """Bytes for one call, uncopied unless they lie in foreign read-only memory."""
    if type(data) is bytes:
        return data, len(data)
    view = memoryview(data)
    if view.readonly or view.nbytes == 0:
        copy = bytes(view)
        return copy, len(copy)
    return (c_char * view.nbytes).from_buffer(view.cast("B")), view.nbytes


def borrowed_samples(pcm: Samples) -> tuple[Any, int]:
    """Samples for one call, uncopied unless read-only, and how many there are."""
    data, size = borrowed(memoryview(pcm))
    if size % 2 != 0:
        raise ValueError("PCM has two bytes a sample, and here is an odd number of bytes")
    return data, size // 2


def room(samples: int, out: Samples | None) -> tuple[memoryview, Any]:
    """Where samples go: the caller's writable buffer, uncopied, or a new one. As a view of format
    "h" and as what ctypes takes."""
    if out is None:
        view = memoryview(array("h", bytes(2 * samples)))
    else:
        view = memoryview(out)
        if view.readonly:
            raise ValueError("the buffer for samples is read-only")
        if view.format != "h":
            view = view.cast("B").cast("h")
    if view.nbytes == 0:
        return view, (c_int16 * 1)()
    return view, (c_char * view.nbytes).from_buffer(view.cast("B"))


def pointed(data: bytes) -> int:
    """The address of the inside of a bytes object, which the caller keeps alive over the call."""
    return cast(c_char_p(data), c_void_p).value or 0


def point(config: Any, name: str, data: bytes | None) -> None:
    """Sets a pointer and its NAME_len. The caller keeps data alive over the call."""
    if data is not None:
        setattr(config, name, pointed(data))
        setattr(config, name + "_len", len(data))


def c_text(text: str | None) -> bytes | None:
    """Text that ends in a NUL, which must not stand inside."""
    if text is None:
        return None
    if "\0" in text:
        raise ValueError("a NUL stands in the text")
    return text.encode()


def point_text(config: Any, name: str, text: str | None) -> bytes | None:
    """Sets a pointer to NUL-terminated text; the caller keeps what this returns over the call."""
    data = c_text(text)
    if data is not None:
        setattr(config, name, pointed(data))
    return data


def taken(call: Any, first: int = 2048) -> bytes:
    """Runs call(buffer, byref(len)) with as much room as it asks for."""
    while True:
        buffer = (c_char * first)()
        size = c_size_t(first)
        status = call(buffer, byref(size))
        if status == Status.ERR_BUFFER_TOO_SMALL and size.value > first:
            first = size.value
            continue
        check(status)
        return buffer.raw[:size.value]


def text_of(text: voxlock_sip_text) -> str:
    """What a text of the library says; octets that are no UTF-8 become surrogates, as in os.fsdecode."""
    return bytes_of(text).decode("utf-8", "surrogateescape")


def bytes_of(text: voxlock_sip_text) -> bytes:
    return string_at(text.data, text.len) if text.len else b""


def wipe(buffer: Array[Any]) -> None:
    """Overwrites a ctypes array that held a secret."""
    memset(addressof(buffer), 0, len(buffer))


@functools.lru_cache(maxsize=4096)
def packed_address(host: str, port: int) -> bytes:
    """An address as the 20 bytes of voxlock_address; ValueError for a host that is no IP address."""
    if not 0 <= port <= 65535:
        raise ValueError("a port is 0 to 65535")
    family, number = (socket.AF_INET6, 6) if ":" in host else (socket.AF_INET, 4)
    try:
        return _ADDRESS.pack(socket.inet_pton(family, host), port, number, 0)
    except OSError:
        raise ValueError(f"'{host}' is no numeric IP address") from None


@functools.lru_cache(maxsize=4096)
def address_of(packed: bytes) -> Address | None:
    """The reverse; None where there is no address."""
    ip, port, family, _ = _ADDRESS.unpack(packed)
    if family == 0:
        return None
    if family == 4:
        return socket.inet_ntop(socket.AF_INET, ip[:4]), port
    return socket.inet_ntop(socket.AF_INET6, ip), port


def to_address(address: Address | None) -> voxlock_address:
    """As a struct; None is no address."""
    if address is None:
        return voxlock_address()
    return voxlock_address.from_buffer_copy(packed_address(address[0], address[1]))


def from_address(address: voxlock_address) -> Address | None:
    return address_of(bytes(address))


def fail_too_small(status: int, needed: int) -> None:
    fail(status, needed if status == Status.ERR_BUFFER_TOO_SMALL else None)
