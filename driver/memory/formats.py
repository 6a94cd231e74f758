"""What page tables look like to the GPU: levels and entries of each version, as tables.

The builder and the walker read these; neither knows a bit position.

Facts: OGKM:swref/published/pascal/gp100/dev_mmu.h, OGKM:swref/published/hopper/gh100/dev_mmu.h,
OGKM:kernel/gpu/mmu/arch/*/kern_gmmu_fmt_{gp10x,ga10x,gh10x}.c, nouveau:nvkm/subdev/mmu/vmm{gp100,gh100}.c;
the flags of version 3 also as an H100's own tables have them (a directory entry is the table's address with
0x12, an entry of a page its address with 0x681).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from barewire.errors import BadMapping, UnknownChip, UsageError

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


class Aperture(Enum):
    """Where an address of a page or a table leads to."""

    VIDEO = "video"
    PEER = "peer"
    HOST = "host"
    HOST_NONCOHERENT = "host, not coherent"


@dataclass(frozen=True)
class Bits:
    """Bits `high`..`low` of a word."""

    high: int
    low: int

    @property
    def count(self) -> int:
        """How many different values they hold."""
        return 1 << (self.high - self.low + 1)

    def take(self, word: int) -> int:
        """The value in a word."""
        return word >> self.low & (self.count - 1)


class AddressBits(NamedTuple):
    """Where a word holds an address, and how many of its low bits are left out."""

    high: int
    low: int
    shift: int

    @property
    def end(self) -> int:
        """The first address that does not fit."""
        return 1 << (self.high - self.low + 1 + self.shift)

    @property
    def mask(self) -> int:
        """The bits of the word."""
        return (1 << (self.high + 1)) - (1 << self.low)

    def put(self, address: int) -> int:
        """The address in place."""
        return address >> self.shift << self.low

    def put_all(self, addresses: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Many addresses in place."""
        return (addresses >> np.uint64(self.shift)) << np.uint64(self.low)

    def take(self, word: int) -> int:
        """The address in a word."""
        return (word >> self.low & ((1 << (self.high - self.low + 1)) - 1)) << self.shift


class TablePointer(NamedTuple):
    """Where a page table is."""

    aperture: Aperture
    address: int


@dataclass(frozen=True)
class PageAttributes:
    """What an entry says of its pages besides their address.

    Attributes:
        aperture: where the address leads to.
        kind: the storage kind, a number of KINDS.
        volatile: the GPU's L2 does not keep it.
        privileged: only privileged accesses reach it.
        read_only: writes fault.
        atomics: atomic operations are allowed.
        peer: which peer, for that aperture.
    """

    aperture: Aperture = Aperture.VIDEO
    kind: int = 6
    volatile: bool = False
    privileged: bool = False
    read_only: bool = False
    atomics: bool = True
    peer: int = 0


class Leaf(NamedTuple):
    """A valid entry of a page, decoded."""

    address: int
    attributes: PageAttributes


# Of Turing and later chips (OGKM:swref/published/turing/tu102/dev_mmu.h NV_MMU_PTE_KIND).
KINDS: Mapping[str, int] = {
    "pitch": 0x0,
    "z16": 0x1,
    "s8": 0x2,
    "s8z24": 0x3,
    "zf32_x24s8": 0x4,
    "z24s8": 0x5,
    "generic": 0x6,
    "invalid": 0x7,
    "generic_compressible": 0x8,
    "generic_compressible_no_plc": 0x9,
    "smsked": 0xF,
}


@dataclass(frozen=True)
class DirectoryEntry:
    """How a directory's entry, or one word of a dual one, points to a table.

    Attributes:
        aperture: its bits; 0 points to nothing.
        codes: what stands for each aperture there.
        address: where the table's address stands, by aperture.
        flags: what else is set, by aperture.
        sparse: the word of an entry whose range reads as zeros and ignores writes.
        named: what its other bits are called, in place; where an address has them, they are the address's.
    """

    aperture: Bits
    codes: Mapping[Aperture, int]
    address: Mapping[Aperture, AddressBits]
    flags: Mapping[Aperture, int]
    sparse: int
    named: Mapping[str, int]

    def encode(self, table: TablePointer) -> int:
        """The word that points to a table.

        Raises:
            BadMapping: the table's address does not fit.
        """
        bits = self.address[table.aperture]
        if not 0 <= table.address < bits.end or table.address % (1 << bits.shift):
            raise BadMapping(
                "a page table cannot be at this address", address=table.address, limit_address=bits.end
            )
        code = self.codes[table.aperture] << self.aperture.low
        return code | self.flags[table.aperture] | bits.put(table.address)

    def decode(self, word: int) -> TablePointer | None:
        """The table that a word points to, if any."""
        code = self.aperture.take(word)
        for aperture, known in self.codes.items():
            if code == known:
                return TablePointer(aperture, self.address[aperture].take(word))
        return None


@dataclass(frozen=True)
class PageEntry:
    """How an entry describes a page.

    Attributes:
        valid, aperture, kind, peer: their bits.
        codes: what stands for each aperture there.
        address: where the page's address stands, by aperture.
        volatile, privileged, read_only, no_atomics: the bit of each, in place.
        always: bits that are set in every valid entry.
        sparse: the word of an entry that reads as zeros and ignores writes.
        named: what its other bits are called, in place; where an address has them, they are the address's.
    """

    valid: int
    aperture: Bits
    codes: Mapping[Aperture, int]
    address: Mapping[Aperture, AddressBits]
    kind: Bits
    peer: Bits
    volatile: int
    privileged: int
    read_only: int
    no_atomics: int
    always: int
    sparse: int
    named: Mapping[str, int]

    def encode_attributes(self, attributes: PageAttributes) -> int:
        """All of an entry but the address.

        Raises:
            BadMapping: the kind or the peer does not fit.
        """
        for what, value, bits in (("kind", attributes.kind, self.kind), ("peer", attributes.peer, self.peer)):
            if not 0 <= value < bits.count:
                raise BadMapping(f"a {what} is below {bits.count} in this format", value=value)
        word = self.valid | self.always | self.codes[attributes.aperture] << self.aperture.low
        word |= attributes.kind << self.kind.low
        if attributes.aperture is Aperture.PEER:
            word |= attributes.peer << self.peer.low
        for is_set, flag in (
            (attributes.volatile, self.volatile),
            (attributes.privileged, self.privileged),
            (attributes.read_only, self.read_only),
            (not attributes.atomics, self.no_atomics),
        ):
            word |= flag if is_set else 0
        return word

    def encode(self, attributes: PageAttributes, addresses: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Entries of many pages, as 64-bit words.

        Raises:
            BadMapping: an address does not fit.
        """
        bits = self.address[attributes.aperture]
        if addresses.size and int(addresses.max()) >= bits.end:
            raise BadMapping(
                "pages of this aperture cannot have such an address",
                aperture=attributes.aperture.value,
                address=int(addresses.max()),
                limit_address=bits.end,
            )
        return bits.put_all(addresses) | np.uint64(self.encode_attributes(attributes))

    def decode(self, word: int) -> Leaf | None:
        """The page of a word; None if it is not valid."""
        if not word & self.valid:
            return None
        code = self.aperture.take(word)
        aperture = next(known for known, number in self.codes.items() if number == code)
        peer = self.peer.take(word) if aperture is Aperture.PEER else 0
        attributes = PageAttributes(
            aperture=aperture,
            kind=self.kind.take(word),
            volatile=bool(word & self.volatile),
            privileged=bool(word & self.privileged),
            read_only=bool(word & self.read_only),
            atomics=not word & self.no_atomics,
            peer=peer,
        )
        return Leaf(self.address[aperture].take(word), attributes)


@dataclass(frozen=True)
class Level:
    """Tables of one level.

    Attributes:
        name: as NVIDIA names it.
        va_bits: of the GPU virtual address, that choose the entry.
        entry_bytes: 16 for the directory whose entries point to a table of big and one of small pages.
        leaf: whether an entry may be a page itself.
    """

    name: str
    va_bits: Bits
    entry_bytes: int = 8
    leaf: bool = False

    @property
    def span_bytes(self) -> int:
        """What one entry covers."""
        return 1 << self.va_bits.low

    @property
    def entries(self) -> int:
        """How many entries a table has."""
        return self.va_bits.count

    @property
    def table_bytes(self) -> int:
        """The size of a table."""
        return self.entries * self.entry_bytes

    @property
    def words(self) -> int:
        """How many 64-bit words an entry has."""
        return self.entry_bytes // 8

    def entries_within(self, table_va: int, within: tuple[int, int]) -> tuple[int, int]:
        """(first, end) of the entries that touch a range of addresses; the table begins at `table_va`."""
        if within[0] >= within[1]:
            return 0, 0
        first = max(0, (within[0] - table_va) // self.span_bytes)
        return first, min(self.entries, -(-(within[1] - table_va) // self.span_bytes))


class Hop(NamedTuple):
    """A step from a directory to a table: through which word of the entry."""

    level: Level
    word: int


class Route(NamedTuple):
    """How an entry of some page size is found: through which directories, and in which level's table."""

    hops: tuple[Hop, ...]
    level: Level


@dataclass(frozen=True, repr=False)
class PageTableFormat:
    """One version of page tables.

    Attributes:
        name: for messages.
        directories: from the root down; the last has dual entries.
        big, small: the tables below it, for pages of 64 KiB and 4 KiB.
        pde: of every directory but the last; dual_big, dual_small: the two words of the last one's entries.
        pte: of every page, whatever its size.
        source: where it is from.
    """

    name: str
    directories: tuple[Level, ...]
    big: Level
    small: Level
    pde: DirectoryEntry
    dual_big: DirectoryEntry
    dual_small: DirectoryEntry
    pte: PageEntry
    source: str

    def __repr__(self) -> str:
        return f"<PageTableFormat {self.name}>"

    @property
    def root(self) -> Level:
        """The first directory."""
        return self.directories[0]

    @property
    def va_end(self) -> int:
        """The first GPU virtual address that is too large."""
        return 1 << (self.root.va_bits.high + 1)

    @cached_property
    def routes(self) -> Mapping[int, Route]:
        """By page size in bytes, the largest first."""
        upper, last = self.directories[:-1], self.directories[-1]
        found: dict[int, Route] = {}
        for depth, level in enumerate(self.directories):
            if level.leaf:
                hops = tuple(Hop(above, 0) for above in self.directories[:depth])
                found[level.span_bytes] = Route(hops, level)
        down = tuple(Hop(level, 0) for level in upper)
        found[self.big.span_bytes] = Route((*down, Hop(last, 0)), self.big)
        found[self.small.span_bytes] = Route((*down, Hop(last, 1)), self.small)
        return found

    @property
    def page_sizes(self) -> tuple[int, ...]:
        """In bytes, the largest first."""
        return tuple(self.routes)

    @property
    def levels(self) -> tuple[Level, ...]:
        """Every level, the root first."""
        return (*self.directories, self.big, self.small)

    def route_to(self, level: Level) -> Route:
        """How tables of a level are found."""
        if level in (self.big, self.small):
            return self.routes[level.span_bytes]
        depth = self.directories.index(level)
        return Route(tuple(Hop(above, 0) for above in self.directories[:depth]), level)

    def pointer(self, level: Level, word: int) -> DirectoryEntry:
        """What the entries of a directory look like; `word` is 1 for the second word of a dual one."""
        if level is not self.directories[-1]:
            return self.pde
        return self.dual_small if word else self.dual_big

    def depth(self, level: Level) -> int:
        """How far a level is above the tables of pages, which are 0."""
        if level in (self.big, self.small):
            return 0
        return len(self.directories) - self.directories.index(level)

    def _repr_html_(self) -> str:
        """Its levels, and which bits of an address each takes, for notebooks."""
        from barewire.show import format_table as shown

        return shown(self).html


_PDE_CODES = {Aperture.VIDEO: 1, Aperture.HOST: 2, Aperture.HOST_NONCOHERENT: 3}
_PTE_CODES = {Aperture.VIDEO: 0, Aperture.PEER: 1, Aperture.HOST: 2, Aperture.HOST_NONCOHERENT: 3}
_SPARSE = 1 << 3  # in every format: "volatile" or "uncached", and nothing valid


def _tables_at(video: AddressBits, host: AddressBits) -> Mapping[Aperture, AddressBits]:
    return {Aperture.VIDEO: video, Aperture.HOST: host, Aperture.HOST_NONCOHERENT: host}


_V2_VOLATILE = 1 << 3
_V2_VIDEO, _V2_HOST = AddressBits(32, 8, 12), AddressBits(53, 8, 12)
_V2_FLAGS = {Aperture.VIDEO: 0, Aperture.HOST: _V2_VOLATILE, Aperture.HOST_NONCOHERENT: 0}
_V2_SMALL = DirectoryEntry(
    aperture=Bits(2, 1),
    codes=_PDE_CODES,
    address=_tables_at(_V2_VIDEO, _V2_HOST),
    flags=_V2_FLAGS,
    sparse=_SPARSE,
    named={"volatile": _V2_VOLATILE, "no ATS": 1 << 5},
)
_V2_PDE = replace(_V2_SMALL, named={"is page": 1 << 0, **_V2_SMALL.named})

GMMU_V2 = PageTableFormat(
    name="GMMU version 2",
    directories=(
        Level("PD3", Bits(48, 47)),
        Level("PD2", Bits(46, 38)),
        Level("PD1", Bits(37, 29), leaf=True),
        Level("PD0", Bits(28, 21), entry_bytes=16, leaf=True),
    ),
    big=Level("PT 64 KiB", Bits(20, 16), leaf=True),
    small=Level("PT 4 KiB", Bits(20, 12), leaf=True),
    pde=_V2_PDE,
    dual_big=replace(_V2_PDE, address=_tables_at(AddressBits(32, 4, 8), AddressBits(53, 4, 8))),
    dual_small=_V2_SMALL,
    pte=PageEntry(
        valid=1 << 0,
        aperture=Bits(2, 1),
        codes=_PTE_CODES,
        address={**_tables_at(_V2_VIDEO, _V2_HOST), Aperture.PEER: _V2_VIDEO},
        kind=Bits(63, 56),
        peer=Bits(35, 33),
        volatile=_V2_VOLATILE,
        privileged=1 << 5,
        read_only=1 << 6,
        no_atomics=1 << 7,
        always=0,
        sparse=_SPARSE,
        named={"encrypted": 1 << 4, "compression tag": (1 << 54) - (1 << 36)},
    ),
    source="OGKM:swref/published/pascal/gp100/dev_mmu.h, OGKM:kern_gmmu_fmt_ga10x.c (512 MiB pages)",
)

GMMU_V2_TURING = replace(
    GMMU_V2,
    name="GMMU version 2, as Turing has it",
    directories=tuple(
        replace(level, leaf=False) if level.name == "PD1" else level for level in GMMU_V2.directories
    ),
    source="OGKM:swref/published/pascal/gp100/dev_mmu.h, OGKM:kern_gmmu_fmt_gp10x.c",
)

# The cache control of version 3, PCF: of a table it says whether it is cached and whether ATS is allowed.
_V3_TABLE_CACHED, _V3_TABLE_UNCACHED = 2 << 3, 3 << 3  # both: ATS is not allowed
_V3_IN_PLACE = AddressBits(51, 12, 12)
_V3_FLAGS = {
    Aperture.VIDEO: _V3_TABLE_CACHED,
    Aperture.HOST: _V3_TABLE_UNCACHED,
    Aperture.HOST_NONCOHERENT: _V3_TABLE_CACHED,
}
_V3_SMALL = DirectoryEntry(
    aperture=Bits(2, 1),
    codes=_PDE_CODES,
    address=_tables_at(_V3_IN_PLACE, _V3_IN_PLACE),
    flags=_V3_FLAGS,
    sparse=_SPARSE,
    named={"volatile": 1 << 3, "no ATS": 1 << 4, "PCF": 1 << 5},  # the third bit of PCF stands for nothing
)
_V3_PDE = replace(_V3_SMALL, named={"is page": 1 << 0, **_V3_SMALL.named})

GMMU_V3 = PageTableFormat(
    name="GMMU version 3",
    directories=(
        Level("PD4", Bits(56, 56)),
        Level("PD3", Bits(55, 47)),
        Level("PD2", Bits(46, 38)),
        Level("PD1", Bits(37, 29), leaf=True),
        Level("PD0", Bits(28, 21), entry_bytes=16, leaf=True),
    ),
    big=Level("PT 64 KiB", Bits(20, 16), leaf=True),
    small=Level("PT 4 KiB", Bits(20, 12), leaf=True),
    pde=_V3_PDE,
    dual_big=replace(_V3_PDE, address=_tables_at(AddressBits(51, 8, 8), AddressBits(51, 8, 8))),
    dual_small=_V3_SMALL,
    pte=PageEntry(
        valid=1 << 0,
        aperture=Bits(2, 1),
        codes=_PTE_CODES,
        address={**_tables_at(_V3_IN_PLACE, _V3_IN_PLACE), Aperture.PEER: _V3_IN_PLACE},
        kind=Bits(11, 8),
        peer=Bits(63, 61),
        volatile=1 << 3,
        privileged=1 << 4,
        read_only=1 << 5,
        no_atomics=1 << 6,
        always=1 << 7,  # ACD: RM's own entries have it
        sparse=_SPARSE,
        named={"ACD": 1 << 7},
    ),
    source="OGKM:swref/published/hopper/gh100/dev_mmu.h, OGKM:kern_gmmu_fmt_gh10x.c; read back on an H100",
)

GMMU_V3_BLACKWELL = replace(
    GMMU_V3,
    name="GMMU version 3, as Blackwell has it",
    directories=tuple(
        replace(level, leaf=True) if level.name == "PD2" else level for level in GMMU_V3.directories
    ),
    source="OGKM:kern_gmmu_fmt_gb10x.c (256 GiB pages)",
)

FORMATS: Mapping[str, PageTableFormat] = {
    "turing": GMMU_V2_TURING,
    "ampere": GMMU_V2,
    "ada": GMMU_V2,
    "hopper": GMMU_V3,
    "blackwell": GMMU_V3_BLACKWELL,
}


def format_of(family: str) -> PageTableFormat:
    """The page tables of a family of chips.

    Raises:
        UnknownChip: no format is known for it.
    """
    found = FORMATS.get(family.lower())
    if found is None:
        raise UnknownChip(
            f"no page table format is known for {family!r}", hint=f"Known: {', '.join(sorted(FORMATS))}."
        )
    return found


def kind_number(kind: int | str) -> int:
    """The number of a storage kind, given by number or by name.

    Raises:
        UsageError: no kind has that name.
    """
    if not isinstance(kind, str):
        return kind
    if kind not in KINDS:
        raise UsageError(f"there is no storage kind {kind!r}", expected=", ".join(KINDS))
    return KINDS[kind]
