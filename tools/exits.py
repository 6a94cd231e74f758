"""Exit codes of the command line: one table, shown in every --help and used by main()."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

from barewire import errors


class Exit(IntEnum):
    """What a `barewire` process answers to its caller."""

    OK = 0
    FINDING = 1
    USAGE = 2
    NOT_READY = 3
    DEVICE = 4
    INPUT = 5
    INTERNAL = 6
    UNDEFINED = 7
    INTERRUPTED = 130
    PIPE_CLOSED = 141


MEANINGS: dict[Exit, str] = {
    Exit.OK: "done; every check passed",
    Exit.FINDING: "a check found something: demo, bench a wrong result, doctor no device, diff a difference, "
    "vm walk an address that is not mapped, status, bind and unbind --dry-run what stands against it",
    Exit.USAGE: "the command line or the kernel's arguments are wrong; nothing was submitted to a device",
    Exit.NOT_READY: "the machine lacks something: a GPU, a driver that is known, a permission, a compiler",
    Exit.DEVICE: "the device reported a fault, did not answer in time, or ran out of memory",
    Exit.INPUT: "a file cannot be read or written, or is not what it should be",
    Exit.INTERNAL: "a defect of barewire itself; --debug shows where",
    Exit.UNDEFINED: "--sanitize found something that hardware leaves undefined; all else went well",
    Exit.INTERRUPTED: "interrupted (Ctrl-C)",
    Exit.PIPE_CLOSED: "the reader of the output went away",
}


ANY_VERB = (Exit.USAGE, Exit.INTERNAL, Exit.INTERRUPTED, Exit.PIPE_CLOSED)


def table_text(codes: Iterable[Exit] | None = None) -> str:
    """The table as --help shows it: all of it, or the rows of a verb with these codes of its own."""
    shown = set(MEANINGS) if codes is None else {*codes, *ANY_VERB}
    lines = ["exit codes:"]
    lines += [f"  {code.value:<4} {meaning}" for code, meaning in MEANINGS.items() if code in shown]
    return "\n".join(lines)


def exit_for(error: errors.BarewireError) -> Exit:
    """The exit code of an error that reached main()."""
    if isinstance(error, errors.FormatError):
        return Exit.INPUT
    if isinstance(error, errors.UsageError):
        return Exit.USAGE
    if isinstance(error, errors.SetupError):
        return Exit.NOT_READY
    if isinstance(error, (errors.TransportError, errors.DeviceError, errors.ResourceError)):
        return Exit.DEVICE
    return Exit.INTERNAL
