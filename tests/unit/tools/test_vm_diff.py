"""`barewire vm diff`: tables against what should be there, and saved maps against each other."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from barewire.errors import UsageError
from barewire.memory.compare import Place, Wanted, compare
from barewire.memory.formats import GMMU_V2, GMMU_V3
from barewire.tools import vm_diff, vm_map
from barewire.tools.exits import Exit
from barewire.tools.output import text_lines
from table_memory import Bench
from vm_tables import KIB, READ_ONLY, VIDEO, pages_of, put, source_of


def test_a_comparison_is_shown_with_every_difference():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    source = source_of(bench)
    wanted = (
        Wanted((pages_of(0x10000, 0x80000, 3, 4 * KIB),), VIDEO),
        Wanted((pages_of(0x13000, 0x83000, 1, 4 * KIB),), READ_ONLY),
    )
    places = {
        Place(table.level.name, 0): table.page.pointer for table in bench.tables.tables()
    }  # fmt: skip
    source.compare = lambda: compare(bench.form, bench.store, bench.tables.root, wanted, places)

    report, code = vm_diff.tables_report(source)

    (row,) = report.data()["differences"]
    assert code is Exit.FINDING and report.data()["equal"] is False
    assert (row["fields"], row["index"], row["gpu_va"]) == (["read only"], 19, "0x00000013000")
    text = "\n".join(text_lines(report))
    assert "1 difference:" in text and row["expected"] in text and row["found"] in text


def test_tables_that_nobody_knows_the_mappings_of_cannot_be_compared():
    with pytest.raises(UsageError, match="nothing to compare with"):
        vm_diff.tables_report(source_of(Bench()))


@pytest.fixture
def saved(tmp_path):
    """A saved map of what a function put into tables."""

    def save(name: str, fill=lambda bench: None, form=GMMU_V3, regions=()) -> str:
        bench = Bench(form)
        fill(bench)
        report = vm_map.map_report(source_of(bench, regions), None, None, tables=False, pieces=False)
        path = tmp_path / name
        path.write_text(json.dumps(report.data()))
        return str(path)

    return save


def changes(barewire_command, *words):
    shown = barewire_command("vm", "diff", *words, "--json")
    rows = [
        (row["gpu_va"], row["size_bytes"], row["change"], row["differs"]) for row in shown.data["changes"]
    ]
    assert shown.code == (Exit.FINDING if rows else Exit.OK) and shown.data["equal"] is not bool(rows)
    return rows


def test_saved_maps_that_say_the_same_are_equal(barewire_command, saved):
    one = saved("a.json", lambda bench: put(bench, 0x10000, 0x80000, 16))
    other = saved("b.json", lambda bench: [put(bench, 0x10000, 0x80000, 8), put(bench, 0x18000, 0x88000, 8)])

    assert changes(barewire_command, one, other) == []
    assert barewire_command("vm", "diff", one, other).out == "equal\n"


def test_what_came_and_what_went_is_told(barewire_command, saved):
    one = saved("a.json", lambda bench: put(bench, 0x10000, 0x80000, 16))
    other = saved("b.json", lambda bench: put(bench, 0x14000, 0x84000, 16))

    assert changes(barewire_command, one, other) == [
        ("0x00000010000", 0x4000, "removed", {}), ("0x00000020000", 0x4000, "added", {})
    ]  # fmt: skip


def test_what_is_said_otherwise_is_told_by_name(barewire_command, saved):
    one = saved("a.json", lambda bench: put(bench, 0x10000, 0x80000, 16))
    other = saved("b.json", lambda bench: put(bench, 0x10000, 0x80000, 16, attributes=READ_ONLY))
    third = saved("c.json", lambda bench: put(bench, 0x10000, 0x80000, 1, page=64 * KIB))
    fourth = saved("d.json", lambda bench: bench.tables.map_sparse(0x10000, 0x10000, 4 * KIB))

    said = [changes(barewire_command, one, path) for path in (other, third, fourth)]
    assert said == [
        [("0x00000010000", 0x10000, "changed", {"read_only": "no -> yes"})],
        [("0x00000010000", 0x10000, "changed", {"page_size_bytes": "4096 -> 65536"})],
        [("0x00000010000", 0x10000, "changed", {"aperture": "video -> sparse"})],
    ]


def test_memory_that_moved_is_told_unless_it_does_not_matter(barewire_command, saved):
    one = saved("a.json", lambda bench: put(bench, 0x10000, 0x80000, 16))
    other = saved("b.json", lambda bench: [put(bench, 0x10000, 0x80000, 4), put(bench, 0x14000, 0xA4000, 12)])

    moved = {"address": "0x00000084000 -> 0x000000a4000"}
    assert changes(barewire_command, one, other) == [("0x00000014000", 0xC000, "changed", moved)]
    assert changes(barewire_command, one, other, "--no-addresses") == []


def test_maps_of_other_tables_are_not_equal(barewire_command, saved):
    one, other = saved("a.json"), saved("b.json", form=GMMU_V2)
    shown = barewire_command("vm", "diff", one, other)

    assert shown.code == Exit.FINDING and "GMMU version 2" in shown.out


@pytest.mark.parametrize(
    "document",
    [
        "", "[]", "{}", '{"ranges": []}', '{"ranges": [{}], "format": "x"}', '{"ranges": 3, "format": "x"}',
        '{"format": "x", "ranges": [{"gpu_va": "0x0", "size_bytes": 4096, "pages": {"size_bytes": 4096}, '
        '"memory": {"aperture": "video", "extents": []}, "attributes": {}, "what": null}]}',
    ],
)  # fmt: skip
def test_what_is_no_saved_map_is_refused(barewire_command, saved, tmp_path, document):
    (tmp_path / "wrong.json").write_text(document)

    assert barewire_command("vm", "diff", saved("a.json"), tmp_path / "wrong.json").code == Exit.INPUT


def test_a_saved_map_with_two_ranges_at_one_address_is_refused(barewire_command, saved, tmp_path):
    path = saved("a.json", lambda bench: put(bench, 0x10000, 0x80000, 16))
    document = json.loads(Path(path).read_text())
    document["ranges"] *= 2
    (tmp_path / "twice.json").write_text(json.dumps(document))

    assert barewire_command("vm", "diff", path, tmp_path / "twice.json").code == Exit.INPUT
