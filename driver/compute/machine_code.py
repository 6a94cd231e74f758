"""The machine code of a loaded kernel, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from barewire.sass.listing import Code, listings

if TYPE_CHECKING:
    from barewire.compute.module import Kernel


class MachineCode(Sequence[tuple[int, str]]):
    """Instructions in order: (offset in bytes, text).

    Attributes:
        name: of the kernel.
    """

    def __init__(self, name: str, lines: tuple[tuple[int, str], ...]) -> None:
        self.name = name
        self._lines = lines

    def __getitem__(self, index):  # type: ignore[no-untyped-def]  # as a tuple does it
        return self._lines[index]

    def __len__(self) -> int:
        return len(self._lines)

    def __iter__(self) -> Iterator[tuple[int, str]]:
        return iter(self._lines)

    def __repr__(self) -> str:
        return "\n".join(f"{offset:04x}  {text}" for offset, text in self._lines)

    def beside(self, source: str) -> object:
        """The same, shown beside the source that it was compiled from."""
        from barewire.show import listing

        return listing(self._lines, source, self.name)

    def _repr_html_(self) -> str:
        """The listing, for notebooks."""
        from barewire.show import listing

        return listing(self._lines, heading=self.name).html


def machine_code(kernel: Kernel) -> MachineCode:
    """A kernel's instructions up to the padding at its end.

    Raises:
        Freed: its module was unloaded.
        FormatError: it is no code that is known.
    """
    info, module = kernel.info, kernel.module
    image = module.image.relocated(module.gpu_va)
    data = bytes(image[info.code_offset : info.code_offset + info.code_size_bytes])
    (listed,) = listings([Code(info.name, data, kernel.device.facts.sm_version)])
    lines = [(line.instruction.pc, _labelled(line.labels, line.text)) for line in listed.lines]
    return MachineCode(info.name, tuple(_without_padding(lines)))


def _labelled(labels: tuple[str, ...], text: str) -> str:
    return "".join(f"{label}: " for label in labels) + text.strip()


def _without_padding(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """NOPs at the end are there for the prefetcher; so is the branch to itself, which stays."""
    end = len(lines)
    while end and lines[end - 1][1].rstrip(" ;") == "NOP":
        end -= 1
    return lines[:end]
