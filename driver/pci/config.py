"""A PCI function's configuration space: identity, BARs, capabilities, and the switches a driver turns.

Pure reading and writing through a `ConfigSpace`; how a BAR is reached, and how large it is, is the bus's
business.

Facts: PCI Express base specification, chapter 7 (configuration space, capability ids and layouts).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from barewire.errors import DeviceLost, TransportError

if TYPE_CHECKING:
    from barewire.transport.bus import ConfigSpace

VENDOR_ID = 0x00
DEVICE_ID = 0x02
COMMAND = 0x04
STATUS = 0x06
REVISION_ID = 0x08
CLASS_CODE = 0x09  # three bytes: interface, subclass, class
HEADER_TYPE = 0x0E
BAR0 = 0x10
SUBSYSTEM_VENDOR_ID = 0x2C
SUBSYSTEM_ID = 0x2E
CAPABILITY_POINTER = 0x34

BAR_COUNT = 6

COMMAND_MEMORY = 1 << 1
COMMAND_BUS_MASTER = 1 << 2
COMMAND_INTX_OFF = 1 << 10
STATUS_CAPABILITIES = 1 << 4
NO_VENDOR = 0xFFFF

BAR_IS_IO = 1 << 0
BAR_TYPE_MASK = 0x6
BAR_TYPE_64BIT = 0x4
BAR_PREFETCHABLE = 1 << 3
BAR_FLAGS = 0xF

CAPABILITY_PM = 0x01
CAPABILITY_MSI = 0x05
CAPABILITY_PCIE = 0x10
CAPABILITY_MSIX = 0x11
EXTENDED_SERIAL = 0x0003
EXTENDED_REBAR = 0x0015

FIRST_CAPABILITY = 0x40
CONFIG_BYTES = 0x100
EXTENDED_START = 0x100
EXTENDED_BYTES = 0x1000
# A list longer than its space has room for is a loop.
MOST_CAPABILITIES = (CONFIG_BYTES - FIRST_CAPABILITY) // 4
MOST_EXTENDED = (EXTENDED_BYTES - EXTENDED_START) // 8

PCIE_DEVICE_CAPABILITIES = 0x04
PCIE_DEVICE_CONTROL = 0x08
PCIE_LINK_CAPABILITIES = 0x0C
PCIE_LINK_STATUS = 0x12
DEVICE_CAPABILITY_FLR = 1 << 28
DEVICE_CONTROL_FLR = 1 << 15

PM_CONTROL = 0x04
PM_STATE_MASK = 0x3  # D0 is 0, D3hot 3

MSIX_CONTROL = 0x02
MSIX_TABLE = 0x04
MSIX_PBA = 0x08
MSIX_SIZE_MASK = 0x7FF
MSIX_MASK_ALL = 1 << 14
MSIX_ENABLE = 1 << 15
MSIX_BAR_MASK = 0x7
MSIX_ENTRY_BYTES = 16

REBAR_CAPABILITY = 0x04
REBAR_CONTROL = 0x08
REBAR_ENTRY_BYTES = 8
MiB = 1 << 20


@dataclass(frozen=True)
class Identity:
    """Who made the function, and what it is."""

    vendor_id: int
    device_id: int
    subsystem_vendor_id: int
    subsystem_id: int
    revision_id: int
    class_code: int


@dataclass(frozen=True)
class BarEntry:
    """A memory BAR as the configuration space describes it; a 64-bit one takes two numbers.

    Attributes:
        index: its (first) number.
        bus_address: where the host put it; 0 if nowhere.
        is_64bit: whether it takes two numbers.
        prefetchable: whether reads have no side effects, so that it may be mapped write-combined.
    """

    index: int
    bus_address: int
    is_64bit: bool
    prefetchable: bool


@dataclass(frozen=True)
class Capability:
    """One entry of a capability list: its id and the offset of its header."""

    id: int
    offset: int


@dataclass(frozen=True)
class Msix:
    """MSI-X: how many vectors there are, and where the table and the pending bits lie."""

    offset: int
    count: int
    table_bar: int
    table_offset: int
    pba_bar: int
    pba_offset: int
    enabled: bool


@dataclass(frozen=True)
class Pcie:
    """The PCI Express capability.

    Attributes:
        offset: of its header.
        flr: whether the function can be reset by itself.
        link_speed, link_width: as negotiated: generation, lanes.
    """

    offset: int
    flr: bool
    link_speed: int
    link_width: int


@dataclass(frozen=True)
class ResizableBar:
    """One BAR's entry of the Resizable BAR capability: the sizes it can have and the one it has, in bytes."""

    bar_index: int
    control_offset: int
    sizes_bytes: tuple[int, ...]
    size_bytes: int


class PciFunction:
    """A PCI function seen through its configuration space. Nothing is remembered: each call reads."""

    def __init__(self, config: ConfigSpace) -> None:
        self.config = config

    def identity(self) -> Identity:
        """Vendor, device, subsystem, revision and class.

        Raises:
            DeviceLost: nothing answers.
        """
        vendor = self.config.read(VENDOR_ID, 2)
        if vendor == NO_VENDOR:
            raise DeviceLost(
                "no PCI function answers: its vendor id reads as ones", offset=VENDOR_ID, value=vendor
            )
        interface, subclass, main = (self.config.read(CLASS_CODE + at, 1) for at in range(3))
        return Identity(
            vendor,
            self.config.read(DEVICE_ID, 2),
            self.config.read(SUBSYSTEM_VENDOR_ID, 2),
            self.config.read(SUBSYSTEM_ID, 2),
            self.config.read(REVISION_ID, 1),
            main << 16 | subclass << 8 | interface,
        )

    def bars(self) -> tuple[BarEntry, ...]:
        """The memory BARs in order. Ports are left out, and what reads 0 is no BAR."""
        found = []
        index = 0
        while index < BAR_COUNT:
            low = self.config.read(BAR0 + 4 * index, 4)
            wide = not low & BAR_IS_IO and low & BAR_TYPE_MASK == BAR_TYPE_64BIT and index + 1 < BAR_COUNT
            if low and not low & BAR_IS_IO:
                high = self.config.read(BAR0 + 4 * index + 4, 4) if wide else 0
                address = high << 32 | low & ~BAR_FLAGS
                found.append(BarEntry(index, address, wide, bool(low & BAR_PREFETCHABLE)))
            index += 2 if wide else 1
        return tuple(found)

    def capabilities(self) -> tuple[Capability, ...]:
        """The list of the first 256 bytes.

        Raises:
            TransportError: the list runs in a circle or out of its space.
            DeviceLost: nothing answers.
        """
        status = self.config.read(STATUS, 2)
        if status == NO_VENDOR:
            raise DeviceLost("no PCI function answers: its status reads as ones", offset=STATUS, value=status)
        if not status & STATUS_CAPABILITIES:
            return ()
        return tuple(self._walk())

    def _walk(self) -> Iterator[Capability]:
        offset = self.config.read(CAPABILITY_POINTER, 1) & ~3
        for _ in range(MOST_CAPABILITIES):
            if offset == 0:
                return
            if offset < FIRST_CAPABILITY:
                raise TransportError("the PCI capability list leads into the header", offset=offset)
            yield Capability(self.config.read(offset, 1), offset)
            offset = self.config.read(offset + 1, 1) & ~3
        self._check_present(offset)
        raise TransportError("the PCI capability list runs in a circle", offset=offset)

    def extended_capabilities(self) -> tuple[Capability, ...]:
        """The list from byte 256 on; empty where there is none.

        Raises:
            TransportError: the list runs in a circle or out of its space.
        """
        return tuple(self._walk_extended())

    def _check_present(self, offset: int) -> None:
        """A list's pointers read as ones when the function leaves while it is walked."""
        if self.config.read(VENDOR_ID, 2) == NO_VENDOR:
            raise DeviceLost("no PCI function answers any more", offset=offset, value=NO_VENDOR)

    def _walk_extended(self) -> Iterator[Capability]:
        offset = EXTENDED_START
        for _ in range(MOST_EXTENDED):
            header = self.config.read(offset, 4)
            if header in (0, 0xFFFFFFFF):
                return
            yield Capability(header & 0xFFFF, offset)
            offset = header >> 20 & ~3
            if offset == 0:
                return
            if offset < EXTENDED_START:
                raise TransportError("the extended capability list leads out of its space", offset=offset)
        raise TransportError("the extended capability list runs in a circle", offset=offset)

    def capability(self, capability_id: int) -> int | None:
        """Offset of the first capability with an id; None if there is none."""
        return next((each.offset for each in self.capabilities() if each.id == capability_id), None)

    def msix(self) -> Msix | None:
        """MSI-X, if the function has it."""
        offset = self.capability(CAPABILITY_MSIX)
        if offset is None:
            return None
        control = self.config.read(offset + MSIX_CONTROL, 2)
        table = self.config.read(offset + MSIX_TABLE, 4)
        pba = self.config.read(offset + MSIX_PBA, 4)
        return Msix(
            offset,
            (control & MSIX_SIZE_MASK) + 1,
            table & MSIX_BAR_MASK,
            table & ~MSIX_BAR_MASK,
            pba & MSIX_BAR_MASK,
            pba & ~MSIX_BAR_MASK,
            bool(control & MSIX_ENABLE),
        )

    def set_msix(self, msix: Msix, enabled: bool, *, masked: bool = False) -> None:
        """Switch MSI-X on or off, and mask all vectors at once or leave that to the table."""
        control = self.config.read(msix.offset + MSIX_CONTROL, 2) & ~(MSIX_ENABLE | MSIX_MASK_ALL)
        control |= (MSIX_ENABLE if enabled else 0) | (MSIX_MASK_ALL if masked else 0)
        self.config.write(msix.offset + MSIX_CONTROL, 2, control)

    def pcie(self) -> Pcie | None:
        """The PCI Express capability, if the function has it."""
        offset = self.capability(CAPABILITY_PCIE)
        if offset is None:
            return None
        device = self.config.read(offset + PCIE_DEVICE_CAPABILITIES, 4)
        link = self.config.read(offset + PCIE_LINK_STATUS, 2)
        return Pcie(offset, bool(device & DEVICE_CAPABILITY_FLR), link & 0xF, link >> 4 & 0x3F)

    def start_flr(self) -> bool:
        """Begin a function-level reset; False where the function has none, and nothing was done."""
        pcie = self.pcie()
        if pcie is None or not pcie.flr:
            return False
        control = self.config.read(pcie.offset + PCIE_DEVICE_CONTROL, 2)
        self.config.write(pcie.offset + PCIE_DEVICE_CONTROL, 2, control | DEVICE_CONTROL_FLR)
        return True

    def serial_number(self) -> int | None:
        """The function's serial number; None where it has none."""
        for each in self.extended_capabilities():
            if each.id == EXTENDED_SERIAL:
                low, high = (self.config.read(each.offset + at, 4) for at in (4, 8))
                return high << 32 | low
        return None

    def resizable_bars(self) -> tuple[ResizableBar, ...]:
        """The BARs whose size can be chosen, with their sizes; empty without the capability."""
        offset = next((e.offset for e in self.extended_capabilities() if e.id == EXTENDED_REBAR), None)
        if offset is None:
            return ()
        count = self.config.read(offset + REBAR_CONTROL, 4) >> 5 & 0x7
        return tuple(self._resizable(offset + REBAR_ENTRY_BYTES * number) for number in range(count))

    def _resizable(self, at: int) -> ResizableBar:
        supported = self.config.read(at + REBAR_CAPABILITY, 4)
        control = self.config.read(at + REBAR_CONTROL, 4)
        # Bits 31:4 of the capability are 1 MiB to 128 TiB; bits 31:16 of the control go on from there.
        exponents = [bit - 4 for bit in range(4, 32) if supported >> bit & 1]
        exponents += [bit - 16 + 28 for bit in range(16, 32) if control >> bit & 1]
        sizes = tuple(MiB << exponent for exponent in exponents)
        return ResizableBar(control & 0x7, at + REBAR_CONTROL, sizes, MiB << (control >> 8 & 0x3F))

    def power_state(self) -> int | None:
        """The power state that it is in: 0 for D0 .. 3 for D3hot; None without the capability."""
        offset = self.capability(CAPABILITY_PM)
        return None if offset is None else self.config.read(offset + PM_CONTROL, 2) & PM_STATE_MASK

    def set_full_power(self) -> None:
        """Ask for D0; the function takes 10 ms from D3hot (PCI Power Management, 5.6.1)."""
        offset = self.capability(CAPABILITY_PM)
        if offset is not None:
            control = self.config.read(offset + PM_CONTROL, 2)
            self.config.write(offset + PM_CONTROL, 2, control & ~PM_STATE_MASK)

    def command(self) -> int:
        """The command register."""
        return self.config.read(COMMAND, 2)

    def enable(self) -> None:
        """Let the function answer in memory space and reach memory itself; INTx off."""
        wanted = COMMAND_MEMORY | COMMAND_BUS_MASTER | COMMAND_INTX_OFF
        self.config.write(COMMAND, 2, self.command() | wanted)

    def disable_bus_master(self) -> None:
        """Keep the function from reaching memory, and from sending MSIs."""
        self.config.write(COMMAND, 2, self.command() & ~COMMAND_BUS_MASTER)
