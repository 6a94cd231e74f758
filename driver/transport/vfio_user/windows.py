"""What a client lets the device reach: ranges of its addresses, each by a file or by messages."""

from __future__ import annotations

import contextlib
import errno
import threading
from bisect import bisect_left, bisect_right, insort

from barewire.transport.vfio_user.copies import CopiedMemory, Exchange
from barewire.transport.vfio_user.files import SharedFile, SharedFiles, Unsealed
from barewire.transport.vfio_user.protocol import SMALLEST_PAGE, MapFlag
from barewire.transport.vfio_user.served import Unmapped

END = 1 << 64
OF_A_FILE = int(MapFlag.MMAP | MapFlag.FILE_IO)
KNOWN_FLAGS = int(MapFlag.READ | MapFlag.WRITE) | OF_A_FILE
LARGEST_BYTES = 8 << 40  # of one mapping


class Window:
    """One mapping: where it is, what the device may do, and what stands behind it."""

    def __init__(
        self, iova: int, size_bytes: int, flags: int, shared: SharedFile | None, offset: int, copied: bool
    ) -> None:
        self.iova = iova
        self.size_bytes = size_bytes
        self.readable = bool(flags & MapFlag.READ)
        self.writable = bool(flags & MapFlag.WRITE)
        self.shared = shared
        self.copied = copied
        self.memory: CopiedMemory | None = None
        self.address = shared.address + offset if shared is not None else 0

    def __repr__(self) -> str:
        return f"<Window at {self.iova:#x} of {self.size_bytes:#x} bytes>"


class Windows:
    """The mappings of one client. Any thread may look something up; one thread changes them.

    Args:
        most: mappings at a time.
        exchange: carries data by messages.
        trusted: map files that their owner could shrink, too.
    """

    def __init__(self, most: int, exchange: Exchange, trusted: bool = False) -> None:
        self._most = most
        self._exchange = exchange
        self._files = SharedFiles(trusted)
        self._lock = threading.Lock()
        self._starts: list[int] = []
        self._windows: dict[int, Window] = {}
        self._copies: tuple[CopiedMemory, ...] = ()  # of windows that the device has reached

    def __len__(self) -> int:
        return len(self._windows)

    def add(self, iova: int, size_bytes: int, flags: int, file: int | None, offset: int) -> Window:
        """Let the device reach a range.

        Args:
            file: a descriptor, which is not needed afterwards; None if it is to be reached by messages.

        Raises:
            OSError: it cannot be; with the errno that the client is told.
        """
        self._check(iova, size_bytes, flags)
        if flags & OF_A_FILE and file is None:
            raise OSError(errno.EINVAL, "no file came")
        shared = None
        if file is not None:
            if offset % SMALLEST_PAGE or offset + size_bytes >= 1 << 63:
                raise OSError(errno.EINVAL, "no such part of a file can be mapped")
            try:
                shared = self._files.take(file, offset, size_bytes, bool(flags & MapFlag.WRITE))
            except Unsealed:
                shared = None
        window = Window(iova, size_bytes, flags, shared, offset, shared is None)
        with self._lock:
            insort(self._starts, iova)
            self._windows[iova] = window
        return window

    def _check(self, iova: int, size_bytes: int, flags: int) -> None:
        if not size_bytes or flags & ~KNOWN_FLAGS:
            raise OSError(errno.EINVAL, "nothing to map, or flags that nobody knows")
        if iova % SMALLEST_PAGE or size_bytes % SMALLEST_PAGE:
            raise OSError(errno.EINVAL, "a mapping of parts of pages")
        if size_bytes > LARGEST_BYTES:
            raise OSError(errno.ENOSPC, "one mapping is not that large")
        if iova + size_bytes > END:
            raise OSError(errno.EINVAL, "a mapping beyond the last address")
        if len(self._windows) >= self._most:
            raise OSError(errno.ENOSPC, "there are too many mappings")
        place = bisect_right(self._starts, iova)
        before = self._windows[self._starts[place - 1]] if place else None
        if before is not None and before.iova + before.size_bytes > iova:
            raise OSError(errno.EEXIST, "there is a mapping already")
        if place < len(self._starts) and self._starts[place] < iova + size_bytes:
            raise OSError(errno.EEXIST, "there is a mapping already")

    def take_out(self, iova: int, size_bytes: int) -> list[Window]:
        """Let the device not reach what lies in a range any more; for `drop`, once nothing is under way.

        Clients with an IOMMU of their own unmap ranges that hold any number of mappings, as VFIO allows.

        Raises:
            OSError: it holds none (ENOENT), or would cut one (EINVAL).
        """
        end = iova + size_bytes
        first, last = bisect_left(self._starts, iova), bisect_left(self._starts, end)
        found = [self._windows[start] for start in self._starts[first:last]]
        before = self._windows[self._starts[first - 1]] if first else None
        cut = before is not None and before.iova + before.size_bytes > iova
        if cut or (found and found[-1].iova + found[-1].size_bytes > end):
            raise OSError(errno.EINVAL, "part of a mapping")
        if not found:
            raise OSError(errno.ENOENT, "there is no such mapping")
        with self._lock:
            del self._starts[first:last]
            for window in found:
                del self._windows[window.iova]
        return found

    def take_out_all(self) -> list[Window]:
        """Let the device reach nothing any more."""
        with self._lock:
            found = list(self._windows.values())
            self._windows.clear()
            self._starts.clear()
        return found

    def drop(self, windows: list[Window]) -> None:
        """Give back what stands behind windows that were taken out; what was written is carried first."""
        for window in windows:
            if window.shared is not None:
                self._files.give_back(window.shared)
            memory = window.memory
            if memory is None:
                continue
            with contextlib.suppress(Unmapped):  # a client that has left gets nothing
                memory.carry()
            with self._lock:
                self._copies = tuple(each for each in self._copies if each is not memory)
            memory.close()

    def window(self, iova: int, size_bytes: int) -> Window:
        """The window that bytes lie in.

        Raises:
            Unmapped: they lie in none.
        """
        window = self._window_of(iova, size_bytes)
        if window is None:
            raise Unmapped(f"{size_bytes} bytes at {iova:#x} are not mapped")
        return window

    def find(self, iova: int, size_bytes: int, write: bool) -> int:
        """The CPU address of bytes that lie in one window.

        Raises:
            Unmapped: they do not, or the device may not do this with them.
        """
        window = self._window_of(iova, size_bytes)
        if window is None or not (window.writable if write else window.readable):
            way = "write" if write else "read"
            raise Unmapped(f"{size_bytes} bytes at {iova:#x} are not mapped to {way}")
        if not window.copied:
            return window.address + iova - window.iova
        return self._memory_of(window).reach(iova - window.iova, size_bytes, write)

    def _window_of(self, iova: int, size_bytes: int) -> Window | None:
        with self._lock:
            place = bisect_right(self._starts, iova) - 1
            if place < 0:
                return None
            window = self._windows[self._starts[place]]
        return window if iova + size_bytes <= window.iova + window.size_bytes else None

    def _memory_of(self, window: Window) -> CopiedMemory:
        with self._lock:
            if window.memory is None:
                try:
                    window.memory = CopiedMemory(self._exchange, window.iova, window.size_bytes)
                except OSError as error:
                    raise Unmapped(f"there is no memory for a copy: {error}") from error
                self._copies = (*self._copies, window.memory)
            return window.memory

    def carry(self) -> None:
        """Carry what the device wrote to memory that goes by messages.

        A client that has left gets nothing.
        """
        for memory in self._copies:
            with contextlib.suppress(Unmapped):
                memory.carry()
