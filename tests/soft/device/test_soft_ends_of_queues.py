"""What several threads find out at once about a queue that died, and a device that is closed meanwhile."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

import barewire as bw
import numpy as np
import pytest
from barewire.errors import BarewireError


@pytest.fixture
def dev() -> Any:
    with bw.open("soft:gh100", timeout_s=5) as opened:
        yield opened


def read(array: Any, errors: list[BaseException]) -> None:
    try:
        array.numpy()
    except BaseException as error:
        errors.append(error)


def slow(dev: Any, started: threading.Event, seen: list[bool]) -> None:
    """Let the look at a queue that died take its time, as the register reads and calls of a real one do."""
    look = dev._diagnose

    def diagnose(queue: Any) -> BarewireError:
        started.set()
        time.sleep(0.3)
        seen.append(dev._memory_went)
        return look(queue)

    dev._diagnose = diagnose


def test_memory_of_a_queue_stays_while_somebody_looks_at_its_end(dev: Any) -> None:
    array = dev.array(np.arange(1 << 20, dtype=np.uint32))
    started, seen, errors = threading.Event(), [], []
    slow(dev, started, seen)
    dev.rm.bus.disconnect()
    reader = threading.Thread(target=read, args=(array, errors))
    reader.start()
    assert started.wait(10)
    with contextlib.suppress(BarewireError):  # the GPU is gone
        dev.close()
    reader.join(10)

    assert seen and not any(seen), "it was still there when it was looked at"
    assert not reader.is_alive()
    assert len(errors) == 1 and isinstance(errors[0], BarewireError)


def test_one_thread_diagnoses_for_all(dev: Any) -> None:
    queue = dev.queue("copy")
    started, seen, found = threading.Event(), [], []
    slow(dev, started, seen)
    together = threading.Barrier(4)

    def look() -> None:
        together.wait(5)
        try:
            found.append(queue.dead())
        except BaseException as error:
            found.append(error)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)

    assert len(found) == 4 and all(isinstance(error, BarewireError) for error in found)
    assert len(seen) == 1
