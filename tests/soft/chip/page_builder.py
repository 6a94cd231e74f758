"""Page tables made by hand for the walker's tests: entry by entry, from the published layouts.

It is no driver: it never frees, never splits, and puts every table into a page of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from barewire.softgpu.page_tables import Aperture, Pdb

TABLE_APERTURE = {Aperture.VRAM: 1, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}
PAGE_APERTURE = {Aperture.VRAM: 0, Aperture.PEER: 1, Aperture.COHERENT: 2, Aperture.NONCOHERENT: 3}

# version -> (high, low) of each directory level from the root on; the last one has entries of 16 bytes.
LEVELS = {
    2: ((48, 47), (46, 38), (37, 29), (28, 21)),
    3: ((56, 56), (55, 47), (46, 38), (37, 29), (28, 21)),
}


@dataclass(frozen=True)
class Page:
    """What a leaf says."""

    address: int
    aperture: Aperture = Aperture.VRAM
    kind: int = 6
    volatile: bool = False
    privileged: bool = False
    read_only: bool = False
    atomics: bool = True


def directory(version: int, address: int, aperture: Aperture = Aperture.VRAM, unit: int = 12) -> int:
    """An entry that points at a table; `unit` is 8 for a table of 64 KiB pages."""
    code = TABLE_APERTURE[aperture] << 1
    if version == 3:
        return address | code
    return address >> 4 | code if unit == 8 else address >> 12 << 8 | code


def leaf(version: int, page: Page) -> int:
    """An entry that is a page."""
    flags = (page.volatile, page.privileged, page.read_only, not page.atomics)
    aperture = PAGE_APERTURE[page.aperture] << 1
    if version == 3:
        pcf = sum(bit << at for at, bit in enumerate(flags))
        return 1 | aperture | pcf << 3 | page.kind << 8 | page.address
    bits = sum(bit << at for at, bit in zip((3, 5, 6, 7), flags, strict=True))
    return 1 | aperture | bits | page.address >> 12 << 8 | page.kind << 56


@dataclass
class PageBuilder:
    """Builds tables in memory that `write` reaches.

    Attributes:
        version: of the tables, 2 or 3.
        write: (offset, bytes) into video memory.
        next_table: where the next table goes.
    """

    version: int
    write: Callable[[int, bytes], None]
    next_table: int = 0x100000
    tables: dict[tuple[int, int], int] = field(default_factory=dict)
    root: int = 0

    def __post_init__(self) -> None:
        self.root = self.make_table()

    @property
    def pdb(self) -> Pdb:
        return Pdb(Aperture.VRAM, self.root)

    def make_table(self) -> int:
        made = self.next_table
        self.next_table += 0x1000
        self.write(made, bytes(0x1000))
        return made

    def map(self, gpu_va: int, page_bytes: int, page: Page) -> None:
        """Write the entry of one page, and the tables above it."""
        self.entry(gpu_va, page_bytes, leaf(self.version, page))

    def entry(self, gpu_va: int, page_bytes: int, word: int) -> None:
        """Write any 64-bit entry where the page of that size has its own."""
        if page_bytes in (512 << 20, 2 << 20):
            at, size = (29, 8) if page_bytes == 512 << 20 else (21, 16)
            depth = next(d for d, (_, low) in enumerate(LEVELS[self.version]) if low == at)
            table = self.table_at(gpu_va, depth)
            high, low = LEVELS[self.version][depth]
            index = gpu_va >> low & (1 << (high - low + 1)) - 1
            self.write(table + index * size, word.to_bytes(8, "little"))
            return
        table = self.page_table(gpu_va, page_bytes)
        shift = page_bytes.bit_length() - 1
        self.write(table + (gpu_va >> shift & (1 << (21 - shift)) - 1) * 8, word.to_bytes(8, "little"))

    def table_at(self, gpu_va: int, depth: int) -> int:
        """The table of one level that covers an address, made if it is not there."""
        table = self.root
        for level in range(depth):
            high, low = LEVELS[self.version][level]
            key = (level, gpu_va >> low)
            below = self.tables.get(key)
            if below is None:
                below = self.tables[key] = self.make_table()
                index = gpu_va >> low & (1 << (high - low + 1)) - 1
                self.write(table + index * 8, directory(self.version, below).to_bytes(8, "little"))
            table = below
        return table

    def page_table(self, gpu_va: int, page_bytes: int) -> int:
        """The table of 4 KiB or 64 KiB pages that covers an address."""
        big = page_bytes == 64 << 10
        key = (-1 if big else -2, gpu_va >> 21)
        found = self.tables.get(key)
        if found is None:
            found = self.tables[key] = self.make_table()
            pd0 = self.table_at(gpu_va, len(LEVELS[self.version]) - 1)
            word = directory(self.version, found, unit=8 if big else 12)
            index = gpu_va >> 21 & 0xFF
            self.write(pd0 + index * 16 + (0 if big else 8), word.to_bytes(8, "little"))
        return found
