"""PTIMER: nanoseconds in steps of 32.

Facts: OGKM:swref/published/*/dev_timer.h; nouveau:nvkm/subdev/timer/nv04.c.
"""

from __future__ import annotations

import time

STEP_NS = 32
TIME_MASK = (1 << 61) - STEP_NS  # TIME_1 has 29 bits


class Clock:
    """The one clock that every timestamp of the GPU is taken from."""

    def __init__(self) -> None:
        self._offset_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds; the low five bits are zero, and after 61 bits they begin anew."""
        return (time.monotonic_ns() + self._offset_ns) & TIME_MASK

    def set(self, ns: int) -> None:
        """Let the time be `ns` now."""
        self._offset_ns = ns - time.monotonic_ns()

    def reset(self) -> None:
        """Count from zero, as after power-on."""
        self.set(0)
