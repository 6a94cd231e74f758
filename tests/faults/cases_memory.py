"""Rows 11 and 12: video memory that runs out or is freed wrongly, and hosts that give a device little."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import barewire as bw
import numpy as np
from barewire.errors import BarewireError, DmaError, HostLimit, OutOfVram, UsageError, WrongDevice
from barewire.transport.iommu import HostLimits
from fault_case import Attempt, Case, one
from fault_world import World

KIB, MIB = 1 << 10, 1 << 20


# ---- row 11


def _taken(world: World) -> dict[int, int]:
    return dict(world.dev.rm.memory.allocator.taken)


def _unchanged(world: World, attempt: Any) -> None:
    """Whatever the attempt raises, the allocator holds what it held before."""
    world.dev.synchronize()
    before = _taken(world)
    try:
        attempt()
    finally:
        assert _taken(world) == before


def _too_much(world: World) -> None:
    _unchanged(world, lambda: world.dev.empty(1 << 40, np.uint8))


def _fragmented(world: World) -> Iterable[Attempt]:
    """Every second MiB is free, and something contiguous of 2 MiB is wanted."""
    with contextlib.closing(bw.open("soft:gh100", vram_bytes=320 * MIB)) as dev:
        held = []
        with contextlib.suppress(OutOfVram):
            while True:
                held.append(dev.rm.video_memory(MIB, page_size_bytes=64 * KIB, contiguous=True))
        for memory in held[::2]:
            memory.close()
        allocator = dev.rm.memory.allocator
        before = dict(allocator.taken)
        yield lambda: dev.rm.video_memory(2 * MIB, page_size_bytes=64 * KIB, contiguous=True)
        assert dict(allocator.taken) == before
        for memory in held[1::2]:
            memory.close()


def _how_much_is_free(world: World, error: BarewireError) -> None:
    assert "free" in str(error) and "largest" in str(error)


def _freed_twice(world: World) -> Iterable[Attempt]:
    allocator = world.dev.rm.memory.allocator
    extents = allocator.allocate(MIB)
    allocator.free(extents)
    yield lambda: _unchanged(world, lambda: allocator.free(extents))


def _foreign(world: World) -> Iterable[Attempt]:
    """Memory of another GPU, and memory that nobody has allocated."""
    with contextlib.closing(bw.open("soft:gh100", vram_bytes=320 * MIB)) as other:
        memory = other.rm.video_memory(MIB)
        allocator = world.dev.rm.memory.allocator
        foreign = other.rm.memory.allocator.allocate(12 * KIB)
        yield lambda: _unchanged(world, lambda: allocator.free(foreign))
        yield lambda: _unchanged(world, lambda: world.dev.space.map(memory))


# ---- row 12


def _limited(limits: HostLimits) -> Any:
    def attempt(world: World) -> None:
        world.open(world.bus(limits=limits))

    return attempt


def _needs_and_limit(world: World, error: BarewireError) -> None:
    assert error.needed > error.limit > 0
    assert error.hint


def _within(limits: HostLimits) -> Any:
    """It must work, with every address inside of the limits and outside of what is reserved."""

    def attempt(world: World) -> None:
        bus = world.bus(limits=limits)
        data = np.arange(100_000)
        with contextlib.closing(world.open(bus)) as dev:
            np.testing.assert_array_equal(dev.array(data).numpy(), data)
            for start, size in bus.iommu.mapped.items():
                assert start + size <= 1 << limits.address_bits
                assert all(start + size <= first or start >= end for first, end in limits.reserved)

    return attempt


CASES = (
    Case(
        11,
        "none left",
        "an array of 1 TiB",
        one(_too_much),
        (OutOfVram,),
        within_s=0.5,
        check=_how_much_is_free,
        afterwards="launches",
    ),
    Case(
        11,
        "fragmented",
        "every second MiB is free; 2 MiB in one piece are wanted",
        _fragmented,
        (OutOfVram,),
        within_s=0.5,
        check=_how_much_is_free,
        afterwards="launches",
    ),
    Case(
        11,
        "freed twice",
        "the allocator is given back the same memory again",
        _freed_twice,
        (UsageError,),
        within_s=0.5,
        afterwards="launches",
    ),
    Case(
        11,
        "freed by another",
        "memory of another GPU is given back, and mapped",
        _foreign,
        (UsageError, WrongDevice),
        within_s=0.5,
        afterwards="launches",
    ),
    Case(
        12,
        "locked-memory limit",
        "the host lets the device have 1 MiB",
        one(_limited(HostLimits(locked_bytes=MIB))),
        (HostLimit,),
        limit_s=0.0,
        facts=("needed", "limit", "step"),
        check=_needs_and_limit,
    ),
    Case(
        12,
        "entry limit",
        "the host's IOMMU takes 8 mappings",
        one(_limited(HostLimits(entries=8))),
        (HostLimit,),
        facts=("needed", "limit", "step"),
        check=_needs_and_limit,
    ),
    Case(
        12,
        "39-bit IOMMU",
        "the host's device addresses have 39 bits: all is below them",
        one(_within(HostLimits(address_bits=39))),
        limit_s=1.0,
    ),
    Case(
        12,
        "addresses beyond the GPU's reach",
        "the host's device addresses have 60 bits, of which the GPU makes fewer",
        one(_limited(HostLimits(address_bits=60))),
        (DmaError,),
        facts=("iova", "expected", "step"),
    ),
    Case(
        12,
        "overlap",
        "the host keeps a range of device addresses to itself: memory goes around it",
        one(_within(HostLimits(reserved=((1 << 32, 1 << 33),)))),
        limit_s=1.0,
    ),
)
