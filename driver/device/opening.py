"""Device strings: which there are here, and opening one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from barewire.device.gpu import Device
from barewire.device.state import DEFAULT_TIMEOUT_S
from barewire.errors import NoDevice, UsageError

if TYPE_CHECKING:
    from barewire.device.bare_metal import Firmware, Settings
    from barewire.gsp.boot import BootTimeouts
    from barewire.gsp.steps import Progress
    from barewire.transport.bus import Bus

DEVICE_FILES = Path("/dev")
SYSFS = Path("/sys")
DEVICE_NODES = re.compile(r"nvidia(\d+)")
SOFTWARE_GPU = "soft:gh100"  # is there on every machine
SOFT, VFIO, VFIO_USER = "soft", "vfio", "vfio-user"  # kinds of devices that have a bus
EXPECTED = "nv:0, vfio:0000:01:00.0, vfio-user:/path.sock or soft:gh100"


def list_devices() -> list[str]:
    """Device strings that `open` takes here, best first: the software GPU is the last one.

    GPUs of NVIDIA's kernel driver come first, then those that are bound to vfio-pci.
    """
    from barewire.pci.sysfs import VFIO_PCI, Sysfs

    nodes = DEVICE_FILES.glob("nvidia[0-9]*") if (DEVICE_FILES / "nvidiactl").exists() else ()
    numbers = [int(match.group(1)) for node in nodes if (match := DEVICE_NODES.fullmatch(node.name))]
    bound = [f"{VFIO}:{each.address}" for each in Sysfs(SYSFS).gpus() if each.driver == VFIO_PCI]
    return [*(f"nv:{number}" for number in sorted(numbers)), *bound, SOFTWARE_GPU]


def open(
    name: str | None = None,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    nearest_abi: bool = False,
    sanitize: bool = False,
    **options: Any,
) -> Device:
    """Open a device.

    Args:
        name: a device string: "nv:0" for a GPU of NVIDIA's kernel driver; "vfio:0000:01:00.0" for one that is
            bound to vfio-pci, "vfio-user:/path.sock" for one that a program serves, "soft:gh100" for a
            software GPU, all of which are booted. None for the best GPU there is: the software GPU where
            there is no other.
        timeout_s: after how long work counts as hung where no other deadline is given.
        nearest_abi: for "nv:": use the nearest known layouts if the kernel driver's version is not known.
        sanitize: for "soft:": look for what real hardware leaves undefined; `Device.findings` tells. Slow.
        options: for what is booted: those of `open_on_bus` (`firmware`, `timeouts`, `progress`, `settings`),
            and those of its bus (`open_bus`).

    Raises:
        NoDevice, PermissionMissing, DeviceBusy, UnknownDriver, UnknownChip: it cannot be opened; the message
            says what to do.
        UsageError: the device takes no such option.
        BootError: it could not be booted; `step` names what failed.
    """
    if name is None:
        name = list_devices()[0]
    if not isinstance(name, str):
        raise UsageError(f"{name!r} is no device string", expected=EXPECTED)
    kind, _, rest = name.partition(":")
    if kind == "nv" and rest.isdecimal():
        _expect_none(name, {"sanitize": sanitize, **options} if sanitize else options)
        return _on(_open_nv(int(rest), nearest_abi), name, timeout_s)
    if kind == SOFT and rest:
        return _open_booted(name, timeout_s, {"sanitize": sanitize, **options})
    if kind in (VFIO, VFIO_USER) and rest:
        return _open_booted(name, timeout_s, {"sanitize": sanitize, **options} if sanitize else options)
    raise NoDevice(f"{name!r} is not a device that barewire knows", expected=EXPECTED, device=name)


def _on(manager: Any, name: str, timeout_s: float) -> Device:
    """The device on a resource manager, which is closed if there is none."""
    try:
        return Device(manager, name, timeout_s)
    except BaseException:
        manager.close()
        raise


def _expect_none(name: str, options: dict[str, Any]) -> None:
    if options:
        raise UsageError(f"{name} takes no option {next(iter(options))!r}", device=name)


def _open_nv(minor: int, nearest_abi: bool) -> Any:
    from barewire.rm.ioctl import NvResourceManager

    return NvResourceManager.open(minor, nearest_abi=nearest_abi)


def open_on_bus(
    bus: Bus,
    *,
    firmware: Firmware = None,
    name: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    timeouts: BootTimeouts | None = None,
    progress: Progress | None = None,
    settings: Settings | None = None,
) -> Device:
    """Boot the GPU on a bus and open it. Closing the device closes the bus; so does a failure.

    Args:
        firmware: what GSP runs: a folder of NVIDIA's files, or a set that was found already. If not given,
            software GPUs take files made from nothing, and others what this machine has.
        name: for messages; the bus's own if not given.
        timeout_s: after how long work counts as hung where no other deadline is given.
        timeouts: of the waits of the boot.
        progress: called with the name of each step of the boot as it begins.
        settings: for the resource manager on GSP, by name.

    Raises:
        UnknownChip, FirmwareMissing, BadFirmware, BootError, ResetRequired, DeviceLost: see
            `bare_metal.bring_up`.
    """
    from barewire.device.bare_metal import bring_up

    manager = bring_up(bus, firmware=firmware, timeouts=timeouts, progress=progress, settings=settings)
    return _on(manager, name or bus.name, timeout_s)


def open_bus(name: str, **options: Any) -> Bus:
    """The bus of a device, which is not booted: its configuration space, its registers, its reset.

    Args:
        name: a device string such as "vfio:0000:01:00.0".
        options: for "soft:": `vram_bytes`, `bar1_bytes` and what else the software GPU can be told; for
            "vfio:": `abi` ("group" or "cdev") and `unsafe_no_iommu`; for "vfio-user:": those of its client.

    Raises:
        NoDevice: no bus is known for it, or it is not there.
        DeviceBusy, PermissionMissing, TransportError: it cannot be opened; the message says what to do.
        UsageError: there is no such option, or that is no device string.
    """
    if not isinstance(name, str):
        raise UsageError(f"{name!r} is no device string", expected=EXPECTED)
    kind, _, rest = name.partition(":")
    if kind == SOFT and rest:
        from barewire.transport.soft import SoftBus

        return cast("Bus", SoftBus.open({"chip": rest, **options}))
    if kind == VFIO and rest:
        from barewire.transport.vfio.bus import VfioBus

        _expect_known(name, VfioBus.OPTIONS, options)
        return cast("Bus", VfioBus.open(rest, **options))
    if kind == VFIO_USER and rest:
        from barewire.transport.vfio_user.client import VfioUserBus

        return cast("Bus", VfioUserBus.open(rest, **options))
    raise NoDevice(f"{name!r} has no bus that barewire can open", expected=EXPECTED, device=name)


def _expect_known(name: str, known: tuple[str, ...], options: dict[str, Any]) -> None:
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise UsageError(
            f"{name} takes no option {unknown[0]!r}", hint=f"It has: {', '.join(known)}.", device=name
        )


OF_THE_BOOT = ("firmware", "timeouts", "progress", "settings")


def _open_booted(name: str, timeout_s: float, options: dict[str, Any]) -> Device:
    """A GPU on a bus, booted: some options are the boot's, the rest the bus's."""
    of_the_boot = {key: options.pop(key) for key in OF_THE_BOOT if key in options}
    return open_on_bus(open_bus(name, **options), name=name, timeout_s=timeout_s, **of_the_boot)
