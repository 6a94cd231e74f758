"""A lock whose waiters come before the thread that just gave it back.

The worker of a GPU takes its lock task after task. With an ordinary lock it would have it again before a
thread that waits, and that was woken, comes to run.
"""

from __future__ import annotations

import threading
from threading import get_ident
from types import TracebackType

from barewire import shield


class TurnLock:
    """A lock that its owner may take again, and that others get in turn; Ctrl-C waits until it is free."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next = threading.Lock()  # held by the one who waits: nobody gets past it
        self._owner = 0
        self._depth = 0
        self._shielded = False

    @property
    def owned(self) -> bool:
        """Whether this thread has it."""
        return self._owner == get_ident()

    def __enter__(self) -> bool:
        me = get_ident()
        if self._owner != me:
            shielded = shield.enter()
            if self._next.locked() or not self._lock.acquire(False):  # somebody waits, or has it
                with self._next:
                    self._lock.acquire()
            self._owner = me
            self._shielded = shielded
        self._depth += 1
        return True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if not self._depth:
            shielded = self._shielded
            self._owner = 0
            self._lock.release()
            if shielded:
                shield.leave()
