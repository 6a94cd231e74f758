"""Rows 2, 3 and the lost interrupt of row 6: what channels are fed that they cannot take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from barewire.errors import (
    BarewireError,
    CopyFault,
    FieldRange,
    MethodError,
    MmuFault,
    PushbufferError,
    UnknownClass,
    UnknownMethod,
    UsageError,
)
from fault_case import Case, one
from fault_world import UNMAPPED_VA, World

WAIT_S = 5.0
COMPUTE, COPY = 1, 4  # subchannels
PAGE_MASK = ~0xFFF


def increasing(subchannel: int, method: int, *data: int) -> list[int]:
    """Words that write neighbouring methods (open-gpu-doc:classes/host/clc86f.h, SEC_OP INC_METHOD)."""
    return [1 << 29 | len(data) << 16 | subchannel << 13 | method >> 2, *data]


def submit(world: World, engine: str, words: list[int]) -> None:
    channel = world.dev.channel(engine=engine)
    try:
        channel.submit(channel.pushbuffer().raw(words)).wait(timeout_s=WAIT_S)
    finally:
        channel.close()


# ---- row 2: (words, how) on each engine

RAW = {
    "method": ({"compute": (COMPUTE, 0x0FFC, 1), "copy": (COPY, 0x1FF0, 1)}, "a method that the class lacks"),
    "class": ({"compute": (COMPUTE, 0, 0x1234), "copy": (COPY, 0, 0x1234)}, "a class that nothing has"),
    "subchannel": ({"compute": (6, 0x400, 1), "copy": (6, 0x400, 1)}, "a subchannel without a class"),
    "method data": (
        {"compute": (0, 0x6C, 7), "copy": (COPY, 0x300, 0xFFFFFFFF)},
        "a value that the method does not take",
    ),
}  # fmt: skip
ON_HOST = {
    "method": (lambda channel: channel.pushbuffer().method("NVC8B5_NO_SUCH", 1), (UnknownMethod,)),
    "class": (lambda channel: channel.pushbuffer().bind(0x1234), (UnknownClass, UsageError)),
    "method data": (
        lambda channel: channel.pushbuffer().method("NVC8B5_LAUNCH_DMA", DATA_TRANSFER_TYPE="SOMEHOW"),
        (UsageError, FieldRange),
    ),
}


def _by_name(world: World, ask: Any) -> None:
    channel = world.dev.channel(engine="copy")
    try:
        ask(channel)
    finally:
        channel.close()


def _method_cases() -> Iterable[Case]:
    for what, (by_engine, how) in RAW.items():
        for engine, words in by_engine.items():
            yield Case(
                2,
                f"bad {what}, {engine}",
                f"{how}, as raw words",
                one(lambda world, engine=engine, words=words: submit(world, engine, increasing(*words))),
                (MethodError, PushbufferError, CopyFault),
                facts=("xid", "engine", "queue", "log"),
                afterwards="launches",
            )
    for what, (ask, errors) in ON_HOST.items():
        yield Case(
            2,
            f"bad {what}, by name",
            "the same by NVIDIA's names: refused before anything is submitted",
            one(lambda world, ask=ask: _by_name(world, ask)),
            errors,
            within_s=0.5,
            afterwards="launches",
        )


# ---- row 3

RESERVED_OPERATION = 6 << 29 | 1 << 16 | 1 << 13 | 0x40  # SEC_OP 6 (open-gpu-doc:classes/host/clc86f.h)
ILLEGAL_ENTRY = 1 << 32  # a control entry: no words, operation 1 (NVC86F_GP_ENTRY1_OPCODE_ILLEGAL)
LENGTH_SHIFT = 42  # of a GPFIFO entry: its words
NOP = 0


def _bad_entry(world: World) -> None:
    """An entry that the driver would not write, put into the ring behind its back."""
    from barewire.native._native import lib

    channel = world.dev.channel(engine="copy")
    try:
        lib.bw_submit(channel.ring, ILLEGAL_ENTRY, int(WAIT_S * 1e9))
        channel.wait_value(channel.submitted, WAIT_S)
    finally:
        channel.close()


def _past_the_end(world: World) -> None:
    """An entry of 64 words at the last two words of a mapping."""
    from barewire.native._native import lib

    end_va, view = world.end_of_a_mapping()
    view[:] = NOP
    channel = world.dev.channel(engine="copy")
    try:
        lib.bw_submit(channel.ring, end_va - 8 | 64 << LENGTH_SHIFT, int(WAIT_S * 1e9))
        channel.wait_value(channel.submitted, WAIT_S)
    finally:
        channel.close()


def _unmapped(world: World) -> None:
    channel = world.dev.channel(engine="copy")
    channel.segments.gpu_va = UNMAPPED_VA  # what the GPFIFO entry will say
    try:
        channel.submit(channel.pushbuffer().raw([NOP])).wait(timeout_s=WAIT_S)
    finally:
        channel.close()


def _reserved_operation(world: World) -> None:
    submit(world, "copy", [RESERVED_OPERATION, 0])


def _names_the_address(world: World, error: BarewireError) -> None:
    assert error.gpu_va & PAGE_MASK == UNMAPPED_VA & PAGE_MASK


# ---- row 6


def _lost_interrupts(world: World) -> Any:
    """No interrupt arrives any more; work completes all the same, and a fault is still told."""
    endpoint = world.dev.bus.endpoint
    host = endpoint.host.host
    deliver = host.interrupt
    host.interrupt = lambda vector: None
    try:
        data = np.arange(1000)
        yield lambda: np.testing.assert_array_equal(world.dev.array(data).numpy(), data)
        yield lambda: _is_told(world)
    finally:
        host.interrupt = deliver


def _is_told(world: World) -> None:
    try:
        _unmapped(world)
    except MmuFault:
        return
    raise AssertionError("the fault was not told")


CASES = (
    *_method_cases(),
    Case(
        3,
        "bad entry",
        "a GPFIFO control entry with the operation ILLEGAL",
        one(_bad_entry),
        (PushbufferError, MethodError),
        facts=("xid", "engine", "queue", "log"),
        afterwards="launches",
    ),
    Case(
        3,
        "length past the end",
        "an entry of 64 words, the last two words of whose memory are mapped",
        one(_past_the_end),
        (MmuFault, PushbufferError),
        facts=("xid", "engine", "queue", "gpu_va"),
        afterwards="launches",
    ),
    Case(
        3,
        "unmapped pushbuffer",
        "an entry that points where nothing is mapped",
        one(_unmapped),
        (MmuFault, PushbufferError),
        facts=("xid", "engine", "queue", "gpu_va"),
        check=_names_the_address,
        afterwards="launches",
    ),
    Case(
        3,
        "reserved operation",
        "words whose operation no header has",
        one(_reserved_operation),
        (PushbufferError, MethodError),
        facts=("xid", "engine", "queue", "log"),
        afterwards="launches",
    ),
    Case(
        6,
        "lost interrupt",
        "no interrupt comes any more: the driver waits for none, work ends and a fault is told",
        _lost_interrupts,
        limit_s=1.0,
        afterwards="launches",
    ),
)
