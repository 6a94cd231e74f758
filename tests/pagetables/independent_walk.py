"""A second reader of Hopper's page tables, in plain Python, which the tests ask before a GPU may follow them.

It shares nothing with the driver: neither its formats nor its walker nor its names for places. Where each
bit stands is written out here (OGKM:swref/published/hopper/gh100/dev_mmu.h, NV_MMU_VER3_*). It is strict:
`check` takes tables as the driver's own mappings make them and no others, every entry of every table, and
raises BadTables at the first bit that it cannot account for:

- every directory entry leads to memory for tables, every page to memory for pages, and these are apart;
- no table is reached twice, so there is no cycle and no second way to an address;
- no bit is set whose meaning it does not know; attributes are those that it says (`_PTE_FIXED`).

A reading function gives bytes of memory by aperture ("video" or "host") and address.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

Read = Callable[[str, int, int], bytes]


class Range(NamedTuple):
    """Memory from `start` up to (not including) `end`."""

    aperture: str
    start: int
    end: int


class Leaf(NamedTuple):
    """One page, or one entry of a sparse range.

    Attributes:
        aperture: "video", "host", or "sparse", which has no memory and reads as zeros.
        address: of the page in that memory; 0 of a sparse one.
    """

    gpu_va: int
    size_bytes: int
    aperture: str
    address: int
    read_only: bool


class Walked(NamedTuple):
    """What is below a root.

    Attributes:
        leaves: what is mapped, in order of addresses, sparse ranges too.
        tables: (level, first GPU virtual address) -> (aperture, address) of every table that was met.
    """

    leaves: list[Leaf]
    tables: dict[tuple[str, int], tuple[str, int]]


class BadTables(Exception):
    """An entry that leads elsewhere than it may, or that makes no sense."""


class Directory(NamedTuple):
    """A level of directories whose entries are one 64-bit word.

    Attributes:
        low_bit: of the GPU virtual address, where the index begins.
        entries: how many a table has.
        may_be_page: whether bit 0 makes an entry a page.
    """

    name: str
    low_bit: int
    entries: int
    may_be_page: bool


# 57 bits of GPU virtual address. PD0, 256 entries of two words from bit 21 on, is read by `_Walk._pd0`.
DIRECTORIES = (
    Directory("PD4", 56, 2, False),
    Directory("PD3", 47, 512, False),
    Directory("PD2", 38, 512, False),
    Directory("PD1", 29, 512, True),
)
PD0_LOW_BIT, PD0_ENTRIES = 21, 256
BIG_TABLE, SMALL_TABLE = "PT 64 KiB", "PT 4 KiB"
BIG_LOW_BIT, BIG_ENTRIES = 16, 32
SMALL_LOW_BIT, SMALL_ENTRIES = 12, 512

# A directory entry: bit 0 clear, aperture 2:1, cache control 5:3, address 51:12 in place; nothing else.
_PDE_ADDRESS = 0x000F_FFFF_FFFF_F000
_PDE_BIG_ADDRESS = 0x000F_FFFF_FFFF_FF00  # of a table of big pages, 256 bytes long
_PDE_APERTURES = {1: "video", 2: "host"}  # 0 is none, 3 is host memory that is not coherent
_PDE_CONTROL = {"video": 2, "host": 3}  # cached, or not; neither lets the IOMMU translate (ATS)

# A page: bit 0 set, aperture 2:1, cache control 7:3, kind 11:8, address 51:12 in place; nothing else.
_PTE_ADDRESS = 0x000F_FFFF_FFFF_F000
_PTE_APERTURES = {0: "video", 2: "host"}  # 1 is another GPU, 3 is host memory that is not coherent
_PTE_READ_ONLY = 1 << 5
# All but address, aperture and "read only": valid, kind 6, access counting disabled (bit 7); host memory is
# not kept in the GPU's L2 (bit 3). Not privileged (4), atomics allowed (6).
_PTE_FIXED = {"video": 0x681, "host": 0x689}
_SPARSE = 0x8  # nothing valid, cache control 1
_NO_SMALL_PAGE = 0x18  # a big page's entry: nothing valid, cache control 3: what the small table says is void


def check(read: Read, root: tuple[str, int], tables: Iterable[Range], pages: Iterable[Range]) -> Walked:
    """Walk everything below a root.

    Args:
        root: aperture and address of the PD4.
        tables: memory that tables may be in.
        pages: memory that pages may be in.

    Raises:
        BadTables: see the module.
    """
    walk = _Walk(read, _Ranges(tables), _Ranges(pages))
    walk.expect_apart()
    leaves = sorted(walk.directory(0, root, 0))
    return Walked(leaves, walk.met)


class _Ranges:
    """Ranges of memory, neighbours joined."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self.joined: list[Range] = []
        for one in sorted(ranges):
            last = self.joined[-1] if self.joined else None
            if last is not None and last.aperture == one.aperture and one.start <= last.end:
                self.joined[-1] = last._replace(end=max(last.end, one.end))
            else:
                self.joined.append(one)

    def hold(self, aperture: str, start: int, size_bytes: int) -> bool:
        """Whether all of some memory lies within."""
        position = bisect_right(self.joined, (aperture, start, 1 << 64)) - 1
        if position < 0:
            return False
        found = self.joined[position]
        return found.aperture == aperture and found.start <= start and start + size_bytes <= found.end


class _Walk:
    """One walk: what may be read, and which tables were seen."""

    def __init__(self, read: Read, tables: _Ranges, pages: _Ranges) -> None:
        self.read = read
        self.tables = tables
        self.pages = pages
        self.met: dict[tuple[str, int], tuple[str, int]] = {}
        self.seen: set[tuple[str, int]] = set()  # aperture, address >> 8: no table is smaller

    def expect_apart(self) -> None:
        """Memory for tables is not memory for pages: no access through a page may change a table."""
        for one in self.tables.joined:
            for other in self.pages.joined:
                if one.aperture == other.aperture and one.start < other.end and other.start < one.end:
                    raise BadTables(f"tables and pages may both be at {one} and {other}")

    def directory(self, depth: int, place: tuple[str, int], base_va: int) -> Iterator[Leaf]:
        """The pages below a directory of one of the upper levels."""
        level = DIRECTORIES[depth]
        for index, word in self._entries(level.name, base_va, place, level.entries):
            gpu_va = base_va + (index << level.low_bit)
            where = f"{level.name}[{index}] = {word:#x} at {gpu_va:#x}"
            if word == _SPARSE:
                yield Leaf(gpu_va, 1 << level.low_bit, "sparse", 0, False)
            elif word & 1 and level.may_be_page:
                yield self._page(where, word, gpu_va, 1 << level.low_bit)
            elif depth + 1 == len(DIRECTORIES):
                yield from self._pd0(_table(where, word, _PDE_ADDRESS), gpu_va)
            else:
                yield from self.directory(depth + 1, _table(where, word, _PDE_ADDRESS), gpu_va)

    def _pd0(self, place: tuple[str, int], base_va: int) -> Iterator[Leaf]:
        """The pages below a directory of the last level, whose entries have two words."""
        words = dict(self._entries("PD0", base_va, place, 2 * PD0_ENTRIES))
        for index in sorted({number // 2 for number in words}):
            gpu_va = base_va + (index << PD0_LOW_BIT)
            first, second = words.get(2 * index, 0), words.get(2 * index + 1, 0)
            yield from self._pd0_entry(
                f"PD0[{index}] = {first:#x}, {second:#x} at {gpu_va:#x}", first, second, gpu_va
            )

    def _pd0_entry(self, where: str, first: int, second: int, gpu_va: int) -> Iterator[Leaf]:
        if first & 1 or first == _SPARSE:
            if second:
                raise BadTables(f"{where}: a page, and a table of small pages")
            if first == _SPARSE:
                yield Leaf(gpu_va, 1 << PD0_LOW_BIT, "sparse", 0, False)
            else:
                yield self._page(where, first, gpu_va, 1 << PD0_LOW_BIT)
            return
        big = self._big(_table(where, first, _PDE_BIG_ADDRESS), gpu_va) if first else []
        small = self._small(_table(where, second, _PDE_ADDRESS), gpu_va) if second else []
        covered = {leaf.gpu_va >> BIG_LOW_BIT for leaf in big}
        twice = [leaf for leaf in small if leaf.gpu_va >> BIG_LOW_BIT in covered]
        if twice:
            raise BadTables(f"{where}: a big page and a small one at {twice[0].gpu_va:#x}")
        yield from (leaf for leaf in big if leaf.aperture != "nothing")
        yield from small

    def _big(self, place: tuple[str, int], base_va: int) -> list[Leaf]:
        """What a table of big pages says; aperture "nothing" where it forbids small pages."""
        found = []
        for index, word in self._entries(BIG_TABLE, base_va, place, BIG_ENTRIES):
            gpu_va = base_va + (index << BIG_LOW_BIT)
            if word == _NO_SMALL_PAGE:
                found.append(Leaf(gpu_va, 1 << BIG_LOW_BIT, "nothing", 0, False))
            else:
                where = f"{BIG_TABLE}[{index}] = {word:#x} at {gpu_va:#x}"
                found.append(self._page_or_sparse(where, word, gpu_va, 1 << BIG_LOW_BIT))
        return found

    def _small(self, place: tuple[str, int], base_va: int) -> list[Leaf]:
        """What a table of small pages says."""
        found = []
        for index, word in self._entries(SMALL_TABLE, base_va, place, SMALL_ENTRIES):
            gpu_va = base_va + (index << SMALL_LOW_BIT)
            where = f"{SMALL_TABLE}[{index}] = {word:#x} at {gpu_va:#x}"
            found.append(self._page_or_sparse(where, word, gpu_va, 1 << SMALL_LOW_BIT))
        return found

    def _page_or_sparse(self, where: str, word: int, gpu_va: int, size_bytes: int) -> Leaf:
        if word == _SPARSE:
            return Leaf(gpu_va, size_bytes, "sparse", 0, False)
        return self._page(where, word, gpu_va, size_bytes)

    def _page(self, where: str, word: int, gpu_va: int, size_bytes: int) -> Leaf:
        """A valid entry of a page, whatever its size."""
        aperture = _PTE_APERTURES.get(word >> 1 & 3)
        if not word & 1 or aperture is None:
            raise BadTables(f"{where}: neither a page of video or host memory nor sparse")
        wanted = _PTE_FIXED[aperture] | (word >> 1 & 3) << 1
        if word & ~_PTE_ADDRESS & ~_PTE_READ_ONLY != wanted:
            raise BadTables(f"{where}: the bits beside the address are not {wanted:#x}")
        address = word & _PTE_ADDRESS
        if address % size_bytes:
            raise BadTables(f"{where}: the page is not aligned to its {size_bytes:#x} bytes")
        if not self.pages.hold(aperture, address, size_bytes):
            raise BadTables(f"{where}: {aperture} memory that is no page of ours")
        return Leaf(gpu_va, size_bytes, aperture, address, bool(word & _PTE_READ_ONLY))

    def _entries(
        self, name: str, base_va: int, place: tuple[str, int], count: int
    ) -> Iterator[tuple[int, int]]:
        """(index, word) of what is set in a table; the table is seen from now on."""
        aperture, address = place
        size_bytes = 8 * count
        if not self.tables.hold(aperture, address, size_bytes):
            raise BadTables(f"{name} at {aperture} {address:#x}: that is no memory for tables of ours")
        pieces = {(aperture, piece) for piece in range(address >> 8, address + size_bytes + 0xFF >> 8)}
        if self.seen & pieces:
            raise BadTables(f"{name} at {aperture} {address:#x}: part of it was met as a table before")
        self.seen |= pieces
        self.met[name, base_va] = place
        data = self.read(aperture, address, size_bytes)
        if len(data) != size_bytes:
            raise BadTables(f"{name} at {aperture} {address:#x}: {len(data)} bytes were read of {size_bytes}")
        words = struct.unpack(f"<{count}Q", data)
        return ((index, word) for index, word in enumerate(words) if word)


def _table(where: str, word: int, address_bits: int) -> tuple[str, int]:
    """Where a directory's word leads to.

    Raises:
        BadTables: to no table, or there are bits that it should not have.
    """
    aperture = _PDE_APERTURES.get(word >> 1 & 3)
    if word & 1 or aperture is None:
        raise BadTables(f"{where}: no table in video or coherent host memory")
    wanted = _PDE_CONTROL[aperture] << 3 | (word >> 1 & 3) << 1
    if word & ~address_bits != wanted:
        raise BadTables(f"{where}: the bits beside the address are not {wanted:#x}")
    return aperture, word & address_bits
