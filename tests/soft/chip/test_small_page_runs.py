"""Runs of 4 KiB pages are the same whether the software GPU looks them up together or one by one."""

from __future__ import annotations

import random

import pytest
from barewire.softgpu.mmu import Access, Aperture, PageFault
from page_builder import Page, PageBuilder, leaf

KIB, MIB = 1 << 10, 1 << 20
VA = 0x40_0000_0000
PAGES = 700


def entries(chosen: random.Random) -> list[int]:
    """Entries of consecutive pages: mostly neighbours, some far away, few of another kind or none."""
    words, address = [], 0x40_0000
    for _ in range(PAGES):
        address = chosen.choice((address + 4096,) * 9 + (chosen.randrange(1 << 16) << 12,))
        words.append(leaf(3, Page(address, read_only=chosen.random() < 0.002)))
    if chosen.random() < 0.5:
        words[chosen.randrange(PAGES)] = chosen.choice((0, 1 << 3, leaf(3, Page(0x40_0000, kind=7))))
    return words


def fill(gpu, words: list[int]) -> PageBuilder:
    build = PageBuilder(3, gpu.vram.write)
    for at, word in enumerate(words):
        build.entry(VA + at * 4 * KIB, 4 * KIB, word)
    return build


def runs_of(gpu, build: PageBuilder, start: int, size_bytes: int, access: Access) -> list:
    found = []
    try:
        for place in gpu.mmu.runs(build.pdb, start, size_bytes, access):
            found.append((place.aperture, place.address, place.size_bytes, place.gpu_va))
    except PageFault as fault:
        found.append((fault.gpu_va, fault.fault_type))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_together_and_one_by_one(make_gpu, seed):
    chosen = random.Random(seed)
    words = entries(chosen)
    one_by_one, together = make_gpu(check_tlb=True), make_gpu()
    builds = [fill(gpu, words) for gpu in (one_by_one, together)]

    for _ in range(12):
        start = VA + chosen.randrange(PAGES * 4 * KIB)
        size = chosen.randrange(1, 2 * MIB)
        access = chosen.choice((Access.READ, Access.WRITE))
        first, second = (
            runs_of(gpu, build, start, size, access)
            for gpu, build in zip((one_by_one, together), builds, strict=True)
        )
        assert first == second


def test_entries_looked_up_together_are_remembered_too(gpu):
    words = [leaf(3, Page(0x40_0000 + at * 4 * KIB)) for at in range(64)]
    build = fill(gpu, words)
    gpu.mmu.read(build.pdb, VA, 64 * 4 * KIB)
    build.entry(VA + 5 * 4 * KIB, 4 * KIB, leaf(3, Page(0x80_0000)))

    stale = [gpu.mmu.translate(build.pdb, VA + 5 * 4 * KIB).address]
    stale.append(next(gpu.mmu.runs(build.pdb, VA + 5 * 4 * KIB, 64 * KIB)).address)
    gpu.mmu.invalidate(build.pdb, VA + 5 * 4 * KIB)

    assert stale == [0x40_5000, 0x40_5000]
    assert next(gpu.mmu.runs(build.pdb, VA + 5 * 4 * KIB, 64 * KIB)).address == 0x80_0000
    assert gpu.mmu.translate(build.pdb, VA + 5 * 4 * KIB).address == 0x80_0000


def test_runs_of_host_memory_are_joined_by_their_address_for_dma(gpu, host):
    pages = host.pages(64)
    words = [leaf(3, Page(pages.iova + at * 4 * KIB, aperture=Aperture.COHERENT)) for at in range(64)]
    build = fill(gpu, words)

    runs = list(gpu.mmu.runs(build.pdb, VA, 64 * 4 * KIB))

    assert [(run.aperture, run.address, run.size_bytes) for run in runs] == [
        (Aperture.COHERENT, pages.iova, 64 * 4 * KIB)
    ]
