"""Thousands of random steps on page tables, each compared with a model and with what a stranger finds.

A step is a number: its parts choose what is done, where, with which pages. The model knows only ranges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from barewire.errors import BadMapping
from barewire.memory.formats import Aperture, PageAttributes
from barewire.memory.walker import pages
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_memory import FORMATS, Bench, flags_of

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
STEPS = 80
EXAMPLES = 48  # times the formats, times the steps: more than ten thousand
PLACES = (0, 0x10_0000_0000)  # and the end of all addresses
WINDOW = 2 * GIB  # of addresses used at each place
MEMORY_END = 1 << 36
ATTRIBUTES = (
    PageAttributes(),
    PageAttributes(aperture=Aperture.HOST, volatile=True),
    PageAttributes(aperture=Aperture.HOST_NONCOHERENT, kind=0),
    PageAttributes(aperture=Aperture.PEER, peer=2),
    PageAttributes(read_only=True, atomics=False),
    PageAttributes(privileged=True, kind=0),
)


class Page(NamedTuple):
    """A page of the model; `address` is None for a sparse one."""

    gpu_va: int
    size: int
    address: int | None
    flags: tuple | None


class Choices:
    """The parts of a step's number."""

    def __init__(self, number: int) -> None:
        self.number = number

    def below(self, count: int) -> int:
        self.number, chosen = divmod(self.number, count)
        return chosen

    def of(self, things):
        return things[self.below(len(things))]


class Model:
    """What should be mapped, and the page tables that should say so."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.form = bench.form
        self.pages: dict[int, Page] = {}
        self.places = (*PLACES, bench.form.va_end - WINDOW)
        self.steps = 0
        self.refused = 0

    def step(self, number: int) -> None:
        choices = Choices(number)
        action = choices.of(
            (self.map, self.map, self.map_sparse, self.unmap_known, self.unmap_some, self.remap)
        )
        self.linked = {
            table.page.address // 256: self.form.depth(table.level) for table in self.bench.tables.tables()
        }
        self.told = []
        self.bench.window.log.clear()
        try:
            changed = action(choices)
        except BadMapping:
            self.refused += 1
            assert not any(done[0] == "write" for done in self.bench.window.log)
        else:
            if changed is not None:
                self.check_told([*self.told, changed])
        self.bench.tables.settle()
        self.steps += 1

    # What may be done

    def map(self, choices: Choices):
        pages = self.some_pages(choices)
        free = not any(self.inside(pages[0].gpu_va, end_of(pages)))
        changed = self.try_it(free, self.bench.tables.map, self.given(pages), self.attributes)
        return self.now(pages, changed)

    def map_sparse(self, choices: Choices):
        size = choices.of([page for page in self.form.page_sizes if page <= 2 * MIB])
        start = self.somewhere(choices, size)
        count = 1 + choices.below(16)
        pages = [Page(start + index * size, size, None, None) for index in range(count)]
        free = not any(self.inside(start, start + count * size))
        changed = self.try_it(free, self.bench.tables.map_sparse, start, count * size, size)
        return self.now(pages, changed)

    def unmap_known(self, choices: Choices):
        """What is mapped, from some page on."""
        if not self.pages:
            return None
        known = sorted(self.pages)
        first = choices.below(len(known))
        end = known[first]
        for gpu_va in known[first : first + 1 + choices.below(24)]:
            if gpu_va != end:
                break
            end += self.pages[gpu_va].size
        return self.unmap(known[first], end)

    def unmap_some(self, choices: Choices):
        """Any range: mostly refused."""
        start = self.somewhere(choices, 4 * KIB)
        return self.unmap(start, start + 4 * KIB * (1 + choices.below(1024)))

    def unmap(self, start: int, end: int):
        touched = list(self.inside(start, end))
        whole = sum(page.size for page in touched) == end - start
        fits = whole and touched[0].gpu_va == start and end_of(touched) == end
        changed = self.try_it(fits, self.bench.tables.unmap, start, end - start)
        assert changed.revoked
        for page in touched:
            del self.pages[page.gpu_va]
        return self.looked_at(start, end, changed)

    def remap(self, choices: Choices):
        """Other pages in place of some that are mapped; mostly of another size."""
        if not self.pages:
            return None
        known = sorted(self.pages)
        start = known[choices.below(len(known))]
        size = choices.of(self.form.page_sizes)
        start -= start % size
        pages = self.row(choices, start, size, 1 + choices.below(8))
        end = end_of(pages)
        touched = list(self.inside(start, end))
        whole = sum(page.size for page in touched) == end - start
        fits = whole and touched[0].gpu_va == start and end_of(touched) == end
        told = self.told.append
        changed = self.try_it(fits, self.bench.tables.remap, self.given(pages), self.attributes, told)
        assert changed.revoked or self.told
        for page in touched:
            del self.pages[page.gpu_va]
        return self.now(pages, changed)

    # How it is checked

    def try_it(self, possible: bool, action, *arguments):
        if possible:
            return action(*arguments)
        with pytest.raises(BadMapping) as refused:
            action(*arguments)
        raise refused.value

    def now(self, pages: list[Page], changed):
        self.pages.update((page.gpu_va, page) for page in pages)
        return self.looked_at(pages[0].gpu_va, end_of(pages), changed)

    def looked_at(self, start: int, end: int, changed):
        """The stranger finds in the range, and right beside it, what the model has."""
        expected = [page for page in self.inside(start, end) if page.address is not None]
        assert self.bench.seen(start, end) == expected
        for page in self.inside(start, end):
            if page.address is None:
                assert self.bench.sparse_at(page.gpu_va) == (page.gpu_va, page.size)
        for beside in (start - 1, end):
            if 0 <= beside < self.form.va_end:
                self.check_one(beside)
        return changed

    def check_one(self, gpu_va: int) -> None:
        leaf = self.bench.look(gpu_va).leaf
        page = next(self.inside(gpu_va, gpu_va + 1), None)
        assert (leaf is None) == (page is None)
        if leaf is not None and page is not None:
            assert (leaf.gpu_va, leaf.page_bytes) == (page.gpu_va, page.size)

    def check_told(self, told: list) -> None:
        """Whatever was written into tables that the GPU knew lies within the levels that it has to forget."""
        assert all(each.root == self.bench.tables.root and each.size_bytes > 0 for each in told)
        depth = max(each.depth for each in told)
        for done in self.bench.window.log:
            if done[0] == "write":
                block = done[1] // 256
                known = self.linked.get(block, self.linked.get(block // 16 * 16, 0))
                assert known <= depth

    def check_all(self) -> None:
        """Everything that is mapped, and exactly the tables that it takes."""
        expected = [page for _, page in sorted(self.pages.items()) if page.address is not None]
        assert self.bench.seen(0, self.form.va_end) == expected
        mine = pages(self.form, self.bench.store, self.bench.tables.root)
        assert [(page.gpu_va, page.page_bytes, page.leaf and page.leaf.address) for page in mine] == [
            (page.gpu_va, page.size, page.address) for _, page in sorted(self.pages.items())
        ]
        assert self.bench.store.taken_bytes == self.tables_bytes()

    def tables_bytes(self) -> int:
        """What the tables should take: one for each part of the addresses that has a page below it."""
        tables = {(self.form.root.name, 0): 4096}
        for page in self.pages.values():
            route = self.form.routes[page.size]
            for level in (*(hop.level for hop in route.hops[1:]), route.level):
                size = 256 if level is self.form.big else 4096
                tables[level.name, page.gpu_va >> (level.va_bits.high + 1)] = size
        return sum(tables.values())

    # What is chosen

    def somewhere(self, choices: Choices, size: int) -> int:
        """Often next to what is there, else anywhere."""
        if self.pages and choices.below(2):
            near = sorted(self.pages)
            gpu_va = near[choices.below(len(near))]
            gpu_va += choices.of((-size, 0, self.pages[gpu_va].size))
            gpu_va = min(max(0, gpu_va), self.form.va_end - GIB)
        else:
            gpu_va = choices.of(self.places) + choices.of((0, MIB, 510 * MIB, GIB)) + choices.below(64) * size
        return gpu_va - gpu_va % size

    def some_pages(self, choices: Choices) -> list[Page]:
        size = choices.of(self.form.page_sizes)
        start = self.somewhere(choices, size)
        count = 1 + choices.below(2 if size > 2 * MIB else 20)
        return self.row(choices, min(start, self.form.va_end - count * size), size, count)

    def row(self, choices: Choices, start: int, size: int, count: int) -> list[Page]:
        """Pages beside each other, with memory from anywhere."""
        self.attributes = choices.of(ATTRIBUTES)
        address, step = choices.below(MEMORY_END // size), 1 + choices.below(3)
        flags = flags_of(self.attributes)
        return [
            Page(start + index * size, size, (address + index * step) * size % MEMORY_END, flags)
            for index in range(count)
        ]

    def given(self, pages: list[Page]):
        return self.bench.rows([(page.gpu_va, page.address) for page in pages], pages[0].size)

    def inside(self, start: int, end: int) -> Iterator[Page]:
        """The pages that touch a range, in order."""
        for gpu_va in sorted(self.pages):
            page = self.pages[gpu_va]
            if gpu_va < end and start < gpu_va + page.size:
                yield page


def end_of(pages: list[Page]) -> int:
    return pages[-1].gpu_va + pages[-1].size


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_page_tables_say_what_was_asked_for_whatever_was_done(form):
    steps = refused = 0

    @given(st.lists(st.integers(0, (1 << 64) - 1), min_size=STEPS, max_size=STEPS))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(numbers: list[int]) -> None:
        nonlocal steps, refused
        model = Model(Bench(form))
        for number in numbers:
            model.step(number)
        model.check_all()
        for page in list(model.pages.values()):
            model.bench.tables.unmap(page.gpu_va, page.size)
        model.pages.clear()
        model.bench.tables.settle()
        model.check_all()
        model.bench.tables.close()
        assert model.bench.allocator.taken == {}
        steps += model.steps
        refused += model.refused

    run()
    assert steps >= EXAMPLES * STEPS
    assert steps * 0.05 < refused < steps * 0.8, "both answers are tried"
