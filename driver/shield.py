"""Keeps Ctrl-C out of what must not be left half done on the main thread.

A GPU does not stop in the middle of what it does because a program is interrupted, and page tables that are
half changed are of no use any more. In Python, KeyboardInterrupt comes between any two steps of the main
thread: with a lock taken that nobody gives back, with grids paused, with an address that is taken and not
mapped. While that thread is behind the shield, SIGINT's handler waits; it runs when the thread comes out.
The handler that the program has set is kept and called by one that knows that; a handler that is not
Python's is left alone. What is done behind the shield has to end by itself, and soon.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import threading
from collections.abc import Callable, Iterator
from threading import get_ident
from types import FrameType, TracebackType
from typing import Any

Handler = Callable[[int, "FrameType | None"], Any]

# What is below Python's signal.getsignal, which tries to make an enumeration's member of each handler: that
# takes ten times as long as all else that a lock does.
_handler_of: Callable[[int], Any] = importlib.import_module("_signal").getsignal
_SIGINT = int(signal.SIGINT)


class _Inside:
    """Which thread is the main one, how often it is behind the shield, and what waits until it comes out."""

    def __init__(self) -> None:
        self.main_thread = threading.main_thread().ident
        self.depth = 0
        self.waiting: Callable[[], object] | None = None

    def reset(self) -> None:
        self.main_thread = get_ident()
        self.depth = 0
        self.waiting = None


_inside = _Inside()
os.register_at_fork(after_in_child=_inside.reset)  # the thread that forked is the main one there


class Deferring:
    """A handler of SIGINT that lets another one wait while the main thread is behind the shield."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if _inside.depth:
            _inside.waiting = lambda: self.handler(number, frame)
        else:
            self.handler(number, frame)


def enter() -> bool:
    """Go behind the shield; whether `leave` has to be called: only the main thread has one."""
    if get_ident() != _inside.main_thread:
        return False
    handler = _handler_of(_SIGINT)
    if not isinstance(handler, Deferring):
        if not callable(handler):
            return False
        signal.signal(signal.SIGINT, Deferring(handler))
    _inside.depth += 1
    return True


def leave() -> None:
    """Come out again, as often as this thread went in: what waited happens now."""
    _inside.depth -= 1
    if _inside.depth:
        return
    waiting, _inside.waiting = _inside.waiting, None  # nothing is called before this: nothing comes between
    if waiting is not None:
        waiting()


@contextlib.contextmanager
def behind() -> Iterator[None]:
    """Ctrl-C waits until this is left. What is done here has to end by itself, and soon."""
    shielded = enter()
    try:
        yield
    finally:
        if shielded:
            leave()


def put_back() -> None:
    """Give SIGINT back to the program; who goes behind the shield once more takes it again."""
    if get_ident() == _inside.main_thread:
        handler = signal.getsignal(signal.SIGINT)
        if isinstance(handler, Deferring):
            signal.signal(signal.SIGINT, handler.handler)


class ShieldedLock:
    """A lock that its owner may take again. Ctrl-C waits until it is given back."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shielded: list[bool] = []  # by whoever has it

    def __enter__(self) -> bool:
        shielded = enter()
        self._lock.acquire()
        self._shielded.append(shielded)
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        shielded = self._shielded.pop()
        self._lock.release()
        if shielded:
            leave()
