"""FSP's mailbox: a memory of 1 KiB behind a port (EMEM), and two pairs of pointers that say what lies in it.

A message is written through the port, then the queue's tail, then its head; writing the head tells FSP. The
queue is free when head and tail are equal. Its answers come the same way round.

Facts: OGKM:kern_fsp_gh100.c; nouveau:nvkm/subdev/fsp/gh100.c; seen word for word in a trace of nouveau.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from barewire.errors import BootError
from barewire.poll import poll
from barewire.regs.registers import Reading, RegisterFile

CHANNEL_BYTES = 1024
SEND_TIMEOUT_S = 1.0
RECEIVE_TIMEOUT_S = 5.0  # other drivers allow 1 to 2 s

_PORT_OFFSET = 0xFFFC  # EMEMC: the offset's bits, in words of 4 bytes


class Pointers(NamedTuple):
    """Head and tail of a queue; equal when nothing is in it."""

    head: Reading
    tail: Reading


def _is_empty(pointers: Pointers) -> bool:
    return pointers.head == pointers.tail


def _has_message(pointers: Pointers) -> bool:
    return pointers.head != pointers.tail


class FspChannel:
    """Channel 0, the one that drivers use.

    Args:
        registers: of the GPU.
    """

    def __init__(self, registers: RegisterFile) -> None:
        self._registers = registers

    def send(self, message: bytes, timeout_s: float = SEND_TIMEOUT_S) -> None:
        """Hand FSP a message, whole words, of up to 1 KiB.

        Raises:
            PollTimeout: FSP has not taken the last one.
            BootError: the message does not fit, or the port did not take it.
        """
        if len(message) % 4 or not 4 <= len(message) <= CHANNEL_BYTES:
            raise BootError(
                "the message does not fit FSP's mailbox",
                size_bytes=len(message),
                expected=f"whole words of up to {CHANNEL_BYTES} bytes",
            )
        self._wait_until_taken(timeout_s)
        self._drop_old_answers()
        self._registers.write("NV_PFSP_EMEMC(0)", aincw=1)
        for (word,) in struct.iter_unpack("<I", message):
            self._registers.write("NV_PFSP_EMEMD(0)", word)
        self._check_port(len(message))
        self._registers.write("NV_PFSP_QUEUE_TAIL(0)", len(message) - 4)
        self._registers.write("NV_PFSP_QUEUE_HEAD(0)", 0)

    def receive(self, timeout_s: float = RECEIVE_TIMEOUT_S) -> bytes:
        """Wait for FSP's message and take it.

        Raises:
            PollTimeout: none came.
            BootError: its pointers make no sense, or the port did not give it.
        """
        answer = poll(
            self._answers,
            _has_message,
            timeout_s=timeout_s,
            why="FSP has not answered",
            register="NV_PFSP_MSGQ_HEAD(0)",
            expected="a head unlike its tail",
        )
        head, tail = int(answer.head), int(answer.tail)
        size_bytes = tail - head + 4
        if head % 4 or size_bytes % 4 or size_bytes <= 0 or tail + 4 > CHANNEL_BYTES:
            raise BootError(
                "the pointers of FSP's answer make no sense",
                register="NV_PFSP_MSGQ_HEAD(0)",
                value=head,
                tail=f"{tail:#x}",
                expected=f"words within {CHANNEL_BYTES} bytes",
            )
        self._registers.write("NV_PFSP_EMEMC(0)", head, aincr=1)
        words = [int(self._registers.read("NV_PFSP_EMEMD", 0)) for _ in range(size_bytes // 4)]
        self._check_port(head + size_bytes)
        self._registers.write("NV_PFSP_MSGQ_TAIL(0)", head)
        self._registers.write("NV_PFSP_MSGQ_HEAD(0)", head)
        return struct.pack(f"<{len(words)}I", *words)

    def _wait_until_taken(self, timeout_s: float) -> None:
        poll(
            self._commands,
            _is_empty,
            timeout_s=timeout_s,
            why="FSP has not taken the last message",
            hint="FSP may be stuck: reset the GPU and try again.",
            register="NV_PFSP_QUEUE_HEAD(0)",
            expected="a head like its tail",
        )

    def _commands(self) -> Pointers:
        read = self._registers.read
        return Pointers(read("NV_PFSP_QUEUE_HEAD", 0), read("NV_PFSP_QUEUE_TAIL", 0))

    def _answers(self) -> Pointers:
        read = self._registers.read
        return Pointers(read("NV_PFSP_MSGQ_HEAD", 0), read("NV_PFSP_MSGQ_TAIL", 0))

    def _drop_old_answers(self) -> None:
        """An answer that nobody took, of somebody before us, is not the answer to our message."""
        head, tail = self._answers()
        if head != tail:
            self._registers.write("NV_PFSP_MSGQ_TAIL(0)", int(head))
            self._registers.write("NV_PFSP_MSGQ_HEAD(0)", int(head))

    def _check_port(self, expected: int) -> None:
        """The port counts what went through it; a count that is off means that words were lost."""
        port = self._registers.read("NV_PFSP_EMEMC", 0)
        if int(port) & _PORT_OFFSET != expected & _PORT_OFFSET:
            raise BootError(
                "FSP's mailbox did not take or give all words",
                register=port.label,
                offset=port.offset,
                value=int(port),
                expected=f"offset {expected:#x}",
            )
