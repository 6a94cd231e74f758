"""The formats of GMMU page tables: versions 2 (Turing to Ada) and 3 (Hopper, Blackwell), entry by entry.

Facts: OGKM:swref/published/{pascal/gp100,hopper/gh100}/dev_mmu.h, kern_gmmu_fmt_{gp10x,ga10x,gh10x}.c.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Aperture(Enum):
    """Where memory is."""

    VRAM = "video memory"
    PEER = "another GPU"
    COHERENT = "host memory, coherent"
    NONCOHERENT = "host memory, non-coherent"
    SPARSE = "nowhere: reads give zero, writes are dropped"

    __hash__ = object.__hash__  # members are single, and an enumeration's own hash is slow

    @property
    def is_host(self) -> bool:
        """Whether it is reached by DMA."""
        return self in (Aperture.COHERENT, Aperture.NONCOHERENT)


class Table(NamedTuple):
    """A table as the entry above it describes it."""

    aperture: Aperture
    address: int
    volatile: bool


class Absent(NamedTuple):
    """An entry that names nothing.

    Attributes:
        sparse: reads give zero and writes are dropped, without a fault.
        hides_small: an entry of a big table that says that no 4 KiB page is valid either.
    """

    sparse: bool = False
    hides_small: bool = False


@dataclass(frozen=True)
class Level:
    """One level of tables.

    Attributes:
        name: NVIDIA's.
        high, low: the bits of the address that select the entry.
        entry_bytes: 8, or 16 for the pair of a big and a small table.
        leaf: whether an entry can be a page.
    """

    name: str
    high: int
    low: int
    entry_bytes: int = 8
    leaf: bool = False

    @property
    def entries(self) -> int:
        """Entries of a table."""
        return 1 << (self.high - self.low + 1)

    @property
    def entry_spans(self) -> int:
        """Bytes of address space that one entry covers."""
        return 1 << self.low

    def index(self, gpu_va: int) -> int:
        """Which entry."""
        return gpu_va >> self.low & (self.entries - 1)


class PageWord(NamedTuple):
    """What a valid page entry says, without the address it stands for."""

    aperture: Aperture
    address: int
    kind: int
    volatile: bool
    privileged: bool
    read_only: bool
    atomics: bool
    peer: int


@dataclass(frozen=True)
class Format:
    """A version of page tables.

    Attributes:
        levels: from the root to the entries that point at page tables; the last one holds pairs.
        va_bits: of an address.
        directory, big_directory: what an entry that points at a table says.
        page: what a page's entry says.
        stray_directory, stray_big_directory, stray_page: bits that mean nothing, and must be 0.
        address_in_page: where a page's entry has its address, if it is there as it is; else 0.
    """

    name: str
    levels: tuple[Level, ...]
    va_bits: int
    directory: Callable[[int], Table | Absent]
    big_directory: Callable[[int], Table | Absent]
    page: Callable[[int], PageWord | Absent]
    stray_directory: int
    stray_big_directory: int
    stray_page: int
    address_in_page: int = 0


BIG_TABLE = Level("PT of 64 KiB pages", 20, 16, leaf=True)
SMALL_TABLE = Level("PT of 4 KiB pages", 20, 12, leaf=True)

_TABLE_APERTURES = (None, Aperture.VRAM, Aperture.COHERENT, Aperture.NONCOHERENT)
_PAGE_APERTURES = (Aperture.VRAM, Aperture.PEER, Aperture.COHERENT, Aperture.NONCOHERENT)


def _bits(word: int, high: int, low: int) -> int:
    return word >> low & (1 << (high - low + 1)) - 1


# Version 2: fields one by one; addresses in units of 4 KiB from bit 8 on, 256 bytes from bit 4 on.


def _table_v2(word: int, unit_shift: int, low: int) -> Table | Absent:
    aperture = _TABLE_APERTURES[_bits(word, 2, 1)]
    volatile = bool(_bits(word, 3, 3))
    if aperture is None:
        return Absent(sparse=volatile)
    high = 32 if aperture is Aperture.VRAM else 53
    return Table(aperture, _bits(word, high, low) << unit_shift, volatile)


def _directory_v2(word: int) -> Table | Absent:
    return _table_v2(word, 12, 8)


def _big_directory_v2(word: int) -> Table | Absent:
    return _table_v2(word, 8, 4)


def _page_v2(word: int) -> PageWord | Absent:
    if not _bits(word, 0, 0):
        volatile, privileged = bool(_bits(word, 3, 3)), bool(_bits(word, 5, 5))
        return Absent(sparse=volatile, hides_small=privileged and not volatile)
    aperture = _PAGE_APERTURES[_bits(word, 2, 1)]
    high = 53 if aperture.is_host else 32
    return PageWord(
        aperture=aperture,
        address=_bits(word, high, 8) << 12,
        kind=_bits(word, 63, 56),
        volatile=bool(_bits(word, 3, 3)),
        privileged=bool(_bits(word, 5, 5)),
        read_only=bool(_bits(word, 6, 6)),
        atomics=not _bits(word, 7, 7),
        peer=_bits(word, 35, 33) if aperture is Aperture.PEER else 0,
    )


# Version 3: addresses in place, and a code (PCF) for caching, privilege and presence.

_PCF_UNCACHED = 1 << 0
_PCF_PRIVILEGED = 1 << 1
_PCF_READ_ONLY = 1 << 2
_PCF_NO_ATOMICS = 1 << 3
_ABSENT_SPARSE, _ABSENT_NOWHERE, _ABSENT_NO_SMALL = 1, 2, 3


def _in_place(word: int, high: int, low: int) -> int:
    return _bits(word, high, low) << low


def _table_v3(word: int, low: int) -> Table | Absent:
    aperture = _TABLE_APERTURES[_bits(word, 2, 1)]
    uncached = bool(_bits(word, 5, 3) & _PCF_UNCACHED)
    if aperture is None:
        return Absent(sparse=uncached)
    return Table(aperture, _in_place(word, 51, low), uncached)


def _directory_v3(word: int) -> Table | Absent:
    return _table_v3(word, 12)


def _big_directory_v3(word: int) -> Table | Absent:
    return _table_v3(word, 8)


def _page_v3(word: int) -> PageWord | Absent:
    pcf = _bits(word, 7, 3)
    if not _bits(word, 0, 0):
        return Absent(sparse=pcf in (_ABSENT_SPARSE, _ABSENT_NOWHERE), hides_small=pcf == _ABSENT_NO_SMALL)
    aperture = _PAGE_APERTURES[_bits(word, 2, 1)]
    return PageWord(
        aperture=aperture,
        address=_in_place(word, 51, 12),
        kind=_bits(word, 11, 8),
        volatile=bool(pcf & _PCF_UNCACHED),
        privileged=bool(pcf & _PCF_PRIVILEGED),
        read_only=bool(pcf & _PCF_READ_ONLY),
        atomics=not pcf & _PCF_NO_ATOMICS,
        peer=_bits(word, 63, 61) if aperture is Aperture.PEER else 0,
    )


def _mask(*ranges: tuple[int, int]) -> int:
    return sum((1 << (high - low + 1)) - 1 << low for high, low in ranges)


def _levels_v2(page_of_512_mib: bool) -> tuple[Level, ...]:
    return (
        Level("PD3", 48, 47),
        Level("PD2", 46, 38),
        Level("PD1", 37, 29, leaf=page_of_512_mib),
        Level("PD0", 28, 21, entry_bytes=16, leaf=True),
    )


def _version_2(name: str, page_of_512_mib: bool) -> Format:
    return Format(
        name=name,
        levels=_levels_v2(page_of_512_mib),
        va_bits=49,
        directory=_directory_v2,
        big_directory=_big_directory_v2,
        page=_page_v2,
        stray_directory=_mask((63, 54), (7, 6), (4, 4)),
        stray_big_directory=_mask((63, 54)),
        stray_page=0,
    )


V2_TURING = _version_2("GMMU version 2, Turing", page_of_512_mib=False)
V2 = _version_2("GMMU version 2", page_of_512_mib=True)
V3 = Format(
    name="GMMU version 3",
    levels=(
        Level("PD4", 56, 56),
        Level("PD3", 55, 47),
        Level("PD2", 46, 38),
        Level("PD1", 37, 29, leaf=True),
        Level("PD0", 28, 21, entry_bytes=16, leaf=True),
    ),
    va_bits=57,
    directory=_directory_v3,
    big_directory=_big_directory_v3,
    page=_page_v3,
    stray_directory=_mask((63, 52), (11, 6)),
    stray_big_directory=_mask((63, 52), (7, 6)),
    stray_page=_mask((60, 52)),
    address_in_page=_mask((51, 12)),
)
