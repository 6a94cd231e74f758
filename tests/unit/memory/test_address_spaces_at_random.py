"""Thousands of random steps on address spaces, watched by a GPU that remembers every translation it made.

The GPU here is a walker written apart from the driver, with a memory of what it found, mapped or not, that it
loses only when it is told to forget. Whatever was done, it must find what is mapped now.
"""

from __future__ import annotations

import pytest
from barewire.errors import BadMapping, OutOfAddressSpace, UsageError
from barewire.memory.gpu import GpuMemory
from barewire.memory.space import AddressSpace
from barewire.memory.vram import VramAllocator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from table_memory import FORMATS, STRANGERS, PlainWindow, independent

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
STEPS = 50
EXAMPLES = 12
START, END = 0x10_0000_0000, 0x10_0000_0000 + 4 * GIB
SIZES = (4 * KIB, 20 * KIB, 64 * KIB, 192 * KIB, 2 * MIB, 6 * MIB)


class Remembering:
    """A GPU's side of page tables."""

    def __init__(self, form, window: PlainWindow) -> None:
        self._walker = independent.Walker(STRANGERS[form.name], lambda _, at, size: window.read(at, size))
        self._window = window
        self._known: dict[int, object] = {}
        self.forgot = 0

    def forget(self, what) -> None:
        assert what.size_bytes > 0
        self._window.log.clear()
        self._known.clear()
        self.forgot += 1

    def find(self, root, gpu_va: int):
        """Where a page is; "sparse" or None."""
        if gpu_va not in self._known:
            walk = self._walker.walk(independent.Pdb(independent.Aperture.VRAM, root.address), gpu_va)
            leaf = walk.leaf
            found = None if leaf is None else leaf.address + gpu_va - leaf.gpu_va
            if leaf is not None and leaf.aperture is independent.Aperture.SPARSE:
                found = "sparse"
            self._known[gpu_va] = found
        return self._known[gpu_va]


class Watched:
    """An address space, what it should map, and who watches."""

    def __init__(self, form) -> None:
        self.window = PlainWindow(32 * MIB)
        self.gpu = Remembering(form, self.window)
        self.allocator = VramAllocator([(0, 32 * MIB)])
        self.memory = GpuMemory(None, form, self.allocator, self.window, None)
        self.space = AddressSpace(self.memory, START, END, invalidate=self.gpu.forget)
        self.free = self.allocator.free_bytes
        self.objects = [self.memory.video_memory(size) for size in SIZES for _ in range(2)]
        self.mapped: dict[int, tuple[int, object, int]] = {}  # gpu_va -> (size, memory, offset)
        self.probes: set[int] = set()

    def step(self, number: int) -> None:
        number, action = divmod(number, 5)
        before = self.gpu.forgot
        self.window.log.clear()
        try:
            done = (self.map, self.map, self.map_sparse, self.unmap, self.remap)[action](number)
        except (BadMapping, OutOfAddressSpace, UsageError):
            done = False
            assert self.window.log == [], "a refusal writes nothing"
        assert not any(entry[0] == "write" for entry in self.window.log), "nothing is written without its end"
        assert (self.gpu.forgot > before) == done
        self.look()

    def map(self, number: int) -> bool:
        number, which = divmod(number, len(self.objects))
        memory = self.objects[which]
        number, page = divmod(number, 4)
        number, part = divmod(number, 3)
        offset = 4096 if part == 1 and memory.size_bytes > 4096 else 0
        where = START + number % 1024 * 4 * MIB if number % 2 else None
        page_bytes = (None, None, 4 * KIB, 64 * KIB)[page]
        gpu_va = self.space.map(memory, where, offset, page_size_bytes=page_bytes)
        self.mapped[gpu_va] = (memory.size_bytes - offset, memory, offset)
        return True

    def map_sparse(self, number: int) -> bool:
        number, which = divmod(number, len(SIZES))
        where = START + number % 1024 * 4 * MIB if number % 2 else None
        gpu_va = self.space.map_sparse(SIZES[which], where)
        self.mapped[gpu_va] = (SIZES[which], None, 0)
        return True

    def unmap(self, number: int) -> bool:
        if not self.mapped:
            return False
        gpu_va = sorted(self.mapped)[number % len(self.mapped)]
        self.space.unmap(gpu_va)
        del self.mapped[gpu_va]
        return True

    def remap(self, number: int) -> bool:
        if not self.mapped:
            return False
        number, which = divmod(number, len(self.mapped))
        gpu_va = sorted(self.mapped)[which]
        size = self.mapped[gpu_va][0]
        fitting = [memory for memory in self.objects if memory.size_bytes == size]
        memory = fitting[number % len(fitting)] if fitting else self.objects[0]
        self.space.remap(gpu_va, memory, page_size_bytes=(None, 4 * KIB)[number % 2])
        self.mapped[gpu_va] = (size, memory, 0)
        return True

    def look(self) -> None:
        """The GPU looks at the ends of all that is mapped, was mapped, and lies beside it."""
        expected = {}
        for gpu_va, (size, memory, offset) in self.mapped.items():
            for at in (0, size // 2 // 4096 * 4096, size - 4096):
                place = memory.part(offset + at, 1)[0].address if memory else "sparse"
                expected[gpu_va + at] = place
            self.probes.update((gpu_va, gpu_va + size - 4096, gpu_va + size, gpu_va - 4096))
        for gpu_va in self.probes:
            inside = next((va for va, (size, *_) in self.mapped.items() if va <= gpu_va < va + size), None)
            if inside is None:
                expected[gpu_va] = None
        for gpu_va, place in expected.items():
            assert self.gpu.find(self.space.root, gpu_va) == place

    def end(self) -> None:
        for gpu_va in list(self.mapped):
            self.space.unmap(gpu_va)
        assert self.space.addresses.free_bytes == END - START
        for memory in self.objects:
            memory.close()
        assert self.allocator.free_bytes == self.free
        self.space.close()
        assert self.allocator.taken == {}


@pytest.mark.parametrize("form", FORMATS.values(), ids=FORMATS)
def test_no_step_leaves_the_gpu_with_what_is_not_so_any_more(form):
    forgot = 0

    @given(st.lists(st.integers(0, (1 << 48) - 1), min_size=STEPS, max_size=STEPS))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def run(numbers: list[int]) -> None:
        nonlocal forgot
        watched = Watched(form)
        for number in numbers:
            watched.step(number)
        forgot += watched.gpu.forgot
        watched.end()

    run()
    assert forgot > EXAMPLES * STEPS / 3, "most steps are done"
