"""Finds the shared library, loads it, and checks that it has the layouts this package was made for."""
from __future__ import annotations

import ctypes
import os
import pathlib
from typing import Any, NoReturn

from ._abi_functions import FUNCTIONS
from ._abi_structs import STRUCTS
from ._errors import Error, family


def _path() -> str:
    """VOXLOCK_LIBRARY where it is set, else the copy inside the package, else the system's."""
    chosen = os.environ.get("VOXLOCK_LIBRARY")
    if chosen:
        return chosen
    bundled = pathlib.Path(__file__).with_name("libvoxlock.so")
    return str(bundled) if bundled.exists() else "libvoxlock.so.0"


def _load() -> ctypes.CDLL:
    path = _path()
    try:
        # RTLD_LOCAL, the default: another copy of the library in this process stays apart.
        library = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"voxlock: {error}; VOXLOCK_LIBRARY may name the shared library") from None
    for name, (result, arguments) in FUNCTIONS.items():
        try:
            function = getattr(library, name)
        except AttributeError:
            raise ImportError(f"voxlock: {path} has no {name}; library and package are of "
                              "different versions") from None
        function.restype = result
        function.argtypes = arguments
    return library


def check_layouts(library: Any, structs: tuple[type[ctypes.Structure], ...] = STRUCTS) -> None:
    """Compares every struct and field with what the library was compiled with; ImportError where one
    differs, because a wrong offset would write into foreign memory."""
    for struct in structs:
        name = struct.__name__
        size = int(library.voxlock_sizeof(name.encode()))
        if size != ctypes.sizeof(struct):
            raise ImportError(f"voxlock: {name} has {size} bytes in the library and {ctypes.sizeof(struct)} here")
        for field in struct._fields_:
            offset = int(library.voxlock_offsetof(name.encode(), field[0].encode()))
            if offset != getattr(struct, field[0]).offset:
                raise ImportError(f"voxlock: {name}.{field[0]} lies at {offset} in the library and at "
                                  f"{getattr(struct, field[0]).offset} here")


lib: Any = _load()
check_layouts(lib)


def fail(status: int, needed: int | None = None) -> NoReturn:
    """Raises the exception of a status."""
    raise family(status)(status, lib.voxlock_status_name(status).decode(), lib.voxlock_strerror(status).decode(),
                         needed)


def check(status: int) -> None:
    """Raises where a call failed."""
    if status != 0:
        fail(status)


def strerror(status: int) -> str:
    """What a status means, in one English clause."""
    return str(lib.voxlock_strerror(status).decode())


def fault_text(fault: int) -> str:
    """What a fault of a source (abi FAULT_*) means, in one English clause."""
    return str(lib.voxlock_srtp_fault_text(fault).decode())


def status_name(status: int) -> str:
    """The name of a status as in the C headers; "VOXLOCK_UNKNOWN" for any other number."""
    return str(lib.voxlock_status_name(status).decode())


def version() -> str:
    """Version of the loaded library, for example "0.1.0"."""
    return str(lib.voxlock_version_string().decode())


def has(feature: str) -> bool:
    """Whether the loaded library has a feature, for example "tls.1.3" or "codec.opus"."""
    return bool(lib.voxlock_has(feature.encode()))


__all__ = ["Error", "check", "check_layouts", "fail", "has", "lib", "status_name", "strerror", "version"]
