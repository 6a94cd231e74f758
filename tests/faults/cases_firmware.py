"""Rows 15 and 16: an FSP and a GSP that are ill, and GPUs whose state does not allow a boot."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from barewire.errors import (
    BarewireError,
    BootError,
    DeviceError,
    PollTimeout,
    ResetRequired,
    RpcError,
    RpcTimeout,
)
from barewire.gsp.boot import BootTimeouts
from barewire.regs.board import load_board
from fault_case import Attempt, Case, one
from fault_world import World

from tests.soft.boot.cards import LONGEST_DEADLINE_S, SHORT

TABLE = load_board("gh100")
CONTROL, ALLOC = 76, 103  # GSP_RM_CONTROL and GSP_RM_ALLOC
ALWAYS = -1
NV_ERR_GENERIC_FAILURE = 0x56
IMPATIENT = BootTimeouts(call_s=0.8)


# ---- row 15


def _ill(action: str, **what: Any) -> Any:
    """Each of two calls of a running GSP goes wrong: an allocation and a control."""

    def attempts(world: World) -> Iterable[Attempt]:
        for function in (ALLOC, CONTROL):
            with contextlib.closing(world.open(timeouts=IMPATIENT)) as dev:
                world.card.firmware.mishaps.add(action, function=function, **what)
                yield lambda dev=dev: dev.channel(engine="copy").close()
                world.card.firmware.mishaps.clear()
                np.testing.assert_array_equal(dev.array(np.arange(100)).numpy(), np.arange(100))

    return attempts


def _names_the_call(world: World, error: BarewireError) -> None:
    assert error.function in ("GSP_RM_ALLOC", "GSP_RM_CONTROL")


def _boot_mishap(action: str, **what: Any) -> Any:
    def attempt(world: World) -> None:
        world.card.firmware.mishaps.add(action, times=ALWAYS, **what)
        world.open(timeouts=SHORT)

    return one(attempt)


def _call_case(
    name: str, how: str, action: str, errors: tuple[type[BaseException], ...], **what: Any
) -> Case:
    return Case(
        15,
        name,
        how,
        _ill(action, **what),
        errors,
        limit_s=IMPATIENT.call_s,
        facts=("function",) if errors else (),
        check=_names_the_call if errors else None,
    )


# ---- row 16


def _used_card(world: World) -> None:
    """A card whose owner died, and which cannot be reset."""
    world.abandon()
    world.open(world.bus(no_reset="it is asked not to be"))


def _never_scrubbed(world: World) -> None:
    """Video memory that nobody has made usable."""
    world.open(world.bus(stuck={TABLE.register("NV_USABLE_FB_SIZE_IN_MB").offset_of(): 0}))


CASES = (
    _call_case("no reply", "GSP drops a call", "drop", (RpcTimeout,)),
    _call_case("bad checksum", "the reply's checksum is wrong", "checksum", (RpcError,)),
    _call_case("wrong sequence", "the reply's number is another", "sequence", (RpcError,)),
    _call_case("split", "the reply comes in pieces, which is allowed", "split", ()),
    _call_case("truncated", "the reply is shorter than it says", "truncate", (RpcError,)),
    _call_case("oversized", "the reply says that it is longer than the queue", "oversize", (RpcError,)),
    _call_case("error status", "GSP refuses a call", "fail", (DeviceError,), status=NV_ERR_GENERIC_FAILURE),
    Case(
        15,
        "FSP does not reply",
        "no answer to the chain of trust",
        _boot_mishap("fsp_silent"),
        (PollTimeout, BootError),
        limit_s=LONGEST_DEADLINE_S,
        facts=("step",),
    ),
    Case(
        15,
        "FSP replies an error",
        "status 7 for the chain of trust",
        _boot_mishap("fsp_error", status=7),
        (BootError,),
        limit_s=LONGEST_DEADLINE_S,
        facts=("step", "value"),
    ),
    Case(
        16,
        "WPR2 set already",
        "a card whose last owner died with its firmware running, on a bus that cannot reset it",
        one(_used_card),
        (ResetRequired,),
        limit_s=LONGEST_DEADLINE_S,
        facts=("register", "value", "reset"),
        text=("WPR2", "reset"),
    ),
    Case(
        16,
        "secure boot rejected",
        "the FMC's status in the mailbox is 9",
        _boot_mishap("fmc_error", status=9),
        (BootError,),
        limit_s=LONGEST_DEADLINE_S,
        facts=("step", "value"),
    ),
    Case(
        16,
        "GSP stays locked",
        "the FMC never opens GSP's registers",
        _boot_mishap("never_release"),
        (PollTimeout, BootError),
        limit_s=LONGEST_DEADLINE_S,
        facts=("step",),
    ),
    Case(
        16,
        "scrub never done",
        "the GPU reports no usable video memory: on Hopper FSP scrubs, and says so by its size",
        one(_never_scrubbed),
        (BootError,),
        limit_s=LONGEST_DEADLINE_S,
        facts=("step", "register", "value"),
        text=("reset", "power"),
    ),
)
