"""Binding under a real kernel, as far as no folder shows it: owners, a driver that never lets go, its rest.

The payload of test_binding.py. Each step is a function; what it returns is what the host checks.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from barewire.errors import PollTimeout
from barewire.pci.bind import Binder
from barewire.pci.writing import PatientWriter
from barewire.poll import poll
from barewire.tools import cli
from payload import driver_of, gpus, perform

(ADDRESS,) = gpus()
FUNCTION = Path("/sys/bus/pci/devices") / ADDRESS
UNBIND = Path("/sys/bus/pci/drivers/vfio-pci/unbind")
USER = 1000
USES_IT = f"""
import os, sys
os.setgid({USER})
os.setuid({USER})
from barewire.device.opening import open_bus
bus = open_bus("vfio:{ADDRESS}")
print("open as", os.getuid(), flush=True)
sys.stdin.readline()
bus.close()
print("closed", flush=True)
"""


def command(*words: str) -> dict[str, Any]:
    """A barewire command in this process: its exit code, what it printed, and its JSON."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
        code = int(cli.main([*words, "--json"]))
    return {"code": code, **json.loads(said.getvalue())}


def picture() -> dict[str, Any]:
    """What binding changes."""
    files = sorted(str(path) for path in Path("/dev/vfio").rglob("*") if not path.is_dir())
    override = (FUNCTION / "driver_override").read_text()
    return {
        "driver": driver_of(ADDRESS),
        "override": override,
        "files": files,
        "state": os.path.exists("/run/barewire"),
    }


FIRST = picture()


def verdict_before() -> dict[str, Any]:
    """A GPU that the machine has just found, or that a driver has."""
    return {"driver": driver_of(ADDRESS), "verdict": command("status", ADDRESS)["verdict"]}


def bind_for_a_user() -> dict[str, Any]:
    """Its files are the user's."""
    said = command("bind", ADDRESS, "--owner", f"{USER}:{USER}")
    owners = [[os.stat(path).st_uid, os.stat(path).st_gid] for path in said.get("files", ())]
    return {
        **said,
        "driver": driver_of(ADDRESS),
        "owners": owners,
        "verdict": command("status", ADDRESS)["verdict"],
    }


def a_driver_that_does_not_let_go() -> dict[str, Any]:
    """While a user's process has the device open, the kernel's unbind waits: nobody waits with it."""
    user = subprocess.Popen(
        [sys.executable, "-c", USES_IT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert user.stdin is not None and user.stdout is not None
    opened = user.stdout.readline().strip()
    facts = {"opened": opened, "verdict": command("status", ADDRESS)["verdict"], "user": user.pid}
    facts["refused"] = command("unbind", ADDRESS)
    writer = PatientWriter(last_wait_s=1.0)
    began = time.monotonic()
    try:
        writer.write(UNBIND, ADDRESS, 2.0)
    except PollTimeout as given_up:
        facts |= {"given_up": str(given_up), "pid": given_up.facts.get("pid")}
    facts["gave_up_s"] = round(time.monotonic() - began, 2)
    if writer.left_behind:
        facts["stack"] = Path(f"/proc/{writer.left_behind[0].pid}/stack").read_text().splitlines()[:3]
    user.stdin.write("\n")
    user.stdin.flush()
    facts["closed"] = user.stdout.readline().strip()
    user.wait(timeout=30)
    poll(lambda: driver_of(ADDRESS) is None, bool, timeout_s=20.0, why="vfio-pci has it still")
    for child in writer.left_behind:
        child.wait(timeout=10)
    return {**facts, "then": command("status", ADDRESS)["verdict"]}


def restore() -> dict[str, Any]:
    """The rest of it, and everything is as at first."""
    said = command("unbind", ADDRESS)
    return {**said, "same": picture() == FIRST, "now": picture(), "first": FIRST}


def bind_and_restore_again() -> dict[str, Any]:
    """Several times, by the library."""
    same = []
    for _ in range(3):
        binder = Binder()
        record = binder.bind(binder.plan(ADDRESS))
        assert record is not None
        same.append((driver_of(ADDRESS), binder.restore(record), picture() == FIRST))
    return {"rounds": same}


if __name__ == "__main__":
    os.makedirs("/run/lock", exist_ok=True)
    os.chmod("/run/lock", 0o1777)
    sys.exit(
        perform(
            [verdict_before, bind_for_a_user, a_driver_that_does_not_let_go, restore, bind_and_restore_again]
        )
    )
