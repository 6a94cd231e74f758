"""The verbs about registers: by name, with fields, on a snapshot file; and what is not one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from barewire.tools import snapshot_file
from barewire.tools.exits import Exit
from barewire.tools.snapshot_file import Snapshot

WORDS = {0x0: 0x180000A1, 0xA00: 0x18010000, 0x1100F4: 0x00002400, 0x110040: 0x12345678, 0x8F2C08: 0xBADF1100}


@pytest.fixture
def snapshot(tmp_path):
    """A file with some words of a GH100."""

    def write(name="before.json", **changes):
        words = {**WORDS, **changes.pop("words", {})}
        path = tmp_path / name
        made = Snapshot("soft:gh100", "gh100", "2026-11-22T21:00:00+00:00", words, bytes.fromhex("de100023"))
        snapshot_file.save(made, path)
        return path

    return write


def of(path: Path) -> str:
    return f"snapshot:{path}"


# lookup


def test_lookup_needs_no_device_and_decodes_a_word(barewire_command):
    (found,) = barewire_command("lookup", "NV_PMC_BOOT_0", "--value", "0x180000a1", "--json").data[
        "registers"
    ]

    fields = {field["field"]: field["value"] for field in found["fields"]}
    assert found["offset"] == "0x000000" and found["source"].startswith("OGKM:")
    assert (fields["ARCHITECTURE_0"], fields["MAJOR_REVISION"]) == ("0x18", "0xa")


def test_lookup_finds_by_offset_and_by_pattern(barewire_command):
    by_offset = barewire_command("lookup", "0x1100f4", "--json").data["registers"]
    by_pattern = barewire_command("lookup", "NV_PFSP_*", "--json").data["registers"]

    assert [field["bits"] for field in by_offset[0]["fields"] if field["field"] == "RISCV_BR_PRIV_LOCKDOWN"]
    assert {"NV_PFSP_QUEUE_HEAD", "NV_PFSP_EMEMC"} <= {row["register"] for row in by_pattern}


def test_lookup_shows_other_chips_and_refuses_unknown_ones(barewire_command):
    assert barewire_command("lookup", "NV_PFALCON_FALCON_HWCFG2", "--chip", "ga102").code == Exit.OK
    assert barewire_command("lookup", "NV_PMC_BOOT_0", "--chip", "g80").code == Exit.NOT_READY


@pytest.mark.parametrize(
    "wrong", [["NV_NOT_THERE"], ["NV_NOPE_*"], ["0x1001"], ["NV_PMC_BOOT_0", "--value", "x"], ["0x99999999"]]
)
def test_lookup_refuses_what_is_no_register(barewire_command, wrong):
    assert barewire_command("lookup", *wrong).code == Exit.USAGE


# peek


def test_peek_reads_by_name_with_fields(barewire_command, snapshot):
    path = snapshot()
    shown = barewire_command("peek", "NV_PGSP_FALCON_HWCFG2", "0x0", "--device", of(path), "--json").data

    first, second = shown["registers"]
    assert (first["value"], first["offset"]) == ("0x00002400", "0x1100f4")
    assert first["fields"]["riscv_br_priv_lockdown"] == "LOCK (1)"
    assert second["register"] == "NV_PMC_BOOT_0"


def test_peek_says_what_a_refused_read_means(barewire_command, snapshot):
    (row,) = barewire_command("peek", "NV_PFSP_QUEUE_HEAD(1)", "--device", of(snapshot()), "--json").data[
        "registers"
    ]

    assert row["fields"].startswith("DECODE_ERROR")


def test_peek_of_a_word_that_the_snapshot_lacks_is_refused(barewire_command, snapshot):
    shown = barewire_command("peek", "NV_PTIMER_TIME_0", "--device", of(snapshot()))

    assert shown.code == Exit.USAGE
    assert "0x009400" in shown.err


def test_registers_of_a_device_that_a_kernel_driver_owns_are_refused(barewire_command):
    shown = barewire_command("peek", "NV_PMC_BOOT_0", "--device", "nv:0")

    assert shown.code == Exit.NOT_READY
    assert "kernel driver" in shown.err


# poke


def test_a_snapshot_cannot_be_written_to(barewire_command, snapshot):
    shown = barewire_command("poke", "NV_PGSP_FALCON_MAILBOX0", "7", "--device", of(snapshot()))

    assert shown.code == Exit.USAGE


def test_a_dry_run_says_what_fields_would_make_of_the_word(barewire_command, snapshot):
    steps = barewire_command(
        "poke", "--dry-run", "NV_PGSP_FALCON_HWCFG2", "RISCV_BR_PRIV_LOCKDOWN=UNLOCK",
        "--device", of(snapshot()), "--json",
    ).data["steps"]  # fmt: skip

    assert [(step["when"], step["value"]) for step in steps] == [
        ("before", "0x00002400"), ("to write", "0x00000400")
    ]  # fmt: skip


@pytest.mark.parametrize("values", [["x"], ["NOPE=1"], ["DATA="], ["0x100000000"], ["1", "2"]])
def test_poke_refuses_what_is_no_value(barewire_command, snapshot, values):
    path = snapshot()
    shown = barewire_command("poke", "--dry-run", "NV_PGSP_FALCON_MAILBOX0", *values, "--device", of(path))

    assert shown.code == Exit.USAGE


# diff


def test_diff_shows_the_fields_that_changed(barewire_command, snapshot):
    before = snapshot("before.json")
    after = snapshot("after.json", words={0x1100F4: 0x00000400, 0x110080: 5})
    shown = barewire_command("diff", before, after, "--json")

    rows = {row["register"]: row for row in shown.data["registers"]}
    assert shown.code == Exit.FINDING
    assert rows["NV_PGSP_FALCON_HWCFG2"]["fields"] == {"riscv_br_priv_lockdown": "LOCK (1) -> UNLOCK (0)"}
    assert rows["NV_PGSP_FALCON_OS"]["before"] is None


def test_diff_of_equal_snapshots_finds_nothing(barewire_command, snapshot):
    assert barewire_command("diff", snapshot("a.json"), snapshot("b.json")).code == Exit.OK


# watch


def test_watch_tells_each_value_once(barewire_command, snapshot):
    shown = barewire_command(
        "watch", "NV_PMC_BOOT_0", "--device", of(snapshot()), "--count", "3", "--interval", "0.001", "--json"
    ).data

    assert shown["looks"] == 3
    assert [change["value"] for change in shown["changes"]] == ["0x180000a1"]


def test_watch_needs_an_end_for_one_document(barewire_command, snapshot):
    assert barewire_command("watch", "NV_PMC_BOOT_0", "--device", of(snapshot()), "--json").code == Exit.USAGE


# snapshots


def test_a_snapshot_of_a_snapshot_is_the_same(barewire_command, snapshot, tmp_path):
    path, copy = snapshot(), tmp_path / "copy.json"
    assert barewire_command("snapshot", copy, "--device", of(path)).code == Exit.OK

    assert snapshot_file.load(str(copy)).words == snapshot_file.load(str(path)).words


DAMAGED = {
    "no JSON": "not json",
    "another format": '{"format": "something"}',
    "a later version": '{"format": "barewire-snapshot", "version": 9}',
    "no chip": '{"format": "barewire-snapshot", "version": 1, "device": "x", "taken": "y"}',
    "a list": "[]",
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_what_is_no_snapshot_is_refused(barewire_command, tmp_path, text):
    path = tmp_path / "damaged.json"
    path.write_text(text)

    assert barewire_command("peek", "NV_PMC_BOOT_0", "--device", of(path)).code == Exit.INPUT


@pytest.mark.parametrize(
    ("key", "value"),
    [("registers", {"0x2": "0x0"}), ("registers", {"0x0": "0x100000000"}), ("registers", []),
     ("registers", {"x": "0x0"}), ("registers", {"0x0": 5}), ("config", "xyz"), ("chip", "g80"), ("chip", 5)],
)  # fmt: skip
def test_a_damaged_snapshot_names_what_is_wrong(snapshot, key, value):
    path = snapshot()
    document = json.loads(path.read_text())
    document[key] = value
    path.write_text(json.dumps(document))

    with pytest.raises(snapshot_file.FileProblem):
        snapshot_file.load(str(path))
