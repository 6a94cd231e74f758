"""Page tables at a root that somebody names: in a GPU's video memory as it is, or in a file with its content.

Nobody says that they are page tables at all. What cannot be read counts as empty, and there is an end to it.
"""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from barewire.errors import EngineMissing, UsageError
from barewire.tools import device, sanitize, vm_words
from barewire.tools.files import FileProblem
from barewire.tools.vm_source import IMAGE, Source

if TYPE_CHECKING:
    from barewire.memory.formats import PageTableFormat, TablePointer
    from barewire.memory.tables import TableReader
    from barewire.regs.registers import RegisterFile

DEFAULT_BUS = "soft:gh100"
WINDOW_REGISTERS = ("NV_XAL_EP_BAR0_WINDOW", "NV_PBUS_BAR0_WINDOW")
WINDOW_END = 1 << 38  # what they reach: 22 bits of 64 KiB
MOST_READS = 1 << 18  # of tables: in what is none, every entry may lead to another


@contextlib.contextmanager
def at_root(args: argparse.Namespace) -> Iterator[Source]:
    """Tables at the place that a command line names.

    Raises:
        NoDevice: there is no such device, or none with a bus.
        UsageError: no table can be read there, or the GPU's format is not known.
        FileProblem: the file cannot be read.
    """
    root = vm_words.pointer(args.root)
    name = sanitize.chosen_device(args) or DEFAULT_BUS
    with contextlib.ExitStack() as undo:
        if name.startswith(IMAGE):
            family, reader, gpu = None, _image(name.removeprefix(IMAGE)), "a file"
        elif args.booted:
            family, reader, gpu = undo.enter_context(_booted(name, args))
        else:
            family, reader, gpu = undo.enter_context(_on_bus(name, args))
        yield _source_at(root, name, gpu, _format(args.family or family), Tolerant(reader))


def _format(family: str | None) -> PageTableFormat:
    from barewire.memory.formats import FORMATS, format_of

    if family is None:
        raise UsageError("which page tables a file has is not known", hint="Say it: --format hopper.")
    if family.lower() not in FORMATS:
        raise UsageError(f"--format {family} is unknown", expected=", ".join(FORMATS))
    return format_of(family)


def _source_at(root: TablePointer, name: str, gpu: str, form: PageTableFormat, reader: Tolerant) -> Source:
    from barewire.memory.tree import tree
    from barewire.memory.walker import walk

    reader.expect(root, form.root.table_bytes)
    return Source(
        name=name,
        gpu=gpu,
        form=form,
        root=root,
        walk=lambda gpu_va: walk(form, reader, root, gpu_va),
        tree=lambda start, end: tree(form, reader, root, start or 0, end),
        problems=reader.problems,
    )


class Tolerant:
    """Reads what may be anything: a table that cannot be read counts as empty, and is told.

    Attributes:
        problems: what could not be read, in sentences.
    """

    def __init__(self, reader: TableReader) -> None:
        self.problems: list[str] = []
        self._reader = reader
        self._left = MOST_READS

    def expect(self, table: TablePointer, size_bytes: int) -> None:
        """Raise UsageError if a table cannot be read."""
        self._reader.read(table, 0, size_bytes)

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table, or zeros.

        Raises:
            UsageError: so many tables were read that these can be none.
        """
        self._left -= 1
        if self._left < 0:
            raise UsageError(
                f"{MOST_READS} tables were read and there are more: this may be no page directory",
                hint="Look at a part of it: --start and --end.",
            )
        try:
            return self._reader.read(table, offset, size_bytes)
        except UsageError as problem:
            where = f"{table.aperture.value} {table.address:#x}"
            self.problems.append(f"the table at {where} cannot be read: {problem.message}")
            return bytes(size_bytes)


class VideoReader:
    """Tables in video memory, read through a way into it.

    Args:
        read: (address, bytes) -> what is there.
        end: the first address that cannot be read.
    """

    def __init__(self, read: Callable[[int, int], bytes], start: int, end: int, what: str) -> None:
        self._read = read
        self._start = start
        self._end = end
        self._what = what

    def read(self, table: TablePointer, offset: int, size_bytes: int) -> bytes:
        """Bytes of a table.

        Raises:
            UsageError: it is not in this memory.
        """
        first = table.address + offset
        if table.aperture.value != "video" or not self._start <= first <= first + size_bytes <= self._end:
            raise UsageError(f"only {self._what} can be read here", address=table.address)
        return self._read(first, size_bytes)


def _image(described: str) -> VideoReader:
    """Video memory in a file, from some address on."""
    path, _, base = described.rpartition("@")
    if not path:
        path, base = described, "0"
    start = vm_words.number(base, "an address")
    try:
        content = Path(path).read_bytes()
    except OSError as problem:
        raise FileProblem(f"cannot read {path}: {problem.strerror}") from problem

    def read(address: int, size_bytes: int) -> bytes:
        return content[address - start : address - start + size_bytes]

    end = start + len(content)
    return VideoReader(read, start, end, f"video memory from {start:#x} to {end:#x}")


@contextlib.contextmanager
def _booted(name: str, args: argparse.Namespace) -> Iterator[tuple[str, VideoReader, str]]:
    """(family, video memory, what it is) of a device that was booted."""
    from barewire.chip.identify import identify

    with device.opened(args) as dev:
        window = getattr(getattr(dev.rm, "memory", None), "window", None)
        if window is None:
            raise EngineMissing(
                f"the memory of {name} belongs to NVIDIA's kernel driver", hint="Take --space.", device=name
            )
        family = identify(dev.bus.bars[0]).family
        yield family, _video(window.read, dev.facts.vram_bytes), dev.facts.name


@contextlib.contextmanager
def _on_bus(name: str, args: argparse.Namespace) -> Iterator[tuple[str, VideoReader, str]]:
    """The same of a device as it is, through the window in BAR0, which is put back where it was."""
    from barewire import guard
    from barewire.chip.identify import identify
    from barewire.device.opening import open_bus
    from barewire.memory.windows import Pramin
    from barewire.tools.registers import table_for

    options: dict[str, Any] = {"sanitize": True} if sanitize.wanted(args) else {}
    bus: Any = open_bus(name, **options)
    try:
        chip = identify(bus.bars[0])
        registers = guard.registers(bus, table_for(chip.name))
        with _window_kept(registers):
            window = Pramin(bus.bars[0], registers)
            yield chip.family, _video(window.read, WINDOW_END), str(chip)
    finally:
        bus.close()
        sanitize.take(args, bus)


def _video(read: Callable[[int, int], bytes], end: int) -> VideoReader:
    return VideoReader(read, 0, end, f"video memory below {end:#x}")


@contextlib.contextmanager
def _window_kept(registers: RegisterFile) -> Iterator[None]:
    """Put the window in BAR0 back where it was."""
    name = next(name for name in WINDOW_REGISTERS if name in registers.table)
    offset = registers.table.register(name).offset_of()
    before = registers.io.read32(offset)
    try:
        yield
    finally:
        registers.io.write32(offset, before)
