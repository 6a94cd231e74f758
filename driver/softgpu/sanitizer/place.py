"""A place in the driver's stream: the channel, the entry of its ring, the word of its pushbuffer."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where something happened.

    Attributes:
        token: of the channel: runlist << 16 | chid.
        entry: index of the GP entry in the ring.
        pushbuffer_va: of the word.
        method: NVIDIA's name of the method, or "".
        kernel_va: of the program, if a grid did it; 0 else.
        pc: of the instruction, if a grid did it; 0 else.
    """

    token: int
    entry: int
    pushbuffer_va: int
    method: str
    kernel_va: int = 0
    pc: int = 0

    def __str__(self) -> str:
        where = f"channel {self.token:#x}, GP entry {self.entry}, word at {self.pushbuffer_va:#x}"
        method = f", {self.method}" if self.method else ""
        instruction = f", instruction at {self.pc:#x}" if self.pc else ""
        return where + method + instruction
