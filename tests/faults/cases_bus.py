"""Rows 7, 8, 10 and 17: GPUs that leave the bus, refused reads, devices used too late, and resets."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterable
from typing import Any

import barewire as bw
import numpy as np
from barewire.errors import (
    BarewireError,
    BootError,
    DeviceLost,
    ForkedChild,
    Freed,
    PriError,
    ResetRequired,
    TransportError,
)
from barewire.guard import PRI_CODES
from barewire.regs.board import load_board
from fault_case import Attempt, Case, one
from fault_world import World

LOST_WITHIN_S = 0.1
TABLE = load_board("gh100")
KIB, MIB = 1 << 10, 1 << 20


# ---- row 7: the moment counts from which on the GPU is gone


def _after_the_loss(world: World, bus: Any, use: Any) -> None:
    """Take the GPU off the bus, use it, and let the error count from the loss."""
    bus.disconnect()
    start = time.monotonic()
    try:
        use()
    finally:
        world.measured_s = time.monotonic() - start


def _nothing_is_written_afterwards(world: World, error: BarewireError) -> None:
    """Whatever is closed after the error, no register of the GPU is written any more."""
    bus = world.faulty
    assert bus.gone
    before = bus.after["write"]
    world.put_away()
    assert bus.after["write"] == before


def _at_config(world: World) -> Iterable[Attempt]:
    """Gone before anything was read."""
    bus = world.bus(leaves_at=0)
    yield lambda: world.open(bus)


def _at_registers(world: World) -> Iterable[Attempt]:
    """Gone at a read of BAR0, in the middle of a boot."""
    probe = world.bus()
    world.open(probe).close()
    for share in (0.1, 0.3, 0.5, 0.7):
        bus = world.bus(leaves_at=int(len(probe.accesses) * share))

        def attempt(bus: Any = bus) -> None:
            try:
                world.open(bus)
            finally:
                world.measured_s = time.monotonic() - bus.left_at

        yield attempt
        world.put_away()


def _at_video_memory(world: World) -> Iterable[Attempt]:
    """Gone while arrays are read and written through the window on video memory."""
    dev = world.open()
    array = dev.array(np.arange(100))
    yield lambda: _after_the_loss(world, dev.bus, array.numpy)


def _in_a_wait(world: World) -> Iterable[Attempt]:
    """Gone while the CPU waits for work that does not end."""
    dev = world.open()
    words = dev.pinned(64, np.uint32)
    words.view[:] = 0
    channel = dev.channel(engine="copy")
    waiting = channel.submit(channel.pushbuffer().acquire(words.gpu_va, 1))
    gone_at: list[float] = []

    def leave() -> None:
        gone_at.append(time.monotonic())
        dev.bus.disconnect()

    def attempt() -> None:
        timer = threading.Timer(0.05, leave)
        timer.start()
        try:
            waiting.wait(timeout_s=5.0)
        finally:
            timer.join()
            world.measured_s = time.monotonic() - gone_at[0]

    yield attempt


def _in_an_upload(world: World) -> Iterable[Attempt]:
    """Gone in the middle of an upload of 256 MiB."""
    dev = world.open()
    data = np.zeros(64 * MIB, np.uint32)
    gone_at: list[float] = []

    def leave() -> None:
        gone_at.append(time.monotonic())
        dev.bus.disconnect()

    def attempt() -> None:
        timer = threading.Timer(0.02, leave)
        timer.start()
        try:
            while True:
                dev.array(data).free()
        finally:
            timer.join()
            world.measured_s = time.monotonic() - gone_at[0]

    yield attempt


def _lost_cases() -> Iterable[Case]:
    places = {
        "config": (_at_config, "gone before the configuration space is first read"),
        "BAR0": (_at_registers, "gone at four accesses in the middle of a boot"),
        "BAR1": (_at_video_memory, "gone before an array is read through the window on video memory"),
        "mid-poll": (_in_a_wait, "gone while the CPU waits for a semaphore"),
        "mid-upload": (_in_an_upload, "gone in the middle of an upload of 256 MiB"),
    }
    for place, (attempts, how) in places.items():
        yield Case(
            7,
            place,
            how,
            attempts,
            (DeviceLost,),
            within_s=LOST_WITHIN_S,
            check=_nothing_is_written_afterwards if attempts in (_at_config, _at_registers) else None,
        )


# ---- row 8

PROBED = "NV_USABLE_FB_SIZE_IN_MB"  # read before anything is written
WAITED_FOR = "NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE"  # written, then read until it says that it is done


def _refused_read(code: int) -> Any:
    def attempt(world: World) -> None:
        world.open(world.bus(stuck={TABLE.register(PROBED).offset_of(): code}))

    return attempt


def _refused_write(world: World) -> None:
    offset = TABLE.register(WAITED_FOR).offset_of()
    world.open(world.bus(stuck_once_written={offset: 0xBADF1100}))


def _code_is(name: str, register: str) -> Any:
    def check(world: World, error: BarewireError) -> None:
        assert error.code == name
        assert error.offset == TABLE.register(register).offset_of()  # the register has several names
        assert error.hint

    return check


def _pri_cases() -> Iterable[Case]:
    for code in PRI_CODES:
        yield Case(
            8,
            f"read gives {code.code:#010x}",
            f"{PROBED} reads as {code.name}",
            one(_refused_read(code.code)),
            (PriError,),
            within_s=0.5,
            facts=("register", "offset", "value", "code"),
            check=_code_is(code.name, PROBED),
        )
    yield Case(
        8,
        "after a write",
        f"{WAITED_FOR} reads as DECODE_ERROR once it was written",
        one(_refused_write),
        (PriError,),
        limit_s=1.0,
        facts=("register", "offset", "value", "code"),
        check=_code_is("DECODE_ERROR", WAITED_FOR),
    )


# ---- row 10


def _unbound(world: World) -> Iterable[Attempt]:
    """The GPU goes while NumPy has views of its memory: they stay memory, and calls are errors."""
    dev = world.open()
    memory = dev.rm.video_memory(64 * KIB)
    mapping = memory.map_cpu()
    view = np.frombuffer(mapping.view, np.uint8)
    array = dev.array(np.arange(10))
    dev.bus.disconnect()
    view[:] = 1

    yield array.numpy
    with contextlib.suppress(BarewireError):
        dev.close()
    assert int(view.sum()) >= 0  # still memory of this process
    yield lambda: dev.array([1])


def _used_after_close(world: World) -> Iterable[Attempt]:
    dev = world.open()
    array, channel = dev.array(np.arange(10)), dev.channel(engine="copy")
    pinned = dev.pinned(10, np.uint32)
    dev.close()

    def wait() -> None:
        channel.roundtrip()

    yield from (array.numpy, lambda: dev.zeros(4), wait, dev.synchronize, lambda: dev.load(b"\x7fELF"))
    assert pinned.view.size == 10


def _in_a_forked_child(world: World) -> Iterable[Attempt]:
    """The child says over a pipe what it met."""
    dev = world.open()
    array = dev.array(np.arange(10))
    for number, use in enumerate((array.numpy, lambda: dev.zeros(4), lambda: dev.channel(engine="copy"))):

        def attempt(use: Any = use, number: int = number) -> None:
            readable, writable = os.pipe()
            child = os.fork()
            if child == 0:  # pragma: no cover - the child
                try:
                    use()
                    os.write(writable, b"nothing")
                except BaseException as error:
                    os.write(writable, type(error).__name__.encode())
                os._exit(0)
            os.close(writable)
            assert os.waitpid(child, 0)[1] == 0, "the child crashed"
            said = os.read(readable, 100).decode()
            os.close(readable)
            raise getattr(bw.errors, said, AssertionError)(f"said by the child, use {number}")

        yield attempt
    np.testing.assert_array_equal(array.numpy(), np.arange(10))


# ---- row 17


def _never_returns(world: World) -> None:
    world.abandon()
    world.open(world.bus(back_after_s=1e9))


def _returns_late(world: World) -> None:
    world.abandon()
    world.open(world.bus(back_after_s=0.3)).close()


def _loses_its_configuration(world: World) -> None:
    """After the reset the addresses of the BARs and the command word are those that a reset leaves."""
    world.abandon()
    bus = world.bus()
    dev = world.open(bus)
    try:
        assert bus.resets == 1
        np.testing.assert_array_equal(dev.array(np.arange(10)).numpy(), np.arange(10))
    finally:
        dev.close()


def _cannot_be_reset(world: World) -> None:
    world.abandon()
    world.open(world.bus(no_reset="functions of the same slot belong to others"))


CASES = (
    *_lost_cases(),
    *_pri_cases(),
    Case(
        10,
        "unbind",
        "the GPU goes while NumPy has views of its memory",
        _unbound,
        (DeviceLost, Freed),
        within_s=0.5,
    ),
    Case(
        10,
        "use after close",
        "five uses of what a closed device made",
        _used_after_close,
        (Freed,),
        within_s=0.5,
    ),
    Case(
        10,
        "forked child",
        "three uses in a forked child",
        _in_a_forked_child,
        (ForkedChild,),
        within_s=1.0,
    ),
    Case(
        17,
        "never returns",
        "after the reset the vendor id reads as 0xffff (0001 as during a configuration retry) for ever",
        one(_never_returns),
        (ResetRequired, BootError, TransportError, DeviceLost),
        limit_s=2.0,
    ),
    Case(17, "returns late", "after the reset it answers 0.3 s later", one(_returns_late), limit_s=1.0),
    Case(
        17,
        "config lost",
        "the reset clears the BARs' addresses and the command word: both are put back",
        one(_loses_its_configuration),
        limit_s=1.0,
    ),
    Case(
        17,
        "siblings not owned",
        "the bus refuses the reset that a card needs whose last owner died",
        one(_cannot_be_reset),
        (ResetRequired,),
        limit_s=1.0,
        text=("reset", "power"),
    ),
)
