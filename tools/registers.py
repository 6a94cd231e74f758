"""Where the verbs about registers read and write: a GPU on its bus, booted or not, or a snapshot file."""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from barewire.errors import NoDevice, UnknownName, UsageError
from barewire.regs import chips
from barewire.regs.board import PLACEMENTS, load_board
from barewire.regs.chips import Register, RegisterTable, parse_name
from barewire.regs.registers import Reading, RegisterFile
from barewire.tools import sanitize, snapshot_file
from barewire.tools.output import Report, Table, hexadecimal

SNAPSHOT = "snapshot:"
DEFAULT_DEVICE = "soft:gh100"
BOARD_BYTES = 1 << 24
CONFIG_SPACE = ("NV_CONFIG_PCI_", "NV_EP_PCFG_")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|\d+")


@dataclass
class Source:
    """Registers that can be read.

    Attributes:
        name: the device string or file.
        chip: whose registers they are.
        regs: the registers by name.
        config: the configuration space's bytes, read when asked.
        offsets: what can be read at all, where that is limited (a snapshot); else None.
    """

    name: str
    chip: str
    regs: RegisterFile
    config: Any
    offsets: frozenset[int] | None = None

    def raw32(self, offset: int) -> int:
        """The word at an offset whatever it is, refusals and ones too."""
        io: Any = self.regs.io
        word: int = getattr(io, "raw32", io.read32)(offset)
        return word


def table_for(chip: str) -> RegisterTable:
    """All that is known of a chip's registers: at absolute offsets where barewire can bring it up.

    Raises:
        UnknownChip: there is no table of it.
    """
    return load_board(chip) if chip in PLACEMENTS else chips.load(chip)


def add_source_options(parser: argparse.ArgumentParser) -> None:
    """What every verb that opens registers understands."""
    parser.add_argument(
        "--booted", action="store_true", help="boot the GPU first (default: its registers as they are)"
    )


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator[Source]:
    """The registers that a command line asks for, closed again in every case.

    Its device is one with a bus ("soft:gh100", "vfio:0000:01:00.0", "vfio-user:/path.sock") or
    "snapshot:FILE"; the software GPU if it names none.

    Raises:
        NoDevice: the device has no registers that this process may read.
        UsageError: a file was to be sanitized.
        FileProblem: the snapshot file cannot be read.
    """
    name = sanitize.chosen_device(args) or DEFAULT_DEVICE
    if name.startswith(SNAPSHOT):
        yield _of_snapshot(name.removeprefix(SNAPSHOT))
        return
    if name.startswith("nv:"):
        raise _no_registers(name)
    with (_booted if args.booted else _on_bus)(name, args) as source:
        yield source


def _of_snapshot(path: str) -> Source:
    snapshot = snapshot_file.load(path)
    regs = RegisterFile(snapshot, table_for(snapshot.chip))
    return Source(path, snapshot.chip, regs, lambda: snapshot.config, frozenset(snapshot.words))


def _no_registers(name: str) -> NoDevice:
    return NoDevice(
        f"{name} has no registers for this process: its kernel driver keeps them to itself",
        hint="Take a device with a bus (vfio:, vfio-user:, soft:gh100), or a snapshot (snapshot:FILE).",
        device=name,
    )


@contextlib.contextmanager
def _booted(name: str, args: argparse.Namespace) -> Iterator[Source]:
    from barewire.tools.device import open_device

    dev = open_device(name, sanitize.wanted(args))
    try:
        yield Source(name, dev.facts.chip, dev.regs, lambda: config_bytes(dev.bus.config))
    finally:
        dev.close()
        sanitize.take(args, dev)


@contextlib.contextmanager
def _on_bus(name: str, args: argparse.Namespace) -> Iterator[Source]:
    from barewire.chip.identify import identify
    from barewire.device.opening import open_bus
    from barewire.guard import registers

    options: dict[str, Any] = {"sanitize": True} if sanitize.wanted(args) else {}
    bus: Any = open_bus(name, **options)
    try:
        chip = identify(bus.bars[0]).name
        yield Source(name, chip, registers(bus, table_for(chip)), lambda: config_bytes(bus.config))
    finally:
        bus.close()
        sanitize.take(args, bus)


def config_bytes(config: Any) -> bytes:
    """The 4 KiB of a configuration space."""
    return b"".join(config.read(offset, 4).to_bytes(4, "little") for offset in range(0, 4096, 4))


def as_number(text: str) -> int | None:
    """A number in decimal or, with 0x, hexadecimal; None for anything else."""
    return int(text, 0) if _NUMBER.fullmatch(text) else None


def offset_of(text: str) -> int | None:
    """A register's byte offset, if the text is one.

    Raises:
        UsageError: it is a number that no 32-bit register can have.
    """
    offset = as_number(text)
    if offset is not None and (offset % 4 or offset >= BOARD_BYTES):
        raise UsageError(
            f"{text} is not the offset of a register", expected="a multiple of 4 below 0x1000000"
        )
    return offset


@dataclass(frozen=True)
class Chosen:
    """One register that was asked for."""

    register: Register | None
    label: str
    offset: int

    def reading(self, word: int) -> Reading | None:
        """A word of it with its fields; None where no table knows the place."""
        return None if self.register is None else Reading(word, self.register, self.label, None, self.offset)


def choose(table: RegisterTable, text: str) -> list[Chosen]:
    """The registers that a word of the command line means: a name, NAME(3), an array, a pattern or an offset.

    Raises:
        UnknownName, FieldRange: there is no such register or element.
        UsageError: an offset that no register can have.
    """
    offset = offset_of(text)
    if offset is not None:
        return [at_offset(table, offset)]
    if any(letter in text for letter in "*?"):
        found = [name for name in table.search(text) if table.register(name).offset is not None]
        if not found:
            raise UnknownName(f"no register of {table.chip} matches {text}")
        return [chosen for name in found for chosen in elements(table.register(name))]
    name, indices = parse_name(text)
    register = table.register(name)
    if indices or not register.strides:
        return [Chosen(register, _label(register, indices), register.offset_of(*indices))]
    return elements(register)


def at_offset(table: RegisterTable, offset: int) -> Chosen:
    """What is known of an offset of BAR0; registers of the configuration space do not count."""
    found = [pair for pair in table.at(offset) if not pair[0].name.startswith(CONFIG_SPACE)]
    if not found:
        return Chosen(None, f"{offset:#08x}", offset)
    register, indices = found[0]
    return Chosen(register, _label(register, indices), offset)


def _label(register: Register, indices: tuple[int, ...]) -> str:
    return f"{register.name}({', '.join(map(str, indices))})" if indices else register.name


def elements(register: Register) -> list[Chosen]:
    """Every element of a register; the first of each dimension whose length nobody tells."""
    ranges = [range(count or 1) for count in register.counts]
    return [
        Chosen(register, _label(register, indices), register.offset_of(*indices))
        for indices in product(*ranges)
    ]


def readings_table(report: Report) -> Table:
    """A table for registers with their values."""
    return report.table("registers", "register", "offset", "value", "fields")


def add_reading(table: Table, chosen: Chosen, word: int) -> None:
    """One row: the word, and its fields by name; a refused read says what it means."""
    table.add(
        register=chosen.label, offset=hexadecimal(chosen.offset, 24), value=hexadecimal(word),
        fields=shown_fields(chosen, word),
    )  # fmt: skip


def shown_fields(chosen: Chosen, word: int) -> dict[str, str] | str:
    """Fields as text by name; the meaning of the word where it is no value."""
    from barewire.guard import pri_code

    code = pri_code(word)
    reading = chosen.reading(word)
    data = reading is not None and "TIME" in chosen.label
    if code is not None and not data:
        return f"{code.name}: {code.meaning}"
    if reading is None:
        return {}
    return {name: str(value) for name, value in reading.fields().items()}
