"""Buffers that GSP's firmware writes its logs into: binary records, for tools that have its strings.

A buffer is 64 KiB of words of 8 bytes. Word 0 counts the words that were put; the records follow from word 1
on, and wrap around to it. Before the firmware starts, words 1 to 16 name the buffer's 16 pages.

Facts: OGKM:kernel_gsp.c (kgspInitLibosLoggingStructures), OGKM:src/common/uproc/os/libos-v2.0.0 (libos_log).
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from barewire.errors import Freed
from barewire.gsp.dma import PAGE_BYTES, DmaPool, page_addresses

if TYPE_CHECKING:
    from barewire.transport.bus import DmaMemory

LOG_BYTES = 64 << 10
WORD_BYTES = 8
_RECORD_WORDS = LOG_BYTES // WORD_BYTES - 1
# In the order in which the firmware is told of them.
LOG_NAMES = ("LOGINIT", "LOGINTR", "LOGRM")


class LogBuffer:
    """One log.

    Attributes:
        name: as the firmware knows it.
        iova: where the firmware finds it.
        size_bytes: of it.
    """

    def __init__(self, name: str, memory: DmaMemory) -> None:
        self.name = name
        self.iova = memory.iova
        self.size_bytes = LOG_BYTES
        self._memory: DmaMemory | None = memory
        pages = page_addresses(memory)[: LOG_BYTES // PAGE_BYTES]
        memory.view[WORD_BYTES : WORD_BYTES * (1 + len(pages))] = pages.astype("<u8").tobytes()

    @property
    def put(self) -> int:
        """How many words of 8 bytes the firmware has put so far.

        Raises:
            Freed: the log is closed.
        """
        count: int = struct.unpack_from("<Q", self._view())[0]
        return count

    def read(self) -> bytes:
        """The records that are there, oldest first; at most what the buffer holds.

        Raises:
            Freed: the log is closed.
        """
        put = self.put
        records = bytes(self._view()[WORD_BYTES:LOG_BYTES])
        if put <= _RECORD_WORDS:
            return records[: put * WORD_BYTES]
        oldest = (put % _RECORD_WORDS) * WORD_BYTES
        return records[oldest:] + records[:oldest]

    def raw(self) -> bytes:
        """The whole buffer as it lies in memory."""
        return bytes(self._view()[:LOG_BYTES])

    def close(self) -> None:
        """Let go of the memory; whoever made it gives it back."""
        self._memory = None

    def _view(self) -> memoryview:
        if self._memory is None:
            raise Freed(f"the log {self.name} was used after it was closed")
        return self._memory.view


def make_logs(pool: DmaPool) -> dict[str, LogBuffer]:
    """The logs that the firmware wants, empty."""
    return {name: LogBuffer(name, pool.take(name, LOG_BYTES)) for name in LOG_NAMES}
