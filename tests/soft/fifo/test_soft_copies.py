"""Copy engines: flat copies, lines, fills, remaps and blocks."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from barewire.softgpu.copy_layout import BlockLinear
from fifo_machine import (
    DST_PITCH,
    FLUSH,
    KIB,
    LINE_LENGTH,
    MIB,
    MULTI_LINE,
    NON_PIPELINED,
    PLAIN,
    REMAP,
    SRC_PITCH,
    FifoMachine,
    FifoRig,
    copy,
    inc,
    launch,
    lines,
    offsets,
    release,
)

CONST_A, COMPONENTS, DST_BLOCK, SRC_BLOCK = 0x700, 0x708, 0x70C, 0x728
FERMI = 1 << 12


def random_bytes(random: np.random.Generator, size: int) -> np.ndarray:
    return random.integers(0, 256, size, dtype=np.uint8)


# Flat copies.


@pytest.mark.parametrize("size", [1, 3, 16, 4095, 4096, 4097, 65_537, 1_000_003])
def test_a_copy_touches_no_neighbour(machine: FifoMachine, rig: FifoRig, random: Any, size: int) -> None:
    source, target = machine.host_memory(2 * MIB), machine.vram(2 * MIB)
    source.bytes[:] = random_bytes(random, 2 * MIB)
    for start, end in ((0, 0), (5, 4091), (4093, 1)):
        target.bytes[:] = 0xEE
        rig.run(copy(source.gpu_va + start, target.gpu_va + end, size))
        wanted = np.full(2 * MIB, 0xEE, np.uint8)
        wanted[end : end + size] = source.bytes[start : start + size]
        np.testing.assert_array_equal(target.bytes, wanted)
    assert machine.reports == machine.failures == []


@pytest.mark.parametrize("page", [4 * KIB, 64 * KIB, 2 * MIB], ids=lambda size: f"{size >> 10}K")
def test_pages_in_any_order_are_one_range(machine: FifoMachine, rig: FifoRig, random: Any, page: int) -> None:
    from page_builder import Page

    size = 8 * max(page, 64 * KIB)
    at, gpu_va = machine.take_vram(size, page), machine.space(size)
    order = random.permutation(size // page)
    for index, place in enumerate(order):
        machine.tables.map(gpu_va + index * page, page, Page(at + int(place) * page))
    raw = np.frombuffer(machine.gpu.vram.view(at, size), np.uint8).reshape(-1, page)
    source = machine.host_memory(size)
    source.bytes[:] = random_bytes(random, size)
    rig.run(copy(source.gpu_va, gpu_va, size))
    np.testing.assert_array_equal(raw[order].ravel(), source.bytes)

    back = machine.host_memory(size)
    for _ in range(2):  # the second time nothing needs translation
        back.bytes[:] = 0
        rig.run(copy(gpu_va, back.gpu_va, size))
        np.testing.assert_array_equal(back.bytes, source.bytes)


def test_sparse_memory_reads_as_zero_and_drops_writes(machine: FifoMachine, rig: FifoRig) -> None:
    gpu_va = machine.space(64 * KIB)
    for page in range(16):
        machine.tables.entry(gpu_va + page * 4 * KIB, 4 * KIB, 1 << 3)
    memory = machine.vram(64 * KIB)
    memory.bytes[:] = 7
    rig.run(copy(memory.gpu_va, gpu_va, 64 * KIB))
    assert (memory.bytes == 7).all()
    rig.run(copy(gpu_va + 100, memory.gpu_va + 10, 60_000))
    assert not memory.bytes[10:60_010].any()
    assert (memory.bytes[60_010:] == 7).all()
    assert machine.failures == []


def test_a_large_copy_goes_on_while_registers_are_read(machine: FifoMachine, rig: FifoRig) -> None:
    size = 128 * MIB
    source, target = machine.vram(size, 2 * MIB), machine.vram(size, 2 * MIB)
    done = machine.host_memory(4 * KIB)
    source.bytes[::4096] = 1
    start = time.perf_counter()
    rig.submit(copy(source.gpu_va, target.gpu_va, size), release(done.gpu_va, 1))
    submitted = time.perf_counter() - start
    reads = 0
    while done.words[0] != 1:
        machine.gpu.bar_read(0, 0, 4)
        reads += 1
    rig.finish()

    assert reads > 1
    assert submitted < 0.1
    assert (target.bytes[::4096] == 1).all()


def test_a_large_copy_is_fast(machine: FifoMachine, rig: FifoRig) -> None:
    size = 256 * MIB
    source, target = machine.vram(size, 2 * MIB), machine.vram(size, 2 * MIB)
    source.bytes[::4096] = 1
    target.bytes[::4096] = 2
    best = 0.0
    for _ in range(3):
        start = time.perf_counter()
        rig.run(copy(source.gpu_va, target.gpu_va, size))
        best = max(best, size / (time.perf_counter() - start))
    assert best > 1e9  # some 8 GB/s where nothing else runs


# Lines.


def test_lines_are_copied_at_their_pitches(machine: FifoMachine, rig: FifoRig, random: Any) -> None:
    source, target = machine.host_memory(64 * KIB), machine.vram(64 * KIB)
    source.bytes[:] = random_bytes(random, 64 * KIB)
    width, height, pitch_in, pitch_out = 77, 50, 200, 333
    rig.run(
        lines(source.gpu_va + 5, target.gpu_va + 9, pitch_in, pitch_out, width, height),
        launch(PLAIN | MULTI_LINE),
    )
    wanted = np.zeros(64 * KIB, np.uint8)
    for line in range(height):
        at, end = 5 + line * pitch_in, 9 + line * pitch_out
        wanted[end : end + width] = source.bytes[at : at + width]
    np.testing.assert_array_equal(target.bytes, wanted)


def test_a_negative_pitch_turns_an_image_upside_down(machine: FifoMachine, rig: FifoRig, random: Any) -> None:
    source, target = machine.vram(64 * KIB), machine.vram(64 * KIB)
    source.bytes[:] = random_bytes(random, 64 * KIB)
    rig.run(
        lines(source.gpu_va + 63 * 1024, target.gpu_va, -1024, 1024, 1024, 64), launch(PLAIN | MULTI_LINE)
    )
    np.testing.assert_array_equal(target.bytes.reshape(64, 1024), source.bytes.reshape(64, 1024)[::-1])


def test_without_multi_line_neither_pitches_nor_line_count_matter(machine: FifoMachine, rig: FifoRig) -> None:
    source, target = machine.vram(4 * KIB), machine.vram(4 * KIB)
    source.bytes[:] = 1
    rig.run(lines(source.gpu_va, target.gpu_va, 1, 1, 100, 7), launch())
    assert target.bytes.sum() == 100


@pytest.mark.parametrize(
    ("pitch_in", "pitch_out", "error"),
    [(99, 200, 4), (-99, 200, 5), (200, 99, 6), (200, -99, 7), (0, 200, 4)],
)
def test_a_line_longer_than_its_pitch_is_refused(
    machine: FifoMachine, rig: FifoRig, pitch_in: int, pitch_out: int, error: int
) -> None:
    memory = machine.vram(64 * KIB)
    middle = memory.gpu_va + 32 * KIB
    rig.run(lines(middle, middle, pitch_in, pitch_out, 100, 2), launch(PLAIN | MULTI_LINE))
    rig.failed_to_launch(error)


# Fills and remaps.


@pytest.mark.parametrize("component", [1, 2, 3, 4])
@pytest.mark.parametrize("outputs", [1, 2, 3, 4])
def test_a_fill_repeats_its_element(machine: FifoMachine, rig: FifoRig, component: int, outputs: int) -> None:
    target = machine.vram(256 * KIB, 64 * KIB)
    count, start = 150_000 // (component * outputs), 4091
    chosen = sum((4 + place % 2) << 4 * place for place in range(outputs))
    word = chosen | (component - 1) << 16 | (outputs - 1) << 24
    rig.run(
        inc(CONST_A, 0x04030201, 0x0D0C0B0A, word),
        offsets(0, target.gpu_va + start),
        inc(LINE_LENGTH, count),
        launch(PLAIN | REMAP),
    )
    constants = (b"\1\2\3\4"[:component], b"\x0a\x0b\x0c\x0d"[:component])
    element = b"".join(constants[place % 2] for place in range(outputs))
    size = count * len(element)
    wanted = np.zeros(256 * KIB, np.uint8)
    wanted[start : start + size] = np.frombuffer(element * count, np.uint8)
    np.testing.assert_array_equal(target.bytes, wanted)
    assert machine.reports == machine.failures == []


def test_a_fill_of_lines_leaves_what_is_between_them(machine: FifoMachine, rig: FifoRig) -> None:
    target = machine.vram(64 * KIB)
    rig.run(
        inc(CONST_A, 0xAABBCCDD, 0, 4 | 3 << 16),
        lines(0, target.gpu_va, 0, 100, 20, 30),
        launch(PLAIN | REMAP | MULTI_LINE),
    )
    found = target.bytes[:3000].reshape(30, 100)
    assert (found[:, :80].copy().view(np.uint32) == 0xAABBCCDD).all()
    assert not found[:, 80:].any()


def test_components_change_places_and_some_are_left_alone(
    machine: FifoMachine, rig: FifoRig, random: Any
) -> None:
    source, target = machine.host_memory(64 * KIB), machine.vram(64 * KIB)
    source.bytes[:] = random_bytes(random, 64 * KIB)
    target.bytes[:] = 0xEE
    word = 2 | 6 << 4 | 4 << 8 | 0 << 12 | 1 << 16 | 2 << 20 | 3 << 24  # z, none, A, x of three halves
    rig.run(
        inc(CONST_A, 0x1234, 0, word),
        lines(source.gpu_va + 2, target.gpu_va + 6, 700, 900, 100, 9),
        launch(PLAIN | REMAP | MULTI_LINE),
    )
    for line in range(9):
        inputs = source.bytes[2 + 700 * line :][:600].copy().view(np.uint16).reshape(100, 3)
        found = target.bytes[6 + 900 * line :][:800].copy().view(np.uint16).reshape(100, 4)
        np.testing.assert_array_equal(found[:, 0], inputs[:, 2])
        assert (found[:, 1] == 0xEEEE).all()
        assert (found[:, 2] == 0x1234).all()
        np.testing.assert_array_equal(found[:, 3], inputs[:, 0])
        assert (target.bytes[806 + 900 * line : 906 + 900 * line] == 0xEE).all()


def test_a_long_line_of_elements_is_remapped_piece_by_piece(
    machine: FifoMachine, rig: FifoRig, random: Any
) -> None:
    source, target = machine.vram(1 * MIB, 64 * KIB), machine.vram(2 * MIB, 64 * KIB)
    source.bytes[:] = random_bytes(random, 1 * MIB)
    rig.run(
        inc(COMPONENTS, 0 | 0 << 4 | 3 << 16 | 1 << 24),  # one word becomes two
        offsets(source.gpu_va, target.gpu_va),
        inc(LINE_LENGTH, 1 * MIB // 4),
        launch(PLAIN | REMAP),
    )
    np.testing.assert_array_equal(target.words, np.repeat(source.words, 2))


@pytest.mark.parametrize(("word", "error"), [(1, 8), (3 | 2 << 20, 8), (7, 9)])
def test_components_that_the_source_has_not_are_refused(
    machine: FifoMachine, rig: FifoRig, word: int, error: int
) -> None:
    memory = machine.vram(4 * KIB)
    rig.run(
        inc(COMPONENTS, word),
        offsets(memory.gpu_va, memory.gpu_va),
        inc(LINE_LENGTH, 4),
        launch(PLAIN | REMAP),
    )
    rig.failed_to_launch(error)


# Blocks.


def surface(
    block: int, word: int, width: int, height: int, depth: int, layer: int, x: int, y: int
) -> list[int]:
    return inc(block, word, width, height, depth, layer, y << 16 | x)


@pytest.mark.parametrize("aperture", ["video", "host"])
def test_rectangles_of_blocks_are_written_and_read(
    machine: FifoMachine, rig: FifoRig, random: Any, aperture: str
) -> None:
    shape = BlockLinear(200, 70, 3, block_height=2, block_depth=1)
    make = machine.vram if aperture == "video" else machine.host_memory
    blocks, pitch, back = make(shape.size_bytes), machine.vram(64 * KIB), machine.host_memory(64 * KIB)
    word = FERMI | shape.block_height << 4 | shape.block_depth << 8
    pitch.bytes[:] = random_bytes(random, 64 * KIB)
    for x, y, width, height, layer in ((0, 0, 200, 70, 0), (13, 5, 100, 33, 1), (199, 69, 1, 1, 2)):
        blocks.bytes[:] = 0xEE
        rig.run(
            surface(DST_BLOCK, word, 200, 70, 3, layer, x, y),
            lines(pitch.gpu_va + 3, blocks.gpu_va, 256, 0, width, height),
            launch(NON_PIPELINED | FLUSH | SRC_PITCH | MULTI_LINE),
        )
        wanted = np.full(blocks.bytes.size, 0xEE, np.uint8)
        for line in range(height):
            for column in range(width):
                wanted[shape.offset(x + column, y + line, layer)] = pitch.bytes[3 + line * 256 + column]
        np.testing.assert_array_equal(blocks.bytes, wanted)

        back.bytes[:] = 0
        rig.run(
            surface(SRC_BLOCK, word, 200, 70, 3, layer, x, y),
            lines(blocks.gpu_va, back.gpu_va, 0, 256, width, height),
            launch(NON_PIPELINED | FLUSH | DST_PITCH | MULTI_LINE),
        )
        found = back.bytes[: 256 * height].reshape(height, 256)[:, :width]
        np.testing.assert_array_equal(
            found, pitch.bytes[3 : 3 + 256 * height].reshape(height, 256)[:, :width]
        )
    assert machine.reports == machine.failures == []


def test_blocks_of_one_size_become_blocks_of_another(machine: FifoMachine, rig: FifoRig, random: Any) -> None:
    first, second = BlockLinear(320, 64, block_height=0), BlockLinear(320, 64, block_height=3)
    source, target = machine.vram(first.size_bytes), machine.vram(second.size_bytes)
    source.bytes[:] = random_bytes(random, source.bytes.size)
    rig.run(
        surface(SRC_BLOCK, FERMI, 80, 64, 1, 0, 0, 0),  # elements of four bytes
        surface(DST_BLOCK, FERMI | 3 << 4, 80, 64, 1, 0, 0, 0),
        inc(COMPONENTS, 0 | 3 << 16),
        lines(source.gpu_va, target.gpu_va, 0, 0, 80, 64),
        launch(NON_PIPELINED | FLUSH | MULTI_LINE | REMAP),
    )
    for y in range(0, 64, 5):
        for x in range(320):
            assert target.bytes[second.offset(x, y)] == source.bytes[first.offset(x, y)]


def test_the_long_origins_count_as_well(machine: FifoMachine, rig: FifoRig) -> None:
    blocks, pitch = machine.vram(64 * KIB), machine.vram(4 * KIB)
    shape = BlockLinear(256, 64)
    pitch.bytes[:] = 9
    rig.run(
        surface(DST_BLOCK, FERMI, 256, 64, 1, 0, 0, 0),
        inc(0x74C, 130, 33),
        lines(pitch.gpu_va, blocks.gpu_va, 1, 0, 1, 1),
        launch(NON_PIPELINED | FLUSH | SRC_PITCH | MULTI_LINE),
    )
    assert np.flatnonzero(blocks.bytes).tolist() == [shape.offset(130, 33)]


@pytest.mark.parametrize(
    ("word", "layer", "x", "y", "shift", "error"),
    [
        (FERMI, 0, 1, 0, 0, 3),
        (FERMI, 0, 0, 1, 0, 3),
        (FERMI, 2, 0, 0, 0, 1),
        (FERMI, 0, 0, 0, 256, 2),
        (FERMI | 1, 0, 0, 0, 0, 9),
        (FERMI | 6 << 4, 0, 0, 0, 0, 9),
        (FERMI | 6 << 8, 0, 0, 0, 0, 9),
        (0, 0, 0, 0, 0, 9),
    ],
)
def test_a_surface_that_cannot_be_is_refused(
    machine: FifoMachine, rig: FifoRig, word: int, layer: int, x: int, y: int, shift: int, error: int
) -> None:
    memory = machine.vram(64 * KIB)
    rig.run(
        surface(DST_BLOCK, word, 64, 8, 2, layer, x, y),
        lines(memory.gpu_va, memory.gpu_va + shift, 64, 0, 64, 8),
        launch(NON_PIPELINED | SRC_PITCH | MULTI_LINE),
    )
    rig.failed_to_launch(error)
