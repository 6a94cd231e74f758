"""Pointers of bank 0 to itself, by which kernels reach parameters whose address they take.

Facts: what `nvcc` 13.0 compiles for a function that gets the address of a `__grid_constant__` parameter.
"""

from __future__ import annotations

import struct

import pytest
from barewire.compute.constants import LaunchConstants, build, layout_for

BANK_VA = 0x1_2345_6000
LAUNCH = LaunchConstants(
    grid=(1, 1, 1),
    block=(32, 1, 1),
    cluster=(1, 1, 1),
    dynamic_shared_bytes=0,
    shared_reserved_bytes=0,
    shared_total_bytes=0,
    argument_bytes=16,
    program_va=0,
    sm_count=1,
    bank_addresses={},
)


@pytest.mark.parametrize(
    ("sm_version", "place", "added_by_code"),
    [(75, 0x40, 0x160), (80, 0x40, 0x160), (86, 0x40, 0x160), (89, 0x40, 0x160), (90, 0x198, 0),
     (100, 0x348, 0), (120, 0x348, 0)],
)  # fmt: skip
def test_the_address_of_a_parameter_is_computed_from_bank_0(sm_version, place, added_by_code):
    layout = layout_for(sm_version)

    content = build(layout, LAUNCH).placed(BANK_VA, 0)

    (base,) = struct.unpack_from("<Q", content, place)
    assert base + added_by_code == BANK_VA + layout.parameters
