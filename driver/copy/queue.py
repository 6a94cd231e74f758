"""A queue whose channel has a copy engine."""

from __future__ import annotations

import struct
from typing import Any

from barewire.channel import methods
from barewire.channel.queue import Queue, Submission
from barewire.copy.engine import LONGEST_LINE_BYTES, CopyPushbuffer, launch_value
from barewire.regs import classes

# header, four addresses, header, length, header, semaphore address and payload, header, launch
_SHORT_COPY = struct.Struct("<13I")
_PAYLOAD_INDEX = 10


class CopyQueue(Queue):
    """A queue that copies."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.submit(self.pushbuffer().bind(self.class_ids[1]))
        self._prepare_short_copy()

    def pushbuffer(self) -> CopyPushbuffer:
        """An empty pushbuffer with `copy`, `copy_2d` and `fill`."""
        return CopyPushbuffer(self.class_ids)

    def _prepare_short_copy(self) -> None:
        """The words that are the same in every plain copy; the engine itself releases the timeline."""
        table = classes.load(self.class_ids[1])
        subchannel = methods.SUBCHANNEL["copy"]

        def header(name: str, count: int) -> int:
            return methods.header(methods.INCREMENTING, subchannel, table.method(name).offset, count)

        self._addresses = header("OFFSET_IN_UPPER", 4)
        self._length = header("LINE_LENGTH_IN", 1)
        self._semaphore = (
            header("SET_SEMAPHORE_A", 3),
            self.timeline_va >> 32,
            self.timeline_va & 0xFFFFFFFF,
        )
        launch = launch_value(
            self.class_ids[1],
            DATA_TRANSFER_TYPE="NON_PIPELINED",
            FLUSH_ENABLE="TRUE",
            SEMAPHORE_TYPE="RELEASE_ONE_WORD_SEMAPHORE",
        )
        self._launch = (header("LAUNCH_DMA", 1), launch)

    def copy(self, source: int, destination: int, size_bytes: int) -> Submission:
        """Copy between GPU virtual addresses, after everything this queue was given before."""
        if not 0 < size_bytes <= LONGEST_LINE_BYTES:
            pushbuffer = self.pushbuffer().copy(source=source, destination=destination, size_bytes=size_bytes)
            return self.submit(pushbuffer) if pushbuffer.words else Submission(self, self.submitted)
        words = _SHORT_COPY.pack(
            self._addresses,
            source >> 32,
            source & 0xFFFFFFFF,
            destination >> 32,
            destination & 0xFFFFFFFF,
            self._length,
            size_bytes,
            *self._semaphore,
            0,
            *self._launch,
        )
        return self.push(words, _PAYLOAD_INDEX)
