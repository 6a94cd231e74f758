"""Rounding of sizes and addresses to whole steps."""

from __future__ import annotations


def round_up(value: int, step: int) -> int:
    """The smallest multiple of `step` that is not below `value`."""
    return -(-value // step) * step
