"""Snapshot files: the registers and the configuration space of a GPU at one moment, as JSON.

    {"format": "barewire-snapshot", "version": 1, "device": "soft:gh100", "chip": "gh100",
     "taken": "2026-11-22T21:00:00+00:00", "registers": {"0x000000": "0x180000a1", ...}, "config": "de10..."}

Reading one touches no device; what is not such a file gives one error and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from barewire.errors import UsageError
from barewire.regs import chips
from barewire.tools.files import FileProblem, read_input, replace_all

FORMAT = "barewire-snapshot"
VERSION = 1
WORD_END = 1 << 32
SPACE_END = 1 << 24  # BAR0 has 16 MiB


@dataclass
class Snapshot:
    """What was read.

    Attributes:
        words: 32-bit words by their byte offset in BAR0.
        config: the bytes of the configuration space, maybe none.
    """

    device: str
    chip: str
    taken: str
    words: dict[int, int] = field(default_factory=dict)
    config: bytes = b""

    def read32(self, offset: int) -> int:
        """The word that was at an offset.

        Raises:
            UsageError: the snapshot does not hold it.
        """
        word = self.words.get(offset)
        if word is None:
            raise UsageError(
                f"the snapshot of {self.device} does not hold the word at {offset:#08x}", offset=offset
            )
        return word

    def write32(self, offset: int, value: int) -> None:
        """Never: what was read cannot be written.

        Raises:
            UsageError: always.
        """
        raise UsageError("a snapshot cannot be written to", offset=offset, value=value)


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a snapshot, in one step.

    Raises:
        FileProblem: the file cannot be written.
    """
    document = {
        "format": FORMAT,
        "version": VERSION,
        "device": snapshot.device,
        "chip": snapshot.chip,
        "taken": snapshot.taken,
        "registers": {f"{offset:#08x}": f"{word:#010x}" for offset, word in sorted(snapshot.words.items())},
        "config": snapshot.config.hex(),
    }
    data = (json.dumps(document, indent=0) + "\n").encode()
    replace_all([(path, lambda stream: stream.write(data))])


def load(name: str) -> Snapshot:
    """Read a snapshot file ("-" for standard input).

    Raises:
        FileProblem: it cannot be read, or is not a snapshot.
    """
    try:
        document = json.loads(read_input(name))
    except (ValueError, RecursionError) as problem:
        raise FileProblem(f"{name} is not a snapshot: it is not JSON") from problem
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileProblem(f'{name} is not a snapshot: it lacks "format": "{FORMAT}"')
    if document.get("version") != VERSION:
        raise FileProblem(
            f"{name} is a snapshot of version {document.get('version')!r}", expected=f"version {VERSION}"
        )
    device, chip, taken = (_text(document, key, name) for key in ("device", "chip", "taken"))
    if chip not in chips.FALLBACKS:
        raise FileProblem(f"{name} is of an unknown chip {chip!r}")
    return Snapshot(device, chip, taken, _words(document.get("registers"), name), _config(document, name))


def _text(document: Mapping[str, Any], key: str, name: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise FileProblem(f"{name} is a damaged snapshot: {key!r} is not text")
    return value


def _words(registers: Any, name: str) -> dict[int, int]:
    if not isinstance(registers, dict):
        raise FileProblem(f"{name} is a damaged snapshot: 'registers' is not an object")
    words = {}
    for key, value in registers.items():
        offset, word = _number(key, SPACE_END), _number(value, WORD_END)
        if offset is None or word is None or offset % 4:
            raise FileProblem(f"{name} is a damaged snapshot: {key!r}: {value!r} is not an offset and a word")
        words[offset] = word
    return words


def _number(text: Any, end: int) -> int | None:
    try:
        number = int(text, 16) if isinstance(text, str) else -1
    except ValueError:
        return None
    return number if 0 <= number < end else None


def _config(document: Mapping[str, Any], name: str) -> bytes:
    try:
        return bytes.fromhex(document.get("config", ""))
    except (TypeError, ValueError) as problem:
        raise FileProblem(f"{name} is a damaged snapshot: 'config' is not hexadecimal") from problem
