"""Looking an address up in page tables in memory, as the GPU would: to see what is really there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from barewire.errors import UsageError
from barewire.memory.formats import Leaf, Level, PageTableFormat, TablePointer
from barewire.memory.tables import TableStore


@dataclass(frozen=True)
class Step:
    """One entry that was read.

    Attributes:
        level: of the table.
        table: where the table is.
        index: of the entry.
        words: the entry's words; two for a dual one.
    """

    level: Level
    table: TablePointer
    index: int
    words: tuple[int, ...]

    def __str__(self) -> str:
        words = ", ".join(f"{word:#x}" for word in self.words)
        where = f"{self.table.aperture.value} {self.table.address:#x}"
        return f"{self.level.name} at {where} [{self.index}] = {words}"


class Walk(NamedTuple):
    """What was found for an address.

    Attributes:
        gpu_va: the address.
        steps: the entries that were read, the root's first.
        leaf: the page; None if there is none.
        page_bytes: its size, or that of the entry that says there is none.
        sparse: whether the range reads as zeros and ignores writes.
    """

    gpu_va: int
    steps: tuple[Step, ...]
    leaf: Leaf | None
    page_bytes: int
    sparse: bool

    @property
    def address(self) -> int | None:
        """Where the byte is, in the leaf's aperture; None if nothing is mapped."""
        return None if self.leaf is None else self.leaf.address + self.gpu_va % self.page_bytes

    def __str__(self) -> str:
        end = "sparse" if self.sparse else "not mapped" if self.leaf is None else str(self.leaf)
        return "\n".join([*map(str, self.steps), end])


def walk(form: PageTableFormat, store: TableStore, root: TablePointer, gpu_va: int) -> Walk:
    """Look an address up.

    Raises:
        UsageError: the format has no such address, or a table is where the store cannot read.
    """
    if not 0 <= gpu_va < form.va_end:
        raise UsageError(f"{form.name} has no such address", gpu_va=gpu_va, limit_va=form.va_end)
    table, steps = root, list[Step]()
    for level in form.directories:
        words = _read(store, table, level, gpu_va, steps)
        leaf = form.pte.decode(words[0]) if level.leaf else None
        if leaf is not None:
            return Walk(gpu_va, tuple(steps), leaf, level.span_bytes, False)
        if level is form.directories[-1]:
            return _below(form, store, words, gpu_va, steps)
        below = form.pde.decode(words[0])
        if below is None:
            return Walk(gpu_va, tuple(steps), None, level.span_bytes, words[0] == form.pde.sparse)
        table = below
    raise UsageError("a format has at least one directory")


def _below(
    form: PageTableFormat, store: TableStore, words: tuple[int, ...], gpu_va: int, steps: list[Step]
) -> Walk:
    """The big pages of a dual entry, then the small ones."""
    big, small = form.dual_big.decode(words[0]), form.dual_small.decode(words[1])
    if big is None and small is None:
        sparse = words[0] == form.dual_big.sparse
        return Walk(gpu_va, tuple(steps), None, form.directories[-1].span_bytes, sparse)
    word = 0
    level = form.big
    for table, level in ((big, form.big), (small, form.small)):
        if table is None:
            continue
        (word,) = _read(store, table, level, gpu_va, steps)
        leaf = form.pte.decode(word)
        if leaf is not None or word:
            return Walk(gpu_va, tuple(steps), leaf, level.span_bytes, word == form.pte.sparse)
    return Walk(gpu_va, tuple(steps), None, level.span_bytes, False)


def _read(
    store: TableStore, table: TablePointer, level: Level, gpu_va: int, steps: list[Step]
) -> tuple[int, ...]:
    index = level.va_bits.take(gpu_va)
    raw = store.read(table, index * level.entry_bytes, level.entry_bytes)
    words = tuple(int.from_bytes(raw[at : at + 8], "little") for at in range(0, len(raw), 8))
    steps.append(Step(level, table, index, words))
    return words
