"""Where the bytes of a copy lie: lines at a pitch, and block-linear surfaces.

Facts: open-gpu-doc:classes/dma-copy/clc8b5.h (block sizes, GOB_HEIGHT_FERMI_8); the order of bytes within a
GOB is an H100's (`H100:`): four lines of sixteen bytes, the sixteen beside them, the four lines below,
then the other 32 columns. A GOB is 64 bytes by 8 lines. A block is one GOB wide and a power of two
of GOBs high and deep; its GOBs follow each other downwards, then by depth. Blocks follow each other to the
right, then downwards, then by depth.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

GOB_WIDTH = 64
GOB_HEIGHT = 8
GOB_BYTES = GOB_WIDTH * GOB_HEIGHT

Indices: TypeAlias = npt.NDArray[np.int64]
Bytes: TypeAlias = npt.NDArray[np.uint8]


def _across(x: Indices) -> Indices:
    """What a byte's column adds to its offset in a GOB."""
    return (x & 32) << 3 | (x & 16) << 2 | x & 15


def _down(y: Indices) -> Indices:
    """What a byte's line adds to its offset in a GOB."""
    return (y & 4) << 5 | (y & 3) << 4


class BlockLinear(NamedTuple):
    """A surface.

    Attributes:
        width_bytes, height, depth: of it, in bytes, lines and layers.
        block_height, block_depth: of a block, in GOBs, as powers of two.
    """

    width_bytes: int
    height: int
    depth: int = 1
    block_height: int = 0
    block_depth: int = 0

    @property
    def gobs_wide(self) -> int:
        """GOBs side by side in a line; a block is one wide."""
        return -(-self.width_bytes // GOB_WIDTH)

    @property
    def block_bytes(self) -> int:
        """Bytes of a block."""
        return GOB_BYTES << self.block_height + self.block_depth

    @property
    def blocks_high(self) -> int:
        """Blocks on top of each other in a layer."""
        return -(-self.height // (GOB_HEIGHT << self.block_height))

    @property
    def size_bytes(self) -> int:
        """Bytes of the whole surface."""
        return self.gobs_wide * self.blocks_high * -(-self.depth >> self.block_depth) * self.block_bytes

    def line_start(self, y: int, z: int) -> int:
        """Offset of the GOB that holds the first byte of a line: a multiple of GOB_BYTES."""
        gob_y = y // GOB_HEIGHT
        block_row = (z >> self.block_depth) * self.blocks_high + (gob_y >> self.block_height)
        in_block = (z & (1 << self.block_depth) - 1) << self.block_height
        in_block += gob_y & (1 << self.block_height) - 1
        return block_row * self.gobs_wide * self.block_bytes + in_block * GOB_BYTES

    def offset(self, x: int, y: int, z: int = 0) -> int:
        """Offset of one byte."""
        column, line = np.array([x % GOB_WIDTH]), np.array([y % GOB_HEIGHT])
        inside = int(_across(column)[0] + _down(line)[0])
        return self.line_start(y, z) + x // GOB_WIDTH * self.block_bytes + inside


class Band(NamedTuple):
    """Lines of a rectangle that lie in one row of GOBs.

    Attributes:
        gobs: offset of each GOB that they touch, in order.
        first, lines: which lines of the rectangle they are.
        inside: for each byte of these lines, where it is in the touched GOBs put one after the other.
    """

    gobs: Indices
    first: int
    lines: int
    inside: Indices


def bands(surface: BlockLinear, x: int, y: int, layer: int, width_bytes: int, lines: int) -> Iterator[Band]:
    """A rectangle of one layer, one row of GOBs at a time."""
    first_gob = x // GOB_WIDTH
    gob_count = (x + width_bytes - 1) // GOB_WIDTH - first_gob + 1
    columns = np.arange(x, x + width_bytes, dtype=np.int64)
    along = (columns // GOB_WIDTH - first_gob) * GOB_BYTES + _across(columns % GOB_WIDTH)
    gobs_of_line = (first_gob + np.arange(gob_count, dtype=np.int64)) * surface.block_bytes
    line = y
    while line < y + lines:
        end = min(y + lines, (line // GOB_HEIGHT + 1) * GOB_HEIGHT)
        rows = np.arange(line, end, dtype=np.int64) % GOB_HEIGHT
        inside = _down(rows)[:, None] + along[None, :]
        yield Band(surface.line_start(line, layer) + gobs_of_line, line - y, end - line, inside)
        line = end


def stretches(gobs: Indices) -> Iterator[tuple[int, int]]:
    """(offset, bytes) of GOBs that follow each other."""
    breaks = np.flatnonzero(np.diff(gobs) != GOB_BYTES) + 1
    for run in np.split(gobs, breaks):
        yield int(run[0]), len(run) * GOB_BYTES


class Remap(NamedTuple):
    """How components of source elements become components of destination elements.

    Attributes:
        size: bytes of a component, 1 to 4.
        inputs, outputs: components of an element.
        chosen: for each output, 0 to 3 for a component of the source, 4 and 5 for the constants, 6 for none.
        constants: the two.
    """

    size: int
    inputs: int
    outputs: int
    chosen: tuple[int, ...]
    constants: tuple[int, int]

    @property
    def input_bytes(self) -> int:
        """Bytes of a source element."""
        return self.size * self.inputs

    @property
    def output_bytes(self) -> int:
        """Bytes of a destination element."""
        return self.size * self.outputs

    @property
    def reads(self) -> bool:
        """Whether anything is taken from the source."""
        return any(which < CONSTANT_A for which in self.chosen)

    @property
    def keeps(self) -> bool:
        """Whether parts of the destination stay as they are."""
        return NO_WRITE in self.chosen

    @property
    def pattern(self) -> bytes:
        """The element that is written over and over, if neither `reads` nor `keeps`."""
        return b"".join(self._constant(which) for which in self.chosen)

    def _constant(self, which: int) -> bytes:
        return self.constants[which - CONSTANT_A].to_bytes(4, "little")[: self.size]

    def apply(self, source: Bytes | None, target: Bytes) -> None:
        """Turn elements of the source into elements of the target, in place, where they are written.

        Args:
            source: bytes of lines of elements; None where nothing is read.
            target: bytes of as many lines of as many elements.
        """
        outputs = target.reshape(*target.shape[:-1], -1, self.outputs, self.size)
        inputs = (
            source.reshape(*source.shape[:-1], -1, self.inputs, self.size) if source is not None else None
        )
        for place, which in enumerate(self.chosen):
            if which == NO_WRITE:
                continue
            if which >= CONSTANT_A:
                outputs[..., place, :] = np.frombuffer(self._constant(which), np.uint8)
            elif inputs is not None:
                outputs[..., place, :] = inputs[..., which, :]


CONSTANT_A, CONSTANT_B, NO_WRITE = 4, 5, 6
