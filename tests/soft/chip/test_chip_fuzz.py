"""Whatever a host does, the software GPU answers; it never raises, and a reset makes it well again."""

from __future__ import annotations

import random

import pytest

INTERESTING = (0, 1, 2, 6, 0x80000000, 0x80000001, 0xFFFFFFFF, 0x01000000, 0x02000000)
ACCESSES = 2500


def offsets(gpu) -> list[int]:
    """Every register that some unit answers, and some that none does."""
    known = []
    for unit in gpu.registers.units:
        for first, last in unit.ranges:
            known.extend(range(first, min(last, first + 0x400) + 1, 4))
    return [*known, 0x123450, 0xFFFFFC]


@pytest.mark.parametrize("seed", range(6))
def test_random_accesses_do_no_harm(make_gpu, seed):
    gpu = make_gpu(vram_bytes=256 << 20, bar1_bytes=64 << 20)
    host = gpu.host.host
    pages = host.pages(16)
    chosen = random.Random(seed)
    registers = offsets(gpu)
    values = (*INTERESTING, pages.iova & 0xFFFFFFFF, pages.iova >> 32)

    for _ in range(ACCESSES):
        what = chosen.random()
        size = chosen.choice((4, 4, 4, 4, 1, 2, 8))
        value = chosen.choice((chosen.choice(values), chosen.getrandbits(32))) & (1 << 8 * size) - 1
        if what < 0.9:
            bar, offset = gpu.bars[0].index, chosen.choice(registers)
        elif what < 0.95:
            bar = chosen.choice(gpu.bars[1:]).index
            offset = chosen.randrange(0, 64 << 20, 4)
        else:
            at = chosen.randrange(0, 0x400, 4)
            if at not in (4, 0x44):  # on and awake, else nothing more is reached
                gpu.config_write(at, 4, chosen.getrandbits(32))
            assert gpu.config_read(at, 4) >> 32 == 0
            gpu.config_write(4, 2, 6)
            continue
        if chosen.random() < 0.6:
            gpu.bar_write(bar, offset, size, value)
        else:
            assert gpu.bar_read(bar, offset, size) >> 8 * size == 0

    assert gpu.work.drain()
    assert gpu.defects == []
    gpu.reset()
    gpu.config_write(4, 2, 6)
    assert gpu.bar_read(0, 0, 4) == 0x180000A1
