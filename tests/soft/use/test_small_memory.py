"""Little video memory, and a BAR1 that shows little of it: what is there can be used up, and again."""

from __future__ import annotations

from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import OutOfAddressSpace, OutOfVram, UsageError

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30


def opened(**options: Any) -> Any:
    return bw.open("soft:gh100", **{"timeout_s": 5.0, **options})


def fill_up(dev: Any, elements: int) -> list[Any]:
    """Arrays until there is no more, each full of its number."""
    made = []
    while True:
        try:
            made.append(dev.array(np.full(elements, len(made), np.int32)))
        except OutOfVram:
            return made


@pytest.mark.parametrize("options", [{}, {"bar1_bytes": 64 * MIB}])
def test_video_memory_can_be_filled_and_filled_again(options: dict[str, Any]) -> None:
    with opened(vram_bytes=320 * MIB, **options) as dev:
        arrays = fill_up(dev, 1 << 18)
        assert len(arrays) * MIB > 100 * MIB
        assert dev.rm.memory.allocator.free_bytes < 4 * MIB
        for number, array in enumerate(arrays):
            assert (array.numpy() == number).all()
        for array in arrays[::2]:
            array.free()
        again = fill_up(dev, 1 << 18)
        assert len(again) >= len(arrays[::2])
        for number, array in enumerate(arrays[1::2]):
            assert (array.numpy() == 2 * number + 1).all()
            array.free()
        for number, array in enumerate(again):
            assert (array.numpy() == number).all()
            array.free()
        whole = dev.zeros(96 * MIB, np.uint8)
        assert not whole.numpy().any()


def test_a_small_bar1_is_no_limit_to_arrays_and_channels() -> None:
    with opened(vram_bytes=GIB, bar1_bytes=64 * MIB) as dev:
        large = [dev.array(np.full(1 << 20, number, np.int32)) for number in range(40)]
        small = [dev.array([number, number + 1]) for number in range(40)]
        channels = [dev.channel() for _ in range(4)]
        pinned = dev.pinned(2, np.int64)
        for number, (one, other) in enumerate(zip(large, small, strict=True)):
            assert (one.numpy() == number).all()
            pinned.copy_from(other)
            np.testing.assert_array_equal(pinned.numpy(), [number, number + 1])
        for channel in channels:
            channel.roundtrip()


def test_cpu_mappings_leave_room_in_bar1_for_reads_and_writes() -> None:
    with opened(vram_bytes=512 * MIB, bar1_bytes=64 * MIB) as dev:
        memory = dev.rm.video_memory(2 * MIB)
        mappings = []
        with pytest.raises(OutOfAddressSpace):
            while True:
                mappings.append(memory.map_cpu(0, 2 * MIB))
        other = dev.rm.video_memory(8 * MIB)
        for at in range(0, 8 * MIB, MIB):
            other.write(at.to_bytes(4, "little"), at)
        for at in range(0, 8 * MIB, MIB):
            assert other.read(at, 4) == at.to_bytes(4, "little")
        with pytest.raises(OutOfAddressSpace):
            memory.map_cpu()
        mappings.pop().close()
        mappings.append(memory.map_cpu())
        assert other.read(MIB, 4) == MIB.to_bytes(4, "little")


def test_offsets_and_sizes_that_wrap_around_are_refused() -> None:
    huge = np.uint64(2**64 - 1)
    with opened() as dev:
        for memory in (dev.rm.video_memory(64 * KIB), dev.rm.host_memory(64 * KIB)):
            for attempt in (
                lambda memory=memory: memory.read(huge, 1),
                lambda memory=memory: memory.read(0, huge),
                lambda memory=memory: memory.write(b"x", huge),
                lambda memory=memory: memory.map_cpu(huge),
                lambda memory=memory: memory.map_cpu(0, huge),
            ):
                with pytest.raises(UsageError):
                    attempt()


def test_copies_and_fills_beyond_all_addresses_are_refused_at_once() -> None:
    with opened() as dev:
        pushbuffer = dev.copies.pushbuffer()
        for size in (-1, 1 << 41, 1 << 64, 1 << 200):
            with pytest.raises(UsageError):
                pushbuffer.copy(source=0, destination=0, size_bytes=size)
            with pytest.raises(UsageError):
                pushbuffer.fill(destination=0, value=0, element_bytes=4, count=size)


@pytest.mark.parametrize("value", [None, "x", float("nan"), float("inf"), 1 << 63, 1 << 200, {}, [1, 2]])
def test_what_an_array_cannot_be_filled_with_is_a_typed_error(value: Any) -> None:
    with opened() as dev, pytest.raises(UsageError):
        dev.array([1, 2]).fill(value)
