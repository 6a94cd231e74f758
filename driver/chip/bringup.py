"""Which chips barewire can boot, and what each of them takes."""

from __future__ import annotations

from barewire.chip import hopper
from barewire.chip.boot import BootFacts
from barewire.errors import UnknownChip

_BOOT = {facts.chip: facts for facts in (*hopper.BOOT,)}


def boot_facts(chip: str) -> BootFacts:
    """What booting a chip takes, by its name in lower case.

    Raises:
        UnknownChip: barewire cannot boot it; the hint names those that it can.
    """
    if chip not in _BOOT:
        raise UnknownChip(
            f"barewire cannot boot {chip}", hint=f"It can boot {', '.join(sorted(_BOOT))}.", chip=chip
        )
    return _BOOT[chip]
