"""What all objects share: closing in any order, and one thread at a time."""
from __future__ import annotations

import threading
import weakref
from contextlib import nullcontext
from ctypes import byref, c_void_p, sizeof
from dataclasses import fields
from typing import Any, ContextManager, TypeVar

from ._errors import ClosedError, ThreadError
from ._library import check, fail, lib

_callbacks = threading.local()
Self = TypeVar("Self", bound="Handle")


class Guard:
    """The lock of one object, or of several that must be used by one thread at a time together. Calls
    never wait for it: a busy guard is a mistake of the program. Finalisers do not fail either: what
    they find busy is freed by the thread that has the guard."""

    __slots__ = ("lock", "pending")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pending: list[State] = []

    def release(self) -> None:
        self.lock.release()
        if self.pending:
            self.drain()

    def drain(self) -> None:
        """Frees what finalisers left behind, unless the guard is busy: then its holder does."""
        while self.pending and not getattr(_callbacks, "depth", 0) and self.lock.acquire(False):
            waiting, self.pending = self.pending, []
            for state in waiting:
                state.free()
            self.lock.release()


class State:
    """What outlives the Python object: the C handle and who may touch it.

    `with state as pointer` is how a call is made: nobody else is inside, and whatever the call wrote
    is read before anybody else may come."""

    __slots__ = ("pointer", "guard", "free_function", "keep", "kind")

    def __init__(self, pointer: int, guard: Guard, free_function: Any, keep: object, kind: str) -> None:
        self.pointer: int | None = pointer
        self.guard = guard
        self.free_function = free_function
        self.keep = keep
        self.kind = kind

    def __enter__(self) -> int:
        guard = self.guard
        if not guard.lock.acquire(False):
            raise ThreadError(self.kind)
        if self.pointer is None:
            guard.release()
            raise ClosedError(self.kind)
        return self.pointer

    def __exit__(self, *_: object) -> None:
        self.guard.release()

    def free(self) -> None:
        pointer, self.pointer = self.pointer, None
        if pointer is not None:
            self.free_function(pointer)
            self.keep = None

    def finalise(self) -> None:
        if self.pointer is not None:
            self.guard.pending.append(self)
            self.guard.drain()


class in_callback:
    """While the library calls Python back, no object may be freed in that thread: callbacks must not
    call the library, and the garbage collector may run at any time."""

    def __enter__(self) -> None:
        _callbacks.depth = getattr(_callbacks, "depth", 0) + 1

    def __exit__(self, *_: object) -> None:
        _callbacks.depth -= 1


class Handle:
    """An object of the library. Close it by `with`, by close(), or leave it to the garbage collector,
    in any order with others; each wipes its keys and audio. After that every call raises ClosedError."""

    _FREE = ""  # name of the C function, set by each class

    def __init__(self, pointer: int, keep: object = None, guard: Guard | None = None) -> None:
        """keep: the callbacks that the C object may call until it is freed."""
        self._state = State(pointer, guard or Guard(), getattr(lib, self._FREE), keep, type(self).__name__)
        self._finalizer = weakref.finalize(self, self._state.finalise)

    def _call(self, function: Any, *arguments: Any) -> int:
        """Calls function(handle, ...) and gives its status back."""
        with self._state as pointer:
            return function(pointer, *arguments)  # type: ignore[no-any-return]

    def _do(self, function: Any, *arguments: Any) -> None:
        """The same, raising what the status says."""
        status = self._call(function, *arguments)
        if status != 0:
            fail(status)

    @property
    def _keep(self) -> object:
        return self._state.keep

    def _make(self, function: Any, *arguments: Any) -> int:
        """Calls function(handle, ..., &out) and gives the new C handle back."""
        out = c_void_p()
        self._do(function, *arguments, byref(out))
        assert out.value is not None
        return out.value

    @property
    def closed(self) -> bool:
        """True after close()."""
        return self._state.pointer is None

    def close(self) -> None:
        """Gives the object back and wipes it. Closing again does nothing; ThreadError where another
        thread is inside a call with it."""
        if self._state.pointer is None:
            return
        with self._state:
            self._state.free()
        self._finalizer.detach()

    def __enter__(self: Self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<voxlock.{type(self).__name__}{' closed' if self.closed else ''}>"


def lend(handle: Handle | None) -> ContextManager[int | None]:
    """The C handle of an object that a call borrows, None for none."""
    if handle is None:
        return nullcontext()
    return handle._state


def names_of(kind: Any) -> list[str]:
    """The fields of a dataclass, which are called as those of the C struct it is read from."""
    return [field.name for field in fields(kind)]


def configured(struct: Any, init: Any) -> Any:
    """A config struct with the library's defaults."""
    config = struct()
    check(init(byref(config), sizeof(config)))
    return config


def result(struct: Any) -> Any:
    """A result struct with struct_size set."""
    out = struct()
    out.struct_size = sizeof(out)
    return out
