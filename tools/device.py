"""Opening the device that a verb works on, and saying in one sentence why there is none."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator
from typing import Any

import barewire
from barewire.errors import NoDevice
from barewire.tools import sanitize
from barewire.tools.machine import Machine

NV_DEVICE = re.compile(r"nv:\d+")  # a GPU that NVIDIA's kernel driver owns
KINDS = {
    "soft": "software GPU in this process: no silicon, so its times say nothing of any",
    "nv": "GPU of NVIDIA's kernel driver",
    "vfio": "GPU of vfio-pci, booted by barewire",
    "vfio-user": "GPU that another program serves, perhaps a software GPU",
}


@contextlib.contextmanager
def opened(args: argparse.Namespace, machine: Machine | None = None) -> Iterator[Any]:
    """The device that a command line asks for (the best one if it names none), closed again in every case.

    Raises:
        NoDevice: with one sentence that says what is missing and what to do.
        BarewireError: whatever else opening a device may raise.
    """
    device = sanitize.chosen_device(args)
    try:
        dev = open_device(device, sanitize.wanted(args))
    except NoDevice as error:
        answers = device is None or NV_DEVICE.fullmatch(device) is not None
        missing = what_is_missing(machine or Machine(), device) if answers else None
        if missing is None:
            raise
        raise NoDevice(missing) from error
    try:
        yield dev
    finally:
        dev.close()
        sanitize.take(args, dev)


def open_device(device: str | None, sanitized: bool = False) -> Any:
    """A device by its string; the best there is if None."""
    if sanitized:
        return barewire.open(device, sanitize=True)
    return barewire.open(device) if device else barewire.open()


def kind_of(device: str) -> str:
    """What stands behind a device string, in a few words."""
    kind = device.partition(":")[0]
    return KINDS.get(kind, kind)


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
