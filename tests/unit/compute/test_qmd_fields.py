"""Fields of a launch descriptor, set one by one."""

from __future__ import annotations

import pytest
from barewire.compute import qmd
from barewire.errors import FieldRange, UnknownName
from barewire.regs import qmd as tables

FIELD = "BARRIER_COUNT"


@pytest.fixture(params=sorted(qmd.DIALECTS))
def descriptor(request):
    return qmd.Qmd(tables.load(request.param))


def test_a_field_that_is_set_again_holds_the_last_value_and_leaves_its_neighbours(descriptor):
    full = (1 << descriptor.table.size_bytes * 8) - 1
    descriptor.load([0xFFFFFFFF] * (descriptor.table.size_bytes // 4))
    low, high = descriptor.table.fields[FIELD].bits(0)
    descriptor.set(FIELD, 5)

    assert descriptor.get(FIELD) == 5
    value = sum(word << 32 * index for index, word in enumerate(descriptor.words))
    assert value == full & ~(((1 << high - low + 1) - 1) << low) | 5 << low


def test_what_does_not_fit_or_is_not_there_is_refused(descriptor):
    low, high = descriptor.table.fields[FIELD].bits(0)
    descriptor.set(FIELD, (1 << high - low + 1) - 1)
    with pytest.raises(FieldRange):
        descriptor.set(FIELD, 1 << high - low + 1)
    with pytest.raises(UnknownName):
        descriptor.set("NO_SUCH_FIELD", 1)


@pytest.mark.parametrize(
    ("registers", "per_warp"), [(16, 512), (24, 768), (25, 1024), (36, 1280), (255, 8192)]
)
def test_registers_are_set_aside_for_a_warp_in_blocks_of_256(registers, per_warp):
    assert qmd.registers_per_warp(registers) == per_warp
