"""Corners of the copy engine that its class leaves unsaid: what silicon does, the software GPU does too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from device_buffers import KIB, Buffer, Buffers
from device_layouts import BlockLinear

WAIT_S = 10.0
DELIBERATE = ("empty copy", "empty GP entry")  # what the software GPU finds here


@pytest.fixture(scope="module")
def channel(dev: Any) -> Any:
    made = dev.channel(engine="copy")
    yield made
    made.close()


@pytest.fixture
def pair(buffers: Buffers, random: Any) -> tuple[Buffer, Buffer]:
    """Random bytes, and zeros."""
    first, second = buffers.make(64 * KIB), buffers.make(64 * KIB)
    first.bytes[:] = random.integers(0, 256, 64 * KIB, dtype=np.uint8)
    return first, second


def launch(pushbuffer: Any, source: int, target: int, **fields: Any) -> Any:
    pushbuffer.method("NVC8B5_OFFSET_IN_UPPER", source >> 32, source & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_OFFSET_OUT_UPPER", target >> 32, target & 0xFFFFFFFF)
    layouts = {"SRC_MEMORY_LAYOUT": "PITCH", "DST_MEMORY_LAYOUT": "PITCH"}
    return pushbuffer.method(
        "NVC8B5_LAUNCH_DMA", **{"DATA_TRANSFER_TYPE": "NON_PIPELINED", **layouts, **fields}
    )


@pytest.mark.parametrize(("length", "count"), [(0, 1), (64, 0)], ids=["no bytes", "no lines"])
def test_a_copy_of_nothing_writes_nothing_and_releases_its_semaphore(
    channel: Any, pair: tuple[Buffer, Buffer], length: int, count: int
) -> None:
    first, second = pair
    mark = second.gpu_va + 4096
    pushbuffer = channel.pushbuffer().method("NVC8B5_PITCH_IN", 64, 64, length, count)
    pushbuffer.method("NVC8B5_SET_SEMAPHORE_A", mark >> 32, mark & 0xFFFFFFFF, 99)
    launch(
        pushbuffer, first.gpu_va, second.gpu_va, MULTI_LINE_ENABLE="TRUE", FLUSH_ENABLE="TRUE",
        SEMAPHORE_TYPE="RELEASE_SEMAPHORE_NO_TIMESTAMP",
    )  # fmt: skip
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    assert second.words()[1024] == 99
    second.words()[1024] = 0
    assert not second.bytes.any()


def test_without_lines_the_pitches_do_not_matter(channel: Any, pair: tuple[Buffer, Buffer]) -> None:
    first, second = pair
    pushbuffer = channel.pushbuffer().method("NVC8B5_PITCH_IN", 1, 1, 3000, 5)
    channel.submit(launch(pushbuffer, first.gpu_va, second.gpu_va)).wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(second.bytes[:3000], first.bytes[:3000])
    assert not second.bytes[3000:].any()


def test_lines_of_remapped_elements_have_pitches_in_bytes(channel: Any, pair: tuple[Buffer, Buffer]) -> None:
    first, second = pair
    width, height, pitch_in, pitch_out = 50, 7, 400, 256  # elements, lines, bytes
    pushbuffer = channel.pushbuffer()
    pushbuffer.method(
        "NVC8B5_SET_REMAP_COMPONENTS", COMPONENT_SIZE="FOUR", NUM_SRC_COMPONENTS="TWO",
        NUM_DST_COMPONENTS="ONE", DST_X="SRC_Y",
    )  # fmt: skip
    pushbuffer.method("NVC8B5_PITCH_IN", pitch_in, pitch_out, width, height)
    launch(pushbuffer, first.gpu_va, second.gpu_va, REMAP_ENABLE="TRUE", MULTI_LINE_ENABLE="TRUE")
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    wanted = np.zeros(64 * KIB // 4, np.uint32)
    for line in range(height):
        source = first.bytes[line * pitch_in : line * pitch_in + 8 * width].view(np.uint32)
        wanted[line * pitch_out // 4 : line * pitch_out // 4 + width] = source[1::2]
    np.testing.assert_array_equal(np.array(second.words()), wanted)


def test_part_of_a_block_linear_surface_is_written_at_its_origin(
    channel: Any, pair: tuple[Buffer, Buffer]
) -> None:
    first, second = pair
    layout = BlockLinear(width_bytes=256, height=64, block_height=4)
    left, top, width, height = 70, 13, 99, 30
    image = np.zeros((1, layout.height, layout.width_bytes), np.uint8)
    image[0, top : top + height, left : left + width] = first.bytes[: width * height].reshape(height, width)

    pushbuffer = channel.pushbuffer()
    layout.plane(pushbuffer, "DST", layer=0, origin=(left, top))
    pushbuffer.method("NVC8B5_PITCH_IN", width, width, width, height)
    launch(pushbuffer, first.gpu_va, second.gpu_va, DST_MEMORY_LAYOUT="BLOCKLINEAR", MULTI_LINE_ENABLE="TRUE")
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(np.array(second.bytes[: layout.size_bytes]), layout.blocks_of(image))


def test_a_block_linear_surface_of_remapped_elements_counts_its_width_in_elements(
    channel: Any, pair: tuple[Buffer, Buffer]
) -> None:
    first, second = pair
    layout = BlockLinear(width_bytes=256, height=32, block_height=2)
    width, height, left, top = 40, 20, 9, 5  # in elements of four bytes
    image = np.zeros((1, layout.height, layout.width_bytes), np.uint8)
    words = first.words()[: width * height].reshape(height, width)
    image[0, top : top + height, 4 * left : 4 * (left + width)] = words.view(np.uint8).reshape(height, -1)

    pushbuffer = channel.pushbuffer()
    pushbuffer.method(
        "NVC8B5_SET_REMAP_COMPONENTS", COMPONENT_SIZE="FOUR", NUM_SRC_COMPONENTS="ONE",
        NUM_DST_COMPONENTS="ONE", DST_X="SRC_X",
    )  # fmt: skip
    layout.plane(pushbuffer, "DST", layer=0, origin=(left, top), element_bytes=4)
    pushbuffer.method("NVC8B5_PITCH_IN", 4 * width, 4 * width, width, height)
    launch(
        pushbuffer, first.gpu_va, second.gpu_va, DST_MEMORY_LAYOUT="BLOCKLINEAR", MULTI_LINE_ENABLE="TRUE",
        REMAP_ENABLE="TRUE",
    )  # fmt: skip
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(np.array(second.bytes[: layout.size_bytes]), layout.blocks_of(image))


def test_a_word_of_the_entry_ring_that_is_zero_is_passed_over(dev: Any) -> None:
    from barewire.native._native import lib

    channel = dev.channel(engine="copy")
    channel.roundtrip()
    assert lib.bw_submit(channel.ring, 0, 10**9) == lib.BW_OK
    # The empty entry raises no timeline: only what comes after it tells that it was passed.
    channel.ring.timeline.submitted -= 1
    channel.roundtrip()
    channel.close()
