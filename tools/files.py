"""Reading what the user names, and replacing files so that a failure leaves them as they were."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from barewire.errors import FormatError

STDIN = "-"
# One GPFIFO entry names at most 8 MiB of pushbuffer; recordings of thousands of operations stay below this.
LARGEST_INPUT_BYTES = 256 << 20


class FileProblem(FormatError):
    """A file cannot be read or written, or does not hold what it should."""


def read_input(name: str, largest_bytes: int = LARGEST_INPUT_BYTES) -> bytes:
    """All bytes of a file, or of standard input where the name is "-".

    Raises:
        FileProblem: it cannot be read, or is larger than `largest_bytes`.
    """
    try:
        with _opened(name) as stream:
            data = stream.read(largest_bytes + 1)
    except (OSError, ValueError) as problem:  # ValueError: a name with a NUL byte
        raise FileProblem(f"cannot read {name}: {_reason(problem)}") from problem
    if len(data) > largest_bytes:
        raise FileProblem(
            f"{name} is larger than {largest_bytes} bytes", hint="Give the part that is of interest."
        )
    return data


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    if name == STDIN:
        yield sys.stdin.buffer
        return
    with open(name, "rb") as stream:
        yield stream


def _reason(problem: Exception) -> str:
    if isinstance(problem, OSError) and problem.strerror:
        return problem.strerror
    return str(problem)


def check_replaceable(path: Path) -> None:
    """Find out before any work whether `path` can be written later.

    Raises:
        FileProblem: its folder does not exist or is not writable, or the path is not a regular file.
    """
    target = Path(os.path.realpath(path))
    try:
        mode = target.stat().st_mode if target.exists() else None
    except (OSError, ValueError) as problem:
        raise FileProblem(f"cannot write {path}: {_reason(problem)}") from problem
    if mode is not None and not stat.S_ISREG(mode):
        raise FileProblem(f"cannot write {path}: it is not a regular file")
    if mode is not None and not os.access(target, os.W_OK):
        raise FileProblem(f"cannot write {path}: the file is read-only")
    if not target.parent.is_dir():
        raise FileProblem(f"cannot write {path}: there is no folder {target.parent}")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise FileProblem(f"cannot write {path}: the folder {target.parent} is not writable")


def replace_all(writes: Sequence[tuple[Path, Callable[[BinaryIO], object]]]) -> None:
    """Write several files as one step: each to a neighbour first, then all renamed into place.

    A failure while the contents are written leaves every file as it was and no neighbour behind.

    Raises:
        FileProblem: a file could not be written.
    """
    finished: list[tuple[Path, Path]] = []
    try:
        for path, write in writes:
            target = Path(os.path.realpath(path))
            finished.append((_write_neighbour(target, write), target))
        while finished:
            neighbour, target = finished[0]
            os.replace(neighbour, target)
            finished.pop(0)
    except OSError as problem:
        raise FileProblem(f"cannot write {problem.filename or 'the output'}: {_reason(problem)}") from problem
    finally:
        for neighbour, _ in finished:
            neighbour.unlink(missing_ok=True)


def _write_neighbour(target: Path, write: Callable[[BinaryIO], object]) -> Path:
    neighbour = target.with_name(f".{target.name}.{secrets.token_hex(6)}.tmp")
    descriptor = os.open(neighbour, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            write(stream)
            stream.flush()
            os.fsync(stream.fileno())
        if target.exists():
            neighbour.chmod(stat.S_IMODE(target.stat().st_mode))
    except BaseException:
        neighbour.unlink(missing_ok=True)
        raise
    return neighbour
