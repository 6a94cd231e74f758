"""Answers that come later: what a call waits for while the GPU goes on.

Firmware's one thread works on nothing else meanwhile, as GSP-RM does not: other calls stay in the queue.
Nothing else of the GPU waits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

RM_TIMEOUT_S = 4.0  # GPU_TIMEOUT_DEFAULT, what RM lets an engine take
ASK_AGAIN_S = 0.0005

Answer = tuple[int, bytes]


@dataclass(frozen=True)
class Wait:
    """What a control waits for.

    Attributes:
        ready: whether it is there; asked again and again, with the GPU's lock held.
        timeout_s: how long it may take.
        then: ends the control, and is told whether it came; may raise Refused.
    """

    ready: Callable[[], bool]
    timeout_s: float
    then: Callable[[bool], None]


@dataclass(frozen=True)
class Later:
    """A call whose answer comes later.

    Attributes:
        wait: what it waits for.
        answer: gives the answer, once the wait is over; is told whether what it waited for came.
    """

    wait: Wait
    answer: Callable[[bool], Answer]
