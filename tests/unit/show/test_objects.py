"""Errors, findings and records as a notebook shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from barewire import errors, show
from barewire.abi.layout import firmware_abi, known_firmware
from barewire.gsp.steps import StepTime
from barewire.pci.config import BarEntry
from display import page


def test_an_error_shows_kind_message_facts_and_hint():
    error = errors.MmuFault(
        "a read at 0x5000 was refused", hint="Check indices.", gpu_va=0x5000, access="read", gpc=None
    )
    found = page(error)

    assert "MmuFault" in found.text and "a read at 0x5000 was refused" in found.text
    assert ["gpu_va", "0x5000"] in found.rows and ["access", "read"] in found.rows
    assert "Check indices." in found.text
    assert not any("gpc" in row for row in found.rows)


def test_an_error_without_facts_can_be_looked_at():
    assert "there is nothing" in page(errors.NoDevice("there is nothing")).text


@dataclass
class Finding:
    """What a sanitizer tells."""

    kind: str
    text: str
    place: Any = None
    facts: dict[str, Any] = field(default_factory=dict)
    count: int = 1


def test_findings_are_a_table():
    shown = show.findings(
        [Finding("unwritten memory read", "a copy read <memory>", "channel 0x10002", {"gpu_va": 0x1000}, 3)]
    )
    found = page(shown)

    assert found.rows[1][0] == "unwritten memory read"
    assert "<memory>" in found.rows[1][1] and "gpu_va 0x1000" in found.rows[1][1]
    assert found.rows[1][2:] == ["channel 0x10002", "3"]
    assert "unwritten memory read" in repr(shown)


def test_no_findings_are_good_news():
    assert repr(show.findings([])) == "sanitizer: nothing found"


class Pair(NamedTuple):
    name: str
    size_bytes: int


def test_records_of_any_kind_are_tables():
    assert page(show.records([Pair("a", 4096)])).rows == [["name", "size_bytes"], ["a", "4 KiB"]]
    assert page(show.records([BarEntry(0, 0x8000_0000, True, False)])).rows[1] == [
        "0",
        "0x80000000",
        "yes",
        "no",
    ]
    assert page(show.records([{"gpu_va": 0x1000}])).rows[1] == ["0x1000"]
    assert page(show.records([Pair("a", 1)], only=("name",))).rows == [["name"], ["a"]]
    assert page(show.records([BarEntry(0, 0, True, False)], only=("index", "colour"))).rows[1] == ["0", ""]
    assert "none" in page(show.records([])).text


def test_steps_have_bars_as_long_as_they_took():
    shown = show.boot_steps([StepTime("reset", 0.1), StepTime("boot", 0.05)])

    assert "width:220px" in shown.html and "width:110px" in shown.html
    assert "2 steps, 150.0 ms" in page(shown).text
    assert show.boot_steps([]).text == ""


def test_a_structure_of_rm_shows_the_numbers_that_are_not_zero():
    made = firmware_abi(known_firmware()[0]).new("NV_CHANNELGPFIFO_ALLOCATION_PARAMETERS", gpFifoEntries=1024)
    found = page(made)

    assert found.rows[0][1:] == ["field", "value"]
    assert [row[1:] for row in found.rows[1:]] == [["gpFifoEntries", "0x400"]]
