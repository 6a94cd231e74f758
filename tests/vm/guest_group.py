"""A GPU that shares its IOMMU group with a serial port that has a driver, and with a function that has none.

The payload of test_group.py.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from barewire.device.opening import open_bus
from barewire.errors import BarewireError
from payload import DEVICES, command, driver_of, gpus, perform

(GPU,) = gpus()
FUNCTION = DEVICES / GPU
MEMBERS = sorted(os.listdir(FUNCTION / "iommu_group/devices"))
SIBLINGS = [each for each in MEMBERS if each != GPU]
HOLDS = """
import os, sys
os.open(sys.argv[1], os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
print(flush=True)
sys.stdin.read()
"""


def port() -> str | None:
    """The device file of the serial port; it is there while its driver has it."""
    places = (DEVICES / each for each in SIBLINGS)
    names = [folder.name for place in places for folder in place.resolve().rglob("ttyS*")]
    return f"/dev/{names[0]}" if names else None


def picture() -> dict[str, Any]:
    """What binding changes."""
    files = [str(path) for path in Path("/dev/vfio").rglob("*") if not path.is_dir()]
    return {
        "drivers": {each: driver_of(each) for each in MEMBERS},
        "overrides": {each: (DEVICES / each / "driver_override").read_text() for each in MEMBERS},
        "sleep": {each: (DEVICES / each / "power/control").read_text() for each in MEMBERS},
        "port": port(),
        "port_is_there": os.path.exists(port() or "/none"),
        "files": sorted(files),
        "state": os.path.exists("/run/barewire"),
    }


(FUNCTION / "power/control").write_text("auto")
FIRST = picture()


def group() -> dict[str, Any]:
    """As the guest's kernel found it."""
    return {"gpu": GPU, "members": MEMBERS, **FIRST}


def unasked() -> dict[str, Any]:
    """The others of the group have to be named."""
    return {**command("bind", GPU), "same": picture() == FIRST}


def in_use() -> dict[str, Any]:
    """A process has the serial port open."""
    path = port()
    assert path is not None
    user = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", HOLDS, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert user.stdout is not None
    user.stdout.readline()
    said = command("bind", GPU, "--whole-group")
    user.communicate()
    return {**said, "user": user.pid, "same": picture() == FIRST}


def the_gpu_alone() -> dict[str, Any]:
    """Bound by hand, without its siblings: VFIO does not open the group, and status says why."""
    (FUNCTION / "driver_override").write_text("vfio-pci")
    Path("/sys/bus/pci/drivers/vfio-pci/bind").write_text(GPU)
    try:
        open_bus(f"vfio:{GPU}").close()
        raised, text = None, ""
    except BarewireError as error:
        raised, text = type(error).__name__, str(error)
    said = command("status", GPU)
    Path("/sys/bus/pci/drivers/vfio-pci/unbind").write_text(GPU)
    (FUNCTION / "driver_override").write_text("\n")
    left = (FUNCTION / "power/control").read_text().strip()
    (FUNCTION / "power/control").write_text("auto")
    return {
        "left": left,
        "raised": raised,
        "text": text,
        "status": said["output"],
        "same": picture() == FIRST,
    }


def by_name() -> dict[str, Any]:
    """Each of them is named."""
    words = [word for each in SIBLINGS for word in ("--with", each)]
    said = command("bind", GPU, *words)
    now = picture()
    bus = open_bus(f"vfio:{GPU}")
    vendor = bus.config.read(0, 2)
    bus.close()
    return {**said, **now, "vendor": vendor}


def restore() -> dict[str, Any]:
    """Everything is as at first; the serial port is there again."""
    said = command("unbind", GPU)
    return {**said, "same": picture() == FIRST, "now": picture(), "first": FIRST}


if __name__ == "__main__":
    os.makedirs("/run/lock", exist_ok=True)
    os.chmod("/run/lock", 0o1777)
    sys.exit(perform([group, unasked, in_use, the_gpu_alone, by_name, restore]))
