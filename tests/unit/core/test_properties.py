"""Pieces of memory never overlap and all come back; arguments are packed as C lays out a structure."""

from __future__ import annotations

import struct
from types import SimpleNamespace

import numpy as np
import pytest
from barewire.compute.arguments import pack
from barewire.errors import ArgumentMismatch, OutOfVram
from barewire.memory.pool import VramPool
from hypothesis import given
from hypothesis import strategies as st

MIB = 1 << 20
DEVICE = object()


class Backend:
    """Gives memory, and remembers what is out."""

    def __init__(self, limit_bytes: int = 1 << 40) -> None:
        self.out: dict[int, int] = {}
        self._next = 0x10_0000_0000
        self._limit = limit_bytes

    def obtain(self, size_bytes: int) -> tuple[object, int]:
        if sum(self.out.values()) + size_bytes > self._limit:
            raise OutOfVram("no more")
        gpu_va = self._next
        self._next += size_bytes + 4096
        self.out[gpu_va] = size_bytes
        return SimpleNamespace(gpu_va=gpu_va), gpu_va

    def give_back(self, memory: object, gpu_va: int) -> None:
        assert memory.gpu_va == gpu_va  # type: ignore[attr-defined]
        del self.out[gpu_va]

    def holds(self, gpu_va: int, size_bytes: int) -> bool:
        return any(at <= gpu_va and gpu_va + size_bytes <= at + size for at, size in self.out.items())


sizes = st.one_of(
    st.integers(0, 10_000),
    st.integers(0, 9 * MIB),
    st.sampled_from([1, 4096, 4097, 8 * MIB - 1, 8 * MIB, 32 * MIB, 33 * MIB]),
)
steps = st.lists(
    st.one_of(sizes.map(lambda size: ("take", size)), st.integers(0, 100).map(lambda n: ("free", n))),
    max_size=60,
)


@given(steps)
def test_pieces_never_overlap_and_lie_in_memory_of_the_backend(steps):
    backend = Backend()
    pool = VramPool(backend.obtain, backend.give_back)
    live: dict[int, int] = {}

    for what, number in steps:
        if what == "take":
            gpu_va = pool.allocate(number)
            size = max(1, number)
            assert gpu_va % 4096 == 0
            assert backend.holds(gpu_va, size)
            assert all(gpu_va + size <= at or at + length <= gpu_va for at, length in live.items())
            live[gpu_va] = size
        elif live:
            gpu_va = sorted(live)[number % len(live)]
            pool.free(gpu_va)
            del live[gpu_va]

    for gpu_va in live:
        pool.free(gpu_va)
    assert len(backend.out) <= 1


def test_a_piece_that_is_given_back_is_given_away_again():
    backend = Backend(limit_bytes=64 * MIB)
    pool = VramPool(backend.obtain, backend.give_back)

    for _ in range(1000):
        pieces = [pool.allocate(size) for size in (5 * MIB, 12 * MIB, 100, 1)]
        for piece in pieces:
            pool.free(piece)

    assert sum(backend.out.values()) <= 32 * MIB


def test_a_backend_without_memory_leaves_the_pool_as_it_was():
    backend = Backend(limit_bytes=40 * MIB)
    pool = VramPool(backend.obtain, backend.give_back)
    piece = pool.allocate(100)

    with pytest.raises(OutOfVram):
        pool.allocate(10 * MIB)
    pool.free(piece)

    assert pool.allocate(100) == piece


class Pointer:
    """Anything with a device and a gpu_va is a pointer."""

    def __init__(self, gpu_va: int) -> None:
        self.device = DEVICE
        self.gpu_va = gpu_va


# (format of the parameter in C, a value for it, the number that it stands for)
def integers(form: str, bits: int, signed: bool):
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)
    kind = np.dtype(form)
    return st.integers(low, high).flatmap(
        lambda number: st.sampled_from([(form, number, number), (form, kind.type(number), number)])
    )


def floats(form: str, width: int):
    numbers = st.floats(width=width, allow_nan=False)
    kind = np.dtype(form)
    return numbers.flatmap(
        lambda number: st.sampled_from([(form, number, number), (form, kind.type(number), number)])
    )


arguments = st.one_of(
    *(integers(form, 8 * np.dtype(form).itemsize, form.islower()) for form in "bBhHiIqQ"),
    floats("f", 32),
    floats("d", 64),
    floats("e", 16),
    st.integers(1, (1 << 40) - 1).map(lambda gpu_va: ("Q", Pointer(gpu_va), gpu_va)),
    st.booleans().map(lambda value: ("?", np.bool_(value), value)),
    st.integers(1, 40).flatmap(
        lambda n: st.binary(min_size=n, max_size=n).map(lambda data: (f"{len(data)}s", data, data))
    ),
)


def laid_out(given_arguments) -> tuple[list[SimpleNamespace], int]:
    """The parameters of a kernel with these arguments, each at a multiple of its size."""
    parameters, end = [], 0
    for form, _, _ in given_arguments:
        size = struct.calcsize("<" + form)
        step = 1 if form.endswith("s") else size
        offset = -(-end // step) * step
        parameters.append(SimpleNamespace(offset=offset, size_bytes=size))
        end = offset + size
    return parameters, -(-end // 4) * 4


@given(st.lists(arguments, max_size=12))
def test_arguments_are_packed_as_c_lays_out_a_structure(given_arguments):
    parameters, area_bytes = laid_out(given_arguments)
    form = "@" + "".join(form for form, _, _ in given_arguments)
    expected = struct.pack(form, *(number for _, _, number in given_arguments)).ljust(area_bytes, b"\0")

    packed = pack("kernel", DEVICE, parameters, area_bytes, [value for _, value, _ in given_arguments])

    assert packed == expected


@given(st.sampled_from([8, 16, 32, 64]), st.integers(-(1 << 70), 1 << 70))
def test_a_plain_number_is_taken_exactly_when_it_fits_signed_or_unsigned(bits, number):
    parameter = [SimpleNamespace(offset=0, size_bytes=bits // 8)]

    if -(1 << bits - 1) <= number < 1 << bits:
        packed = pack("kernel", DEVICE, parameter, bits // 8, [number])
        assert int.from_bytes(packed, "little") == number % (1 << bits)
    else:
        with pytest.raises(ArgumentMismatch):
            pack("kernel", DEVICE, parameter, bits // 8, [number])
