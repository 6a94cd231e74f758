"""A unit of the GPU: what answers a range of registers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from barewire.softgpu.chip import SoftGpu


class NoRegister(Exception):
    """A unit has no register at an offset of its range: a read answers with the PRI decode error."""


class Unit:
    """Part of the GPU behind some of its registers.

    Attributes:
        gpu: what it is part of.
        ranges: (first, last) byte in BAR0 of each stretch of registers that it answers.
    """

    ranges: tuple[tuple[int, int], ...] = ()

    def __init__(self, gpu: SoftGpu) -> None:
        self.gpu = gpu

    def read(self, offset: int) -> int:
        """A 32-bit read of BAR0, at a multiple of 4 within `ranges`.

        Raises:
            NoRegister: there is none.
        """
        raise NoRegister

    def write(self, offset: int, value: int) -> None:
        """A 32-bit write of BAR0, at a multiple of 4 within `ranges`.

        Raises:
            NoRegister: there is none.
        """
        raise NoRegister

    def reset(self) -> None:
        """Return to what it is after power-on."""

    def close(self) -> None:
        """Give back what it holds of the machine; a second time is nothing."""


class MemoryUnit(Unit):
    """A unit behind which there is memory, so that accesses of every width reach it as they are."""

    def load(self, offset: int, size_bytes: int) -> int:
        """A read of 1, 2, 4 or 8 bytes.

        Raises:
            NoRegister: there is nothing.
        """
        raise NoRegister

    def store(self, offset: int, size_bytes: int, value: int) -> None:
        """A write of 1, 2, 4 or 8 bytes.

        Raises:
            NoRegister: there is nothing.
        """
        raise NoRegister

    def read(self, offset: int) -> int:
        return self.load(offset, 4)

    def write(self, offset: int, value: int) -> None:
        self.store(offset, 4, value)
