"""The deliberate faults that were recorded on an H100, on the software GPU: same errors, same facts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hardware import faults

RECORDED = Path(__file__).resolve().parents[2] / "benchmarks" / "results" / "h100-faults.json"
ENDLESS_S = 0.3
# Facts that say what went wrong, and not where on the chip or in memory things happened to be.
SAME = (
    "xid", "access", "fault_type", "warp_error", "sm_flags", "kernel", "kernel_offset",
)  # fmt: skip
ADDRESSES = {"shared memory out of range", "local memory out of range", "stack overflow"}  # windows' own
# An H100 was seen to hang in a jump to nowhere, and to report it; the model always reports it.
ALSO_RIGHT = {"jump to an unmapped address"}

pytestmark = pytest.mark.software_gpu


@pytest.fixture(scope="module")
def dev() -> Iterator[Any]:
    import barewire as bw

    with bw.open("soft:gh100", check_tlb=True, dirty_vram_bytes=96 << 20) as device:
        card = device.bus.endpoint
        yield device
    assert not card.defects


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    return {answer["case"]: answer for answer in json.loads(RECORDED.read_text())["faults"]}


@pytest.mark.parametrize("case", faults.CASES, ids=lambda case: case.name)
def test_a_fault_is_what_it_was_on_an_h100(
    dev: Any, recorded: dict[str, Any], monkeypatch: pytest.MonkeyPatch, case: faults.Case
) -> None:
    monkeypatch.setattr(faults, "ENDLESS_DEADLINE_S", ENDLESS_S)
    answer = faults.play(case, dev)
    assert faults.problems(case, answer) == []

    if case.name not in ALSO_RIGHT:
        there = recorded[case.name]
        assert answer["error"] == there["error"]
        wanted = {name: there["facts"].get(name) for name in SAME}
        found = {name: answer["facts"].get(name) for name in SAME}
        if wanted["access"] is None:
            del wanted["access"], found["access"]  # GSP tells it of more faults than a kernel driver does
        assert found == wanted
    if case.name in ADDRESSES:
        assert answer["facts"]["error_address"] == recorded[case.name]["facts"]["error_address"]
