"""Register reads that recognise a GPU that is gone, and the codes that stand for a refused read.

A read that the GPU's register network cannot serve gives a code in place of a value; a GPU that has left the
bus reads as ones. Both look like data. Every read of a register goes through `GuardedWords.read32`, which
tells them apart; what may hold any value (time, memory windows) is read by `raw32`, or named as data.

Facts: specification section 6.4; open-gpu-doc:manuals (dev_pri_ringstation_sys.h); the patterns as
`OGKM:kern_fsp_gh100.c` tests them.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, NamedTuple

from barewire.errors import DeviceLost, PriError
from barewire.regs.chips import RegisterTable
from barewire.regs.registers import RegisterFile

if TYPE_CHECKING:
    from barewire.transport.bus import Bar, Bus, ConfigSpace

ALL_ONES = 0xFFFFFFFF
PRI_CODE = 0xBAD  # the top 12 bits of every code

VENDOR_ID_OFFSET = 0x00
COMMAND_OFFSET = 0x04
COMMAND_MEMORY = 0x2
NO_VENDOR = 0xFFFF

# Registers whose words are data, whatever they look like.
DATA_REGISTERS = ("NV_PTIMER_TIME_0", "NV_PTIMER_TIME_1", "NV_PFSP_EMEMD", "NV_VIRTUAL_FUNCTION_TIME_0")
# Names whose offsets are not BAR0's: of configuration space, and relative to a unit's base.
NOT_OF_BAR0 = ("NV_CONFIG_PCI_", "NV_EP_PCFG_", "NV_PFALCON_", "NV_PRISCV_")
PRAMIN = (0x700000, 0x7FFFFF)  # a window on memory; open-gpu-doc:manuals dev_bus, NV_PRAMIN


class PriCode(NamedTuple):
    """A code that a refused read gives: `word & mask == code`."""

    code: int
    mask: int
    name: str
    meaning: str
    hint: str


_BY_CODE = 0xFFFFFF00
_WRONG_OFFSET = "The offset is not a register of this chip, or its unit is not there."
_IN_RESET = "The unit has to be taken out of reset, or the GPU is not up yet."
_STUCK = "The GPU's register network is stuck: reset the GPU."
_PRIVILEGE = (
    "Firmware keeps the register to itself; before the GSP is up that is usual for its own registers."
)

PRI_CODES = (
    PriCode(0xBAD00100, _BY_CODE, "HOST_TIMEOUT", "the host interface waited in vain", _STUCK),
    PriCode(0xBAD00F00, _BY_CODE, "HOST_FECS_ERROR", "the host interface met an error", _STUCK),
    PriCode(0xBAD0B000, _BY_CODE, "FB_ACK_TIMEOUT", "memory did not acknowledge", _STUCK),
    PriCode(0xBADF0200, 0xFFFFFFFF, "XAL_DECODE", "the bus interface knows no such place", _WRONG_OFFSET),
    PriCode(0xBADF1000, _BY_CODE, "CLIENT_TIMEOUT", "the unit did not answer", _IN_RESET),
    PriCode(0xBADF1100, _BY_CODE, "DECODE_ERROR", "there is no such register", _WRONG_OFFSET),
    PriCode(0xBADF1200, _BY_CODE, "IN_RESET", "the unit is held in reset", _IN_RESET),
    PriCode(0xBADF1300, _BY_CODE, "FLOORSWEPT", "the unit is disabled on this board", _WRONG_OFFSET),
    PriCode(0xBADF1400, _BY_CODE, "STUCK_ACK", "an acknowledgement is stuck", _STUCK),
    PriCode(0xBADF1500, _BY_CODE, "ZERO_EXPECTED_ACK", "an acknowledgement came unasked", _STUCK),
    PriCode(0xBADF1600, _BY_CODE, "FENCE", "the unit is fenced off", _IN_RESET),
    PriCode(0xBADF1700, _BY_CODE, "SUBID", "the unit refuses the sub-identity", _WRONG_OFFSET),
    PriCode(0xBADF2000, _BY_CODE, "ORPHAN", "no unit claims the place", _WRONG_OFFSET),
    PriCode(0xBADF3000, _BY_CODE, "DEAD_RING", "the register network is dead", _STUCK),
    PriCode(0xBADF4000, _BY_CODE, "TRAP", "the register network trapped the access", _STUCK),
    PriCode(0xBADF4100, _BY_CODE, "TARGET_LOCKED", "the register is locked", _PRIVILEGE),
    PriCode(0xBADF5000, 0xFFFFF000, "PRIVILEGE", "the access lacks the privilege", _PRIVILEGE),
)
_UNKNOWN = PriCode(0xBAD00000, 0xFFF00000, "UNKNOWN", "the register network refused the read", _STUCK)


def is_pri_error(word: int) -> bool:
    """Whether a word is one that the register network gives in place of a value."""
    return word >> 20 == PRI_CODE


def pri_code(word: int) -> PriCode | None:
    """What a refused read's word means; None for a word that is none."""
    if not is_pri_error(word):
        return None
    return next((each for each in PRI_CODES if word & each.mask == each.code), _UNKNOWN)


def data_ranges(table: RegisterTable) -> tuple[tuple[int, int], ...]:
    """(first, last) byte offsets of what a chip has that may hold any word."""
    ranges = [PRAMIN]
    for name in DATA_REGISTERS:
        if name not in table:
            continue
        register = table.register(name)
        elements = product(*(range(count or 1) for count in register.counts))
        offsets = [register.offset_of(*indices) for indices in elements]
        ranges += [(offset, offset + 3) for offset in offsets]
    return tuple(ranges)


class GuardedWords:
    """The words of BAR0, read with care: a `WordIO` for register files.

    Args:
        bar: of the registers.
        config: tells whether a GPU that reads as ones is gone.
        data: (first, last) byte offsets where any word is legal.
        table: names the registers in errors, if there is one.
    """

    def __init__(
        self,
        bar: Bar,
        config: ConfigSpace,
        *,
        data: tuple[tuple[int, int], ...] = (),
        table: RegisterTable | None = None,
    ) -> None:
        self._bar = bar
        self._config = config
        self._data = tuple(data)
        self._table = table

    def read32(self, offset: int) -> int:
        """The word at a byte offset.

        Raises:
            DeviceLost: the GPU does not answer any more, or its memory space is switched off.
            PriError: the register network refused the read; `code` and the hint say what that means.
        """
        word = self._bar.read32(offset)
        if (word == ALL_ONES or is_pri_error(word)) and not self._is_data(offset):
            self._judge(word, offset)
        return word

    def raw32(self, offset: int) -> int:
        """The word at a byte offset, whatever it is: for polls that expect refusals, and for data."""
        return self._bar.read32(offset)

    def write32(self, offset: int, value: int) -> None:
        """Write the word at a byte offset; posted."""
        self._bar.write32(offset, value)

    def check(self) -> None:
        """Ask the configuration space whether the GPU is there.

        Raises:
            DeviceLost: it does not answer.
        """
        if self._config.read(VENDOR_ID_OFFSET, 2) == NO_VENDOR:
            raise DeviceLost(
                "the GPU does not answer any more: its configuration space reads as ones",
                hint="It fell off the bus, or lost its power. Reset the slot, or the machine.",
                offset=VENDOR_ID_OFFSET,
                value=NO_VENDOR,
            )

    def _is_data(self, offset: int) -> bool:
        return any(first <= offset <= last for first, last in self._data)

    def _judge(self, word: int, offset: int) -> None:
        """Raise what a word that is no data means; return if it may be a value after all."""
        code = pri_code(word)
        if code is not None:
            name = self._name(offset)
            raise PriError(
                f"{name or 'a register'} cannot be read: {code.meaning}",
                hint=code.hint,
                **self._place(name, offset, word),
                code=code.name,
            )
        if self._config.read(VENDOR_ID_OFFSET, 2) == NO_VENDOR:
            raise DeviceLost(
                "the GPU does not answer any more: registers and configuration space read as ones",
                hint="It fell off the bus, or lost its power. Reset the slot, or the machine.",
                **self._place(self._name(offset), offset, word),
            )
        if not self._config.read(COMMAND_OFFSET, 2) & COMMAND_MEMORY:
            raise DeviceLost(
                "the GPU's registers cannot be reached: its memory space is switched off",
                hint="The function was reset, or somebody else wrote its command register. Open it again.",
                **self._place(self._name(offset), offset, word),
            )

    def _place(self, name: str | None, offset: int, word: int) -> dict[str, object]:
        named = {"register": name} if name else {}
        return {**named, "offset": offset, "value": word}

    def _name(self, offset: int) -> str | None:
        """The register at an offset as the table calls it."""
        named = self._table.at(offset) if self._table is not None else []
        found = [each for each in named if not each[0].name.startswith(NOT_OF_BAR0)]
        if not found:
            return None
        register, indices = found[0]
        return f"{register.name}({', '.join(map(str, indices))})" if indices else register.name


def registers(bus: Bus, table: RegisterTable) -> RegisterFile:
    """The registers of a GPU on a bus, guarded; `file.io` is the `GuardedWords`."""
    words = GuardedWords(bus.bars[0], bus.config, data=data_ranges(table), table=table)
    return RegisterFile(words, table)
