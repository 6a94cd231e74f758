"""Which files of the driver are changed, and which tests are asked about each."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mutation import c_edits, python_edits
from mutation.edits import Edit

# What drives the GPU. What only reads files or shows words has tests of its own and is left out.
FILES = (
    "driver/memory/*.py",
    "driver/channel/*.py",
    "driver/compute/*.py",
    "driver/copy/*.py",
    "driver/rm/rpc*.py",
    "driver/gsp/*.py",
    "driver/fsp/*.py",
    "driver/device/*.py",
    "driver/chip/*.py",
    "driver/native/*.c",
)
LEFT_OUT = {
    "driver/channel/decoder.py": "a decoder, for readers",
    "driver/channel/recording.py": "a decoder, for readers",
    "driver/channel/state.py": "a display",
    "driver/memory/tree.py": "a display",
    "driver/compute/qmd_decoder.py": "a decoder, for readers",
    "driver/compute/ptx.py": "runs a compiler",
    "driver/compute/fatbin.py": "a parser of files",
    "driver/compute/elf.py": "a parser of files",
    "driver/compute/cubin.py": "a parser of files",
    "driver/compute/nvinfo.py": "a parser of files",
    "driver/compute/sass_scan.py": "a parser of files",
    "driver/gsp/log.py": "a display",
}

UNIT_TESTS = {
    "driver/memory": ("tests/unit/memory", "tests/unit/core"),
    "driver/channel": ("tests/unit/core", "tests/unit/channel", "tests/unit/compute"),
    "driver/compute": ("tests/unit/compute", "tests/unit/core"),
    "driver/copy": ("tests/unit/core",),
    "driver/rm": ("tests/unit/rm",),
    "driver/gsp": ("tests/unit/gsp",),
    "driver/fsp": ("tests/unit/fsp", "tests/unit/gsp"),
    "driver/device": ("tests/unit/core",),
    "driver/chip": ("tests/unit/chip", "tests/unit/gsp"),
    "driver/native": ("tests/unit/core", "tests/unit/transport"),
}


@dataclass(frozen=True)
class Stage:
    """Folders and files of tests that are asked together."""

    name: str
    tests: tuple[str, ...]


SOFT_TESTS = (
    "tests/soft/device",
    "tests/soft/boot",
    "tests/soft/use",
    "tests/faults",
    "tests/soft/sanitizer",
)
# Without the tensor layer's cases: they ask the kernels, not the driver.
DEVICE_TESTS = (
    *(
        f"tests/device/test_{name}.py"
        for name in (
            "device_copies",
            "device_copy_corners",
            "device_semaphores",
            "faults_and_recovery",
            "launch",
            "load",
            "low_level",
            "memory",
            "queues",
        )
    ),
    "tests/pagetables/test_rm_tables.py",
)


def stages(root: Path, path: str) -> tuple[Stage, ...]:
    """What is asked about an edit of a file, the quickest first; only tests that there are."""
    asked = (
        Stage("unit", UNIT_TESTS[part_of(path)]),
        Stage("software GPU", SOFT_TESTS),
        Stage("every device", DEVICE_TESTS),
    )
    there = (
        Stage(stage.name, tuple(test for test in stage.tests if (root / test).exists())) for stage in asked
    )
    return tuple(stage for stage in there if stage.tests)


def part_of(path: str) -> str:
    """The package of the driver that a file belongs to, such as driver/memory."""
    return "/".join(path.split("/")[:2])


def all_edits(root: Path, only: str = "") -> list[Edit]:
    """Every edit of the files whose path contains `only`."""
    found: list[Edit] = []
    for pattern in FILES:
        for file in sorted(root.glob(pattern)):
            path = file.relative_to(root).as_posix()
            if path in LEFT_OUT or only not in path or file.name.startswith("_native"):
                continue
            make = c_edits.edits if file.suffix == ".c" else python_edits.edits
            found += make(path, file.read_text())
    return found


def chosen(edits: Sequence[Edit], count: int, seed: int) -> list[Edit]:
    """`count` of the edits, each kind of edit and each part of the driver in turn, at random within them."""
    shuffled = list(edits)
    random.Random(seed).shuffle(shuffled)
    groups: dict[str, dict[str, list[Edit]]] = defaultdict(lambda: defaultdict(list))
    for edit in shuffled:
        groups[edit.operator][part_of(edit.path)].append(edit)
    picked: list[Edit] = []
    while groups and len(picked) < count:
        for operator in sorted(groups):
            _take_one(groups[operator], picked)
            if not groups[operator]:
                del groups[operator]
    return picked[:count]


def _take_one(parts: dict[str, list[Edit]], picked: list[Edit]) -> None:
    """Take from the part that was taken from longest ago: it stands first, and goes last."""
    part = next(iter(parts))
    edits = parts.pop(part)
    picked.append(edits.pop())
    if edits:
        parts[part] = edits
