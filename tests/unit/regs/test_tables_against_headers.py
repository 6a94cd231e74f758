"""Every name, offset and bit range in the tables is what a second reading of NVIDIA's headers gives.

With the headers at hand, each fact is compared. Without them, the tables are held to digests that the second
parser made of the headers (digests.json).
"""

from __future__ import annotations

import gzip
import json
import shutil

import pytest


def disagreements(facts, digests, digest):
    """Headers whose facts in the tables are not those of the digests."""
    return sorted(
        header
        for header in facts.keys() | digests.keys()
        if [len(facts.get(header, ())), digest(facts.get(header, ()))] != digests.get(header)
    )


def digest_of(facts):
    import hashlib

    return hashlib.sha256("\n".join(sorted(facts)).encode()).hexdigest()


def test_the_tables_hold_what_the_second_parser_read(table_facts, digests):
    facts = table_facts.all_facts()

    assert disagreements(facts, digests, digest_of) == []
    assert sum(map(len, facts.values())) > 70_000


PLANTED = [
    ("classes/cbc0.json", '"SEND_PCAS_A":[692,', '"SEND_PCAS_A":[696,', "clcbc0.h"),
    ("classes/cbc0.json", '"QMD_ADDRESS_SHIFTED8":[31,0,', '"QMD_ADDRESS_SHIFTED8":[31,1,', "clcbc0.h"),
    ("classes/c86f.json", '"GPPut":140', '"GPPut":136', "clc86f.h"),
    ("qmd/cbc0_V04_00.json", '"GRID_WIDTH":[1055,', '"GRID_WIDTH":[1054,', "clcbc0qmd.h"),
    (
        "qmd/cbc0_V04_00.json",
        '"RELEASE_ENABLE":[320,320,[16]',
        '"RELEASE_ENABLE":[320,320,[17]',
        "clcbc0qmd.h",
    ),
    (
        "chips/gh100.json.gz",
        '"NV_PFSP_QUEUE_HEAD":[9382912,[8]',
        '"NV_PFSP_QUEUE_HEAD":[9382912,[4]',
        "fsp_pri.h",
    ),
    ("chips/gh100.json.gz", '"NV_MMU_VER3_PTE"', '"NV_MMU_VER3_PTX"', "dev_mmu.h"),
]


@pytest.mark.parametrize(("table", "before", "after", "header"), PLANTED)
def test_one_planted_mistake_is_found_and_its_header_named(
    tmp_path, table_facts, digests, table, before, after, header
):
    tables = tmp_path / "tables"
    shutil.copytree(table_facts.TABLES, tables)
    path = tables / table
    packed = path.suffix == ".gz"
    text = (gzip.decompress(path.read_bytes()) if packed else path.read_bytes()).decode()
    assert before in text
    data = text.replace(before, after, 1).encode()
    path.write_bytes(gzip.compress(data) if packed else data)

    found = disagreements(table_facts.all_facts(tables), digests, digest_of)

    assert len(found) == 1
    assert found[0].endswith(header)


def test_a_table_that_is_left_out_is_found(tmp_path, table_facts, digests):
    tables = tmp_path / "tables"
    shutil.copytree(table_facts.TABLES, tables)
    (tables / "classes" / "c8b5.json").unlink()

    found = disagreements(table_facts.all_facts(tables), digests, digest_of)

    assert found == ["open-gpu-doc:classes/dma-copy/clc8b5.h"]


def test_every_fact_in_the_headers_is_in_the_tables_and_the_other_way_round(second_reading, table_facts):
    read = second_reading
    kept = table_facts.all_facts()

    assert read.keys() == kept.keys()
    for header, facts in read.items():
        assert kept[header] - facts == set(), header
        assert facts - kept[header] == set(), header


def test_the_committed_digests_are_of_these_headers(second_reading, second_parser, digests):
    assert second_parser.digests(second_reading) == digests


def test_importing_the_headers_again_gives_the_same_tables_byte_for_byte(headers, importer, table_facts):
    files = importer.build(importer.HeaderCache(headers))

    assert importer.differences(files, table_facts.TABLES) == []


def test_every_table_names_its_header_commit_and_hash(table_facts):
    for path in table_facts.TABLES.rglob("*.json*"):
        data = path.read_bytes()
        table = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
        for stamp in table.get("headers", [table]):
            source, _, header = stamp["source"].partition(":")
            assert source in ("OGKM", "open-gpu-doc"), path.name
            assert header.endswith((".h", ".ref.txt")), path.name
            assert len(stamp["commit"]) == 40 and len(stamp["sha256"]) == 64, path.name


def test_the_tables_stay_small(table_facts):
    sizes = [path.stat().st_size for path in table_facts.TABLES.rglob("*.json*")]

    assert sum(sizes) < 1_500_000
    assert max(sizes) < 100_000
