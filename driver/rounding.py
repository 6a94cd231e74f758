"""Sizes and addresses: whole numbers, rounded to whole steps."""

from __future__ import annotations

import operator
from typing import Any

from barewire.errors import UsageError


def round_up(value: int, step: int) -> int:
    """The smallest multiple of `step` that is not below `value`."""
    return -(-value // step) * step


def whole(value: Any, what: str) -> int:
    """A number that somebody gave; a plain one, since NumPy's wrap around.

    Raises:
        UsageError: it is no whole number.
    """
    try:
        return operator.index(value)
    except TypeError:
        raise UsageError(f"{value!r} is no {what}", expected="a whole number") from None
