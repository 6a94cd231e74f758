"""LibOS's log buffers: rings of 64-bit words in host memory, which only GSP writes.

The first word counts the words written so far; the ring is the rest of the buffer. When GSP starts, the
words after the first hold the bus addresses of the buffer's pages; GSP remembers them and writes over them.
What NVIDIA's firmware logs are references into its image; this model writes plain text, eight letters a
word, each line followed by its length in bytes and the time in nanoseconds.

Facts: OGKM:src/nvidia/src/kernel/gpu/gsp/kernel_gsp.c (kgspSetupLibosInitArgs), nouveau:nvkm/subdev/gsp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.gsp.structs import PAGE_BYTES

if TYPE_CHECKING:
    from barewire.softgpu.dma import DmaPort

WORD_BYTES = 8
LARGEST_BYTES = 1 << 20  # the usual ones have 64 KiB


class BadLog(Exception):
    """A log buffer that GSP cannot use; the message says why."""


class LibosLog:
    """One log buffer.

    Args:
        host: the way to host memory.
        name: LOGINIT, LOGINTR, LOGRM, ...
        address: bus address of its first page.
        size_bytes: of it.

    Raises:
        BadLog: it is not whole pages, or the addresses of its pages are not in it.
    """

    def __init__(self, host: DmaPort, name: str, address: int, size_bytes: int) -> None:
        self._host = host
        self.name = name
        self.words = size_bytes // WORD_BYTES - 1
        self.written = 0
        if size_bytes == 0 or size_bytes % PAGE_BYTES or address % PAGE_BYTES:
            raise BadLog(f"{name}: {size_bytes:#x} bytes at {address:#x} are not whole pages")
        if size_bytes > LARGEST_BYTES:
            raise BadLog(f"{name}: {size_bytes:#x} bytes are more than a log has")
        count = size_bytes // PAGE_BYTES
        self.pages = self._page_addresses(address, count)
        for index, page in enumerate(self.pages):
            if page == 0 or page % PAGE_BYTES:
                raise BadLog(f"{name}: the address of its page {index} is {page:#x}")
        if self.pages[0] != address:
            raise BadLog(f"{name} is at {address:#x}, its first page at {self.pages[0]:#x}")
        self._reach()

    def _page_addresses(self, address: int, count: int) -> list[int]:
        try:
            listed = self._host.read(address + WORD_BYTES, count * WORD_BYTES)
        except DmaRefused as refused:
            raise BadLog(f"{self.name}: {refused}") from None
        return [
            int.from_bytes(listed[at : at + WORD_BYTES], "little") for at in range(0, len(listed), WORD_BYTES)
        ]

    def _reach(self) -> None:
        for page in self.pages:
            try:
                self._host.address(page, PAGE_BYTES, write=True)
            except DmaRefused as refused:
                raise BadLog(f"{self.name}: {refused}") from None

    def line(self, text: str, now_ns: int) -> None:
        """Write a line; what the host no longer maps is lost."""
        data = text.encode("utf-8", "replace")
        padded = data.ljust(-(-len(data) // WORD_BYTES) * WORD_BYTES, b"\0")
        words = [padded[at : at + WORD_BYTES] for at in range(0, len(padded), WORD_BYTES)]
        words += [len(data).to_bytes(WORD_BYTES, "little"), now_ns.to_bytes(WORD_BYTES, "little")]
        try:
            for word in words:
                self._store(1 + self.written % self.words, word)
                self.written += 1
            self._store(0, self.written.to_bytes(WORD_BYTES, "little"))
        except DmaRefused:
            return

    def _store(self, index: int, word: bytes) -> None:
        page, within = divmod(index * WORD_BYTES, PAGE_BYTES)
        self._host.write(self.pages[page] + within, word)
