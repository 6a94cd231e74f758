"""Buffers for RM to map: every page size, video and host memory, read-only, at addresses that are chosen; and
ranges without memory, which read as zeros.

Some are neighbours to the byte, some leave holes, some put pages of 64 KiB beside such of 4 KiB under one
entry of PD0, some lie across the border of a table. Together they set more than 2,000 entries.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

from barewire.memory.compare import Comparison, Place, Wanted, compare
from barewire.memory.formats import TablePointer

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SMALL, BIG, HUGE = 4 * KIB, 64 * KIB, 2 * MIB

BASE = 0x10_0000_0000
BESIDE = BASE + 4 * MIB  # under one entry of PD0: big pages, then small ones
END = 1 << 40

# What an entry has beside the address, said before anything is read: valid, kind 6, access counters disabled;
# host memory is coherent and not kept in the GPU's L2. OGKM:swref/published/hopper/gh100/dev_mmu.h
PAGE_BITS = {
    ("video", False): 0x681,
    ("video", True): 0x6A1,
    ("host", False): 0x68D,
    ("host", True): 0x6AD,
}
SPARSE_BITS = 0x8  # the same at every level: nothing valid, cache control 1
LEVEL_OF_PAGES = {SMALL: "PT 4 KiB", BIG: "PT 64 KiB", HUGE: "PD0", 512 * MIB: "PD1"}


class Piece(NamedTuple):
    """A buffer and where it is mapped.

    Attributes:
        aperture: "video", "host", or "sparse", which has no memory.
        page_bytes: that it is allocated and mapped in.
        offset: of what is mapped of it.
    """

    what: str
    gpu_va: int
    aperture: str
    page_bytes: int
    size_bytes: int
    read_only: bool = False
    offset: int = 0


HOLES = tuple(
    Piece(f"3 pages, 5 missing, {number}", BASE + 8 * MIB + number * 8 * SMALL, "host", SMALL, 3 * SMALL)
    for number in range(16)
)
PIECES = (
    Piece("a full table of small pages", BASE, "video", SMALL, 2 * MIB),
    Piece("small pages of the host after it", BASE + 2 * MIB, "host", SMALL, MIB),
    Piece("big pages", BESIDE, "video", BIG, MIB),
    Piece("small pages beside big ones", BESIDE + MIB, "video", SMALL, BIG),
    Piece("read-only ones after them", BESIDE + MIB + BIG, "host", SMALL, 8 * BIG, read_only=True),
    Piece("a big page after those", BESIDE + MIB + 9 * BIG, "video", BIG, BIG, read_only=True),
    *HOLES,
    Piece("sparse, small", BASE + 16 * MIB, "sparse", SMALL, 21 * SMALL),
    Piece("small pages after it", BASE + 16 * MIB + 21 * SMALL, "host", SMALL, 4 * SMALL),
    Piece("sparse, big", BASE + 18 * MIB, "sparse", BIG, 5 * BIG),
    Piece("a big page after it", BASE + 18 * MIB + 5 * BIG, "video", BIG, BIG),
    Piece("small pages after that", BASE + 18 * MIB + 6 * BIG, "host", SMALL, 3 * SMALL),
    Piece("sparse, huge", BASE + 20 * MIB, "sparse", HUGE, 3 * HUGE),
    Piece("a huge page after it", BASE + 26 * MIB, "video", HUGE, HUGE),
    Piece("sparse, with an entry of 512 MiB", BASE + 7 * 256 * MIB, "sparse", HUGE, GIB),
    Piece("a huge page after so much", BASE + 11 * 256 * MIB, "video", HUGE, HUGE),
    Piece("huge pages", BASE + 64 * MIB, "video", HUGE, 32 * MIB),
    Piece("read-only ones after them, huge", BASE + 96 * MIB, "video", HUGE, 4 * MIB, read_only=True),
    Piece("a huge page after a hole", BASE + 102 * MIB, "video", HUGE, HUGE),
    Piece("huge pages of the host", BASE + 128 * MIB, "host", HUGE, 4 * MIB),
    Piece("read-only ones of the host, huge", BASE + 132 * MIB, "host", HUGE, HUGE, read_only=True),
    Piece("part of a buffer", BASE + 144 * MIB, "video", SMALL, 20 * SMALL, offset=7 * SMALL),
    Piece("part of a buffer, big", BASE + 146 * MIB, "video", BIG, 3 * BIG, offset=2 * BIG),
    Piece("many big pages", BASE + 256 * MIB, "video", BIG, 32 * MIB),
    Piece("big pages across two tables of PD1", BASE + 512 * MIB - 8 * BIG, "video", BIG, MIB),
    Piece("many small pages", BASE + GIB, "video", SMALL, 4 * MIB),
    Piece("small pages across two tables of PD2", 0x40_0000_0000 - 16 * SMALL, "host", SMALL, 32 * SMALL),
    Piece("huge pages across two tables of PD2", 0x80_0000_0000 - HUGE, "video", HUGE, 2 * HUGE),
    Piece("the last pages", END - 16 * SMALL, "video", SMALL, 16 * SMALL, read_only=True),
)


def allocate(dev: Any, aperture: str, page_bytes: int, size_bytes: int) -> Any:
    """Memory whose pages are as large."""
    if aperture == "video":
        return dev.rm.video_memory(size_bytes, page_size_bytes=page_bytes)
    if page_bytes > SMALL and not dev.name.startswith("nv:"):
        return dev.rm.memory.host_memory(size_bytes, contiguous=True)
    return dev.rm.host_memory(size_bytes, page_size_bytes=page_bytes)


class Entry(NamedTuple):
    """An entry of a table, as it must be: the first word, where there are two."""

    level: str
    gpu_va: int
    word: int


class Mapped(NamedTuple):
    """A piece that is mapped, and its memory; None for a sparse one."""

    piece: Piece
    memory: Any

    def entries(self) -> Iterator[Entry]:
        """The entries of all its pages, by what is known of the memory; sparse ones as large as can be."""
        piece = self.piece
        at = 0
        while at < piece.size_bytes:
            size = piece.page_bytes if self.memory is not None else self._sparse_bytes(at)
            yield Entry(LEVEL_OF_PAGES[size], piece.gpu_va + at, self._word(at))
            at += size

    def _word(self, at: int) -> int:
        piece = self.piece
        if self.memory is None:
            return SPARSE_BITS
        (extent,) = self.memory.part(piece.offset + at, piece.page_bytes)
        address: int = extent.address
        return address | PAGE_BITS[piece.aperture, piece.read_only]

    def _sparse_bytes(self, at: int) -> int:
        """What one entry takes of a sparse range."""
        piece = self.piece
        fitting = (
            size
            for size in (512 * MIB, HUGE)
            if (piece.gpu_va + at) % size == 0 and at + size <= piece.size_bytes
        )
        return next(fitting, piece.page_bytes)


class Spread:
    """An address space of RM with buffers in it.

    Attributes:
        space: it.
        mapped: what is in it.
    """

    def __init__(self, dev: Any) -> None:
        self.dev = dev
        self.mapped: list[Mapped] = []
        self._memories = ExitStack()
        self.space = dev.address_space(tables="rm")

    def map(self, piece: Piece) -> Mapped:
        """Allocate and map a buffer."""
        if piece.aperture == "sparse":
            self.space.map_sparse(piece.size_bytes, piece.gpu_va, piece.page_bytes)
            self.mapped.append(Mapped(piece, None))
            return self.mapped[-1]
        memory = allocate(self.dev, piece.aperture, piece.page_bytes, piece.offset + piece.size_bytes)
        self._memories.callback(memory.close)
        self.space.map(
            memory,
            piece.gpu_va,
            offset=piece.offset,
            size_bytes=piece.size_bytes,
            read_only=piece.read_only,
            page_size_bytes=piece.page_bytes,
        )
        made = Mapped(piece, memory)
        self.mapped.append(made)
        return made

    def unmap(self, mapped: Mapped) -> None:
        """Take a buffer out; its memory stays."""
        self.space.unmap(mapped.piece.gpu_va)
        self.mapped.remove(mapped)

    def close(self) -> None:
        """Give everything back."""
        with self._memories:
            self.space.close()


class Told(NamedTuple):
    """What is known of RM's tables without reading them: asked once, for many comparisons."""

    spread: Spread
    root: TablePointer
    wanted: tuple[Wanted, ...]
    places: dict[Place, TablePointer]

    @classmethod
    def of(cls, spread: Spread) -> Told:
        """Ask RM where its tables are."""
        space = spread.space
        return cls(spread, space.root, space.wanted(), dict(space.places()))

    def compare(self, reader: Any = None) -> Comparison:
        """RM's tables, as a reader has them, against the builder's."""
        space = self.spread.space
        reader = space.reader if reader is None else reader
        return compare(space.format, reader, self.root, self.wanted, self.places, BASE, END)


class Spot(NamedTuple):
    """A word of a table.

    Attributes:
        level: the table's.
        table_va: the first address that the table covers.
        offset: of the word in the table, in bytes.
    """

    level: str
    table_va: int
    offset: int


# By level: low bit of its index in an address, entries of a table, bytes of an entry.
LEVELS = {
    "PD4": (56, 2, 8),
    "PD3": (47, 512, 8),
    "PD2": (38, 512, 8),
    "PD1": (29, 512, 8),
    "PD0": (21, 256, 16),
    "PT 64 KiB": (16, 32, 8),
    "PT 4 KiB": (12, 512, 8),
}


def spot_of(level: str, gpu_va: int, second_word: bool = False) -> Spot:
    """The word for an address in the table of a level."""
    shift, entries, entry_bytes = LEVELS[level]
    index = gpu_va >> shift & entries - 1
    return Spot(level, gpu_va >> shift << shift & -(entries << shift), index * entry_bytes + 8 * second_word)


class Flipped:
    """A reader for which one bit of a table is another than in memory."""

    def __init__(self, reader: Any, table: TablePointer, offset: int, bit: int) -> None:
        self._reader = reader
        self._table = table
        self._at = offset + bit // 8
        self._mask = 1 << bit % 8

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table."""
        data = bytearray(self._reader.read(table, offset, size_bytes))
        if table == self._table and offset <= self._at < offset + size_bytes:
            data[self._at - offset] ^= self._mask
        return bytes(data)
