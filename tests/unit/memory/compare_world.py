"""Page tables that the builder made, in memory of any kind, and all that the comparison is told of them."""

from __future__ import annotations

import ctypes
from typing import NamedTuple

import numpy as np
from barewire.memory.compare import Comparison, Place, Wanted, compare
from barewire.memory.formats import Aperture, PageAttributes, PageTableFormat, TablePointer
from barewire.memory.pagetable import PageTables
from barewire.memory.paging import Pages
from barewire.memory.runs import sparse_pages
from barewire.memory.tables import CpuTables, VideoTables
from barewire.memory.vram import VramAllocator
from table_memory import PlainWindow

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
VIDEO_BYTES = 8 * MIB
FIRST_BUS_ADDRESS = 0x1_5000_0000
BLOCK_BYTES = 64 * KIB

VA = 0x10_0000_0000
PLAIN = PageAttributes()
HOST_READ_ONLY = PageAttributes(aperture=Aperture.HOST, volatile=True, read_only=True)
PEER = PageAttributes(aperture=Aperture.PEER, peer=3)


class Block:
    """Memory of this process in one piece, as a device would name it."""

    def __init__(self, bus_address: int, size_bytes: int = BLOCK_BYTES) -> None:
        self._bytes = (ctypes.c_uint8 * size_bytes)(*b"\xab" * size_bytes)
        self.address = ctypes.addressof(self._bytes)
        self.bus_address = bus_address
        self.size_bytes = size_bytes
        self.closed = 0

    def close(self) -> None:
        self.closed += 1


class Blocks:
    """Makes blocks, and remembers them."""

    def __init__(self) -> None:
        self.made: list[Block] = []

    def __call__(self) -> Block:
        self.made.append(Block(FIRST_BUS_ADDRESS + len(self.made) * MIB))
        return self.made[-1]


def store_in(where: str) -> VideoTables | CpuTables:
    """Memory for tables, full of what nobody wrote."""
    if where == "video":
        return VideoTables(VramAllocator([(0, VIDEO_BYTES)]), PlainWindow(VIDEO_BYTES))
    return CpuTables(Blocks(), Aperture(where))


STORES = ("video", "host", "host, not coherent")


class World:
    """Page tables in memory, with a record of what is mapped.

    Attributes:
        wanted: what is mapped.
    """

    def __init__(self, form: PageTableFormat, where: str = "video") -> None:
        self.form = form
        self.store = store_in(where)
        self.tables = PageTables(form, self.store)
        self.wanted: list[Wanted] = []

    @property
    def root(self) -> TablePointer:
        return self.tables.root

    @property
    def places(self) -> dict[Place, TablePointer]:
        return {Place(table.level.name, table.gpu_va): table.page.pointer for table in self.tables.tables()}

    def map(self, gpu_va: int, addresses: list[int], page_bytes: int, attributes=PLAIN) -> None:
        """Pages of one size beside each other."""
        gpu_vas = np.array([gpu_va + number * page_bytes for number in range(len(addresses))], np.uint64)
        self.want(Wanted((Pages(page_bytes, gpu_vas, np.array(addresses, np.uint64)),), attributes))

    def map_sparse(self, gpu_va: int, size_bytes: int, page_bytes: int) -> None:
        self.want(Wanted(tuple(sparse_pages(self.form, gpu_va, size_bytes, page_bytes)), None))

    def want(self, wanted: Wanted) -> None:
        self.tables.map(wanted.pages, wanted.attributes)
        self.wanted.append(wanted)

    def table(self, level: str, gpu_va: int) -> TablePointer:
        """The table of a level that has an address."""
        found = {each.name: each for each in self.form.levels}[level]
        covered = found.span_bytes * found.entries
        return self.places[Place(level, gpu_va // covered * covered)]

    def word_number(self, level: str, gpu_va: int, half: int = 0) -> int:
        found = {each.name: each for each in self.form.levels}[level]
        return found.va_bits.take(gpu_va) * found.words + half

    def get(self, level: str, gpu_va: int, half: int = 0) -> int:
        """A word in memory."""
        offset = 8 * self.word_number(level, gpu_va, half)
        return int.from_bytes(self.store.read(self.table(level, gpu_va), offset, 8), "little")

    def put(self, level: str, gpu_va: int, word: int, half: int = 0) -> None:
        """Change a word in memory, behind the builder's back."""
        offset = 8 * self.word_number(level, gpu_va, half)
        self.store.write(self.table(level, gpu_va), offset, word.to_bytes(8, "little"))

    def flip(self, level: str, gpu_va: int, bit: int, half: int = 0) -> None:
        """Change one bit in memory."""
        self.put(level, gpu_va, self.get(level, gpu_va, half) ^ 1 << bit, half)

    def compare(self, start_va: int = 0, end_va: int | None = None, **changed) -> Comparison:
        """How the tables in memory compare; `changed` are other arguments than the true ones."""
        given = {
            "reader": self.store,
            "root": self.root,
            "wanted": self.wanted,
            "places": self.places,
            "start_va": start_va,
            "end_va": end_va,
        }
        return compare(self.form, **{**given, **changed})


class Spot(NamedTuple):
    """A word in the layout of `everything`.

    Attributes:
        kind: what it is, for what its bits are called.
    """

    name: str
    kind: str
    level: str
    gpu_va: int
    half: int = 0


def everything(form: PageTableFormat, where: str = "video") -> World:
    """Tables with an entry of every kind in them, holes between, and big pages beside small ones."""
    world = World(form, where)
    world.map(VA, [0x41_0000, 0x55_3000], 4 * KIB)
    world.map(VA + 0x1_0000, [0x1_4567_8000], 4 * KIB, HOST_READ_ONLY)
    world.map(VA + 0x2_0000, [0x7_1000], 4 * KIB, PEER)
    world.map_sparse(VA + 0x3_0000, 8 * KIB, 4 * KIB)
    world.map(VA + 0x8_0000, [0x10_0000, 0x9_0000], 64 * KIB)
    world.map_sparse(VA + 0xB_0000, 64 * KIB, 64 * KIB)
    world.map(VA + 2 * MIB, [0x1A0_0000, 0x200_0000], 2 * MIB)
    world.map(VA + 8 * MIB, [0x1_2340_0000], 2 * MIB, HOST_READ_ONLY)
    world.map_sparse(VA + 12 * MIB, 2 * MIB, 2 * MIB)
    if 512 * MIB in form.page_sizes:
        world.map(VA + 512 * MIB, [0x4000_0000], 512 * MIB)
    return world


def spots(form: PageTableFormat) -> list[Spot]:
    """A word of every kind in the layout of `everything`."""
    upper = [level.name for level in form.directories[:-1]]
    big, small = form.big.name, form.small.name
    found = [Spot(f"pointer in {name}", "pointer", name, VA) for name in upper]
    found += [
        Spot("pointer to big pages", "big pointer", "PD0", VA),
        Spot("pointer to small pages", "small pointer", "PD0", VA, 1),
        Spot("4 KiB page", "page", small, VA + 4 * KIB),
        Spot("4 KiB page of the host", "host page", small, VA + 0x1_0000),
        Spot("4 KiB page of a peer", "page", small, VA + 0x2_0000),
        Spot("sparse 4 KiB page", "page", small, VA + 0x3_1000),
        Spot("no 4 KiB page", "page", small, VA + 0x4_0000),
        Spot("64 KiB page", "page", big, VA + 0x9_0000),
        Spot("sparse 64 KiB page", "page", big, VA + 0xB_0000),
        Spot("no 64 KiB page", "page", big, VA + 0x1F_0000),
        Spot("2 MiB page", "page", "PD0", VA + 4 * MIB),
        Spot("word beside a 2 MiB page", "no small pointer", "PD0", VA + 4 * MIB, 1),
        Spot("2 MiB page of the host", "host page", "PD0", VA + 8 * MIB),
        Spot("sparse 2 MiB page", "no big pointer", "PD0", VA + 12 * MIB),
        Spot("word beside a sparse 2 MiB page", "no small pointer", "PD0", VA + 12 * MIB, 1),
        Spot("nothing in PD0", "nothing in PD0", "PD0", VA + 16 * MIB),
        Spot("nothing in PD0, second word", "no small pointer", "PD0", VA + 16 * MIB, 1),
        Spot("nothing in PD2", "no pointer", "PD2", VA + 512 * GIB),
        Spot("nothing in PD3", "no pointer", "PD3", VA + (1 << 47)),
    ]
    if 512 * MIB in form.page_sizes:
        found.append(Spot("512 MiB page", "page", "PD1", VA + 512 * MIB))
        found.append(Spot("nothing in PD1", "nothing in PD1", "PD1", VA + GIB))
    else:
        found.append(Spot("nothing in PD1", "no pointer", "PD1", VA + GIB))
    return found
