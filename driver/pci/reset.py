"""Resetting a PCI function by the kernel's own switch in sysfs, and looking whether it came back as it was.

For a GPU that nobody drives: a reset under a driver's feet takes away what that driver relies on. The kernel
saves and restores the configuration space around its reset; here it is compared all the same, since a device
that comes back half is worse than one that stays away. Which reset is made, the kernel chooses by
`reset_method`; one can be asked for, and the choice is put back.

Facts: Linux Documentation/ABI/testing/sysfs-bus-pci (reset, reset_method); PCI Express base specification,
section 6.6.2 (a function may take 100 ms after a reset, and answers 0x0001 to reads of its vendor while it
asks for a retry).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from barewire.errors import BarewireError, DeviceBusy, DeviceLost, PollTimeout, TransportError, UsageError
from barewire.pci.config import BAR0, BAR_COUNT, CONFIG_BYTES, NO_VENDOR, VENDOR_ID
from barewire.pci.holders import look_for_holders
from barewire.pci.sysfs import VFIO_PCI, Function, Sysfs, check_is_gpu
from barewire.pci.writing import Latch, PatientWriter, Writer, refused
from barewire.poll import poll

RESET_S = 30.0  # the kernel waits for a function by itself, for up to a minute on some
RETURN_S = 10.0
RETRY_VENDOR = 0x0001
NO_DRIVER = (None, VFIO_PCI, "pci-stub")
IDENTITY_BYTES = 4  # vendor and device


@dataclass(frozen=True)
class Reset:
    """A reset that was made.

    Attributes:
        method: that was asked for; None if the kernel chose.
        changed: offsets of configuration space, in steps of 4, that read otherwise than before: status bits
            may, and what the device counts there.
    """

    address: str
    method: str | None
    changed: tuple[int, ...]


def check(sysfs: Sysfs, address: str, method: str | None = None) -> Function:
    """Refuse what would hurt somebody.

    Raises:
        NoDevice: there is no such function.
        DeviceBusy: a driver has it, or a process has it open.
        UsageError: it is no GPU, or has no such reset.
    """
    function = sysfs.function(address)
    check_is_gpu(function)
    if function.driver not in NO_DRIVER:
        raise DeviceBusy(
            f"{function.address} is driven by {function.driver}, which does not expect a reset",
            hint=f"Take it away first: `barewire bind {function.address}`.",
            address=function.address,
        )
    users = [each for each in look_for_holders(sysfs, [function.address]).holders if each.pid is not None]
    if users:
        raise DeviceBusy(
            f"{function.address} is in use: {users[0].what}", hint=f"{users[0].remedy}.", pid=users[0].pid
        )
    if method is not None and method not in function.reset_methods:
        known = ", ".join(function.reset_methods) or "none"
        raise UsageError(f"{function.address} has no reset {method!r}", expected=known)
    if not (sysfs.folder(function.address) / "reset").exists():
        raise UsageError(f"the kernel knows no reset of {function.address}", hint="Restart the machine.")
    return function


def reset(
    sysfs: Sysfs,
    address: str,
    method: str | None = None,
    *,
    writer: Writer | None = None,
    timeout_s: float = RESET_S,
    return_s: float = RETURN_S,
) -> Reset:
    """Reset a function. SIGINT, SIGTERM and SIGHUP wait until the kernel is done, or its time is up.

    Args:
        method: "flr", "bus", ...; the kernel's choice if not given.
        timeout_s: after how long the kernel's reset is given up, in seconds.
        return_s: how long the function may stay away after it, in seconds.

    Raises:
        NoDevice, DeviceBusy, UsageError: see `check`.
        PermissionMissing: only root may.
        TransportError, PollTimeout: the kernel refused it, or did not end it in time.
        DeviceLost: it did not come back, or as something else.
    """
    hand = writer or PatientWriter()
    function = check(sysfs, address, method)
    folder = sysfs.folder(function.address)
    before = config_of(folder)
    with Latch():
        if method is not None and function.reset_methods != (method,):
            _write(hand, folder / "reset_method", method, timeout_s)
        try:
            _write(hand, folder / "reset", "1", timeout_s)
        finally:
            if method is not None and function.reset_methods != (method,):
                _write(hand, folder / "reset_method", " ".join(function.reset_methods), timeout_s)
    after = _wait_for_return(folder, function, return_s)
    if after[:IDENTITY_BYTES] != before[:IDENTITY_BYTES]:
        raise DeviceLost(
            f"{function.address} came back from its reset as another device",
            hint="Restart the machine.",
            value=int.from_bytes(after[:IDENTITY_BYTES], "little"),
            expected=before[:IDENTITY_BYTES].hex(),
        )
    places = slice(BAR0, BAR0 + 4 * BAR_COUNT)
    if after[places] != before[places]:
        raise TransportError(
            f"{function.address} lost the addresses of its BARs in its reset",
            hint="A restart of the machine assigns them anew.",
            address=function.address,
        )
    words = range(0, min(len(before), len(after)), 4)
    return Reset(
        function.address, method, tuple(at for at in words if before[at : at + 4] != after[at : at + 4])
    )


def _write(writer: Writer, path: Path, text: str, timeout_s: float) -> None:
    try:
        writer.write(path, text, timeout_s)
    except BarewireError:
        raise
    except OSError as error:
        hint = "The kernel has no reset of this function alone: `barewire status` lists those it knows."
        raise refused(error, f"`echo {text} > {path}` failed", hint) from error


def config_of(folder: Path) -> bytes:
    """The first 256 bytes of a function's configuration space; 64 for users who are not root.

    Raises:
        DeviceLost: it does not answer.
        TransportError: it cannot be read.
    """
    try:
        with (folder / "config").open("rb", buffering=0) as file:
            said = file.read(CONFIG_BYTES)
    except OSError as error:
        raise TransportError(f"{folder / 'config'} cannot be read: {error.strerror}") from error
    if _vendor(said) == NO_VENDOR:
        raise DeviceLost(f"{folder.name} does not answer: its configuration space reads as ones")
    return said


def _vendor(config: bytes) -> int:
    return int.from_bytes(config[VENDOR_ID : VENDOR_ID + 2].ljust(2, b"\xff"), "little")


def _wait_for_return(folder: Path, function: Function, return_s: float) -> bytes:
    def look() -> bytes:
        try:
            return config_of(folder)
        except (DeviceLost, TransportError):
            return b"\xff\xff"

    def is_back(config: bytes) -> bool:
        return _vendor(config) not in (NO_VENDOR, RETRY_VENDOR)

    try:
        return poll(
            look, is_back, timeout_s=return_s, why=f"{function.address} does not come back after its reset"
        )
    except PollTimeout as late:
        raise DeviceLost(
            late.message,
            hint="Its slot, or the machine, has to be powered off and on.",
            elapsed_s=late.elapsed_s,
        ) from late
