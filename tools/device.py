"""Opening the device that a verb works on, and saying in one sentence why there is none."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

import barewire
from barewire.errors import NoDevice
from barewire.tools.machine import Machine

NV_DEVICE = re.compile(r"nv:\d+")  # a GPU that NVIDIA's kernel driver owns


@contextlib.contextmanager
def opened(device: str | None, machine: Machine | None = None) -> Iterator[Any]:
    """The device of that name (the best one if None), closed again in every case.

    Raises:
        NoDevice: with one sentence that says what is missing and what to do.
        BarewireError: whatever else opening a device may raise.
    """
    try:
        dev = barewire.open(device) if device else barewire.open()
    except NoDevice as error:
        answers = device is None or NV_DEVICE.fullmatch(device) is not None
        missing = what_is_missing(machine or Machine(), device) if answers else None
        if missing is None:
            raise
        raise NoDevice(missing) from error
    with contextlib.closing(dev):
        yield dev


def what_is_missing(machine: Machine, device: str | None = None) -> str | None:
    """One sentence: what keeps a GPU from being opened, and what to do; None where nothing is missing."""
    wanted = f"{device} cannot be opened" if device else "No GPU can be opened"
    nodes = [machine.node(f"dev/nvidia{minor}") for minor in machine.device_minors]
    control = machine.node("dev/nvidiactl")
    if not machine.gpus and not nodes:
        return f"{wanted}: this machine has no NVIDIA GPU; run on one that has (`barewire doctor` says more)."
    if machine.driver_version is None and not control.exists:
        return (
            f"{wanted}: NVIDIA's kernel driver is not loaded; install driver 580 and run `modprobe nvidia`."
        )
    if not control.exists or not nodes:
        return (
            f"{wanted}: NVIDIA's kernel driver is loaded, but its device files in /dev are not there; run "
            "`nvidia-modprobe -c 0`, or pass the devices on to this container."
        )
    blocked = [node.path for node in (control, *nodes) if not node.usable]
    if not control.usable or len(blocked) == len(nodes):
        files = " ".join(blocked)
        return f"{wanted}: this user may not read and write {files}; run `chmod 666 {files}` as root."
    return None
