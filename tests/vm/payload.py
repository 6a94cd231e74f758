"""For programs in the guest: how they report, and how they find the GPU.

Lies beside the payload as the module `payload`.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

DEVICES = Path("/sys/bus/pci/devices")
NVIDIA = "0x10de"
VENDOR_ID = 0  # in configuration space; read-only

Step = Callable[[], "dict[str, Any] | None"]


def report(step: str, **facts: Any) -> None:
    """One line that the host reads: what a step found."""
    print("result: " + json.dumps({"step": step, **facts}, default=str), flush=True)


def perform(steps: list[Step]) -> int:
    """Do one step after the other, each reported with its facts or what it raised; how many failed."""
    failed = 0
    for step in steps:
        began = time.monotonic()
        try:
            facts = step() or {}
        except Exception as error:
            failed += 1
            traceback.print_exc()
            facts = {"error": f"{type(error).__name__}: {error}"}
        report(step.__name__, seconds=round(time.monotonic() - began, 3), **facts)
    return failed


def gpus() -> list[str]:
    """The addresses of NVIDIA's functions."""
    return sorted(each.name for each in DEVICES.iterdir() if (each / "vendor").read_text().strip() == NVIDIA)


def mark(address: str, name: str) -> None:
    """Tell the host that the guest is here: it looks at once at what it sees of the guest.

    What goes to a read-only register of the configuration space passes the host and changes nothing. Marks
    are known by their names' first four letters.
    """
    with os.fdopen(os.open(DEVICES / address / "config", os.O_RDWR), "r+b", buffering=0) as config:
        config.seek(VENDOR_ID)
        config.write(name.encode().ljust(4)[:4])


def driver_of(address: str) -> str | None:
    """The driver that has a function."""
    link = DEVICES / address / "driver"
    return Path(os.readlink(link)).name if link.is_symlink() else None


def command(*words: str) -> dict[str, Any]:
    """A barewire command as a user gives it, in a process of its own: its exit code and what it printed.

    The process is a copy of this one, which has loaded all modules: that takes seconds in a slow guest.
    """
    from barewire.tools import cli  # noqa: F401 - the copy need not load it

    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            run_command(list(words))
        _, ended = os.waitpid(child, 0)
        output.seek(0)
        errors.seek(0)
        said = {"output": output.read()[-4000:], "errors": errors.read()[-2000:]}
    return {"code": os.waitstatus_to_exitcode(ended), **said}


def run_command(words: list[str]) -> NoReturn:
    """End this process as a command does."""
    code = 1
    try:
        from barewire.tools import cli

        code = int(cli.main(words))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def kernel_says(*words: str) -> list[str]:
    """Lines of the kernel's log that have one of the words."""
    lines = os.popen("dmesg").read().splitlines()
    return [line for line in lines if any(word.lower() in line.lower() for word in words)]
