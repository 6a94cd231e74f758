"""The machine code of a loaded kernel, as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from barewire.sass.listing import Code, listings

if TYPE_CHECKING:
    from barewire.compute.module import Kernel


class MachineCode(tuple[tuple[int, str], ...]):
    """Instructions in order: (offset in bytes, text).

    Attributes:
        name: of the kernel.
    """

    name: str

    def __new__(cls, name: str, lines: Iterable[tuple[int, str]]) -> MachineCode:
        made = super().__new__(cls, lines)
        made.name = name
        return made

    def __repr__(self) -> str:
        return "\n".join(f"{offset:04x}  {text}" for offset, text in self)

    def beside(self, source: str) -> object:
        """The same, shown beside the source that it was compiled from."""
        from barewire.show import listing

        return listing(self, source, self.name)

    def _repr_html_(self) -> str:
        """The listing, for notebooks."""
        from barewire.show import listing

        return listing(self, heading=self.name).html


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
    return MachineCode(info.name, _without_padding(lines))


def _labelled(labels: tuple[str, ...], text: str) -> str:
    return "".join(f"{label}: " for label in labels) + text.strip()


def _without_padding(lines: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """NOPs at the end are there for the prefetcher; so is the branch to itself, which stays."""
    end = len(lines)
    while end and lines[end - 1][1].rstrip(" ;") == "NOP":
        end -= 1
    return lines[:end]
