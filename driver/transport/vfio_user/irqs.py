"""The interrupts of one client: which vectors it listens to, by which descriptors, and what it masked.

A descriptor has to be an eventfd: anything else could make who signals wait, or write where nobody wants it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import threading
from collections.abc import Callable, Mapping

from barewire.transport.vfio_user.protocol import (
    ACTION_MASK,
    ACTION_TRIGGER,
    ACTION_UNMASK,
    ACTIONS_MASK,
    DATA_BOOL,
    DATA_EVENTFD,
    DATA_MASK,
    DATA_NONE,
    ERR,
    INTX,
    IRQ_COUNT,
    IRQ_SET,
    MSI,
    MSIX,
    REQ,
    IrqFlag,
    IrqSet,
)

EVENTFD = "anon_inode:[eventfd]"
KINDS = range(IRQ_COUNT)
ONE = (1).to_bytes(8, "little")
ACTIONS = (ACTION_MASK, ACTION_UNMASK, ACTION_TRIGGER)
DATA = (DATA_NONE, DATA_BOOL, DATA_EVENTFD)


def is_eventfd(fd: int) -> bool:
    """Whether a descriptor is an eventfd."""
    try:
        return os.readlink(f"/proc/self/fd/{fd}") == EVENTFD
    except OSError:
        return False


def signal(fd: int) -> None:
    """Add one to an eventfd; nothing where it is full, since who sleeps on it is awake."""
    with contextlib.suppress(OSError):
        ready = select.poll()
        ready.register(fd, select.POLLOUT)
        if ready.poll(0):
            os.write(fd, ONE)


def flags_of(kind: int) -> IrqFlag:
    """What can be done with interrupts of a kind."""
    if kind == INTX:
        return IrqFlag.EVENTFD | IrqFlag.MASKABLE | IrqFlag.AUTOMASKED
    return IrqFlag.EVENTFD


class Irqs:
    """The vectors. Any thread may raise one; one thread changes who listens.

    Args:
        counts: vectors of each kind.
        changed: told of the vectors of a kind that somebody listens to now.
        masked: told of a kind, a first vector, how many, and whether they are masked from now on.
    """

    def __init__(
        self,
        counts: Mapping[int, int],
        changed: Callable[[int, frozenset[int]], None],
        masked: Callable[[int, int, int, bool], None] | None = None,
    ) -> None:
        self._counts = [counts.get(kind, 0) for kind in range(IRQ_COUNT)]
        self._changed = changed
        self._told_of_masks = masked
        self._lock = threading.Lock()
        # By action, then kind: a descriptor by vector.
        self._fds: dict[int, list[dict[int, int]]] = {action: [{} for _ in KINDS] for action in ACTIONS}
        self._masked: list[set[int]] = [set() for _ in KINDS]
        self._pending: list[set[int]] = [set() for _ in KINDS]

    def count(self, kind: int) -> int:
        """How many vectors of a kind there are; 0 for a kind that nobody knows."""
        return self._counts[kind] if 0 <= kind < IRQ_COUNT else 0

    def change(self, payload: bytes, fds: list[int]) -> None:
        """Do what DEVICE_SET_IRQS asks for. Descriptors that are kept are taken out of `fds`.

        Raises:
            OSError: it asks for what cannot be (EINVAL); nothing was done.
            FormatError: it is cut off.
        """
        asked = IRQ_SET.read(payload)
        data = payload[IRQ_SET.size_bytes :]
        self._check(asked, data, fds)
        action, kind_of_data = asked.flags & ACTIONS_MASK, asked.flags & DATA_MASK
        vectors = range(asked.start, asked.start + asked.vectors)
        if kind_of_data == DATA_EVENTFD:
            self._listen(action, asked.kind, vectors, fds)
        elif not asked.vectors:
            self._listen(action, asked.kind, range(self._counts[asked.kind]), [])
        else:
            chosen = [
                vector
                for vector, wanted in zip(vectors, data or b"\1" * asked.vectors, strict=True)
                if wanted
            ]
            self._act(action, asked.kind, chosen)
            if action != ACTION_TRIGGER and self._told_of_masks is not None:
                self._told_of_masks(asked.kind, asked.start, asked.vectors, action == ACTION_MASK)

    def _check(self, asked: IrqSet, data: bytes, fds: list[int]) -> None:
        action, kind_of_data = asked.flags & ACTIONS_MASK, asked.flags & DATA_MASK
        last = asked.kind in (ERR, REQ)
        wrong = (
            asked.argsz < IRQ_SET.size_bytes
            or asked.kind >= IRQ_COUNT
            or asked.flags & ~(ACTIONS_MASK | DATA_MASK)
            or action not in ACTIONS
            or kind_of_data not in DATA
            or asked.start >= self._counts[asked.kind]
            or asked.start + asked.vectors > self._counts[asked.kind]
            or (last and action != ACTION_TRIGGER)
            or (not asked.vectors and (asked.start or (action, kind_of_data) != (ACTION_TRIGGER, DATA_NONE)))
            or (kind_of_data == DATA_BOOL and len(data) != asked.vectors)
            or (bool(fds) and (kind_of_data != DATA_EVENTFD or len(fds) != asked.vectors))
        )
        if wrong:
            raise OSError(errno.EINVAL, "no such change of interrupts")
        if not all(is_eventfd(fd) for fd in fds):
            raise OSError(errno.EINVAL, "what came is no eventfd")

    def _listen(self, action: int, kind: int, vectors: range, fds: list[int]) -> None:
        """Signal these vectors by these descriptors from now on; by none if there are none."""
        with self._lock:
            wired = self._fds[action][kind]
            old = [wired.pop(vector) for vector in vectors if vector in wired]
            for vector, fd in zip(vectors, fds, strict=False):
                wired[vector] = fd
            fds.clear()
            if action == ACTION_TRIGGER:
                self._pending[kind].difference_update(vectors)
                self._masked[kind].difference_update(vectors)
            now = frozenset(wired)
        for fd in old:
            os.close(fd)
        if action == ACTION_TRIGGER:
            self._changed(kind, now)

    def _act(self, action: int, kind: int, vectors: list[int]) -> None:
        """Mask, unmask or raise vectors because the client says so."""
        for vector in vectors:
            if action == ACTION_TRIGGER:
                self._raise(kind, vector)
                continue
            with self._lock:
                if action == ACTION_MASK:
                    self._masked[kind].add(vector)
                else:
                    self._masked[kind].discard(vector)
                waits = action == ACTION_UNMASK and vector in self._pending[kind]
                if waits:
                    self._pending[kind].discard(vector)
                self._signal(self._fds[action][kind].get(vector))
            if waits:
                self._raise(kind, vector)

    def raise_vector(self, vector: int, kind: int | None) -> bool:
        """Signal a vector: of a kind, or of the first of MSI-X, MSI and INTx that the client listens to.

        Returns:
            Whether anybody is told, now or once it is unmasked.
        """
        if kind is not None:
            return self._raise(kind, vector)
        return self._raise(MSIX, vector) or self._raise(MSI, vector) or self._raise(INTX, vector)

    def _raise(self, kind: int, vector: int) -> bool:
        with self._lock:
            fd = self._fds[ACTION_TRIGGER][kind].get(vector)
            if fd is None:
                return False
            if vector in self._masked[kind]:
                self._pending[kind].add(vector)
                return True
            self._signal(fd)
            if flags_of(kind) & IrqFlag.AUTOMASKED:
                self._masked[kind].add(vector)
        return True

    @staticmethod
    def _signal(fd: int | None) -> None:
        if fd is not None:
            signal(fd)

    def close(self) -> None:
        """Signal nobody any more."""
        with self._lock:
            fds = [fd for kinds in self._fds.values() for wired in kinds for fd in wired.values()]
            for kinds in self._fds.values():
                for wired in kinds:
                    wired.clear()
        for fd in fds:
            os.close(fd)
