"""Semaphores: what satisfies an acquire, what a release writes, what a reduction leaves.

Facts: open-gpu-doc:manuals/ampere/ga100/dev_pbdma.ref (SEM_EXECUTE), open-gpu-doc:classes/host/clc76f.h,
open-gpu-doc:classes/dma-copy/clc8b5.h (the reductions of copy engines).
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from barewire.softgpu.methods import HOST_CLASS, bits, values

_EXECUTE = bits(HOST_CLASS, "SEM_EXECUTE")
_OPERATIONS = {number: name for name, number in values(HOST_CLASS, "SEM_EXECUTE", "OPERATION").items()}
_REDUCTIONS = {number: name for name, number in values(HOST_CLASS, "SEM_EXECUTE", "REDUCTION").items()}
_LEGACY = bits(HOST_CLASS, "SEMAPHORED")
_LEGACY_OPERATIONS = {1: "ACQUIRE", 2: "RELEASE", 4: "ACQ_CIRC_GEQ", 8: "ACQ_AND", 16: "REDUCTION"}
# What SEMAPHORED calls MIN, MAX, ... is IMIN, IMAX, ... here, in another order.
_LEGACY_REDUCTIONS = {
    number: name if name in ("INC", "DEC") else f"I{name}"
    for name, number in values(HOST_CLASS, "SEMAPHORED", "REDUCTION").items()
}

SIGNED = 0
RELEASE, REDUCTION = "RELEASE", "REDUCTION"


class BadOperation(Exception):
    """Operation, size and sign do not go together (a SEMAPHORE interrupt)."""


class Operation(NamedTuple):
    """One semaphore operation.

    Attributes:
        name: ACQUIRE, RELEASE, ACQ_STRICT_GEQ, ACQ_CIRC_GEQ, ACQ_AND, ACQ_NOR or REDUCTION.
        size_bytes: 4 or 8.
        timestamp: whether the time is written too.
        wait_for_idle: whether a release waits for the engine.
        reduction: IMIN to DEC, for reductions.
        signed: for reductions.
        switch: whether a failed acquire lets other groups run.
    """

    name: str
    size_bytes: int
    timestamp: bool
    wait_for_idle: bool
    reduction: str
    signed: bool
    switch: bool

    @property
    def alignment(self) -> int:
        """What the address must be a multiple of."""
        return 16 if self.timestamp and self.name in (RELEASE, REDUCTION) else self.size_bytes


@lru_cache(maxsize=1024)
def decode(word: int) -> Operation:
    """The operation that data of SEM_EXECUTE asks for.

    Raises:
        BadOperation: there is no such operation.
    """
    name = _OPERATIONS.get(_EXECUTE["OPERATION"].of(word))
    if name is None:
        raise BadOperation(f"SEM_EXECUTE {word:#010x} has no operation")
    operation = Operation(
        name=name,
        size_bytes=8 if _EXECUTE["PAYLOAD_SIZE"].of(word) else 4,
        timestamp=bool(_EXECUTE["RELEASE_TIMESTAMP"].of(word)),
        wait_for_idle=bool(_EXECUTE["RELEASE_WFI"].of(word)),
        reduction=_REDUCTIONS.get(_EXECUTE["REDUCTION"].of(word), ""),
        signed=_EXECUTE["REDUCTION_FORMAT"].of(word) == SIGNED,
        switch=bool(_EXECUTE["ACQUIRE_SWITCH_TSG"].of(word)),
    )
    if name == REDUCTION:
        check_reduction(operation.reduction, operation.size_bytes, operation.signed)
    return operation


@lru_cache(maxsize=256)
def decode_legacy(word: int) -> Operation:
    """The operation that data of SEMAPHORED asks for.

    Raises:
        BadOperation: there is no such operation.
    """
    name = _LEGACY_OPERATIONS.get(_LEGACY["OPERATION"].of(word))
    if name is None:
        raise BadOperation(f"SEMAPHORED {word:#010x} has no operation")
    return Operation(
        name=name,
        size_bytes=4,
        timestamp=name == RELEASE and not _LEGACY["RELEASE_SIZE"].of(word),
        wait_for_idle=not _LEGACY["RELEASE_WFI"].of(word),
        reduction=_LEGACY_REDUCTIONS.get(_LEGACY["REDUCTION"].of(word), ""),
        signed=_LEGACY["FORMAT"].of(word) == SIGNED,
        switch=bool(_LEGACY["ACQUIRE_SWITCH"].of(word)),
    )


# Acquires: whether a value in memory satisfies the payload; both of `width` bits.
_CONDITIONS: dict[str, Callable[[int, int, int], bool]] = {
    "ACQUIRE": lambda value, payload, width: value == payload,
    "ACQ_STRICT_GEQ": lambda value, payload, width: value >= payload,
    "ACQ_CIRC_GEQ": lambda value, payload, width: not (value - payload) >> width - 1 & 1,
    "ACQ_AND": lambda value, payload, width: value & payload != 0,
    "ACQ_NOR": lambda value, payload, width: ~(value | payload) & (1 << width) - 1 != 0,
}


def satisfied(name: str, value: int, payload: int, size_bytes: int) -> bool:
    """Whether a value in memory lets an acquire succeed."""
    return _CONDITIONS[name](value, payload, 8 * size_bytes)


# Reductions: what they leave of value and payload, already signed where that counts.
_RESULTS: dict[str, Callable[[int, int], int]] = {
    "IMIN": min,
    "IMAX": max,
    "IXOR": lambda value, payload: value ^ payload,
    "IAND": lambda value, payload: value & payload,
    "IOR": lambda value, payload: value | payload,
    "IADD": lambda value, payload: value + payload,
    "INC": lambda value, payload: 0 if value >= payload else value + 1,
    "DEC": lambda value, payload: payload if value == 0 or value > payload else value - 1,
}
_FLOATS: dict[str, Callable[[float, float], float]] = {
    "FADD": lambda value, payload: value + payload,
    "FMIN": min,
    "FMAX": max,
}
_UNSIGNED_ONLY = {4: ("INC", "DEC"), 8: ("IADD",)}
_NARROW_ONLY = ("INC", "DEC", "FADD", "FMIN", "FMAX")


def check_reduction(name: str, size_bytes: int, signed: bool) -> None:
    """Refuse reductions that the memory system has not.

    Raises:
        BadOperation: it has none of that name, size and sign.
    """
    if name not in _RESULTS and name not in _FLOATS:
        raise BadOperation(f"there is no reduction {name or 'of that number'}")
    if size_bytes == 8 and name in _NARROW_ONLY:
        raise BadOperation(f"there is no {name} of 64 bits")
    if signed and name in _UNSIGNED_ONLY[size_bytes]:
        raise BadOperation(f"there is no signed {name} of {8 * size_bytes} bits")


def reduce(name: str, value: int, payload: int, size_bytes: int, signed: bool) -> int:
    """What a reduction leaves in memory."""
    if name in _FLOATS:
        return _reduce_floats(name, value, payload)
    width = 8 * size_bytes
    if signed:
        value, payload = _as_signed(value, width), _as_signed(payload, width)
    return _RESULTS[name](value, payload) & (1 << width) - 1


def _as_signed(value: int, width: int) -> int:
    return value - (value >> width - 1 << width)


def _reduce_floats(name: str, value: int, payload: int) -> int:
    first, second = struct.unpack("<ff", struct.pack("<II", value, payload))
    if math.isnan(first) or math.isnan(second):
        return 0x7FFFFFFF
    try:
        return int.from_bytes(struct.pack("<f", _FLOATS[name](first, second)), "little")
    except OverflowError:
        return 0x7F800000 if first + second > 0 else 0xFF800000
