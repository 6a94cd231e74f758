"""BAR0: which unit answers which register, and what the PRI ring answers where there is none.

Facts: open-gpu-doc:manuals (dev_pri_ringstation_sys); OGKM:kern_fsp_gh100.c (the codes of a locked unit).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from barewire.softgpu.unit import MemoryUnit, NoRegister, Unit

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu

PAGE_BITS = 12
WORD_BYTES = 4
WORD = 0xFFFFFFFF
MOST_KNOWN = 1 << 16  # registers whose unit is remembered; who reads all of BAR0 needs no memory for it
DECODE_ERROR = 0xBADF1100  # no such register
LOCKED = 0xBADF4100  # the privilege mask of its unit keeps the CPU out


class RegisterSpace:
    """The 16 MiB of registers.

    Args:
        gpu: whose registers they are; it gets the reports.
        size_bytes: of BAR0.
    """

    def __init__(self, gpu: SoftGpu, size_bytes: int) -> None:
        self._gpu = gpu
        self.size_bytes = size_bytes
        self.units: list[Unit] = []
        self._pages: dict[int, list[tuple[int, int, Unit]]] = {}
        self._known: dict[int, Unit | None] = {}  # by offsets of whole words

    def add(self, unit: Unit) -> None:
        """Let a unit answer its ranges. Where two ranges hold a register, the unit added first has it."""
        self.units.append(unit)
        self._known.clear()
        for first, last in unit.ranges:
            for page in range(first >> PAGE_BITS, (last >> PAGE_BITS) + 1):
                self._pages.setdefault(page, []).append((first, last, unit))

    def unit_at(self, offset: int) -> Unit | None:
        """The unit that answers a register; None for none."""
        offset &= ~(WORD_BYTES - 1)
        try:
            return self._known[offset]
        except KeyError:
            pass
        found = None
        for first, last, unit in self._pages.get(offset >> PAGE_BITS, ()):
            if first <= offset <= last:
                found = unit
                break
        if len(self._known) >= MOST_KNOWN:
            self._known.clear()
        self._known[offset] = found
        return found

    def read(self, offset: int, size_bytes: int = WORD_BYTES) -> int:
        """What a read of BAR0 gives."""
        unit = self._known.get(offset)
        if unit is None or size_bytes != WORD_BYTES:
            return self._read_any(offset, size_bytes)
        try:
            return unit.read(offset) & WORD
        except NoRegister:
            return self._decode_error(offset)

    def write(self, offset: int, value: int, size_bytes: int = WORD_BYTES) -> None:
        """A write of BAR0."""
        unit = self._known.get(offset)
        if unit is None or size_bytes != WORD_BYTES:
            self._write_any(offset, value, size_bytes)
            return
        try:
            unit.write(offset, value)
        except NoRegister:
            self._no_write(offset, value)

    def _read_any(self, offset: int, size_bytes: int) -> int:
        """A read of any width, of a register that may not be known yet."""
        word_at = offset & ~(WORD_BYTES - 1)
        unit = self.unit_at(word_at)
        if isinstance(unit, MemoryUnit):
            return self._load(unit, offset, size_bytes)
        if size_bytes == 8:
            return self.read(offset) | self.read(offset + WORD_BYTES) << 32
        word = self.read(word_at) if unit is not None else self._decode_error(word_at)
        if size_bytes == WORD_BYTES and offset == word_at:
            return word
        return word >> 8 * (offset - word_at) & (1 << 8 * size_bytes) - 1

    def _write_any(self, offset: int, value: int, size_bytes: int) -> None:
        """A write of any width, of a register that may not be known yet."""
        unit = self.unit_at(offset)
        if isinstance(unit, MemoryUnit):
            self._store(unit, offset, size_bytes, value)
        elif size_bytes == 8:
            self.write(offset, value & 0xFFFFFFFF)
            self.write(offset + WORD_BYTES, value >> 32)
        elif size_bytes != WORD_BYTES or offset % WORD_BYTES:
            self._gpu.report(
                "narrow register write", "registers take whole words", offset=offset, value=value
            )
        elif unit is not None:
            self.write(offset, value)
        else:
            self._no_write(offset, value)

    def _load(self, unit: MemoryUnit, offset: int, size_bytes: int) -> int:
        try:
            return unit.load(offset, size_bytes)
        except NoRegister:
            return self._decode_error(offset) & (1 << 8 * size_bytes) - 1

    def _store(self, unit: MemoryUnit, offset: int, size_bytes: int, value: int) -> None:
        try:
            unit.store(offset, size_bytes, value)
        except NoRegister:
            self._no_write(offset, value)

    def _decode_error(self, offset: int) -> int:
        self._gpu.report("unknown register", "read of a register that the model does not have", offset=offset)
        return DECODE_ERROR

    def _no_write(self, offset: int, value: int) -> None:
        self._gpu.report(
            "unknown register", "write of a register that the model does not have", offset=offset, value=value
        )
