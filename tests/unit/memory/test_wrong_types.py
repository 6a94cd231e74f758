"""Addresses, offsets and sizes of a wrong type: refused by name, nothing is mapped."""

from __future__ import annotations

import pytest
from barewire.errors import UsageError
from barewire.rounding import whole

NO_NUMBERS = ["x", 1.5, object(), [1], {1: 1}]


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=[type(value).__name__ for value in NO_NUMBERS])
@pytest.mark.parametrize("argument", ["gpu_va", "offset", "size_bytes", "alignment", "kind", "peer"])
def test_an_address_space_takes_whole_numbers(soft, argument, wrong):
    space, memory = soft.memory.address_space(), soft.memory.video_memory(4096)
    with pytest.raises(UsageError):
        space.map(memory, **{argument: wrong})
    assert not space.mappings


@pytest.mark.parametrize("wrong", NO_NUMBERS, ids=[type(value).__name__ for value in NO_NUMBERS])
def test_memory_takes_whole_numbers(soft, wrong):
    memory = soft.memory.video_memory(4096)
    for use in (soft.memory.video_memory, soft.memory.host_memory, memory.map_cpu, memory.read):
        with pytest.raises(UsageError):
            use(wrong)


def test_a_whole_number_stays_what_it_is():
    assert [whole(value, "number") for value in (0, -5, True, 1 << 70)] == [0, -5, 1, 1 << 70]
