"""Launch descriptors and accesses that are wrong, through the driver: as an H100 answered them, word by word.

`tests/hardware/refusals.py` says what each case is and recorded what an H100 made of it. Process numbers,
channel numbers, addresses and which SM it was are left out of the comparison; nothing else differs.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import barewire as bw
import pytest
from barewire.softgpu.gsp.robust import RobustChannels

from tests.hardware import refusals

RECORDED = {
    case["name"]: case
    for case in json.loads((Path(__file__).parents[1] / "recordings" / "refusals.json").read_text())["cases"]
}
# Facts of errors that depend on where things lie, or that only firmware's own log gives.
LEFT_OUT = ("sm", "gpu_va", "log")
WAIT_S = 5.0


@pytest.fixture(scope="module")
def device() -> Iterator[Any]:
    """One device for all cases: it works on after every one."""
    with bw.open("soft:gh100") as dev:
        yield dev


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What firmware writes into the log."""
    lines: list[str] = []
    keep = RobustChannels._keep

    def kept(self: RobustChannels, error: Any) -> None:
        lines.append(f"{error.xid}: {error.text}")
        keep(self, error)

    monkeypatch.setattr(RobustChannels, "_keep", kept)
    yield lines


def wait_for(done: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_S
    while not done() and time.monotonic() < end:
        time.sleep(0.001)


def comparable(line: str) -> str:
    """A line of the log without what is the machine's own."""
    for pattern, instead in (
        (r"pid=[^,]*, name=[^,]*", "pid"),
        (r"channel 0x\w+", "channel"),
        (r"\(GPC \d, TPC \d, SM \d\)", "(SM)"),
        (r"GPC\d GPCCLIENT_T1_\d+", "T1"),
        (r"GPC\d GPCCLIENT_GCC", "GCC"),
        (r"0x5\w{5}=", "register="),
        (r"@ 0x10_\w+", "@ mapped"),
    ):
        line = re.sub(pattern, instead, line)
    return line


@pytest.mark.parametrize("case", refusals.CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_as_an_h100(case: refusals.Case, device: Any, log: list[str]) -> None:
    answer, recorded = refusals.run_on(device, case), RECORDED[case.name]
    for name in ("error", "outcome", "stored"):
        assert answer.get(name) == recorded.get(name)
    facts, expected = (
        {name: value for name, value in found.get("facts", {}).items() if name not in LEFT_OUT}
        for found in (answer, recorded)
    )
    assert facts == expected
    wait_for(lambda: len(log) >= len(recorded["log"]))  # a release may fault after the driver saw another
    assert [comparable(line) for line in log] == [comparable(line) for line in recorded["log"]]
    wait_for(lambda: refusals.run_on(device, refusals.CASES[0])["outcome"] == refusals.RAN)
