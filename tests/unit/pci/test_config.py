"""Configuration space: identity, BARs, capability lists whole and broken, and the switches."""

from __future__ import annotations

import contextlib
import struct

import pytest
from barewire.errors import DeviceLost, TransportError
from barewire.pci.config import (
    CAPABILITY_MSIX,
    CAPABILITY_PCIE,
    CAPABILITY_PM,
    EXTENDED_REBAR,
    BarEntry,
    Capability,
    PciFunction,
)
from hypothesis import given
from hypothesis import strategies as st

PM, MSI, MSIX, PCIE = 0x40, 0x48, 0xB0, 0x60
REBAR = 0x140


class Space:
    """Configuration space in a bytearray."""

    def __init__(self, data: bytearray) -> None:
        self.data = data
        self.written: list[tuple[int, int, int]] = []

    def read(self, offset: int, size_bytes: int) -> int:
        return int.from_bytes(self.data[offset : offset + size_bytes], "little")

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        self.written.append((offset, size_bytes, value))
        self.data[offset : offset + size_bytes] = value.to_bytes(size_bytes, "little")


def h100() -> bytearray:
    """An H100's configuration space in its main parts, with a 64-bit BAR0."""
    data = bytearray(4096)
    struct.pack_into("<HHHHBBBB", data, 0, 0x10DE, 0x2330, 0x0006, 0x0010, 0xA1, 0x00, 0x02, 0x03)
    bars = (0xC000_0004, 0x1, 0x0000_000C, 0x38, 0x4000_000C, 0x39)
    struct.pack_into("<6I", data, 0x10, *bars)
    struct.pack_into("<HH", data, 0x2C, 0x10DE, 0x16C1)
    data[0x34] = PM
    data[PM : PM + 2] = bytes((0x01, MSI))
    data[MSI : MSI + 2] = bytes((0x05, PCIE))
    struct.pack_into("<BBHI", data, PCIE, 0x10, MSIX, 2, 1 << 28 | 0x2)
    struct.pack_into("<H", data, PCIE + 0x12, 16 << 4 | 5)
    struct.pack_into("<BBHII", data, MSIX, 0x11, 0, 8, 0x00B90000, 0x00BA0000)
    struct.pack_into("<I", data, 0x100, 0x0001 | 1 << 16 | REBAR << 20)
    sizes = sum(1 << exponent + 4 for exponent in (8, 17))
    struct.pack_into("<III", data, REBAR, EXTENDED_REBAR | 1 << 16, sizes, 2 | 1 << 5 | 17 << 8 | 1 << 16)
    return data


@pytest.fixture
def space() -> Space:
    return Space(h100())


@pytest.fixture
def function(space: Space) -> PciFunction:
    return PciFunction(space)


def test_an_h100_tells_who_it_is(function):
    identity = function.identity()

    assert (identity.vendor_id, identity.device_id) == (0x10DE, 0x2330)
    assert (identity.subsystem_vendor_id, identity.subsystem_id) == (0x10DE, 0x16C1)
    assert (identity.revision_id, identity.class_code) == (0xA1, 0x030200)


def test_a_64_bit_bar_takes_two_numbers(function):
    assert function.bars() == (
        BarEntry(0, 0x1_C000_0000, is_64bit=True, prefetchable=False),
        BarEntry(2, 0x38_0000_0000, is_64bit=True, prefetchable=True),
        BarEntry(4, 0x39_4000_0000, is_64bit=True, prefetchable=True),
    )


def test_a_32_bit_bar0_moves_the_others_down_and_ports_are_no_bars(space, function):
    struct.pack_into("<6I", space.data, 0x10, 0xF000_0000, 0x0000_000C, 0x38, 0x0000_000C, 0x39, 0x0000_E001)

    assert [bar.index for bar in function.bars()] == [0, 1, 3]


def test_capabilities_are_walked_in_their_order(function):
    assert [(each.id, each.offset) for each in function.capabilities()] == [
        (CAPABILITY_PM, PM),
        (0x05, MSI),
        (CAPABILITY_PCIE, PCIE),
        (CAPABILITY_MSIX, MSIX),
    ]
    assert function.extended_capabilities() == (Capability(1, 0x100), Capability(EXTENDED_REBAR, REBAR))


def test_a_function_without_lists_has_no_capabilities(space, function):
    space.data[0x06] = 0
    struct.pack_into("<I", space.data, 0x100, 0)

    assert function.capabilities() == function.extended_capabilities() == ()
    assert function.msix() is None
    assert function.pcie() is None
    assert function.resizable_bars() == ()
    assert not function.start_flr()


@pytest.mark.parametrize("back", [PM, MSI, PCIE, MSIX])
def test_a_list_that_runs_in_a_circle_is_refused(space, function, back):
    space.data[MSIX + 1] = back

    with pytest.raises(TransportError, match="circle"):
        function.capabilities()


def test_a_list_that_leads_out_of_its_space_is_refused(space, function):
    space.data[MSIX + 1] = 0x10
    with pytest.raises(TransportError, match="header"):
        function.capabilities()
    struct.pack_into("<I", space.data, REBAR, EXTENDED_REBAR | 1 << 16 | 0x80 << 20)
    with pytest.raises(TransportError, match="out of its space"):
        function.extended_capabilities()


def test_an_extended_list_that_runs_in_a_circle_is_refused(space, function):
    struct.pack_into("<I", space.data, REBAR, EXTENDED_REBAR | 1 << 16 | REBAR << 20)

    with pytest.raises(TransportError, match="circle"):
        function.extended_capabilities()


def test_a_function_that_leaves_while_its_list_is_walked_is_lost(space, function):
    reads = []
    read, space.read = space.read, lambda offset, size: gone_after_three(offset, size)

    def gone_after_three(offset, size):
        reads.append(offset)
        return read(offset, size) if len(reads) <= 3 else (1 << 8 * size) - 1

    with pytest.raises(DeviceLost):
        function.capabilities()


def test_a_function_that_does_not_answer_is_lost():
    gone = PciFunction(Space(bytearray(b"\xff" * 4096)))

    with pytest.raises(DeviceLost):
        gone.identity()
    with pytest.raises(DeviceLost):
        gone.capabilities()
    assert gone.extended_capabilities() == ()


def test_msi_x_tells_its_vectors_and_where_its_tables_are(space, function):
    msix = function.msix()

    assert (msix.count, msix.table_bar, msix.table_offset) == (9, 0, 0xB90000)
    assert (msix.pba_bar, msix.pba_offset, msix.enabled) == (0, 0xBA0000, False)
    function.set_msix(msix, True, masked=True)
    assert space.read(MSIX + 2, 2) == 0xC008
    function.set_msix(msix, True)
    assert function.msix().enabled
    function.set_msix(msix, False)
    assert space.read(MSIX + 2, 2) == 0x0008


def test_the_express_capability_tells_the_link_and_starts_a_reset(space, function):
    pcie = function.pcie()

    assert (pcie.flr, pcie.link_speed, pcie.link_width) == (True, 5, 16)
    assert function.start_flr()
    assert space.written == [(PCIE + 8, 2, 0x8000)]


def test_resizable_bars_tell_the_sizes_they_can_have(function):
    (bar,) = function.resizable_bars()

    assert bar.bar_index == 2
    assert bar.size_bytes == 128 << 30
    assert bar.sizes_bytes == (256 << 20, 128 << 30, 1 << 48)


def test_enabling_keeps_what_was_on(space, function):
    struct.pack_into("<H", space.data, 4, 0x0040)
    function.enable()
    assert space.read(4, 2) == 0x0446
    function.disable_bus_master()
    assert space.read(4, 2) == 0x0442


@given(st.binary(min_size=256, max_size=256), st.integers(0, 255))
def test_no_bytes_make_a_walk_endless_or_raise_anything_else(header, fill):
    function = PciFunction(Space(bytearray(header) + bytes([fill]) * (4096 - 256)))
    for look in (function.capabilities, function.extended_capabilities, function.bars, function.msix):
        with contextlib.suppress(TransportError):
            look()
