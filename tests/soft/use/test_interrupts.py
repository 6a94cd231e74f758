"""Ctrl-C at any moment: the software GPU does what it is at, and works afterwards."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire import shield
from barewire.softgpu.turns import TurnLock

SHOTS_S = 1.5


@pytest.fixture(autouse=True)
def handler() -> Iterator[Any]:
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("made", [TurnLock, shield.ShieldedLock])
def test_an_interrupt_waits_until_the_lock_is_given_back(made: Any) -> None:
    lock = made()
    done = []
    with pytest.raises(KeyboardInterrupt), lock:
        with lock:
            signal.raise_signal(signal.SIGINT)
            done.append("inner")
        done.append("outer")
    assert done == ["inner", "outer"]
    with lock:
        pass


def test_an_interrupt_outside_comes_at_once() -> None:
    with TurnLock():
        pass
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_the_programs_own_handler_is_called_and_given_back() -> None:
    came: list[int] = []

    def own(number: int, frame: FrameType | None) -> None:
        came.append(number)

    signal.signal(signal.SIGINT, own)
    with TurnLock():
        signal.raise_signal(signal.SIGINT)
        assert not came
    assert came == [signal.SIGINT]
    shield.put_back()
    assert signal.getsignal(signal.SIGINT) is own


def test_a_handler_that_is_not_pythons_is_left_alone() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with TurnLock():
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_are_not_concerned(handler: Any) -> None:
    def use() -> None:
        with TurnLock():
            pass

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert signal.getsignal(signal.SIGINT) is handler


def test_the_thread_that_forked_is_the_main_one_of_the_child() -> None:
    """Whichever it was: Ctrl-C comes to it."""
    status: list[int] = []

    def fork() -> None:
        child = os.fork()
        if not child:
            os._exit(_interrupted_behind_a_lock())
        status.append(os.waitpid(child, 0)[1])

    thread = threading.Thread(target=fork)
    thread.start()
    thread.join()
    assert [os.waitstatus_to_exitcode(each) for each in status] == [0]


def _interrupted_behind_a_lock() -> int:
    """0 if an interrupt came when the lock was given back, and no sooner."""
    done = []
    try:
        with TurnLock():
            signal.raise_signal(signal.SIGINT)
            done.append("inside")
    except KeyboardInterrupt:
        return 0 if done else 1
    return 2


def test_a_handler_that_is_set_between_two_accesses_waits_as_well() -> None:
    came: list[str] = []
    lock = TurnLock()
    for name in ("first", "second"):
        signal.signal(signal.SIGINT, lambda number, frame, name=name: came.append(name))
        with lock:
            signal.raise_signal(signal.SIGINT)
            came.append("inside")
    assert came == ["inside", "first", "inside", "second"]


def test_who_waits_for_a_lock_comes_before_who_had_it() -> None:
    lock = TurnLock()
    for _ in range(20):
        order: list[str] = []
        begun = threading.Event()

        def wait(order: list[str] = order, begun: threading.Event = begun) -> None:
            begun.set()
            with lock:
                order.append("who waited")

        thread = threading.Thread(target=wait)
        with lock:
            thread.start()
            begun.wait(1.0)
            time.sleep(0.01)
        with lock:
            order.append("who had it")
        thread.join()
        assert order == ["who waited", "who had it"]


def test_a_closed_device_gives_the_handler_back(handler: Any) -> None:
    with bw.open("soft:gh100"):
        pass
    assert signal.getsignal(signal.SIGINT) is handler


class Shots:
    """SIGINT at random, which interrupts what is in `take` and nothing else."""

    def __init__(self, seed: int) -> None:
        self._chosen = random.Random(seed)
        self._ended = threading.Event()
        self._armed = False
        self._thread = threading.Thread(target=self._shoot)

    def _shoot(self) -> None:
        while not self._ended.wait(self._chosen.random() * 0.01):
            os.kill(os.getpid(), signal.SIGINT)

    def _came(self, number: int, frame: FrameType | None) -> None:
        if self._armed:
            self._armed = False
            raise KeyboardInterrupt

    def take(self, work: Callable[[], object]) -> bool:
        """Work under fire; whether it was hit."""
        try:
            self._armed = True
            work()
            self._armed = False
        except KeyboardInterrupt:
            return True
        return False

    def __enter__(self) -> Shots:
        signal.signal(signal.SIGINT, self._came)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._armed = False
        self._ended.set()
        self._thread.join()


def test_interrupts_at_random_leave_a_device_that_can_be_closed_and_the_next_one_works() -> None:
    dev = bw.open("soft:gh100", timeout_s=3.0)

    def use() -> None:
        with contextlib.suppress(bw.BarewireError):
            dev.array(np.arange(10_000)).numpy()
            memory = dev.rm.video_memory(2 << 20)
            dev.space.unmap(dev.space.map(memory))
            memory.close()

    end = time.monotonic() + SHOTS_S
    hits = 0
    with Shots(seed=3) as shots:
        while time.monotonic() < end:
            hits += shots.take(use)
    assert hits
    assert dev.array([3, 4]).numpy().tolist() == [3, 4]
    assert not dev.findings()
    began = time.monotonic()
    dev.close()
    assert time.monotonic() - began < 8.0
    with bw.open("soft:gh100") as fresh:
        assert fresh.array([1, 2]).numpy().tolist() == [1, 2]
