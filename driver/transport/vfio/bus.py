"""A PCI device of the kernel's vfio-pci as a bus: `vfio:0000:01:00.0`.

Facts: linux:Documentation/driver-api/vfio.rst, linux:drivers/vfio/pci/vfio_pci_config.c (what of the
configuration space is the kernel's own: BARs, MSI-X and the power state are, the rest is the device's),
vfio_pci_core.c (the device is reset when its file is opened and closed, if it can be).
"""

from __future__ import annotations

import errno
import os
import threading
import time
import weakref
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from barewire.errors import DeviceBusy, DeviceLost, NoDevice, PollTimeout, TransportError, UsageError
from barewire.pci.config import (
    BAR0,
    BAR_COUNT,
    COMMAND,
    NO_VENDOR,
    VENDOR_ID,
    PciFunction,
)
from barewire.pci.holders import look_for_holders
from barewire.pci.sysfs import Sysfs, parse_address
from barewire.poll import poll
from barewire.shield import behind
from barewire.transport.access import check_config, ones
from barewire.transport.after_reset import is_back
from barewire.transport.bell import CarriedDoorbell
from barewire.transport.claim import Claim
from barewire.transport.vfio import abi
from barewire.transport.vfio.bars import Region, Span, VfioBar, find_region
from barewire.transport.vfio.cdev import CdevWay
from barewire.transport.vfio.dma import Pinner, VfioDmaMemory
from barewire.transport.vfio.group import GroupWay
from barewire.transport.vfio.interrupts import Notices, VfioInterrupts
from barewire.transport.vfio.kernel import Kernel, LinuxKernel, ask, lost, unless_gone
from barewire.transport.vfio.mapping import MappedDoorbell, MappedPart
from barewire.transport.vfio.way import BIND_HINT, Way, expect_choice, step

RESET_PAUSE_S = 0.1  # before a function has to answer again (PCI Express, 6.6)
RESET_WAIT_S = 5.0
WAKE_WAIT_S = 1.0  # of D3hot, 10 ms (PCI Power Management, 5.6.1)
NO_COMMAND = 0xFFFF  # what the command register of a device that does not answer reads as


class VfioConfig:
    """The configuration space, as the kernel lets us see it: a `ConfigSpace`."""

    def __init__(self, kernel: Kernel, device: int, region: Region, name: str) -> None:
        self._kernel = kernel
        self._device = device
        self._region = region
        self._name = name
        self._lock = threading.RLock()  # for each access
        self._closed = False

    def close(self) -> None:
        """No access from now on, and none under way: the descriptor's number may be another file's soon."""
        with self._lock:
            self._closed = True

    def leave(self) -> None:
        """In a forked child: the same."""
        self._lock = threading.RLock()  # whoever held it is not here
        self._closed = True

    def read(self, offset: int, size_bytes: int) -> int:
        """One access of 1, 2 or 4 bytes; all ones where the device does not answer."""
        self._check(offset, size_bytes)
        if offset + size_bytes > self._region.size_bytes:
            return 0  # a device without the extended space has nothing there
        at = self._region.offset + offset
        with self._lock:
            self._expect_open()
            data = unless_gone(
                lambda: self._kernel.read(self._device, size_bytes, at),
                f"reading the configuration of {self._name}",
                self._name,
            )
        if data is None or len(data) != size_bytes:
            return ones(size_bytes)
        return int.from_bytes(data, "little")

    def write(self, offset: int, size_bytes: int, value: int) -> None:
        """One access of 1, 2 or 4 bytes."""
        self._check(offset, size_bytes)
        if offset + size_bytes > self._region.size_bytes:
            return
        at = self._region.offset + offset
        data = (value & ones(size_bytes)).to_bytes(size_bytes, "little")
        with self._lock:
            self._expect_open()
            unless_gone(
                lambda: self._kernel.write(self._device, data, at),
                f"writing the configuration of {self._name}",
                self._name,
            )

    def _check(self, offset: int, size_bytes: int) -> None:
        check_config(offset, size_bytes)
        self._expect_open()

    def _expect_open(self) -> None:
        if self._closed:
            raise TransportError("the bus is closed", bus=self._name)


class VfioBus:
    """A PCI device of vfio-pci: a `Bus`.

    Args:
        kernel: of the machine.
        way: to the device; it belongs to the bus from now on, or is closed if this fails.
        address: of the device, "0000:01:00.0".
        claim: of the device; let go of when the bus is closed.

    Attributes:
        pci_address: "0000:01:00.0".
        abi: the way: "group" or "cdev".
        protected: whether an IOMMU keeps the device to the memory that it was given.

    Raises:
        TransportError: it is no PCI device, or one that cannot be driven so.
        DeviceLost: nobody answers.
    """

    OPTIONS = ("abi", "unsafe_no_iommu")  # of `open` that are for everybody

    def __init__(self, kernel: Kernel, way: Way, address: str, claim: Claim | None = None) -> None:
        self.name = f"vfio:{address}"
        self.pci_address = address
        self.abi = way.abi
        self.protected = way.limits is not None
        self.closed = False
        self._kernel = kernel
        self._way = way
        self._claim = claim
        self._lock = threading.RLock()  # while the device is reset, or something is taken that `close` ends
        self._memory: set[VfioDmaMemory] = set()
        self._doorbells: list[CarriedDoorbell | MappedDoorbell] = []
        self._words: dict[tuple[int, int], MappedPart] = {}  # of doorbells, by BAR and offset
        with ExitStack() as undo:
            if claim is not None:
                undo.callback(claim.close)
            undo.callback(way.close)
            self._flags = self._device_flags()
            region = find_region(kernel, way.device, abi.CONFIG_REGION, address)
            self.config = VfioConfig(kernel, way.device, region, address)
            undo.callback(self.config.close)
            self._function = PciFunction(self.config)
            self._function.identity()  # or nobody is there
            self._wake()
            self._pinner = Pinner(kernel, way, address)
            self.bars: Mapping[int, VfioBar] = self._find_bars()
            for bar in self.bars.values():
                undo.callback(bar.close)
            self.interrupts = VfioInterrupts(kernel, way.device, address)
            undo.callback(self.interrupts.close)
            self._notices = Notices(kernel, way.device, address)
            undo.callback(self._notices.close)
            self._function.enable()
            self._ending = undo.pop_all()
        _OPEN.add(self)

    @classmethod
    def open(
        cls,
        address: str,
        *,
        abi: str | None = None,
        unsafe_no_iommu: bool = False,
        kernel: Kernel | None = None,
        sysfs: Sysfs | None = None,
        locks: Path | None = None,
    ) -> VfioBus:
        """A device that is bound to vfio-pci.

        Args:
            address: "0000:01:00.0", or without its domain.
            abi: "group" or "cdev"; None for the device's own file where the kernel offers that to this
                user, else the group.
            unsafe_no_iommu: also a device without an IOMMU, which then reaches all memory of the machine.
            kernel, sysfs, locks: of another machine, for tests: its system calls, its folders, and the folder
                where owners are told.

        Raises:
            NoDevice: it is not there, or not bound to vfio-pci.
            DeviceBusy: somebody has it; carries `pid` where that is known.
            PermissionMissing: this user may not, or there is no IOMMU.
            TransportError, DeviceLost: it cannot be driven, or does not answer.
            UsageError: that is no PCI address, or no way.
        """
        expect_choice(abi)
        kernel, sysfs = kernel or LinuxKernel(), sysfs or Sysfs()
        address = parse_address(address)
        sysfs.function(address)  # or there is none
        opened = None
        try:
            with behind():  # a device that is half open would stay so
                opened = cls._opened(address, abi, unsafe_no_iommu, kernel, sysfs, locks)
        except BaseException:  # Ctrl-C, that waited
            if opened is not None:
                opened.close()
            raise
        return opened

    @classmethod
    def _opened(
        cls,
        address: str,
        abi: str | None,
        unsafe_no_iommu: bool,
        kernel: Kernel,
        sysfs: Sysfs,
        locks: Path | None,
    ) -> VfioBus:
        claim = Claim(address, locks)
        try:
            way = _way(address, abi, unsafe_no_iommu, kernel, sysfs)
        except DeviceBusy as busy:
            claim.close()
            raise _with_owner(busy, sysfs, address) from busy.__cause__
        except BaseException:
            claim.close()
            raise
        return cls(kernel, way, address, claim)

    def _device_flags(self) -> int:
        with step("device information", self.pci_address):
            data = ask(self._kernel, self._way.device, abi.DEVICE_GET_INFO, "vfio_device_info")
        info = abi.read("vfio_device_info", data)
        if not info.flags & abi.DEVICE_IS_PCI or info.num_regions <= abi.CONFIG_REGION:
            raise TransportError(f"{self.pci_address} is no PCI device to VFIO", device=self.pci_address)
        return int(info.flags)

    def _wake(self) -> None:
        """Put the function into D0, if it is not there.

        Raises:
            TransportError: it stays where it is.
        """
        if self._function.power_state() in (None, 0):
            return
        self._function.set_full_power()

        def is_awake(state: int | None) -> bool:
            return state in (None, 0)

        try:
            poll(
                self._function.power_state,
                is_awake,
                timeout_s=WAKE_WAIT_S,
                why=f"{self.pci_address} does not wake up",
                what="power state",
            )
        except PollTimeout as late:
            raise TransportError(late.message, hint="Reset its slot.", **late.facts) from late

    def _find_bars(self) -> dict[int, VfioBar]:
        msix = self._function.msix()
        tables: tuple[Span, ...] = ()
        if msix is not None:
            tables = (
                Span(msix.table_bar, msix.table_offset, 16 * msix.count),
                Span(msix.pba_bar, msix.pba_offset, -(-msix.count // 64) * 8),
            )
        found = {}
        for entry in self._function.bars():
            region = find_region(self._kernel, self._way.device, entry.index, self.pci_address, tables)
            if region.size_bytes and region.readable and region.writable:
                found[entry.index] = VfioBar(
                    self._kernel,
                    self._way.device,
                    region,
                    entry.bus_address,
                    entry.prefetchable,
                    self.pci_address,
                )
        return found

    def dma_memory(self, size_bytes: int, *, contiguous: bool = False) -> VfioDmaMemory:
        """Memory for the device to reach, rounded up to whole pages; see `Bus.dma_memory`.

        Raises:
            DmaError: there is no more memory, or no room to map it.
            HostLimit: the host's limits do not allow it; says what is needed.
            TransportError: the bus is closed.
        """
        with behind(), self._lock:  # memory that is mapped and that nobody knows would stay mapped
            self._expect_open()
            memory = VfioDmaMemory(self._pinner, size_bytes, contiguous, self._forget)
            self._memory.add(memory)
        return memory

    def _expect_open(self) -> None:
        if self.closed:
            raise TransportError("the bus is closed", bus=self.name)

    def _forget(self, memory: VfioDmaMemory) -> None:
        with self._lock:
            self._memory.discard(memory)

    def doorbell(self, bar_index: int, offset: int) -> CarriedDoorbell | MappedDoorbell:
        """A word that rings once written; see `Bus.doorbell`.

        Raises:
            UsageError: there is no such BAR, or no such word in it.
        """
        bar = self.bars.get(bar_index)
        if bar is None:
            raise UsageError(f"the device has no BAR{bar_index}", bars=sorted(self.bars))
        bar.check_word(offset)
        with behind(), self._lock:
            self._expect_open()
            made: CarriedDoorbell | MappedDoorbell
            if bar.maps(offset, 4):
                place = (bar_index, offset)
                if place not in self._words:
                    self._words[place] = bar.map(offset, 4)
                made = MappedDoorbell(self._words[place])
            else:
                made = CarriedDoorbell(lambda token: bar.write32(offset, token), self.name)
            self._doorbells.append(made)
        return made

    @property
    def asked_back(self) -> bool:
        """Whether the kernel wants the device back: somebody unbinds it, and waits until this is closed."""
        return self._notices.asked_back

    def check(self) -> None:
        """See that the device is there, and that the bus has reported no error of it that cannot be mended.

        Raises:
            DeviceLost: it is not, or it has.
        """
        self._expect_open()
        if self._notices.failed:
            raise lost(self.pci_address, "the bus reported an error of it that cannot be mended")
        if self.config.read(VENDOR_ID, 2) == NO_VENDOR:
            raise lost(self.pci_address, "its configuration space reads as ones")
        if any(bar.gone for bar in self.bars.values()):
            raise lost(self.pci_address, "the kernel has taken its mapped memory away")

    def reset(self) -> None:
        """Reset the function, or the slot if all of it is ours; its configuration is as before.

        Bus mastering and interrupts are off before the reset begins, and as they were after it.

        Raises:
            TransportError: it cannot be reset, or others would be reset with it.
            DeviceLost: it does not come back.
        """
        with behind(), self._lock:  # half of it would be a device that is off
            self._expect_open()
            vectors = self.interrupts.enabled
            self.interrupts.disable()
            command = self._function.command()
            places = [self.config.read(BAR0 + 4 * index, 4) for index in range(BAR_COUNT)]
            self._function.disable_bus_master()
            try:
                self._reset_somehow()
            finally:
                self._wait_for_return()
                self._restore(command, places)
                if vectors:
                    self.interrupts.enable(vectors)

    def _restore(self, command: int, places: list[int]) -> None:
        """After a reset, or an attempt: the configuration as it was, and what is mapped."""
        answered = command != NO_COMMAND  # else nobody knows how it was
        for index, place in enumerate(places):
            if answered and self.config.read(BAR0 + 4 * index, 4) != place:
                self.config.write(BAR0 + 4 * index, 4, place)
        self._wake()
        if answered:
            self.config.write(COMMAND, 2, command)
        else:
            self._function.enable()
        for bar in self.bars.values():
            bar.renew()
        self.interrupts.forget()
        self._notices.forget()

    def _reset_somehow(self) -> None:
        if not self._flags & abi.DEVICE_HAS_RESET:
            self._way.hot_reset()
            return

        def reset() -> bool:
            try:
                self._kernel.ioctl(self._way.device, abi.DEVICE_RESET)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EBUSY):  # somebody else does something to it
                    return False
                raise
            return True

        try:
            poll(reset, bool, timeout_s=RESET_WAIT_S, why="the device is busy and cannot be reset")
        except PollTimeout as late:
            raise TransportError(late.message, device=self.pci_address, **late.facts) from late
        except OSError as error:
            if error.errno != errno.ENOTTY:
                raise TransportError(
                    f"the reset of {self.pci_address} failed: {error.strerror}",
                    device=self.pci_address,
                    errno=error.errno,
                ) from error
            self._way.hot_reset()

    def _wait_for_return(self) -> None:
        start = time.monotonic()

        def is_there(vendor: int) -> bool:
            rested = time.monotonic() - start >= RESET_PAUSE_S
            return rested and is_back(vendor)

        try:
            poll(
                lambda: self.config.read(VENDOR_ID, 2),
                is_there,
                timeout_s=RESET_WAIT_S,
                why=f"{self.pci_address} does not come back after its reset",
                what="vendor id",
            )
        except PollTimeout as late:
            raise DeviceLost(
                late.message, hint="Reset its slot, or the machine.", device=self.pci_address, **late.facts
            ) from late

    def close(self) -> None:
        """Give the device back: see `Bus.close`.

        Raises:
            TransportError: the kernel refused a step; all others were made.
        """
        with behind(), ExitStack() as ending:  # the last one first, all of them whatever fails
            with self._lock:
                if self.closed:
                    return
                self.closed = True
            _OPEN.discard(self)
            ending.callback(self._words.clear)
            ending.callback(self._doorbells.clear)
            ending.callback(self._ending.close)
            for memory in list(self._memory):
                ending.callback(memory.close)
            ending.callback(self._function.disable_bus_master)
            ending.callback(self.interrupts.disable)
            for doorbell in self._doorbells:
                ending.callback(doorbell.close)

    def leave(self) -> None:
        """In a forked child: let go of the parent's device, which stays as it is and stays the parent's.

        A child that kept it would keep it from everybody after its parent, too.
        """
        self.closed = True
        self._lock = threading.RLock()  # whoever held it is not here
        with ExitStack() as leaving:  # all of it, whatever fails
            if self._claim is not None:
                leaving.callback(self._claim.leave)
            leaving.callback(self._way.leave)
            for memory in self._memory:
                leaving.callback(memory.leave)
            for bar in self.bars.values():
                leaving.callback(bar.leave)
            leaving.callback(self.config.leave)
            leaving.callback(self._notices.leave)
            leaving.callback(self.interrupts.leave)

    def __enter__(self) -> VfioBus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<VfioBus {self.name} by {self.abi}{': closed' if self.closed else ''}>"


_OPEN: weakref.WeakSet[VfioBus] = weakref.WeakSet()


def _leave_all() -> None:
    """This process is a child that was forked."""
    with ExitStack() as leaving:  # all of them, whatever fails
        for bus in list(_OPEN):
            leaving.callback(bus.leave)
        _OPEN.clear()


os.register_at_fork(after_in_child=_leave_all)


def _with_owner(busy: DeviceBusy, sysfs: Sysfs, address: str) -> DeviceBusy:
    """The error, with the process that has the device: the first that is found, of those that may be seen."""
    owner = next((each for each in look_for_holders(sysfs, [address]).holders if each.pid is not None), None)
    if owner is None or "pid" in busy.facts:
        return busy
    return DeviceBusy(
        f"{busy.message}; {owner.what}", hint=owner.remedy, **{**busy.facts, "pid": str(owner.pid)}
    )


def _way(address: str, abi: str | None, unsafe_no_iommu: bool, kernel: Kernel, sysfs: Sysfs) -> Way:
    """The way that was asked for, or the best one."""
    names = sysfs.vfio_of(address)
    folder = sysfs.dev / "vfio"
    iommufd, file = sysfs.dev / "iommu", folder / "devices" / (names.cdev or "")
    if abi is None and names.cdev is not None:
        abi = "cdev" if kernel.usable(str(iommufd)) and kernel.usable(str(file)) else None
    if abi == "cdev":
        if names.cdev is None:
            raise NoDevice(
                f"VFIO offers {address} by no file of its own",
                hint="The kernel was built without that (CONFIG_VFIO_DEVICE_CDEV): open it by its group. "
                + BIND_HINT.format(device=address),
                device=address,
            )
        return CdevWay(kernel, address, file, iommufd)
    if names.group is None:
        raise NoDevice(
            f"{address} is not offered by VFIO", hint=BIND_HINT.format(device=address), device=address
        )
    return GroupWay(
        kernel,
        address,
        folder,
        sysfs.group_file(names.group).name,
        unsafe_no_iommu=unsafe_no_iommu,
    )
