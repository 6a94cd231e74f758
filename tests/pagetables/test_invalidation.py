"""Whether the GPU forgets what it knew of an entry when it is told to, and not before.

The way is that of devices under NVIDIA's kernel driver, MEM_OP from a channel of ours; where registers do
it, `test_own_tables.py` has the counterpart.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pytest
from barewire.errors import PermissionMissing
from barewire.memory.pagetable import Invalidation
from barewire.memory.space import AddressSpace

SIZE_BYTES = 1 << 20
TIMES = 20
PAGE_SIZES = (4 << 10, 64 << 10)


class Seen(NamedTuple):
    """Which memory the copy engine read at an address: "old", "new", or neither.

    Attributes:
        before: the entries were changed.
        unforgotten: they were, and nobody told the GPU.
        forgotten: it was told.
    """

    before: str
    unforgotten: str
    forgotten: str


class Forgetful:
    """Tells the GPU to forget, unless it is `silent`."""

    def __init__(self, invalidate: Callable[[Invalidation], None]) -> None:
        self.invalidate = invalidate
        self.silent = False
        self.owed: list[Invalidation] = []

    def __call__(self, what: Invalidation) -> None:
        if self.silent:
            self.owed.append(what)
        else:
            self.invalidate(what)

    def pay(self) -> None:
        """Tell it what it was not told."""
        self.silent = False
        for what in self.owed:
            self.invalidate(what)
        self.owed.clear()


@contextlib.contextmanager
def two_memories(dev: Any, page_bytes: int) -> Iterator[tuple[Any, Any, Any]]:
    """Two pieces of video memory, and host memory to see them in."""
    with contextlib.ExitStack() as held:
        yield (
            held.enter_context(dev.rm.video_memory(SIZE_BYTES, page_bytes)),
            held.enter_context(dev.rm.video_memory(SIZE_BYTES, page_bytes)),
            held.enter_context(dev.rm.host_memory(SIZE_BYTES)),
        )


def remapped(dev: Any, page_bytes: int, times: int = TIMES) -> list[Seen]:
    """Let an address show one memory, then the other, and look before the GPU was told of it, and after.

    All that any entry ever leads to is memory that stays allocated meanwhile.
    """
    random = np.random.default_rng(page_bytes)
    with two_memories(dev, page_bytes) as (first, second, host):
        forget = Forgetful(dev._tlb.invalidate)
        tables: AddressSpace = dev.rm.page_tables(forget, 2 << 20, 1 << 40)
        places = {memory: tables.map(memory, page_size_bytes=page_bytes) for memory in (first, second)}
        host_va, shown_va = tables.map(host), tables.map(first, page_size_bytes=page_bytes)
        space = dev.address_space(tables=tables)
        channel = dev.channel(space, "copy")
        seen = np.frombuffer(host.map_cpu().view, np.uint8)
        content = {}
        for memory, gpu_va in places.items():
            content[memory] = random.integers(0, 256, SIZE_BYTES, dtype=np.uint8)
            seen[:] = content[memory]
            channel.copy(host_va, gpu_va, SIZE_BYTES).wait(5)

        def look(old: Any, new: Any) -> str:
            seen[:] = 0
            channel.copy(shown_va, host_va, SIZE_BYTES).wait(5)
            if np.array_equal(seen, content[old]):
                return "old"
            return "new" if np.array_equal(seen, content[new]) else "neither"

        found = []
        old, new = first, second
        for _ in range(times):
            before = look(old, new)
            forget.silent = True
            tables.remap(shown_va, new, page_size_bytes=page_bytes)
            unforgotten = look(old, new)
            forget.pay()
            found.append(Seen(before, unforgotten, look(old, new)))
            old, new = new, old
        channel.close()
        space.close()
        return found


@pytest.mark.parametrize("page_bytes", PAGE_SIZES)
def test_memop_makes_the_gpu_forget_and_without_it_the_gpu_remembers(
    dev: Any, page_bytes: int, record_property: Callable[[str, object], None]
) -> None:
    if not dev.name.startswith("nv:"):
        pytest.skip("registers make this device forget: see test_own_tables.py")
    try:
        dev.page_tables().close()
    except PermissionMissing as missing:
        pytest.skip(missing.message)

    found = remapped(dev, page_bytes)

    stale = sum(seen.unforgotten == "old" for seen in found)
    record_property("stale_reads", f"{stale} of {len(found)}")
    assert all(seen.before == "old" and seen.forgotten == "new" for seen in found)
    assert stale, "nothing was remembered: this shows nothing of the invalidation"
