"""Copies of data that comes with the pushbuffer (LAUNCH_DMA, LOAD_INLINE_DATA), of compute and of A140.

Facts: open-gpu-doc:classes/compute/clcbc0.h, classes/memory-to-memory/cla140.h.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from barewire.softgpu.copy_layout import BlockLinear
from barewire.softgpu.gr import releases
from barewire.softgpu.methods import Bits, bits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from barewire.softgpu.channel import Channel
    from barewire.softgpu.channel_memory import VirtualMemory
    from barewire.softgpu.chip import SoftGpu
    from barewire.softgpu.sanitizer.operation import Operation

_LAUNCH = bits(0xCBC0, "LAUNCH_DMA")
_BLOCK = bits(0xCBC0, "SET_DST_BLOCK_SIZE")
_RELEASE_SEMAPHORE = 2
_PITCH = 1
WORD_BYTES = 4
_GOB_RUN_BYTES = 16


def write(memory: VirtualMemory, gpu_va: int, data: bytes) -> None:
    """Write bytes of an address space.

    Raises:
        Refused: part of them cannot be reached; those before it are written.
    """
    done = 0
    for at, size in memory.pieces(gpu_va, len(data), True):
        if at:
            ctypes.memmove(at, data[done : done + size], size)
        done += size


class InlineCopy:
    """One copy whose data comes word by word.

    Args:
        gpu: whose sanitizer hears of it.
        channel: whose memory it goes to.
        get: the data of a method by name, as they are at the launch.
        word: of LAUNCH_DMA.
    """

    def __init__(self, gpu: SoftGpu, channel: Channel, get: Callable[[str], int], word: int) -> None:
        self._gpu = gpu
        self._channel = channel
        self._word = word
        self._line_bytes = get("LINE_LENGTH_IN")
        self._lines = get("LINE_COUNT")
        self._gpu_va = get("OFFSET_OUT_UPPER") << 32 | get("OFFSET_OUT")
        self._pitch = get("PITCH_OUT")
        self._origin = get("SET_DST_ORIGIN_BYTES_X"), get("SET_DST_ORIGIN_SAMPLES_Y")
        self._layer = get("SET_DST_LAYER")
        block = get("SET_DST_BLOCK_SIZE")
        self._surface = BlockLinear(
            get("SET_DST_WIDTH"),
            get("SET_DST_HEIGHT"),
            get("SET_DST_DEPTH"),
            _BLOCK["HEIGHT"].of(block),
            _BLOCK["DEPTH"].of(block),
        )
        self._semaphore = get("SET_I2M_SEMAPHORE_A") << 32 | get("SET_I2M_SEMAPHORE_B")
        self._payload = get("SET_I2M_SEMAPHORE_C")
        self._data = bytearray()
        self._wanted = -(-self._line_bytes // WORD_BYTES) * WORD_BYTES * self._lines

    @property
    def complete(self) -> bool:
        """Whether all its data came."""
        return len(self._data) >= self._wanted

    @property
    def interrupts(self) -> bool:
        """Whether it ends with an interrupt."""
        return bool(self._field(_LAUNCH["INTERRUPT_TYPE"]))

    def add(self, word: int) -> None:
        """The next word; a line begins with a word of its own."""
        self._data += word.to_bytes(WORD_BYTES, "little")

    def perform(self) -> None:
        """Write it, and release its semaphore.

        Raises:
            Refused: memory cannot be reached.
        """
        step = -(-self._line_bytes // WORD_BYTES) * WORD_BYTES
        operation = self._begin()
        try:
            for line in range(self._lines if step else 0):  # lines of nothing are nothing, however many
                part = self._data[line * step : line * step + self._line_bytes]
                for gpu_va, piece in self._places(line, part):
                    self._tell(operation, gpu_va, len(piece))
                    write(self._channel.memory, gpu_va, piece)
        finally:
            if operation is not None and self._gpu.sanitizer is not None:
                self._gpu.sanitizer.ended(operation)
        self._release()

    def _places(self, line: int, data: bytearray) -> list[tuple[int, bytes]]:
        """Where the bytes of a line go."""
        if self._field(_LAUNCH["DST_MEMORY_LAYOUT"]) == _PITCH:
            return [(self._gpu_va + line * self._pitch, bytes(data))]
        x, y = self._origin
        return list(self._blocks(x, y + line, bytes(data)))

    def _blocks(self, x: int, line: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """(GPU address, bytes) of a line of blocks: so many bytes of a GOB follow each other."""
        done = 0
        while done < len(data):
            size = min(_GOB_RUN_BYTES - (x + done) % _GOB_RUN_BYTES, len(data) - done)
            at = self._surface.offset(x + done, line, self._layer)
            yield self._gpu_va + at, data[done : done + size]
            done += size

    def _begin(self) -> Operation | None:
        sanitizer = self._gpu.sanitizer
        return sanitizer.begin(self._channel, "inline write") if sanitizer is not None else None

    def _tell(self, operation: Operation | None, gpu_va: int, size_bytes: int) -> None:
        """Let the sanitizer know what is about to be written."""
        if operation is None or self._gpu.sanitizer is None:
            return
        for place in self._channel.memory.places(gpu_va, size_bytes, True):
            self._gpu.sanitizer.touched(
                operation, place.aperture, place.address, place.size_bytes, True, gpu_va=place.gpu_va
            )

    def _release(self) -> None:
        if self._field(_LAUNCH["COMPLETION_TYPE"]) != _RELEASE_SEMAPHORE:
            return
        reduces = self._field(_LAUNCH["REDUCTION_ENABLE"])
        releases.release(
            self._channel.memory,
            self._gpu.clock.now_ns(),
            self._semaphore,
            self._payload,
            self._field(_LAUNCH["SEMAPHORE_STRUCT_SIZE"]),
            wide=False,
            reduction=self._field(_LAUNCH["REDUCTION_OP"]) if reduces else None,
            signed=bool(self._field(_LAUNCH["REDUCTION_FORMAT"])),
        )
        self._gpu.fifo.released = True

    def _field(self, field: Bits) -> int:
        return field.of(self._word)
