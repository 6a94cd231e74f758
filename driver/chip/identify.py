"""Which GPU this is, by its identification registers.

Facts: specification section 1.1; open-gpu-doc:manuals (dev_master.ref, dev_boot: NV_PMC_BOOT_0,
NV_PMC_BOOT_42); nova:regs.rs, nova:gpu.rs; nouveau:nvkm/engine/device/base.c.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from barewire.errors import DeviceLost, PriError, UnknownChip, UsageError

if TYPE_CHECKING:
    from barewire.regs.registers import WordIO

BOOT_0 = 0x000000
BOOT_1 = 0x000004
BOOT_42 = 0x000A00
VIRTUAL_FUNCTION = 0x00030000  # in BOOT_1, since Turing
ALL_ONES = 0xFFFFFFFF


class Family(NamedTuple):
    """Chips that are brought up alike.

    Attributes:
        name: in lower case.
        architectures: as NV_PMC_BOOT_42 numbers them.
    """

    name: str
    architectures: tuple[int, ...]


FAMILIES = (
    Family("turing", (0x16,)),
    Family("ampere", (0x17,)),
    Family("hopper", (0x18,)),
    Family("ada", (0x19,)),
    Family("blackwell", (0x1A, 0x1B)),
)

# architecture << 4 | implementation
CHIPS = {
    0x162: "tu102", 0x164: "tu104", 0x166: "tu106", 0x167: "tu117", 0x168: "tu116",
    0x170: "ga100", 0x172: "ga102", 0x173: "ga103", 0x174: "ga104", 0x176: "ga106", 0x177: "ga107",
    0x180: "gh100",
    0x192: "ad102", 0x193: "ad103", 0x194: "ad104", 0x196: "ad106", 0x197: "ad107",
    0x1A0: "gb100", 0x1A2: "gb102",
    0x1B2: "gb202", 0x1B3: "gb203", 0x1B5: "gb205", 0x1B6: "gb206", 0x1B7: "gb207",
}  # fmt: skip


@dataclass(frozen=True)
class Chip:
    """One GPU's identity.

    Attributes:
        name: the chip in lower case, e.g. "gh100".
        chipset: architecture << 4 | implementation, e.g. 0x180.
        family: e.g. "hopper".
        architecture, implementation: as NV_PMC_BOOT_42 has them.
        revision: major << 4 | minor, e.g. 0xa1.
        boot_0, boot_42: the registers as they were read.
    """

    name: str
    chipset: int
    family: str
    architecture: int
    implementation: int
    revision: int
    boot_0: int
    boot_42: int

    def __str__(self) -> str:
        return f"{self.name.upper()} (revision {self.revision:x})"

    def _repr_html_(self) -> str:
        """For notebooks."""
        from barewire.show import card as shown

        return shown(self, str(self)).html


def _bits(word: int, high: int, low: int) -> int:
    return word >> low & (1 << high - low + 1) - 1


def identify(words: WordIO) -> Chip:
    """Read the identification registers.

    Raises:
        UnknownChip: not a chip that barewire knows, or one older than Turing; carries the registers read.
        UsageError: it is a virtual function: it has no firmware of its own to boot.
        DeviceLost: the registers read as ones.
        PriError: the registers cannot be read.
    """
    boot_0, boot_1 = words.read32(BOOT_0), words.read32(BOOT_1)
    _check_present(boot_0)
    # Chips before Turing have no NV_PMC_BOOT_42 with an architecture: 0 there, or a refused read.
    boot_42 = _read_or_zero(words, BOOT_42)
    architecture, implementation = _bits(boot_42, 29, 24), _bits(boot_42, 23, 20)
    chipset = architecture << 4 | implementation
    name = CHIPS.get(chipset)
    if name is None:
        raise _unknown(boot_0, boot_1, boot_42)
    if boot_1 & VIRTUAL_FUNCTION:
        raise UsageError(
            f"this is a virtual function of a {name.upper()}",
            hint="Only the physical function can boot the GPU's firmware: give that one.",
            boot_1=hex(boot_1),
        )
    family = family_of(chipset)
    revision = _bits(boot_42, 19, 12)
    return Chip(name, chipset, family, architecture, implementation, revision, boot_0, boot_42)


def family_of(chipset: int) -> str:
    """The family of a chip by its number, architecture << 4 | implementation.

    Raises:
        UnknownChip: no family has this architecture.
    """
    for family in FAMILIES:
        if chipset >> 4 in family.architectures:
            return family.name
    raise UnknownChip(f"no family is known of chip {chipset:#x}", chipset=chipset)


def _check_present(boot_0: int) -> None:
    if boot_0 == ALL_ONES:
        raise DeviceLost(
            "the GPU does not answer: its first register reads as ones",
            register="NV_PMC_BOOT_0",
            offset=BOOT_0,
            value=boot_0,
        )


def _read_or_zero(words: WordIO, offset: int) -> int:
    try:
        return words.read32(offset)
    except PriError:
        return 0


def _unknown(boot_0: int, boot_1: int, boot_42: int) -> UnknownChip:
    chipset = _bits(boot_0, 28, 20)
    older = boot_42 in (0, ALL_ONES) and boot_0 != 0
    return UnknownChip(
        f"the GPU is not one that barewire knows: NV_PMC_BOOT_0 is {boot_0:#010x}, BOOT_42 {boot_42:#010x}",
        hint="It is older than Turing, the first family whose GPUs boot signed firmware of this kind."
        if older
        else "Known are Turing to Blackwell; a newer chip needs its facts in barewire first.",
        boot_0=f"{boot_0:#010x}",
        boot_1=f"{boot_1:#010x}",
        boot_42=f"{boot_42:#010x}",
        chipset=hex(chipset),
    )
