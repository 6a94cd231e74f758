"""Device strings: which there are here, and opening one."""

from __future__ import annotations

import re
from pathlib import Path

from barewire.device.gpu import Device
from barewire.device.state import DEFAULT_TIMEOUT_S
from barewire.errors import NoDevice

DEVICE_NODES = re.compile(r"nvidia(\d+)")


def list_devices() -> list[str]:
    """Device strings that `open` takes here, best first."""
    nodes = sorted(Path("/dev").glob("nvidia[0-9]*")) if Path("/dev/nvidiactl").exists() else []
    numbers = [match.group(1) for node in nodes if (match := DEVICE_NODES.fullmatch(node.name))]
    return [f"nv:{number}" for number in numbers]


def open(
    name: str | None = None, *, timeout_s: float = DEFAULT_TIMEOUT_S, nearest_abi: bool = False
) -> Device:
    """Open a device.

    Args:
        name: a device string such as "nv:0"; None for the best one there is.
        timeout_s: after how long work counts as hung where no other deadline is given.
        nearest_abi: use the nearest known layouts if the kernel driver's version is not known.

    Raises:
        NoDevice, PermissionMissing, UnknownDriver, UnknownChip: it cannot be opened; the message says what
            to do.
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
    if kind != "nv" or not rest.isdigit():
        raise NoDevice(
            f"{name!r} is not a device that barewire knows", expected="nv:N, e.g. nv:0", device=name
        )
    from barewire.rm.ioctl import NvResourceManager

    manager = NvResourceManager.open(int(rest), nearest_abi=nearest_abi)
    try:
        return Device(manager, name, timeout_s)
    except BaseException:
        manager.close()
        raise
