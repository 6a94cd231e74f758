"""Reading and writing registers by name.

A `RegisterFile` binds a chip's table to something that reads and writes 32-bit words by offset; it knows
neither the bus behind it nor what the registers mean.

    regs = RegisterFile(io, chips.load("gh100"))
    regs.NV_PMC_BOOT_0                      # NV_PMC_BOOT_0 = 0x180000a1 (minor_revision=1, ...)
    regs.NV_PMC_BOOT_0.major_revision       # 0xa; compares with numbers and with names of values
    regs.NV_PFSP_QUEUE_HEAD[2]              # an array
    regs.write("NV_PFSP_QUEUE_HEAD(2)", 0x40)
    falcon = regs.relative(0x110000)        # NV_PFALCON_* of the falcon whose registers begin there
    falcon.NV_PFALCON_FALCON_HWCFG2.riscv
    falcon.update("NV_PFALCON_FALCON_MAILBOX0", data=1)
"""

from __future__ import annotations

from typing import Any, Protocol

from barewire.errors import FieldRange, UnknownName
from barewire.regs.bits import FieldValue, hex_or_small
from barewire.regs.chips import Register, RegisterTable, parse_name, read_field


class WordIO(Protocol):
    """What a register file stands on."""

    def read32(self, offset: int) -> int:
        """The 32-bit word at a byte offset."""
        ...

    def write32(self, offset: int, value: int) -> None:
        """Write the 32-bit word at a byte offset."""
        ...


class UnknownRegister(UnknownName, AttributeError):
    """A register file was asked for a register that its table does not have."""

    __str__ = UnknownName.__str__


class Value(int):
    """A field's value: a number that knows its name and compares with it too (`state == "IDLE"`)."""

    name: str | None

    def __new__(cls, value: int, name: str | None = None) -> Value:
        made = super().__new__(cls, value)
        made.name = name
        return made

    def __repr__(self) -> str:
        return f"{self.name} ({hex_or_small(int(self))})" if self.name else hex_or_small(int(self))

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return self.name == other if isinstance(other, str) else int(self) == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = int.__hash__


class Reading(int):
    """A word that was read from a register: a number whose fields are attributes in snake_case.

    `reading["FIELD"]` takes NVIDIA's name too, and reaches fields whose name an integer uses already.
    """

    register: Register
    label: str
    _file: RegisterFile | None
    _offset: int

    def __new__(
        cls, word: int, register: Register, label: str = "", file: RegisterFile | None = None, offset: int = 0
    ) -> Reading:
        made = super().__new__(cls, word)
        made.register = register
        made.label = label or register.name
        made._file = file
        made._offset = offset
        return made

    def __getitem__(self, name: str) -> Value | tuple[Value, ...]:
        """A field by name.

        Raises:
            UnknownName: the register has no such field within its 32 bits.
        """
        field = self.register.field(name)
        if field.high > 31:
            raise UnknownName(
                f"{field.full_name} lies beyond the first word, in bits {field.high}:{field.low}"
            )
        return _as_values(read_field(field, int(self)))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self[name]
        except UnknownName as unknown:
            raise AttributeError(str(unknown)) from None

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(name.lower() for name in self.register.fields)]

    def again(self) -> Reading:
        """The same register, read anew.

        Raises:
            UnknownName: the reading was decoded from a number, there is no register to read.
        """
        if self._file is None:
            raise UnknownName(f"{self.label} was decoded from a number: there is nothing to read again")
        return Reading(
            self._file.io.read32(self._offset), self.register, self.label, self._file, self._offset
        )

    @property
    def offset(self) -> int:
        """Byte offset that was read."""
        return self._offset

    def fields(self) -> dict[str, Value | tuple[Value, ...]]:
        """All fields in snake_case."""
        return {name.lower(): self[name] for name, field in self.register.fields.items() if field.high <= 31}

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={_show(value)}" for name, value in self.fields().items())
        return f"{self.label} = {int(self):#010x}" + (f" ({shown})" if shown else "")

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """The word as a strip of its fields, for notebooks."""
        from barewire.show import reading as shown

        return shown(self).html


def _as_values(found: FieldValue | tuple[FieldValue, ...]) -> Value | tuple[Value, ...]:
    if isinstance(found, FieldValue):
        return Value(found.value, found.name)
    return tuple(Value(each.value, each.name) for each in found)


def _fits(word: int, label: str) -> int:
    if not 0 <= word < 1 << 32:
        raise FieldRange(f"{word:#x} does not fit into the 32 bits of {label}", value=word)
    return word


def _show(value: Value | tuple[Value, ...]) -> str:
    if isinstance(value, Value):
        return value.name or hex_or_small(int(value))
    return "[" + ", ".join(_show(each) for each in value) + "]"


class RegisterArray:
    """An array of registers in a register file: index it to read."""

    def __init__(self, file: RegisterFile, register: Register) -> None:
        self._file = file
        self.register = register

    def __getitem__(self, index: int | tuple[int, ...]) -> Reading:
        """Read an element.

        Raises:
            FieldRange: there is no such element.
        """
        indices = index if isinstance(index, tuple) else (index,)
        return self._file.read(self.register.name, *indices)

    def __setitem__(self, index: int | tuple[int, ...], word: int) -> None:
        indices = index if isinstance(index, tuple) else (index,)
        self._file.write(f"{self.register.name}({','.join(map(str, indices))})", word)

    def __len__(self) -> int:
        count = self.register.counts[0]
        if count is None:
            raise UnknownName(f"the headers do not tell the length of {self.register.name}")
        return count

    def __repr__(self) -> str:
        return f"{self.register!r} of {self._file!r}"


class RegisterFile:
    """The registers of one device.

    Attributes:
        io: reads and writes 32-bit words by offset (`read32`, `write32`).
        table: the chip's registers.
        base: added to every offset; see `relative`.
    """

    def __init__(self, io: WordIO, table: RegisterTable, base: int = 0) -> None:
        self.io = io
        self.table = table
        self.base = base

    def __repr__(self) -> str:
        at = f" at {self.base:#x}" if self.base else ""
        return f"RegisterFile({self.table.chip}{at})"

    def _repr_html_(self) -> str:
        """What there is, for notebooks; reads nothing."""
        from barewire.show import register_file as shown

        return shown(self).html

    def relative(self, base: int) -> RegisterFile:
        """The same registers, at `base`: for units that exist several times (NV_PFALCON_* of each falcon)."""
        return RegisterFile(self.io, self.table, self.base + base)

    def __getattr__(self, name: str) -> Reading | RegisterArray:
        if not name.startswith("NV_"):
            raise AttributeError(f"RegisterFile has no attribute {name!r}")
        register = self._register(name)
        return RegisterArray(self, register) if register.strides else self.read(name)

    def __getitem__(self, name: str) -> Reading:
        return self.read(name)

    def __setitem__(self, name: str, word: int) -> None:
        self.write(name, word)

    def _register(self, name: str) -> Register:
        try:
            return self.table.register(name)
        except UnknownName as unknown:
            raise UnknownRegister(unknown.message, hint=unknown.hint, **unknown.facts) from None

    def _locate(self, name: str, indices: tuple[int, ...]) -> tuple[Register, str, int]:
        plain, called = parse_name(name)
        register = self._register(plain)
        indices = called or indices
        label = f"{plain}({', '.join(map(str, indices))})" if indices else plain
        return register, label, self.base + register.offset_of(*indices)

    def read(self, name: str, *indices: int) -> Reading:
        """Read a register; elements of arrays as `read("NV_X", 3)` or `read("NV_X(3)")`.

        Raises:
            UnknownRegister: the table has none of that name.
            FieldRange: the array has no such element.
        """
        register, label, offset = self._locate(name, indices)
        return Reading(self.io.read32(offset), register, label, self, offset)

    def write(self, name: str, word: int | None = None, /, **fields: Any) -> int:
        """Write a register: a whole word, or fields with all other bits zero.

        Returns:
            The word that was written.

        Raises:
            UnknownRegister, UnknownName: no such register, field or named value.
            FieldRange: a value does not fit, or neither a word nor a field was given.
        """
        register, label, offset = self._locate(name, ())
        if word is None and not fields:
            raise FieldRange(f"nothing to write into {label}: give a word or fields")
        start = 0 if word is None else int(word)
        _fits(start, label)
        value = _fits(register.encode(start, **fields), label)
        self.io.write32(offset, value)
        return value

    def update(self, name: str, /, **fields: Any) -> int:
        """Read a register, change some fields, write it back.

        Returns:
            The word that was written.

        Raises:
            UnknownRegister, UnknownName: no such register, field or named value.
            FieldRange: a value does not fit, or no field was given.
        """
        register, label, offset = self._locate(name, ())
        if not fields:
            raise FieldRange(f"nothing to update in {label}: give fields")
        _fits(register.encode(**fields), label)  # refuse before the device is touched
        value = _fits(register.encode(int(self.io.read32(offset)), **fields), label)
        self.io.write32(offset, value)
        return value

    def decode(self, name: str, word: int) -> Reading:
        """A word as if it had been read from a register, without touching the device."""
        plain, indices = parse_name(name)
        label = f"{plain}({', '.join(map(str, indices))})" if indices else plain
        return Reading(word, self._register(plain), label)
