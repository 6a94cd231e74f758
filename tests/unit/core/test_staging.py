"""Staging memory: its parts, and when each may be used again."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import pytest
from barewire.device.staging import STAGING_BYTES, STAGING_PARTS, Staging, take_out

ADDRESS, GPU_VA = 0x7000_0000, 0x10_0000_0000


class Work:
    """A submission that notes when it is waited for."""

    def __init__(self, log: list[str], name: str) -> None:
        self._log, self._name = log, name

    def wait(self) -> None:
        self._log.append(self._name)


@pytest.fixture
def staging() -> Staging:
    return Staging(lambda size_bytes: (None, SimpleNamespace(address=ADDRESS, size=size_bytes), GPU_VA))


def test_the_parts_are_as_large_as_the_memory_and_no_larger(staging):
    parts = [staging.take() for _ in range(STAGING_PARTS)]

    assert staging.part_bytes * STAGING_PARTS == STAGING_BYTES == staging.mapping.size
    offsets = [index * staging.part_bytes for index in range(STAGING_PARTS)]
    assert parts == [(index, ADDRESS + at, GPU_VA + at) for index, at in enumerate(offsets)]


def test_a_part_is_given_out_again_only_after_its_last_copy(staging):
    log: list[str] = []
    for index in range(STAGING_PARTS):
        part, *_ = staging.take()
        staging.used(part, Work(log, f"copy {index}"))
    assert log == []

    assert staging.take()[0] == 0
    assert log == ["copy 0"]


def test_bytes_are_taken_out_only_after_the_copy_that_brings_them():
    brought = (ctypes.c_uint8 * 8)()
    out = (ctypes.c_uint8 * 16)()

    class Bringing:
        def wait(self) -> None:
            brought[:] = bytes(range(1, 9))

    take_out(out, Bringing(), ctypes.addressof(brought), 4, 8)

    assert bytes(out) == bytes(4) + bytes(range(1, 9)) + bytes(4)
