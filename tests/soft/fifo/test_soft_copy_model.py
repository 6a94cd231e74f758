"""Random launches against a few lines of NumPy, and random cuts of a pushbuffer into segments."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from fifo_machine import (
    KIB,
    MULTI_LINE,
    NON_PIPELINED,
    REMAP,
    SRC_PITCH,
    FifoMachine,
    FifoRig,
    copy,
    entry,
    immediate,
    inc,
    non_inc,
    one_inc,
    release,
    semaphore,
)

BYTES = 256 * KIB
FLUSH, DST_PITCH = 1 << 2, 1 << 8
A, B, NO_WRITE = 4, 5, 6


@dataclass
class Job:
    """One launch with everything that it depends on."""

    source: int
    target: int
    pitch_in: int
    pitch_out: int
    elements: int
    lines: int
    component: int
    inputs: int
    chosen: tuple[int, ...]
    constants: tuple[int, int]

    def words(self, source_va: int, target_va: int) -> list[int]:
        remap = sum(which << 4 * place for place, which in enumerate(self.chosen))
        remap |= self.component - 1 << 16 | self.inputs - 1 << 20 | len(self.chosen) - 1 << 24
        source, target = source_va + self.source, target_va + self.target
        pitches = (self.pitch_in & 0xFFFFFFFF, self.pitch_out & 0xFFFFFFFF)
        return [
            *inc(0x700, *self.constants, remap),
            *inc(0x400, source >> 32, source & 0xFFFFFFFF, target >> 32, target & 0xFFFFFFFF),
            *inc(0x410, *pitches, self.elements, self.lines),
            *inc(0x300, NON_PIPELINED | FLUSH | SRC_PITCH | DST_PITCH | MULTI_LINE | REMAP),
        ]

    def apply(self, source: np.ndarray, target: np.ndarray) -> None:
        size = self.component
        for line in range(self.lines):
            for element in range(self.elements):
                at = self.source + line * self.pitch_in + element * size * self.inputs
                to = self.target + line * self.pitch_out + element * size * len(self.chosen)
                for place, which in enumerate(self.chosen):
                    if which == NO_WRITE:
                        continue
                    if which >= A:
                        value = np.frombuffer(self.constants[which - A].to_bytes(4, "little"), np.uint8)[
                            :size
                        ]
                    else:
                        value = source[at + which * size : at + which * size + size]
                    target[to + place * size : to + place * size + size] = value


def random_job(random: np.random.Generator) -> Job:
    component, inputs = int(random.integers(1, 5)), int(random.integers(1, 5))
    outputs = int(random.integers(1, 5))
    sources = [*range(inputs), A, B, NO_WRITE]
    if random.integers(3) == 0:
        sources = [A, B]
    elements, lines = int(random.integers(1, 60)), int(random.integers(1, 20))
    in_bytes, out_bytes = elements * component * inputs, elements * component * outputs
    pitch_in = in_bytes + int(random.integers(0, 50))
    pitch_out = out_bytes + int(random.integers(0, 3)) * 17
    source, target = int(random.integers(0, 20_000)), int(random.integers(0, 20_000))
    if random.integers(2):
        source, pitch_in = source + pitch_in * lines, -pitch_in
    return Job(
        source,
        target,
        pitch_in,
        pitch_out,
        elements,
        lines,
        component,
        inputs,
        tuple(int(random.choice(sources)) for _ in range(outputs)),
        (int(random.integers(1 << 32)), int(random.integers(1 << 32))),
    )


@pytest.mark.parametrize("seed", range(4))
def test_random_launches_do_what_numpy_does(machine: FifoMachine, rig: FifoRig, seed: int) -> None:
    random = np.random.default_rng(seed)
    source, target = machine.host_memory(BYTES), machine.vram(BYTES, 64 * KIB)
    for _ in range(25):
        job = random_job(random)
        source.bytes[:] = random.integers(0, 256, BYTES, dtype=np.uint8)
        target.bytes[:] = 0xEE
        wanted = np.array(target.bytes)
        job.apply(source.bytes, wanted)
        rig.run(job.words(source.gpu_va, target.gpu_va))
        np.testing.assert_array_equal(target.bytes, wanted, str(job))
    assert machine.failures == machine.reports == []


@pytest.mark.parametrize("seed", range(4))
def test_how_a_pushbuffer_is_cut_into_segments_does_not_matter(
    machine: FifoMachine, rig: FifoRig, seed: int
) -> None:
    random = np.random.default_rng(seed)
    memory, counts = machine.vram(64 * KIB), machine.host_memory(4 * KIB)
    memory.bytes[: 32 * KIB] = random.integers(0, 256, 32 * KIB, dtype=np.uint8)
    words: list[int] = []
    for turn in range(0, 100, 4):
        words += release(counts.gpu_va + 4 * turn, turn + 1)
        words += copy(memory.gpu_va + 64 * turn, memory.gpu_va + 32 * KIB + 64 * turn, 64)
        words += semaphore(counts.gpu_va + 2048, 1, 6 | 1 << 20 | 5 << 27 | 1 << 31)
        words += [0, *immediate(0x8, 5), *non_inc(0x8, 1, 2, 3), *one_inc(0x8, 4), *inc(0x100, 0)]
    cuts = sorted({0, len(words), *(int(cut) for cut in random.integers(1, len(words), 40))})
    for start, end in pairwise(cuts):
        rig.add(entry(rig.store(words[start:end]), end - start))
    rig.ring_bell()
    rig.finish()

    for turn in range(0, 100, 4):
        assert counts.words[turn] == turn + 1
        at = 64 * turn
        assert (memory.bytes[32 * KIB + at :][:64] == memory.bytes[at : at + 64]).all()
    assert counts.words[512] == 25
    assert machine.failures == machine.reports == []
