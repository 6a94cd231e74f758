"""The tables of what a chip's boot takes."""

from __future__ import annotations

import pytest
from barewire.chip.boot import GIB, MIB
from barewire.chip.bringup import boot_facts
from barewire.errors import UnknownChip

GH100 = boot_facts("gh100")


@pytest.mark.parametrize(
    ("vram_gib", "heap_mib"),
    [(1, 133), (10, 133), (11, 134), (24, 135), (80, 140), (94, 141), (141, 146), (10_000, 280)],
)
def test_the_firmwares_heap_grows_with_video_memory(vram_gib, heap_mib):
    assert GH100.heap.size_bytes(vram_gib * GIB) == heap_mib * MIB


def test_a_gib_that_is_begun_counts_whole():
    heap = GH100.heap

    assert heap.size_bytes(10 * GIB + 1) == heap.size_bytes(11 * GIB)


def test_a_chip_that_cannot_be_booted_is_refused_by_name():
    with pytest.raises(UnknownChip, match="ad102") as refused:
        boot_facts("ad102")

    assert "gh100" in refused.value.hint


def test_every_fact_names_its_source():
    assert "OGKM:" in GH100.source
