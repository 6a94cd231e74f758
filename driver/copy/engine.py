"""Copies and fills as copy-engine methods.

Facts: `open-gpu-doc:classes/dma-copy/clc8b5.h`; the order of methods as NVIDIA's driver writes it on an
    H100 (`H100:`).
"""

from __future__ import annotations

from barewire.channel.pushbuffer import Pushbuffer
from barewire.errors import UsageError
from barewire.regs import classes

# LINE_LENGTH_IN is 32 bits; a longer copy becomes several.
LONGEST_LINE_BYTES = 1 << 31
LARGEST_COPY_BYTES = 1 << 40  # all that channels reach: GPFIFO entries hold 40 address bits
LARGEST_DIMENSION = 1 << 31
LARGEST_FILL_COUNT = 1 << 29

_COMPONENT_SIZE = {1: "ONE", 2: "TWO", 4: "FOUR"}


def launch_value(class_id: int, **fields: int | str) -> int:
    """The word for LAUNCH_DMA between pitch-linear memory."""
    launch = classes.load(class_id).method("LAUNCH_DMA")
    return launch.encode(SRC_MEMORY_LAYOUT="PITCH", DST_MEMORY_LAYOUT="PITCH", **fields)


class CopyPushbuffer(Pushbuffer):
    """A pushbuffer of a channel with a copy engine; its second class is the engine's."""

    @property
    def _prefix(self) -> str:
        return f"NV{self.class_ids[1]:04X}"

    def _addresses(self, source: int, destination: int) -> None:
        self.method(
            f"{self._prefix}_OFFSET_IN_UPPER",
            source >> 32,
            source & 0xFFFFFFFF,
            destination >> 32,
            destination & 0xFFFFFFFF,
        )

    def copy(self, *, source: int, destination: int, size_bytes: int) -> CopyPushbuffer:
        """Copy between GPU virtual addresses, at any alignment.

        Raises:
            UsageError: a size that is negative, or larger than an address space.
        """
        _expect_whole(source, destination, size_bytes)
        if not 0 <= size_bytes <= LARGEST_COPY_BYTES:
            raise UsageError(
                f"cannot copy {size_bytes} bytes",
                expected=f"0 to {LARGEST_COPY_BYTES:#x}",
                size_bytes=size_bytes,
            )
        launch = launch_value(self.class_ids[1], DATA_TRANSFER_TYPE="NON_PIPELINED")
        for done in range(0, size_bytes, LONGEST_LINE_BYTES):
            self._addresses(source + done, destination + done)
            self.method(f"{self._prefix}_LINE_LENGTH_IN", min(size_bytes - done, LONGEST_LINE_BYTES))
            self.method(f"{self._prefix}_LAUNCH_DMA", launch)
        return self

    def copy_2d(
        self,
        *,
        source: int,
        destination: int,
        width_bytes: int,
        height: int,
        source_pitch_bytes: int,
        destination_pitch_bytes: int,
    ) -> CopyPushbuffer:
        """Copy `height` lines of `width_bytes`, each a pitch after the one before.

        Raises:
            UsageError: a size is negative or too large, or lines of the destination overlap.
        """
        if min(width_bytes, height) < 0 or max(width_bytes, height) >= LARGEST_DIMENSION:
            raise UsageError(f"cannot copy {height} lines of {width_bytes} bytes")
        if height > 1 and destination_pitch_bytes < width_bytes:
            raise UsageError(f"lines of {width_bytes} bytes overlap at a pitch of {destination_pitch_bytes}")
        if not width_bytes or not height:
            return self
        self._addresses(source, destination)
        self.method(
            f"{self._prefix}_PITCH_IN", source_pitch_bytes, destination_pitch_bytes, width_bytes, height
        )
        launch = launch_value(self.class_ids[1], DATA_TRANSFER_TYPE="NON_PIPELINED", MULTI_LINE_ENABLE="TRUE")
        self.method(f"{self._prefix}_LAUNCH_DMA", launch)
        return self

    def fill(self, *, destination: int, value: int, element_bytes: int, count: int) -> CopyPushbuffer:
        """Fill `count` elements of 1, 2 or 4 bytes with the bits of `value`.

        Raises:
            UsageError: another element size, a value that does not fit it, or more than an address space.
        """
        _expect_whole(destination, value, count)
        fits = element_bytes in _COMPONENT_SIZE and 0 <= value < 1 << 8 * element_bytes
        if not fits or not 0 <= count * element_bytes <= LARGEST_COPY_BYTES:
            raise UsageError(
                f"cannot fill {count} elements of {element_bytes} bytes with {value!r}",
                expected="1, 2 or 4 bytes",
            )
        components = classes.load(self.class_ids[1]).method("SET_REMAP_COMPONENTS")
        self.method(f"{self._prefix}_SET_REMAP_CONST_A", value)
        self.method(
            f"{self._prefix}_SET_REMAP_COMPONENTS",
            components.encode(
                DST_X="CONST_A",
                COMPONENT_SIZE=_COMPONENT_SIZE[element_bytes],
                NUM_SRC_COMPONENTS="ONE",
                NUM_DST_COMPONENTS="ONE",
            ),
        )
        launch = launch_value(self.class_ids[1], DATA_TRANSFER_TYPE="NON_PIPELINED", REMAP_ENABLE="TRUE")
        for done in range(0, count, LARGEST_FILL_COUNT):
            address = destination + done * element_bytes
            self.method(f"{self._prefix}_OFFSET_OUT_UPPER", address >> 32, address & 0xFFFFFFFF)
            self.method(f"{self._prefix}_LINE_LENGTH_IN", min(count - done, LARGEST_FILL_COUNT))
            self.method(f"{self._prefix}_LAUNCH_DMA", launch)
        return self


def _expect_whole(first: int, second: int, third: int) -> None:
    try:
        first | second | third  # what has bits is a whole number
    except TypeError:
        raise UsageError(
            f"an address or a size is none: {first!r}, {second!r}, {third!r}", expected="whole numbers"
        ) from None
