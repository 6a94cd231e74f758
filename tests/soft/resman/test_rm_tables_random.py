"""Random mappings and reservations: what the MMU finds, page by page, is what was asked for, and all of
firmware's account of its tables is in memory."""

from __future__ import annotations

import itertools
import random

import pytest
from barewire.softgpu.page_tables import Aperture
from rm_side import (
    ALIGNMENT_FORCE,
    DEVICE,
    LAZY,
    LIST_FBMEM,
    LIST_SYSTEM,
    OK,
    PAGE,
    SIZE_4K,
    SIZE_BIG,
    SIZE_BOTH,
    SIZE_HUGE,
    SNOOP,
    SPARSE,
    reservation_params,
)
from rm_space import KIB, MEMORY, MIB, VA, Space

STEPS = 150
BASES = (VA, VA + 512 * MIB - 4 * MIB, (1 << 38) - 2 * MIB)  # the latter two across borders of tables
SPAN = 8 * MIB  # of addresses from each base on
HOST = 0x15_0000_0000
NOTHING = Aperture.SPARSE
CONTIGUOUS = 4 * MIB // PAGE  # pages of memory that is in one piece
PAGE_SIZES = (0, SIZE_4K, SIZE_BIG, SIZE_BOTH, SIZE_HUGE)


class World:
    """An address space, what is in it, and what every page of its addresses should lead to."""

    def __init__(self, rm, seed):
        self.chance = random.Random(seed)
        self.rm, self.space = rm, Space(rm)
        self.pages = {}
        self.mapped = {}  # (virtual, first address) -> pages
        self.reserved = {}  # virtual -> (start, end, sparse)
        self.memories = [self.memory(number) for number in range(6)]

    def memory(self, number):
        """(handle, aperture, addresses of its pages): contiguous, scattered, in video or in host memory."""
        start = MEMORY + number * 16 * MIB if number % 2 else HOST + number * 16 * MIB
        aperture = Aperture.VRAM if number % 2 else Aperture.COHERENT
        class_id = LIST_FBMEM if number % 2 else LIST_SYSTEM
        if number < 4:
            handle = self.rm.memory([start], 4 * MIB, class_id=class_id)
            return handle, aperture, [start + at for at in range(0, 4 * MIB, PAGE)]
        pages = [start + at * PAGE for at in range(64)]
        self.chance.shuffle(pages)
        return self.rm.memory(pages, class_id=class_id), aperture, pages

    def step(self):
        actions = (self.map, self.map, self.map, self.unmap, self.reserve, self.free, self.ask)
        self.chance.choice(actions)()

    def address(self, low=None, high=None):
        if low is None:
            low = self.chance.choice(BASES)
            high = low + SPAN
        unit = self.chance.choice((PAGE, PAGE, 64 * KIB, 2 * MIB))
        return max(low, low + self.chance.randrange(high - low) // unit * unit)

    def map(self):
        handle, aperture, pages = self.chance.choice(self.memories)
        length = self.chance.choice((1, 2, 5, 16, 17, 64, 512, 600)) * PAGE
        length = min(length, len(pages) * PAGE)
        offset = self.chance.choice((0, 0, 1, 16, 512)) * PAGE
        offset = min(offset, len(pages) * PAGE - length)
        virtual, gpu_va = self.space.window, self.address()
        if self.reserved and self.chance.random() < 0.6:
            virtual = self.chance.choice(list(self.reserved))
            low, high, _ = self.reserved[virtual]
            gpu_va = self.address(low, high)
        flags = self.chance.choice(PAGE_SIZES) | SNOOP
        status, where = self.rm.try_map(virtual, handle, gpu_va, length, offset=offset, flags=flags)
        if status != OK:
            return
        pages = self.expected(where, length, pages, offset)
        assert not any(self.pages.get(page, NOTHING) is not NOTHING for page in pages)
        self.mapped[virtual, where] = {page: (aperture, address) for page, address in pages.items()}
        self.pages.update(self.mapped[virtual, where])

    def expected(self, where, length, pages, offset):
        """Physical addresses of the pages that a mapping should have, all of its first and last page too."""
        size = self.space.leaf(where).page_bytes
        start, end = where - where % size, -(-(where + length) // size) * size
        if len(pages) == CONTIGUOUS:
            return {page: pages[0] + offset + page - where for page in range(start, end, PAGE)}
        return {page: pages[(offset + page - where) // PAGE] for page in range(start, end, PAGE)}

    def unmap(self):
        if not self.mapped:
            return
        virtual, where = self.chance.choice(list(self.mapped))
        assert self.rm.unmap(virtual, where) == OK
        self.forget(virtual, where)

    def forget(self, virtual, where):
        sparse = virtual in self.reserved and self.reserved[virtual][2]
        for page in self.mapped.pop((virtual, where)):
            if sparse:
                self.pages[page] = NOTHING
            else:
                del self.pages[page]

    def reserve(self):
        flags = self.chance.choice((0, LAZY, SPARSE, SPARSE))
        size = self.chance.choice((PAGE, 48 * KIB, 2 * MIB, 3 * MIB, 6 * MIB))
        page_size = self.chance.choice((0, 1, 2, 3))
        handle = self.rm.handle()
        forced = self.chance.choice((0, ALIGNMENT_FORCE))
        at = self.address()
        params = reservation_params(self.space.handle, size, at, flags | forced, page_size, alignment=PAGE)
        if self.rm.alloc(DEVICE, handle, 0x50A0, params)[0] == OK:
            start, end = self.rm.object_of(handle).extent
            self.reserved[handle] = (start, end, bool(flags & SPARSE))
            if flags & SPARSE:
                self.pages.update(dict.fromkeys(range(start, end, PAGE), NOTHING))

    def free(self):
        """Free a reservation, or a memory object with its mappings."""
        if self.reserved and self.chance.random() < 0.7:
            virtual = self.chance.choice(list(self.reserved))
            for one in [one for one in self.mapped if one[0] == virtual]:
                self.forget(*one)
            start, end, _ = self.reserved.pop(virtual)
            for page in range(start, end, PAGE):
                self.pages.pop(page, None)
            assert self.rm.free(virtual) == OK
            return
        number = self.chance.randrange(len(self.memories))
        handle = self.memories[number][0]
        for one in [one for one in self.mapped if self.memory_at(*one) == handle]:
            self.forget(*one)
        assert self.rm.free(handle) == OK
        self.memories[number] = self.memory(number)

    def memory_at(self, virtual, where):
        return self.rm.object_of(virtual).mappings[where].memory.handle

    def ask(self):
        """Where the tables are; not of a large page that lies in a lazy reservation, which would go."""
        gpu_va = self.address()
        leaf = self.space.leaf(gpu_va)
        if leaf is None or leaf.page_bytes < 2 * MIB:
            self.rm.directory_info(self.space.handle, gpu_va)

    # What is true at any time.

    def check(self, pages):
        """That pages lead where they should."""
        for page in pages:
            found = self.space.reads(page)
            wanted = self.pages.get(page)
            if wanted is NOTHING:
                assert found is not None and found[0] is NOTHING, hex(page)
            else:
                assert found == wanted, hex(page)

    def check_account(self):
        """That memory holds the entries that firmware keeps account of, and each table has its own place."""
        memory = self.rm.gpu.resman.table_memory
        places = []
        for table in self.rm.object_of(self.space.handle).owned.tables.tables():
            size = table.level.entries * table.level.entry_bytes
            kept = b"".join(table.entry(index) for index in range(table.level.entries))
            assert memory.vram.read(table.address, size) == kept, table.level.name
            places.append((table.address, table.address + max(size, 256)))
        places.sort()
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(places))
        assert len({start // PAGE for start, _ in places}) == memory.in_use

    def some_pages(self):
        """Pages at the edges of what is mapped and reserved, and a few others."""
        edges = [page for pages in self.mapped.values() for page in (min(pages), max(pages))]
        edges += [page for low, high, _ in self.reserved.values() for page in (low, high - PAGE)]
        around = {page + step for page in edges for step in (-PAGE, 0, PAGE)}
        return around | {
            base + self.chance.randrange(SPAN // PAGE) * PAGE for base in BASES for _ in range(8)
        }


@pytest.mark.parametrize("seed", range(8))
def test_what_is_mapped_is_what_the_mmu_finds(rm, seed):
    world = World(rm, seed)

    for step in range(STEPS):
        world.step()
        world.check(world.some_pages())
        if step % 10 == 0:
            world.check_account()

    world.check(world.pages)
    world.check_account()
    for virtual in [*world.reserved, world.space.window]:
        assert rm.free(virtual) == OK
    assert rm.gpu.resman.table_memory.in_use == 4
    assert rm.gpu.reports == []
