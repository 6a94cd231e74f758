"""Reading registers of processors that are still locked or in reset.

Until its firmware opens them, a processor's registers answer with codes of the register network. While
waiting for it that is no error, only "not yet".
"""

from __future__ import annotations

from barewire.errors import PriError
from barewire.guard import is_pri_error
from barewire.regs.chips import parse_name
from barewire.regs.registers import Reading, RegisterFile


def read_patiently(registers: RegisterFile, name: str) -> Reading:
    """A register's word, or the code that stands for it; see `is_refused`.

    Raises:
        DeviceLost: the GPU does not answer.
    """
    try:
        return registers.read(name)
    except PriError as refused:
        plain, indices = parse_name(name)
        register = registers.table.register(plain)
        offset = registers.base + register.offset_of(*indices)
        return Reading(refused.facts["value"], register, name, registers, offset)


def is_refused(word: int) -> bool:
    """Whether a word is a code: the register cannot be read now."""
    return is_pri_error(word)
