"""Copies of data that comes with the pushbuffer, of compute and of inline-to-memory."""

from __future__ import annotations

import numpy as np
import pytest
from barewire.softgpu.copy_layout import BlockLinear
from fifo_machine import non_inc
from gr_machine import (
    COMPUTE,
    KIB,
    LAUNCH_DMA,
    LINE_LENGTH_IN,
    LOAD_INLINE_DATA,
    OFFSET_OUT,
    SUBCHANNEL,
    GrMachine,
    GrRig,
    method,
)

PITCH, FLUSH, RELEASE = 1, 1 << 4, 2 << 4
INTERRUPT, ONE_WORD = 1 << 8, 1 << 12


def inline(gpu_va: int, data: bytes, launch: int, length: int | None = None, lines: int = 1) -> list[int]:
    words = np.frombuffer(data.ljust(-(-len(data) // 4) * 4, b"\0"), np.uint32)
    return [
        *method(OFFSET_OUT, gpu_va >> 32, gpu_va & 0xFFFFFFFF),
        *method(LINE_LENGTH_IN, len(data) if length is None else length, lines),
        *method(LAUNCH_DMA, launch),
        *non_inc(LOAD_INLINE_DATA, *(int(word) for word in words), subchannel=SUBCHANNEL),
    ]


@pytest.mark.parametrize("class_id", [COMPUTE, 0xA140], ids=hex)
@pytest.mark.parametrize("size", [1, 4, 6, 528])
def test_bytes_of_the_pushbuffer_get_into_memory(
    machine: GrMachine, rig: GrRig, class_id: int, size: int
) -> None:
    memory = machine.vram(4 * KIB)
    data = bytes(1 + index % 255 for index in range(size))
    rig.run(method(0, class_id), inline(memory.gpu_va + 8, data, PITCH | FLUSH))
    assert bytes(memory.bytes[8 : 8 + size]) == data
    assert not memory.bytes[8 + size : 1024].any()
    assert machine.reports == []


def test_lines_at_a_pitch(machine: GrMachine, rig: GrRig) -> None:
    memory = machine.vram(4 * KIB)
    rig.run(method(0x190, 64), inline(memory.gpu_va, bytes(range(1, 25)), PITCH, length=8, lines=3))
    assert [list(memory.bytes[64 * line : 64 * line + 9]) for line in range(3)] == [
        [*range(8 * line + 1, 8 * line + 9), 0] for line in range(3)
    ]


def test_a_block_linear_surface(machine: GrMachine, rig: GrRig) -> None:
    memory = machine.vram(64 * KIB)
    surface = BlockLinear(256, 32, 1, 1, 0)
    data = bytes(range(1, 33))
    shape = method(0x194, 1 << 4, 256, 32, 1, 0, 100, 9)
    rig.run(shape, inline(memory.gpu_va, data, 0, length=16, lines=2))
    for line in range(2):
        for x in range(16):
            assert memory.bytes[surface.offset(100 + x, 9 + line)] == data[16 * line + x]
    assert np.count_nonzero(memory.bytes) == 32


def test_it_releases_a_semaphore(machine: GrMachine, rig: GrRig) -> None:
    memory = machine.vram(4 * KIB)
    at = rig.semaphores.gpu_va
    where = method(0x1DC, at >> 32, at & 0xFFFFFFFF, 77)
    rig.run(where, inline(memory.gpu_va, b"abcd", PITCH | RELEASE | ONE_WORD))
    assert (rig.semaphore(0), bytes(memory.bytes[:4])) == (77, b"abcd")
    rig.run(where, inline(memory.gpu_va, b"abcd", PITCH | RELEASE | ONE_WORD | 2))
    assert rig.semaphore(0) == 154


def test_data_that_nobody_asked_for_is_reported(machine: GrMachine, rig: GrRig) -> None:
    rig.run(non_inc(LOAD_INLINE_DATA, 1, subchannel=SUBCHANNEL))
    assert machine.reports == ["inline copy"]


def test_a_page_that_is_not_there_is_a_fault_of_the_front_end(machine: GrMachine, rig: GrRig) -> None:
    rig.submit(inline(0xF0_1234_5000, b"abcd", PITCH))
    rig.machine.wait(lambda: bool(machine.failures))
    (failure,) = machine.failures
    assert (failure.xid, failure.fault.client_name) == (31, "HUBCLIENT_FE")


def test_a_notification_is_written(machine: GrMachine, rig: GrRig) -> None:
    at = rig.semaphores.gpu_va
    rig.semaphores.words[:4] = 9
    before = machine.gpu.clock.now_ns()
    rig.run(method(0x104, at >> 32, at & 0xFFFFFFFF, 0))
    assert before <= int(rig.semaphores.longs[0]) <= machine.gpu.clock.now_ns()
    assert int(rig.semaphores.longs[1]) == 0
