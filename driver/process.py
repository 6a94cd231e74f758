"""Whether this is still the process that opened a device."""

from __future__ import annotations

import os

from barewire.errors import ForkedChild


def check_same_process(opened_by_pid: int, hint: str = "Open it anew in the child.") -> None:
    """Raise in a child of the process that opened a device.

    Raises:
        ForkedChild: this process is a fork of that one.
    """
    if os.getpid() != opened_by_pid:
        raise ForkedChild(
            "this device was opened by the parent process", hint=hint, opened_by_pid=opened_by_pid
        )
