"""Memory as a GPU sees it, in ordinary memory: address spaces, apertures, and what faults.

Nothing of barewire's driver is used here: a misreading must not hide on both sides.
"""

from __future__ import annotations

import bisect
import ctypes
import mmap
import struct

import numpy as np

PAGE_BYTES = 4096
POISON = 0xC5
POISONED_BYTES = 4 << 20  # larger memory begins as zeros: filling it would take longer than the tests

FAULT_PDE, FAULT_PTE, FAULT_READ_ONLY = 0x0, 0x2, 0x6
READ, WRITE = 0, 1
FIRST_VA, END_VA = 0x10_0000_0000, 0x100_0000_0000


class GpuFault(Exception):
    """What ends a channel: an Xid, and what the GPU knows of the reason."""

    def __init__(self, xid: int, why: str, gpu_va: int = 0, fault_type: int = 0, access: int = READ) -> None:
        super().__init__(f"Xid {xid}: {why}")
        self.xid = xid
        self.gpu_va = gpu_va
        self.fault_type = fault_type
        self.access = access


class Pages:
    """Anonymous pages, shared with forked children as a device's memory would be."""

    def __init__(self, size_bytes: int) -> None:
        self.mapped = mmap.mmap(-1, size_bytes)
        self.bytes = np.frombuffer(self.mapped, np.uint8)
        self.address = self.bytes.ctypes.data
        if size_bytes <= POISONED_BYTES:
            ctypes.memset(self.address, POISON, size_bytes)

    @property
    def view(self) -> memoryview:
        return memoryview(self.mapped)


class Mapping:
    """Pages at a GPU virtual address."""

    def __init__(self, gpu_va: int, pages: Pages, size_bytes: int, memory: object, read_only: bool) -> None:
        self.gpu_va = gpu_va
        self.end = gpu_va + size_bytes
        self.size_bytes = size_bytes
        self.memory = memory
        self.read_only = read_only
        self.bytes = pages.bytes[:size_bytes]
        self.buffer = memoryview(pages.mapped)[:size_bytes]


class PageTables:
    """What is mapped where, in one address space."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._mappings: list[Mapping] = []

    def add(self, mapping: Mapping) -> None:
        at = bisect.bisect_right(self._starts, mapping.gpu_va)
        self._starts.insert(at, mapping.gpu_va)
        self._mappings.insert(at, mapping)

    def remove(self, mapping: Mapping) -> None:
        at = self._starts.index(mapping.gpu_va)
        del self._starts[at]
        del self._mappings[at]

    def __iter__(self):
        return iter(self._mappings)

    def find(self, gpu_va: int, size_bytes: int, access: int) -> tuple[Mapping, int]:
        """The mapping that holds a range, and the range's offset in it.

        Raises:
            GpuFault: Xid 31, with the first address that cannot be accessed.
        """
        at = bisect.bisect_right(self._starts, gpu_va) - 1
        mapping = self._mappings[at] if at >= 0 else None
        if mapping is None or gpu_va >= mapping.end:
            kind = FAULT_PTE if FIRST_VA <= gpu_va < END_VA else FAULT_PDE
            raise GpuFault(31, f"nothing is mapped at {gpu_va:#x}", gpu_va & ~0xFFF, kind, access)
        if gpu_va + size_bytes > mapping.end:
            raise GpuFault(31, f"{mapping.end:#x} is not mapped", mapping.end, FAULT_PTE, access)
        if access == WRITE and mapping.read_only:
            raise GpuFault(31, f"{gpu_va:#x} is read-only", gpu_va & ~0xFFF, FAULT_READ_ONLY, access)
        return mapping, gpu_va - mapping.gpu_va

    def read(self, gpu_va: int, size_bytes: int) -> bytes:
        mapping, at = self.find(gpu_va, size_bytes, READ)
        return bytes(mapping.buffer[at : at + size_bytes])

    def write(self, gpu_va: int, data: bytes) -> None:
        mapping, at = self.find(gpu_va, len(data), WRITE)
        mapping.buffer[at : at + len(data)] = data

    def words(self, gpu_va: int, count: int) -> tuple[int, ...]:
        mapping, at = self.find(gpu_va, 4 * count, READ)
        return struct.unpack_from(f"<{count}I", mapping.buffer, at)

    def word(self, gpu_va: int) -> int:
        mapping, at = self.find(gpu_va, 4, READ)
        found: int = ctypes.c_uint32.from_address(mapping.bytes.ctypes.data + at).value
        return found

    def array(self, gpu_va: int, dtype: type, count: int, access: int = WRITE) -> np.ndarray:
        """A window into the memory as an array."""
        mapping, at = self.find(gpu_va, count * np.dtype(dtype).itemsize, access)
        return np.frombuffer(mapping.buffer, dtype, count, at)
