"""What the tests of binding share: a binder of a machine that is a folder, and writes that fail."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from barewire.pci.bind import Binder
from barewire.pci.plan import Agreed
from barewire.pci.state import States
from barewire.pci.steps import Timeouts
from barewire.pci.sysfs import Sysfs
from fake_sysfs import H100, FakeMachine

WHOLE_GROUP = Agreed(whole_group=True)
QUICK = Timeouts(unbind=0.05, bind=0.05, override=0.05, settle=0.05, load=0.05, turn=0.05)


def binder_of(machine: FakeMachine) -> Binder:
    sysfs = Sysfs(machine.sys, machine.dev, machine.proc)
    return Binder(sysfs, machine.kernel, States(sysfs, machine.root / "run/barewire"), QUICK)


def bind(machine: FakeMachine, agreed: Agreed = WHOLE_GROUP):
    binder = binder_of(machine)
    return binder.bind(binder.plan(H100, agreed))


def unbind(machine: FakeMachine) -> tuple[str, ...]:
    binder = binder_of(machine)
    record = binder.states.find(H100)
    assert record is not None
    return binder.restore(record)


def fails_at(machine: FakeMachine, number: int, *, late: bool, error: BaseException) -> None:
    """Let one write fail, counted from now, before or after it took effect."""
    wanted = len(machine.kernel.writes) + number

    def strike(count: int) -> None:
        if count == wanted:
            raise error

    machine.kernel.before, machine.kernel.after = (
        (lambda n: None, strike) if late else (strike, lambda n: None)
    )


def works_again(machine: FakeMachine) -> None:
    machine.kernel.before = machine.kernel.after = lambda number: None


@contextmanager
def handled(number: int) -> Iterator[list[int]]:
    """The program's own handler of a signal, which returns."""
    came: list[int] = []
    before = signal.signal(number, lambda n, frame: came.append(n))
    try:
        yield came
    finally:
        signal.signal(number, before)
