"""--sanitize: what is found is told by every verb that opens a device, as text and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from barewire.errors import MmuFault
from barewire.tools import cli
from barewire.tools.exits import Exit

WITH_A_DEVICE = ("doctor", "demo", "run", "decode", "bench", "peek", "poke", "snapshot", "watch", "vm")


@dataclass
class Finding:
    """As a device tells one."""

    kind: str
    text: str
    place: Any = None
    facts: dict[str, Any] = field(default_factory=dict)
    count: int = 1


FOUND = Finding("unwritten memory read", "a copy read it", "channel 2", {"gpu_va": 0x1000, "lane": 3}, 2)


@pytest.fixture
def asked(opens, device, small_checks):
    """How `barewire.open` was called."""
    calls = []

    def open_it(*args, **options):
        calls.append((args, options))
        return device

    opens(open_it)
    return calls


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_that_opens_a_device_has_the_option(barewire_command, verb):
    shown = barewire_command(verb, "--help").out

    assert ("--sanitize" in shown) == (verb in WITH_A_DEVICE)
    assert ("  7    --sanitize found" in shown) == (verb in WITH_A_DEVICE)


def test_nothing_found_is_said_and_is_no_finding(asked, device, barewire_command):
    shown = barewire_command("demo", "--sanitize")

    assert shown.code == Exit.OK
    assert shown.err == "sanitizer: nothing found\n"
    assert asked == [(("soft:gh100",), {"sanitize": True})]


def test_what_is_found_is_a_table_on_standard_error_and_an_exit_code(asked, device, barewire_command):
    device.found = [FOUND]
    shown = barewire_command("demo", "--sanitize")

    assert shown.code == Exit.UNDEFINED == 7
    assert "unwritten memory read" not in shown.out
    assert "unwritten memory read      2  a copy read it  channel 2" in shown.err
    assert "gpu_va=0x1000, lane=3" in shown.err


def test_json_has_the_findings_in_its_one_document(asked, device, barewire_command):
    device.found = [FOUND]
    shown = barewire_command("demo", "--sanitize", "--json")

    assert shown.code == Exit.UNDEFINED
    assert shown.err == ""
    assert shown.data["findings"] == [
        {
            "finding": "unwritten memory read", "count": 2, "text": "a copy read it", "place": "channel 2",
            "facts": {"gpu_va": "0x1000", "lane": 3},
        }
    ]  # fmt: skip


def test_without_the_option_there_is_no_word_of_it(asked, device, barewire_command):
    assert "findings" not in barewire_command("demo", "--json").data
    assert asked == [((), {})]


def test_a_wrong_result_is_worse_than_a_finding(asked, device, barewire_command):
    device.corrupt = True
    device.found = [FOUND]
    shown = barewire_command("demo", "--sanitize")

    assert shown.code == Exit.FINDING
    assert "unwritten memory read" in shown.err


@pytest.mark.parametrize("as_json", [True, False])
def test_an_error_does_not_hide_what_was_found_before_it(asked, device, barewire_command, as_json):
    device.fault = MmuFault("at 0x5000")
    device.found = [FOUND]
    shown = barewire_command("demo", "--sanitize", *(["--json"] if as_json else []))

    assert shown.code == Exit.DEVICE
    if as_json:
        assert shown.data["error"] == "MmuFault" and shown.data["findings"][0]["count"] == 2
    else:
        assert "at 0x5000" in shown.err and "unwritten memory read" in shown.err


def test_a_device_that_cannot_tell_is_refused_before_it_is_opened(asked, barewire_command):
    shown = barewire_command("demo", "--sanitize", "--device", "nv:0")

    assert shown.code == Exit.USAGE
    assert "only a software GPU sees every access" in shown.err
    assert asked == []


def test_a_snapshot_file_has_nothing_to_sanitize(barewire_command):
    shown = barewire_command("peek", "NV_PMC_BOOT_0", "--sanitize", "--device", "snapshot:x.json")

    assert shown.code == Exit.USAGE


def test_doctor_tells_what_opening_alone_did(asked, device, barewire_command):
    device.found = [FOUND]
    shown = barewire_command("doctor", "--sanitize", "--json")

    assert shown.code == Exit.UNDEFINED
    assert len(shown.data["findings"]) == 1


def test_decode_takes_the_option_before_and_after_its_kind(asked, device, barewire_command, tmp_path):
    (tmp_path / "words").write_bytes(bytes(4))
    after = ["decode", "pushbuffer", tmp_path / "words", "--device", "soft:gh100", "--sanitize", "--json"]
    before = ["decode", "--sanitize", "--device", "soft:gh100", "--json", "pushbuffer", tmp_path / "words"]

    assert barewire_command(*after).data["findings"] == []
    assert barewire_command(*before).data["findings"] == []
