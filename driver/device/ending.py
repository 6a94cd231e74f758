"""The end of devices that nobody closed, and of devices in a forked child."""

from __future__ import annotations

import atexit
import contextlib
import os
import weakref
from typing import Any

from barewire.errors import BarewireError

_open_devices: weakref.WeakSet[Any] = weakref.WeakSet()


def close_at_exit(device: Any) -> None:
    """Close devices that nobody closed before the resource manager takes their memory away.

    Functions for the exit run in reverse order, so this one is registered after the resource manager's own.
    """
    _open_devices.add(device)
    atexit.unregister(_close_all)
    atexit.register(_close_all)


def closed_by_its_owner(device: Any) -> None:
    """Nothing is left to do for it."""
    _open_devices.discard(device)


def _close_all() -> None:
    for device in list(_open_devices):
        with contextlib.suppress(BarewireError):
            device.close()


def _after_fork_in_child() -> None:
    """A child may not touch its parent's channels: their doorbells are taken away from it."""
    for device in list(_open_devices):
        device._forked = True
        device._usable = False
        device._target.enabled = 0
        device._make_locks()  # other threads, which are not here, may have held them
        for queue in device._queues:
            queue.orphan(device._forked_child())


os.register_at_fork(after_in_child=_after_fork_in_child)
