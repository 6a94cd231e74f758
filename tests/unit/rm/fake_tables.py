"""Page tables of the fake RM, word by word as an H100's RM wrote them, and a walker for tables of anybody's.

Nothing of the driver is used: neither its builder nor its walker could hide an error here. Version 3: PD4 (VA
bit 56), PD3 (55:47), PD2 (46:38), PD1 (37:29), PD0 (28:21; 16 bytes an entry: a table of big pages or a page,
then a table of small pages), small pages (20:12) and big ones (20:16).

Facts: H100: driver 580.159.04, tables read back; OGKM:gpu_vaspace.c:gvaspaceGetPageTableInfo.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from fake_physical import Memory

SMALL, BIG, HUGE, LARGEST = 4096, 65536, 2 << 20, 512 << 20
SERVER_VA = 4 << 30  # RM's own tables for GSP

# (what its entries cover, entries, bytes of an entry), from the root down to the one with dual entries
DIRECTORIES = ((1 << 56, 2, 8), (1 << 47, 512, 8), (1 << 38, 512, 8), (1 << 29, 512, 8), (1 << 21, 256, 16))
PD0 = len(DIRECTORIES) - 1

POINTER = 0x12  # a table in video memory
PAGE_IN = {"video": 0x681, "host": 0x68D}
READ_ONLY = 0x20
SPARSE = 0x8  # at every level: reads as zeros and ignores writes
ADDRESS = 0x000F_FFFF_FFFF_F000
BIG_TABLE_ADDRESS = 0x000F_FFFF_FFFF_FF00


class Pool:
    """Memory for tables: the lowest pages of video memory, and pieces of 256 bytes of them."""

    def __init__(self, video: Memory, end: int) -> None:
        self.video = video
        self._free = list(range(video.start, end, SMALL))
        self._pieces: dict[int, int] = {}  # piece of 256 bytes -> the page that it was cut from
        self._spare: list[int] = []

    def take(self) -> int:
        """A page of zeros."""
        self._free.sort()
        page = self._free.pop(0)
        self.video.write(page, bytes(SMALL))
        return page

    def take_piece(self) -> int:
        """256 bytes of zeros, beside others of their kind."""
        if not self._spare:
            page = self.take()
            self._spare = list(range(page, page + SMALL, 256))
        piece = self._spare.pop(0)
        self._pieces[piece] = piece // SMALL * SMALL
        return piece

    def give_back(self, page: int) -> None:
        self._free.append(page)

    def give_back_piece(self, piece: int) -> None:
        page = self._pieces.pop(piece)
        self._spare.append(piece)
        self._spare.sort()
        if page not in self._pieces.values():
            self._spare = [other for other in self._spare if other // SMALL * SMALL != page]
            self.give_back(page)


def covers(depth: int) -> int:
    """Bytes that a directory is for."""
    span, entries, _ = DIRECTORIES[depth]
    return span * entries


class Block(NamedTuple):
    """A table as DMA_GET_PDE_INFO tells of it."""

    address: int
    page_bytes: int
    entry_bytes: int
    covers_bytes: int


class Tables:
    """Of one address space: only those that are needed, and RM's own at 4 GiB.

    Args:
        both: a table of big pages comes with each of small ones, and the other way round.
    """

    def __init__(self, pool: Pool) -> None:
        self.pool, self.video = pool, pool.video
        self.both = False
        self._at: dict[tuple[int | str, int], int] = {}
        self.root = self._directory(0, 0)
        self._directory(PD0, SERVER_VA)

    # Which there are

    def _directory(self, depth: int, va: int) -> int:
        """A directory on the way to an address, made if it is not there."""
        key = depth, va // covers(depth) * covers(depth)
        if key not in self._at:
            if depth == 0:
                self._at[key] = self.pool.take()
            else:
                entry = self._entry(depth - 1, va)
                self._at[key] = self.pool.take()
                self.video.write64(entry, self._at[key] | POINTER)
        return self._at[key]

    def _entry(self, depth: int, va: int) -> int:
        """Where a directory's entry is."""
        span, entries, size = DIRECTORIES[depth]
        return self._directory(depth, va) + va // span % entries * size

    def _pages(self, page_bytes: int, va: int) -> int:
        """A table of small or big pages, made if it is not there."""
        kind, start = ("small" if page_bytes == SMALL else "big"), va // HUGE * HUGE
        if (kind, start) not in self._at:
            entry = self._entry(PD0, va)
            if page_bytes == SMALL:
                self._at[kind, start] = self.pool.take()
                self.video.write64(entry + 8, self._at[kind, start] | POINTER)
            else:
                self._at[kind, start] = self.pool.take_piece()
                self.video.write64(entry, self._at[kind, start] | POINTER)
        return self._at[kind, start]

    # Entries

    def set(self, va: int, page_bytes: int, place: int, aperture: str, read_only: bool) -> None:
        """One page."""
        word = place | PAGE_IN[aperture] | (READ_ONLY if read_only else 0)
        self.video.write64(self._page_entry(va, page_bytes), word)

    def set_sparse(self, va: int, size_bytes: int, page_bytes: int) -> list[tuple[int, int]]:
        """A range without memory, of the largest entries that fit; returns them: (address, size)."""
        made = []
        while size_bytes:
            fits = (size for size in (LARGEST, HUGE) if va % size == 0 and size_bytes >= size)
            size = next(fits, page_bytes)
            self.video.write64(self._page_entry(va, size), SPARSE)
            made.append((va, size))
            va, size_bytes = va + size, size_bytes - size
        return made

    def clear(self, va: int, page_bytes: int) -> None:
        """One page no more, nor tables that are empty then."""
        self.video.write64(self._page_entry(va, page_bytes), 0)
        self._tidy(va)

    def _page_entry(self, va: int, page_bytes: int) -> int:
        if page_bytes in (HUGE, LARGEST):
            return self._entry(PD0 if page_bytes == HUGE else PD0 - 1, va)
        if self.both:
            self._pages(SMALL + BIG - page_bytes, va)
        return self._pages(page_bytes, va) + va % HUGE // page_bytes * 8

    def _tidy(self, va: int) -> None:
        start = va // HUGE * HUGE
        sizes = {"small": SMALL, "big": 256}
        below = {kind: self._at[kind, start] for kind in sizes if (kind, start) in self._at}
        used = [kind for kind, at in below.items() if any(self.video.read(at, sizes[kind]))]
        for kind, at in below.items():
            if kind in used or (used and self.both):
                continue
            self.video.write64(self._entry(PD0, va) + (8 if kind == "small" else 0), 0)
            del self._at[kind, start]
            (self.pool.give_back if kind == "small" else self.pool.give_back_piece)(at)
        for depth in range(PD0, 0, -1):
            key = depth, va // covers(depth) * covers(depth)
            server = key[1] <= SERVER_VA < key[1] + covers(depth)
            if key not in self._at:
                continue
            if server or any(self.video.read(self._at[key], SMALL)):
                return
            self.video.write64(self._entry(depth - 1, va), 0)
            self.pool.give_back(self._at.pop(key))

    @property
    def are_there(self) -> bool:
        return bool(self._at)

    def give_back(self) -> None:
        for (kind, _), at in self._at.items():
            (self.pool.give_back_piece if kind == "big" else self.pool.give_back)(at)
        self._at.clear()

    # What RM tells

    def second(self, va: int) -> int | None:
        """The directory right below the root, which RM does not name."""
        return self._at.get((1, va // covers(1) * covers(1)))

    def blocks(self, va: int) -> list[Block]:
        """The tables on the way to an address, those for the smallest pages first."""
        kinds: tuple[tuple[int | str, int, int, int], ...] = (
            ("small", SMALL, 8, HUGE),
            ("big", BIG, 8, HUGE),
            *((depth, *DIRECTORIES[depth][::2], covers(depth)) for depth in (PD0, PD0 - 1, PD0 - 2)),
        )
        found = []
        for kind, page, entry, covered in kinds:
            at = self._at.get((kind, va // covered * covered))
            if at is not None:
                found.append(Block(at, page & 0xFFFFFFFF, entry, covered & 0xFFFFFFFF))
        return found


class Page(NamedTuple):
    """A page, as the GPU finds it."""

    va: int
    page_bytes: int
    aperture: str
    place: int
    read_only: bool


def pages_of(video: Memory, root: int) -> Iterator[Page]:
    """Every page that is reached from a root in video memory, whoever made the tables."""
    yield from _below(video, root, 0, 0)


def page_at(video: Memory, root: int, va: int) -> Page | None:
    """The page at an address."""
    at = root
    for depth, (span, entries, size) in enumerate(DIRECTORIES):
        entry = at + va // span % entries * size
        if depth == PD0:
            return next((page for page in _pair(video, entry, va // HUGE * HUGE) if _holds(page, va)), None)
        below = _pointer(video.read64(entry), ADDRESS)
        if below is None:
            return None
        at = below
    return None


def _holds(page: Page, va: int) -> bool:
    return page.va <= va < page.va + page.page_bytes


def _below(video: Memory, at: int, depth: int, start: int) -> Iterator[Page]:
    span, entries, size = DIRECTORIES[depth]
    for index in range(entries):
        va = start + index * span
        if depth == PD0:
            yield from _pair(video, at + index * size, va)
            continue
        below = _pointer(video.read64(at + index * size), ADDRESS)
        if below is not None:
            yield from _below(video, below, depth + 1, va)


def _pair(video: Memory, entry: int, va: int) -> Iterator[Page]:
    first, second = video.read64(entry), video.read64(entry + 8)
    if first & 1:
        yield _page(first, va, HUGE)
        return
    big, small = _pointer(first, BIG_TABLE_ADDRESS), _pointer(second, ADDRESS)
    found = {}
    for at, page_bytes in ((small, SMALL), (big, BIG)):
        for index in range(HUGE // page_bytes if at is not None else 0):
            word = video.read64(at + 8 * index)
            if word & 1:
                found[va + index * page_bytes] = _page(word, va + index * page_bytes, page_bytes)
    yield from (page for _, page in sorted(found.items()))


def _page(word: int, va: int, page_bytes: int) -> Page:
    aperture = {0: "video", 2: "host"}[word >> 1 & 3]
    return Page(va, page_bytes, aperture, word & ADDRESS, bool(word & READ_ONLY))


def _pointer(word: int, address: int) -> int | None:
    """The table in video memory that an entry points to."""
    if word & 1 or word >> 1 & 3 == 0:
        return None
    assert word >> 1 & 3 == 1, f"{word:#x} points to a table that is not in video memory"
    return word & address
