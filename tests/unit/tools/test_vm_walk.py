"""`barewire vm walk`: each step, the bits of the address, the fields of entries, and how it ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from barewire.memory.formats import GMMU_V2, GMMU_V3
from barewire.tools import vm_walk
from barewire.tools.output import Report, text_lines
from table_memory import Bench
from vm_tables import GIB, KIB, MIB, READ_ONLY, REGIONS, put, source_of


def walked(bench: Bench, *addresses: int, regions=(), fields=False) -> tuple[Report, bool]:
    return vm_walk.walk_report(source_of(bench, regions), addresses, fields=fields)


@pytest.mark.parametrize("form", [GMMU_V2, GMMU_V3], ids=lambda form: form.name)
@pytest.mark.parametrize("page", [4 * KIB, 64 * KIB, 2 * MIB, 512 * MIB])
def test_a_walk_ends_in_the_page_with_the_address_of_the_byte(form, page):
    bench = Bench(form)
    put(bench, 0x10_4000_0000, GIB, 1, page=page, attributes=READ_ONLY)
    report, mapped = walked(bench, 0x10_4000_0123)

    (found,) = report.data()["walks"]
    assert mapped and found["outcome"] == "mapped" and found["page_size_bytes"] == page
    assert found["memory"] == {"aperture": "video", "address": "0x00040000123"}
    assert found["attributes"]["read_only"] is True


def test_the_steps_of_a_walk_lead_from_table_to_table():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    report, _ = walked(bench, 0x11008)

    steps = report.data()["walks"][0]["steps"]
    assert [step["level"] for step in steps] == ["PD4", "PD3", "PD2", "PD1", "PD0", "PT 4 KiB"]
    for step, behind in pairwise(steps):
        assert f"{int(behind['table']['address'], 16):#x}" in step["leads_to"]
    last = steps[-1]
    entry = int(last["table"]["address"], 16) + 8 * last["index"]
    assert last["index"] == 17 and int(last["entry"]["address"], 16) == entry
    assert bench.window.read(entry, 8) == int(last["words"][0], 16).to_bytes(8, "little")


def test_a_walk_looks_into_small_pages_where_there_is_no_big_one():
    bench = Bench()
    put(bench, 0x10000, 0x100000, 1, page=64 * KIB)
    put(bench, 0x20000, 0x80000, 1)
    report, _ = walked(bench, 0x20000)

    steps = report.data()["walks"][0]["steps"]
    assert [step["level"] for step in steps[-2:]] == ["PT 64 KiB", "PT 4 KiB"]
    assert "small pages" in steps[-2]["leads_to"]


def test_the_bits_of_the_address_are_shown_level_by_level():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    report, _ = walked(bench, 0x11008)

    lines = list(text_lines(report))
    at = next(number for number, line in enumerate(lines) if line.split()[:1] == ["PD4"])
    names, bits, indices = (line.split() for line in lines[at : at + 3])
    assert names == ["PD4", "PD3", "PD2", "PD1", "PD0", "PT", "4", "KiB", "offset"]
    assert int("".join(bits), 2) == 0x11008 and indices[-2:] == ["17", "0x8"]


def test_a_walk_to_nothing_says_that_an_access_would_fault():
    report, mapped = walked(Bench(), 0x5000)

    assert not mapped and report.data()["walks"][0]["outcome"] == "not mapped"
    assert "an access would fault" in "\n".join(text_lines(report))


def test_a_sparse_range_is_no_fault():
    bench = Bench()
    bench.tables.map_sparse(0, 2 * MIB, None)
    report, mapped = walked(bench, 0x5000)

    assert mapped and report.data()["walks"][0]["outcome"] == "sparse"
    assert "reads give zeros" in "\n".join(text_lines(report))


def test_one_address_of_several_that_is_not_mapped_is_told():
    bench = Bench()
    put(bench, 0, 0x80000, 1)
    report, mapped = walked(bench, 0, 0x1000)

    assert not mapped
    assert [found["outcome"] for found in report.data()["walks"]] == ["mapped", "not mapped"]


def test_a_walk_names_what_is_there():
    bench = Bench()
    put(bench, 0x10000, 0x80000, 4)
    report, _ = walked(bench, 0x12008, 0x13000, regions=REGIONS)

    names = [found["what"] for found in report.data()["walks"]]
    assert names == ["compute queue: USERD+0x8", "compute queue+0x3000"]


def test_every_bit_of_an_entry_is_in_a_field():
    bench = Bench()
    put(bench, 0, 0x80000, 1, attributes=READ_ONLY)
    report, _ = walked(bench, 0, fields=True)

    for row in report.data()["walks"][0]["fields"]:
        made = 0
        for field in row["fields"]:
            low = int(field["bits"].split()[-1].rpartition(":")[2])
            made |= int(field["value"], 16) << low
        assert made == int(row["word"], 16)
    last = {field["field"]: field["value"] for field in row["fields"]}
    assert (last["read only"], last["kind"], last["valid"]) == ("0x1", "0x6", "0x1")
    meanings = {field["field"]: field["meaning"] for field in row["fields"]}
    assert (meanings["aperture"], meanings["address"], meanings["kind"]) == ("video", "0x80000", "generic")
    assert "valid, aperture video, read only" in "\n".join(text_lines(report))


@pytest.mark.parametrize(
    "mask, text", [(1, "0"), (0xF0, "7:4"), (1 << 63, "63"), (0xF0F, "11:8 3:0"), ((1 << 64) - 1, "63:0")]
)
def test_bits_are_written_as_documents_write_them(mask, text):
    assert vm_walk._mask_text(mask) == text
