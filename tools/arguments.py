"""The arguments of a kernel as `barewire run` takes them: in:, out:, inout: files and typed scalars.

Parsing touches no device. Arrays are read and checked here, so that whatever is wrong with them is said
before anything is submitted.
"""

from __future__ import annotations

import math
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from barewire.errors import UsageError
from barewire.tools.files import FileProblem, check_replaceable

ROLES = ("in", "out", "inout")
ARRAY_TYPES = (
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64",
)  # fmt: skip
SCALAR_TYPES: dict[str, type[np.generic]] = {
    "i32": np.int32,
    "u32": np.uint32,
    "i64": np.int64,
    "u64": np.uint64,
    "f16": np.float16,
    "f32": np.float32,
    "f64": np.float64,
}
FORMS = "in:FILE.npy, out:FILE.npy[:DTYPE:SHAPE], inout:FILE.npy, or " + " ".join(
    f"{name}:N" for name in SCALAR_TYPES
)


class WrongArgument(UsageError):
    """A kernel argument on the command line is not one that can be used."""


@dataclass(frozen=True)
class ArrayArgument:
    """An array that lives in a .npy file.

    Attributes:
        role: "in" is copied to the device, "out" from it, "inout" both.
        content: what is copied in; None for "out".
    """

    role: str
    path: Path
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    content: np.ndarray | None

    @property
    def size_bytes(self) -> int:
        """Of the whole array."""
        return self.dtype.itemsize * math.prod(self.shape)


@dataclass(frozen=True)
class ScalarArgument:
    """A number of one machine type."""

    kind: str
    value: np.generic


Argument = ArrayArgument | ScalarArgument


def parse_all(texts: Sequence[str]) -> list[Argument]:
    """All arguments of a launch, in kernel order.

    Raises:
        WrongArgument: one is malformed, or two would write the same file.
        FileProblem: a file cannot be read, is no .npy file that can be used, or could not be written later.
    """
    arguments = [parse(text) for text in texts]
    written: dict[Path, str] = {}
    for text, argument in zip(texts, arguments, strict=True):
        if isinstance(argument, ArrayArgument) and argument.role != "in":
            target = argument.path.resolve()
            if target in written:
                raise WrongArgument(f"{written[target]} and {text} would both write {argument.path}")
            written[target] = text
    return arguments


def parse(text: str) -> Argument:
    """One argument, e.g. "in:x.npy", "out:y.npy:float32:1024x3" or "f32:2.0"."""
    kind, separator, rest = text.partition(":")
    if separator and kind in ROLES:
        if not rest:
            raise WrongArgument(f"{text!r} names no file", hint=f"A kernel argument is {FORMS}.")
        return _existing(kind, rest) if kind != "out" else _output(text, rest)
    if separator and kind in SCALAR_TYPES:
        return ScalarArgument(kind, _scalar(text, kind, rest))
    raise WrongArgument(f"{text!r} is not a kernel argument", hint=f"A kernel argument is {FORMS}.")


def parse_dimensions(option: str, text: str) -> tuple[int, int, int]:
    """A grid or a block: one to three positive numbers such as "4,1,1".

    Raises:
        WrongArgument: it is anything else.
    """
    parts = text.split(",")
    if len(parts) > 3 or not all(re.fullmatch(r"[0-9]{1,10}", part) and int(part) > 0 for part in parts):
        raise WrongArgument(f"{option} {text!r} is not one to three positive numbers such as 4,1,1")
    x, y, z = (*map(int, parts), 1, 1)[:3]
    return x, y, z


def _existing(role: str, name: str) -> ArrayArgument:
    path = Path(name)
    content = read_array(path)
    if role == "inout":
        check_replaceable(path)
    return ArrayArgument(role, path, content.dtype, content.shape, content)


_DECLARED = re.compile(r"(?P<path>.+):(?P<dtype>[A-Za-z_]\w*):(?P<shape>[^:]*)", re.DOTALL)


def _output(text: str, rest: str) -> ArrayArgument:
    declared = _DECLARED.fullmatch(rest)
    path = Path(declared["path"] if declared else rest)
    check_replaceable(path)
    if declared is None:
        if not path.exists():
            hint = f"Name its type and shape, such as out:{path}:float32:1024x3."
            raise WrongArgument(
                f"{path} is not there yet, and {text!r} does not say what it will hold", hint=hint
            )
        existing = read_array(path)
        return ArrayArgument("out", path, existing.dtype, existing.shape, None)
    dtype, shape = _declared_type(text, declared["dtype"]), _declared_shape(text, declared["shape"])
    if path.exists():
        existing = read_array(path)
        if (existing.dtype, existing.shape) != (dtype, shape):
            held = f"{existing.dtype} {'x'.join(map(str, existing.shape))}"
            hint = "Leave type and shape away to use those of the file, or name another file."
            raise WrongArgument(
                f"{path} holds {held}, but {text!r} declares another type or shape", hint=hint
            )
    return ArrayArgument("out", path, dtype, shape, None)


def _declared_type(text: str, name: str) -> np.dtype[Any]:
    if name not in ARRAY_TYPES:
        raise WrongArgument(
            f"{text!r}: {name!r} is not an array type", hint=f"Types: {' '.join(ARRAY_TYPES)}."
        )
    return np.dtype(name)


def _declared_shape(text: str, shape: str) -> tuple[int, ...]:
    parts = shape.split("x")
    if len(parts) > 32 or not all(re.fullmatch(r"[0-9]{1,18}", part) and int(part) > 0 for part in parts):
        raise WrongArgument(f"{text!r}: {shape!r} is not a shape such as 1024x3")
    return tuple(map(int, parts))


def _scalar(text: str, kind: str, number: str) -> np.generic:
    scalar_type = SCALAR_TYPES[kind]
    if kind.startswith("f"):
        return _floating(text, scalar_type, number)
    try:
        value = int(number, 0)
    except ValueError:
        raise WrongArgument(f"{text!r}: {number!r} is not a whole number") from None
    limits = np.iinfo(scalar_type)  # type: ignore[type-var]
    if not limits.min <= value <= limits.max:
        raise WrongArgument(f"{text!r}: {kind} holds {limits.min} to {limits.max}")
    return scalar_type(value)


def _floating(text: str, scalar_type: type[np.generic], number: str) -> np.generic:
    try:
        value = float(number)
    except ValueError:
        raise WrongArgument(f"{text!r}: {number!r} is not a number") from None
    with np.errstate(over="ignore"):
        scalar = scalar_type(value)
    if math.isfinite(value) and not np.isfinite(scalar):
        raise WrongArgument(f"{text!r}: {number} is too large for {np.dtype(scalar_type).name}")
    return scalar


def read_array(path: Path) -> np.ndarray:
    """An array from a .npy file, in C order.

    Raises:
        FileProblem: the file is missing, truncated, not .npy, or of a type that a kernel cannot be given.
    """
    mapped = _mapped(path)
    name = mapped.dtype.name
    if name not in ARRAY_TYPES:
        hint = f"Types: {' '.join(ARRAY_TYPES)}; save bfloat16 as uint16."
        raise FileProblem(f"{path} holds {mapped.dtype}, which is not an array type for kernels", hint=hint)
    if mapped.size == 0:
        raise FileProblem(f"{path} holds no elements")
    if not mapped.dtype.isnative:
        raise FileProblem(
            f"{path} holds big-endian numbers",
            hint="Save it with array.astype(array.dtype.newbyteorder('<')).",
        )
    return np.array(mapped, order="C")


def _mapped(path: Path) -> np.ndarray:
    """The file as a mapped array: a header that promises more than the file has costs no memory."""
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except _NPY_PROBLEMS as problem:
        reason = getattr(problem, "strerror", None) or str(problem) or type(problem).__name__
        raise FileProblem(f"cannot read {path} as .npy: {reason}") from problem


# What NumPy raises on a header that is not one: it parses a Python literal.
_NPY_PROBLEMS = (
    OSError,
    ValueError,
    TypeError,
    SyntaxError,
    OverflowError,
    MemoryError,
    RecursionError,
    AttributeError,
    KeyError,
    IndexError,
    tokenize.TokenError,
)
