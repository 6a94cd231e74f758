"""Block-linear surfaces by arithmetic, and the methods that copy them: a witness of its own.

A GOB is 64 bytes by 8 lines; a block is one GOB wide and some GOBs high and deep (open-gpu-doc:classes/
dma-copy). The order of the sixteen-byte pieces within a GOB is an H100's: `H100:` four lines of a piece, then
the piece beside it (Fermi had two lines).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

GOB_WIDTH, GOB_HEIGHT = 64, 8
GOB_BYTES = GOB_WIDTH * GOB_HEIGHT
NAMES = {1: "ONE_GOB", 2: "TWO_GOBS", 4: "FOUR_GOBS", 8: "EIGHT_GOBS", 16: "SIXTEEN_GOBS"}


def round_up(value: int, step: int) -> int:
    return -(-value // step) * step


@dataclass(frozen=True)
class BlockLinear:
    """A surface of bytes; block sizes in GOBs."""

    width_bytes: int
    height: int
    block_height: int
    depth: int = 1
    block_depth: int = 1

    def __str__(self) -> str:
        return f"{self.width_bytes}x{self.height}x{self.depth}-blocks-{self.block_height}x{self.block_depth}"

    @property
    def _gobs_wide(self) -> int:
        return round_up(self.width_bytes, GOB_WIDTH) // GOB_WIDTH

    @property
    def size_bytes(self) -> int:
        lines = round_up(self.height, GOB_HEIGHT * self.block_height)
        return self._gobs_wide * GOB_WIDTH * lines * round_up(self.depth, self.block_depth)

    def offsets(self) -> np.ndarray:
        """Where the byte of each (z, y, x) lies."""
        z, y, x = np.ogrid[: self.depth, : self.height, : self.width_bytes]
        inside = (
            (x % 64) // 32 * 256 + (y % 8) // 4 * 128 + (x % 32) // 16 * 64 + y % 4 * 16 + x % 16
        )  # of the GOB
        gob_x, gob_y = x // GOB_WIDTH, y // GOB_HEIGHT
        block_bytes = GOB_BYTES * self.block_height * self.block_depth
        blocks_high = round_up(self.height, GOB_HEIGHT * self.block_height) // (
            GOB_HEIGHT * self.block_height
        )
        block = ((z // self.block_depth) * blocks_high + gob_y // self.block_height) * self._gobs_wide + gob_x
        gob = (z % self.block_depth) * self.block_height + gob_y % self.block_height
        return block * block_bytes + gob * GOB_BYTES + inside

    def blocks_of(self, image: np.ndarray) -> np.ndarray:
        """The surface's bytes for an image of (depth, height, width)."""
        blocks = np.zeros(self.size_bytes, np.uint8)
        blocks[self.offsets()] = image
        return blocks

    def write(self, pushbuffer: Any, pitch_va: int, blocks_va: int, layer: int) -> Any:
        """Copy one layer of a pitch-linear image into the surface."""
        self.plane(pushbuffer, "DST", layer)
        source = pitch_va + layer * self.height * self.width_bytes
        return self._launch(pushbuffer, source, blocks_va, "PITCH", "BLOCKLINEAR")

    def read(self, pushbuffer: Any, blocks_va: int, pitch_va: int, layer: int) -> Any:
        """Copy one layer of the surface into a pitch-linear image."""
        self.plane(pushbuffer, "SRC", layer)
        target = pitch_va + layer * self.height * self.width_bytes
        return self._launch(pushbuffer, blocks_va, target, "BLOCKLINEAR", "PITCH")

    def plane(
        self, pushbuffer: Any, side: str, layer: int, origin: tuple[int, int] = (0, 0), element_bytes: int = 1
    ) -> None:
        """Tell the engine what the surface is like, and where in it the copy begins.

        Args:
            side: "SRC" or "DST".
            origin: column and line, the column in elements.
        """
        prefix = f"NVC8B5_SET_{side}"
        pushbuffer.method(
            f"{prefix}_BLOCK_SIZE", WIDTH="ONE_GOB", HEIGHT=NAMES[self.block_height],
            DEPTH=NAMES[self.block_depth], GOB_HEIGHT="GOB_HEIGHT_FERMI_8",
        )  # fmt: skip
        pushbuffer.method(f"{prefix}_WIDTH", self.width_bytes // element_bytes)
        pushbuffer.method(f"{prefix}_HEIGHT", self.height)
        pushbuffer.method(f"{prefix}_DEPTH", self.depth)
        pushbuffer.method(f"{prefix}_LAYER", layer)
        pushbuffer.method(f"NVC8B5_{side}_ORIGIN_X", origin[0])
        pushbuffer.method(f"NVC8B5_{side}_ORIGIN_Y", origin[1])

    def _launch(self, pushbuffer: Any, source: int, target: int, layout_in: str, layout_out: str) -> Any:
        pushbuffer.method("NVC8B5_OFFSET_IN_UPPER", source >> 32, source & 0xFFFFFFFF)
        pushbuffer.method("NVC8B5_OFFSET_OUT_UPPER", target >> 32, target & 0xFFFFFFFF)
        pushbuffer.method(
            "NVC8B5_PITCH_IN", self.width_bytes, self.width_bytes, self.width_bytes, self.height
        )
        pushbuffer.method(
            "NVC8B5_LAUNCH_DMA", DATA_TRANSFER_TYPE="NON_PIPELINED", SRC_MEMORY_LAYOUT=layout_in,
            DST_MEMORY_LAYOUT=layout_out, MULTI_LINE_ENABLE="TRUE", FLUSH_ENABLE="TRUE",
        )  # fmt: skip
        return pushbuffer
