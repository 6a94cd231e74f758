"""What a PCI function is called: from the list of ids that distributions install, and from its class.

The list (pci.ids) is read where it is there; barewire has none of its own. What cannot be understood in it is
passed over: a name is for people, and nothing is decided by it.

Facts: PCI Code and ID Assignment specification (base classes and subclasses); the pci.ids project's format:
vendors at the start of a line, their devices after a tab.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

PCI_IDS = (
    Path("/usr/share/misc/pci.ids"),
    Path("/usr/share/hwdata/pci.ids"),
    Path("/usr/share/pci.ids"),
    Path("/var/lib/pciutils/pci.ids"),
)
ENTRY = re.compile(r"(\t?)([0-9a-f]{4})  (\S.*)")
MOST_BYTES = 64 << 20

# Class and subclass.
SUBCLASSES = {
    0x0100: "SCSI controller",
    0x0101: "IDE controller",
    0x0106: "SATA controller",
    0x0107: "SAS controller",
    0x0108: "NVMe controller",
    0x0200: "Ethernet controller",
    0x0207: "InfiniBand controller",
    0x0300: "VGA controller",
    0x0302: "3D controller",
    0x0403: "audio device",
    0x0600: "host bridge",
    0x0604: "PCI bridge",
    0x0680: "bridge",
    0x0C03: "USB controller",
    0x0C80: "serial bus controller",  # such as the USB-C port controller of graphics cards
    0x0C07: "IPMI controller",
}
# The class alone, where the subclass is of no interest.
CLASSES = {
    0x01: "mass storage controller",
    0x02: "network controller",
    0x03: "display controller",
    0x04: "multimedia device",
    0x05: "memory controller",
    0x06: "bridge",
    0x07: "communication controller",
    0x08: "system peripheral",
    0x0C: "serial bus controller",
    0x10: "encryption controller",
    0x12: "processing accelerator",
}
STORAGE, NETWORK, BRIDGE = 0x01, 0x02, 0x06
IPMI = 0x0C07


def class_name(class_code: int) -> str:
    """What a class code (three bytes) stands for."""
    kind = class_code >> 8
    return SUBCLASSES.get(kind) or CLASSES.get(kind >> 8) or f"class {kind:#06x}"


def high_impact(class_code: int) -> str | None:
    """Why taking a function away may hurt the machine itself; None where it does not."""
    if class_code >> 8 == IPMI:
        return "management"
    return {STORAGE: "storage", NETWORK: "network", BRIDGE: "bridge"}.get(class_code >> 16)


def device_name(vendor_id: int, device_id: int, files: Iterable[Path] = PCI_IDS) -> str | None:
    """A device's name from the first list that is there; None where there is none, or it does not have it."""
    for path in files:
        names = _names(path, vendor_id)
        if names is not None:
            return names.get(device_id)
    return None


@cache
def _names(path: Path, vendor_id: int) -> dict[int, str] | None:
    """All devices of a vendor; None where there is no such file."""
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return dict(parse(text.splitlines(), vendor_id))


def parse(lines: Iterable[str], vendor_id: int) -> Iterator[tuple[int, str]]:
    """Ids and names of a vendor's devices in a list."""
    inside = False
    for line in lines:
        found = ENTRY.fullmatch(line)
        if found is None:
            continue
        tab, number, name = found.groups()
        if not tab:
            inside = int(number, 16) == vendor_id
        elif inside:
            yield int(number, 16), name
