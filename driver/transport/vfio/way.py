"""What the two ways to a device of vfio-pci have in common, and what their refusals mean."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from barewire.errors import (
    BarewireError,
    DeviceBusy,
    DmaError,
    HostLimit,
    NoDevice,
    PermissionMissing,
    TransportError,
    UsageError,
)

BIND_HINT = "Bind it first: `barewire bind {device}`; `barewire status` shows what stands in the way."
OPEN_HINT = "`barewire bind {device} --owner USER` gives it to a user, a udev rule does for good."
UNSAFE_HINT = (
    "Switch the IOMMU on: in the machine's setup (VT-d, AMD-Vi), and on the kernel's command line where that "
    "is asked for (intel_iommu=on). `unsafe_no_iommu=True` opens the device without one, DMA unprotected."
)
# Ranges of device addresses that no IOMMU translates: x86 takes writes there for interrupts.
INTERRUPT_WINDOW = (0xFEE0_0000, 0xFEEF_FFFF)


class Limits(NamedTuple):
    """What the device's addresses are like.

    Attributes:
        ranges: (first, last) of those that may be mapped.
        page_bytes: what addresses and sizes of mappings are multiples of.
        entries: mappings that may be made from now on; None where nobody counts.
        accounted: how /proc/self/status calls the memory that counts against RLIMIT_MEMLOCK.
    """

    ranges: tuple[tuple[int, int], ...]
    page_bytes: int
    entries: int | None
    accounted: str


class Way(Protocol):
    """A device that was opened, and the IOMMU behind it.

    Attributes:
        abi: "group" or "cdev".
        device: the device's descriptor.
        limits: of the IOMMU; None without one.
    """

    abi: str
    device: int
    limits: Limits | None

    def map(self, address: int, iova: int, size_bytes: int) -> None:
        """Let the device read and write memory of this process.

        Raises:
            DmaError, HostLimit: the kernel refuses.
        """

    def unmap(self, iova: int, size_bytes: int) -> None:
        """Let it not reach that mapping any more.

        Raises:
            DmaError: the kernel unmapped something else.
        """

    def hot_reset(self) -> None:
        """Reset all devices of the slot or bus, if all of them are ours.

        Raises:
            TransportError: there is no such reset, or another owner.
        """

    def close(self) -> None:
        """Let go of the device, then of the rest; a second time is nothing."""

    def leave(self) -> None:
        """In a forked child: close what it has of the parent's files, which stay as they are."""


class Refusal(NamedTuple):
    """What an errno means at a step: the error to raise, what happened, and what to do."""

    kind: type[BarewireError]
    text: str
    hint: str | None = None


_NO_FILE = Refusal(NoDevice, "{device} is not offered by VFIO: {path} is not there", BIND_HINT)
_NO_MODULE = Refusal(
    NoDevice, "VFIO is not there: {path} is missing", "Load it: `modprobe vfio-pci`, then bind the device."
)
_MAY_NOT_OPEN = Refusal(PermissionMissing, "{path} is not open to this process", OPEN_HINT)
_TAKEN = Refusal(
    DeviceBusy,
    "{device} is in use: the kernel lets one process open {path}",
    "One owner at a time. `fuser -v {path}` names it; a virtual machine has it while it runs.",
)
_NOT_PERMITTED = Refusal(
    PermissionMissing,
    "the kernel does not let this process use {path}",
    "A device without an IOMMU takes CAP_SYS_RAWIO: run as root.",
)
_NO_REMAPPING = Refusal(
    PermissionMissing,
    "the machine's IOMMU does not remap interrupts, so that VFIO refuses the device",
    "Switch interrupt remapping on (a virtual machine: intremap=on); the module parameter "
    "vfio_iommu_type1.allow_unsafe_interrupts=1 does without.",
)
_NOT_BOUND = Refusal(NoDevice, "{device} is not bound to vfio-pci", BIND_HINT)
_ELSEWHERE = Refusal(
    DeviceBusy,
    "the IOMMU group of {device} has an owner already",
    "Close the other program, or driver, first.",
)
_LOCKED_DEVICE = Refusal(
    DeviceBusy,
    "somebody else is resetting {device}, or binding or unbinding it",
    "Try again once that has ended; `barewire status` shows who drives it.",
)
_NOT_VIABLE = Refusal(
    DeviceBusy,
    "the IOMMU group of {device} is not viable: another of its devices has a driver of its own",
    "Bind the whole group: `barewire bind {device}` names the others, `--with` agrees.",
)
_LOCKED = Refusal(
    HostLimit,
    "the kernel pins no more memory for the device",
    "Raise RLIMIT_MEMLOCK (`ulimit -l`, /etc/security/limits.conf, LimitMEMLOCK=), or free memory.",
)
_NO_ENTRY = Refusal(
    HostLimit,
    "the kernel takes no more DMA mappings of this process",
    "Raise the module parameter vfio_iommu_type1.dma_entry_limit, or use fewer, larger buffers.",
)
_BAD_RANGE = Refusal(DmaError, "the IOMMU does not take this device address")

# (step, errno): what the kernel says by it. A step that is not here is told as it is.
REFUSALS: dict[tuple[str, int], Refusal] = {
    ("open container", errno.ENOENT): _NO_MODULE,
    ("open container", errno.ENODEV): _NO_MODULE,
    ("open container", errno.EACCES): _MAY_NOT_OPEN,
    ("open group", errno.ENOENT): _NO_FILE,
    ("open group", errno.ENODEV): _NO_FILE,
    ("open group", errno.EACCES): _MAY_NOT_OPEN,
    ("open group", errno.EPERM): _NOT_PERMITTED,
    ("open group", errno.EBUSY): _TAKEN,
    ("join container", errno.EPERM): _NO_REMAPPING,
    ("join container", errno.EBUSY): _ELSEWHERE,
    ("join container", errno.EINVAL): _ELSEWHERE,
    ("choose IOMMU", errno.EPERM): _NO_REMAPPING,
    ("choose IOMMU", errno.EBUSY): _ELSEWHERE,
    ("get device", errno.ENODEV): _NOT_BOUND,
    ("get device", errno.EPERM): _NOT_VIABLE,
    ("get device", errno.EBUSY): _TAKEN,
    ("get device", errno.EAGAIN): _LOCKED_DEVICE,
    ("open device", errno.ENOENT): _NO_FILE,
    ("open device", errno.ENODEV): _NO_FILE,
    ("open device", errno.EACCES): _MAY_NOT_OPEN,
    ("open device", errno.EBUSY): _TAKEN,
    ("open iommufd", errno.ENOENT): Refusal(
        NoDevice, "the kernel has no iommufd: {path} is missing", "Load it: `modprobe iommufd`."
    ),
    ("open iommufd", errno.EACCES): _MAY_NOT_OPEN,
    ("bind", errno.EBUSY): _ELSEWHERE,
    ("bind", errno.EINVAL): _TAKEN,
    ("bind", errno.EAGAIN): _LOCKED_DEVICE,
    ("bind", errno.EPERM): _NO_REMAPPING,
    ("attach", errno.EPERM): _NO_REMAPPING,
    ("attach", errno.EBUSY): _ELSEWHERE,
    ("map", errno.ENOMEM): _LOCKED,
    ("map", errno.ENOSPC): _NO_ENTRY,
    ("map", errno.EINVAL): _BAD_RANGE,
    ("map", errno.EEXIST): Refusal(DmaError, "the device address is mapped already"),
    ("map", errno.EADDRINUSE): Refusal(DmaError, "the device address is mapped already"),
    ("map", errno.EFAULT): Refusal(
        DmaError, "the kernel cannot reach the memory that the device should have"
    ),
    ("unmap", errno.ENOENT): Refusal(DmaError, "the device address is not mapped"),
}


@contextmanager
def step(name: str, device: str, path: str = "", **facts: Any) -> Iterator[None]:
    """What is done in one step: if the kernel refuses it, the error says what that means.

    Raises:
        BarewireError: as `REFUSALS` has it; TransportError for what is not there, DmaError for mappings.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        told = REFUSALS.get((name, number))
        carried: dict[str, Any] = {
            "device": device,
            **({"path": path} if path else {}),
            **facts,
            "errno": number,
        }
        if told is None:
            kind = DmaError if name in ("map", "unmap") else TransportError
            raise kind(f"{device}: {name}: {error.strerror or os.strerror(number)}", **carried) from error
        hint = told.hint and told.hint.format(device=device, path=path)
        raise told.kind(told.text.format(device=device, path=path), hint=hint, **carried) from error


def unprotected(device: str, unsafe_no_iommu: bool) -> None:
    """A device has no IOMMU: that is refused unless it was asked for.

    Raises:
        PermissionMissing: it was not.
    """
    if not unsafe_no_iommu:
        raise PermissionMissing(
            f"{device} has no IOMMU: it could read and write all memory of the machine (DMA unprotected)",
            hint=UNSAFE_HINT,
            device=device,
        )


def without(ranges: tuple[tuple[int, int], ...], hole: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """(first, last) ranges without one that lies in them."""
    found = []
    for first, last in ranges:
        if hole[1] < first or last < hole[0]:
            found.append((first, last))
            continue
        if first < hole[0]:
            found.append((first, hole[0] - 1))
        if hole[1] < last:
            found.append((hole[1] + 1, last))
    return tuple(found)


def expect_choice(name: str | None) -> None:
    """See that a way is one of those that there are.

    Raises:
        UsageError: it is not.
    """
    if name not in (None, "group", "cdev"):
        raise UsageError(f"{name!r} is no way to a device of VFIO", expected="group, cdev or None")
