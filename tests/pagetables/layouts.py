"""Random layouts of an address space, and the copies that are done in it, all decided without a device.

A plan follows from its seed alone. It says which parts of which memory are mapped where and by what pages,
in rounds; between rounds mappings go, come and change. `Segments` say which bytes of memory a range of
addresses stands for: that is all that the shadow in `rig.py` needs to know what every byte must be.

Sizes and addresses are in bytes.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SMALL, BIG, HUGE = 4 * KIB, 64 * KIB, 2 * MIB
PAGE_SIZES = (SMALL, BIG, HUGE)


class Stock(NamedTuple):
    """Memory that every layout maps parts of.

    Attributes:
        aperture: "video" or "host".
        page_bytes: what its physical pieces are aligned to, and multiples of.
    """

    aperture: str
    page_bytes: int
    size_bytes: int

    @property
    def page_sizes(self) -> tuple[int, ...]:
        """Pages that can show it."""
        return tuple(size for size in PAGE_SIZES if size <= self.page_bytes)


STOCK = (
    Stock("video", SMALL, 768 * KIB),
    Stock("video", BIG, 1 * MIB),
    Stock("video", HUGE, 4 * MIB),
    Stock("host", SMALL, 768 * KIB),
    Stock("host", HUGE, 4 * MIB),
)


class Spot(NamedTuple):
    """Part of some memory at an address.

    Attributes:
        stock: which memory, of STOCK; None for a sparse range, which reads as zeros and ignores writes.
        offset: in that memory.
    """

    gpu_va: int
    size_bytes: int
    page_bytes: int
    stock: int | None
    offset: int = 0
    read_only: bool = False

    @property
    def end_va(self) -> int:
        """The address behind it."""
        return self.gpu_va + self.size_bytes


class Map(NamedTuple):
    """Something new is mapped."""

    spot: Spot


class Unmap(NamedTuple):
    """What was mapped goes."""

    spot: Spot


class Remap(NamedTuple):
    """Other memory comes in place of what was mapped; address and size stay."""

    old: Spot
    new: Spot


class Copy(NamedTuple):
    """Bytes that the copy engine moves between two addresses."""

    source: int
    destination: int
    size_bytes: int


class Segment(NamedTuple):
    """Bytes of memory that some addresses stand for; `stock` as of a Spot."""

    stock: int | None
    offset: int
    size_bytes: int


class Round(NamedTuple):
    """Changes of the tables, then copies."""

    changes: tuple[Map | Unmap | Remap, ...]
    copies: tuple[Copy, ...]


@dataclass(frozen=True)
class Rules:
    """What layouts may look like.

    Attributes:
        first_va, end_va: the addresses that may be used.
        sparse: whether there are sparse ranges.
        largest_copy_bytes: of one copy.
    """

    first_va: int
    end_va: int
    sparse: bool = True
    largest_copy_bytes: int = 4 * MIB


@dataclass(frozen=True)
class Plan:
    """One layout, from its first mapping to its last copy."""

    seed: int
    rules: Rules
    rounds: tuple[Round, ...]

    def states(self) -> Iterator[tuple[Round, dict[int, Spot]]]:
        """Each round, with what is mapped once its changes are done."""
        spots: dict[int, Spot] = {}
        for each in self.rounds:
            apply(spots, each.changes)
            yield each, dict(spots)

    def features(self) -> Counter[str]:
        """How often it has what: counts, and FEATURES by name."""
        found: Counter[str] = Counter()
        for each, spots in self.states():
            found["mappings"] += sum(not isinstance(change, Unmap) for change in each.changes)
            found["remaps"] += sum(isinstance(change, Remap) for change in each.changes)
            found["unmappings"] += sum(isinstance(change, Unmap) for change in each.changes)
            found["copies"] += len(each.copies)
            found["copied bytes"] += sum(copy.size_bytes for copy in each.copies)
            found.update(_features_of(spots, each))
            found["at the first address"] += self.rules.first_va in spots
            found["at the last address"] += any(spot.end_va == self.rules.end_va for spot in spots.values())
        return found


def apply(spots: dict[int, Spot], changes: Iterable[Map | Unmap | Remap]) -> None:
    """Do to a record of what is mapped, by address, what is done to the tables."""
    for change in changes:
        if isinstance(change, Unmap):
            del spots[change.spot.gpu_va]
        else:
            spot = change.new if isinstance(change, Remap) else change.spot
            spots[spot.gpu_va] = spot


def segments(spots: dict[int, Spot], gpu_va: int, size_bytes: int) -> list[Segment]:
    """The bytes that a range of addresses stands for, in order.

    Raises:
        ValueError: part of it is not mapped.
    """
    found, ordered = [], sorted(spots.values())
    end = gpu_va + size_bytes
    for spot in ordered:
        if spot.gpu_va <= gpu_va < spot.end_va and gpu_va < end:
            count = min(end, spot.end_va) - gpu_va
            offset = spot.offset + gpu_va - spot.gpu_va if spot.stock is not None else 0
            found.append(Segment(spot.stock, offset, count))
            gpu_va += count
    if gpu_va < end:
        raise ValueError(f"nothing is mapped at {gpu_va:#x}")
    return found


def regions(spots: Iterable[Spot], writable: bool) -> list[tuple[int, int]]:
    """(first address, address behind the last) of mappings that follow each other without a hole.

    Args:
        writable: leave out what is read-only.
    """
    joined: list[tuple[int, int]] = []
    for spot in sorted(spots):
        if writable and spot.read_only:
            continue
        if joined and joined[-1][1] == spot.gpu_va:
            joined[-1] = joined[-1][0], spot.end_va
        else:
            joined.append((spot.gpu_va, spot.end_va))
    return joined


def plan(seed: int, rules: Rules) -> Plan:
    """The layout of a seed."""
    return _Planner(seed, rules).plan()


# ---- how a plan is made

AREA_BYTES = 8 * MIB  # mappings lie around a few places, as far as this
BORDERS = (21, 29, 38, 47, 56)  # bits where a table of some level ends
TRIES = 24  # for something that must not overlap with anything
PAGE_COUNTS = {SMALL: (1, 1, 2, 3, 8, 15, 17, 40, 130), BIG: (1, 1, 2, 3, 7), HUGE: (1, 1, 2)}


@dataclass
class _Planner:
    """Makes one plan; `spots` is what is mapped now."""

    seed: int
    rules: Rules
    spots: dict[int, Spot] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.homes = [self._home() for _ in range(self.random.randint(1, 3))]

    def plan(self) -> Plan:
        rounds = [self._round(self._first_changes())]
        for _ in range(self.random.choice((0, 1, 1, 2))):
            rounds.append(self._round(self._later_changes()))
        return Plan(self.seed, self.rules, tuple(rounds))

    def _home(self) -> int:
        """Where mappings will lie around: a border between tables, an end of all addresses, or anywhere."""
        first, end = self.rules.first_va, self.rules.end_va
        kind = self.random.choice(("border", "border", "anywhere", "first", "end"))
        if kind == "border":
            bit = self.random.choice([bit for bit in BORDERS if 2 << bit <= end])
            return self.random.randrange(-(-first >> bit), end >> bit) << bit
        if kind == "anywhere":
            return self.random.randrange(first >> 21, end >> 21) << 21
        return first if kind == "first" else end

    # Mappings

    def _first_changes(self) -> list[Map | Unmap | Remap]:
        wanted = self.random.randint(3, 12)
        changes: list[Map | Unmap | Remap] = []
        for _ in range(wanted * 3):
            if len(changes) == wanted:
                break
            made = self._new_spot()
            if made is not None:
                changes.append(Map(made))
                self.spots[made.gpu_va] = made
        return changes

    def _new_spot(self) -> Spot | None:
        """Something to map where nothing is mapped yet; None if no place was found for it."""
        kind = self.random.random()
        if kind < 0.12 and self.rules.sparse:
            page = self.random.choice(PAGE_SIZES)
            return self._placed(Spot(0, page * self.random.choice(PAGE_COUNTS[page]), page, None))
        known = [spot for spot in self.spots.values() if spot.stock is not None]
        if kind < 0.4 and known:
            return self._placed(self._alias(self.random.choice(known)))
        return self._placed(self._part(self.random.randrange(len(STOCK))))

    def _part(self, number: int) -> Spot:
        """A part of some memory, with pages of one of the sizes that can show it."""
        stock = STOCK[number]
        page = self.random.choice(stock.page_sizes)
        count = min(self.random.choice(PAGE_COUNTS[page]), stock.size_bytes // page)
        offset = self.random.randrange(stock.size_bytes // page - count + 1) * page
        return Spot(0, count * page, page, number, offset, self.random.random() < 0.2)

    def _alias(self, of: Spot) -> Spot:
        """A second sight of what is mapped already, of other pages where that is possible."""
        assert of.stock is not None
        sizes = STOCK[of.stock].page_sizes
        page = self.random.choice([size for size in sizes if size != of.page_bytes] or sizes)
        count = self.random.choice(PAGE_COUNTS[page])
        first = self.random.randrange(of.offset, of.offset + of.size_bytes) // page
        count = min(count, STOCK[of.stock].size_bytes // page - first)
        return Spot(0, count * page, page, of.stock, first * page, self.random.random() < 0.3)

    def _placed(self, spot: Spot) -> Spot | None:
        """The same at an address where nothing is."""
        for _ in range(TRIES):
            gpu_va = self._candidate(spot.size_bytes) // spot.page_bytes * spot.page_bytes
            moved = spot._replace(gpu_va=gpu_va)
            if self._is_free(moved):
                return moved
        return None

    def _candidate(self, size_bytes: int) -> int:
        """An address: beside something, over a border, or near by."""
        kind = self.random.choice(("before", "behind", "border", "near"))
        if kind in ("before", "behind") and self.spots:
            beside = self.random.choice(list(self.spots.values()))
            return beside.end_va if kind == "behind" else beside.gpu_va - size_bytes
        home = self.random.choice(self.homes)
        if kind == "border":
            return home - self.random.randrange(size_bytes + SMALL)
        return home + self.random.randrange(-AREA_BYTES, AREA_BYTES)

    def _is_free(self, spot: Spot) -> bool:
        if spot.gpu_va < self.rules.first_va or spot.end_va > self.rules.end_va:
            return False
        return all(
            spot.end_va <= other.gpu_va or other.end_va <= spot.gpu_va for other in self.spots.values()
        )

    def _later_changes(self) -> list[Map | Unmap | Remap]:
        """Some mappings change their memory, some go, some come, some come back with other pages."""
        changes: list[Map | Unmap | Remap] = []
        known = list(self.spots.values())
        for spot in self.random.sample(known, self.random.randint(min(1, len(known)), len(known))):
            kind = self.random.choice(("remap", "remap", "replace", "unmap", "keep"))
            if kind == "keep" or (kind == "unmap" and len(self.spots) < 3):
                continue
            if kind == "remap":
                made: list[Map | Unmap | Remap] = self._remapped(spot)
            else:
                made = [Unmap(spot)]
                made += self._back_with_other_pages(spot) if kind == "replace" else []
            apply(self.spots, made)
            changes += made
        more = self._new_spot()
        if more is not None:
            apply(self.spots, [Map(more)])
            changes.append(Map(more))
        return changes

    def _remapped(self, spot: Spot) -> list[Map | Unmap | Remap]:
        """Other memory of the same size in the same place, with whatever pages fit."""
        for _ in range(TRIES):
            number = self.random.randrange(len(STOCK))
            stock = STOCK[number]
            page = self.random.choice(stock.page_sizes)
            room = stock.size_bytes - spot.size_bytes
            if spot.gpu_va % page or spot.size_bytes % page or room < 0:
                continue
            offset = self.random.randrange(room // page + 1) * page
            new = Spot(spot.gpu_va, spot.size_bytes, page, number, offset, self.random.random() < 0.2)
            return [Remap(spot, new)]
        return []

    def _back_with_other_pages(self, gone: Spot) -> list[Map | Unmap | Remap]:
        """Something at the same address, after what was there has gone."""
        del self.spots[gone.gpu_va]
        try:
            for _ in range(TRIES):
                part = self._part(self.random.randrange(len(STOCK)))
                new = part._replace(gpu_va=gone.gpu_va)
                if (
                    gone.gpu_va % new.page_bytes == 0
                    and new.page_bytes != gone.page_bytes
                    and self._is_free(new)
                ):
                    return [Map(new)]
            return []
        finally:
            self.spots[gone.gpu_va] = gone

    # Copies

    def _round(self, changes: Sequence[Map | Unmap | Remap]) -> Round:
        """The changes, which are done already, and copies that touch all that is mapped afterwards."""
        copies = []
        touched = list(self.spots.values())
        self.random.shuffle(touched)
        for spot in itertools.chain(touched, [None] * 4):
            copy = self._copy(spot)
            if copy is not None:
                copies.append(copy)
        return Round(tuple(changes), tuple(copies))

    def _copy(self, through: Spot | None) -> Copy | None:
        """A copy from or to a mapping (or between any), perhaps over its ends; None if none was found."""
        sources, targets = regions(self.spots.values(), False), regions(self.spots.values(), True)
        if not targets:
            return None
        for _ in range(TRIES):
            source, destination = self._within(sources), self._within(targets)
            if through is not None:
                inside = through.gpu_va + self._position(through.size_bytes)
                if through.read_only or self.random.random() < 0.5:
                    source = inside
                else:
                    destination = inside
            limit = min(_left(sources, source), _left(targets, destination))
            copy = Copy(source, destination, self._length(limit))
            if self._is_definite(copy):
                return copy
        return None

    def _within(self, choices: Sequence[tuple[int, int]]) -> int:
        start, end = self.random.choice(choices)
        return start + self._position(end - start)

    def _position(self, size_bytes: int) -> int:
        """An offset below a size, of some alignment, or none."""
        if self.random.random() < 0.25:
            return 0
        step = self.random.choice((1, 1, 4, 16, 256, SMALL))
        return self.random.randrange(-(-size_bytes // step)) * step

    def _length(self, limit: int) -> int:
        """Of a copy: short ones as often as long ones, now and then all that there is."""
        limit = min(limit, self.rules.largest_copy_bytes)
        if self.random.random() < 0.15:
            return limit
        length = int(2 ** self.random.uniform(0, limit.bit_length()))
        return max(1, min(length, limit))

    def _is_definite(self, copy: Copy) -> bool:
        """Whether no byte that it writes is one that it reads, or writes twice: order would matter then."""
        if abs(copy.source - copy.destination) < copy.size_bytes:
            return False
        written = [
            piece
            for piece in segments(self.spots, copy.destination, copy.size_bytes)
            if piece.stock is not None
        ]
        read = [
            piece for piece in segments(self.spots, copy.source, copy.size_bytes) if piece.stock is not None
        ]
        pairs = itertools.chain(itertools.combinations(written, 2), itertools.product(written, read))
        return not any(_overlap(one, other) for one, other in pairs)


def _left(choices: Iterable[tuple[int, int]], gpu_va: int) -> int:
    """How many bytes of a region are left from an address on."""
    return next(end - gpu_va for start, end in choices if start <= gpu_va < end)


def _overlap(one: Segment, other: Segment) -> bool:
    apart = one.offset + one.size_bytes <= other.offset or other.offset + other.size_bytes <= one.offset
    return one.stock == other.stock and not apart


# ---- what plans have

FEATURES = (
    "video in 4 KiB pages", "video in 64 KiB pages", "video in 2 MiB pages",
    "host in 4 KiB pages", "host in 64 KiB pages", "host in 2 MiB pages",
    "sparse", "read-only", "aliases", "aliases of other pages", "parts of memory", "holes", "neighbours",
    "big and small pages in one 2 MiB", "over the end of a table", "over the end of a directory",
    "at the first address", "at the last address", "remaps", "remaps to other pages", "unmappings",
    "other pages at the same address", "copies over several mappings", "copies of odd length or alignment",
)  # fmt: skip

_NAMES = {SMALL: "4 KiB", BIG: "64 KiB", HUGE: "2 MiB"}


def _features_of(spots: dict[int, Spot], done: Round) -> Counter[str]:
    """What a round shows, by name."""
    found: Counter[str] = Counter()
    for spot in spots.values():
        if spot.stock is None:
            found["sparse"] += 1
            continue
        found[f"{STOCK[spot.stock].aperture} in {_NAMES[spot.page_bytes]} pages"] += 1
        found["read-only"] += spot.read_only
        found["parts of memory"] += spot.offset > 0
        found["over the end of a table"] += spot.gpu_va >> 21 != spot.end_va - 1 >> 21
        found["over the end of a directory"] += spot.gpu_va >> 29 != spot.end_va - 1 >> 29
    for one, other in itertools.combinations(sorted(spots.values()), 2):
        found["neighbours"] += one.end_va == other.gpu_va
        found["holes"] += one.end_va < other.gpu_va
        shown = one.stock is not None and one.stock == other.stock
        if (
            shown
            and one.offset < other.offset + other.size_bytes
            and other.offset < one.offset + one.size_bytes
        ):
            found["aliases"] += 1
            found["aliases of other pages"] += one.page_bytes != other.page_bytes
        if {one.page_bytes, other.page_bytes} == {SMALL, BIG}:
            found["big and small pages in one 2 MiB"] += one.end_va - 1 >> 21 == other.gpu_va >> 21
    gone = {change.spot.gpu_va: change.spot for change in done.changes if isinstance(change, Unmap)}
    for change in done.changes:
        if isinstance(change, Remap):
            found["remaps to other pages"] += change.old.page_bytes != change.new.page_bytes
        elif isinstance(change, Map) and change.spot.gpu_va in gone:
            before = gone[change.spot.gpu_va]
            found["other pages at the same address"] += before.page_bytes != change.spot.page_bytes
    for copy in done.copies:
        parts = (
            segments(spots, copy.source, copy.size_bytes),
            segments(spots, copy.destination, copy.size_bytes),
        )
        found["copies over several mappings"] += max(map(len, parts)) > 1
        found["copies of odd length or alignment"] += (copy.source | copy.destination | copy.size_bytes) & 1
    return found
