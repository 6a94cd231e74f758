"""Rows 13 and 14: firmware and cubins that are not what they should be."""

from __future__ import annotations

import contextlib
import functools
import struct
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from barewire import kernels
from barewire.errors import (
    BadCubin,
    BadFirmware,
    BarewireError,
    BootError,
    FirmwareMissing,
    FormatError,
    KernelNotFound,
    WrongArchitecture,
)
from barewire.firmware.synthetic import synthetic_files, write_synthetic
from fault_case import Attempt, Case, one
from fault_world import World

UNIT_COMPUTE = str(Path(__file__).resolve().parents[1] / "unit" / "compute")
if UNIT_COMPUTE not in sys.path:
    sys.path.append(UNIT_COMPUTE)

from cubin_data import place, places, with_bytes  # noqa: E402

FLIPS_OF_A_FILE = 40
FUZZED = 150
CODE = 6  # flags of a section: allocated, and instructions


# ---- row 13

ELF_MAGIC = b"\x7fELF"


@functools.cache
def whole_files() -> dict[str, bytes]:
    return synthetic_files("gh100")


def edges(data: bytes) -> list[int]:
    """Where a file's parts begin and end: an ELF file's sections, or a container's header and data."""
    found = {0, 1, len(data) // 2, len(data) - 1}
    if data.startswith(ELF_MAGIC):
        wide = data[4] == 2
        table_at, count_at, layout = (40, 60, "<IIQQQQ") if wide else (32, 48, "<IIIIII")
        table = struct.unpack_from("<Q" if wide else "<I", data, table_at)[0]
        entry_bytes, count = struct.unpack_from("<HH", data, count_at - 2)
        for index in range(count):
            *_, offset, size = struct.unpack_from(layout, data, table + entry_bytes * index)
            found |= {offset, offset + 1, offset + size - 1, table + entry_bytes * index}
    else:
        _, _, _, header, start, size = struct.unpack_from("<6I", data)
        found |= {4, 23, header, header + 4, start, start + size - 1}
    return sorted(edge for edge in found if 0 <= edge < len(data))


@contextlib.contextmanager
def folder_with(name: str, data: bytes | None) -> Iterator[Path]:
    """A folder with a whole set, but for one file."""
    with tempfile.TemporaryDirectory() as folder:
        for path in write_synthetic(folder):
            if path.name.startswith(f"{name}-"):
                path.unlink()
                if data is not None:
                    path.write_bytes(data)
        yield Path(folder)


def _boot_with(world: World, name: str, data: bytes | None) -> None:
    with folder_with(name, data) as folder:
        world.open(world.bus(), firmware=folder)


def _missing(world: World) -> Iterable[Attempt]:
    for name in whole_files():
        yield functools.partial(_boot_with, world, name, None)


def _truncated(name: str) -> Any:
    def attempts(world: World) -> Iterable[Attempt]:
        for edge in edges(whole_files()[name]):
            yield functools.partial(_boot_with, world, name, whole_files()[name][:edge])

    return attempts


def _flipped(world: World) -> Iterable[Attempt]:
    """A bit of GSP's image: what no parser can tell, the GPU's own boot code refuses."""
    for at in (0x2000, 0x100000):
        data = bytearray(whole_files()["gsp"])
        data[at] ^= 1
        yield functools.partial(_boot_with, world, "gsp", bytes(data))


def _flipped_headers(world: World) -> Iterable[Attempt]:
    """Random bits anywhere, read as a boot reads them, but not booted."""
    from barewire.firmware.blob import Blob
    from barewire.firmware.find import VERSION, FirmwareFile, parse_set

    random = np.random.default_rng(13)
    for name, data in whole_files().items():
        for _ in range(FLIPS_OF_A_FILE):
            flipped = bytearray(data)
            flipped[int(random.integers(0, min(len(data), 4096)))] ^= 1 << int(random.integers(0, 8))
            files = {
                each: FirmwareFile(each, "", Blob.of(each, bytes(flipped) if each == name else whole))
                for each, whole in whole_files().items()
            }
            yield functools.partial(parse_set, "gh100", VERSION, files)


def _nothing_was_written(world: World, error: BarewireError) -> None:
    assert not [access for access in world.faulty.accesses if access[0] == "write"]


# ---- row 14


@functools.cache
def micro() -> bytes:
    return kernels.cubin_path("micro", 90).read_bytes()


def _fuzzed(world: World) -> Iterable[Attempt]:
    random = np.random.default_rng(14)
    parts = [part for part in places(micro()) if not part.name.startswith((".text", ".debug"))]
    for _ in range(FUZZED):
        damaged = micro()
        for _ in range(int(random.integers(1, 4))):
            part = parts[int(random.integers(0, len(parts)))]
            at = int(random.integers(part.begin, part.end))
            damaged = with_bytes(damaged, at, random.bytes(int(random.integers(1, 5))))[: len(micro())]
        yield lambda damaged=damaged: world.dev.load(damaged).unload()


def _overlapping(world: World) -> None:
    table = place(micro(), "section table")
    codes = [
        at for at in range(table.begin, table.end, 64)
        if struct.unpack_from("<Q", micro(), at + 8)[0] == CODE
    ]  # fmt: skip
    offset = micro()[codes[0] + 24 : codes[0] + 32]
    world.dev.load(with_bytes(micro(), codes[1] + 24, offset))


def _missing_symbol(world: World) -> Iterable[Attempt]:
    relocations = next(part for part in places(micro()) if part.name.startswith(".rela"))
    symbol_at = relocations.begin + 12
    yield lambda: world.dev.load(with_bytes(micro(), symbol_at, b"\xff\xff\xff\x7f"))
    yield lambda: world.micro()["no_such_kernel"]


CASES = (
    Case(
        13,
        "missing",
        "each file of the set in turn is not there",
        _missing,
        (FirmwareMissing,),
        within_s=0.5,
        facts=("file", "searched", "step"),
        check=_nothing_was_written,
    ),
    *(
        Case(
            13,
            f"truncated, {name}",
            "the file ends at every edge of its parts",
            _truncated(name),
            (BadFirmware,),
            within_s=0.5,
            facts=("step",),
            check=_nothing_was_written,
        )
        for name in whole_files()
    ),
    Case(
        13,
        "bits flipped, headers",
        f"{FLIPS_OF_A_FILE} random bits of each file's first 4 KiB; where nobody looks, the set is taken",
        _flipped_headers,
        (BadFirmware,),
        within_s=0.5,
        may_pass=True,
    ),
    Case(
        13,
        "bits flipped, signed code",
        "a bit of what is signed: the GPU's boot code refuses it",
        _flipped,
        (BootError, BadFirmware),
        limit_s=1.0,
        facts=("step",),
    ),
    Case(
        14,
        "fuzzed",
        f"{FUZZED} cubins with random bytes in headers, tables and attributes; harmless ones load",
        _fuzzed,
        (FormatError,),
        within_s=0.5,
        may_pass=True,
        afterwards="launches",
    ),
    Case(
        14,
        "other chip",
        "a cubin for sm_80",
        one(lambda world: world.dev.load(kernels.cubin_path("micro", 80))),
        (WrongArchitecture,),
        within_s=0.5,
        facts=("found", "expected"),
        afterwards="launches",
    ),
    Case(
        14,
        "missing symbol",
        "a relocation names a symbol that is not there; a kernel is asked for that is not there",
        _missing_symbol,
        (BadCubin, KernelNotFound),
        within_s=0.5,
        afterwards="launches",
    ),
    Case(
        14,
        "overlapping sections",
        "the code of one kernel is put over another's",
        one(_overlapping),
        (BadCubin,),
        within_s=0.5,
        afterwards="launches",
    ),
)
