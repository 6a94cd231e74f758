"""Device strings: which there are here, and opening one."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from barewire.device.copy_only import CopyDevice
from barewire.device.gpu import Device
from barewire.device.state import DEFAULT_TIMEOUT_S
from barewire.errors import NoDevice, UsageError

DEVICE_NODES = re.compile(r"nvidia(\d+)")


def list_devices() -> list[str]:
    """Device strings that `open` takes here, best first."""
    nodes = sorted(Path("/dev").glob("nvidia[0-9]*")) if Path("/dev/nvidiactl").exists() else []
    numbers = [match.group(1) for node in nodes if (match := DEVICE_NODES.fullmatch(node.name))]
    return [f"nv:{number}" for number in numbers]


def open(
    name: str | None = None,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    nearest_abi: bool = False,
    **options: Any,
) -> Device:
    """Open a device.

    Args:
        name: a device string: "nv:0" for a GPU of NVIDIA's kernel driver, "soft:gh100" for a software GPU,
            which is booted. None for the best GPU there is.
        timeout_s: after how long work counts as hung where no other deadline is given.
        nearest_abi: for "nv:": use the nearest known layouts if the kernel driver's version is not known.
        options: for "soft:": `firmware` (a folder with NVIDIA's files; files made from nothing if not given),
            `vram_bytes`, `bar1_bytes` and what else the software GPU can be told.

    Raises:
        NoDevice, PermissionMissing, UnknownDriver, UnknownChip: it cannot be opened; the message says what
            to do.
        UsageError: the device takes no such option.
        BootError: it could not be booted; `step` names what failed.
    """
    if name is None:
        found = list_devices()
        if not found:
            raise NoDevice(
                "there is no GPU that barewire can open here: NVIDIA's kernel driver has no device files",
                hint="load the driver (/dev/nvidiactl and /dev/nvidia0 appear); see `barewire doctor`",
            )
        name = found[0]
    kind, _, rest = name.partition(":")
    if kind == "nv" and rest.isdigit():
        _expect_none(name, options)
        return _on(_open_nv(int(rest), nearest_abi), name, timeout_s)
    if kind == "soft" and rest:
        return _on(_open_soft(rest, options), name, timeout_s)
    raise NoDevice(
        f"{name!r} is not a device that barewire knows",
        expected="nv:N, e.g. nv:0, or soft:gh100",
        device=name,
    )


def _on(manager: Any, name: str, timeout_s: float) -> Device:
    """The device on a resource manager, which is closed if there is none."""
    try:
        kind = Device if "compute" in manager.engines else CopyDevice
        return kind(manager, name, timeout_s)
    except BaseException:
        manager.close()
        raise


def _expect_none(name: str, options: dict[str, Any]) -> None:
    if options:
        raise UsageError(f"{name} takes no option {next(iter(options))!r}", device=name)


def _open_nv(minor: int, nearest_abi: bool) -> Any:
    from barewire.rm.ioctl import NvResourceManager

    return NvResourceManager.open(minor, nearest_abi=nearest_abi)


def _open_soft(chip: str, options: dict[str, Any]) -> Any:
    from barewire.device.bare_metal import open_soft

    return open_soft(chip, **options)
