"""Rings and pushbuffers as they were when the doorbell rang, against what is executed later.

From the doorbell on the GPU may fetch an entry and its words at any time, and again never: what changes after
it, and before it is executed, is executed in either form on hardware. An entry that says SYNC_WAIT is fetched
only once what is before it is done, and its words are not compared.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref (GP_ENTRY, SYNC); OGKM:src/common/sdk/nvidia/inc/class/
clc86f.h.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from barewire.softgpu.bus import DmaRefused
from barewire.softgpu.mmu import PageFault, Place
from barewire.softgpu.page_tables import Leaf, Pdb

if TYPE_CHECKING:
    from barewire.softgpu.channel import Channel
    from barewire.softgpu.chip import SoftGpu

ENTRY_BYTES = 8
WORD_BYTES = 4
MOST_WORDS = 1 << 16  # of one entry that are remembered
_SYNC_WAIT = 1 << 63
_LENGTH_LOW, _LENGTH_MASK = 42, 0x1FFFFF
_OPCODE_LOW, _OPCODE_MASK = 32, 0xFF
_OP_EXTENDED_BASE = 4


class Submitted(NamedTuple):
    """An entry as the doorbell found it.

    Attributes:
        entry: its 64 bits.
        gpu_va: of its words.
        words: as bytes; of a long segment the first ones; none where they could not be read.
    """

    entry: int
    gpu_va: int
    words: bytes


class Peek:
    """Reads an address space without leaving a trace: what is looked up is not remembered.

    Args:
        gpu: whose MMU translates.
    """

    def __init__(self, gpu: SoftGpu) -> None:
        self._gpu = gpu

    def place(self, pdb: Pdb, gpu_va: int) -> Place | None:
        """Where an address is by what the TLB remembers, else by the tables; None for nowhere."""
        mmu = self._gpu.mmu
        found = mmu.tlb.find(pdb, gpu_va)
        leaf = found if found is not None else mmu.walk(pdb, gpu_va).leaf
        return _within(leaf, gpu_va) if isinstance(leaf, Leaf) else None

    def mapped(self, pdb: Pdb, gpu_va: int) -> Place | None:
        """Where an address is by the tables; None for nowhere."""
        leaf = self._gpu.mmu.walk(pdb, gpu_va).leaf
        return _within(leaf, gpu_va) if leaf is not None else None

    def read(self, pdb: Pdb, gpu_va: int, size_bytes: int) -> bytes:
        """Bytes; fewer, to the first that cannot be read."""
        parts = []
        end = gpu_va + size_bytes
        while gpu_va < end:
            place = self.place(pdb, gpu_va)
            if place is None:
                break
            size = min(place.size_bytes, end - gpu_va)
            try:
                parts.append(self._bytes(place._replace(size_bytes=size)))
            except (PageFault, DmaRefused):
                break
            gpu_va += size
        return b"".join(parts)

    def _bytes(self, place: Place) -> bytes:
        if place.aperture.is_host:
            return self._gpu.host.read(place.address, place.size_bytes)
        return ctypes.string_at(self._gpu.mmu.address(place, write=False), place.size_bytes)


def _within(leaf: Leaf, gpu_va: int) -> Place:
    within = gpu_va - leaf.gpu_va
    return Place(leaf.aperture, leaf.address + within, leaf.page_bytes - within, leaf.kind, gpu_va)


Changed = Callable[[str, int], None]  # what changed, at which address


class Submissions:
    """What one channel was given and has not executed.

    Args:
        peek: reads its address space.
        changed: is told of what changed.
    """

    def __init__(self, peek: Peek, changed: Changed) -> None:
        self._peek = peek
        self._changed = changed
        self._waiting: dict[int, Submitted] = {}
        self._now: Submitted | None = None
        self._base = 0

    def rang(self, channel: Channel, first: int, put: int) -> None:
        """A doorbell showed the entries from `first` to before `put`."""
        pdb = channel.setup.pdb
        if pdb is None:
            return
        if not self._waiting and not channel.in_segment:
            self._base = channel.extended_base
        entries = channel.setup.entries
        index = first
        while index != put:
            raw = self._peek.read(pdb, channel.setup.gpfifo_va + index * ENTRY_BYTES, ENTRY_BYTES)
            if len(raw) == ENTRY_BYTES:
                self._waiting[index] = self._submitted(pdb, int.from_bytes(raw, "little"))
            index = (index + 1) % entries

    def _submitted(self, pdb: Pdb, entry: int) -> Submitted:
        length = entry >> _LENGTH_LOW & _LENGTH_MASK
        if not length:
            if entry >> _OPCODE_LOW & _OPCODE_MASK == _OP_EXTENDED_BASE:
                self._base = (entry >> 8 & 0x1FFFF) << 40
            return Submitted(entry, 0, b"")
        gpu_va = self._base | entry & 0xFF_FFFF_FFFC
        size = 0 if entry & _SYNC_WAIT else min(length, MOST_WORDS) * WORD_BYTES
        return Submitted(entry, gpu_va, self._peek.read(pdb, gpu_va, size))

    def taken(self, index: int, entry: int) -> None:
        """Host takes an entry from the ring."""
        self._now = submitted = self._waiting.pop(index, None)
        if submitted is not None and submitted.entry != entry:
            self._now = None
            self._changed(f"GP entry {index}", entry)

    def fetched(self, gpu_va: int, words: bytes) -> None:
        """Host fetches words of the entry that it took last, or looks at them once more."""
        now = self._now
        if now is None:
            return
        first = gpu_va - now.gpu_va
        known = now.words[first : first + len(words)] if first >= 0 else b""
        if known == words[: len(known)]:
            return
        at = next(at for at in range(len(known)) if known[at] != words[at])
        self._changed("a word of the pushbuffer", gpu_va + at // WORD_BYTES * WORD_BYTES)
        self._now = None

    def forget(self) -> None:
        """The channel executes nothing any more."""
        self._waiting.clear()
        self._now = None
