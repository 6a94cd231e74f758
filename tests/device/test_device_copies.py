"""Copies and fills by a copy engine: every kind of page, every layout, at odd places and sizes."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from device_buffers import KIB, MIB, PAGES, Buffers
from device_layouts import BlockLinear

WAIT_S = 10.0


def submit(channel: Any, pushbuffer: Any) -> None:
    channel.submit(pushbuffer).wait(timeout_s=WAIT_S)


@pytest.fixture(scope="module")
def channel(dev: Any) -> Any:
    made = dev.channel(engine="copy")
    yield made
    made.close()


def pages_name(pages: tuple[str, int]) -> str:
    aperture, size = pages
    return f"{aperture}-{size >> 10}K" if size < MIB else f"{aperture}-{size >> 20}M"


@pytest.mark.parametrize(
    ("source", "target"), list(product(PAGES, PAGES)), ids=lambda pages: pages_name(pages)
)
def test_a_copy_crosses_from_any_kind_of_page_to_any_other(
    dev: Any, channel: Any, buffers: Buffers, random: Any, source: Any, target: Any
) -> None:
    size, start, end = 4 * MIB, 12_345, 54_321
    first, second = buffers.make(size, *source), buffers.make(size, *target)
    data = random.integers(0, 256, size, dtype=np.uint8)
    first.bytes[:] = data

    moved = size - start - end
    submit(
        channel,
        channel.pushbuffer().copy(
            source=first.gpu_va + start, destination=second.gpu_va + end, size_bytes=moved
        ),
    )

    found = buffers.read(second)
    np.testing.assert_array_equal(found[end : end + moved], data[start : start + moved])
    assert not found[:end].any() and not found[end + moved :].any()


@pytest.mark.parametrize("size", [1, 2, 3, 4, 15, 16, 17, 4095, 4096, 4097, 65_537])
def test_a_copy_of_any_size_touches_no_neighbour(
    channel: Any, buffers: Buffers, random: Any, size: int
) -> None:
    first, second = buffers.make(256 * KIB, "host"), buffers.make(256 * KIB, "video")
    data = random.integers(0, 256, 256 * KIB, dtype=np.uint8)
    first.bytes[:] = data
    second.bytes[:] = 0xEE
    for source, target in ((0, 0), (1, 0), (0, 3), (4090, 70_001)):
        submit(
            channel,
            channel.pushbuffer().copy(
                source=first.gpu_va + source, destination=second.gpu_va + target, size_bytes=size
            ),
        )

        found = buffers.read(second)
        np.testing.assert_array_equal(found[target : target + size], data[source : source + size])
        found[target : target + size] = 0xEE
        assert (found == 0xEE).all()
        second.bytes[target : target + size] = 0xEE


def test_arrays_go_in_and_come_out(dev: Any, random: Any) -> None:
    for shape in ((1,), (3, 5), (1 << 20,), (7, 1023, 11)):
        data = random.standard_normal(shape).astype(np.float32)
        np.testing.assert_array_equal(dev.array(data).numpy(), data)


def test_a_large_array_passes_through_staging_memory_whole(dev: Any, random: Any) -> None:
    data = random.integers(0, 1 << 32, 9 * MIB, dtype=np.uint32)

    np.testing.assert_array_equal(dev.array(data).numpy(), data)


def test_pinned_memory_is_copied_without_a_detour(dev: Any, random: Any) -> None:
    pinned, back = dev.pinned(1 << 20, np.uint8), dev.pinned(1 << 20, np.uint8)
    pinned.view[:] = random.integers(0, 256, 1 << 20, dtype=np.uint8)
    middle = dev.empty(1 << 20, np.uint8)
    dev.copy(pinned.gpu_va, middle.gpu_va, 1 << 20)
    dev.copy(middle.gpu_va, back.gpu_va, 1 << 20).wait(timeout_s=WAIT_S)

    np.testing.assert_array_equal(back.view, pinned.view)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.uint32, np.float64])
def test_fills_write_every_element_and_nothing_else(dev: Any, dtype: Any) -> None:
    array = dev.array(np.arange(70_001).astype(dtype))
    array.fill(dtype(3))
    assert (array.numpy() == dtype(3)).all()

    assert not dev.zeros((3, 333), dtype).numpy().any()


def test_lines_are_copied_at_their_pitches(channel: Any, buffers: Buffers, random: Any) -> None:
    first, second = buffers.make(64 * KIB, "host"), buffers.make(64 * KIB, "video")
    data = random.integers(0, 256, 64 * KIB, dtype=np.uint8)
    first.bytes[:] = data
    width, height, pitch_in, pitch_out = 77, 50, 200, 333
    submit(
        channel,
        channel.pushbuffer().copy_2d(
            source=first.gpu_va + 5,
            destination=second.gpu_va + 9,
            width_bytes=width,
            height=height,
            source_pitch_bytes=pitch_in,
            destination_pitch_bytes=pitch_out,
        ),
    )

    wanted = np.zeros(64 * KIB, np.uint8)
    for line in range(height):
        source, target = 5 + line * pitch_in, 9 + line * pitch_out
        wanted[target : target + width] = data[source : source + width]
    np.testing.assert_array_equal(buffers.read(second), wanted)


REMAPS = {
    # component bytes, source components, where each destination component comes from
    "swaps the bytes of words": (1, 4, (3, 2, 1, 0)),
    "drops one of four halves": (2, 4, (0, 1, 3)),
    "spreads one word to two": (4, 1, (0, 0)),
    "puts a constant between": (1, 2, (0, "A", 1, "B")),
}


@pytest.mark.parametrize("name", REMAPS)
def test_a_remap(channel: Any, buffers: Buffers, random: Any, name: str) -> None:
    component, inputs, outputs = REMAPS[name]
    count = 3000
    first, second = buffers.make(64 * KIB, "host"), buffers.make(64 * KIB, "host")
    kind = {1: np.uint8, 2: np.uint16, 4: np.uint32}[component]
    data = (
        random.integers(0, 256, count * inputs * component, dtype=np.uint8).view(kind).reshape(count, inputs)
    )
    first.bytes[: data.nbytes] = data.reshape(-1).view(np.uint8)
    constants = {"A": 0x12, "B": 0x34}
    size_name = {1: "ONE", 2: "TWO", 4: "FOUR"}
    count_name = {1: "ONE", 2: "TWO", 3: "THREE", 4: "FOUR"}
    sources = ("SRC_X", "SRC_Y", "SRC_Z", "SRC_W")
    chosen = {
        f"DST_{place}": f"CONST_{which}" if isinstance(which, str) else sources[which]
        for place, which in zip("XYZW", outputs, strict=False)
    }
    pushbuffer = channel.pushbuffer()
    pushbuffer.method("NVC8B5_SET_REMAP_CONST_A", constants["A"])
    pushbuffer.method("NVC8B5_SET_REMAP_CONST_B", constants["B"])
    pushbuffer.method(
        "NVC8B5_SET_REMAP_COMPONENTS",
        COMPONENT_SIZE=size_name[component],
        NUM_SRC_COMPONENTS=count_name[inputs],
        NUM_DST_COMPONENTS=count_name[len(outputs)],
        **chosen,
    )
    pushbuffer.method("NVC8B5_OFFSET_IN_UPPER", first.gpu_va >> 32, first.gpu_va & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_OFFSET_OUT_UPPER", second.gpu_va >> 32, second.gpu_va & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_LINE_LENGTH_IN", count)
    pushbuffer.method(
        "NVC8B5_LAUNCH_DMA", DATA_TRANSFER_TYPE="NON_PIPELINED", SRC_MEMORY_LAYOUT="PITCH",
        DST_MEMORY_LAYOUT="PITCH", REMAP_ENABLE="TRUE",
    )  # fmt: skip
    submit(channel, pushbuffer)

    columns = [
        np.full(count, constants[which], kind) if isinstance(which, str) else data[:, which]
        for which in outputs
    ]
    wanted = np.stack(columns, axis=1).reshape(-1).view(np.uint8)
    found = buffers.read(second)
    np.testing.assert_array_equal(found[: wanted.size], wanted)
    assert not found[wanted.size :].any()


LAYOUTS = (
    BlockLinear(width_bytes=64, height=8, block_height=1),
    BlockLinear(width_bytes=256, height=64, block_height=2),
    BlockLinear(width_bytes=192, height=200, block_height=16),
    BlockLinear(width_bytes=512, height=48, depth=4, block_height=4, block_depth=2),
)


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("aperture", ["video", "host"])
def test_a_block_linear_surface_is_written_and_read_as_its_layout_says(
    channel: Any, buffers: Buffers, random: Any, layout: BlockLinear, aperture: str
) -> None:
    size = layout.size_bytes
    pitch, blocks, back = buffers.make(size), buffers.make(size, aperture), buffers.make(size)
    image = random.integers(0, 256, (layout.depth, layout.height, layout.width_bytes), dtype=np.uint8)
    pitch.bytes[: image.size] = image.reshape(-1)

    for layer in range(layout.depth):
        submit(channel, layout.write(channel.pushbuffer(), pitch.gpu_va, blocks.gpu_va, layer))
    np.testing.assert_array_equal(buffers.read(blocks)[:size], layout.blocks_of(image))

    for layer in range(layout.depth):
        submit(channel, layout.read(channel.pushbuffer(), blocks.gpu_va, back.gpu_va, layer))
    np.testing.assert_array_equal(buffers.read(back)[: image.size], image.reshape(-1))


def test_a_copy_releases_its_own_semaphore_with_the_time(dev: Any, channel: Any, buffers: Buffers) -> None:
    words = buffers.make(4 * KIB)
    before = dev.gpu_time_ns
    pushbuffer = channel.pushbuffer()
    pushbuffer.method("NVC8B5_OFFSET_IN_UPPER", words.gpu_va >> 32, words.gpu_va & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_OFFSET_OUT_UPPER", words.gpu_va >> 32, (words.gpu_va + 256) & 0xFFFFFFFF)
    pushbuffer.method("NVC8B5_LINE_LENGTH_IN", 64)
    target = words.gpu_va + 1024
    pushbuffer.method("NVC8B5_SET_SEMAPHORE_A", target >> 32, target & 0xFFFFFFFF, 0xCAFE)
    pushbuffer.method(
        "NVC8B5_LAUNCH_DMA", DATA_TRANSFER_TYPE="NON_PIPELINED", SRC_MEMORY_LAYOUT="PITCH",
        DST_MEMORY_LAYOUT="PITCH", SEMAPHORE_TYPE="RELEASE_SEMAPHORE_WITH_TIMESTAMP", FLUSH_ENABLE="TRUE",
    )  # fmt: skip
    submit(channel, pushbuffer)

    assert words.words()[256] == 0xCAFE
    assert before <= int(words.words(np.uint64)[129]) <= dev.gpu_time_ns


@pytest.mark.parametrize("operation", ["IADD", "INC", "IMAX", "IXOR"])
def test_a_copys_semaphore_may_be_a_reduction(channel: Any, buffers: Buffers, operation: str) -> None:
    words = buffers.make(4 * KIB)
    words.words()[256] = 40
    target = words.gpu_va + 1024
    pushbuffer = channel.pushbuffer()
    pushbuffer.method("NVC8B5_SET_SEMAPHORE_A", target >> 32, target & 0xFFFFFFFF, 100)
    pushbuffer.method(
        "NVC8B5_LAUNCH_DMA", DATA_TRANSFER_TYPE="NONE", SRC_MEMORY_LAYOUT="PITCH", DST_MEMORY_LAYOUT="PITCH",
        SEMAPHORE_TYPE="RELEASE_SEMAPHORE_NO_TIMESTAMP", SEMAPHORE_REDUCTION=operation,
        SEMAPHORE_REDUCTION_ENABLE="TRUE", SEMAPHORE_REDUCTION_SIGN="UNSIGNED", FLUSH_ENABLE="TRUE",
    )  # fmt: skip
    submit(channel, pushbuffer)

    wanted = {"IADD": 140, "INC": 41, "IMAX": 100, "IXOR": 40 ^ 100}
    assert words.words()[256] == wanted[operation]
