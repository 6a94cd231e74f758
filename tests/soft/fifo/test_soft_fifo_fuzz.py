"""Anything may stand in a ring or a pushbuffer: a channel may end by it, the GPU goes on."""

from __future__ import annotations

import time

import numpy as np
import pytest
from barewire.softgpu.channel import State
from fifo_machine import (
    ENTRIES,
    KIB,
    MIB,
    MULTI_LINE,
    NON_PIPELINED,
    PLAIN,
    REMAP,
    FifoMachine,
    FifoRig,
    copy,
    entry,
    inc,
    release,
)

COPY_METHODS = (
    0x240, 0x244, 0x248, 0x24C, 0x254, 0x258, 0x25C, 0x260, 0x264, 0x300, 0x400, 0x404, 0x408, 0x40C, 0x410,
    0x414, 0x418, 0x41C, 0x700, 0x704, 0x708, 0x70C, 0x710, 0x714, 0x718, 0x71C, 0x720, 0x728, 0x72C, 0x730,
    0x734, 0x738, 0x73C, 0x744, 0x748, 0x74C, 0x750,
)  # fmt: skip
HOST_METHODS = tuple(range(0, 0x100, 4))
SMALL = np.array([0, 1, 2, 3, 4, 8, 16, 63, 64, 100, 255, 256, 4095, 4096, 5000, 0xFFFFFFFF, 0x1000])


def still_works(machine: FifoMachine) -> None:
    memory = machine.vram(8 * KIB)
    memory.bytes[: 4 * KIB] = 5
    rig = machine.channel(privileged=True)
    rig.run(copy(memory.gpu_va, memory.gpu_va + 4 * KIB, 4 * KIB))
    assert (memory.bytes == 5).all()
    assert machine.gpu.defects == []


def ends(machine: FifoMachine, rig: FifoRig, timeout_s: float = 2.0) -> None:
    """It ends, waits, or is at something endless; then it is taken off."""
    limit = time.monotonic() + timeout_s
    while rig.channel.state is State.READY and time.monotonic() < limit:
        time.sleep(0.0002)
    with machine.gpu.lock:
        machine.gpu.fifo.destroy(rig.channel)


@pytest.mark.parametrize("seed", range(4))
def test_random_words(machine: FifoMachine, seed: int) -> None:
    random = np.random.default_rng(seed)
    for _ in range(60):
        rig = machine.channel(privileged=bool(random.integers(2)))
        words = random.integers(0, 1 << 32, 50, dtype=np.uint32)
        rig.submit([int(word) for word in words])
        ends(machine, rig)
    still_works(machine)


@pytest.mark.parametrize("seed", range(6))
def test_random_methods_of_the_classes(machine: FifoMachine, seed: int) -> None:
    random = np.random.default_rng(100 + seed)
    memory = machine.vram(1 * MIB, 64 * KIB)
    high = memory.gpu_va >> 32
    for _ in range(60):
        rig = machine.channel(privileged=bool(random.integers(2)))
        parts = []
        for _ in range(30):
            method = int(random.choice(COPY_METHODS if random.integers(4) else HOST_METHODS))
            value = int(random.choice(SMALL)) if random.integers(2) else int(random.integers(1 << 32))
            if method in (0x240, 0x254, 0x400, 0x408, 0x60):
                value = high
            elif method in (0x244, 0x258, 0x404, 0x40C, 0x5C) and random.integers(8):
                value = memory.gpu_va + int(random.choice(SMALL[:14])) & 0xFFFFFFFF
            elif method == 0x300 and random.integers(8):
                value &= 0x7FF | MULTI_LINE
            parts.append(inc(method, value))
        rig.submit(*parts)
        ends(machine, rig)
    still_works(machine)


def test_random_entries(machine: FifoMachine) -> None:
    random = np.random.default_rng(7)
    for _ in range(60):
        rig = machine.channel()
        for place in range(ENTRIES):
            rig.ring.longs[place] = random.integers(0, 1 << 63, dtype=np.uint64) & np.uint64(
                random.choice(
                    np.array([0xFFFF_FFFF_FFFF_FFFF, 0xFF_FFFF_FFFF, 0x8000_02FF_FFFF_FFFD], np.uint64)
                )
            )
        rig.ring_bell(put=int(random.integers(0, ENTRIES + 2)))
        ends(machine, rig)
    still_works(machine)


def test_a_copy_without_end_holds_up_nobody_and_can_be_taken_off(
    machine: FifoMachine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barewire.softgpu.fifo.PREEMPT_NS", 50_000_000)
    memory, done = machine.vram(2 * MIB, 2 * MIB), machine.host_memory(4 * KIB)
    endless = [
        [*inc(0x410, 16, 16, 16, 0xFFFFFFFF), *copy(memory.gpu_va, memory.gpu_va, 1, PLAIN | MULTI_LINE)],
        [
            *inc(0x700, 1, 2, 4 | 5 << 4 | 1 << 24 | 6 << 8 | 2 << 24),
            *inc(0x410, 0, 0, 1, 0xFFFFFFFF),
            *inc(0x408, memory.gpu_va >> 32, memory.gpu_va & 0xFFFFFFFF),
            *inc(0x300, PLAIN | MULTI_LINE | REMAP),
        ],
    ]
    # One-byte lines, one after the other, over sparse memory: four thousand million of them.
    sparse = 1 << 48
    for page in range(17):
        machine.tables.entry(sparse + page * 512 * MIB, 512 * MIB, 1 << 3)
    rig = machine.channel()
    other = machine.channel("COPY8", runlist=7)
    rig.submit([*inc(0x410, 2, 2, 1, 0xFFFFFFFF), *copy(sparse, sparse, 1, PLAIN | MULTI_LINE)])
    start = time.perf_counter()
    for turn in range(20):
        other.run(release(done.gpu_va, turn))
    assert time.perf_counter() - start < 2
    assert rig.channel.engine_job
    with machine.gpu.lock:
        start = time.perf_counter()
        machine.gpu.fifo.destroy(rig.channel)
        assert time.perf_counter() - start < 3
    for part in endless:
        bad = machine.channel()
        bad.submit(part)
        ends(machine, bad, 0.1)
    still_works(machine)


def test_a_pushbuffer_that_runs_into_itself_again(machine: FifoMachine) -> None:
    memory = machine.vram(4 * KIB)
    rig = machine.channel()
    fill = [*inc(0x700, 0, 0, 4 | 3 << 16), *inc(0x408, rig.pushbuffer.gpu_va >> 32)]
    fill += [
        *inc(0x40C, rig.pushbuffer.gpu_va & 0xFFFFFFFF),
        *inc(0x418, 4096),
        *inc(0x300, NON_PIPELINED | 0x180 | REMAP),
    ]
    words = [*fill, *release(memory.gpu_va, 3)]
    rig.add(entry(rig.store(words), len(words)))
    rig.ring_bell()
    rig.finish()
    assert not rig.pushbuffer.words[:4096].any()
    assert memory.words[0] == 3
    still_works(machine)
