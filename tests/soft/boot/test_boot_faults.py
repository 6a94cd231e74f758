"""A boot that goes wrong: a typed error that names the step, within its deadline, and the next open works."""

from __future__ import annotations

import contextlib
import os
from typing import Any

import pytest
from barewire.errors import BarewireError, DeviceError, DeviceLost, RpcError, TransportError
from cards import LONGEST_DEADLINE_S, SLACK_S, bus_of, open_card, stopwatch, works
from faulty_bus import FaultyBus


def accesses_of_a_boot(gpu: Any) -> list[tuple[str, int]]:
    bus = FaultyBus(bus_of(gpu))
    open_card(bus).close()
    return bus.accesses


def turning_points(accesses: list[tuple[str, int]]) -> list[int]:
    """The numbers of the accesses that go to another register than the one before."""
    return [
        number
        for number, access in enumerate(accesses)
        if number == 0 or access[1] != accesses[number - 1][1]
    ]


def lose_at(gpu: Any, number: int) -> None:
    """Lose the card at an access: an error says so, or the card was being given back anyway."""
    bus = FaultyBus(bus_of(gpu), leaves_at=number)
    error: BarewireError | None = None
    opened = False
    with stopwatch() as taken:
        try:
            dev = open_card(bus)
            opened = True
            dev.close()
        except BarewireError as raised:
            error = raised

    assert opened or error is not None
    assert error is None or isinstance(error, (DeviceLost, TransportError)), error
    assert error is None or opened or error.facts.get("step") or error.facts.get("register"), error
    assert taken[0] < SLACK_S + LONGEST_DEADLINE_S
    assert bus.after["write"] <= 2 * len(bus.accesses) + 300


def test_a_gpu_that_leaves_the_bus_is_reported_wherever_it_happens(gpu: Any) -> None:
    points = turning_points(accesses_of_a_boot(gpu))
    assert len(points) > 50

    for number in points[:: max(1, len(points) // 30)]:
        lose_at(gpu, number)
    works(gpu)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_a_gpu_that_leaves_the_bus_at_any_access(gpu: Any) -> None:
    for number in range(len(accesses_of_a_boot(gpu))):
        lose_at(gpu, number)
    works(gpu)


# What a register answers that never comes to what the boot waits for.
STUCK = {
    "FSP is never ready": ("NV_THERM_I2CS_SCRATCH_FSP_BOOT_COMPLETE", 0),
    "FSP's queue is never free": ("NV_PFSP_QUEUE_HEAD", 4),
    "GSP stays locked": ("NV_PGSP_FALCON_HWCFG2", 1 << 13),
    "GSP's registers stay closed": ("NV_PGSP_FALCON_HWCFG2", 0xBADF4100),
    "GSP never runs": ("NV_PGSP_RISCV_CPUCTL", 0),
    "a TLB invalidation never ends": ("NV_VIRTUAL_FUNCTION_PRIV_MMU_INVALIDATE", 1 << 31),
    "writes are never flushed": ("NV_XAL_EP_UFLUSH_FB_FLUSH_COMPLETED", 0xFFFF_0000),
    "BAR1 is never bound": ("NV_VIRTUAL_FUNCTION_PRIV_FUNC_BAR1_BLOCK_LOW_ADDR", 3),
}


@pytest.mark.parametrize("name", STUCK)
def test_a_register_that_never_changes_is_a_timeout_that_names_it(
    gpu: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barewire.memory.windows.BIND_TIMEOUT_S", LONGEST_DEADLINE_S)
    register, value = STUCK[name]
    from barewire.regs.board import load_board

    offset = load_board("gh100").register(register).offset_of(*((0,) if register.endswith("HEAD") else ()))
    bus = FaultyBus(bus_of(gpu), stuck={offset: value})
    with stopwatch() as taken, pytest.raises(DeviceError) as raised:
        open_card(bus).close()

    assert register in str(raised.value) or raised.value.facts.get("step"), raised.value
    assert taken[0] < 2 * (SLACK_S + LONGEST_DEADLINE_S)
    works(gpu)


ALWAYS = -1

# Misbehaviour of the firmware while it boots: what is planned, and a word of the error.
BOOT_MISHAPS = {
    "fsp_not_ready": {}, "fsp_silent": {}, "fsp_error": {"status": 7}, "fmc_error": {"status": 9},
    "never_release": {}, "riscv_inactive": {}, "never_init_done": {},
}  # fmt: skip


@pytest.mark.parametrize("action", BOOT_MISHAPS)
def test_firmware_that_fails_to_boot(gpu: Any, action: str) -> None:
    gpu.firmware.mishaps.add(action, times=ALWAYS, **BOOT_MISHAPS[action])
    if action == "fsp_not_ready":
        gpu.reset()
    with stopwatch() as taken, pytest.raises(DeviceError) as raised:
        open_card(bus_of(gpu))

    assert raised.value.facts.get("step"), raised.value
    assert taken[0] < SLACK_S + 2 * LONGEST_DEADLINE_S
    gpu.firmware.mishaps.clear()
    works(gpu)


def calls_of_an_open(gpu: Any) -> list[tuple[int, int | None]]:
    """(function, control) of each kind of call that opening, copying and closing makes."""
    seen: dict[tuple[int, int | None], None] = {}
    handle = gpu.resman.handle

    def note(function: int, payload: bytes) -> Any:
        control = int.from_bytes(payload[8:12], "little") if function == 76 else None
        seen[function, control] = None
        return handle(function, payload)

    gpu.resman.handle = note
    try:
        works(gpu)
    finally:
        gpu.resman.handle = handle
    return list(seen)


COMMAND, BUS_MASTER = 4, 1 << 2  # of the configuration space

HARMLESS = ("delay", "split")
BAD_REPLIES = ("fail", "drop", "checksum", "sequence", "truncate", "crash")
WITHOUT_REPLY = (72, 73)  # system information and registry
FULL = os.environ.get("BAREWIRE_FULL", "") not in ("", "0")
EACH_CALL = 1 if FULL else 3


@pytest.mark.parametrize("action", HARMLESS)
def test_replies_that_are_late_or_in_pieces_are_taken(gpu: Any, action: str) -> None:
    for function, control in calls_of_an_open(gpu):
        if function in WITHOUT_REPLY:
            continue
        gpu.firmware.mishaps.add(action, function=function, control=control, seconds=0.02)
    works(gpu)


def some_of(calls: list[tuple[int, int | None]], action: str) -> list[tuple[int, int | None]]:
    """Calls that have replies: one in EACH_CALL, others for each way to go wrong."""
    answered = [call for call in calls if call[0] not in WITHOUT_REPLY]
    return answered[BAD_REPLIES.index(action) % EACH_CALL :: EACH_CALL]


@pytest.mark.timeout(600 if FULL else 120)
@pytest.mark.parametrize("action", BAD_REPLIES)
def test_a_call_that_fails_is_a_typed_error_and_the_next_open_works(
    gpu: Any, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("barewire.gsp.rpc.PIECE_TIMEOUT_S", LONGEST_DEADLINE_S)
    from contextlib import closing

    import numpy as np

    for function, control in some_of(calls_of_an_open(gpu), action):
        gpu.firmware.mishaps.clear()
        gpu.firmware.mishaps.add(action, function=function, control=control, status=0x56)
        error: BarewireError | None = None
        with stopwatch() as taken:
            try:
                with closing(open_card(bus_of(gpu))) as dev:
                    dev.array(np.arange(10)).numpy()
            except BarewireError as raised:
                error = raised
        happened = not gpu.firmware.mishaps.planned
        assert taken[0] < 4 * (SLACK_S + LONGEST_DEADLINE_S), (function, control)
        if happened and error is not None:
            assert isinstance(error, (DeviceError, RpcError, TransportError)), (function, control, error)
        gpu.firmware.mishaps.clear()
        works(gpu)


def test_a_gsp_that_never_stops_does_not_hold_up_the_end(gpu: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from barewire.gsp import running
    from barewire.regs.board import load_board

    monkeypatch.setattr(running.Gsp.unload, "__defaults__", (LONGEST_DEADLINE_S,))
    bus = FaultyBus(bus_of(gpu))
    dev = open_card(bus)
    bus.stuck[load_board("gh100").register("NV_PGSP_RISCV_CPUCTL").offset_of()] = 0x80  # active, not halted
    with stopwatch() as taken, contextlib.suppress(DeviceError):
        dev.close()

    assert taken[0] < SLACK_S + 2 * LONGEST_DEADLINE_S
    assert dev.closed
    works(gpu)


def test_a_gpu_that_may_not_reach_memory_is_an_error_of_the_boot(gpu: Any) -> None:
    bus = FaultyBus(bus_of(gpu))
    write = bus.config.write

    def without_mastering(offset: int, size_bytes: int, value: int) -> None:
        write(offset, size_bytes, value & ~BUS_MASTER if offset == COMMAND else value)

    bus.config.write = without_mastering  # type: ignore[method-assign]
    without_mastering(COMMAND, 2, bus.config.read(COMMAND, 2))
    with pytest.raises(BarewireError) as raised:
        open_card(bus)

    assert raised.value.facts.get("step"), raised.value
    works(gpu)
