"""Row 19: two owners of one GPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable

from barewire.errors import BarewireError, DeviceBusy
from barewire.transport.claim import lock_folder
from fault_case import Attempt, Case
from fault_world import World

SLOT = "test-of-two-owners"
OWNER = """
import sys
import barewire as bw
dev = bw.open("soft:gh100", slot=sys.argv[1])
print("open", flush=True)
sys.stdin.read()
dev.close()
"""


def _two_owners(world: World) -> Iterable[Attempt]:
    """Another process has the card of a slot; once it lets go, this one can have it, and only once."""
    import barewire as bw

    slot = f"{SLOT}-{os.getpid()}"
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, slot], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert owner.stdout is not None and owner.stdin is not None
    try:
        assert owner.stdout.readline() == b"open\n"
        world.owner_pid = owner.pid
        yield lambda: bw.open("soft:gh100", slot=slot)
        owner.kill()  # the lock goes with the process, however it ends
        owner.wait(timeout=10.0)
        with bw.open("soft:gh100", slot=slot):
            world.owner_pid = os.getpid()
            yield lambda: bw.open("soft:gh100", slot=slot)
        bw.open("soft:gh100", slot=slot).close()
    finally:
        owner.kill()
        owner.wait(timeout=10.0)
        for stream in (owner.stdin, owner.stdout):
            stream.close()
        (lock_folder() / f"barewire-{slot}.lock").unlink(missing_ok=True)


def _names_the_owner(world: World, error: BarewireError) -> None:
    assert int(error.pid) == world.owner_pid


CASES = (
    Case(
        19,
        "two owners",
        "another process has opened the card of a slot; then this process, twice",
        _two_owners,
        (DeviceBusy,),
        within_s=0.5,
        facts=("pid", "device"),
        check=_names_the_owner,
    ),
)
