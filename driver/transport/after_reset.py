"""Whether a function is back after its reset."""

from __future__ import annotations

from barewire.errors import PollTimeout, TransportError
from barewire.pci.config import NO_VENDOR, VENDOR_ID
from barewire.poll import poll
from barewire.transport.bus import ConfigSpace

RETRY_VENDOR = 0x0001  # of a device that is not ready for configuration yet (PCI Express, 2.3.2)


def is_back(vendor: int) -> bool:
    """Whether a device answers, by the vendor that it names."""
    return vendor not in (NO_VENDOR, RETRY_VENDOR)


def wait_for_return(config: ConfigSpace, bus: str, timeout_s: float) -> None:
    """Wait until a device answers again.

    Raises:
        TransportError: it does not.
    """
    try:
        poll(
            lambda: config.read(VENDOR_ID, 2),
            is_back,
            timeout_s=timeout_s,
            why="the device does not come back after its reset",
            what="vendor id",
            bus=bus,
        )
    except PollTimeout as late:
        raise TransportError(late.message, hint=late.hint, **late.facts) from late
