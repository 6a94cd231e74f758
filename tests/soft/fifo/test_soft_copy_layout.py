"""Block-linear surfaces against the witness in tests/device, which an H100's copies agree with."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from barewire.softgpu.copy_layout import BlockLinear, Remap, bands, stretches

DEVICE_TESTS = Path(__file__).resolve().parents[2] / "device"
if str(DEVICE_TESTS) not in sys.path:
    sys.path.append(str(DEVICE_TESTS))

import device_layouts  # noqa: E402

SURFACES = [
    # width, height, depth, block height and depth as powers of two
    (64, 8, 1, 0, 0), (256, 64, 1, 1, 0), (192, 200, 1, 4, 0), (512, 48, 4, 2, 1), (100, 13, 3, 0, 2),
    (65, 9, 5, 3, 1), (1, 1, 1, 4, 3),
]  # fmt: skip


def witness_of(width: int, height: int, depth: int, high: int, deep: int) -> device_layouts.BlockLinear:
    return device_layouts.BlockLinear(width, height, 1 << high, depth, 1 << deep)


@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_every_byte_is_where_an_h100_puts_it(surface: tuple[int, int, int, int, int]) -> None:
    ours, witness = BlockLinear(*surface), witness_of(*surface)
    assert ours.size_bytes == witness.size_bytes
    wanted = witness.offsets()
    for z, y, x in np.ndindex(wanted.shape):
        if (x * 7 + y * 3 + z) % 5 == 0:
            assert ours.offset(x, y, z) == wanted[z, y, x]


@pytest.mark.parametrize("surface", SURFACES, ids=str)
def test_bands_of_a_rectangle_hold_its_bytes_and_touch_each_gob_once(
    surface: tuple[int, int, int, int, int], random: np.random.Generator
) -> None:
    ours, wanted = BlockLinear(*surface), witness_of(*surface).offsets()
    for _ in range(10):
        z = int(random.integers(0, surface[2]))
        y, x = int(random.integers(0, surface[1])), int(random.integers(0, surface[0]))
        lines, width = (
            int(random.integers(1, surface[1] - y + 1)),
            int(random.integers(1, surface[0] - x + 1)),
        )
        rectangle = wanted[z, y : y + lines, x : x + width]
        touched: list[int] = []
        for band in bands(ours, x, y, z, width, lines):
            here = rectangle[band.first : band.first + band.lines]
            found = band.gobs[band.inside // 512] + band.inside % 512
            np.testing.assert_array_equal(found, here)
            touched += list(band.gobs)
        assert sorted(touched) == sorted(set((rectangle // 512 * 512).ravel().tolist()))


def test_gobs_that_follow_each_other_are_one_stretch() -> None:
    gobs = np.array([0, 512, 1024, 4096, 8192, 8704])
    assert list(stretches(gobs)) == [(0, 1536), (4096, 512), (8192, 1024)]


def test_a_remap_takes_components_and_constants() -> None:
    source = np.arange(12, dtype=np.uint8).reshape(1, 12)
    target = np.full((1, 8), 0xEE, np.uint8)
    Remap(1, 3, 2, (2, 4), (0x12345678, 0)).apply(source, target)
    assert target.tolist() == [[2, 0x78, 5, 0x78, 8, 0x78, 11, 0x78]]

    kept = np.full((1, 12), 0xEE, np.uint8)
    Remap(3, 1, 2, (0, 6), (0, 0)).apply(source[:, :6], kept)
    assert kept.tolist() == [[0, 1, 2, 0xEE, 0xEE, 0xEE, 3, 4, 5, 0xEE, 0xEE, 0xEE]]
    assert Remap(3, 1, 2, (5, 4), (1, 2)).pattern == b"\2\0\0\1\0\0"
