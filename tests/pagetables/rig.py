"""Carries out plans of `layouts.py` on a device: tables of our own in front of a copy engine, and a shadow.

The memory that plans map parts of is filled and looked at by other ways than the tables under test: video
memory by the device's ordinary queue in its ordinary address space, host memory by the CPU. After every
change of the tables, before the copy engine is given anything, `independent_walk.check` goes through all of
them: every entry leads to memory of this test, and what is mapped is what the plan says, page by page.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from barewire.memory.formats import Aperture, TablePointer

from tests.pagetables import layouts
from tests.pagetables.independent_walk import Leaf, Range, check
from tests.pagetables.layouts import MIB, SMALL, STOCK, Map, Plan, Remap, Segment, Spot, Stock, Unmap

START_VA = 2 * MIB  # of an address space; what channels need comes first
FIRST_VA = 1 << 30  # of what plans map
WAIT_S = 20.0


class WrongBytes(Exception):
    """Memory does not hold what it must."""


class WrongTables(Exception):
    """The tables map something else than what was asked for."""


class Memories:
    """The memory of STOCK on a device, and what every byte of it must be.

    Attributes:
        objects: the memory objects.
        shadow: what each must hold.
    """

    def __init__(self, dev: Any) -> None:
        self.dev = dev
        self.objects: list[Any] = []
        self.shadow = [np.zeros(stock.size_bytes, np.uint8) for stock in STOCK]
        self._ordinary: list[int | None] = []  # addresses in the device's own space, of video memory
        self._seen: list[np.ndarray | None] = []  # what the CPU sees, of host memory
        self._undo = contextlib.ExitStack()
        try:
            for stock in STOCK:
                self._add(stock)
        except BaseException:
            self.close()
            raise

    def _add(self, stock: Stock) -> None:
        memory = allocate(self.dev, stock)
        self._undo.callback(memory.close)
        expect_pieces(self.dev, memory, stock)
        self.objects.append(memory)
        if stock.aperture == "video":
            gpu_va = self.dev.space.map(memory)
            self._undo.callback(self.dev.space.unmap, gpu_va)
            self._ordinary.append(gpu_va)
            self._seen.append(None)
        else:
            mapping = memory.map_cpu()
            self._undo.callback(mapping.close)
            self._ordinary.append(None)
            self._seen.append(np.frombuffer(mapping.view, np.uint8))

    def fill(self, seed: int) -> None:
        """New content everywhere, of which no eight bytes are like any others but by chance."""
        random = np.random.default_rng(seed)
        for shadow, gpu_va, seen in zip(self.shadow, self._ordinary, self._seen, strict=True):
            shadow.view(np.uint64)[:] = random.integers(0, 1 << 64, shadow.size // 8, dtype=np.uint64)
            if seen is not None:
                seen[:] = shadow
            else:
                self.dev.write(gpu_va, shadow)
        self.dev.synchronize()

    def expect_right(self, what: str) -> None:
        """Every byte is what it must be.

        Raises:
            WrongBytes: names the first that is not.
        """
        for number, shadow in enumerate(self.shadow):
            held = self._held(number)
            if np.array_equal(held.view(np.uint64), shadow.view(np.uint64)):
                continue
            wrong = np.flatnonzero(held != shadow)
            first = int(wrong[0])
            is_there, should = (each[first : first + 16].tobytes().hex() for each in (held, shadow))
            raise WrongBytes(
                f"{what}: {wrong.size} bytes of {STOCK[number]} are wrong, the first at {first:#x}: "
                f"{is_there}, not {should}"
            )

    def _held(self, number: int) -> np.ndarray:
        seen, gpu_va = self._seen[number], self._ordinary[number]
        if seen is not None:
            return seen
        held = np.empty(STOCK[number].size_bytes, np.uint8)
        self.dev.read(gpu_va, held)
        return held

    def copy(self, source: Iterable[Segment], destination: Iterable[Segment]) -> None:
        """Do to the shadow what a copy does to the memory."""
        data = np.concatenate([self._bytes(segment) for segment in source])
        done = 0
        for segment in destination:
            if segment.stock is not None:
                target = self.shadow[segment.stock]
                target[segment.offset : segment.offset + segment.size_bytes] = data[done:][
                    : segment.size_bytes
                ]
            done += segment.size_bytes

    def _bytes(self, segment: Segment) -> np.ndarray:
        if segment.stock is None:
            return np.zeros(segment.size_bytes, np.uint8)
        return self.shadow[segment.stock][segment.offset : segment.offset + segment.size_bytes]

    def close(self) -> None:
        """Give everything back; what the GPU still does with it must be over."""
        self._seen.clear()
        self._undo.close()

    def __enter__(self) -> Memories:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def allocate(dev: Any, stock: Stock) -> Any:
    """Memory of the pieces that a stock has."""
    if stock.aperture == "video":
        return dev.rm.video_memory(stock.size_bytes, page_size_bytes=stock.page_bytes)
    if stock.page_bytes == SMALL:
        return dev.rm.host_memory(stock.size_bytes)
    if dev.name.startswith("nv:"):
        return dev.rm.host_memory(stock.size_bytes, page_size_bytes=stock.page_bytes)
    return dev.rm.memory.host_memory(stock.size_bytes, contiguous=True)


def expect_pieces(dev: Any, memory: Any, stock: Stock) -> None:
    """The memory lies in pieces as the stock says; a kernel driver's RM is asked of each 4 KiB.

    Raises:
        WrongTables: it does not, and must not be mapped as plans want it.
    """
    asks_rm = dev.name.startswith("nv:")
    for offset in range(0, stock.size_bytes, SMALL):
        (piece,) = memory.part(offset, SMALL)
        first = memory.part(offset // stock.page_bytes * stock.page_bytes, SMALL)[0].address
        if first % stock.page_bytes or piece.address != first + offset % stock.page_bytes:
            raise WrongTables(f"{stock} is not in aligned pieces: {piece.address:#x} at {offset:#x}")
        if asks_rm and (memory.aperture, piece.address) != _said_by_rm(dev, memory, offset):
            raise WrongTables(f"RM says that {stock} is elsewhere: not {piece.address:#x} at {offset:#x}")


def _said_by_rm(dev: Any, memory: Any, offset: int) -> tuple[str, int]:
    """Aperture and address of a byte of memory (OGKM:ctrl/ctrl0041.h GET_SURFACE_PHYS_ATTR)."""
    answer = dev.rm.client.ask(memory.handle, "GET_SURFACE_PHYS_ATTR", memOffset=offset)
    return ("video", "host")[answer["memAperture"]], answer["memOffset"]


class Held(NamedTuple):
    """Memory that is mapped beside what plans map: what a channel needs."""

    memory: Any
    gpu_va: int


class Rig:
    """Page tables of our own, an address space that has them, and a copy engine's channel in it.

    The tables are filled and checked before RM is told of their root. Close it, or use it in a `with`.

    Attributes:
        tables: the page tables, with a root of their own.
        space: the address space; None until the tables were checked.
        channel: the queue of copies; None until then, too.
        spots: what is mapped now, but for the channel's own memory.
        held: the channel's own memory.
        counts: what was done so far, by name.
    """

    def __init__(self, dev: Any, memories: Memories, end_va: int) -> None:
        self.dev = dev
        self.memories = memories
        self.tables = dev.page_tables(START_VA, end_va)
        self.space: Any = None
        self.channel: Any = None
        self.spots: dict[int, Spot] = {}
        self.held: list[Held] = []
        self.counts: Counter[str] = Counter(spaces=1)

    def run(self, plan: Plan) -> None:
        """Carry out a plan on memory with new content, look at every byte of it, and unmap all.

        Raises:
            BadTables, WrongTables: before the copy engine was given anything with these tables.
            WrongBytes: a copy did something else than it had to.
            BarewireError: the device refused something, or a copy faulted.
        """
        self.memories.fill(plan.seed)
        for number, each in enumerate(plan.rounds):
            self.change(each.changes)
            self.expect_tables()
            self.start()
            for copy in each.copies:
                self.copy(*copy)
            self.channel.synchronize(WAIT_S)
            self.memories.expect_right(f"seed {plan.seed}, after round {number}")
        self.change([Unmap(spot) for spot in self.spots.values()])
        self.expect_tables()
        self.counts["layouts"] += 1
        self.counts.update(plan.features())

    def change(self, changes: Iterable[Map | Unmap | Remap]) -> None:
        """Change the mappings; each change is followed by its invalidation before the call returns."""
        for change in list(changes):
            if isinstance(change, Map):
                self._map(change.spot)
            elif isinstance(change, Unmap):
                self.tables.unmap(change.spot.gpu_va)
            else:
                new = change.new
                self.tables.remap(
                    new.gpu_va,
                    self._memory(new),
                    new.offset,
                    read_only=new.read_only,
                    page_size_bytes=new.page_bytes,
                )
            layouts.apply(self.spots, [change])

    def _map(self, spot: Spot) -> None:
        if spot.stock is None:
            self.tables.map_sparse(spot.size_bytes, spot.gpu_va, spot.page_bytes)
            return
        self.tables.map(
            self._memory(spot), spot.gpu_va, offset=spot.offset, size_bytes=spot.size_bytes,
            read_only=spot.read_only, page_size_bytes=spot.page_bytes,
        )  # fmt: skip

    def _memory(self, spot: Spot) -> Any:
        assert spot.stock is not None
        return self.memories.objects[spot.stock]

    def start(self) -> None:
        """Tell RM of the tables, which were checked, and make the channel, whose memory is mapped besides.

        The channel begins to work as soon as it is made: the tables are checked after each mapping for it.
        """
        if self.channel is None:
            self.space = self.dev.address_space(tables=self.tables)
            unchecked = self.space.map

            def map_and_check(memory: Any, *arguments: Any, **options: Any) -> int:
                gpu_va: int = unchecked(memory, *arguments, **options)
                self.held.append(Held(memory, gpu_va))
                self.expect_tables()
                return gpu_va

            self.space.map = map_and_check
            self.channel = self.dev.channel(self.space, engine="copy")

    def copy(self, source: int, destination: int, size_bytes: int) -> None:
        """Give the engine a copy, and do it to the shadow."""
        parts = [layouts.segments(self.spots, at, size_bytes) for at in (source, destination)]
        self.channel.copy(source, destination, size_bytes)
        self.memories.copy(*parts)

    # What the tables say

    def expect_tables(self) -> list[Leaf]:
        """The tables in memory, read by a reader of our own, map what is to be mapped and nothing else.

        Returns:
            All that is mapped.

        Raises:
            BadTables, WrongTables: they do not.
        """
        leaves, tables = check(self._read, self._root, self._table_ranges(), self._page_ranges())
        self.counts["checks of the tables"] += 1
        self.counts["pages checked"] += len(leaves)
        self.counts["tables checked"] += len(tables)
        _expect_same(set(leaves), set(self._wanted(leaves)))
        places = self.tables.places().items()
        recorded = {(*place, table.aperture.value, table.address) for place, table in places}
        _expect_same({(*place, *table) for place, table in tables.items()}, recorded)
        return leaves

    def _read(self, aperture: str, address: int, size_bytes: int) -> bytes:
        data: bytes = self.tables.reader.read(TablePointer(Aperture(aperture), address), 0, size_bytes)
        return data

    @property
    def _root(self) -> tuple[str, int]:
        return self.tables.root.aperture.value, self.tables.root.address

    def _table_ranges(self) -> list[Range]:
        """Memory that was taken for tables, told by who took it."""
        return [Range(aperture.value, start, end) for aperture, start, end in self.tables.table_ranges()]

    def _page_ranges(self) -> list[Range]:
        """All memory of this test: the stock, and what the channel needs."""
        objects = [*self.memories.objects, *(held.memory for held in self.held)]
        return [
            Range(memory.aperture, piece.address, piece.address + piece.size_bytes)
            for memory in objects
            for piece in memory.part(0, memory.size_bytes)
        ]

    def _wanted(self, leaves: list[Leaf]) -> Iterator[Leaf]:
        """The pages that there should be; a channel's own memory may be in pages of any size."""
        for spot in self.spots.values():
            yield from _leaves_of(spot, None if spot.stock is None else self._memory(spot))
        for held in self.held:
            end_va = held.gpu_va + held.memory.size_bytes
            sizes = [leaf.size_bytes for leaf in leaves if held.gpu_va <= leaf.gpu_va < end_va]
            yield from _in_pages(held, sizes)

    def close(self) -> None:
        """In order: the channel, which is idle, then the directory and its tables; the pages stay."""
        if self.channel is not None:
            self.channel.close()
        (self.tables if self.space is None else self.space).close()

    def __enter__(self) -> Rig:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _expect_same(found: set[Any], wanted: set[Any]) -> None:
    """What the tables have is what they should have.

    Raises:
        WrongTables: it is not.
    """
    if found != wanted:
        strange, missing = sorted(found - wanted), sorted(wanted - found)
        raise WrongTables(
            f"found {strange[:3]}, not {missing[:3]} ({len(strange)} and {len(missing)} entries)"
        )


def _leaves_of(spot: Spot, memory: Any) -> Iterator[Leaf]:
    """The pages of a mapping, from where its memory says that it is."""
    for within in range(0, spot.size_bytes, spot.page_bytes):
        gpu_va = spot.gpu_va + within
        if memory is None:
            yield Leaf(gpu_va, spot.page_bytes, "sparse", 0, False)
        else:
            piece = memory.part(spot.offset + within, spot.page_bytes)[0]
            yield Leaf(gpu_va, spot.page_bytes, memory.aperture, piece.address, spot.read_only)


def _in_pages(held: Held, sizes: list[int]) -> Iterator[Leaf]:
    """The pages of memory that is mapped as a whole, of the sizes that were found, one after the other.

    Raises:
        WrongTables: pages of these sizes are not all of it.
    """
    if sum(sizes) != held.memory.size_bytes:
        raise WrongTables(f"pages of {sum(sizes)} bytes at {held.gpu_va:#x}, not {held.memory.size_bytes}")
    offset = 0
    for size in sizes:
        piece = held.memory.part(offset, size)[0]
        yield Leaf(held.gpu_va + offset, size, held.memory.aperture, piece.address, False)
        offset += size
