"""Accesses that our own tables do not allow, each made on purpose by a channel that dies of it.

python -m tests.pagetables.own_faults NAME [DEVICE]     makes one and prints one JSON object
"""

from __future__ import annotations

import json
import re
import sys
import time
from dataclasses import dataclass
from typing import Any

from barewire.errors import BarewireError, ChannelDead

from tests.pagetables.layouts import BIG, HUGE, KIB, MIB, SMALL, Map, Rules, Spot, Unmap, plan
from tests.pagetables.rig import FIRST_VA, WAIT_S, Memories, Rig

END_VA = 1 << 40
BASE_VA = 0x30_0000_0000
NOWHERE_VA = 0xF0_1234_5000  # no table of any level but the first leads there
SOURCE = Spot(BASE_VA, 64 * KIB, SMALL, 0)
TARGET = Spot(BASE_VA + 2 * MIB, 64 * KIB, SMALL, 3)
READ_ONLY = Spot(BASE_VA + 4 * MIB, 128 * KIB, BIG, 1, read_only=True)
GOING = Spot(BASE_VA + 6 * MIB, 2 * MIB, HUGE, 2)
COPY_BYTES = 256
SEED = 31
MMU_FAULT = 31  # the Xid
_ACCESS = re.compile(r"ACCESS_TYPE_(?:VIRT|PHYS)_(READ|WRITE)")
_PLACE = re.compile(r"faulted @ 0x([0-9a-f]+)_([0-9a-f]{8})")


@dataclass(frozen=True)
class Fault:
    """One access that is not allowed.

    Attributes:
        source, destination: of the copy.
        gpu_va: what the error has to name, the start of a page.
        access: "read" or "write".
        types: names of fault types that are right.
        unmaps: whether GOING, which was copied from before, is unmapped first.
    """

    name: str
    source: int
    destination: int
    gpu_va: int
    access: str
    types: tuple[str, ...]
    unmaps: bool = False


def _read(name: str, gpu_va: int, unmaps: bool = False) -> Fault:
    return Fault(name, gpu_va, TARGET.gpu_va, gpu_va, "read", ("PDE", "PTE"), unmaps)


def _write(name: str, gpu_va: int, types: tuple[str, ...]) -> Fault:
    return Fault(name, SOURCE.gpu_va, gpu_va, gpu_va, "write", types)


FAULTS = (
    _read("a read where no table leads", NOWHERE_VA),
    _read("a read right behind a mapping", SOURCE.end_va),
    _read("a read of what was unmapped after it was used", GOING.gpu_va + 20 * KIB, unmaps=True),
    _write("a write where no table leads", NOWHERE_VA, ("PDE", "PTE")),
    _write("a write to a read-only page", READ_ONLY.gpu_va + 68 * KIB, ("RO_VIOLATION",)),
)


@dataclass(frozen=True)
class Outcome:
    """What came of a fault.

    Attributes:
        error: that waiting for the copy raised; None if it raised nothing.
        elapsed_s: until it was raised.
        wrong: what else is not as it should be.
    """

    error: BarewireError | None
    elapsed_s: float
    wrong: tuple[str, ...] = ()


def play(dev: Any, fault: Fault) -> Outcome:
    """Make one fault in a fresh address space, then a whole layout in another one.

    Raises:
        BadTables, WrongTables, WrongBytes, BarewireError: something besides the fault went wrong.
    """
    with Memories(dev) as memories:
        with Rig(dev, memories, END_VA) as rig:
            memories.fill(SEED)
            _work(rig)
            if fault.unmaps:
                rig.change([Unmap(GOING)])
                rig.expect_tables()
            outcome = _provoke(rig, fault)
            memories.expect_right("after the fault")
        with Rig(dev, memories, END_VA) as fresh:
            fresh.run(plan(SEED, Rules(FIRST_VA, END_VA, sparse=False)))
    return outcome


def _work(rig: Rig) -> None:
    """Map, check, and use everything that is mapped: what the GPU remembers must not save it later."""
    rig.change([Map(spot) for spot in (SOURCE, TARGET, READ_ONLY, GOING)])
    rig.expect_tables()
    rig.start()
    for number, spot in enumerate((SOURCE, READ_ONLY, GOING)):
        rig.copy(spot.gpu_va, TARGET.gpu_va + number * 16 * KIB, 16 * KIB)
    rig.channel.synchronize(WAIT_S)
    rig.memories.expect_right("before the fault")


def _provoke(rig: Rig, fault: Fault) -> Outcome:
    start = time.monotonic()
    channel = rig.channel
    try:
        channel.copy(fault.source, fault.destination, COPY_BYTES).wait(timeout_s=WAIT_S)
    except BarewireError as error:
        return Outcome(error, time.monotonic() - start, tuple(_signs_of_life(channel)))
    return Outcome(None, time.monotonic() - start)


def _signs_of_life(channel: Any) -> list[str]:
    """What of a channel that should be dead is not."""
    found = ["the channel is said to live"] if channel.alive else []
    try:
        channel.copy(SOURCE.gpu_va, TARGET.gpu_va, COPY_BYTES).wait(timeout_s=WAIT_S)
    except ChannelDead:
        return found
    return [*found, "the channel takes work"]


def problems(fault: Fault, classes: tuple[str, ...], facts: dict[str, Any], log: str = "") -> list[str]:
    """What of an error, by the names of its classes and its facts, is not as it should be.

    Args:
        log: RM's own words, where they can be had: "... faulted @ 0x30_00411000 ... ACCESS_TYPE_VIRT_WRITE".
    """
    found = [] if "MmuFault" in classes else [f"raised {classes[:1]}, no MmuFault"]
    text = log or str(facts.get("log", ""))
    access, place = _ACCESS.search(text), _PLACE.search(text)
    checks = (
        ("gpu_va", facts.get("gpu_va"), (fault.gpu_va,)),
        ("access", facts.get("access"), (fault.access, None)),  # not every source tells
        ("fault_type", facts.get("fault_type"), fault.types),
        ("xid", facts.get("xid"), (MMU_FAULT,)),
        ("RM's access", access and access[1].lower(), (fault.access, None)),
        ("RM's address", place and int(place[1] + place[2], 16), (fault.gpu_va, None)),
    )
    return found + [
        f"{name} is {value!r}, not {right[0]!r}" for name, value, right in checks if value not in right
    ]


def classes_of(error: BarewireError | None) -> tuple[str, ...]:
    """Names of an error's classes, its own first."""
    return tuple(kind.__name__ for kind in type(error).__mro__)


def main(arguments: list[str]) -> int:
    """Make the fault that is named."""
    import barewire as bw

    named = [fault for fault in FAULTS if arguments and fault.name == arguments[0]]
    if not named:
        print("faults: " + "; ".join(fault.name for fault in FAULTS), file=sys.stderr)
        return 2
    with bw.open(arguments[1] if len(arguments) > 1 else "nv:0") as dev:
        outcome = play(dev, named[0])
    answer = {
        "classes": classes_of(outcome.error),
        "message": str(outcome.error),
        "facts": getattr(outcome.error, "facts", {}),
        "elapsed_s": outcome.elapsed_s,
        "wrong": outcome.wrong,
    }
    print(json.dumps(answer, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
