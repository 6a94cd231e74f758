"""An address space for the SM's tests: memory behind extents, which notes what it is asked.

space = Space(pages=8)
space.place(code)
report = space.launch(grid=(2, 1, 1))
"""

from __future__ import annotations

import mmap
import os
from typing import Any

import numpy as np
from barewire.softgpu.sm.machine import Launch, Machine, Report
from barewire.softgpu.sm.mapped import ATOMIC, EXECUTE, READ, WRITE, Extent, MappedMemory

PAGE_BYTES = 4096
BASE_VA = 0x7_0000_0000
ALL = READ | WRITE | ATOMIC | EXECUTE
TIMEOUT_S = 20.0


class Space:
    """Consecutive pages from BASE_VA on, each an extent of its own; the first page is for code.

    Attributes:
        data: what the pages hold, in order, until one is mapped elsewhere.
        host: page -> CPU address of what it holds; 0 for a sparse page.
        access: page -> what is allowed.
        asked: (page, access) in the order of asking.
        file: descriptor of the file that `data` is mapped from.
    """

    def __init__(self, pages: int = 8, threads: int = 1, arch: int = 90) -> None:
        size_bytes = pages * PAGE_BYTES
        self.file = os.memfd_create("space")
        os.ftruncate(self.file, size_bytes)
        self.data = np.frombuffer(mmap.mmap(self.file, size_bytes), np.uint8)
        self.first_byte = int(self.data.__array_interface__["data"][0])
        self.host = {page: self.first_byte + page * PAGE_BYTES for page in range(pages)}
        self.access = dict.fromkeys(range(pages), ALL)
        self.asked: list[tuple[int, int]] = []
        self.memory = MappedMemory(self.translate)
        self.machine = Machine(arch, self.memory, threads=threads)

    def close(self) -> None:
        """Let the file go."""
        os.close(self.file)

    def translate(self, gpu_va: int, access: int) -> Extent | None:
        """What a page table walker would say."""
        page = (gpu_va - BASE_VA) // PAGE_BYTES
        self.asked.append((page, access))
        if page not in self.host:
            return None
        return Extent(self.va(page), PAGE_BYTES, self.host[page], self.access[page])

    @staticmethod
    def va(page: int, offset: int = 0) -> int:
        """The GPU virtual address of a byte in a page."""
        return BASE_VA + page * PAGE_BYTES + offset

    def words(self, page: int) -> np.ndarray:
        """The 32-bit words of a page of `data`."""
        return self.data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES].view(np.uint32)

    def place(self, code: list[int]) -> None:
        """Put instructions at the begin of the first page."""
        raw = b"".join(word.to_bytes(16, "little") for word in code)
        self.data[: len(raw)] = np.frombuffer(raw, np.uint8)

    def described(self, **settings: Any) -> Launch:
        """A launch of what was placed."""
        usual = {
            "entry_va": BASE_VA, "grid": (1, 1, 1), "block": (32, 1, 1), "register_count": 32,
            "timeout_s": TIMEOUT_S,
        }  # fmt: skip
        return Launch(**(usual | settings))

    def launch(self, **settings: Any) -> Report:
        """Run what was placed."""
        return self.machine.launch(self.described(**settings))
