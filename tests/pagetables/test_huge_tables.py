"""What only the software GPU's firmware is asked for: pages of 512 MiB in page tables that it builds.

NVIDIA's kernel driver gives no memory of 512 MiB in one piece for the asking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.common.devices import ON_SOFTWARE
from tests.pagetables.rm_spread import BASE, GIB, HUGE, MIB, Piece, Spread

pytestmark = ON_SOFTWARE
GIGANTIC = 512 * MIB


@pytest.fixture(scope="module")
def device_name() -> str:
    return "soft:gh100"


@pytest.fixture
def empty(dev: Any) -> Iterator[Spread]:
    """An address space of RM with nothing in it."""
    made = Spread(dev)
    yield made
    made.close()


def test_pages_of_512_mib_are_entries_of_pd1(empty: Spread) -> None:
    mapped = empty.map(Piece("gigantic", BASE + GIB, "video", GIGANTIC, 2 * GIGANTIC, read_only=True))
    empty.map(Piece("huge, after it", BASE + 2 * GIB, "video", HUGE, HUGE))
    comparison = empty.space.compare()
    walk = empty.space.walk(BASE + GIB + GIGANTIC + 5)

    assert [str(difference) for difference in comparison.differences] == []
    assert [entry.level for entry in mapped.entries()] == ["PD1", "PD1"]
    assert (walk.page_bytes, walk.address) == (GIGANTIC, mapped.memory.part(GIGANTIC + 5, 1)[0].address)
    assert comparison.by_level["PD1"] == 3, "two pages, and the pointer to the table of the huge one"


def test_a_copy_engine_reads_and_writes_pages_of_512_mib(dev: Any, empty: Spread) -> None:
    mapped = empty.map(Piece("gigantic", BASE + GIB, "video", GIGANTIC, GIGANTIC))
    channel = dev.channel(empty.space, "copy")
    try:
        first, last = mapped.piece.gpu_va, mapped.piece.gpu_va + GIGANTIC - 4096
        pushbuffer = channel.pushbuffer()
        pushbuffer.fill(destination=first, value=0x600D, element_bytes=4, count=1024)
        pushbuffer.copy(source=first, destination=last, size_bytes=4096)
        channel.submit(pushbuffer).wait(timeout_s=10)
    finally:
        channel.close()

    assert mapped.memory.read(GIGANTIC - 4096, 8) == bytes.fromhex("0d6000000d600000")
